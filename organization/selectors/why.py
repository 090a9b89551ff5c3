"""Why somebody may or may not do something: told from the very steps of access.py that decide it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import NotFound
from organization.access import Held, Lack, explain, not_ended, scope_of_any_grant, scope_over
from organization.models import ROLE_PERMISSIONS, Grant, Permission, Role, Unit, User, widen
from organization.selectors.above import Subject, above

UNIT = "unit"
ASKING_FOR_OTHERS = (Permission.CHANGE_USERS, Permission.CHANGE_GRANTS, Permission.VIEW_AUDIT)
SIGNING = (Permission.CONFIRM_EVALUATION, Permission.SEAL_PAY, Permission.CONFIRM_PROMOTION)
GIVERS = 5  # of those who could give a role, as many are named

LACKS: Mapping[Lack | None, Any] = {
    None: gettext_lazy("allows it"),
    Lack.INACTIVE: gettext_lazy("would allow it, but the user is disabled"),
    Lack.LATER: gettext_lazy("has not begun"),
    Lack.ENDED: gettext_lazy("has ended"),
    Lack.ROLE: gettext_lazy("the role is not for this"),
    Lack.UNWRITTEN: gettext_lazy("its permission is not written down; the security administrator gives the role anew"),
    Lack.LIMITED: gettext_lazy("the token is not for this"),
    Lack.ELSEWHERE: gettext_lazy("reaches another part of the tree"),
}


@dataclass(frozen=True, slots=True)
class Ground:
    """One grant of the user's and what it has to do with the question."""

    role: str
    unit: str
    path: str
    valid_from: date
    valid_to: date | None
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Why:
    """An answer. roles: which allow it. givers: who could give one of them there. starter: who asks to sign began it."""

    of: User
    subject: Subject
    permission: str
    allowed: bool
    active: bool
    grounds: list[Ground]
    roles: list[str]
    givers: list[str]
    starter: bool


def why_kinds(*, user: User) -> dict[str, str]:
    """What one can ask about, by the word of the question. The same for everybody."""
    return {UNIT: _("Unit")} | {name: str(label) for name, (label, _load) in above.subjects.items()}


def why_others(*, user: User) -> bool:
    """Whether somebody may ask for other users than themselves."""
    return any(User.objects.filter(scope_over(user, permission)).exists() for permission in ASKING_FOR_OTHERS)


def why(*, user: User, permission: str, kind: str, number: str, username: str = "") -> Why:
    """Why `username` (the asker where it is empty) may or may not do something with a thing.

    `number` is the code of a unit, the number of anything else. Administrators ask for the users of their units. Raises
    NotFound for any other user; and for a thing outside the asker's units, just as for one that there is not.
    """
    of = _user(user, username)
    subject = _subject(kind, number)
    known = scope_of_any_grant(user)
    if subject is None or not any(known.covers(path) for path in subject.paths):
        raise NotFound(_("There is nothing with this number in your units."))
    found = explain(of, permission, subject.paths)
    return Why(
        of=of,
        subject=subject,
        permission=permission,
        allowed=found.allowed,
        active=of.is_active,
        grounds=[_ground(held, lack) for held, lack in found.grounds],
        roles=[str(Role(role).label) for role in Role if permission in ROLE_PERMISSIONS[role]],
        givers=_givers(subject.paths, of),
        starter=permission in SIGNING and subject.starter == of.pk,
    )


def _user(asker: User, username: str) -> User:
    if username in ("", asker.username):
        return asker
    reach = Q(pk__in=[])
    for permission in ASKING_FOR_OTHERS:
        reach |= scope_over(asker, permission)
    found = User.objects.filter(reach, username=username).first()
    if found is None:
        raise NotFound(_("There is no user “%(username)s” for whom you may ask.") % {"username": username})
    return found


def _subject(kind: str, number: str) -> Subject | None:
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        return None
    if kind == UNIT:
        unit = Unit.objects.filter(code=widen(number)).order_by("-valid_from").first()
        return Subject(unit.name, (unit.path,)) if unit is not None else None
    return above.subjects[kind][1](int(number)) if kind in above.subjects else None


def _ground(held: Held, lack: Lack | None) -> Ground:
    return Ground(
        role=str(Role(held.role).label),
        unit=held.unit,
        path=held.path,
        valid_from=held.valid_from,
        valid_to=held.valid_to,
        code="allows" if lack is None else lack.value,
        text=str(LACKS[lack]),
    )


def _givers(paths: tuple[str, ...], of: User) -> list[str]:
    """Security administrators of where the thing is; not the user, who gives themselves nothing."""
    above_it = Q(pk__in=[])
    for path in paths:
        above_it |= Q(unit__path__in=[path[: n + 1] for n, letter in enumerate(path) if letter == "/"])
    today = timezone.localdate()
    grants = Grant.objects.filter(above_it, not_ended(), role=Role.SECURITY_ADMIN, valid_from__lte=today)
    names = grants.filter(user__is_active=True).exclude(user=of).order_by("-unit__path", "user__username")
    return list(dict.fromkeys(str(name) for name in names.values_list("user__display_name", flat=True)))[:GIVERS]
