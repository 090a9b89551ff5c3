"""What the checks of a place's rules find in a unit and below it, on a day."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from core.errors import NotFound, Refused
from core.periods import whole_years_between
from organization.access import Scope, Viewer, after, scope_for
from organization.models import Permission, Unit, UnitFact, units_on, widen
from personnel.models import Employment, NamedListEntry, Person
from personnel.rules.checks import Finding, examine, open_words
from personnel.selectors.facts import day_facts_for_system
from policy.models import PolicyVersion
from policy.rules.conditions import facts_of
from policy.rules.context import Context, UnsetValue
from policy.rules.derive import derive
from policy.rules.document import Check
from policy.rules.facts import EDUCATIONS, VOCABULARY
from policy.selectors import policy_of_unit_for_system

MOST = 50_000  # people of one look: beyond, a unit below is chosen


@dataclass(frozen=True, slots=True)
class Examined:
    """A check with its findings in the units of its scope. opened: what the rules leave open of it, in their words."""

    check: Check
    clause: str
    assumed: bool
    findings: list[Finding] = field(default_factory=list)
    opened: tuple[str, ...] = ()

    @property
    def failing(self) -> list[Finding]:
        return [one for one in self.findings if not one.holds]

    @property
    def missing(self) -> int:
        return sum(one.gap for one in self.findings)

    @property
    def whole(self) -> int:
        return sum(one.whole for one in self.findings)

    @property
    def having(self) -> int:
        return sum(one.having for one in self.findings)


@dataclass(frozen=True, slots=True)
class Report:
    """All checks of the rules in force in a unit; version None: no rules are in force, and nothing is checked."""

    unit: Unit
    version: PolicyVersion | None
    checks: list[Examined]


@dataclass(frozen=True, slots=True)
class Line:
    """A finding with the unit it is of, and the people or units that don't fulfil it."""

    unit: Unit
    finding: Finding
    people: list[Person] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)


def checked_unit(*, user: Viewer, code: str, day: date) -> Unit | None:
    """The unit whose checks are asked for; without a code the user's own highest one, None if there are several.

    Raises NotFound for one that is not among the user's.
    """
    scope = scope_for(user, Permission.VIEW_PEOPLE)
    mine = scope.filter(Unit.objects.filter(units_on(day)), "path")
    typed = code.strip()
    if typed:
        unit = mine.filter(code=widen(typed)).first()
        if unit is None:
            raise NotFound(
                _("There is no unit “%(typed)s” on %(day)s among those you may work with. Choose one from the tree.")
                % {"typed": typed, "day": day}
            )
        return unit
    return mine.filter(path=scope.paths[0]).first() if len(scope.paths) == 1 else None


def own_units(*, user: Viewer, day: date) -> QuerySet[Unit]:
    """The highest units of the user on a day, to choose from."""
    scope = scope_for(user, Permission.VIEW_PEOPLE)
    return Unit.objects.filter(units_on(day), path__in=scope.paths).order_by("path")


def examined(*, user: Viewer, unit: Unit, day: date, only: str = "") -> Report:
    """What the checks of the rules in force in a unit find in it and below it.

    only: the code of one check. Raises NotFound outside the user's units and for an unknown check; Refused for a unit
    of too many people.
    """
    if not scope_for(user, Permission.VIEW_PEOPLE).covers(unit.path):
        raise NotFound(_("There is no such unit."))
    version = policy_of_unit_for_system(unit.code, day)
    checks = [] if version is None else [one for one in version.document.checks if only in ("", one.code)]
    if only and not checks:
        raise NotFound(_("The rules have no check “%(code)s”.") % {"code": only})
    if version is None or not checks:
        return Report(unit, version, [])
    in_post = Scope.of([unit.path]).filter(Employment.objects.filter(Q(end__isnull=True) | Q(end__gt=day)))
    if in_post.order_by()[: MOST + 1].count() > MOST:
        raise Refused(
            [_("%(unit)s has more than %(most)s people. Choose a unit below it.") % {"unit": unit.name, "most": MOST}]
        )
    rows = _Rows(unit, version, day)
    return Report(unit, version, [_examined(one, version, rows) for one in checks])


def lines_of(*, user: Viewer, report: Report) -> list[Line]:
    """The findings of a report's first check with their units, those that are not fulfilled first. Three queries."""
    if not scope_for(user, Permission.VIEW_PEOPLE).covers(report.unit.path):
        raise NotFound(_("There is no such unit."))
    one = report.checks[0]
    units = {
        unit.path: unit
        for unit in Unit.objects.filter(path__in=[found.path for found in one.findings]).order_by("valid_from")
    }
    keys = {key for found in one.findings for key in found.items[:50]}
    people = Person.objects.in_bulk(keys) if one.check.of == "people" else {}
    places = Unit.objects.in_bulk(keys) if one.check.of != "people" else {}
    found = [
        Line(
            units[finding.path],
            finding,
            [people[key] for key in finding.items if key in people],
            [places[key] for key in finding.items if key in places],
        )
        for finding in one.findings
        if finding.path in units
    ]
    return sorted(found, key=lambda line: (line.finding.holds, -line.finding.gap, line.unit.path))


