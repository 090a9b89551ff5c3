"""Second factors: setting one up, looking at a code, taking one away."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Conflict, Refused
from core.services import audit
from organization.access import require_over
from organization.models import Permission, RecoveryCode, SecondFactor, User
from organization.rules.totp import KEY_BYTES, key_of, key_text, matching_step
from organization.services.sessions import end_sessions_of

CODES = 10  # recovery codes on one paper
CODE_BYTES = 15
MOST_WRONG = 5
HELD = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether a code was right; until when no further one is looked at."""

    right: bool
    held_until: datetime | None


@transaction.atomic
def factor_begin(*, actor: User) -> str:
    """The key to set up a telephone with, in base 32: a new one, or the one that was begun and not confirmed yet.

    Raises Conflict where a factor is confirmed: `factor_renew` replaces that.
    """
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=actor.pk)
    factor = SecondFactor.objects.filter(user=actor).first()
    if factor is not None and factor.confirmed is not None:
        raise Conflict(_("Your second factor is set up already."))
    if factor is None:
        secret = key_text(secrets.token_bytes(KEY_BYTES))
        SecondFactor(user=actor, secret=secret).save(force_insert=True)
        audit(actor=actor, action="organization.factor.begin", obj=actor)
        return secret
    return str(factor.secret)


@transaction.atomic
def factor_confirm(*, actor: User, code: str, moment: datetime) -> list[str]:
    """The telephone shows the right code, so the key counts from now on. Returns the recovery codes, shown once.

    Raises Refused for a wrong code, Conflict where nothing was begun or all is confirmed.
    """
    factor = SecondFactor.objects.select_for_update().filter(user=actor, confirmed__isnull=True).first()
    if factor is None:
        raise Conflict(_("Your second factor is set up already."))
    step = matching_step(key_of(factor.secret), _typed(code), moment.timestamp(), factor.last_step)
    if step is None:
        raise Refused([_("This code is not right. Look whether the telephone's clock is, and type the newest code.")])
    factor.confirmed, factor.last_step = moment, step
    factor.save(update_fields=["confirmed", "last_step"])
    audit(actor=actor, action="organization.factor.confirm", obj=actor)
    return _new_codes(actor)


@transaction.atomic
def factor_check(*, actor: User, code: str, moment: datetime) -> Checked:
    """Look at a code of the telephone or of the paper: each is good once, and after five wrong ones in a row none is
    looked at for a quarter of an hour. Refuses by its result, not by an error, so that a wrong code is counted.
    """
    factor = SecondFactor.objects.select_for_update().filter(user=actor, confirmed__isnull=False).first()
    if factor is None or (factor.held_until is not None and moment < factor.held_until):
        return Checked(False, factor.held_until if factor else None)
    typed = _typed(code)
    step = matching_step(key_of(factor.secret), typed, moment.timestamp(), factor.last_step)
    used = 0
    if step is None:
        paper = RecoveryCode.objects.filter(user=actor, digest=_digest(actor, typed), used__isnull=True)
        used = paper.update(used=moment)
    if step is not None or used:
        factor.last_step, factor.failures, factor.held_until = step or factor.last_step, 0, None
    else:
        factor.failures += 1
        if factor.failures >= MOST_WRONG:
            factor.failures, factor.held_until = 0, moment + HELD
    factor.save(update_fields=["last_step", "failures", "held_until"])
    right = step is not None or bool(used)
    if used or not right:
        audit(
            actor=actor,
            action=f"organization.factor.{'recovery_code' if used else 'wrong_code'}",
            obj=actor,
            unit_code=actor.unit_code,
        )
    return Checked(right, factor.held_until)


@transaction.atomic
def recovery_codes_renew(*, actor: User) -> list[str]:
    """A new paper of recovery codes; the old one is worth nothing. Returns them, shown once."""
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=actor.pk)
    if not SecondFactor.objects.filter(user=actor, confirmed__isnull=False).exists():
        raise Conflict(_("Set up the second factor first."))
    audit(actor=actor, action="organization.factor.new_codes", obj=actor)
    return _new_codes(actor)


@transaction.atomic
def factor_remove(*, actor: User | None, user: User) -> None:
    """Take a factor away: one's own for another telephone, or that of somebody who has lost theirs.

    The latter does who looks after everything the user has. Whoever has to have a factor sets up a new one at the next
    log-in.
    """
    if actor is not None and actor.pk != user.pk:
        require_over(actor, Permission.CHANGE_USERS, user)
    SecondFactor.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()
    end_sessions_of(user=user)
    audit(
        actor=actor,
        action="organization.factor.remove",
        obj=user,
        unit_code=user.unit_code,
    )


def _typed(code: str) -> str:
    return code.replace(" ", "").replace("-", "").strip().lower()


def _digest(user: User, code: str) -> str:
    """A code has 120 random bits: nobody guesses it, and a slow hash would protect nothing."""
    return hashlib.sha256(f"{user.pk}:{code}".encode()).hexdigest()


def _new_codes(user: User) -> list[str]:
    RecoveryCode.objects.filter(user=user).delete()
    codes = [key_text(secrets.token_bytes(CODE_BYTES)).lower() for _n in range(CODES)]
    RecoveryCode.objects.bulk_create([RecoveryCode(user=user, digest=_digest(user, code)) for code in codes])
    return ["-".join(code[n : n + 4] for n in range(0, len(code), 4)) for code in codes]
