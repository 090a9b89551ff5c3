"""A slip is explained from what it kept and the policy version; the explanation re-adds to the stored amounts."""

from __future__ import annotations

from datetime import date

import pytest

from core.errors import NotFound
from core.periods import Month
from payroll.models import PaySlip
from payroll.selectors.explained import explained_lines_for_system
from payroll.selectors.slips import slip_for, slip_for_system
from personnel.models import Certificate, Employment, Person
from policy.services import policy_load
from tests.payroll.conftest import JANUARY, POLICIES, Place


def test_explanations_re_add_to_the_stored_amounts(staffed: Place) -> None:
    run = staffed.run()
    slips = PaySlip.objects.filter(run=run).select_related("run", "unit")
    assert len(slips) == 6
    for slip in slips:
        lines = explained_lines_for_system(slip)
        assert [line.code for line in lines] == [line["code"] for line in run.lines]
        assert [line.standard for line in lines] == slip.standards
        assert [line.amount for line in lines] == slip.amounts
        assert sum(line.amount for line in lines) == slip.gross


def test_they_rest_on_the_slip_and_not_on_the_records_of_today(staffed: Place) -> None:
    run = staffed.run(seal=True)
    Certificate.objects.all().delete()
    Employment.objects.all().update(start=date(2025, 12, 1))
    Person.objects.all().update(sex="FEMALE")
    for slip in PaySlip.objects.filter(run=run).select_related("run", "unit"):
        assert [line.amount for line in explained_lines_for_system(slip)] == slip.amounts


def test_a_line_opens_to_its_arithmetic_and_clause(staffed: Place) -> None:
    staffed.run()
    person = Person.objects.get(name="甲")
    shown = slip_for_system(person_id=person.pk, month=JANUARY, explained=True)
    lines = {line.code: line for line in shown.lines}
    base = [(step.text, step.cite) for step in lines["base"].steps]
    assert any("1450" in text for text, _cite in base)
    assert lines["base"].cite == "SL-31"
    assert lines["post"].assumed
    assert any(step.status == "assumed" for step in lines["post"].steps)
    assert shown.gross == 364000
    assert shown.policy_version == "2022"


def test_a_yearly_payment_is_explained_from_the_months_it_covers(place: Place) -> None:
    """Chaohu's performance pay: the year before, paid in January."""
    policy_load(actor=None, text=(POLICIES / "chaohu" / "2023.yaml").read_text(encoding="utf-8"))
    from organization.services import unit_create
    from payroll.models import GradeSpan

    parent = place.units["340181"]
    for code, name, kind in (("340181002", "亚父街道", "STREET"), ("340181002008", "旗山社区", "COMMUNITY")):
        parent = place.units[code] = unit_create(
            actor=None, code=code, name=name, kind=kind, parent=parent, valid_from=date(2000, 1, 1)
        )
    full = place.hire("全", "340181002008", title="PARTY_SECRETARY", grade="EXCELLENT")
    half = place.hire("半", "340181002008", start=date(2025, 7, 1), grade="QUALIFIED")
    gone = place.hire("走", "340181002008", end=date(2025, 10, 1), grade="QUALIFIED")
    for person in (full, half, gone):
        GradeSpan.objects.create(person=person, scale="grade", value=7, start=date(2021, 1, 1), code="IMPORTED")
    from payroll.services.batches import compute_pay_run
    from payroll.services.pay_runs import pay_run_start

    run = compute_pay_run(run=pay_run_start(actor=None, unit=place.units["340181"], month=Month(2026, 1)))
    assert not run.error, run.error
    code = [line["code"] for line in run.lines].index("performance")
    paid = {slip.person.name: slip.amounts[code] for slip in run.slips.select_related("person")}
    assert (paid["全"], paid["半"]) == (2400000, 900000)
    assert "走" in paid  # gone since October, and still owed the cycle
    for slip in PaySlip.objects.filter(run=run).select_related("run", "unit"):
        lines = explained_lines_for_system(slip)
        assert [line.amount for line in lines] == slip.amounts
        assert [line.standard for line in lines] == slip.standards


@pytest.mark.parametrize(
    ("username", "allowed"),
    [("clerk", True), ("officer", True), ("finance", True), ("auditor", True), ("rest", True),
     ("sibling", False), ("foreign", False)],
)  # fmt: skip
def test_who_may_read_a_slip(staffed: Place, username: str, allowed: bool) -> None:
    staffed.run()
    person = Person.objects.get(name="甲")
    if allowed:
        shown = slip_for(user=staffed.users[username], person_id=person.pk, month=JANUARY, explained=False)
        assert shown.gross == 364000
        return
    with pytest.raises(NotFound):
        slip_for(user=staffed.users[username], person_id=person.pk, month=JANUARY, explained=False)
