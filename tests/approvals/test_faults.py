"""A service of a case is whole or nothing: whichever of its statements fails, nothing of it is left."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import pytest
from django.utils import timezone

from approvals.models import NoticeObjection, Opinion
from approvals.services import (
    calendar_day_remove,
    calendar_day_set,
    case_delegate,
    case_open,
    case_return,
    case_withdraw,
    cases_follow_units,
    document_attach,
    objection_log,
    objection_settle,
    opinion_give,
    opinion_settle,
    reviewer_name,
    step_take,
    steps_remind,
)
from personnel.models import SpecialTreatment
from personnel.services import appointment_carry_out, appointment_open, archive_open
from tests.approvals.conftest import VALUES, Chaohu
from tests.approvals.test_carried_out import ORDER, appoint, hire
from tests.faults import Act, partial_effects


def acts(chaohu: Chaohu) -> dict[str, Act]:
    """A call of each service that succeeds, each on a case of its own."""
    users, unit = chaohu.users, chaohu.community
    clerk, officer, street = users["clerk"], users["officer"], users["street"]

    def at(code: str) -> dict[str, object]:
        case = chaohu.open()
        chaohu.until(case, code)
        return {"case": case, "step": chaohu.step(case).pk}

    asked = chaohu.open()
    chaohu.until(asked, "JOINT_REVIEW")
    *others, last = chaohu.departments(asked)
    for department in others:
        chaohu.answer(asked, department)
    final = Opinion.objects.get(step=chaohu.step(asked), department=last)  # with it the notice goes up
    held = chaohu.open()
    chaohu.until(held, "JOINT_REVIEW")
    for department in others:
        chaohu.answer(held, department)
    settled = chaohu.answer(held, last, "OBJECTION", "有未结案件")
    noticed = at("NOTICE")
    today = timezone.localdate()
    said = {"received": today, "source": "居民", "text": "年龄不符"}
    objection: NoticeObjection = objection_log(actor=officer, **noticed, **said)  # type: ignore[arg-type]
    before, after = hire(chaohu, "周红", "PARTY_SECRETARY"), hire(chaohu, "陈明")
    for person in (before, after):
        archive_open(actor=None, person=person, opened=date(2020, 1, 1))
    SpecialTreatment.objects.create(person=before, level="DEPUTY_SECTION", start=date(2022, 1, 1), with_post=True)
    ordered = appoint(chaohu, after)
    chaohu.until(ordered, "ORDER")
    removal = appoint(chaohu, before, act="REMOVE")
    chaohu.until(removal, "ORDER")
    calendar_day_set(actor=None, day=date(2030, 1, 1), kind="HOLIDAY", name="元旦")
    opening = {"act": "APPOINT", "post": "PARTY_SECRETARY", "unit": unit, "reason": "x"}
    carry = partial(appointment_carry_out, actor=street, values=ORDER)
    return {
        "case_open": partial(case_open, actor=clerk, subject=hire(chaohu, "甲").key, subject_name="甲", summary={}, **opening),
        "step_take": partial(step_take, actor=officer, values=VALUES["INSPECTION"], **at("INSPECTION")),
        "steps_remind": partial(steps_remind, actor=None, day=today + timedelta(days=400)),
        "case_return": partial(case_return, actor=officer, to="REPORT", reason="x", **at("NOTICE")),
        "case_withdraw": partial(case_withdraw, actor=clerk, case=at("INSPECTION")["case"], reason="x"),
        "case_delegate": partial(case_delegate, actor=officer, to=users["approver"], **at("INSPECTION")),
        "cases_follow_units": partial(cases_follow_units, actor=None, moved={unit.pk: chaohu.units["340181003"]}, day=today),
        "opinion_give": partial(opinion_give, actor=users[last], opinion=final, answer="NO_OBJECTION"),
        "opinion_settle": partial(opinion_settle, actor=officer, opinion=settled, how="x"),
        "objection_log": partial(objection_log, actor=officer, **noticed, **said),
        "objection_settle": partial(objection_settle, actor=officer, objection=objection, how="x"),
        "document_attach": partial(document_attach, actor=clerk, number="1", day=today, **at("REPORT")),
        "reviewer_name": partial(reviewer_name, actor=None, user=users["POLICE"], unit=chaohu.units["340181"], department="COURT"),
        "calendar_day_set": partial(calendar_day_set, actor=None, day=date(2030, 1, 2), kind="HOLIDAY", name="x"),
        "calendar_day_remove": partial(calendar_day_remove, actor=None, day=date(2030, 1, 1)),
        "appointment_open": partial(appointment_open, actor=clerk, person=hire(chaohu, "乙"), **opening),
        "appointment_carry_out": partial(carry, case=ordered, step=chaohu.step(ordered).pk),
        "removal": partial(carry, case=removal, step=chaohu.step(removal).pk),
    }  # fmt: skip


@pytest.mark.slow
def test_no_service_of_cases_leaves_a_part_of_itself(chaohu: Chaohu) -> None:
    found, counts = {}, {}
    for name, act in acts(chaohu).items():
        left, counts[name] = partial_effects(act)
        if left:
            found[name] = left
    assert found == {}
    assert len(counts) == 18
    assert counts["appointment_carry_out"] > 20  # the case, two tenures, two custodians and their trail


def test_without_its_transaction_an_order_leaves_a_part(chaohu: Chaohu) -> None:
    """The control: the same service, not atomic."""
    case = appoint(chaohu, hire(chaohu, "陈明"))
    chaohu.until(case, "ORDER")
    bare = appointment_carry_out.__wrapped__  # type: ignore[attr-defined]
    left, _count = partial_effects(
        partial(bare, actor=chaohu.users["street"], case=case, step=chaohu.step(case).pk, values=ORDER)
    )
    assert left
