"""Chaohu with a street, two communities, seats, an office, and a recruitment on its way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from approvals.services import calendar_day_set
from organization.models import Role, Unit, UnitKind, User
from organization.services import grant_give, unit_create
from personnel.rules.identity import check_digit
from policy.services import policy_load
from recruitment.models import Applicant, Plan, Position
from recruitment.services import (
    applicant_decide,
    applicant_enter,
    applicants_screen,
    marks_enter,
    names_publish,
    plan_announce,
    plan_fix,
    plan_start,
    position_propose,
    ranking_make,
    review_enter,
)
from staffing.services import plan_enter

POLICIES = Path(__file__).resolve().parents[2] / "policies"
TREE = (
    ("34", "安徽省", UnitKind.PROVINCE),
    ("3401", "合肥市", UnitKind.CITY),
    ("340181", "巢湖市", UnitKind.COUNTY),
    ("340181002", "亚父街道", UnitKind.STREET),
    ("340181002001", "东风社区", UnitKind.COMMUNITY),
    ("340181003", "卧牛山街道", UnitKind.STREET),
)
OFFICE = (
    ("clerk", Role.STREET_CLERK, "340181002"),
    ("officer", Role.ORG_OFFICER, "340181"),
    ("second", Role.ORG_OFFICER, "340181"),
    ("approver", Role.ORG_APPROVER, "340181"),
    ("sibling", Role.STREET_CLERK, "340181003"),
)


def identity(number: int, birth: str = "19950315", sex: int = 1) -> str:
    """An identity number that checks: people are numbered from 1 on; sex: 1 male, 2 female."""
    head = f"340181{birth}{number % 100:02d}{sex}"
    return head + check_digit(head)


@dataclass
class Chaohu:
    units: dict[str, Unit]
    users: dict[str, User] = field(default_factory=dict)

    @property
    def community(self) -> Unit:
        return self.units["340181002001"]

    def seats(self, number: int, unit: str = "340181") -> None:
        plan_enter(
            actor=None, unit=self.units[unit], number=number, start=date(2023, 1, 1), document="巢编〔2023〕1号",
            issuer="市委编办", level="COUNTY",
        )  # fmt: skip

    def plan(self) -> Plan:
        return plan_start(actor=self.users["officer"], unit=self.units["340181"], year=2026, title="2026年公开招聘")

    def propose(self, plan: Plan, number: int = 1, **given: Any) -> Position:
        wanted = {
            "actor": self.users["clerk"],
            "plan": plan,
            "unit": self.community,
            "name": "社区工作者",
            "number": number,
        }
        return position_propose(**(wanted | given))

    def announced(self, number: int = 1, seats: int = 10) -> tuple[Plan, Position]:
        self.seats(seats)
        plan = self.plan()
        position = self.propose(plan, number)
        plan = plan_fix(actor=self.users["approver"], plan=plan, document="巢组通〔2026〕5号", approved={})
        today = timezone.localdate()
        plan = plan_announce(
            actor=self.users["approver"], plan=plan, notice="公告", day=today, applications_from=today,
            applications_until=today + timedelta(days=10),
        )  # fmt: skip
        position.refresh_from_db()
        return plan, position

    def applicant(self, plan: Plan, position: Position, number: int, **given: Any) -> Applicant:
        values = {
            "name": f"考生{number}",
            "identity_number": identity(number),
            "education": "BACHELOR",
            "study_mode": "FULL_TIME",
            "graduated": date(2018, 7, 1),
        }
        return applicant_enter(actor=self.users["officer"], plan=plan, position=position, values=values | given)

    def admitted(self, plan: Plan) -> None:
        """Chaohu's conditions stand in the notice: everybody is checked by hand."""
        applicants_screen(actor=self.users["officer"], plan=plan)
        for one in Applicant.objects.filter(plan=plan, state="BY_HAND"):
            applicant_decide(actor=self.users["officer"], applicant=one, admit=True, reason="材料齐全")

    def ranked(self, plan: Plan, marks: dict[int, float]) -> None:
        """Everybody has the same mark from paper and judges, so that it is the total."""
        self.admitted(plan)
        officer = self.users["officer"]
        marks_enter(actor=officer, plan=plan, part="written", text="\n".join(f"{n}\t{m}" for n, m in marks.items()))
        grid = "\n".join("\t".join([str(n), *[str(m)] * 5]) for n, m in marks.items())
        marks_enter(actor=officer, plan=plan, part="interview", text=grid)
        ranking_make(actor=officer, plan=plan)

    def published(self, plan: Plan, people: list[Applicant], day: date | None = None) -> Plan:
        """Reviews passed and names public; by default so long ago that hires may begin today."""
        for one in people:
            for kind in ("MEDICAL", "BACKGROUND"):
                review_enter(
                    actor=self.users["officer"], applicant=one, kind=kind, passed=True, day=timezone.localdate()
                )
        return names_publish(
            actor=self.users["approver"], plan=plan, day=day or timezone.localdate() - timedelta(days=30)
        )


@pytest.fixture
def chaohu(db: None) -> Chaohu:
    return build_chaohu()


def build_units(tree: Iterable[tuple[str, str, str]]) -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    for code, name, kind in tree:
        above = max((known for known in units if code.startswith(known)), key=len, default=None)
        units[code] = unit_create(
            actor=None, code=code, name=name, kind=kind, parent=units[above] if above else None,
            valid_from=date(2020, 1, 1),
        )  # fmt: skip
    return units


def build_users(chaohu: Chaohu, office: Iterable[tuple[str, str, str]]) -> None:
    for name, role, unit in office:
        user = User.objects.create(username=name, display_name=name)
        grant_give(actor=None, user=user, unit=chaohu.units[unit], role=role)
        chaohu.users[name] = user


def build_chaohu() -> Chaohu:
    policy_load(actor=None, text=(POLICIES / "chaohu" / "2023.yaml").read_text(encoding="utf-8"))
    chaohu = Chaohu(build_units(TREE))
    build_users(chaohu, OFFICE)
    year = timezone.localdate().year
    for other in (year - 1, year, year + 1):
        calendar_day_set(actor=None, day=date(other, 10, 1), kind="HOLIDAY", name="国庆节")
    return chaohu
