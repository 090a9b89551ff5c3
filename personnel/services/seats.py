"""Writes of seats: a unit gets one, which stands empty until somebody is appointed."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Conflict, Refused
from core.services import audit
from organization.access import require
from organization.models import Permission, Unit, User
from organization.services import hold_tree, newest_row
from personnel.models import Post, PostTitle
from personnel.services.employment import BODY_OF_TITLE, SINGLE_HOLDER


@transaction.atomic
def seat_create(*, actor: User | None, unit: Unit, title: str) -> Post:
    """A unit has a post from now on, which nobody holds yet. Raises Refused, Conflict where it has it already."""
    if actor is not None:
        require(actor, Permission.CHANGE_PEOPLE, unit)
    if title not in PostTitle.values:
        raise Refused([_("“%(title)s” is no post.") % {"title": title}], {"title": [_("This is no post.")]})
    hold_tree()
    unit, _first_day = newest_row(unit)
    post, created = Post.objects.get_or_create(
        unit=unit,
        body=BODY_OF_TITLE[PostTitle(title)],
        title=title,
        defaults={"single_holder": title in SINGLE_HOLDER},
    )
    if not created:
        raise Conflict(
            _("%(unit)s has the post of %(title)s already.") % {"unit": unit.name, "title": PostTitle(title).label}
        )
    audit(
        actor=actor,
        action="personnel.post.create",
        obj=post,
        unit_code=unit.code,
        after={"unit": unit.code, "body": post.body, "title": title, "single_holder": post.single_holder},
    )
    return post


def locked_seat(number: int) -> Post:
    """The seat, which nobody else fills or empties until the end of the transaction."""
    return Post.objects.select_for_update(of=("self",), no_key=True).get(pk=number)


__all__ = ["locked_seat", "seat_create"]
