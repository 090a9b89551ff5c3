"""Figures that are kept of today and, from the evening on, of tomorrow (docs/decisions/0054-roll-ups.md).

Everything is counted by `numbers_for_system` and written a unit and population a row; what lies below a unit is always the
sum of the rows below it. One transaction does it at a time, in steps of some seconds, whoever calls how often.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from organization.access import after
from organization.models import Unit
from personnel.models import Person
from reports.models import PaidRun, PastState, Rollup, RollupDay, StaleUnit
from reports.rules.rollups import Numbers, added
from reports.selectors.paid import paid_wrong_for_system
from reports.selectors.past import beyond_records_for_system, past_form_for_system
from reports.selectors.rollups import (
    POPULATIONS,
    form_for_system,
    marks_for_system,
    numbers_for_system,
    slots_for_system,
)
from reports.services.paid import paid_begin_for_system, paid_count_for_system
from reports.services.past import FIRST, past_count_for_system, past_wrong_for_system

SECONDS = 4.0  # of work at a time; marks are looked at between any two steps
UNITS = 200  # stale units counted in one step
EVENING = 20  # the hour from which tomorrow is counted ahead
AREA = 3  # levels of a path: the units of a county are counted in one step
_LOCK = 5_400_054  # any number that no other lock of the database has


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is not what counting gives: of `own` (the unit's people) or `below` (the sum of the units below); or of
    `past`, what is kept of a part of the tree for all past days; or `paid`, of a sealed run."""

    day: date | None
    unit_path: str
    population: str
    what: str


def rollups_keep(*, seconds: float = SECONDS) -> bool:
    """Count stale units again, then units of days not counted yet, then the history of people, for about so long. Whether
    something is left to do.

    Nothing is done while another process does it.
    """
    deadline = time.monotonic() + seconds
    while _step():
        if time.monotonic() > deadline:
            return True
    return False


@transaction.atomic
def _step() -> bool:
    if not _locked():
        return False
    today = timezone.localdate()
    ahead = timezone.localtime().hour >= EVENING
    days = _days([today, today + timedelta(days=1)] if ahead else [today], today)
    return _count_stale(days) or _count_area(days) or paid_count_for_system() or past_count_for_system()


def _locked(*, wait: bool = False) -> bool:
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            return True
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


def _days(wanted: list[date], today: date) -> list[RollupDay]:
    """The days that are kept, today first. What has passed or means something else by now is forgotten."""
    known = {one.day: one for one in RollupDay.objects.all()}
    current = {day: one for day, one in known.items() if day >= today and one.form == form_for_system()}
    missing = [day for day in wanted if day not in current]
    if missing or len(current) < len(known):
        RollupDay.objects.exclude(day__in=current).delete()
        Rollup.objects.exclude(day__in=current).delete()
    for day in missing:
        current[day] = RollupDay.objects.create(day=day, form=form_for_system())
    return [current[day] for day in sorted(current)]


def _count_stale(days: list[RollupDay]) -> bool:
    """Count some stale units anew, and take away the marks that were there before: a later one is of a later change.

    Those of a change of records come before those of a run that seals thousands of units. What no day has counted yet is
    left to `_count_area`, which takes a whole county in the time that a few hundred marks would take one by one.
    """
    reaches = [one.reached for one in days]
    counted = Q() if None in reaches else Q(unit_path__lte=max(one or "" for one in reaches))
    stale = StaleUnit.objects.filter(counted)
    first = stale.order_by("population", "pk").values_list("population", flat=True).first()
    if first is None:
        return False
    marks: list[int] = []
    paths: set[str] = set()
    of_these = stale.filter(population=first).order_by("pk")
    for number, path in of_these.values_list("pk", "unit_path")[: 20 * UNITS]:
        if len(paths) < UNITS or path in paths:
            marks.append(number)
            paths.add(path)
    populations = [code for code in POPULATIONS if first in ("", marks_for_system(code))]
    for one in days:
        for root in sorted({_root(path) for path in paths}):
            _count(one.day, root, sorted(path for path in paths if _root(path) == root), populations)
    StaleUnit.objects.filter(pk__in=marks).delete()
    _note_change(Q(pk__in=[one.pk for one in days]))
    return True


