"""What waits for somebody, what they did and what they started."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TypeVar

from django.db.models import Count, Model, Q, QuerySet
from django.utils.translation import gettext as _

from approvals.models import Case, CaseStep, Opinion, PartyOfStep, Reviewer, StepState
from approvals.selectors.cases import cases_list, has_a_say_for_system
from core.errors import NotFound
from organization.access import Viewer, scope_for
from organization.models import Permission, User

M = TypeVar("M", bound=Model)


def questions_for(*, user: Viewer) -> QuerySet[Opinion]:
    """What the departments that a user answers for have not answered yet, the oldest first."""
    rows = Opinion.objects.filter(waits=True).select_related("step__case__unit", "step__case__to_unit")
    return _of_departments(user, rows).order_by("pk")


def questions_page(*, user: Viewer, first: int, most: int) -> list[Opinion]:
    """The questions from a place of their order on, with their cases; found before anything is joined."""
    return _joined(questions_for(user=user), first, most, "step__case__unit", "step__case__to_unit")


def question_for(*, user: Viewer, number: int) -> Opinion:
    """A question to a department of the user's, answered or not; else NotFound."""
    rows = Opinion.objects.filter(pk=number).select_related(
        "step__case__unit", "step__case__to_unit", "step__case__version"
    )
    found = _of_departments(user, rows).first()
    if found is None:
        raise NotFound(_("There is no such question."))
    return found


def _of_departments(user: Viewer, rows: QuerySet[Opinion]) -> QuerySet[Opinion]:
    named = Q(pk__in=[])
    scope = scope_for(user, Permission.GIVE_OPINION)
    if isinstance(user, User) and scope:
        for reviewer in Reviewer.objects.filter(user=user).select_related("unit"):
            named |= Q(department=reviewer.department) & scope.within(reviewer.unit.path).q()
    return rows.filter(named)


def steps_waiting(*, user: Viewer, today: date) -> dict[str, int]:
    """How many open steps are up to the user, by the groups of core.rules.DUE, empty ones left out. One query."""
    sunday = today + timedelta(days=6 - today.weekday())
    groups = {
        "overdue": Q(due__lt=today),
        "today": Q(due=today),
        "this week": Q(due__gt=today, due__lte=sunday),
        "later": Q(due__gt=sunday),
        "no day": Q(due__isnull=True),
    }
    rows = steps_to_do(user=user).order_by().select_related(None)
    counts = rows.aggregate(**{name.replace(" ", "_"): Count("pk", filter=within) for name, within in groups.items()})
    return {name: counts[name.replace(" ", "_")] for name in groups if counts[name.replace(" ", "_")]}


def steps_page(*, user: Viewer, first: int, most: int) -> list[CaseStep]:
    """The steps to do from a place of their order on, with their cases; found before anything is joined."""
    return _joined(
        steps_to_do(user=user), first, most, "case__unit", "case__to_unit", "case__version", "case__opened_by"
    )


def _joined(rows: QuerySet[M], first: int, most: int, *joined: str) -> list[M]:
    found = list(rows.select_related(None).values_list("pk", flat=True)[first : first + most])
    by_number = rows.model._default_manager.select_related(*joined).in_bulk(found)
    return [by_number[pk] for pk in found if pk in by_number]


def steps_to_do(*, user: Viewer) -> QuerySet[CaseStep]:
    """The open steps that are up to the user, the most urgent first: those due, then the oldest."""
    rows = CaseStep.objects.filter(state=StepState.OPEN).exclude(party=PartyOfStep.DEPARTMENTS)
    street = scope_for(user, Permission.TAKE_STREET_STEPS).q() & Q(party=PartyOfStep.STREET)
    county = scope_for(user, Permission.TAKE_COUNTY_STEPS).q() & Q(party=PartyOfStep.ORGANISATION)
    mine = Q(holder__isnull=True) | Q(holder=user.pk if isinstance(user, User) else None)
    return (
        rows.filter((street | county) & mine)
        .select_related("case__unit", "case__to_unit", "case__version")
        .order_by("due", "pk")
    )


def steps_done(*, user: User) -> QuerySet[CaseStep]:
    """The steps that the user took in cases that they may still look at, the newest first."""
    rows = CaseStep.objects.filter(taken_by=user, state__in=(StepState.TAKEN, StepState.RETURNED)).order_by(
        "-taken_at", "-pk"
    )
    rows = rows.select_related("case__unit", "case__to_unit", "case__version", "case__opened_by")
    return rows.filter(has_a_say_for_system(scope_for(user, Permission.VIEW_CASES), "case__"))


def steps_late(*, user: User) -> QuerySet[CaseStep]:
    """The open steps, reported late, of cases that the user opened and may still look at, the longest due first."""
    rows = CaseStep.objects.filter(state=StepState.OPEN, escalated__isnull=False, case__opened_by=user)
    rows = rows.select_related("case__unit", "case__to_unit", "case__version", "holder").order_by("due", "pk")
    return rows.filter(has_a_say_for_system(scope_for(user, Permission.VIEW_CASES), "case__"))


def steps_to_tell_for_system(day: date, soon: date) -> QuerySet[CaseStep]:
    """Open steps of whose last day nobody was told: from `soon` on whoever it is up to, after it who opened the case."""
    untold = Q(due__lte=soon, reminded__isnull=True) | Q(due__lt=day, escalated__isnull=True)
    return CaseStep.objects.filter(untold, state=StepState.OPEN).order_by("pk")


def cases_started(*, user: User) -> QuerySet[Case]:
    """The cases that the user opened, the newest first."""
    return cases_list(user=user).filter(opened_by=user)
