"""What is asked of the figures, read from the words of an address: everything that is wrong is said at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotFound, Refused
from organization.access import Viewer
from organization.models import Unit
from organization.rules.loading import day_of
from reports.indicators import DIMENSIONS, INDICATORS, Indicator
from reports.indicators.dimensions import has_dimension
from reports.rules.series import MONTHS, MOST, points
from reports.selectors.figures import Question, unit_asked

NAMES = ("indicator", "unit", "day", "since")
LONGEST = 100  # years that a period may have


@dataclass
class Asked:
    """A checked question. within: filters by code of dimension."""

    indicators: list[Indicator]
    unit: Unit
    day: date
    since: date
    by: tuple[str, ...] = ()
    within: dict[str, str] = field(default_factory=dict)
    step: str = "month"

    def question(self, indicator: Indicator | None = None) -> Question:
        return Question(indicator or self.indicators[0], self.unit, self.day, self.since)

    def questions(self) -> list[Question]:
        return [self.question(one) for one in self.indicators]


def read_question(
    given: Mapping[str, str], user: Viewer, *, many: bool = False, by: bool = False, step: bool = False
) -> Asked:
    """The question of the parameters of an address; what is not given has its usual value.

    indicator: a code, or with `many` several with commas between; "workers" unless given. unit: the highest of the
    user's. day: today. since: 1 January of the day's year. by: up to two dimensions with a comma between, "unit" unless
    given. step: month, quarter or year. Any dimension may be given with a code as a filter.
    Raises Refused with everything that is wrong, by name of the parameter.
    """
    faults: dict[str, list[str]] = {}
    day = _day(given, "day", timezone.localdate(), faults)
    since = _day(given, "since", date(day.year, 1, 1), faults)
    if "since" not in faults and since > day:
        faults.setdefault("since", []).append(
            _("The period begins on %(since)s, after its last day %(day)s.") % {"since": since, "day": day}
        )
    indicators = _indicators(given.get("indicator", ""), many, faults)
    dimensions = _by(given.get("by", ""), indicators, faults) if by else ()
    within = {code: given[code] for code in DIMENSIONS if code != "unit" and given.get(code)}
    for code in within:
        if any(not has_dimension(one, code) for one in indicators):
            faults.setdefault(code, []).append(_("This figure is not broken down by “%(code)s”.") % {"code": code})
        elif DIMENSIONS[code].labels and within[code] not in dict(DIMENSIONS[code].labels):
            faults.setdefault(code, []).append(
                _("“%(typed)s” is none of %(known)s.")
                % {"typed": within[code], "known": ", ".join(dict(DIMENSIONS[code].labels))}
            )
    wanted = given.get("step", "") or "year"
    if step and wanted not in MONTHS:
        faults.setdefault("step", []).append(
            _("“%(typed)s” is none of %(known)s.") % {"typed": wanted, "known": ", ".join(MONTHS)}
        )
    elif step and not faults.get("since") and len(points(since, day, wanted)) > MOST:
        faults.setdefault("since", []).append(
            _("A series has %(most)s points at most. Choose a later beginning or a longer step.") % {"most": MOST}
        )
    unit: Unit | None = None
    try:
        unit = unit_asked(user=user, code=given.get("unit", ""), day=day)
    except NotFound as error:
        faults.setdefault("unit", []).append(str(error))
    if faults or unit is None:
        raise Refused([text for texts in faults.values() for text in texts], faults)
    return Asked(indicators, unit, day, since, dimensions, within, wanted)


def _day(given: Mapping[str, str], name: str, usual: date, faults: dict[str, list[str]]) -> date:
    typed = given.get(name, "").strip()
    day = day_of(typed) if typed else usual
    if day is None or abs(day.year - timezone.localdate().year) > LONGEST:
        faults.setdefault(name, []).append(_("“%(typed)s” is no day. Write it like 2026-01-31.") % {"typed": typed})
        return usual
    return day


def _indicators(typed: str, many: bool, faults: dict[str, list[str]]) -> list[Indicator]:
    codes = [code.strip() for code in typed.split(",") if code.strip()] or (
        [code for code in INDICATORS if not INDICATORS[code].population.events] if many else ["workers"]
    )
    unknown = [code for code in codes if code not in INDICATORS]
    if unknown or (len(codes) > 1 and not many):
        faults.setdefault("indicator", []).append(
            _("“%(typed)s” is no indicator. The catalogue has their codes.") % {"typed": ", ".join(unknown) or typed}
        )
        return []
    return [INDICATORS[code] for code in dict.fromkeys(codes)]


def _by(typed: str, indicators: list[Indicator], faults: dict[str, list[str]]) -> tuple[str, ...]:
    codes = tuple(dict.fromkeys(code.strip() for code in typed.split(",") if code.strip())) or ("unit",)
    for code in codes:
        if any(not has_dimension(one, code) for one in indicators) or code not in DIMENSIONS:
            faults.setdefault("by", []).append(_("This figure is not broken down by “%(code)s”.") % {"code": code})
    if len(codes) > 2:
        faults.setdefault("by", []).append(_("A figure is broken down by two dimensions at most."))
    return codes
