"""Reads of plans, their lines, and what is vacant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotFound, Refused
from organization.access import Scope, Viewer, scope_for, scoped, touching
from organization.models import Permission, Unit, units_on
from personnel.models import Category
from personnel.selectors.headcount import Filled, filled_for_system
from policy.models import PolicyVersion
from policy.rules.document import Recruitment
from policy.selectors import policy_of_unit_for_system
from recruitment.models import (
    ApplicationState,
    Plan,
    PlanState,
    Position,
)
from staffing.selectors import units_above_for_system

OPEN_STATES = (
    PlanState.PROPOSED,
    PlanState.FIXED,
    PlanState.ANNOUNCED,
    PlanState.SCREENED,
    PlanState.RANKED,
    PlanState.PUBLISHED,
)
# Applications that go through the examination.
EXAMINED = (ApplicationState.ADMITTED, ApplicationState.HIRED, ApplicationState.WITHDRAWN)


def plans_list(*, user: Viewer) -> QuerySet[Plan]:
    """The plans that concern the user's units, the newest first: held by one of them, by one above or by one below."""
    return (
        _plans(user, Permission.VIEW_QUOTA)
        .annotate(lines=Count("positions", distinct=True))
        .order_by("-year", "-batch", "-pk")
    )


def plan_for(*, user: Viewer, number: int, permission: str = Permission.VIEW_QUOTA, near: bool = True) -> Plan:
    """A plan that concerns the user's units by a permission; without `near`, one of a unit on which they hold it.

    Raises NotFound for any other.
    """
    found = _plans(user, permission).filter(pk=number).first()
    if found is None or not (near or scope_for(user, permission).covers(found.unit_path)):
        raise NotFound(_("There is no such plan of recruitment."))
    return found


def _plans(user: Viewer, permission: str) -> QuerySet[Plan]:
    concerned = touching(scope_for(user, permission).paths)
    return Plan.objects.filter(concerned).select_related("unit", "version__parent", "started_by", "fixed_by")


def positions_of(*, user: Viewer, plan: Plan) -> QuerySet[Position]:
    """The lines of a plan in the user's units, in the order of the tree, with how many applied and were hired."""
    rows = Position.objects.filter(plan=plan).select_related("unit", "proposed_by")
    rows = rows.annotate(
        applied=Count("applicants"),
        admitted=Count("applicants", filter=Q(applicants__state__in=EXAMINED)),
        hired=Count("applicants", filter=Q(applicants__state=ApplicationState.HIRED)),
    )
    found: QuerySet[Position] = scoped(user, Permission.VIEW_QUOTA, rows, "unit_path").order_by("unit_path", "pk")
    return found


def position_for(*, user: Viewer, plan: Plan, number: int, permission: str) -> Position:
    """A line of a plan in a unit on which the user holds the permission; else NotFound."""
    rows = Position.objects.filter(plan=plan, pk=number).select_related("unit", "plan")
    found: Position | None = scoped(user, permission, rows, "unit_path").first()
    if found is None:
        raise NotFound(_("There is no such line of the plan."))
    return found


def rules_of_for_system(unit: Unit, day: date) -> tuple[PolicyVersion, Recruitment]:
    """The rules of recruitment in force in a unit on a day. Raises Refused where a place says nothing of it."""
    version = policy_of_unit_for_system(unit.code, day)
    section = version.document.recruitment if version is not None else None
    if version is None or section is None:
        raise Refused(
            [
                _("The rules of %(unit)s in force on %(day)s say nothing of recruitment.")
                % {"unit": unit.name, "day": day}
            ]
        )
    return version, section


def section_for_system(plan: Plan) -> Recruitment | None:
    """The section by which a plan is held, or, before it is fixed, would be held today."""
    version = plan.version or policy_of_unit_for_system(plan.unit.code, timezone.localdate())
    return version.document.recruitment if version is not None else None


@dataclass(frozen=True, slots=True)
class Vacancy:
    """A unit with its seats and people on a day. planned: posts of open plans that nobody fills yet."""

    filled: Filled
    planned: int

    @property
    def unit(self) -> Unit:
        return self.filled.unit

    @property
    def free(self) -> int | None:
        """Vacancies that no plan has taken; None without approved seats, below 0 where more is planned."""
        return None if self.filled.vacant is None else self.filled.vacant - self.planned


def vacancies_for_system(
    units: Iterable[Unit], day: date, *, leaving: Iterable[Position] = (), seen: Scope | None = None
) -> list[Vacancy]:
    """Seats, people and planned posts of units with all below them; lines that are being decided are left out. Three
    queries. seen: the parts of the tree whose people and plans may be opened."""
    units = list(units)
    everywhere = seen if seen is not None else Scope(())
    filled = filled_for_system(units, day, people=everywhere, seats=everywhere)
    lines = Position.objects.filter(plan__frame=False, plan__state__in=OPEN_STATES, category=Category.COMMUNITY_WORKER)
    lines = lines.exclude(pk__in=[one.pk for one in leaving])
    lines = Scope.of([unit.path for unit in units]).filter(lines)
    hired = Count("applicants", filter=Q(applicants__state=ApplicationState.HIRED))
    open_posts = [(line.unit_path, line.posts - int(line.hired_count)) for line in lines.annotate(hired_count=hired)]
    return [
        Vacancy(one, sum(max(posts, 0) for path, posts in open_posts if path.startswith(one.unit.path)))
        for one in filled
    ]


def board(*, user: Viewer, code: str, day: date) -> tuple[Unit | None, list[Vacancy]]:
    """A unit and those directly below it with seats, people and vacancies; without a code, the user's own units.

    Raises NotFound for a unit that is not among the user's.
    """
    scope = scope_for(user, Permission.VIEW_QUOTA)
    mine = scope.filter(Unit.objects.filter(units_on(day)), "path")
    unit: Unit | None
    if code.strip():
        unit = mine.filter(code=code.strip().ljust(12, "0")).first()
        if unit is None:
            raise NotFound(_("There is no unit “%(typed)s” among those you may work with.") % {"typed": code})
    else:
        roots = list(mine.filter(path__in=scope.paths))
        if len(roots) != 1:
            return None, vacancies_for_system(sorted(roots, key=lambda one: one.path), day, seen=scope)
        unit = roots[0]
    below = list(mine.filter(parent__path=unit.path).order_by("path"))
    return unit, vacancies_for_system([unit, *below], day, seen=scope)


def effect_for_system(unit: Unit) -> list[Filled]:
    """The seats and people of a unit and of those above it that have seats, before somebody is hired; the nearest first."""
    day = timezone.localdate()
    return [
        one.filled for one in vacancies_for_system(reversed(units_above_for_system([unit])), day) if one.filled.approved
    ]
