"""The end of a case: post and custody change in one transaction, and without the case not at all."""

from __future__ import annotations

from datetime import date

import pytest

from approvals.models import Case, CaseState
from core.errors import NotAllowed, Refused
from core.models import AuditEntry
from organization.models import Role, User
from organization.services import grant_give
from personnel.models import Custody, Person
from personnel.services import (
    appointment_carry_out,
    appointment_open,
    archive_open,
    employment_start,
    person_create,
    tenure_start,
)
from tests.approvals.conftest import Chaohu

DAY = date(2026, 12, 1)
ORDER = {"order_number": "亚党〔2026〕31号", "effective_date": DAY}


def hire(chaohu: Chaohu, name: str, title: str = "", number: int = 0) -> Person:
    person = person_create(actor=None, name=name, unit=chaohu.community, sex="FEMALE", birth_date=date(1985, 3, 1))
    employment_start(
        actor=None, person=person, unit=chaohu.community, category="COMMUNITY_WORKER", start=date(2020, 1, 1)
    )
    if title:
        tenure_start(actor=None, person=person, unit=chaohu.community, title=title, start=date(2022, 1, 1))
    return person


def appoint(chaohu: Chaohu, person: Person, post: str = "PARTY_SECRETARY", act: str = "APPOINT") -> Case:
    return appointment_open(
        actor=chaohu.users["clerk"], person=person, unit=chaohu.community, act=act, post=post, reason="换届"
    )


def carry_out(chaohu: Chaohu, case: Case) -> Case:
    return appointment_carry_out(actor=chaohu.users["street"], case=case, step=chaohu.step(case).pk, values=ORDER)


def held(person: Person) -> list[tuple[str, date, date | None, str]]:
    return list(person.tenures.order_by("start").values_list("title", "start", "end", "document"))


@pytest.mark.requirement("CH-23")
def test_the_order_ends_the_old_tenure_and_begins_the_new_one(chaohu: Chaohu) -> None:
    before, after = hire(chaohu, "周红", "PARTY_SECRETARY"), hire(chaohu, "陈明")
    archive_open(actor=None, person=after, number="1", opened=date(2020, 1, 1))
    case = appoint(chaohu, after)
    chaohu.until(case, "ORDER")
    assert held(after) == []
    assert carry_out(chaohu, case).state == CaseState.DONE
    assert held(before) == [("PARTY_SECRETARY", date(2022, 1, 1), DAY, "亚党〔2026〕31号")]
    assert held(after) == [("PARTY_SECRETARY", DAY, None, "亚党〔2026〕31号")]
    custody = Custody.objects.filter(archive__person=after).order_by("start").values_list("kind", "start", "end")
    assert list(custody) == [
        ("STREET", date(2020, 1, 1), DAY),
        ("ORGANISATION_DEPARTMENT", DAY, None),
    ]
    started = AuditEntry.objects.filter(action="personnel.tenure.start").order_by("pk").last()
    assert started is not None
    assert started.actor_name == "street"


@pytest.mark.requirement("CH-23")
def test_a_removal_ends_the_tenure(chaohu: Chaohu) -> None:
    person = hire(chaohu, "周红", "PARTY_SECRETARY")
    with pytest.raises(Refused, match="holds this post"):
        appoint(chaohu, person)
    case = appoint(chaohu, person, act="REMOVE")
    chaohu.until(case, "ORDER")
    carry_out(chaohu, case)
    assert held(person) == [("PARTY_SECRETARY", date(2022, 1, 1), DAY, "亚党〔2026〕31号")]


def test_what_fails_at_the_end_leaves_the_case_open(chaohu: Chaohu, monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = hire(chaohu, "周红", "PARTY_SECRETARY"), hire(chaohu, "陈明")
    case = appoint(chaohu, after)
    chaohu.until(case, "ORDER")

    def broken(**given: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("personnel.services.appointments.begin_tenure", broken)
    with pytest.raises(RuntimeError):
        carry_out(chaohu, case)
    case.refresh_from_db()
    assert (case.state, chaohu.step(case).code) == (CaseState.OPEN, "ORDER")
    assert held(before)[0][2] is None


def test_a_mid_term_change_needs_the_twelve_and_no_inspection(chaohu: Chaohu) -> None:
    person = hire(chaohu, "陈明")
    case = appoint(chaohu, person, post="COMMITTEE_MEMBER")
    chaohu.until(case, "JOINT_REVIEW")
    assert len(chaohu.departments(case)) == 12
    chaohu.until(case, "ORDER")
    carry_out(chaohu, case)
    assert [row[0] for row in held(person)] == ["COMMITTEE_MEMBER"]
    assert list(case.steps.values_list("code", flat=True)) == ["REPORT", "JOINT_REVIEW", "ORDER"]


def test_who_may_not_look_at_the_file_opens_no_case(chaohu: Chaohu) -> None:
    person = hire(chaohu, "陈明")
    stranger = User.objects.create_user(username="stranger", display_name="x", must_change_password=False)
    grant_give(actor=None, user=stranger, unit=chaohu.units["340181003"], role=Role.STREET_APPROVER)
    with pytest.raises(NotAllowed):
        appointment_open(
            actor=stranger, person=person, unit=chaohu.community, act="APPOINT", post="PARTY_SECRETARY", reason="x"
        )
