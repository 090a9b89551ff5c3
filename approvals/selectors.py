"""Reads of cases: in whose hands each is, since when, what is missing, and what waits for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import rules
from approvals.models import (
    CalendarDay,
    Case,
    CaseState,
    CaseStep,
    DayKind,
    Need,
    Opinion,
    PartyOfStep,
    Reviewer,
    StepState,
)
from core.errors import NotFound, Refused
from organization.access import Viewer, scope_for, scoped
from organization.models import Permission, Unit, User
from policy.models import PolicyVersion
from policy.rules.document import Procedure, Step
from policy.selectors import policy_of_unit_for_system


def procedure_for_system(
    unit: Unit, act: str, post: str, day: date, *, by_election: bool = False
) -> tuple[PolicyVersion, Procedure] | None:
    """The procedure that the rules in force in a unit on a day ask for, with its version."""
    version = policy_of_unit_for_system(unit.code, day)
    if version is None:
        return None
    covering = (one for one in version.document.procedures if one.covers(act, post, by_election=by_election))
    return next(((version, one) for one in covering), None)


def calendar_for_system() -> tuple[dict[date, bool], frozenset[int]]:
    """The exceptions of the calendar (True: worked), and the years of which anything is known."""
    rows = dict(CalendarDay.objects.values_list("day", "kind"))
    return {day: kind == DayKind.WORKDAY for day, kind in rows.items()}, frozenset(day.year for day in rows)


def due_day_for_system(spec: Step, first: date) -> date:
    """The last day of a notice that goes up on a day. Raises Refused for a year whose days off nobody has entered."""
    assert spec.days is not None
    assert spec.days.count is not None  # a case with a value left open is not opened
    calendar, years = calendar_for_system() if spec.days.count == "working" else ({}, frozenset())
    try:
        return rules.last_day(first, spec.days.at_least, spec.days.count, calendar, years)
    except rules.YearMissing as error:
        raise Refused(
            [
                _("The days off of %(year)s are not entered, so working days can't be counted. Ask an administrator.")
                % {"year": error.year}
            ]
        ) from None


def in_the_way_for_system(step: CaseStep, spec: Step, today: date) -> list[str]:
    """What else keeps a step from being taken, in words: a notice that still stands, objections that are open."""
    found = []
    if step.due is not None and today <= step.due:
        found.append(_("The notice stays up until %(day)s; go on from the day after.") % {"day": step.due})
    if spec.kind == "notice":
        waiting = step.objections.filter(settled="").count()
        if waiting:
            found.append(_("%(count)s objections to the notice are not settled.") % {"count": waiting})
    return found


def holds(step: CaseStep, user: User) -> bool:
    """Whether a step that was handed to somebody is this user's; one that was not is everybody's who may take it."""
    return step.holder_id in (None, user.pk)


def case_for(*, user: Viewer, key: UUID, permission: str = Permission.VIEW_CASES) -> Case:
    """A case of a unit on which the user holds the permission; else NotFound."""
    cases = Case.objects.filter(key=key).select_related("unit", "version__parent", "opened_by")
    found: Case | None = scoped(user, permission, cases, "unit_path").first()
    if found is None:
        raise NotFound(_("There is no such case."))
    return found


def cases_list(*, user: Viewer) -> QuerySet[Case]:
    """The cases of the user's units, the newest first."""
    cases = Case.objects.select_related("unit", "version", "opened_by").order_by("-pk")
    return scoped(user, Permission.VIEW_CASES, cases, "unit_path")


def questions_for(*, user: Viewer) -> QuerySet[Opinion]:
    """What the departments that a user answers for have not answered yet, the oldest first."""
    rows = Opinion.objects.filter(answer="", step__state=StepState.OPEN).select_related("step__case__unit")
    return _of_departments(user, rows).order_by("pk")


def question_for(*, user: Viewer, number: int) -> Opinion:
    """A question to a department of the user's, answered or not; else NotFound."""
    rows = Opinion.objects.filter(pk=number).select_related("step__case__unit", "step__case__version")
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


def steps_to_do(*, user: Viewer) -> QuerySet[CaseStep]:
    """The open steps that are up to the user, the most urgent first: those due, then the oldest."""
    rows = CaseStep.objects.filter(state=StepState.OPEN).exclude(party=PartyOfStep.DEPARTMENTS)
    street = scope_for(user, Permission.TAKE_STREET_STEPS).q() & Q(party=PartyOfStep.STREET)
    county = scope_for(user, Permission.TAKE_COUNTY_STEPS).q() & Q(party=PartyOfStep.ORGANISATION)
    mine = Q(holder__isnull=True) | Q(holder=user.pk if isinstance(user, User) else None)
    return rows.filter((street | county) & mine).select_related("case__unit", "case__version").order_by("due", "pk")


def steps_done(*, user: User) -> QuerySet[CaseStep]:
    """The steps that the user took in cases that they may still look at, the newest first."""
    rows = CaseStep.objects.filter(taken_by=user).select_related("case__unit", "case__version").order_by("-taken_at")
    return scoped(user, Permission.VIEW_CASES, rows, "unit_path")


def cases_started(*, user: User) -> QuerySet[Case]:
    """The cases that the user opened, the newest first."""
    return cases_list(user=user).filter(opened_by=user)


@dataclass(frozen=True, slots=True)
class StepView:
    """A step of a procedure beside what happened in it: its rows (a step that was sent back has several)."""

    spec: Step
    rows: list[CaseStep]
    opinions: list[tuple[str, Opinion]]  # the department's name, and its answer in the newest round
    missing: list[str]

    @property
    def row(self) -> CaseStep | None:
        return self.rows[-1] if self.rows else None

    @property
    def answered(self) -> int:
        return sum(1 for _name, opinion in self.opinions if opinion.answer)


def steps_of_case(*, user: Viewer, case: Case) -> list[StepView]:
    """Every step of a case in its order, with what is missing in the open one. Raises NotFound outside one's units."""
    if not scope_for(user, Permission.VIEW_CASES).covers(case.unit_path):
        raise NotFound(_("There is no such case."))
    rows = list(
        case.steps.select_related("holder", "taken_by").prefetch_related(
            "opinions__given_by", "documents", "objections"
        )
    )
    found = []
    for position, spec in enumerate(case.rules.steps, start=1):
        own = [row for row in rows if row.position == position]
        names = spec.departments.of if spec.departments is not None else {}
        opinions = (
            [(str(names.get(one.department) or one.department), one) for one in own[-1].opinions.all()] if own else []
        )
        missing: list[str] = []
        if own and own[-1].state == StepState.OPEN:
            absent = rules.missing(spec.needs, {}, len(own[-1].documents.all()))
            missing = [str(Need(need).label) for need in absent]
            missing += in_the_way_for_system(own[-1], spec, timezone.localdate())
            waiting = [name for name, one in opinions if not one.answer]
            if waiting:
                missing.append(_("Answers of: %(names)s") % {"names": "、".join(waiting)})
            missing += [
                _("The objection of %(name)s is not settled.") % {"name": name}
                for name, one in opinions
                if one.answer and one.holds_up
            ]
        found.append(StepView(spec, own, opinions, missing))
    return found


def open_case_for_system(subject: UUID, unit: Unit, post: str) -> Case | None:
    """The case under way about a person and a post."""
    return Case.objects.filter(subject=subject, unit__lineage=unit.first_row, post=post, state=CaseState.OPEN).first()
