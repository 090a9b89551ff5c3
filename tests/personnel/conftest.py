from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from organization.models import Unit, UnitKind
from organization.services import unit_create
from personnel.models import Employment, Person, Tenure
from personnel.services import employment_start, person_create, tenure_start
from policy.models import PolicyVersion
from policy.services import policy_load

SECRETARIES = """\
    - {when: {posts_held: PARTY_SECRETARY}, at: ORGANISATION_DEPARTMENT}
    - {at: STREET}
"""


def load_rules(
    version: str, first: str, custody: str = "", *, place: str = "340181", reason: str = ""
) -> PolicyVersion:
    """Rules of a place from a day on that say who keeps archives (the lines of `custody`), and nothing else."""
    text = f"""\
schema: 1
place: "{place}"
name: {{zh: 某地, en: Some place}}
version: "{version}"
cite: T
effective: {{from: {first}}}
"""
    return policy_load(actor=None, text=text + (f"archives:\n  custody:\n{custody}" if custody else ""), reason=reason)


@pytest.fixture
def units(db) -> dict[str, Unit]:
    made: dict[str, Unit] = {}
    for code, name, kind in (
        ("34", "安徽省", UnitKind.PROVINCE),
        ("3401", "合肥市", UnitKind.CITY),
        ("340181", "巢湖市", UnitKind.COUNTY),
        ("340181002", "亚父街道", UnitKind.STREET),
        ("340181002001", "裕溪河畔社区", UnitKind.COMMUNITY),
        ("340181002008", "旗山社区", UnitKind.COMMUNITY),
    ):
        parent = made.get(code[: {2: 0, 4: 2, 6: 4, 9: 6, 12: 9}[len(code)]])
        made[code] = unit_create(
            actor=None, code=code, name=name, kind=kind, parent=parent, valid_from=date(2000, 1, 1)
        )
    return made


@pytest.fixture
def archive_rules(db) -> PolicyVersion:
    """The county's organisation department keeps the archives of secretaries, the street everybody else's."""
    return load_rules("2000", "2000-01-01", SECRETARIES)


@pytest.fixture
def hire(units: dict[str, Unit]) -> Callable[..., Person]:
    """Somebody who works in a community; a post as well unless `title` is None."""

    def make(
        name: str = "王芳",
        unit: str = "340181002008",
        start: date = date(2020, 1, 1),
        title: str | None = "STAFF",
        category: str = "COMMUNITY_WORKER",
        end: date | None = None,
        birth_date: date | None = date(1990, 5, 1),
        **fields: Any,
    ) -> Person:
        person = person_create(actor=None, unit=units[unit], name=name, sex="FEMALE", birth_date=birth_date)
        employment = employment_start(
            actor=None, person=person, unit=units[unit], category=category, start=start, **fields
        )
        if end is not None:
            Employment.objects.filter(pk=employment.pk).update(end=end)
        if title is not None:
            tenure = tenure_start(actor=None, person=person, unit=units[unit], title=title, start=start)
            Tenure.objects.filter(pk=tenure.pk).update(end=end)
        return person

    return make
