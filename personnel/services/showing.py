"""Showing what is masked: a reading that leaves a trace."""

from __future__ import annotations

from django.db import transaction

from core.services import audit
from organization.models import User
from personnel.models import Person
from personnel.services.steps import require_person


@transaction.atomic
def person_unmask(*, actor: User, person: Person) -> None:
    """Somebody is shown the sensitive values of a person. Raises NotAllowed unless they may change the record."""
    require_person(actor, person)
    audit(actor=actor, action="personnel.person.unmask", obj=person)
