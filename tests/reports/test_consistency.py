"""Totals are the sums of their parts and the lengths of their lists: for every indicator, unit and breakdown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from organization.models import Unit
from personnel.models import (
    Certificate,
    Education,
    Employment,
    Honour,
    NamedListEntry,
    Person,
    PersonPast,
    Post,
    PublicRole,
    ResponsibilityArea,
    Tenure,
)
from reports.indicators import DIMENSIONS, INDICATORS, Aggregate, Span
from reports.indicators.dimensions import has_dimension
from reports.selectors import counted_for_system
from reports.selectors.direct import behind_for_system
from training.models import TrainingRecord

DAY = date(2024, 6, 30)
PATHS = ("340181", "340181002", "340181002001", "340181002008")
COUNTS = (Aggregate.COUNT, Aggregate.SHARE, Aggregate.MEAN, Aggregate.SUM)

_days = st.integers(-900, 900).map(lambda n: DAY + timedelta(days=n))
_units = st.sampled_from(PATHS[1:])
_stretch = st.tuples(_days, st.integers(0, 700), _units)  # from, days that it lasts (0: open), where
_person = st.fixed_dictionaries(
    {
        "jobs": st.dictionaries(
            st.sampled_from(("COMMUNITY_WORKER", "GRID_WORKER", "PUBLIC_WELFARE_POST")),
            st.lists(_stretch, min_size=1, max_size=3),
            max_size=2,
        ),
        "posts": st.lists(
            st.tuples(
                st.sampled_from(("PARTY_COMMITTEE_MEMBER", "COMMITTEE_MEMBER", "STAFF", "DEPUTY_DIRECTOR")),
                st.sampled_from(PATHS[2:]),
                _days,
            ),
            max_size=3,
            unique_by=lambda one: one[:2],
        ),
        "born": st.one_of(st.none(), st.dates(date(1960, 1, 1), date(2005, 12, 31))),
        "sex": st.sampled_from((None, "MALE", "FEMALE")),
        "political_status": st.sampled_from((None, "MASSES", "PARTY_MEMBER")),
        "earlier": st.booleans(),
        "studies": st.lists(st.tuples(st.sampled_from(("HIGH", "COLLEGE", "MASTER")), _days), max_size=2),
        "certified": st.one_of(st.none(), _days),
        "honoured": st.one_of(st.none(), _days),
        "role": st.one_of(st.none(), _days),
        "reserve": st.one_of(st.none(), _days),
        "areas": st.lists(st.tuples(st.sampled_from(("AREA_HEAD", "DEDICATED")), _units, _days), max_size=3),
        "trained": st.lists(_days, max_size=4, unique=True),
        "elected": st.sampled_from(("", "GENERAL_ELECTION", "BY_ELECTION")),
        "mode": st.sampled_from((None, "IN_SERVICE", "FULL_TIME")),
    }
)
_BODIES = {"PARTY_COMMITTEE_MEMBER": "PARTY", "COMMITTEE_MEMBER": "COMMITTEE", "DEPUTY_DIRECTOR": "COMMITTEE", "STAFF": "STAFF"}  # fmt: skip


def enter(units: dict[str, Unit], posts: dict[tuple[str, str], Post], number: int, drawn: dict[str, Any]) -> None:
    person = Person.objects.create(
        name=f"员{number}", sex=drawn["sex"], birth_date=drawn["born"], political_status=drawn["political_status"],
        belongs_to=units[PATHS[1]],
    )  # fmt: skip
    for category, stretches in drawn["jobs"].items():
        free = date(2000, 1, 1)
        for start, length, code in sorted(stretches):
            start = max(start, free)
            if free == date.max:
                break
            end = start + timedelta(days=length) if length else None
            free = end or date.max
            Employment.objects.create(
                person=person, employer=units[code], unit=units[code], unit_path=units[code].path, category=category,
                start=start, end=end, entry_channel="ELECTED" if length % 2 else None,
            )  # fmt: skip
    for title, code, start in drawn["posts"]:
        Tenure.objects.create(
            person=person, post=posts[title, code], body=_BODIES[title], title=title, single_holder=False, start=start,
            election=drawn["elected"],
        )  # fmt: skip
    if drawn["earlier"]:
        PersonPast.objects.create(
            person=person, field="political_status", value="LEAGUE_MEMBER", until=date(2024, 7, 1)
        )
    for level, day in drawn["studies"]:
        Education.objects.create(person=person, level=level, graduated=day, study_mode=drawn["mode"])
    for nth, day in enumerate(drawn["trained"]):
        TrainingRecord.objects.create(
            person=person, title=f"培训{nth}", organiser="街道", mode="ONLINE" if nth % 2 else "CENTRAL",
            started=day - timedelta(days=nth % 2), days=1,
        )  # fmt: skip
    for role, code in dict.fromkeys(one[:2] for one in drawn["areas"]):
        start = min(day for *of, day in drawn["areas"] if tuple(of) == (role, code))
        ResponsibilityArea.objects.create(person=person, unit=units[code], role=role, start=start)
    if drawn["certified"]:
        Certificate.objects.create(person=person, level="ASSISTANT", number=f"C{number}", issued=drawn["certified"])
    if drawn["honoured"]:
        Honour.objects.create(person=person, kind="COMMENDATION", level="COUNTY", day=drawn["honoured"])
    if drawn["role"]:
        PublicRole.objects.create(person=person, kind="PEOPLES_DEPUTY", level="COUNTY", start=drawn["role"])
    if drawn["reserve"]:
        NamedListEntry.objects.create(person=person, kind="COMMITTEE_RESERVE", start=drawn["reserve"])


@contextmanager
def undone() -> Iterator[None]:
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)


def test_totals_are_sums_of_parts_and_lengths_of_lists(units: dict[str, Unit]) -> None:
    posts = {
        (title, code): Post.objects.create(unit=units[code], body=body, title=title)
        for title, body in _BODIES.items()
        for code in PATHS[2:]
    }

    @settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(st.lists(_person, min_size=4, max_size=9))
    def holds(people: list[dict[str, Any]]) -> None:
        with undone():
            for number, drawn in enumerate(people):
                enter(units, posts, number, drawn)
            agree(units)

    holds()


def agree(units: dict[str, Unit]) -> None:
    for code, indicator in INDICATORS.items():
        for unit in PATHS[:3]:
            span = Span(units[unit].path, DAY, date(2023, 1, 1))
            total = counted_for_system(indicator, span)[()]
            if indicator.aggregate is Aggregate.OF_UNIT:
                continue  # nobody stands behind it; test_seats_of_units
            length = behind_for_system(indicator, span).count()
            if indicator.aggregate in (Aggregate.COUNT, Aggregate.SHARE, Aggregate.PER_FACT):
                assert length == total.numerator, (code, unit)
            else:
                assert length == total.denominator, (code, unit)
            if indicator.aggregate not in COUNTS:
                continue
            for dimension in DIMENSIONS if unit == PATHS[0] else ("unit",):
                if not has_dimension(indicator, dimension):
                    continue
                parts = counted_for_system(indicator, span, (dimension,))
                assert sum(part.numerator for part in parts.values()) == total.numerator, (code, unit, dimension)
                assert sum(part.denominator or 0 for part in parts.values()) == (total.denominator or 0), (code, unit)
                for (value,), part in list(parts.items())[:2]:
                    behind = behind_for_system(indicator, span, {dimension: value}).count()
                    whole = part.numerator if indicator.aggregate in COUNTS[:2] else part.denominator
                    assert behind == whole, (code, unit, dimension, value)


def test_heads_of_two_days_differ_by_hires_and_leavers(units: dict[str, Unit]) -> None:
    """Of the whole tree: whoever moves within it neither comes nor goes."""

    @settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(st.lists(_person, min_size=2, max_size=8), st.integers(1, 800))
    def holds(people: list[dict[str, Any]], length: int) -> None:
        with undone():
            for number, drawn in enumerate(people):
                enter(units, {}, number, drawn | {"posts": []})
            first = DAY - timedelta(days=length)
            before = Span(units["34"].path, first - timedelta(days=1), first)
            after = Span(units["34"].path, DAY, first)

            def count(code: str, span: Span) -> int:
                return counted_for_system(INDICATORS[code], span)[()].numerator

            grown = count("workers", after) - count("workers", before)
            assert grown == count("hires", after) - count("leavers", after)

    holds()


@pytest.mark.usefixtures("db")
def test_every_indicator_says_what_it_is() -> None:
    for code, indicator in INDICATORS.items():
        assert indicator.code == code
        assert str(indicator.name)
        assert str(indicator.definition).endswith("."), code
        if indicator.aggregate in (Aggregate.SHARE, Aggregate.MEAN, Aggregate.PER_FACT):
            assert str(indicator.numerator), code
            assert str(indicator.denominator), code
