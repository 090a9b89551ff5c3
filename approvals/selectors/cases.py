"""Reads of cases: in whose hands each is, since when, what is missing, and which acts are whose."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import rules
from approvals.models import Case, CaseAct, CaseState, CaseStep, Need, Opinion, PartyOfStep, StepState
from core.errors import NotFound
from organization.access import Scope, Viewer, may, scope_for
from organization.models import ROLE_PERMISSIONS, Grant, Permission, Unit, User, widen
from policy.rules.document import Step

# Who may take a step, by the party that the policy names.
PERMISSION_OF: dict[str, str] = {
    PartyOfStep.STREET: Permission.TAKE_STREET_STEPS,
    PartyOfStep.ORGANISATION: Permission.TAKE_COUNTY_STEPS,
    PartyOfStep.DEPARTMENTS: Permission.TAKE_COUNTY_STEPS,  # they answer; the organisation department gathers the answers
}


def in_the_way_for_system(step: CaseStep, spec: Step, today: date) -> list[str]:
    """What else keeps a step from being taken, in words: a notice that still stands, objections that are open."""
    found = []
    if spec.kind == "notice" and step.due is not None and today <= step.due:
        found.append(_("The notice stays up until %(day)s; go on from the day after.") % {"day": step.due})
    if spec.kind == "notice":
        waiting = step.objections.filter(settled="").count()
        if waiting:
            found.append(_("%(count)s objections to the notice are not settled.") % {"count": waiting})
    return found


def holds(step: CaseStep, user: User) -> bool:
    """Whether a step that was handed to somebody is this user's; one that was not is everybody's who may take it."""
    return step.holder_id in (None, user.pk)


def has_a_say_for_system(scope: Scope, case: str = "") -> Q:
    """The condition that a unit of a case lies in a scope: its own or, of a move, the receiving one.

    case: the way to the case, like "case__".
    """
    return scope.q(f"{case}unit_path") | scope.q(f"{case}to_path")


def case_for(*, user: Viewer, number: int) -> Case:
    """A case of the user's units; else NotFound."""
    cases = Case.objects.filter(pk=number).select_related("unit", "to_unit", "version__parent", "opened_by")
    found: Case | None = cases.filter(has_a_say_for_system(scope_for(user, Permission.VIEW_CASES))).first()
    if found is None:
        raise NotFound(_("There is no such case."))
    return found


def cases_list(
    *, user: Viewer, state: str = "", procedure: str = "", unit: str = "", overdue: bool = False
) -> QuerySet[Case]:
    """The cases of the user's units, the newest first, narrowed as asked.

    unit: a code (with all below it) or a part of a name. overdue: an open step's day has passed.
    """
    scope = scope_for(user, Permission.VIEW_CASES)
    cases = Case.objects.select_related("unit", "to_unit", "version", "opened_by").order_by("-pk")
    if state:
        cases = cases.filter(state=state)
    if procedure:
        cases = cases.filter(procedure=procedure)
    if unit.isdecimal():
        named = Unit.objects.filter(code=widen(unit)).values_list("path", flat=True)
        cases = cases.filter(has_a_say_for_system(Scope.of(named)))
    elif unit:
        cases = cases.filter(Q(unit__name__contains=unit) | Q(to_unit__name__contains=unit))
    if overdue:
        late = CaseStep.objects.filter(state=StepState.OPEN, due__lt=timezone.localdate())
        # What the index of late steps finds by its own unit, and of moves those that are up to the other one.
        cases = cases.filter(
            Q(pk__in=scope.filter(late).values("case")) | ~Q(to_path="") & Q(pk__in=late.values("case"))
        )
    return cases.filter(has_a_say_for_system(scope))


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case as a line of a list: its open step (None once it is closed), for how many days, and its newest opinions."""

    case: Case
    step: CaseStep | None
    days: int
    opinions: list[tuple[str, Opinion]]
    overdue: bool

    @property
    def answered(self) -> int:
        return sum(1 for _name, opinion in self.opinions if opinion.answer)

    @property
    def against(self) -> int:
        return sum(1 for _name, opinion in self.opinions if opinion.answer and opinion.holds_up)


def rows_for_system(cases: Iterable[Case]) -> list[CaseRow]:
    """The lines of some cases, in their order. Two queries."""
    cases = list(cases)
    today = timezone.localdate()
    own = {case.pk: case for case in cases}
    steps: dict[int, CaseStep] = {}
    reviews: dict[int, CaseStep] = {}
    asked = CaseStep.objects.filter(case__in=own).select_related("holder").prefetch_related("opinions").order_by("pk")
    for step in asked:
        step.case = own[step.case_id]
        if step.state == StepState.OPEN:
            steps[step.case_id] = step
        if step.opinions.all():
            reviews[step.case_id] = step
    found = []
    for case in cases:
        current = steps.get(case.pk)
        opinions = opinions_for_system(reviews[case.pk]) if case.pk in reviews else []
        days = (today - timezone.localdate(current.opened_at)).days if current else 0
        late = bool(current and current.due is not None and current.due < today)
        found.append(CaseRow(case, current, days, opinions, late))
    return found


def opinions_for_system(step: CaseStep) -> list[tuple[str, Opinion]]:
    """The opinions of a step, each with the name of its department, in the order of the rules."""
    departments = step.spec.departments
    names = departments.of if departments is not None else {}
    return [(str(names.get(one.department) or one.department), one) for one in step.opinions.all()]


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
    def is_open(self) -> bool:
        return bool(self.rows) and self.rows[-1].state == StepState.OPEN

    @property
    def answered(self) -> int:
        return sum(1 for _name, opinion in self.opinions if opinion.answer)


def steps_of_case(*, user: Viewer, case: Case) -> list[StepView]:
    """Every step of a case in its order, with what is missing in the open one. Raises NotFound outside one's units."""
    seen = scope_for(user, Permission.VIEW_CASES)
    if not any(seen.covers(path) for path in case.paths):
        raise NotFound(_("There is no such case."))
    rows = list(
        case.steps.select_related("holder", "taken_by").prefetch_related(
            "opinions__given_by", "documents", "objections"
        )
    )
    found = []
    for position, spec in enumerate(case.rules.steps, start=1):
        own = [row for row in rows if row.position == position]
        for row in own:
            row.case = case
        opinions = opinions_for_system(own[-1]) if own else []
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


