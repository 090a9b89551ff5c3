"""What programs read of the file: a person as on a day, and the rows of employments, placements and posts of many."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import Model, Q, QuerySet

from core.errors import NotFound
from organization.access import Viewer, scope_for
from organization.models import Permission
from personnel.models import Employment, NamedListEntry, Person, PersonPast, Placement, Tenure
from personnel.models.ranges import holding
from personnel.rules.fields import fields_of
from personnel.rules.values import value_of
from personnel.selectors.people import belonging_for_system, person_for
from personnel.selectors.sights import scopes_that_see

# What rows are shown with.
_WITH: Mapping[type[Model], tuple[str, ...]] = {
    Employment: ("person", "unit", "employer", "recruiter"),
    NamedListEntry: ("person",),
    Placement: ("employment__person", "employment__unit", "manager", "work_unit"),
    Tenure: ("person", "post__unit"),
}


def person_on(*, user: Viewer, person_id: int, day: date) -> Person:
    """A person of the user's units with the single values of a day; not to be saved. Raises NotFound.

    A value on a day is what the first change after the day ended, or what is current.
    """
    person = person_for(user=user, person_id=person_id)
    then: set[str] = set()
    for past in PersonPast.objects.filter(person=person, until__gt=day).order_by("until"):
        if past.field not in then:
            then.add(past.field)
            setattr(person, past.field, value_of(past.field, past.value))
    return person


def employments_list(*, user: Viewer, day: date | None = None) -> QuerySet[Employment]:
    """The employments in the user's units: those that hold on a day, or all of them."""
    rows = scope_for(user, Permission.VIEW_PEOPLE).filter(Employment.objects.select_related(*_WITH[Employment]))
    return rows if day is None else rows.filter(holding(day))


def tenures_list(*, user: Viewer, day: date | None = None) -> QuerySet[Tenure]:
    """Who holds or has held a post in the user's units: those that hold on a day, or all of them."""
    rows = scope_for(user, Permission.VIEW_PEOPLE).filter(
        Tenure.objects.select_related(*_WITH[Tenure]), "post__unit__path"
    )
    return rows if day is None else rows.filter(holding(day))


def placements_list(*, user: Viewer, day: date | None = None) -> QuerySet[Placement]:
    """The placements in employments in the user's units: those that hold on a day, or all of them."""
    rows = scope_for(user, Permission.VIEW_PEOPLE).filter(
        Placement.objects.select_related(*_WITH[Placement]), "employment__unit_path"
    )
    return rows if day is None else rows.filter(holding(day))


def named_lists_list(*, user: Viewer, day: date | None = None) -> QuerySet[NamedListEntry]:
    """The entries of named lists of whoever's file is where a role of the user's sees them: those that hold on a day, or
    all of them."""
    codes = [one.code for one in fields_of("named_list")]
    condition = Q(pk__in=[])
    for scope in scopes_that_see(user=user, codes=codes):
        condition |= belonging_for_system(scope)
    mine = Person.objects.filter(condition, belonging_for_system(scope_for(user, Permission.VIEW_PEOPLE)))
    rows = NamedListEntry.objects.filter(person__in=mine).select_related(*_WITH[NamedListEntry])
    return rows if day is None else rows.filter(holding(day))


def row_again_for_system(row: Model) -> Any:
    """The row as it is now, after somebody has taken the lock of its person. Raises NotFound if it is gone.

    row: an employment, a placement, a post held or an entry of a named list.
    """
    found = type(row)._default_manager.select_related(*_WITH[type(row)]).filter(pk=row.pk).first()
    if found is None:
        raise NotFound
    return found
