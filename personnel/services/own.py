"""Saying which person a user is."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.errors import Conflict, NotAllowed, NotFound
from core.services import audit
from organization.models import Permission, User
from personnel.models import OwnFile, Person
from personnel.selectors.people import file_in


@transaction.atomic
def own_file_set(*, actor: User | None, user: User, person: Person) -> OwnFile:
    """This user is this person, and may see who has looked at their file.

    Raises NotAllowed unless the actor gives grants where the person works, and for oneself; Conflict where either is
    somebody else already.
    """
    _require(actor, user, person)
    try:
        with transaction.atomic():
            own = OwnFile.objects.create(user=user, person=person)
    except IntegrityError as error:
        raise Conflict(
            _("%(user)s or %(person)s is linked already. Take that link away first.")
            % {"user": user, "person": person.name}
        ) from error
    audit(actor=actor, action="personnel.own_file.set", obj=person, after={"user": user.username})
    return own


@transaction.atomic
def own_file_clear(*, actor: User | None, user: User) -> None:
    """The user is no longer said to be somebody. Raises NotFound, NotAllowed."""
    own = OwnFile.objects.select_for_update(of=("self",)).select_related("person").filter(user=user).first()
    if own is None:
        raise NotFound(_("%(user)s is not linked to a person.") % {"user": user})
    _require(actor, user, own.person)
    audit(actor=actor, action="personnel.own_file.clear", obj=own.person, before={"user": user.username})
    own.delete()


def _require(actor: User | None, user: User, person: Person) -> None:
    if actor is None:
        return
    if actor.pk == user.pk or not file_in(user=actor, person=person, permission=Permission.CHANGE_GRANTS):
        raise NotAllowed(
            _("Which person %(user)s is, is said by another, who gives grants where %(person)s works.")
            % {"user": user, "person": person.name}
        )
