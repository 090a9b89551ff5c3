"""How many people units may have, and what the rules of their places say of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from organization.access import Scope
from organization.models import Unit, UnitFact, UnitKind, units_on
from policy.models import PolicyVersion, named
from policy.rules.conditions import facts_of
from policy.rules.document import Policy
from policy.selectors import policy_of_unit_for_system, versions_around_for_system
from staffing.models import QuotaPlan
from staffing.rules import Computed, Part, SeatRule, UnitNumbers, compute
from staffing.rules.periods import next_boundary
from staffing.selectors.plans import approved_on_for_system


@dataclass(frozen=True, slots=True)
class Ceiling:
    """How many people a unit may have on a day, by a plan, or by the rules alone (plan None). frozen: how many of these
    seats nobody may fill."""

    unit: Unit
    number: int
    plan: QuotaPlan | None
    frozen: int = 0

    @property
    def document(self) -> str:
        return self.plan.document if self.plan is not None else ""


def approved_ceilings_for_system(units: Iterable[Unit], day: date) -> list[Ceiling]:
    """The approved seats of units on a day, in their order; a unit without any is left out. One query."""
    units = list(units)
    approved = approved_on_for_system(units, day)
    found = ((unit, approved.get(unit.first_row)) for unit in units)
    return [Ceiling(unit, own.number, own.plan, own.frozen) for unit, own in found if own is not None]


def units_above_for_system(units: Iterable[Unit]) -> list[Unit]:
    """Units and all above them as they are by now, in the order of the tree. One query."""
    paths = set()
    for unit in units:
        parts = unit.path.rstrip("/").split("/")
        paths |= {"/".join(parts[: n + 1]) + "/" for n in range(len(parts))}
    rows = Unit.objects.filter(path__in=paths).order_by("path", "-valid_from")
    return list({row.path: row for row in reversed(rows)}.values())[::-1]


def seat_rule_for_system(unit: Unit, day: date) -> SeatRule:
    """What the rules in force in a unit on a day say of its seats. Two queries at most."""
    version = policy_of_unit_for_system(unit.code, day)
    return SeatRule() if version is None else _seat_rule(version.document, version.first_day)


def any_blocks_for_system(units: Iterable[Unit], day: date) -> bool:
    """Whether somewhere in some units the rules let nobody in beyond the seats, so that each must be asked for."""
    versions = versions_around_for_system([unit.short_code for unit in units], day)
    return any(_seat_rule(version.document, version.first_day).blocks for version in versions)


def _seat_rule(policy: Policy, since: date) -> SeatRule:
    """The seats' part of the rules of a place. since: their first day."""
    quota = policy.quota
    if quota is None:
        return SeatRule(place=named(policy.name), since=since)
    return SeatRule(
        place=named(policy.name),
        clause=_clause(policy, "quota.over"),
        review_clause=_clause(policy, "quota.review"),
        since=since,
        blocks=quota.over == "block",
        one_in_one_out=quota.one_in_one_out,
        level=quota.level,
        counts=quota.counts,
        quota=quota,
    )


def _clause(policy: Policy, path: str) -> str:
    """Where the rules say what stands at a path: its own source, or that of a value near it."""
    cites = {leaf.path: leaf.cite for leaf in policy.leaves if leaf.cite}
    return cites.get(path) or cites.get(f"{path}.years") or (policy.quota.cite if policy.quota else None) or path


@dataclass(frozen=True, slots=True)
class Formula:
    """What the rules of a place give a unit, and the version that says so. next_review: on which day the approved number
    may change next, None where the rules name no cycle."""

    version: PolicyVersion
    computed: Computed
    next_review: date | None = None

    @property
    def review_clause(self) -> str:
        return _clause(self.version.document, "quota.review")

    @property
    def range(self) -> str:
        return _range(self.computed.least, self.computed.most)

    @property
    def missing_words(self) -> list[str]:
        names = {name: str(label) for name, label in _PER_WORDS.items()}
        return [names.get(fact, fact) for fact in self.computed.missing]

    @property
    def lines(self) -> list[FormulaLine]:
        """Each row's arithmetic and each bound, in words."""
        return [
            FormulaLine(_line(part), part.cite, part.assumed) for part in (*self.computed.parts, *self.computed.bounds)
        ]


@dataclass(frozen=True, slots=True)
class FormulaLine:
    """What one row of the formula gives, where the rules say it, and whether that is assumed."""

    text: str
    cite: str | None
    assumed: bool


_PER_WORDS = {
    "urban_residents": gettext_lazy("urban residents"),
    "households": gettext_lazy("households"),
    "grids": gettext_lazy("grids"),
    "communities": gettext_lazy("communities"),
}


