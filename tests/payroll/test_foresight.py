"""What a decision makes of the pay of a year and of the seats, shown before it is taken; and nothing of it stays."""

# ruff: noqa: F811

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from core.errors import Refused
from organization.models import Role, User
from organization.selectors.above import LastPay
from organization.services import grant_give
from payroll.models import GradeSpan
from personnel.models import Employment, Person, Tenure
from personnel.services import employment_end, employment_start, employment_transfer, foresight, tenure_start
from personnel.services.foresight import Foreseen, PayLine, foreseen
from policy.services import policy_load
from tests.faults import digest
from tests.payroll.conftest import Place, build_place, place, staffed  # noqa: F401
from tests.payroll.test_promotion import LADDER

DAY = date(2026, 2, 1)
HERE, THERE = "232762100001", "232762101001"
# A month of 甲: 2 × 1,450 + 600 + 5 years × 10 + 15 % of 600 = 3,640.00; of 乙 35 more; of 丙 2,900 + 600 + 150 + 50 +
# 25 % of 600 = 3,850.00.
A, B, C = 12 * 3640_00, 12 * 3675_00, 12 * 3850_00


def told(place: Place, person: Person, decide: Callable[[], object], *units: str, user: str = "clerk") -> Foreseen:
    found = [place.units[code] for code in units or (HERE,)]
    return foreseen(actor=place.users[user], person=person, units=found, day=DAY, decide=decide)


def test_an_appointment_shows_the_pay_of_the_new_post(staffed: Place) -> None:
    person = Person.objects.get(name="甲")
    become = partial(
        tenure_start, actor=staffed.users["clerk"], person=person, unit=staffed.units[HERE], title="PARTY_SECRETARY",
        start=DAY,
    )  # fmt: skip
    # As a chief: 2,900 + 700 + 50 + 15 % of 700 = 3,755.00.
    found = told(staffed, person, become)
    assert found.own == PayLine(A, 12 * 3755_00)
    assert found.own.difference == 12 * 115_00
    assert [(one.unit.short_code, one.line) for one in found.units] == [
        (HERE, PayLine(A + B + C, 12 * 3755_00 + B + C))
    ]
    assert found.refused == ()


def test_whoever_leaves_is_paid_nothing_and_frees_a_seat(staffed: Place) -> None:
    person = Person.objects.get(name="甲")
    leave = partial(
        employment_end, actor=staffed.users["clerk"], employment=person.employments.get(), end=DAY, reason="RESIGNED",
        with_posts=True,
    )  # fmt: skip
    found = told(staffed, person, leave)
    assert found.own == PayLine(A, 0)
    assert found.units[0].line == PayLine(A + B + C, B + C)


def test_the_last_pay_is_cut_by_the_rules_of_the_place(staffed: Place) -> None:
    """Ten of 28 days of February, each line rounded: 1,035.71 + 214.29 + 17.86 + 32.14 = 1,300.00."""
    person = Person.objects.get(name="甲")
    day = date(2026, 2, 11)
    leave = partial(
        employment_end, actor=None, employment=person.employments.get(), end=day, reason="RESIGNED", with_posts=True
    )
    here = staffed.units[HERE]
    found = foreseen(actor=staffed.users["clerk"], person=person, units=[here], day=day, decide=leave, leaves=here)
    assert found.last == LastPay(DAY, DAY, day, 1300_00)


def test_a_newcomer_without_a_post_cant_be_reckoned_and_it_says_why(staffed: Place) -> None:
    person = staffed.hire("新", start=date(2026, 1, 1), end=date(2026, 1, 2))
    come = partial(
        employment_start, actor=None, person=person, unit=staffed.units[HERE], category="COMMUNITY_WORKER", start=DAY
    )
    found = told(staffed, person, come)
    assert found.own is not None
    assert (found.own.before, found.own.after, found.own.difference) == (0, None, None)
    assert "2026-02-01" in found.own.why_after
    assert found.units[0].line == PayLine(A + B + C, A + B + C, missing=1)


def test_whom_the_rules_of_pay_dont_cover_gets_no_zero(staffed: Place) -> None:
    person = staffed.hire("公益", end=date(2022, 1, 1))
    job = employment_start(
        actor=None, person=person, unit=staffed.units[HERE], category="PUBLIC_WELFARE_POST", start=date(2024, 1, 1)
    )
    leave = partial(employment_end, actor=None, employment=job, end=DAY, reason="RESIGNED")
    found = told(staffed, person, leave)
    assert found.own is not None
    assert (found.own.before, found.own.after) == (None, 0)
    assert "公益" in found.own.why_before


def test_a_transfer_is_told_of_both_units(staffed: Place) -> None:
    person = Person.objects.get(name="甲")
    go = partial(
        employment_transfer, actor=staffed.users["officer"], employment=person.employments.get(),
        unit=staffed.units[THERE], day=DAY,
    )  # fmt: skip
    found = told(staffed, person, go, HERE, THERE, user="officer")
    # 戊, deputy, female: 2,900 + 650 + 50 + 15 % of 650 + 35 = 3,732.50; 己, since January: 2,900 + 600 + 90 = 3,590.00.
    there = 12 * 3732_50 + 12 * 3590_00
    assert found.own == PayLine(A, A)
    assert [one.line for one in found.units] == [
        PayLine(A + B + C, B + C), PayLine(there, there + A),
    ]  # fmt: skip


