"""Each batch of a unit beside those who served there when it came (LS-03: whoever comes may only raise the level)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import F, Min, OuterRef, Q, Subquery

from organization.access import Viewer, scoped
from organization.models import Permission
from personnel.models import COUNTED_CATEGORIES, Certificate, Completion, Education, EducationLevel, Employment
from recruitment.models import Applicant, ApplicationState, Plan
from recruitment.rules.intake import Compared, Worker, group_of

BATCHES = 10  # the newest that are compared
_COLLEGE = EducationLevel.values[: EducationLevel.values.index(EducationLevel.COLLEGE) + 1]


@dataclass(frozen=True, slots=True)
class Intake:
    """A batch and what it was compared with."""

    plan: Plan
    compared: Compared


def intake_of(*, user: Viewer, plan: Plan) -> list[Intake]:
    """The batches of a plan's unit up to this one that hired somebody, the oldest first, BATCHES at most.

    Counted are people in the user's units. Who serves: whoever is employed on the day of the batch's first hire as a
    community worker, full-time staff or grid worker in the plan's unit or below, without those whom the batch brought.
    Three queries.
    """
    hired = scoped(user, Permission.VIEW_PEOPLE, Applicant.objects.filter(state=ApplicationState.HIRED), "unit_path")
    rows = (
        hired.filter(plan__unit_path=plan.unit_path)
        .filter(Q(plan__year__lt=plan.year) | Q(plan__year=plan.year, plan__batch__lte=plan.batch))
        .order_by("plan__year", "plan__batch", "plan_id")
        .values_list("plan_id", "employment__person_id", "employment__start")
    )
    batches: dict[int, dict[int, date]] = {}
    for number, person, start in rows:
        batches.setdefault(number, {})[person] = start
    chosen = list(batches)[-BATCHES:]
    if not chosen:
        return []
    jobs = _jobs(user, plan, min(min(batches[number].values()) for number in chosen))
    found = []
    plans = Plan.objects.in_bulk(chosen)
    for number in chosen:
        brought = batches[number]
        day = min(brought.values())
        new = {person: who for person, who, _start, _end in jobs if person in brought}
        serving = {
            person: who
            for person, who, start, end in jobs
            if start <= day and (end is None or end > day) and person not in brought
        }
        found.append(Intake(plans[number], Compared(day, group_of(new.values(), day), group_of(serving.values(), day))))
    return found


def _jobs(user: Viewer, plan: Plan, since: date) -> list[tuple[int, Worker, date, date | None]]:
    """The counted employments in the plan's unit that last beyond a day: person, who that is, first day, end."""
    studies = (
        Education.objects.filter(person_id=OuterRef("person_id"), completion=Completion.GRADUATED, level__in=_COLLEGE)
        .order_by()
        .values("person_id")
        .annotate(first=Min("graduated"))
        .values("first")
    )
    certificates = (
        Certificate.objects.filter(person_id=OuterRef("person_id"))
        .order_by()
        .values("person_id")
        .annotate(first=Min("issued"))
        .values("first")
    )
    rows = Employment.objects.filter(
        Q(end__isnull=True) | Q(end__gt=since), unit_path__startswith=plan.unit_path, category__in=COUNTED_CATEGORIES
    )
    return [
        (person, Worker(birth, college, certified), start, end)
        for person, birth, college, certified, start, end in scoped(user, Permission.VIEW_PEOPLE, rows, "unit_path")
        .annotate(born=F("person__birth_date"), college=Subquery(studies), certified=Subquery(certificates))
        .values_list("person_id", "born", "college", "certified", "start", "end")
    ]
