"""Amounts entered by hand, from the entry to the slip and its explanation."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.models import AuditEntry
from core.periods import Month
from payroll.models import ArrearsLine, ManualItem, PayRun, PaySlip
from payroll.selectors.manual import manual_items_of
from payroll.selectors.slips import slip_for_system
from payroll.selectors.todo import runs_waiting
from payroll.services.manual import manual_item_approve, manual_item_enter
from payroll.services.pay_runs import pay_run_seal
from personnel.models import Person
from policy.services import policy_load
from tests.payroll.conftest import FEBRUARY, JANUARY, POLICIES, Place, build_place

MARCH, APRIL = Month(2026, 3), Month(2026, 4)
BY_HAND = """\
    - {code: bonus, name: {zh: 一次性奖励, en: single award}, kind: manual, note: 依据奖励文件, cite: SL-29}
    - {code: kept, name: {zh: 保留工资, en: kept pay}, kind: manual, note: 原工资差额, repeats: true, at_most: {yuan: 500}, cite: SL-29}
  annual_grade_from:"""
BASE = 364000  # the pay of 甲 without anything entered by hand: docs/algorithms/pay.md


@pytest.fixture
def place(db: None) -> Place:
    text = (POLICIES / "songling" / "2022.yaml").read_text(encoding="utf-8")
    assert text.count("  annual_grade_from:") == 1
    policy_load(actor=None, text=text.replace("  annual_grade_from:", BY_HAND))
    place = build_place()
    place.hire("甲", grade="FAIR")
    return place


@pytest.fixture
def person(place: Place) -> Person:
    return Person.objects.get(name="甲")


def enter(place: Place, person: Person, line: str = "bonus", month: Month = JANUARY, **more: Any) -> ManualItem:
    given = {"amount": 30000, "reason": "先进个人奖励"} | more
    return manual_item_enter(actor=place.users["officer"], person=person, line=line, month=month, **given)


def approved(place: Place, person: Person, line: str = "bonus", month: Month = JANUARY, **more: Any) -> ManualItem:
    item = enter(place, person, line, month, **more)
    return manual_item_approve(actor=place.users["finance"], item=item)


def paid(run: PayRun, line: str) -> int:
    slip = PaySlip.objects.get(run=run, person__name="甲")
    return slip.amounts[[one["code"] for one in run.lines].index(line)]


def refusals(place: Place, person: Person, **more: Any) -> list[str]:
    with pytest.raises(Refused) as caught:
        enter(place, person, **more)
    assert not ManualItem.objects.exists()
    return [str(one) for one in caught.value.errors]


@pytest.fixture(autouse=True)
def _in_english(settings: Any) -> None:
    settings.LANGUAGE_CODE = "en"


# -- Two people -----------------------------------------------------------------------------------------------------------


def test_an_amount_counts_once_another_person_has_approved_it(place: Place, person: Person) -> None:
    item = enter(place, person)
    run = place.run(dry_run=True)
    assert run.totals["line.bonus"] == 0
    manual_item_approve(actor=place.users["finance"], item=item)
    run = place.run()
    assert paid(run, "bonus") == 30000
    assert PaySlip.objects.get(run=run).gross == BASE + 30000
    entries = AuditEntry.objects.filter(action__startswith="payroll.manual").order_by("pk")
    assert [(one.action, one.actor_name) for one in entries] == [
        ("payroll.manual.enter", "officer"),
        ("payroll.manual.approve", "finance"),
    ]


def test_who_entered_it_may_not_approve_it_whatever_their_role(place: Place, person: Person) -> None:
    from organization.models import Role
    from organization.services import grant_give

    grant_give(actor=None, user=place.users["officer"], unit=place.units["232762"], role=Role.FINANCE)
    item = enter(place, person)
    with pytest.raises(NotAllowed):
        manual_item_approve(actor=place.users["officer"], item=item)
    item.refresh_from_db()
    assert item.approved_by is None
    # The control: the same role in other hands.
    assert manual_item_approve(actor=place.users["finance"], item=item).approved_by == place.users["finance"]


def test_the_database_refuses_the_same_hand_twice(place: Place, person: Person) -> None:
    item = enter(place, person)
    with pytest.raises(IntegrityError), transaction.atomic():
        ManualItem.objects.filter(pk=item.pk).update(approved_by=place.users["officer"])
    ManualItem.objects.filter(pk=item.pk).update(approved_by=place.users["finance"])


def test_it_is_approved_once(place: Place, person: Person) -> None:
    item = approved(place, person)
    with pytest.raises(Conflict):
        manual_item_approve(actor=place.users["finance"], item=item)


@pytest.mark.parametrize(
    ("user", "error"), [("finance", NotAllowed), ("auditor", NotAllowed), ("sibling", NotFound), ("foreign", NotFound)]
)
def test_who_may_not_run_pay_there_enters_nothing(place: Place, person: Person, user: str, error: type) -> None:
    with pytest.raises(error):
        manual_item_enter(
            actor=place.users[user], person=person, line="bonus", month=JANUARY, amount=30000, reason="奖励"
        )
    assert not ManualItem.objects.exists()


@pytest.mark.parametrize(("user", "error"), [("auditor", NotAllowed), ("sibling", NotFound), ("foreign", NotFound)])
def test_who_may_not_seal_pay_there_approves_nothing(place: Place, person: Person, user: str, error: type) -> None:
    item = enter(place, person)
    with pytest.raises(error):
        manual_item_approve(actor=place.users[user], item=item)
    item.refresh_from_db()
    assert item.approved_by is None


# -- What is refused --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", ["nothing", "base"])
def test_a_line_that_is_unknown_or_worked_out_by_the_rules_is_refused(place: Place, person: Person, line: str) -> None:
    assert refusals(place, person, line=line) == [
        f"The rules of 小扬气社区 have no line “{line}” that is entered by hand in 2026-01."
    ]
    assert enter(place, person, line="kept").line == "kept"


def test_the_rules_of_the_month_decide(place: Place, person: Person) -> None:
    """No policy is in force in 2019."""
    assert refusals(place, person, month=Month(2019, 1)) == [
        "The rules of 小扬气社区 have no line “bonus” that is entered by hand in 2019-01."
    ]


def test_a_sealed_month_is_refused_and_the_next_is_not(place: Place, person: Person) -> None:
    run = place.run()
    assert enter(place, person).month == date(2026, 1, 1)  # a run that is not sealed closes nothing
    ManualItem.objects.all().delete()
    pay_run_seal(actor=place.users["finance"], run=run)
    assert refusals(place, person) == [
        "The pay of 2026-01 is sealed for 甲. Enter the amount from the first open month on."
    ]
    assert enter(place, person, month=FEBRUARY).month == date(2026, 2, 1)


@pytest.mark.parametrize("amount", [0, 10**9, -(10**9)])
def test_nothing_and_more_than_a_slip_can_hold_are_refused(place: Place, person: Person, amount: int) -> None:
    assert refusals(place, person, amount=amount) == ["Enter an amount other than 0 and below ten million yuan."]
    assert enter(place, person, amount=-5000).amount == -5000


def test_everything_wrong_is_said_at_once(place: Place, person: Person) -> None:
    assert refusals(place, person, line="kept", reason=" ", until=JANUARY) == [
        "Give a reason.",
        "The first month without it lies after 2026-01.",
    ]


def test_only_what_repeats_has_a_last_month(place: Place, person: Person) -> None:
    assert refusals(place, person, until=APRIL) == ["“bonus” does not repeat; leave the last month empty."]
    assert enter(place, person, line="kept", until=APRIL).until == date(2026, 4, 1)


# -- What is paid -----------------------------------------------------------------------------------------------------------


def test_a_single_amount_is_paid_in_its_month_alone(place: Place, person: Person) -> None:
    approved(place, person, month=FEBRUARY)
    approved(place, person, month=FEBRUARY, amount=1234)
    assert [paid(place.run(month=month), "bonus") for month in (JANUARY, FEBRUARY, MARCH)] == [0, 31234, 0]


def test_what_repeats_is_paid_until_its_first_month_without(place: Place, person: Person) -> None:
    approved(place, person, "kept", FEBRUARY, until=APRIL)
    runs = [place.run(month=month) for month in (JANUARY, FEBRUARY, MARCH, APRIL)]
    assert [paid(run, "kept") for run in runs] == [0, 30000, 30000, 0]


def test_what_repeats_goes_on_until_it_is_changed(place: Place, person: Person) -> None:
    """A newer entry takes the place of the older one; it is not paid on top."""
    approved(place, person, "kept", JANUARY, amount=30000)
    approved(place, person, "kept", MARCH, amount=20000, until=APRIL)
    enter(place, person, "kept", FEBRUARY, amount=11111)  # not approved: changes nothing
    runs = [place.run(month=month) for month in (JANUARY, FEBRUARY, MARCH, APRIL)]
    assert [paid(run, "kept") for run in runs] == [30000, 30000, 20000, 0]


def test_the_ceiling_of_the_rules_holds(place: Place, person: Person) -> None:
    approved(place, person, "kept", amount=50001)
    approved(place, person, "bonus", amount=50001)  # a line without a ceiling
    run = place.run()
    assert (paid(run, "kept"), paid(run, "bonus")) == (50000, 50001)
    assert PaySlip.objects.get(run=run).gross == BASE + 50000 + 50001


def test_what_is_approved_after_the_seal_is_paid_as_arrears(place: Place, person: Person) -> None:
    item = enter(place, person)
    place.run(seal=True)
    manual_item_approve(actor=place.users["finance"], item=item)
    run = place.run(month=FEBRUARY)
    line = ArrearsLine.objects.get(run=run)
    assert (line.month, line.line, line.paid, line.due) == (date(2026, 1, 1), "bonus", 0, 30000)
    assert PaySlip.objects.get(run=run).arrears == 30000


# -- What is shown ----------------------------------------------------------------------------------------------------------


def steps(person: Person, line: str, month: Month = JANUARY) -> list[str]:
    shown = slip_for_system(person_id=person.pk, month=month, explained=True)
    (found,) = [one for one in shown.lines if one.code == line]
    return [step.text for step in found.steps]


def test_the_slip_says_where_the_amount_comes_from(place: Place, person: Person) -> None:
    approved(place, person)
    place.run()
    assert steps(person, "bonus") == [
        "entered by hand: 300.00",
        "full month, rounded: 300.00",
        "300.00: 先进个人奖励 (entered by officer, approved by finance)",
    ]


def test_the_slip_says_that_a_ceiling_held(place: Place, person: Person) -> None:
    approved(place, person, "kept", amount=60000)
    place.run()
    assert steps(person, "kept") == [
        "entered by hand: 500.00",
        "at most 500 yuan",
        "full month, rounded: 500.00",
        "600.00: 先进个人奖励 (entered by officer, approved by finance)",
    ]


def test_a_later_entry_does_not_explain_an_earlier_slip(place: Place, person: Person) -> None:
    late = enter(place, person, amount=700)
    approved(place, person)
    place.run(seal=True)
    manual_item_approve(actor=place.users["finance"], item=late)
    assert steps(person, "bonus") == ["entered by hand: 300.00", "full month, rounded: 300.00"]


def test_the_difference_is_put_down_to_the_hand(place: Place, person: Person) -> None:
    place.run(seal=True)
    approved(place, person, month=FEBRUARY)
    run = place.run(month=FEBRUARY)
    row = run.differences.get()
    assert (row.delta, row.unexplained) == (30000, 0)
    assert [(one["code"], one["amount"]) for one in row.causes] == [("MANUAL", 30000)]


def test_the_page_takes_an_entry_and_offers_it_to_another(place: Place, person: Person, client: Any) -> None:
    url = reverse("payroll:manual_items", args=[person.pk])
    client.force_login(place.users["officer"])
    page = client.get(url).content.decode()
    assert "single award" in page
    assert "Nothing has been entered." in page
    answer = client.post(url, {"line": "kept", "month": "2026-02", "until": "", "amount": "300", "reason": "原工资"})
    assert answer.status_code == 302
    item = ManualItem.objects.get()
    assert (item.line, item.month, item.amount, item.entered_by) == (
        "kept", date(2026, 2, 1), 30000, place.users["officer"],
    )  # fmt: skip
    page = client.get(url).content.decode()
    assert "waits for a second person" in page
    assert "until changed" in page
    approve = reverse("payroll:manual_item_approve", args=[item.pk])
    assert approve not in page
    assert client.post(approve).status_code == 403
    client.force_login(place.users["finance"])
    page = client.get(url).content.decode()
    assert approve in page
    assert "Enter an amount" not in page  # finance approves and enters nothing
    assert client.post(approve).status_code == 302
    item.refresh_from_db()
    assert item.approved_by == place.users["finance"]


def test_the_page_says_beside_the_form_what_is_wrong(place: Place, person: Person, client: Any) -> None:
    url = reverse("payroll:manual_items", args=[person.pk])
    client.force_login(place.users["officer"])
    answer = client.post(url, {"line": "bonus", "month": "2026-02", "until": "2026-05", "amount": "300", "reason": "x"})
    assert answer.status_code == 400
    assert "does not repeat" in answer.content.decode()
    assert client.post(url, {"line": "bonus", "month": "x", "amount": "1.234", "reason": "x"}).status_code == 400
    assert not ManualItem.objects.exists()


def test_names_of_lines_are_in_the_readers_language(place: Place, person: Person) -> None:
    from django.utils import translation

    with translation.override("zh-hans"):
        shown = manual_items_of(user=place.users["officer"], person_id=person.pk)
    assert shown.lines == [("bonus", "一次性奖励"), ("kept", "保留工资")]


def test_the_workplace_tells_the_second_person_and_nobody_else(place: Place, person: Person) -> None:
    def waits(user: str) -> list[tuple[str, bool]]:
        return [(one.label, one.mine) for one in runs_waiting(user=place.users[user])]

    item = enter(place, person)
    assert waits("finance") == [("Amount entered by hand for 甲", False)]
    assert waits("officer") == [("Amount entered by hand for 甲", True)]
    assert [waits(user) for user in ("clerk", "auditor", "foreign")] == [[], [], []]
    manual_item_approve(actor=place.users["finance"], item=item)
    assert waits("finance") == waits("officer") == []


def test_the_persons_page_leads_to_their_amounts(place: Place, person: Person, client: Any) -> None:
    client.force_login(place.users["officer"])
    page = client.get(reverse("payroll:payslips", args=[person.pk])).content.decode()
    assert reverse("payroll:manual_items", args=[person.pk]) in page
