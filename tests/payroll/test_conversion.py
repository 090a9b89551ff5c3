"""The conversion of existing staff: four steps, old and new beside each other, exceptions, and taking it back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.models import AuditEntry
from organization.models import Role, User
from organization.services import grant_give
from payroll.models import ConversionStep, GradeSpan, PromotionKind, PromotionOutcome, PromotionRun
from payroll.selectors.conversion import conversion_steps_for_system
from payroll.services.conversion import conversion_leave_out, conversion_reverse, conversion_step
from payroll.services.promotion import compute_promotion_run, promotion_confirm, promotion_start
from policy.services import policy_load
from tests.payroll.conftest import Place, build_place
from tests.payroll.test_promotion import LADDER

DAY = date(2026, 1, 1)
STEPS = """      conversion:
        - {code: SURVEY, name: {zh: 调研摸底, en: survey}}
        - {code: RECOGNITION, name: {zh: 初步认定, en: preliminary recognition}}
        - {code: INSPECTION, name: {zh: 组织考察, en: inspection}, other_than: [RECOGNITION]}
        - {code: COMPLETION, name: {zh: 完成套改, en: completion}}
"""
START = "    start: {from: range_floor, years: {every: 4, reached: full}, left_over: counts, cite: T}\n"
POLICY = LADDER.replace(
    START,
    "    start:\n      from: range_floor\n      years: {every: 4, reached: full}\n      left_over: counts\n      cite: T\n"
    + STEPS,
)


@pytest.fixture
def place(db: None) -> Place:
    """甲: 9 years, grade 1 so far; 乙: secretary, 2 years, no grade; 丙: 4 years, grade 2, which is what comes out."""
    policy_load(actor=None, text=POLICY)
    place = build_place()
    for name, title, start, value in (
        ("甲", "STAFF", date(2017, 1, 1), 1),
        ("乙", "PARTY_SECRETARY", date(2024, 1, 1), None),
        ("丙", "STAFF", date(2022, 1, 1), 2),
    ):
        person = place.hire(name, title=title, start=start)
        if value is not None:
            GradeSpan.objects.create(person=person, scale="grade", value=value, start=start, code="IMPORTED")
    return place


def converted(place: Place) -> PromotionRun:
    run = promotion_start(
        actor=place.users["officer"], unit=place.units["232762"], day=DAY, kind=PromotionKind.CONVERSION
    )
    run = compute_promotion_run(run=run)
    assert not run.error, run.error
    return run


def walked(place: Place, run: PromotionRun) -> None:
    """All steps before the last one."""
    for code, who in (("SURVEY", "officer"), ("RECOGNITION", "officer")):
        conversion_step(actor=place.users[who], run=run, code=code, document=f"{code}-1")
    conversion_step(actor=None, run=run, code="INSPECTION", document="考察〔2025〕3号")


def confirmed(place: Place) -> PromotionRun:
    run = converted(place)
    walked(place, run)
    return promotion_confirm(actor=place.users["approver"], run=run, document="套改〔2026〕1号")


def spans() -> list[tuple[Any, ...]]:
    return list(
        GradeSpan.objects.order_by("person__name", "start").values_list("person__name", "value", "start", "end")
    )


@pytest.mark.requirement("TR-04")
def test_old_and_new_stand_beside_each_other_with_the_pay_of_a_year(place: Place) -> None:
    run = converted(place)
    found = {
        row.person.name: (row.old, row.new, row.old_year, row.new_year, row.code)
        for row in PromotionOutcome.objects.filter(run=run).select_related("person")
    }
    # Pay is 1,000 yuan at grade 1 and 100 more for each; 12 months of it. 甲: 1 + 9 // 4 = 3. 乙: 4 + 0; nobody can be
    # paid without a grade, so that nothing is known of before. 丙: 1 + 1 = 2, as before.
    assert found == {
        "甲": (1, 3, 1_200_000, 1_440_000, "PLACED"),
        "乙": (None, 4, None, 1_560_000, "PLACED"),
        "丙": (2, 2, 1_320_000, 1_320_000, "PLACED"),
    }
    assert run.totals == {
        "people": 3, "moves": 2, "stays": 1, "left_out": 0, "paid": 3, "new_year": 4_320_000, "compared": 2,
        "more": 240_000,
    }  # fmt: skip


@pytest.mark.requirement("TR-03")
def test_the_four_steps_are_taken_in_their_order_each_once(place: Place) -> None:
    run = converted(place)
    officer, approver = place.users["officer"], place.users["approver"]
    with pytest.raises(Conflict, match="survey"):
        conversion_step(actor=officer, run=run, code="INSPECTION", document="1")
    with pytest.raises(Conflict, match="survey"):
        promotion_confirm(actor=approver, run=run, document="1")
    with pytest.raises(Refused, match="document"):
        conversion_step(actor=officer, run=run, code="SURVEY", document=" ")
    conversion_step(actor=officer, run=run, code="SURVEY", document="调研1号")
    with pytest.raises(Conflict):
        conversion_step(actor=officer, run=run, code="SURVEY", document="调研1号")
    conversion_step(actor=officer, run=run, code="RECOGNITION", document="认定1号")
    with pytest.raises(NotAllowed, match="preliminary recognition"):
        conversion_step(actor=officer, run=run, code="INSPECTION", document="考察1号")
    assert GradeSpan.objects.filter(start=DAY).count() == 0
    conversion_step(actor=None, run=run, code="INSPECTION", document="考察1号")
    with pytest.raises(Conflict, match="confirm"):
        conversion_step(actor=officer, run=run, code="COMPLETION", document="完成1号")
    with pytest.raises(Refused, match="document"):
        promotion_confirm(actor=approver, run=run)
    promotion_confirm(actor=approver, run=run, document="完成1号")
    assert [one.taken is not None for one in conversion_steps_for_system(run)] == [True] * 4
    assert list(ConversionStep.objects.values_list("code", "document")) == [
        ("SURVEY", "调研1号"), ("RECOGNITION", "认定1号"), ("INSPECTION", "考察1号"), ("COMPLETION", "完成1号"),
    ]  # fmt: skip


def test_everybody_begins_to_count_anew_but_the_exceptions(place: Place) -> None:
    run = converted(place)
    officer = place.users["officer"]
    left = PromotionOutcome.objects.get(run=run, person__name="甲").person_id
    conversion_leave_out(actor=officer, run=run, person=left, reason="正在接受组织审查")
    walked(place, run)
    with pytest.raises(NotAllowed):
        promotion_confirm(actor=officer, run=run, document="1")
    promotion_confirm(actor=place.users["approver"], run=run, document="套改〔2026〕1号")
    assert spans() == [
        ("丙", 2, date(2022, 1, 1), DAY), ("丙", 2, DAY, None), ("乙", 4, DAY, None), ("甲", 1, date(2017, 1, 1), None),
    ]  # fmt: skip
    entry = AuditEntry.objects.get(action="payroll.conversion.leave_out")
    assert entry.after == {"person": left, "left_out": "正在接受组织审查"}
    with pytest.raises(Conflict):
        conversion_leave_out(actor=officer, run=run, person=left, reason="")


def test_an_exception_is_taken_in_again(place: Place) -> None:
    run = converted(place)
    person = PromotionOutcome.objects.get(run=run, person__name="甲").person_id
    for reason in ("借调期间", ""):
        conversion_leave_out(actor=place.users["officer"], run=run, person=person, reason=reason)
    with pytest.raises(Refused):
        conversion_leave_out(actor=place.users["officer"], run=run, person=0, reason="x")
    with pytest.raises(NotFound):
        conversion_leave_out(actor=place.users["foreign"], run=run, person=person, reason="x")
    walked(place, run)
    promotion_confirm(actor=place.users["approver"], run=run, document="1")
    assert GradeSpan.objects.get(person=person, end=None).value == 3


def test_a_conversion_is_taken_back_by_a_third_person_with_a_reason_alone(place: Place) -> None:
    before = spans()
    run = confirmed(place)
    approver = place.users["approver"]
    with pytest.raises(NotAllowed, match="somebody else"):
        conversion_reverse(actor=approver, run=run, reason="依据有误")
    with pytest.raises(NotAllowed):
        conversion_reverse(actor=place.users["officer"], run=run, reason="依据有误")
    other = another_approver(place)
    with pytest.raises(Refused):
        conversion_reverse(actor=other, run=run, reason=" ")
    back = conversion_reverse(actor=other, run=run, reason="依据有误")
    assert (back.state, back.reversed_because) == ("CANCELLED", "依据有误")
    assert spans() == before
    assert AuditEntry.objects.get(action="payroll.conversion.reverse").after["reason"] == "依据有误"


def test_what_has_changed_since_is_not_taken_back(place: Place) -> None:
    run = confirmed(place)
    GradeSpan.objects.filter(person__name="甲", end=None).update(end=date(2027, 1, 1))
    with pytest.raises(Conflict, match="甲"):
        conversion_reverse(actor=another_approver(place), run=run, reason="依据有误")
    assert GradeSpan.objects.filter(run=run).count() == 3


def another_approver(place: Place) -> User:
    user = User.objects.create(username="second", display_name="second")
    grant_give(actor=None, user=user, unit=place.units["232762"], role=Role.ORG_APPROVER)
    return user


def test_the_page_shows_the_steps_and_keeps_what_was_typed(place: Place, client: Any) -> None:
    run = converted(place)
    client.force_login(place.users["officer"])
    page = client.get(f"/promotions/{run.pk}/").content.decode()
    for words in ("12,000.00", "14,400.00", "+2,400.00", "preliminary recognition", "1,200.00"):
        assert words in page
    refused = client.post(f"/promotions/{run.pk}/step/", {"code": "INSPECTION", "document": "早了"})
    assert refused.status_code == 400
    assert 'value="早了"' in refused.content.decode()
    taken = client.post(f"/promotions/{run.pk}/step/", {"code": "SURVEY", "document": "调研1号"})
    assert taken.status_code == 302
    assert "调研1号" in client.get(f"/promotions/{run.pk}/").content.decode()
    person = PromotionOutcome.objects.get(run=run, person__name="甲").person_id
    assert client.post(f"/promotions/{run.pk}/leave-out/", {"person": person, "reason": "待定"}).status_code == 302
    only = client.get(f"/promotions/{run.pk}/?show=left-out").content.decode()
    assert "待定" in only
    assert ">乙<" not in only
