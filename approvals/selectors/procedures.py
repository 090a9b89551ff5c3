"""What the rules of a place ask for before a post changes, and the days that their notices count."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from approvals import rules
from approvals.models import CalendarDay, DayKind
from core.errors import Refused
from organization.access import Viewer, scope_for
from organization.models import Permission, Unit
from policy.models import PolicyVersion
from policy.rules.document import Procedure, Step
from policy.selectors import policy_of_unit_for_system, versions_for_system


def procedure_for_system(
    unit: Unit, act: str, post: str, day: date, *, by_election: bool = False
) -> tuple[PolicyVersion, Procedure] | None:
    """The procedure that the rules in force in a unit on a day ask for, with its version."""
    version = policy_of_unit_for_system(unit.code, day)
    if version is None:
        return None
    covering = (one for one in version.document.procedures if one.covers(act, post, by_election=by_election))
    return next(((version, one) for one in covering), None)


def procedure_of_move_for_system(
    unit: Unit, to: Unit, act: str, day: date, *, away: str = ""
) -> tuple[PolicyVersion, Procedure] | None:
    """The procedure that a move from one unit to another needs by the rules that somebody leaves, else by those they come
    under. act: TRANSFER or SECONDMENT; away: of a secondment, its kind.
    """
    leaves = rules.levels_left(unit.path, to.path)
    if not leaves:
        return None
    for place in (unit, to):
        version = policy_of_unit_for_system(place.code, day)
        procedures = version.document.procedures if version is not None else ()
        for one in procedures:
            if version is not None and one.covers(act, "", leaves=leaves, away=away):
                return version, one
    return None


def calendar_for_system() -> tuple[dict[date, bool], frozenset[int]]:
    """The exceptions of the calendar (True: worked), and the years of which anything is known."""
    rows = dict(CalendarDay.objects.values_list("day", "kind"))
    return {day: kind == DayKind.WORKDAY for day, kind in rows.items()}, frozenset(day.year for day in rows)


def due_day_for_system(spec: Step, first: date) -> date | None:
    """The last day of a step that comes up on a day: of its notice, or of the time for it; None without either.

    Raises Refused for a year whose days off nobody has entered.
    """
    if spec.days is not None:
        days, count = spec.days.at_least, spec.days.count
    elif spec.limit is not None:
        days, count = spec.limit.within, spec.limit.count
    else:
        return None
    assert count is not None  # a case with a value left open is not opened
    calendar, years = calendar_for_system() if count == "working" else ({}, frozenset())
    try:
        return rules.last_day(first, days, count, calendar, years)
    except rules.YearMissing as error:
        raise Refused(
            [
                _("The days off of %(year)s are not entered, so working days can't be counted. Ask an administrator.")
                % {"year": error.year}
            ]
        ) from None


def procedures_of(*, user: Viewer) -> list[Procedure]:
    """The procedures that cases of the user's units may follow, each once, by any version that is loaded."""
    places = {path.rstrip("/").rsplit("/", 1)[-1] for path in scope_for(user, Permission.VIEW_CASES).paths}
    found: dict[str, Procedure] = {}
    for version in versions_for_system():
        if any(place.startswith(version.place) or version.place.startswith(place) for place in places):
            found |= {one.code: one for one in version.document.procedures}
    return list(found.values())


def calendar_years_for_system() -> list[int]:
    """The years of which any day is entered."""
    return [day.year for day in CalendarDay.objects.dates("day", "year")]


def days_of_year_for_system(year: int) -> list[CalendarDay]:
    return list(CalendarDay.objects.filter(day__year=year))


def notice_days_for_system(spec: Step, first: date) -> dict[str, date | None]:
    """The last day of a notice that went up on a day, counted both ways ("natural", "working"); None for working days
    of a year whose days off nobody has entered.
    """
    assert spec.days is not None
    calendar, years = calendar_for_system()
    try:
        working = rules.last_day(first, spec.days.at_least, "working", calendar, years)
    except rules.YearMissing:
        working = None
    return {"natural": rules.last_day(first, spec.days.at_least, "natural", {}, frozenset()), "working": working}
