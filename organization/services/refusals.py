"""What somebody tried and was refused: in the trail, like what is done."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from core.services import audit
from organization.models import User
from organization.selectors.trail import STRANGER


@transaction.atomic
def session_refused(*, actor: User | None, username: str, address: str, locked: bool) -> None:
    """A wrong password was compared; `locked`: it was the last that is. The actor is who is logged in, or nobody.

    A name that belongs to nobody is written nowhere: somebody may have typed their password into its field.
    """
    known = User.objects.select_related("unit").filter(username=username).first()
    told = {"address": address} | ({"locked": True} if locked else {})
    if known is None:
        audit(actor=None, action=STRANGER, obj=User(pk=0), after=told)
        return
    own = actor is not None and actor.pk == known.pk
    action = "organization.proof.refused" if own else "organization.session.refused"
    audit(actor=actor if own else None, action=action, obj=known, unit_code=known.unit_code, after=told)


@transaction.atomic
def act_refused(*, actor: User, route: str, things: Mapping[str, object], status: int) -> None:
    """Something was asked for that would have changed things, and answered with 403 or 404. things: numbers in the
    address, never what was typed.
    """
    numbers = {name: value for name, value in things.items() if isinstance(value, int) or str(value).isdigit()}
    audit(
        actor=actor,
        action="organization.act.refused",
        obj=actor,
        unit_code=actor.unit_code,
        after={"route": route, "status": status} | ({"numbers": numbers} if numbers else {}),
    )
