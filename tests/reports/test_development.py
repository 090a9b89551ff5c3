"""How a team is renewed, and who comes after: the tables' numbers, worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from organization.models import Role, Unit, User
from organization.services import grant_give
from personnel.models import Education, Employment, NamedListEntry, Person, Tenure
from personnel.rules.retirement import retirement_day
from personnel.services import tenure_start
from policy.services import policy_load
from recruitment.models import Applicant, Plan, Position
from reports.selectors.tables import TableQuestion, table_of
from tests.assessment.conftest import POLICY
from training.services import training_record_add

Hire = Callable[..., Person]
DAY, SINCE = date(2025, 12, 31), date(2025, 1, 1)
OWN, OTHER, STREET = "340181002008", "340181002001", "340181002"


@pytest.fixture
def officer(units: dict[str, Unit]) -> User:
    user = User.objects.create(username="officer", display_name="组织部")
    grant_give(actor=None, user=user, unit=units["340181"], role=Role.ORG_OFFICER)
    return user


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def rows_of(user: User, code: str, unit: Unit) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """The rows by the name of their unit and the total, each by heading."""
    one = table_of(user=user, code=code, question=TableQuestion(unit, DAY, SINCE))
    headings = [column.heading for column in one.columns]
    rows = [dict(zip(headings, row, strict=True)) for row in (*one.rows, one.total or [])]
    return {row["Unit"]: row for row in rows[:-1]}, rows[-1]


def entered(
    unit: Unit, number: int, category: str = "COMMUNITY_WORKER", end: date | None = None, **more: Any
) -> list[Person]:
    people = Person.objects.bulk_create(
        Person(name="某", birth_date=date(1990, 6, 1), sex="FEMALE") for _n in range(number)
    )
    Employment.objects.bulk_create(
        Employment(person=person, employer=unit, unit=unit, unit_path=unit.path, start=date(2022, 3, 1), end=end,
                   category=category, **more)
        for person in people
    )  # fmt: skip
    return people


def seated(person: Person, unit: Unit, start: date, title: str = "COMMITTEE_MEMBER", **more: Any) -> None:
    row = tenure_start(actor=None, person=person, unit=unit, title=title, start=start)
    Tenure.objects.filter(pk=row.pk).update(**more)


@pytest.mark.requirement("TR-40", "LS-27")
def test_who_rose_into_the_committees_and_to_where_people_left(
    units: dict[str, Unit], hire: Hire, officer: User
) -> None:
    """16 community workers and 4 grid workers rise; the 16 by election and full time, one into both committees. One more is elected part-time, one
    had a seat before, one is nobody's worker, one began the year before. Two leave for the civil service and a street's
    leadership, one for a company."""
    own, other = units[OWN], units[OTHER]
    workers, grids = entered(own, 19), entered(other, 4, "GRID_WORKER")
    day = date(2025, 5, 20)
    for person in workers[:16]:
        seated(person, own, day, election="GENERAL_ELECTION", full_time=True)
    seated(workers[0], own, day, "PARTY_COMMITTEE_MEMBER", election="GENERAL_ELECTION", full_time=True)  # one of two
    seated(workers[16], own, day, election="GENERAL_ELECTION", full_time=False)
    seated(workers[17], own, date(2023, 1, 1), end=day)
    seated(workers[17], own, day, "DEPUTY_DIRECTOR", election="GENERAL_ELECTION", full_time=True)
    seated(workers[18], own, date(2024, 5, 20), election="BY_ELECTION", full_time=True)
    for person in grids:
        seated(person, other, day)
    stranger = Person.objects.create(name="外", birth_date=date(1980, 1, 1), sex="MALE")
    seated(stranger, other, day, election="GENERAL_ELECTION", full_time=True)
    for kind in ("CIVIL_SERVICE", "STREET_LEADERSHIP", "OTHER"):
        entered(own, 1, end=date(2025, 9, 1), end_reason="RESIGNED", destination_kind=kind)
    rows, total = rows_of(officer, "development", units[STREET])
    people, elected, grid = (
        f"Into the two committees：{name}" for name in ("People", "Of them elected, full time", "Of them grid workers")
    )
    assert [rows["旗山社区"][name] for name in (people, elected, grid)] == [17, 16, 0]
    assert [rows["裕溪河畔社区"][name] for name in (people, elected, grid)] == [4, 0, 4]
    assert [total[name] for name in (people, elected, grid)] == [21, 16, 4]
    where = ("civil service", "public institution", "leadership of a street or town")
    assert [total[f"Left for：{name}"] for name in where] == [1, 0, 1]
    assert total["Leavers"] == 3


@pytest.mark.requirement("SL-38")
def test_applications_a_post_turnover_and_training(units: dict[str, Unit], hire: Hire, officer: User) -> None:
    """Three posts in one community, seven applications: 2.3 a post; a recruitment called off counts nowhere. Ten at the
    beginning, two leave and one is hired: 2 ÷ (10 + 9) ÷ 2 is 21.05 %. Three of nine were trained, one of them twice."""
    own = units[OWN]
    stay = entered(own, 8)
    entered(own, 2, end=date(2025, 7, 1), end_reason="RESIGNED")
    hire("新", start=date(2025, 3, 1), title=None)
    version = policy_load(actor=None, text=POLICY)
    second = User.objects.create(username="second", display_name="复核")
    for batch, state in ((1, "CLOSED"), (2, "CANCELLED")):
        plan = Plan.objects.create(
            unit=own, unit_path=own.path, year=2025, batch=batch, title="招聘", state=state, version=version,
            document="文", notice_day=date(2025, 2, 1), started_by=officer, fixed_by=second,
            published_on=date(2025, 3, 1), published_until=date(2025, 3, 8),
        )  # fmt: skip
        line = Position.objects.create(
            plan=plan, unit=own, unit_path=own.path, name="社区工作者", proposed=4, approved=3, proposed_by=officer
        )
        for n in range(7):
            Applicant.objects.create(
                plan=plan, position=line, unit_path=own.path, number=n + 1, name="考生",
                identity_number=f"11010519491231{n:03}X", birth_date=date(1990, 1, 1), state="ADMITTED",
            )  # fmt: skip
    for person, title, started in (
        (stay[0], "一班", date(2025, 4, 1)), (stay[0], "二班", date(2025, 5, 1)), (stay[1], "一班", date(2025, 4, 1)),
        (stay[2], "一班", date(2025, 12, 31)), (stay[3], "一班", date(2024, 12, 31)),
    ):  # fmt: skip
        training_record_add(
            actor=None, person=person, title=title, organiser="组织部", mode="CENTRAL", started=started, days=Decimal(1)
        )
    rows, total = rows_of(officer, "development", units[STREET])
    one = rows["旗山社区"]
    assert [one[f"Recruiting：{name}"] for name in ("Posts announced", "Applications", "Applications a post")] == [
        3, 7, Decimal("2.3"),
    ]  # fmt: skip
    assert (one["Hires"], one["Leavers"], one["Turnover (%)"]) == (1, 2, Decimal("21.05"))
    assert [one[f"Training：{name}"] for name in ("Person-times", "People trained", "Of those in post (%)")] == [
        4, 3, Decimal("33.33"),
    ]  # fmt: skip
    assert rows["裕溪河畔社区"]["Recruiting：Applications a post"] is None
    assert (total["Recruiting：Applications a post"], total["Turnover (%)"]) == (Decimal("2.3"), Decimal("21.05"))


@pytest.mark.requirement("SL-39")
def test_who_retires_soon_stands_beside_those_in_reserve(units: dict[str, Unit], hire: Hire, officer: User) -> None:
    """Women who stand in the committees retire at the statutory age: one secretary, who is director too, within the year; of three members one
    within the year, one in the second year, one later. One in reserve for the committees, none for secretaries."""
    assert retirement_day(date(1970, 10, 1), "FEMALE") == date(2026, 1, 1)  # at 55 and 3 months
    born = {"书记": date(1970, 10, 1), "甲": date(1971, 1, 1), "乙": date(1972, 1, 1), "丙": date(1985, 1, 1)}
    assert [retirement_day(one, "FEMALE") for one in (born["甲"], born["乙"])] == [date(2026, 5, 1), date(2027, 8, 1)]
    chief = hire("书记", title="PARTY_SECRETARY", birth_date=born["书记"])
    tenure_start(actor=None, person=chief, unit=units[OWN], title="COMMITTEE_DIRECTOR", start=date(2024, 1, 1))
    for name in ("甲", "乙", "丙"):
        hire(name, title="COMMITTEE_MEMBER", birth_date=born[name])
    ready = hire("后备", birth_date=date(1995, 1, 1))
    NamedListEntry.objects.create(person=ready, kind="COMMITTEE_RESERVE", batch="首批", start=date(2024, 1, 1))
    rows, total = rows_of(officer, "succession", units[STREET])
    names = ("In post", "Retire within 12 months", "Retire within 24 months", "In reserve", "Short by")
    chiefs = [rows["旗山社区"][f"Party secretaries：{name}"] for name in names]
    others = [rows["旗山社区"][f"Other members of the two committees：{name}"] for name in names]
    assert chiefs == [1, 1, 1, 0, 1]
    assert others == [3, 1, 2, 1, 1]
    assert [total[f"Party secretaries：{name}"] for name in names] == chiefs
    structure, _whole = rows_of(officer, "structure", units[STREET])
    assert [structure["旗山社区"][f"Age：{band}"] for band in ("0–30", "31–35", "36–45", "46+")] == [1, 0, 1, 3]


@pytest.mark.requirement("TR-02")
def test_a_community_s_structure_has_the_rate_with_its_counts(
    units: dict[str, Unit], hire: Hire, officer: User
) -> None:
    """Nine people whose ages are 30 to 38 (mean 34); eight of them have a college diploma: 8 ÷ 9 is 88.89 %."""
    for n in range(9):
        person = hire(f"第{n}", title=None, birth_date=date(DAY.year - 30 - n, 1, 1))
        Education.objects.create(
            person=person, level="COLLEGE" if n else "HIGH_SCHOOL", graduated=date(2015, 7, 1), completion="GRADUATED",
            study_mode="FULL_TIME",
        )  # fmt: skip
    for unit in (units[STREET], units[OWN]):
        rows, total = rows_of(officer, "structure", unit)
        for one in (rows["旗山社区"], total):
            assert (one["People"], one["Mean age"], one["College or above"], one["Of all (%)"]) == (
                9, Decimal("34.0"), 8, Decimal("88.89"),
            )  # fmt: skip


@pytest.mark.parametrize("code", ["development", "succession", "structure"])
def test_units_without_anybody_have_rows_without_shares(units: dict[str, Unit], officer: User, code: str) -> None:
    rows, total = rows_of(officer, code, units[STREET])
    assert set(rows) == {"旗山社区", "裕溪河畔社区"}
    for one in (*rows.values(), total):
        shares = {name: value for name, value in one.items() if "(%)" in name or "Mean" in name or "a post" in name}
        assert set(shares.values()) <= {None}, shares
