"""Tongren with two counties, two streets in the one that somebody leaves, and an office on each side of a move."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

from approvals.models import Case, CaseStep, StepState
from approvals.services import case_open, document_attach, step_take
from organization.models import Role, Unit, UnitKind, User
from organization.services import grant_give, unit_create
from personnel.models import Person
from personnel.services import appointment_carry_out, employment_start, move_open, person_create, tenure_start
from policy.models import PolicyVersion
from policy.services import policy_load

POLICY = Path(__file__).resolve().parents[2] / "policies" / "tongren" / "2024.yaml"
TREE = (
    ("52", "贵州省", UnitKind.PROVINCE),
    ("5206", "铜仁市", UnitKind.CITY),
    ("520602", "碧江区", UnitKind.COUNTY),
    ("520602001", "市中街道", UnitKind.STREET),
    ("520602001001", "南门社区", UnitKind.COMMUNITY),
    ("520602001002", "北门社区", UnitKind.COMMUNITY),
    ("520602002", "环北街道", UnitKind.STREET),
    ("520602002001", "金滩社区", UnitKind.COMMUNITY),
    ("520603", "万山区", UnitKind.COUNTY),
    ("520603001", "谢桥街道", UnitKind.STREET),
    ("520603001001", "谢桥社区", UnitKind.COMMUNITY),
)
OFFICE = (
    ("clerk", Role.STREET_CLERK, "520602001"),
    ("street", Role.STREET_APPROVER, "520602001"),
    ("officer", Role.ORG_OFFICER, "520602"),
    ("approver", Role.ORG_APPROVER, "520602"),
    ("their_clerk", Role.STREET_CLERK, "520603001"),
    ("their_street", Role.STREET_APPROVER, "520603001"),
    ("their_officer", Role.ORG_OFFICER, "520603"),
    ("city", Role.ORG_OFFICER, "5206"),
)
HERE, BESIDE, NEAR, THERE = "520602001001", "520602001002", "520602002001", "520603001001"
MOVED = date(2026, 12, 1)
VALUES: dict[str, dict[str, Any]] = {
    "REQUEST": {},
    "REPORT": {},
    "RELEASE": {"decision_number": "碧组〔2026〕8号"},
    "ACCEPT": {"decision_number": "谢党〔2026〕5号"},
    "DECISION": {"decision_number": "碧组〔2026〕9号"},
    "ORDER": {"order_number": "万组〔2026〕12号", "effective_date": MOVED},
}
TAKER = {
    "REQUEST": "clerk", "RELEASE": "officer", "ACCEPT": "their_street", "ORDER": "their_officer", "REPORT": "clerk",
    "DECISION": "officer",
}  # fmt: skip


@dataclass
class Tongren:
    units: dict[str, Unit]
    users: dict[str, User] = field(default_factory=dict)
    version: PolicyVersion | None = None

    def hire(self, name: str = "陈明", code: str = HERE, *, title: str = "STAFF", **fields: Any) -> Person:
        unit = self.units[code]
        person = person_create(actor=None, name=name, unit=unit, sex="FEMALE", birth_date=date(1985, 3, 1))
        given = {"category": "COMMUNITY_WORKER", "start": date(2020, 6, 1)} | fields
        employment_start(actor=None, person=person, unit=unit, **given)
        if title:
            tenure_start(actor=None, person=person, unit=unit, title=title, start=given["start"])
        return person

    def propose(self, person: Person, user: str = "clerk", to: str = THERE, **given: Any) -> Case:
        job = person.employments.get(end=None)
        wanted: dict[str, Any] = {"act": "TRANSFER", "post": "STAFF", "reason": "随迁"}
        return move_open(
            actor=self.users[user], person=person, unit=job.unit, to_unit=self.units[to], **(wanted | given)
        )

    @property
    def community(self) -> Unit:
        return self.units[HERE]

    def open(self, user: str = "clerk", *, to: str = "", **given: Any) -> Case:
        """A case about somebody of whom nothing is on record, for what concerns the steps alone."""
        wanted = {
            "unit": self.community, "subject": uuid4(), "subject_name": "陈明", "summary": {"性别": "女"}, "reason": "x",
            "to_unit": self.units[to] if to else None,
        }  # fmt: skip
        return case_open(actor=self.users[user], **(wanted | given))

    def step(self, case: Case) -> CaseStep:
        return CaseStep.objects.get(case=case, state=StepState.OPEN)

    def take(self, case: Case, user: str = "", **values: Any) -> Any:
        row = self.step(case)
        actor = self.users[user or TAKER[row.code]]
        if row.code in ("REQUEST", "REPORT") and not row.documents.exists():
            document_attach(actor=self.users["clerk"], case=case, step=row.pk, number="1号", day=date(2026, 11, 1))
        service = appointment_carry_out if row.code == "ORDER" else step_take
        return service(actor=actor, case=case, step=row.pk, values=values or VALUES[row.code])

    def until(self, case: Case, code: str) -> None:
        while self.step(case).code != code:
            self.take(case)


def build_tongren(text: Callable[[str], str] = str) -> Tongren:
    units: dict[str, Unit] = {}
    for code, name, kind in TREE:
        above = next((units[code[:n]] for n in range(len(code) - 1, 0, -1) if code[:n] in units), None)
        units[code] = unit_create(
            actor=None, code=code, name=name, kind=kind, parent=above, valid_from=date(2015, 1, 1)
        )
    place = Tongren(units)
    place.version = policy_load(actor=None, text=text(POLICY.read_text(encoding="utf-8")))
    for name, role, unit in OFFICE:
        place.users[name] = User.objects.create_user(username=name, display_name=name, must_change_password=False)
        grant_give(actor=None, user=place.users[name], unit=units[unit], role=role)
    return place
