"""Readings that leave a trace: opening somebody's file, and being shown what is masked.

Both raise NotRecorded where the trail takes nothing, and the caller shows nothing then.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import NotAllowed, Refused
from core.services import audit
from organization.models import User
from personnel.models import Looked, Person, Purpose
from personnel.selectors.sights import sights_of

MOST_WORDS = 200


@transaction.atomic
def person_seen(*, actor: User, person: Person, what: Looked, about: dict[str, Any] | None = None) -> None:
    """Somebody opens a page of a person's file or takes a paper out of it; the caller has asked whether they may.

    about: which day, section or stored file.
    """
    audit(actor=actor, action="personnel.person.seen", obj=person, after={"what": what.value, **(about or {})})


@transaction.atomic
def person_unmask(*, actor: User, person: Person, purpose: str, words: str = "", what: str = Looked.RECORD) -> None:
    """Somebody is shown what of a person is masked until asked for, for a purpose of `Purpose` (with words for OTHER).

    Raises NotAllowed for whom there is nothing to ask for, Refused without a purpose.
    """
    if not sights_of(user=actor, person=person).reveals():
        raise NotAllowed(
            _("You may not be shown what is masked of %(person)s. Ask somebody whose work needs it.")
            % {"person": person.name}
        )
    audit(
        actor=actor,
        action="personnel.person.unmask",
        obj=person,
        after={"what": str(what), **purpose_given(purpose, words)},
    )


def purpose_given(purpose: str, words: str = "") -> dict[str, str]:
    """A purpose as the trail keeps it: {"purpose", "words"}. Raises Refused for none, or for OTHER without words."""
    words = " ".join(words.split())
    errors: dict[str, list[str]] = {}
    if purpose not in Purpose.values:
        errors["purpose"] = [_("Say what for: choose a purpose. Nothing is shown without one.")]
    if len(words) > MOST_WORDS:
        errors["words"] = [_("The purpose has %(most)s characters at most.") % {"most": MOST_WORDS}]
    elif purpose == Purpose.OTHER and len(words) < 2:
        errors["words"] = [_("Say in words what it is for.")]
    if errors:
        raise Refused([text for texts in errors.values() for text in texts], errors)
    return {"purpose": purpose, "words": words}
