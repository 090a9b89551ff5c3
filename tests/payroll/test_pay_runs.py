"""Pay runs from the start to the seal, on Songling's own rules."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.models import AuditEntry
from core.periods import Month
from payroll.models import ArrearsLine, PayBatch, PayLeftOut, PayRun, PaySlip
from payroll.selectors.slips import slip_for_system
from payroll.services.batches import compute_pay_batch, compute_pay_run
from payroll.services.pay_runs import pay_run_cancel, pay_run_seal, pay_run_start
from personnel.models import Certificate, Employment, Person, Tenure
from policy.services import policy_load
from tests.payroll.conftest import FEBRUARY, JANUARY, POLICIES, Place


def pay_of(run: PayRun) -> dict[str, int]:
    return dict(PaySlip.objects.filter(run=run).values_list("person__name", "gross"))


def test_the_worked_example_of_the_algorithm(staffed: Place) -> None:
    run = staffed.run()
    slips = pay_of(run)
    assert slips["甲"] == 364000
    assert slips["乙"] == 364000 + 3500
    assert run.state == "READY"
    assert run.totals["people"] == 6
    assert run.totals["gross"] == sum(slips.values())
    slip = PaySlip.objects.get(run=run, person__name="甲")
    amounts = dict(zip([line["code"] for line in run.lines], slip.amounts, strict=True))
    assert amounts == {
        "base": 290000, "post": 60000, "certificate": 0, "seniority": 5000, "performance": 9000, "hygiene": 0,
    }  # fmt: skip
    assert slip.post == "general"
    assert slip.gross == sum(slip.amounts)


def test_a_joiner_is_paid_from_their_day(staffed: Place) -> None:
    run = staffed.run()
    slip = PaySlip.objects.get(run=run, person__name="己")
    assert (slip.day, slip.from_day, slip.to_day) == (date(2026, 1, 15), date(2026, 1, 15), date(2026, 2, 1))
    amounts = dict(zip([line["code"] for line in run.lines], slip.amounts, strict=True))
    assert amounts["base"] == (290000 * 17 * 2 + 31) // (31 * 2)


def test_a_slip_keeps_what_it_was_worked_out_from(staffed: Place) -> None:
    run = staffed.run()
    slip = PaySlip.objects.get(run=run, person__name="丁")
    codes = dict(zip([name for name, _form in run.inputs["codes"]], slip.input_codes, strict=True))
    numbers = dict(zip([name for name, _form in run.inputs["numbers"]], slip.input_numbers, strict=True))
    assert codes == {"annual_grade": "GOOD", "certificate": None, "post": "chief", "sex": "MALE"}
    assert numbers == {"service_years": 120}


@pytest.mark.requirement("SL-31")
def test_what_rests_on_assumed_values_is_marked(staffed: Place) -> None:
    run = staffed.run()
    slip = PaySlip.objects.get(run=run, person__name="甲")
    marked = {line["code"] for n, line in enumerate(run.lines) if slip.assumed >> n & 1}
    assert "base" not in marked
    assert {"post", "seniority"} <= marked
    assert run.totals["assumed"] == 6


def test_one_persons_bad_data_leaves_that_person_out(staffed: Place) -> None:
    bad = staffed.hire("庚", title=None)
    run = staffed.run()
    assert run.totals["people"] == 6
    row = PayLeftOut.objects.get(run=run)
    assert (row.person_id, row.code, row.params) == (bad.pk, "NO_POST", {"day": "2026-01-01"})
    assert "2026-01-01" in row.reason
    assert not PaySlip.objects.filter(person=bad).exists()


def test_two_open_employments_leave_that_person_out(staffed: Place) -> None:
    person = staffed.hire("辛")
    first = Employment.objects.get(person=person)
    Employment.objects.create(
        person=person, employer=first.employer, unit=first.unit, unit_path=first.unit_path, category="GRID_WORKER",
        start=date(2024, 3, 1),
    )  # fmt: skip
    run = staffed.run()
    row = PayLeftOut.objects.get(run=run)
    assert row.code == "TWO_EMPLOYMENTS"
    assert run.totals["people"] == 6


@pytest.mark.parametrize("people_a_batch", [1, 2, 100])
def test_batches_leave_slips_and_fingerprint_unchanged(staffed: Place, people_a_batch: int) -> None:
    one = staffed.run(people_a_batch=3)
    slips = sorted(PaySlip.objects.filter(run=one).values_list("person", "amounts", "input_codes", "input_numbers"))
    pay_run_cancel(actor=staffed.users["officer"], run=one)
    assert not PaySlip.objects.exists()
    other = staffed.run(people_a_batch=people_a_batch)
    assert other.fingerprint == one.fingerprint != ""
    assert other.totals == one.totals
    assert sorted(PaySlip.objects.values_list("person", "amounts", "input_codes", "input_numbers")) == slips


def test_another_record_gives_another_fingerprint(staffed: Place) -> None:
    one = staffed.run()
    pay_run_cancel(actor=None, run=one)
    Tenure.objects.filter(person__name="戊").update(start=date(2021, 2, 1))
    pay_run_cancel(actor=None, run=staffed.run())
    Certificate.objects.filter(person__name="丙").delete()
    assert staffed.run().fingerprint != one.fingerprint


def test_repeated_messages_change_nothing(staffed: Place) -> None:
    run = pay_run_start(actor=None, unit=staffed.units["232762"], month=JANUARY, people_a_batch=1)
    batches = list(PayBatch.objects.filter(run=run).values_list("pk", flat=True))
    assert len(batches) >= 3
    assert compute_pay_batch(batch_id=batches[0])
    assert not compute_pay_batch(batch_id=batches[0])
    run = compute_pay_run(run=run)
    assert run.state == "READY"
    assert PaySlip.objects.filter(run=run).count() == 6


def test_the_number_of_queries_does_not_depend_on_the_headcount(staffed: Place) -> None:
    def queries() -> int:
        run = pay_run_start(actor=None, unit=staffed.units["232762"], month=JANUARY)
        batch = PayBatch.objects.get(run=run)
        with CaptureQueriesContext(connection) as captured:
            compute_pay_batch(batch_id=batch.pk)
        pay_run_cancel(actor=None, run=PayRun.objects.get(pk=run.pk))
        return len(captured)

    few = queries()
    for n in range(40):
        staffed.hire(f"人{n}", "232762100002", grade="GOOD")
    assert queries() == few


# -- Refusals -----------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("QY-11")
def test_a_place_without_pay_rules_refuses_with_one_message_that_names_all(place: Place) -> None:
    for path in ("gansu/2023.yaml", "qingyang/2023.yaml"):
        policy_load(actor=None, text=(POLICIES / path).read_text(encoding="utf-8"))
    from organization.services import unit_create

    gansu = unit_create(actor=None, code="62", name="甘肃省", kind="PROVINCE", parent=None, valid_from=date(2000, 1, 1))
    qingyang = unit_create(
        actor=None, code="6210", name="庆阳市", kind="CITY", parent=gansu, valid_from=date(2000, 1, 1)
    )
    with pytest.raises(Refused) as refusal:
        pay_run_start(actor=None, unit=qingyang, month=JANUARY)
    assert len(refusal.value.errors) == 1
    message = str(refusal.value)
    assert "pay" in message
    assert "2026-01-01" in message
    assert not PayRun.objects.exists()


def test_a_month_is_paid_once(staffed: Place) -> None:
    run = staffed.run("232762100")
    with pytest.raises(Conflict, match=str(run.pk)):
        staffed.run("232762")
    with pytest.raises(Conflict):
        staffed.run("232762100001")
    assert staffed.run("232762101").totals["people"] == 2
    assert staffed.run("232762", FEBRUARY).totals["people"] == 6


def test_somebody_paid_in_another_run_is_left_out(staffed: Place) -> None:
    staffed.run("232762100")
    moved = Employment.objects.get(person__name="甲")
    unit = staffed.units["232762101001"]
    Employment.objects.filter(pk=moved.pk).update(unit=unit, unit_path=unit.path)
    second = staffed.run("232762101")
    assert PayLeftOut.objects.get(run=second).code == "PAID_ELSEWHERE"
    assert PaySlip.objects.filter(person__name="甲").count() == 1
    assert second.totals["people"] == 2


def test_a_trial_writes_no_slips(staffed: Place) -> None:
    run = staffed.run(dry_run=True)
    assert run.state == "READY"
    assert run.totals["people"] == 6
    assert not PaySlip.objects.exists()
    with pytest.raises(Refused):
        pay_run_seal(actor=staffed.users["finance"], run=run)


# -- Who may ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("username", "unit", "error"),
    [
        ("clerk", "232762100", None),
        ("officer", "232762", None),
        ("sibling", "232762100", NotFound),
        ("clerk", "232762", NotFound),
        ("finance", "232762", NotAllowed),
        ("auditor", "232762", NotAllowed),
        ("rest", "232762", NotAllowed),
        ("foreign", "232762", NotFound),
    ],
)
def test_who_may_start(staffed: Place, username: str, unit: str, error: type[Exception] | None) -> None:
    if error is None:
        run = pay_run_start(actor=staffed.users[username], unit=staffed.units[unit], month=JANUARY)
        assert run.started_by == staffed.users[username]
        return
    with pytest.raises(error):
        pay_run_start(actor=staffed.users[username], unit=staffed.units[unit], month=JANUARY)
    assert not PayRun.objects.exists()


def test_nobody_seals_what_they_started(staffed: Place) -> None:
    from organization.services import grant_give

    both = staffed.users["officer"]
    grant_give(actor=None, user=both, unit=staffed.units["232762"], role="FINANCE")
    run = staffed.run()
    with pytest.raises(NotAllowed):
        pay_run_seal(actor=both, run=run)
    with pytest.raises(NotAllowed):
        pay_run_seal(actor=staffed.users["approver"], run=run)
    with pytest.raises(NotFound):
        pay_run_seal(actor=staffed.users["foreign"], run=run)
    sealed = pay_run_seal(actor=staffed.users["finance"], run=run, fingerprint=run.fingerprint)
    assert (sealed.state, sealed.confirmed_by) == ("SEALED", staffed.users["finance"])
    entry = AuditEntry.objects.filter(action="payroll.payrun.seal").get()
    assert entry.actor_name == "finance"
    assert entry.after["fingerprint"] == run.fingerprint


def test_what_is_sealed_is_what_was_looked_at(staffed: Place) -> None:
    run = staffed.run()
    with pytest.raises(Conflict):
        pay_run_seal(actor=staffed.users["finance"], run=run, fingerprint="0" * 64)


def test_a_sealed_run_is_not_cancelled(staffed: Place) -> None:
    run = staffed.run(seal=True)
    with pytest.raises(Conflict):
        pay_run_cancel(actor=staffed.users["officer"], run=run)


# -- Arrears ------------------------------------------------------------------------------------------------------------


def test_a_late_record_is_paid_as_arrears_line_by_line(staffed: Place) -> None:
    staffed.run(seal=True)
    person = PaySlip.objects.get(person__name="甲").person
    Certificate.objects.create(person=person, level="SOCIAL_WORKER", number="late", issued=date(2025, 9, 1))
    february = staffed.run(month=FEBRUARY)
    line = ArrearsLine.objects.get(run=february)
    assert (line.person_id, line.month, line.line) == (person.pk, date(2026, 1, 1), "certificate")
    assert (line.paid, line.due, line.amount) == (0, 30000, 30000)
    slip = PaySlip.objects.get(run=february, person=person)
    assert (slip.arrears, slip.gross) == (30000, 394000)
    pay_run_seal(actor=staffed.users["finance"], run=february)
    march = staffed.run(month=Month(2026, 3))
    assert not ArrearsLine.objects.filter(run=march).exists()
    assert march.totals["arrears"] == 0


def test_what_was_paid_too_much_is_taken_back(staffed: Place) -> None:
    staffed.run(seal=True)
    Certificate.objects.filter(person__name="丙").delete()
    february = staffed.run(month=FEBRUARY)
    line = ArrearsLine.objects.get(run=february)
    assert (line.line, line.amount) == ("certificate", -15000)
    assert february.totals["arrears"] == -15000


def test_a_place_with_its_own_rules_is_not_paid_by_those_above_it(staffed: Place) -> None:
    """The street takes rules of its own: the county's run says so, the street's is worked out by them."""
    own = (POLICIES / "songling" / "2022.yaml").read_text(encoding="utf-8").replace('"232762"', '"232762100"')
    street = policy_load(actor=None, text=own)
    with pytest.raises(Refused, match=f"{street.document.name.en} has rules of its own on 2026-01-01"):
        pay_run_start(actor=None, unit=staffed.units["232762"], month=JANUARY)
    run = pay_run_start(actor=None, unit=staffed.units["232762100"], month=JANUARY)
    assert [entry["place"] for entry in run.policies][:1] == ["232762100"]
    # The other street still has the county's.
    assert pay_run_start(actor=None, unit=staffed.units["232762101"], month=JANUARY).policies[0]["place"] == "232762"


def test_an_index_without_a_value_refuses_the_run_by_its_name(staffed: Place) -> None:
    text = (POLICIES / "songling" / "2022.yaml").read_text(encoding="utf-8").replace('"232762"', '"232762100"')
    assert "2021-04-01: " in text
    policy_load(actor=None, text=text.replace("2021-04-01: ", "2026-06-01: "))
    street = staffed.units["232762100"]
    with pytest.raises(Refused) as refused:
        pay_run_start(actor=None, unit=street, month=JANUARY)
    (message,) = refused.value.errors
    assert "indices.minimum_wage.series" in message
    assert "2026-01-01" in message
    assert pay_run_start(actor=None, unit=street, month=Month(2026, 6)).state == "RUNNING"


def test_an_index_may_be_the_mean_of_the_places_own_sealed_slips(staffed: Place) -> None:
    """A new version pays everybody the mean of base and post that the women had in the year before."""
    old = staffed.run(month=JANUARY.previous(), seal=True)
    text = (POLICIES / "songling" / "2022.yaml").read_text(encoding="utf-8")
    own = "  own:\n    per: month\n    keyed: year\n    own_mean: {of: [base, post], who: {sex: FEMALE}, of_year: previous}\n    cite: SL-31\n"
    bonus = "    - {code: bonus, name: 补差, kind: amount, amount: {index: own, of_year: previous}, cite: SL-31}\n"
    for found, put in (
        ("indices:\n", "indices:\n" + own),
        ("    - code: post\n", bonus + "    - code: post\n"),
        ("from: 2022-01-01", "from: 2026-01-01"),
        ('version: "2022"', 'version: "2026"'),
    ):
        assert text.count(found) == 1, found
        text = text.replace(found, put)
    policy_load(actor=None, text=text)
    run = staffed.run()
    # 乙 had 2,900 + 600, 戊 2,900 + 650: (3,500 + 3,550) ÷ 2; the men's slips do not count.
    assert {slip.person.name for slip in PaySlip.objects.filter(run=old, person__sex="FEMALE")} == {"乙", "戊"}
    place = [line["code"] for line in run.lines].index("bonus")
    # 己 joined on 15 January: 17 of 31 days.
    assert {slip.amounts[place] for slip in PaySlip.objects.filter(run=run)} == {352500, 193306}
    steps = {line.code: line for line in slip_for_system(
        person_id=Person.objects.get(name="甲").pk, month=JANUARY, explained=True
    ).lines}  # fmt: skip
    assert steps["bonus"].amount == 352500


def test_a_mean_of_slips_that_nobody_has_refuses_by_its_name(staffed: Place) -> None:
    text = (POLICIES / "songling" / "2022.yaml").read_text(encoding="utf-8").replace('"232762"', '"232762100"')
    own = "indices:\n  own: {per: month, keyed: year, own_mean: {of: [base]}, cite: SL-31}\n"
    bonus = "    - {code: bonus, name: 补差, kind: amount, amount: {index: own, of_year: previous}, cite: SL-31}\n    - code: post\n"
    text = text.replace("indices:\n", own).replace("    - code: post\n", bonus)
    policy_load(actor=None, text=text)
    with pytest.raises(Refused, match=r"indices\.own"):
        pay_run_start(actor=None, unit=staffed.units["232762100"], month=JANUARY)


def test_whom_a_place_pays_is_its_rule_from_its_day_on(staffed: Place) -> None:
    """Six are paid in January. From February on another text pays community workers alone, and one of them is not."""
    person = staffed.hire("壬")
    Employment.objects.filter(person=person).update(category="GRID_WORKER")
    assert staffed.run().totals["people"] == 7
    text = (POLICIES / "songling" / "2022.yaml").read_text(encoding="utf-8")
    three = "{category: {none_of: [PUBLIC_WELFARE_POST, ESTABLISHMENT_STAFF]}}"
    assert text.count(f"paid: {{value: {three}") == 1
    text = text.replace(f"paid: {{value: {three}", "paid: {value: {category: COMMUNITY_WORKER}")
    text = text.replace('version: "2022"', 'version: "2026"').replace("{from: 2022-01-01", "{from: 2026-02-01")
    policy_load(actor=None, text=text)
    run = staffed.run(month=FEBRUARY)
    assert run.totals["people"] == 6
    assert "壬" not in pay_of(run)
    assert not PayLeftOut.objects.filter(run=run).exists()