def papers_for_system(case: Case, steps: list[StepView]) -> list[tuple[str, str]]:
    """(code, name) of the papers that a case has come to."""
    reached = {one.spec.kind for one in steps if one.rows}
    of_post = case.act in (CaseAct.APPOINT, CaseAct.REMOVE)
    names = {
        "approval": (_("Form of appointment and removal"), of_post),
        "opinion": (_("Letters that ask for opinions"), "opinions" in reached),
        "notice": (_("Text of the notice"), "notice" in reached),
        "order": (_("Order of appointment or removal"), case.state == CaseState.DONE and of_post),
        "record": (_("Record of the case"), True),
    }
    return [(code, name) for code, (name, there) in names.items() if there]


def acts_open_to(*, user: Viewer, case: Case, steps: list[StepView]) -> tuple[str, ...]:
    """What the user may do with a case now: take, finish (the last step), document, objection, settle, settle_opinion,
    return, delegate, withdraw. What is missing is another matter.
    """
    current = next((one for one in steps if one.is_open), None)
    if current is None or current.row is None or not isinstance(user, User):
        return ()
    found = []
    row, spec = current.row, current.spec
    if may(user, PERMISSION_OF[row.party], row.unit) and not_of_both_sides(user, case, row):
        if spec.kind != "opinions" and holds(row, user):
            found.append("finish" if row.position == len(steps) else "take")
        found.append("document")
        if spec.kind == "notice":
            found += ["objection", *(["settle"] if any(not one.settled for one in row.objections.all()) else [])]
        if any(one.answer and one.holds_up for _name, one in current.opinions):
            found.append("settle_opinion")
        if spec.back:
            found.append("return")
        found.append("delegate")
    if may(user, Permission.TAKE_STREET_STEPS, case.unit):
        found.append("withdraw")
    return tuple(found)


def not_of_both_sides(user: User, case: Case, step: CaseStep) -> bool:
    """Whether somebody has not acted for the other unit of a move yet: who opened the case acted for the giving one."""
    side = step.spec.side
    if case.to_unit_id is None:
        return True
    if side == "receiving" and case.opened_by_id == user.pk:
        return False
    sides = {one.code: one.side for one in case.rules.steps}
    taken = CaseStep.objects.filter(case=case, taken_by=user).values_list("code", flat=True)
    return all(sides[code] == side for code in taken)


def takers_of(*, user: Viewer, case: Case, step: CaseStep) -> list[User]:
    """Who may take a step of a case, for handing it over; nobody for whoever may not take it themselves."""
    permission = PERMISSION_OF[step.party]
    if not may(user, permission, step.unit):
        return []
    today = timezone.localdate()
    above = [step.unit_path[: n + 1] for n, letter in enumerate(step.unit_path) if letter == "/"]
    grants = Grant.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=today),
        role__in=[role for role, permissions in ROLE_PERMISSIONS.items() if permission in permissions],
        valid_from__lte=today,
        unit__path__in=above,
        user__is_active=True,
    )
    return list(User.objects.filter(pk__in=grants.values("user")).order_by("display_name", "pk"))


def open_case_for_system(subject: UUID, unit: Unit, post: str) -> Case | None:
    """The case under way about a person and a post."""
    return Case.objects.filter(subject=subject, unit__lineage=unit.first_row, post=post, state=CaseState.OPEN).first()