def test_a_change_of_post_brings_the_grade_of_the_new_range(db: None) -> None:
    """1,000 yuan at grade 1 and 100 more for each; a secretary has grade 4 at least."""
    policy_load(actor=None, text=LADDER)
    place = build_place()
    person = place.hire("甲", start=date(2025, 1, 1))
    GradeSpan.objects.create(person=person, scale="grade", value=1, start=date(2025, 1, 1), code="IMPORTED")
    new = place.hire("乙", start=date(2026, 1, 1), end=date(2026, 1, 2))
    become = partial(
        tenure_start, actor=None, person=person, unit=place.units[HERE], title="PARTY_SECRETARY", start=DAY
    )
    assert told(place, person, become).own == PayLine(12 * 1000_00, 12 * 1300_00)

    def come() -> None:
        employment_start(actor=None, person=new, unit=place.units[HERE], category="COMMUNITY_WORKER", start=DAY)
        tenure_start(actor=None, person=new, unit=place.units[HERE], title="STAFF", start=DAY)

    # A newcomer begins with the lowest grade of the post.
    assert told(place, new, come).own == PayLine(0, 12 * 1000_00)


def test_a_place_without_a_pay_table_says_so(db: None) -> None:
    text = LADDER[: LADDER.index("pay:")] + LADDER[LADDER.index("assessment:") :]
    policy_load(actor=None, text=text)
    place = build_place()
    person = place.hire("甲")
    leave = partial(employment_end, actor=None, employment=person.employments.get(), end=DAY, reason="RESIGNED")
    found = told(place, person, leave)
    assert found.own is not None
    assert (found.own.before, found.own.after) == (None, 0)  # who is gone is paid nothing, whatever the table says
    assert "试验" in found.own.why_before
    assert found.units[0].line.difference is None
    here = place.units[HERE]
    last = foreseen(actor=place.users["clerk"], person=person, units=[here], day=DAY, decide=leave, leaves=here).last
    assert last is not None
    assert (last.gross, "试验" in last.why) == (None, True)


def test_what_would_be_refused_is_told(staffed: Place) -> None:
    person = Person.objects.get(name="甲")
    leave = partial(
        employment_end, actor=None, employment=person.employments.get(), end=date(2020, 1, 1), reason="RESIGNED"
    )
    found = told(staffed, person, leave)
    assert found.own is None
    assert len(found.refused) == 1
    with pytest.raises(Refused):
        leave()


def test_nobody_is_told_of_pay_that_they_may_not_look_at(staffed: Place) -> None:
    person = Person.objects.get(name="甲")
    user = User.objects.create(username="writer")
    grant_give(actor=None, user=user, unit=staffed.units["232762"], role=Role.REST_WRITER)
    leave = partial(employment_end, actor=user, employment=person.employments.get(), end=DAY, reason="RESIGNED")
    found = foreseen(actor=user, person=person, units=[staffed.units[HERE]], day=DAY, decide=leave)
    assert found.units == []
    assert found.own is not None
    assert (found.own.before, found.own.after) == (None, None)


TABLES = ["personnel_employment", "personnel_tenure", "personnel_history", "core_auditentry", "payroll_gradespan"]


@pytest.mark.parametrize("undone", [True, False], ids=["undone", "the control"])
def test_nothing_of_what_was_tried_out_stays(staffed: Place, monkeypatch: Any, undone: bool) -> None:
    if not undone:
        monkeypatch.setattr(
            foresight, "transaction", SimpleNamespace(atomic=transaction.atomic, set_rollback=lambda undo: None)
        )
    person = Person.objects.get(name="甲")
    before = digest(TABLES)
    leave = partial(
        employment_end, actor=staffed.users["clerk"], employment=person.employments.get(), end=DAY, reason="RESIGNED",
        with_posts=True,
    )  # fmt: skip
    told(staffed, person, leave)
    assert (digest(TABLES) == before) is undone


def test_the_pages_show_it_before_they_write(staffed: Place, client: Client) -> None:
    client.force_login(staffed.users["clerk"])
    person = Person.objects.get(name="甲")
    job = person.employments.get()
    at = f"/people/{person.pk}/employment/{job.pk}/end/"
    first = client.get(at).content.decode()
    assert 'name="go" value="check"' in first
    given = {"day": "2026-02-01", "reason": "RESIGNED"}
    page = client.post(at, given | {"go": "check"})
    assert page.status_code == 200
    text = page.content.decode()
    assert "43,680.00" in text
    assert "-43,680.00" in text
    assert "133,980.00" in text  # 43,680 + 44,100 + 46,200
    assert 'value="RESIGNED" selected' in text
    job.refresh_from_db()
    assert job.end is None
    add = {"title": "DEPUTY_DIRECTOR", "unit": HERE, "start": "2026-02-01", "full_time": "on", "go": "check"}
    page = client.post(f"/people/{person.pk}/post/add/", add)
    # A deputy: 2,900 + 650 + 50 + 97.50 = 3,697.50 a month.
    assert "44,370.00" in page.content.decode()
    assert not Tenure.objects.filter(person=person, title="DEPUTY_DIRECTOR").exists()
    assert client.post(at, given).status_code == 302
    assert Employment.objects.get(pk=job.pk).end == DAY