def _examined(check: Check, version: PolicyVersion, rows: _Rows) -> Examined:
    policy = version.document
    mine = [leaf for leaf in policy.leaves if leaf.path.startswith(check.path + ".")]
    cite = check.cite or next((leaf.cite for leaf in mine if leaf.cite), None) or check.code
    assumed = any(leaf.status == "assumed" for leaf in mine)
    opened = open_words(check)
    if not opened:
        try:
            found = examine(check, rows.of(check), rows.scopes(check.scope), rows.ctx)
            return Examined(check, cite, assumed, found)
        except UnsetValue as error:
            opened = tuple(leaf.because or leaf.path for leaf in error.leaves)
    return Examined(check, cite, assumed, opened=opened)


class _Rows:
    """What the checks of one look are asked of, each read once."""

    def __init__(self, unit: Unit, version: PolicyVersion, day: date) -> None:
        self.unit, self.version, self.day = unit, version, day
        self.ctx = Context(version.document, day, results_year=day.year - 1)
        self._people: pl.DataFrame | None = None
        self._below: list[tuple[int, str, str]] | None = None

    def of(self, check: Check) -> pl.DataFrame:
        if check.list_ is not None:
            return self._listed(check.list_)
        return self._employed() if check.of == "people" else self._units(check)

    def scopes(self, level: str) -> list[str]:
        return [path for _key, path, kind in self._inside() if kind == level.upper()]

    def _inside(self) -> list[tuple[int, str, str]]:
        if self._below is None:
            rows = Scope.of([self.unit.path]).filter(Unit.objects.filter(units_on(self.day)), "path")
            self._below = [
                (key, path, str(kind)) for key, path, kind in rows.order_by("path").values_list("pk", "path", "kind")
            ]
        return self._below

    def _employed(self) -> pl.DataFrame:
        if self._people is None:
            policy = self.version.document
            needs = _needs(policy.checks) | facts_of(policy.service)
            facts = derive(day_facts_for_system([self.unit.path], self.day, needs), policy, self.ctx, needs=needs)
            self._people = facts.people.rename({"person": "key", "unit_path": "path"})
        return self._people

    def _units(self, check: Check) -> pl.DataFrame:
        wanted = {"grids": "GRID", "communities": "COMMUNITY"}[check.of]
        inside = [(key, path) for key, path, kind in self._inside() if kind == wanted]
        facts: dict[int, dict[str, str]] = {}
        known = UnitFact.objects.filter(unit__in=[key for key, _path in inside], day__lte=self.day).order_by("day")
        for key, fact, value in known.values_list("unit", "key", "value"):
            facts.setdefault(key, {})[fact] = value
        columns: dict[str, Any] = {
            "key": pl.Series([key for key, _path in inside], dtype=pl.Int64),
            "path": pl.Series([path for _key, path in inside], dtype=pl.String),
        }
        for name in {check.fact, *facts_of(check)} - {None}:
            number = VOCABULARY[str(name)].kind == "number"
            values = [facts.get(key, {}).get(str(name)) for key, _path in inside]
            columns[str(name)] = (
                pl.Series([int(value) if value and value.isdigit() else None for value in values], dtype=pl.Int64)
                if number
                else pl.Series(values, dtype=pl.String)
            )
        return pl.DataFrame(columns)

    def _listed(self, kind: str) -> pl.DataFrame:
        """Who is on a named list on the day, employed or not, in the unit where they work, else belong."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"""SELECT p.id, coalesce(e.unit_path, u.path), p.sex, p.political_status, p.birth_date,
                           s.level, s.degree, s.study_mode, s.major
                      FROM {NamedListEntry._meta.db_table} n JOIN {Person._meta.db_table} p ON p.id = n.person_id
                      LEFT JOIN organization_unit u ON u.id = p.belongs_to_id
                      LEFT JOIN LATERAL (SELECT unit_path FROM {Employment._meta.db_table} j
                            WHERE j.person_id = p.id AND j.start <= %(day)s AND (j."end" IS NULL OR j."end" > %(day)s)
                            ORDER BY j.start DESC, j.id DESC LIMIT 1) e ON true
                      LEFT JOIN LATERAL (SELECT level, degree, study_mode, major FROM personnel_education d
                            WHERE d.person_id = p.id AND d.completion = 'GRADUATED' AND d.graduated <= %(day)s
                            ORDER BY array_position(%(order)s, d.level::text), d.id LIMIT 1) s ON true
                     WHERE n.kind = %(kind)s AND n.start <= %(day)s AND (n."end" IS NULL OR n."end" > %(day)s)
                       AND coalesce(e.unit_path, u.path) >= %(low)s AND coalesce(e.unit_path, u.path) < %(high)s""",
                {
                    "day": self.day, "kind": kind, "order": list(EDUCATIONS), "low": self.unit.path,
                    "high": after(self.unit.path),
                },
            )  # fmt: skip
            rows = cursor.fetchall()
        people = pl.DataFrame(
            rows,
            schema={
                "key": pl.Int64, "path": pl.String, "sex": pl.String, "political_status": pl.String,
                "birth_date": pl.Date, "education": pl.String, "degree": pl.String, "study_mode": pl.String,
                "major": pl.String,
            },
            orient="row",
        )  # fmt: skip
        age = whole_years_between(pl.col("birth_date"), pl.lit(self.day)).fill_null(0)
        return people.with_columns(age.cast(pl.Int64).alias("age"))


def _needs(checks: Collection[Check]) -> frozenset[str]:
    asked: set[str] = set()
    for one in checks:
        if one.of == "people" and one.list_ is None:
            asked |= set(facts_of(one)) | ({one.fact} if one.fact else set())
    return frozenset(asked)


__all__ = ["Examined", "Line", "Report", "checked_unit", "examined", "lines_of", "own_units"]
