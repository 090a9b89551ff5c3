"""Chaohu with a street, a community, its office and twelve departments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from approvals.models import Case, CaseStep, Opinion, StepState
from approvals.services import case_finish, case_open, document_attach, opinion_give, reviewer_name, step_take
from organization.models import Role, Unit, UnitKind, User
from organization.services import grant_give, unit_create
from policy.models import PolicyVersion
from policy.services import policy_load

POLICY = Path(__file__).resolve().parents[2] / "policies" / "chaohu" / "2023.yaml"
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
    ("street", Role.STREET_APPROVER, "340181002"),
    ("officer", Role.ORG_OFFICER, "340181"),
    ("approver", Role.ORG_APPROVER, "340181"),
    ("sibling", Role.STREET_CLERK, "340181003"),
    ("sysadmin", Role.SYSTEM_ADMIN, "340181"),
)
VALUES: dict[str, dict[str, Any]] = {
    "REPORT": {},
    "INSPECTION": {
        "group": "王一、李二", "votes_for": 38, "votes_against": 1, "votes_abstained": 1, "evaluation": "好 39，一般 1",
    },
    "NOTICE": {},
    "DECISION": {"meeting_day": date(2026, 11, 20), "decision_number": "巢组部〔2026〕9号"},
    "ORDER": {"order_number": "亚党〔2026〕31号", "effective_date": date(2026, 12, 1)},
}  # fmt: skip
TAKER = {"REPORT": "clerk", "INSPECTION": "officer", "NOTICE": "officer", "DECISION": "approver", "ORDER": "street"}


@dataclass
class Chaohu:
    units: dict[str, Unit]
    users: dict[str, User] = field(default_factory=dict)
    version: PolicyVersion | None = None

    @property
    def community(self) -> Unit:
        return self.units["340181002001"]

    def open(self, user: str = "clerk", **given: Any) -> Case:
        wanted = {
            "unit": self.community, "act": "APPOINT", "post": "PARTY_SECRETARY", "subject": uuid4(),
            "subject_name": "陈明", "summary": {"性别": "女"}, "reason": "原书记退休",
        }  # fmt: skip
        return case_open(actor=self.users[user], **(wanted | given))

    def step(self, case: Case) -> CaseStep:
        return CaseStep.objects.get(case=case, state=StepState.OPEN)

    def take(self, case: Case, user: str = "", **values: Any) -> object:
        row = self.step(case)
        if row.code == "REPORT" and not row.documents.exists():
            document_attach(
                actor=self.users["clerk"], case=case, step=row.pk, number="亚党〔2026〕30号", day=date(2026, 11, 1)
            )
        service = case_finish if row.code == "ORDER" else step_take
        return service(
            actor=self.users[user or TAKER[row.code]], case=case, step=row.pk, values=values or VALUES[row.code]
        )

    def answer(self, case: Case, department: str, answer: str = "NO_OBJECTION", reason: str = "") -> Opinion:
        opinion = Opinion.objects.get(step=self.step(case), department=department)
        return opinion_give(actor=self.users[department], opinion=opinion, answer=answer, reason=reason)

    def departments(self, case: Case) -> list[str]:
        return list(Opinion.objects.filter(step=self.step(case)).values_list("department", flat=True))

    def wait_out(self, case: Case) -> None:
        """The notice that is up has ended yesterday."""
        CaseStep.objects.filter(case=case, state=StepState.OPEN).update(due=timezone.localdate() - timedelta(days=1))

    def until(self, case: Case, code: str) -> None:
        """Take every step before one, as the rules want it."""
        while (row := self.step(case)).code != code:
            if row.code == "JOINT_REVIEW":
                for department in self.departments(case):
                    self.answer(case, department)
                continue
            if row.code == "NOTICE":
                self.wait_out(case)
            self.take(case)


def build_chaohu(text: Callable[[str], str] = str) -> Chaohu:
    units: dict[str, Unit] = {}
    for code, name, kind in TREE:
        above = next((units[code[:n]] for n in range(len(code) - 1, 0, -1) if code[:n] in units), None)
        units[code] = unit_create(
            actor=None, code=code, name=name, kind=kind, parent=above, valid_from=date(2015, 1, 1)
        )
    chaohu = Chaohu(units)
    chaohu.version = policy_load(actor=None, text=text(POLICY.read_text(encoding="utf-8")))
    for name, role, unit in OFFICE:
        chaohu.users[name] = User.objects.create_user(username=name, display_name=name, must_change_password=False)
        grant_give(actor=None, user=chaohu.users[name], unit=units[unit], role=role)
    asked = chaohu.version.document.procedures[0].steps[2].departments
    assert asked is not None
    for department in asked.of:
        user = User.objects.create_user(username=department, display_name=department, must_change_password=False)
        grant_give(actor=None, user=user, unit=units["340181"], role=Role.JOINT_REVIEWER)
        reviewer_name(actor=None, user=user, unit=units["340181"], department=department)
        chaohu.users[department] = user
    return chaohu


@pytest.fixture
def chaohu(db: None) -> Chaohu:
    return build_chaohu()
