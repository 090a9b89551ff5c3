from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assessment.models import AnnualResult
from core.periods import Month
from organization.models import Role, Unit, UnitKind, User
from organization.services import grant_give, unit_create
from payroll.models import PayRun
from payroll.services.batches import compute_pay_run
from payroll.services.pay_runs import pay_run_seal, pay_run_start
from personnel.models import Certificate, Employment, Person, Tenure
from personnel.services import employment_start, person_create, tenure_start
from policy.services import policy_load

POLICIES = Path(__file__).resolve().parents[2] / "policies"
JANUARY = Month(2026, 1)
FEBRUARY = Month(2026, 2)

TREE = (
    ("23", "黑龙江省", UnitKind.PROVINCE),
    ("2327", "大兴安岭地区", UnitKind.CITY),
    ("232762", "松岭区", UnitKind.COUNTY),
    ("232762100", "小扬气镇", UnitKind.STREET),
    ("232762100001", "小扬气社区", UnitKind.COMMUNITY),
    ("232762100002", "绿水社区", UnitKind.COMMUNITY),
    ("232762101", "劲松镇", UnitKind.STREET),
    ("232762101001", "劲松社区", UnitKind.COMMUNITY),
    ("34", "安徽省", UnitKind.PROVINCE),
    ("3401", "合肥市", UnitKind.CITY),
    ("340181", "巢湖市", UnitKind.COUNTY),
)

# user name → role and unit: own street, its sibling, the county above, another county
PEOPLE_OF_THE_OFFICE = (
    ("clerk", Role.STREET_CLERK, "232762100"),
    ("sibling", Role.STREET_CLERK, "232762101"),
    ("officer", Role.ORG_OFFICER, "232762"),
    ("approver", Role.ORG_APPROVER, "232762"),
    ("finance", Role.FINANCE, "232762"),
    ("auditor", Role.AUDITOR, "232762"),
    ("rest", Role.REST_CLIENT, "232762"),
    ("foreign", Role.FINANCE, "340181"),
)


@dataclass
class Place:
    """A county with two streets and the people of its office; `hire` adds workers."""

    units: dict[str, Unit]
    users: dict[str, User] = field(default_factory=dict)

    def hire(
        self,
        name: str,
        unit: str = "232762100001",
        *,
        start: date = date(2021, 1, 1),
        sex: str = "MALE",
        title: str | None = "STAFF",
        grade: str | None = None,
        certificate: str | None = None,
        end: date | None = None,
        **fields: Any,
    ) -> Person:
        person = person_create(actor=None, unit=self.units[unit], name=name, sex=sex, birth_date=date(1990, 5, 1))
        employment = employment_start(
            actor=None, person=person, unit=self.units[unit], category="COMMUNITY_WORKER", start=start, **fields
        )
        if title is not None:
            tenure = tenure_start(actor=None, person=person, unit=self.units[unit], title=title, start=start)
            Tenure.objects.filter(pk=tenure.pk).update(end=end)
        if end is not None:
            Employment.objects.filter(pk=employment.pk).update(end=end)
        if grade is not None:
            self.result(person, 2025, grade)
        if certificate is not None:
            Certificate.objects.create(
                person=person, level=certificate, number=f"C{person.pk}", issued=date(2023, 9, 1)
            )
        return person

    def result(self, person: Person, year: int, grade: str | None) -> None:
        unit = person.employments.order_by("-start").first().unit
        AnnualResult.objects.create(person=person, year=year, unit=unit, grade=grade, source="IMPORTED", state="CLOSED")

    def run(self, unit: str = "232762", month: Month = JANUARY, *, seal: bool = False, **more: Any) -> PayRun:
        run = pay_run_start(actor=self.users["officer"], unit=self.units[unit], month=month, **more)
        run = compute_pay_run(run=run)
        assert not run.error, run.error
        if seal:
            run = pay_run_seal(actor=self.users["finance"], run=run)
        return run


def build_place() -> Place:
    units: dict[str, Unit] = {}
    for code, name, kind in TREE:
        parent = units.get(code[: {2: 0, 4: 2, 6: 4, 9: 6, 12: 9}[len(code)]])
        units[code] = unit_create(
            actor=None, code=code, name=name, kind=kind, parent=parent, valid_from=date(2000, 1, 1)
        )
    place = Place(units)
    for username, role, code in PEOPLE_OF_THE_OFFICE:
        user = User.objects.create(username=username, display_name=username)
        grant_give(actor=None, user=user, unit=units[code], role=role)
        place.users[username] = user
    return place


@pytest.fixture
def place(db: None) -> Place:
    policy_load(actor=None, text=(POLICIES / "songling" / "2022.yaml").read_text(encoding="utf-8"))
    return build_place()


@pytest.fixture
def staffed(place: Place) -> Place:
    """Six people whose pay is known by hand: see docs/algorithms/pay.md for the first."""
    place.hire("甲", grade="FAIR")
    place.hire("乙", sex="FEMALE", grade="FAIR")
    place.hire("丙", grade="EXCELLENT", certificate="ASSISTANT")
    place.hire("丁", "232762100002", title="PARTY_SECRETARY", grade="GOOD", start=date(2016, 1, 1))
    place.hire("戊", "232762101001", title="DEPUTY_DIRECTOR", sex="FEMALE", grade="FAIR")
    place.hire("己", "232762101001", start=date(2026, 1, 15))
    return place


Login = Callable[[str], Any]


@pytest.fixture
def login(client: Any, staffed: Place) -> Login:
    def as_user(username: str) -> Any:
        client.force_login(staffed.users[username])
        return client

    return as_user
