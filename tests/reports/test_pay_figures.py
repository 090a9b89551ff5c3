"""Pay by line and by payer, worked out by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from django.test import Client

from core.errors import Refused
from organization.models import Role, Unit, User
from organization.services import grant_give
from payroll.models import PayRun, PaySlip
from personnel.models import Education, Employment, Person
from reports.indicators import INDICATORS, Span
from reports.indicators.columns import dimensions_of
from reports.models import PaidArea, PaidRun
from reports.rules.stretches import packed_table, unpacked_table
from reports.selectors.direct import counts_for_system
from reports.selectors.figures import Question, breakdown, figure, people_behind
from reports.selectors.paid import PAID, paid_for_system
from reports.selectors.past import stale_people_for_system
from reports.selectors.rollups import POPULATIONS
from reports.services import rollups_check, rollups_keep
from tests.reports.test_rollups import told

MAY = date(2024, 5, 1)
LINES = [
    {"code": "base", "name": "基本工资", "name_en": "base pay", "payer": {"CITY": 60, "STREET": 40}, "paid": True},
    {"code": "floor", "name": "兜底", "name_en": "lifted to the floor", "payer": {"STREET": 100}, "paid": True},
    {"code": "insurance", "name": "社保", "name_en": "insurance", "payer": {"CITY": 100}, "paid": False},
    {"code": "bonus", "name": "奖金", "name_en": "bonus", "payer": {}, "paid": True},
]  # fmt: skip


@pytest.fixture
def paid(units: dict[str, Unit], hire: Callable[..., Person]) -> dict[str, User]:
    """Three people of one street: 3,000.01 + 499.99 to the floor; 4,000.00; 5,000.05 with a bonus of 100.00. All insured."""
    users = {name: User.objects.create(username=name, display_name=name) for name in ("starter", "sealer", "reader")}
    grant_give(actor=None, user=users["reader"], unit=units["340181"], role=Role.FINANCE)
    unit = units["340181002"]
    run = PayRun.objects.create(
        unit=unit, unit_path=unit.path, month=MAY, started_by=users["starter"], state="READY", fingerprint="f",
        known_on=MAY, lines=LINES,
    )  # fmt: skip
    for n, amounts in enumerate([[300_001, 49_999, 9_000, 0], [400_000, 0, 9_000, 0], [500_005, 0, 9_000, 10_000]]):
        person = hire(f"员{n}", "340181002", title=None)
        PaySlip.objects.create(
            run=run, person=person, unit=unit, month=MAY, day=date(2024, 5, 15), from_day=MAY, to_day=date(2024, 6, 1),
            gross=sum(amounts) - 9_000, standards=amounts, amounts=amounts, input_codes=[], input_numbers=[],
        )  # fmt: skip
    PayRun.objects.filter(pk=run.pk).update(state="SEALED", confirmed_by=users["sealer"])
    return users


def asked(units: dict[str, Unit], code: str) -> Question:
    return Question(INDICATORS[code], units["340181"], date(2024, 5, 31), date(2024, 1, 1))


def by(user: User, question: Question, dimension: str) -> dict[str, Any]:
    return {cell.codes[0]: cell.figure for cell in breakdown(user=user, question=question, by=(dimension,)).cells}


def test_a_line_of_pay_has_its_mean_least_highest_and_sum(paid: dict[str, User], units: dict[str, Unit]) -> None:
    user = paid["reader"]
    means = by(user, asked(units, "pay_line_mean"), "component")
    assert {code: one.value for code, one in means.items()} == {
        "base": Decimal("4000.02"),  # 12,000.06 of three
        "floor": Decimal("499.99"),
        "bonus": Decimal("100.00"),
    }
    assert (means["base"].numerator, means["base"].denominator) == (1_200_006, 3)
    least, most = (by(user, asked(units, f"pay_line_{one}"), "component") for one in ("least", "most"))
    assert (least["base"].value, most["base"].value) == (Decimal("3000.01"), Decimal("5000.05"))
    having = by(user, asked(units, "pay_lines"), "component")
    assert {code: one.numerator for code, one in having.items()} == {"base": 3, "floor": 1, "bonus": 1}


def test_lines_and_shares_add_up_to_gross_pay(paid: dict[str, User], units: dict[str, Unit]) -> None:
    user = paid["reader"]
    gross = figure(user=user, question=asked(units, "pay_sum"))
    assert gross.numerator == 300_001 + 49_999 + 400_000 + 500_005 + 10_000
    assert figure(user=user, question=asked(units, "pay_line_sum")).numerator == gross.numerator
    shares = breakdown(user=user, question=asked(units, "pay_share_sum"), by=("payer",))
    assert (shares.total.numerator, shares.total.value) == (100 * (gross.numerator or 0), gross.value)
    # 60 % and 40 % of 12,000.06 are 7,200.036 and 4,800.024; the street bears the floor too.
    assert {cell.codes[0]: cell.figure.value for cell in shares.cells} == {
        "CITY": Decimal("7200.04"),
        "STREET": Decimal("5300.01"),
        "": Decimal("100.00"),
    }
    assert {cell.codes[0]: cell.labels[0] for cell in shares.cells} == {
        "CITY": "city", "STREET": "street", "": "payer not named",
    }  # fmt: skip
    # The street bears 40 % of 3,000.01 and 499.99 to the floor, 1,600.00, and 40 % of 5,000.05.
    most, least = (by(user, asked(units, f"pay_share_{one}"), "payer") for one in ("most", "least"))
    assert (least["STREET"].value, most["STREET"].value) == (Decimal("1600.00"), Decimal("2000.02"))


def test_pages_say_parts_in_yuan(paid: dict[str, User], units: dict[str, Unit]) -> None:
    """Programs get whole numbers of fen, or of hundredths of a fen; a person reads money."""
    shares = breakdown(user=paid["reader"], question=asked(units, "pay_share_sum"), by=("payer",))
    assert {cell.codes[0]: (cell.figure.numerator, cell.figure.part) for cell in shares.cells} == {
        "CITY": (72_000_360, Decimal("7200.04")), "STREET": (53_000_140, Decimal("5300.01")), "": (1_000_000, Decimal("100.00")),
    }  # fmt: skip
    means = by(paid["reader"], asked(units, "pay_line_mean"), "component")
    assert means["base"].part == Decimal("12000.06")
    client = Client()
    client.force_login(paid["reader"])
    page = client.get("/reports/pay_line_mean/?unit=340181&day=2024-05-31&by=component").content.decode()
    assert '<td class="num">12000.06</td><td class="num">3</td>' in page
    assert "1200006" not in page


def test_a_line_opens_its_people_and_has_no_other_breakdown(paid: dict[str, User], units: dict[str, Unit]) -> None:
    user, question = paid["reader"], asked(units, "pay_line_mean")
    rows = people_behind(user=user, question=question, within={"component": "floor"})
    assert [(row.person.name, row.number) for row in rows] == [("员0", 49_999)]
    table = breakdown(user=user, question=question, by=("unit", "component"))
    assert {cell.codes: cell.figure.numerator for cell in table.cells} == {
        ("340181002", "base"): 1_200_006, ("340181002", "floor"): 49_999, ("340181002", "bonus"): 10_000,
    }  # fmt: skip
    with pytest.raises(Refused, match="Break this figure down"):
        breakdown(user=user, question=question, by=("sex",))


def test_a_year_without_slips_has_no_figure(paid: dict[str, User], units: dict[str, Unit]) -> None:
    """May 2024 lies neither in 2023 nor in the first four months; nobody had a mean of nothing then."""
    for since, day in ((date(2023, 1, 1), date(2023, 12, 31)), (date(2024, 1, 1), date(2024, 4, 30))):
        for code in ("pay_line_mean", "pay_line_least", "pay_line_most"):
            question = replace(asked(units, code), day=day, since=since)
            assert breakdown(user=paid["reader"], question=question, by=("component",)).cells == []
        none = figure(user=paid["reader"], question=replace(asked(units, "pay_sum"), day=day, since=since))
        assert not none.numerator


def count_all() -> None:
    while rollups_keep():
        pass


def agree(units: dict[str, Unit]) -> None:
    """What is kept of the month and what its slips say are the same, in every shape of a question."""
    shapes: list[tuple[tuple[str, ...], dict[str, str]]] = [
        ((), {}), (("unit",), {}), (("unit", "sex"), {"age": "31-35"}), (("component", "unit"), {}),
        ((), {"component": "floor"}),
    ]  # fmt: skip
    asked: Counter[str] = Counter()
    shapes += [((code,), {}) for code in ("sex", "age", "service", "education", "category", "component", "payer")]
    for path in (units["340181"].path, units["340181"].path.split("/")[0] + "/"):
        span = Span(path, date(2024, 5, 31), date(2024, 1, 1))
        for code in PAID:
            group = POPULATIONS[code]
            for by, within in shapes:
                if {*by, *within} - {"unit"} <= {*dimensions_of(group[0].population)}:
                    kept = paid_for_system(stale_people_for_system(path), group, span, by, within)
                    assert kept is not None, (path, code, by)
                    assert told(kept) == told(counts_for_system(group, span, by, within)), (path, code, by, within)
                    asked[code] += 1
    assert min(asked[code] for code in PAID) == 6, asked  # no population goes by without being asked


def test_a_past_month_is_answered_from_what_is_kept(paid: dict[str, User], units: dict[str, Unit]) -> None:
    span = Span(units["340181"].path, date(2024, 5, 31), date(2024, 1, 1))
    assert paid_for_system([], POPULATIONS["slips"], span) is None, "nothing is kept yet"
    count_all()
    agree(units)
    first, second, third = Person.objects.order_by("pk")
    # Corrections count at once, before they are counted again and after.
    Person.objects.filter(pk=first.pk).update(sex="MALE", birth_date=date(1970, 1, 1))
    Employment.objects.filter(person=second).update(end=date(2024, 5, 1))  # not employed on the day of the slip
    Education.objects.create(person=third, level="MASTER", graduated=date(2020, 7, 1))
    agree(units)
    count_all()
    agree(units)
    # A unit that stands elsewhere in the tree takes its pay along.
    moved = units["340181002"].path + "9/"
    Unit.objects.filter(pk=units["340181002"].pk).update(path=moved)
    assert paid_for_system([], POPULATIONS["slips"], span) is None
    count_all()
    rows = paid_for_system([], POPULATIONS["pay_lines"], replace(span, path=units["340181"].path), ("unit",))
    assert rows is not None
    assert {key: row["pay_line_sum_total"] for key, row in rows.items()} == {("340181002",): 1_260_005}


def test_what_is_kept_of_pay_is_checked_and_put_right(paid: dict[str, User], units: dict[str, Unit]) -> None:
    count_all()
    assert rollups_check() == []
    part = PaidArea.objects.get(population="slips")
    frame = unpacked_table(part.data).with_columns(number=pl.col("number") + 1)
    PaidArea.objects.filter(pk=part.pk).update(data=packed_table(frame))
    user, question = paid["reader"], asked(units, "pay_sum")
    assert figure(user=user, question=question).numerator == 1_260_005 + 3, "the control: it is read"
    assert [(one.what, one.unit_path) for one in rollups_check(repair=True)] == [("paid", part.unit_path)]
    assert figure(user=user, question=question).numerator == 1_260_005
    assert rollups_check() == []


def test_nothing_is_kept_of_a_run_that_is_not_sealed(paid: dict[str, User], units: dict[str, Unit]) -> None:
    run = PayRun.objects.get()
    open_run = PayRun.objects.create(
        unit=run.unit, unit_path=run.unit_path, month=date(2024, 6, 1), started_by=paid["starter"], state="READY",
        fingerprint="g", known_on=MAY, lines=LINES,
    )  # fmt: skip
    count_all()
    assert list(PaidRun.objects.values_list("run", flat=True)) == [run.pk]
    PayRun.objects.filter(pk=open_run.pk).update(state="SEALED", confirmed_by=paid["sealer"])
    span = Span(units["340181"].path, date(2024, 6, 30), date(2024, 1, 1))
    assert paid_for_system([], POPULATIONS["slips"], span) is None
    count_all()
    assert paid_for_system([], POPULATIONS["slips"], span, ("unit",)) == {}