def _note_change(days: Q) -> None:
    """Answers that were kept of these days are worth nothing from now on."""
    RollupDay.objects.filter(days).update(changes=F("changes") + 1)


def _count_area(days: list[RollupDay]) -> bool:
    """Count the next county of the first day that isn't through, and take away its marks where no other day has it."""
    open_day = next((one for one in days if one.reached is not None), None)
    if open_day is None:
        return False
    area = _next_area(open_day.reached or "")
    if area is None:
        open_day.reached, open_day.counted = None, timezone.now()
    else:
        path, places, reached = area
        alone = all(one.reached is not None and one.reached < path for one in days if one != open_day)
        marks = list(StaleUnit.objects.filter(_scope(path, places)).values_list("pk", flat=True)) if alone else []
        _count(open_day.day, path, places, list(POPULATIONS))
        StaleUnit.objects.filter(pk__in=marks).delete()
        open_day.reached = reached
    open_day.save()
    _note_change(Q(pk=open_day.pk))
    return True


def _next_area(reached: str) -> tuple[str, list[str] | None, str] | None:
    """What is counted at a time behind a path: everything below one, or a single unit; and how far that reaches."""
    path = Unit.objects.filter(path__gt=reached).order_by("path").values_list("path", flat=True).first()
    if path is None:
        return None
    if path.count("/") < AREA:
        return path, [path], path
    area = "/".join(path.split("/")[:AREA]) + "/"
    return area, None, after(area)


def _root(path: str) -> str:
    return path.split("/", 1)[0] + "/"


def _parent(path: str) -> str:
    return path[: path.rstrip("/").rfind("/") + 1]


def _scope(path: str, places: list[str] | None) -> Q:
    return Q(unit_path__gte=path, unit_path__lt=after(path)) if places is None else Q(unit_path__in=places)


def _count(day: date, path: str, places: list[str] | None, populations: Collection[str]) -> None:
    """Count all units below a path, or these, and write what has changed up to the root."""
    changed = _changed(day, path, places, populations)
    _write(changed, "own")
    _sum_up(day, {row.unit_path for row in changed})


def _changed(day: date, path: str, places: list[str] | None, populations: Collection[str]) -> list[Rollup]:
    """The rows whose `own` is not what counting gives, as they should be."""
    rows = []
    for population in populations:
        fresh = numbers_for_system(population, path, day, places)
        of_units = Rollup.objects.filter(_scope(path, places), day=day, population=population, own__isnull=False)
        kept = dict(of_units.values_list("unit_path", "own"))
        rows += [
            _row(day, place, population, own=fresh.get(place))
            for place in sorted(fresh.keys() | kept.keys())
            if fresh.get(place) != kept.get(place)
        ]
    return rows


def _row(day: date, path: str, population: str, **numbers: Numbers | None) -> Rollup:
    return Rollup(day=day, unit_path=path, parent=_parent(path), population=population, **numbers)


def _write(rows: Collection[Rollup], column: str) -> None:
    Rollup.objects.bulk_create(
        sorted(rows, key=lambda row: (row.unit_path, row.population)),
        batch_size=500,
        update_conflicts=True,
        unique_fields=["day", "unit_path", "population"],
        update_fields=[column],
    )


def _sum_up(day: date, paths: Iterable[str]) -> None:
    """Sum again what lies below each unit above these, from the deepest up; remove rows that say nothing any more."""
    touched = set(paths)
    open_paths = {_parent(path) for path in touched} - {""}
    while open_paths:
        depth = max(path.count("/") for path in open_paths)
        level = {path for path in open_paths if path.count("/") == depth}
        for parents in _some(sorted(level)):
            _write(_wrong_sums(day, parents), "below")
        touched |= level
        open_paths = (open_paths - level) | ({_parent(path) for path in level} - {""})
    Rollup.objects.filter(day=day, unit_path__in=touched, own__isnull=True, below__isnull=True).delete()


