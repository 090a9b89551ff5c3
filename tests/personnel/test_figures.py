"""Figures of the places that the records must be able to give, counted from the file as of a day."""

from __future__ import annotations

from collections import Counter
from datetime import date
from fractions import Fraction

import polars as pl
import pytest

from organization.models import Unit
from personnel.models import Employment, Honour, Person, Post, ResponsibilityArea, Tenure
from personnel.selectors import day_facts_for_system

DAY = date(2025, 12, 31)
COUNTY_AND_ABOVE, CITY_AND_ABOVE = (
    ("COUNTY", "MUNICIPAL", "PROVINCIAL", "NATIONAL"),
    ("MUNICIPAL", "PROVINCIAL", "NATIONAL"),
)


def workers(unit: Unit, number: int) -> list[Person]:
    people = Person.objects.bulk_create(
        Person(name=f"员{n:04d}", name_pinyin=f"yuan {n:04d}", birth_date=date(1990, 1, 1)) for n in range(number)
    )
    Employment.objects.bulk_create(
        Employment(person=person, employer=unit, unit=unit, unit_path=unit.path, category="COMMUNITY_WORKER",
                   start=date(2020, 1, 1))
        for person in people
    )  # fmt: skip
    post = Post.objects.create(unit=unit, body="STAFF", title="STAFF")
    Tenure.objects.bulk_create(
        Tenure(person=person, post=post, body="STAFF", title="STAFF", single_holder=False, start=date(2020, 1, 1))
        for person in people
    )
    return people


def honoured(unit: Unit, levels: tuple[str, ...], day: date = DAY) -> int:
    honours = day_facts_for_system([unit.path], day, {"honours"}).honours
    return int(honours.filter(pl.col("level").is_in(levels))["person"].n_unique())


@pytest.mark.requirement("TR-35", "CH-61")
def test_62_are_honoured_by_the_county_or_above_and_two_by_the_city(units: dict[str, Unit]) -> None:
    """80 people: 60 by the county, 2 by the city (one of them by the county as well), 18 by the street alone."""
    unit = units["340181002008"]
    people = workers(unit, 80)
    given = [(person, "COUNTY") for person in people[:60]] + [(person, "MUNICIPAL") for person in people[60:62]]
    given += [(people[60], "COUNTY")] + [(person, "STREET") for person in people[62:]]
    Honour.objects.bulk_create(
        Honour(person=person, kind="ADVANCED_INDIVIDUAL", level=level, title="优秀党务工作者", day=date(2025, 7, 1))
        for person, level in given
    )
    assert honoured(unit, COUNTY_AND_ABOVE) == 62
    assert honoured(unit, CITY_AND_ABOVE) == 2
    assert honoured(unit, COUNTY_AND_ABOVE, date(2025, 6, 30)) == 0  # the day before
    Honour.objects.bulk_create([Honour(person=people[79], kind="COMMENDATION", level="COUNTY", day=date(2026, 1, 1))])
    assert honoured(unit, COUNTY_AND_ABOVE) == 62  # not yet


@pytest.mark.requirement("GM-07")
def test_97_heads_answer_for_167_areas(units: dict[str, Unit]) -> None:
    """70 heads of two areas and 27 of one: 70 · 2 + 27 = 167, which is 167/97 = 1.7 areas each."""
    heads = workers(units["340181002008"], 97)
    areas = Unit.objects.bulk_create(
        Unit(code=f"340181002008{n:03d}", name=f"商铺联盟片区{n}", kind="GRID", parent=units["340181002008"],
             path=f"{units['340181002008'].path}340181002008{n:03d}/", valid_from=date(2020, 1, 1))
        for n in range(1, 168)
    )  # fmt: skip
    whose = [*heads, *heads[:70]]
    ResponsibilityArea.objects.bulk_create(
        ResponsibilityArea(person=person, unit=area, role="AREA_HEAD", start=date(2024, 1, 1))
        for person, area in zip(whose, areas, strict=True)
    )
    held = Counter(ResponsibilityArea.objects.filter(role="AREA_HEAD", end=None).values_list("person", flat=True))
    assert (len(held), sum(held.values()), Counter(held.values())) == (97, 167, {2: 70, 1: 27})
    assert round(Fraction(sum(held.values()), len(held)), 1) == Fraction("1.7")
    assert not ResponsibilityArea.objects.filter(main_workplace=True).exists()