def _line(part: Part) -> str:
    words = {"name": part.name, "range": _range(part.least, part.most)}
    if part.kind == "bound":
        if part.most is None:
            return _("at least %(least)s here") % {"least": part.least}
        if not part.least:
            return _("at most %(most)s here") % {"most": part.most}
        return _("%(range)s here") % words
    if part.kind == "per":
        words |= {
            "amount": f"{part.amount:,}",
            "per": str(_PER_WORDS[part.per]),
            "count": _count(part),
            "each": f"{part.each:,f}" + (f"–{part.each_most:,f}" if part.each_most is not None else ""),
            "exact": _exact(part.exact)
            + (f"–{_exact(part.exact_most)}" if part.exact_most is not None and part.exact_most != part.exact else ""),
        }
        return _("%(name)s: %(amount)s %(per)s × %(count)s ÷ %(each)s = %(exact)s, so %(range)s") % words
    return _("%(name)s: %(range)s") % words


def _count(part: Part) -> str:
    if part.count is not None and part.count_most is not None:
        return f"{part.count:f}–{part.count_most:f}"
    if part.count is not None:
        return f"{part.count:f}"
    return f"{part.count_most:f}"


def _exact(value: Fraction) -> str:
    """At most four decimals, and an ellipsis where there are more."""
    places = Fraction(round(value * 10_000), 10_000)
    shown = f"{Decimal(places.numerator) / places.denominator:.4f}".rstrip("0").rstrip(".")
    return shown if places == value else f"{shown}…"


def _range(least: int, most: int | None) -> str:
    if most is None:
        return _("%(least)s or more") % {"least": least}
    return str(least) if least == most else f"{least}–{most}"


def formulas_for_system(units: Iterable[Unit], day: date) -> dict[int, Formula]:
    """The numbers that the rules in force on a day give some units, by the unit's first row.

    A unit of which the rules say nothing is missing. Four queries, however many units there are.
    """
    units = list(units)
    versions = versions_around_for_system([unit.short_code for unit in units], day)
    by_rule: dict[int, list[Unit]] = {}
    for unit in units:
        ruling = [n for n, version in enumerate(versions) if unit.short_code.startswith(version.place)]
        if ruling and versions[ruling[-1]].document.quota is not None:
            by_rule.setdefault(ruling[-1], []).append(unit)
    if not by_rule:
        return {}
    asked = {name for n in by_rule for name in _asked(versions[n].document)}
    numbers = _numbers([unit for group in by_rule.values() for unit in group], day, count=bool(asked & _COUNTED))
    found: dict[int, Formula] = {}
    for n, group in by_rule.items():
        computed = compute(versions[n].document, [numbers[unit.first_row] for unit in group], day)
        quota = versions[n].document.quota
        due = next_boundary(quota, day) if quota is not None else None
        found |= {lineage: Formula(versions[n], one, due) for lineage, one in computed.items()}
    return found


_COUNTED = {"communities", "grids"}


def _asked(policy: Policy) -> set[str]:
    """What the formula of a place goes by."""
    assert policy.quota is not None
    return set(facts_of(policy.quota)) | {row.per for row in policy.quota.rows if row.per is not None}


def _numbers(units: list[Unit], day: date, *, count: bool) -> dict[int, UnitNumbers]:
    """What is on record of units on a day, by first row: the newest facts and, where they are to be counted, how many
    communities and grids lie below. The number of grids on record of the unit goes before that of the grids below it.
    """
    lineages = [unit.first_row for unit in units]
    rows = UnitFact.objects.filter(unit__lineage__in=lineages, day__lte=day).order_by("day")
    facts: dict[int, dict[str, str]] = {}
    for lineage, key, value in rows.values_list("unit__lineage", "key", "value"):
        facts.setdefault(lineage, {})[key] = value
    below = (
        []
        if not count
        else list(
            Unit.objects.filter(units_on(day), kind__in=[UnitKind.COMMUNITY, UnitKind.GRID])
            .filter(Scope.of(unit.path for unit in units).q("path"))
            .values_list("path", "kind")
        )
    )
    found = {}
    for unit in units:
        own = facts.get(unit.first_row, {})
        inside = [kind for path, kind in below if path.startswith(unit.path) and path != unit.path]
        numbers = {key: int(value) for key, value in own.items() if value.isdigit()}
        if count:
            numbers["communities"] = inside.count(UnitKind.COMMUNITY) + (unit.kind == UnitKind.COMMUNITY)
            numbers.setdefault("grids", inside.count(UnitKind.GRID))
        words = {"unit": unit.short_code, "unit_kind": str(unit.kind)}
        if "area_kind" in own:
            words["area_kind"] = own["area_kind"]
        found[unit.first_row] = UnitNumbers(unit.first_row, str(unit.kind).lower(), numbers, words)
    return found