def _wrong_sums(day: date, parents: Sequence[str]) -> list[Rollup]:
    """The rows of these units whose `below` is not the sum of the rows below them, as they should be."""
    parts: dict[tuple[str, str], list[Numbers]] = {}
    rows = Rollup.objects.filter(day=day, parent__in=parents)
    for population, parent, own, below in rows.values_list("population", "parent", "own", "below"):
        parts.setdefault((population, parent), []).extend(part for part in (own, below) if part)
    sums = {key: added(numbers, slots_for_system(key[0])) for key, numbers in parts.items() if numbers}
    of_units = Rollup.objects.filter(day=day, unit_path__in=parents, below__isnull=False)
    kept = {
        (population, path): below
        for population, path, below in of_units.values_list("population", "unit_path", "below")
    }
    return [
        _row(day, path, population, below=sums.get((population, path)))
        for population, path in sorted(sums.keys() | kept.keys())
        if sums.get((population, path)) != kept.get((population, path))
    ]


def rollups_check(*, repair: bool = False) -> list[Difference]:
    """Count every unit of every kept day from the records and compare: what differs and isn't marked as stale.

    With `repair` it is written as it should be. Changes go on meanwhile; counting again waits for each step.
    """
    found: list[Difference] = []
    for day in RollupDay.objects.filter(form=form_for_system(), reached__isnull=True).values_list("day", flat=True):
        area = _next_area("")
        while area is not None:
            path, places, reached = area
            found += _check_own(day, path, places, repair)
            area = _next_area(reached)
        found += _check_below(day, repair)
    return found + _check_paid(repair) + _check_past(repair)


def _check_paid(repair: bool) -> list[Difference]:
    found: list[Difference] = []
    for run, month in PaidRun.objects.order_by("run").values_list("run_id", "run__month"):
        with transaction.atomic():
            _locked(wait=True)
            wrong = paid_wrong_for_system([run])
            if wrong and repair:
                paid_begin_for_system(run=run)
                while paid_count_for_system():
                    pass
            found += [Difference(month, path, "slips", "paid") for _run, path in wrong]
    return found


def _check_past(repair: bool) -> list[Difference]:
    if not PastState.objects.filter(form=past_form_for_system(), reached__isnull=True).exists():
        return []
    found: set[Difference] = set()
    people = sorted({*Person.objects.values_list("pk", flat=True), *beyond_records_for_system()})
    for start in range(0, len(people), FIRST):
        with transaction.atomic():
            _locked(wait=True)
            wrong = past_wrong_for_system(people[start : start + FIRST], repair=repair)
            found |= {Difference(None, path, population, "past") for path, population in wrong}
    return sorted(found, key=lambda one: (one.unit_path, one.population))


@transaction.atomic
def _check_own(day: date, path: str, places: list[str] | None, repair: bool) -> list[Difference]:
    _locked(wait=True)
    wrong = _changed(day, path, places, POPULATIONS)
    # A mark that came with a change after the first look is seen by now.
    marks = StaleUnit.objects.filter(_scope(path, places))
    stale = set(marks.values_list("unit_path", "population"))
    wrong = [
        row for row in wrong if not stale & {(row.unit_path, ""), (row.unit_path, marks_for_system(row.population))}
    ]
    if repair:
        _write(wrong, "own")
        _sum_up(day, {row.unit_path for row in wrong})
        _note_change(Q(day=day))
    return [Difference(day, row.unit_path, row.population, "own") for row in wrong]


@transaction.atomic
def _check_below(day: date, repair: bool) -> list[Difference]:
    _locked(wait=True)
    found: list[Difference] = []
    kept = Rollup.objects.filter(day=day)
    paths = kept.filter(below__isnull=False).values_list("unit_path", flat=True)
    levels: dict[int, set[str]] = {}
    for path in {*paths, *kept.exclude(parent="").values_list("parent", flat=True)}:
        levels.setdefault(path.count("/"), set()).add(path)
    for depth in sorted(levels, reverse=True):  # what is put right counts in the sums above it
        for some in _some(sorted(levels[depth])):
            wrong = _wrong_sums(day, some)
            found += [Difference(day, row.unit_path, row.population, "below") for row in wrong]
            if repair:
                _write(wrong, "below")
    if repair:
        _sum_up(day, {one.unit_path for one in found})
        _note_change(Q(day=day))
    return found


def _some(paths: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(paths), 100):
        yield paths[start : start + 100]
