"""What past days are answered from is written person by person (docs/decisions/0056-past-days.md), by one process at a time.

Whoever is marked as stale is counted again, and at first everybody once; a part of the tree is read, the people taken out
of it and put in anew, and written. Nothing in it follows from today, so that no night is needed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import polars as pl

from personnel.models import Person
from reports.models import PastArea, PastColumn, PastState, StalePerson
from reports.rules.stretches import area_of, packed, unpacked
from reports.selectors.past import KEPT, past_form_for_system, stretches_for_system

PEOPLE = 500  # stale people counted in one step
FIRST = 2_000  # people counted for the first time in one step


def past_count_for_system() -> bool:
    """Count some stale people again, or the next ones of a history that isn't through. Whether there was something to do.

    In a transaction of the caller, who lets one process do it at a time.
    """
    state = PastState.objects.first()
    if state is None or state.form != past_form_for_system():
        for table in (PastColumn, PastArea, PastState):
            table.objects.all().delete()
        state = PastState.objects.create(form=past_form_for_system())
    return _count_stale(state) or _count_next(state)


def _count_stale(state: PastState) -> bool:
    """Those whose turn comes for the first time are left to it: after a load of everybody they would be counted twice."""
    counted = (
        StalePerson.objects.all() if state.reached is None else StalePerson.objects.filter(whose__lte=state.reached)
    )
    marks = list(counted.order_by("pk").values_list("pk", "whose")[: 10 * PEOPLE])
    people = list(dict.fromkeys(whose for _number, whose in marks))[:PEOPLE]
    if not people:
        return False
    _write(people, _expected(people))
    some = set(people)
    StalePerson.objects.filter(pk__in=[number for number, whose in marks if whose in some]).delete()
    return True


def _count_next(state: PastState) -> bool:
    if state.reached is None:
        return False
    people = list(Person.objects.filter(pk__gt=state.reached).order_by("pk").values_list("pk", flat=True)[:FIRST])
    marks = list(StalePerson.objects.filter(whose__in=people).values_list("pk", flat=True))
    _write(people, _expected(people))
    StalePerson.objects.filter(pk__in=marks).delete()
    state.reached = people[-1] if len(people) == FIRST else None
    state.save()
    return True


def _expected(people: Sequence[int]) -> dict[tuple[str, str], pl.DataFrame]:
    """The stretches of people by part of the tree and population, as their records tell."""
    found: dict[tuple[str, str], pl.DataFrame] = {}
    for population in KEPT:
        frame = stretches_for_system(population, people)
        paths = frame["place"].unique().to_list()
        areas = {path: area_of(path) for path in paths}
        for area in sorted(set(areas.values())):
            inside = [path for path in paths if areas[path] == area]
            found[area, population] = frame.filter(pl.col("place").is_in(inside))
    return found


def _write(people: Sequence[int], fresh: Mapping[tuple[str, str], pl.DataFrame]) -> None:
    """Put the stretches of people in the place of those that they had."""
    known = dict(PastArea.objects.filter(people__overlap=list(people)).values_list("unit_path", "people"))
    some = set(people)
    for area in sorted(known.keys() | {area for area, _population in fresh}):
        mine = {population: frame for (of, population), frame in fresh.items() if of == area}
        kept = _kept([area])
        for population in sorted({population for _area, population in kept} | mine.keys()):
            parts = [mine[population]] if population in mine else []
            if (area, population) in kept:
                theirs = pl.col("person").is_in(list(people))
                if _said(kept[area, population].filter(theirs)) == _said(mine.get(population)):
                    continue
                parts.append(kept[area, population].filter(~theirs))
            _store(area, population, parts)
        here = {number for frame in mine.values() for number in frame["person"].unique().to_list()}
        if area not in known:
            known[area] = next(iter(PastArea.objects.filter(unit_path=area).values_list("people", flat=True)), [])
        everybody = sorted((set(known[area]) - some) | here)
        if everybody:
            PastArea.objects.update_or_create(unit_path=area, defaults={"people": everybody})
        else:
            PastArea.objects.filter(unit_path=area).delete()


def _kept(areas: Collection[str]) -> dict[tuple[str, str], pl.DataFrame]:
    """What is kept in parts of the tree, by population, with words."""
    columns: dict[tuple[str, str], list[bytes | memoryview]] = {}
    for area, population, data in PastColumn.objects.filter(unit_path__in=areas).values_list(
        "unit_path", "population", "data"
    ):
        columns.setdefault((area, population), []).append(data)
    frames = {key: unpacked(some) for key, some in columns.items()}
    return {key: frame.with_columns(pl.col(pl.Categorical).cast(pl.String)) for key, frame in frames.items()}


def _store(area: str, population: str, parts: Sequence[pl.DataFrame]) -> None:
    frame = pl.concat([parts[0], *(part.select(parts[0].columns) for part in parts[1:])])
    if frame.is_empty():
        PastColumn.objects.filter(unit_path=area, population=population).delete()
        return
    columns = frame.sort("person", "start").get_columns()
    PastColumn.objects.bulk_create(
        [PastColumn(unit_path=area, population=population, column=one.name, data=packed(one)) for one in columns],
        update_conflicts=True,
        unique_fields=["unit_path", "population", "column"],
        update_fields=["data"],
    )


def past_wrong_for_system(people: Collection[int], *, repair: bool) -> list[tuple[str, str]]:
    """The parts of the tree and populations in which the stretches of these people aren't what their records tell.

    People who are marked as stale are passed over. With `repair` they are written anew.
    """
    people = sorted(set(people) - set(StalePerson.objects.filter(whose__in=people).values_list("whose", flat=True)))
    fresh = _expected(people)
    areas = PastArea.objects.filter(people__overlap=people).values_list("unit_path", flat=True)
    paths = {*areas, *(area for area, _population in fresh)}
    kept = {key: frame.filter(pl.col("person").is_in(people)) for key, frame in _kept(paths).items()}
    wrong = [key for key in sorted(fresh.keys() | kept.keys()) if _said(fresh.get(key)) != _said(kept.get(key))]
    if repair and wrong:
        _write(people, fresh)
    return wrong


def _said(frame: pl.DataFrame | None) -> list[tuple[object, ...]]:
    return [] if frame is None else sorted(frame.select(sorted(frame.columns)).iter_rows(), key=repr)
