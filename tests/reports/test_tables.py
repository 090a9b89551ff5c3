"""The standard tables: page, workbook and PDF have the numbers of the figures, and every line adds up."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pypdf
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from core.errors import NotAllowed
from core.models import AuditEntry, Export
from cwms.demo.chain import run_chain
from cwms.demo.roster import Roster
from cwms.demo.users import load_users
from organization.models import Role, Unit, User
from organization.selectors import unit_for_system
from organization.services import grant_give
from personnel.models import Employment, Person
from personnel.services.restrictions import restriction_set
from reports.indicators import INDICATORS
from reports.rules.tables import StandardTable, balance
from reports.selectors import breakdown, figure
from reports.selectors.figures import Question
from reports.selectors.tables import KINDS, TableQuestion, table_of
from staffing.services import allocate, plan_enter, seats_freeze

Hire = Callable[..., Person]
Place = Callable[[str], Roster]
CODES = ("roster", "quota", "turnover", "structure", "development", "succession", "results", "pay")
DAY, SINCE = date(2026, 1, 31), date(2025, 1, 1)


@pytest.fixture
def officer(units: dict[str, Unit]) -> User:
    user = User.objects.create(username="officer", display_name="组织部")
    grant_give(actor=None, user=user, unit=units["340181"], role=Role.ORG_OFFICER)
    return user


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    with translation.override("zh-hans"):
        yield


def asked(unit: Unit, day: date = date(2025, 12, 31), since: date = date(2025, 1, 1), **more: Any) -> TableQuestion:
    return TableQuestion(unit, day, since, **more)


def table(user: User, code: str, unit: Unit, **more: Any) -> StandardTable:
    return table_of(user=user, code=code, question=asked(unit, **more))


def by_heading(one: StandardTable) -> list[dict[str, Any]]:
    return [dict(zip([column.heading for column in one.columns], row, strict=True)) for row in one.rows]


def texts(rows: Any) -> list[list[str]]:
    return [["—" if cell is None else str(cell) for cell in row] for row in rows]


def on_the_page(answer: Any) -> list[list[str]]:
    page = answer.content.decode()
    body = page[page.index("<thead") : page.index("</table>")]
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in re.findall(r"<tr>(.*?)</tr>", body, re.S)]
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row] for row in rows]


def compact(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.mark.slow
@pytest.mark.requirement("SL-04", "SL-36")
def test_page_workbook_pdf_and_figures_have_the_same_numbers(place: Place) -> None:
    place("songling")
    load_users("songling")
    run_chain(["songling"])
    unit = unit_for_system("232762")
    user = User.objects.create(username="asking", display_name="制表的人")
    grant_give(actor=None, user=user, unit=unit, role=Role.ORG_OFFICER)
    client = Client(headers={"Accept-Language": "zh-hans"})
    client.force_login(user)
    given = {"unit": unit.code, "day": DAY.isoformat(), "since": SINCE.isoformat()}
    for code in CODES:
        day = date(2025, 12, 31) if code == "results" else DAY
        one = table(user, code, unit, day=day, since=SINCE)
        wanted = texts(one.rows) + (texts([one.total]) if one.total else [])
        assert wanted, code
        sent = given | {"day": day.isoformat()}
        shown = on_the_page(client.get(reverse("reports:table", args=[code]), sent))
        assert shown[1 + bool(one.groups) :] == wanted, code

        url = reverse("reports:table_file", args=[code])
        book = openpyxl.load_workbook(io.BytesIO(client.post(url, sent | {"output": "xlsx"}).content))
        cells = [["" if cell is None else str(cell) for cell in row] for row in book.active.values]
        assert cells[2][: len(one.columns)] == [column.heading for column in one.columns]
        assert [as_numbers(row) for row in cells[3 : 3 + len(wanted)]] == [as_numbers(row) for row in wanted]
        number = Export.objects.order_by("-pk").first()
        assert number is not None
        assert number.code in cells[-1][0]
        assert "制表的人" in cells[-2][0]
        assert unit.name in cells[1][0]

        answer = client.post(url, sent | {"output": "pdf"})
        assert answer["Content-Type"] == "application/pdf"
        paper = "".join(compact(page.extract_text()) for page in pypdf.PdfReader(io.BytesIO(answer.content)).pages)
        assert Export.objects.order_by("-pk")[0].code in paper
        assert compact(one.title) in paper
        if code != "roster":  # whose cells break where the paper is narrow
            for row in wanted:
                assert compact("".join(row)) in paper, (code, row)

    def ask(code: str, day: date = DAY) -> Any:
        return figure(user=user, question=Question(INDICATORS[code], unit, day, SINCE))

    def total(code: str, day: date = DAY) -> dict[str, Any]:
        one = table(user, code, unit, day=day, since=SINCE)
        return dict(zip([column.heading for column in one.columns], one.total or (), strict=True))

    assert len(table(user, "roster", unit, day=DAY).rows) == ask("workers").numerator
    quota = list(total("quota").values())
    seats = ask("seats_used")
    assert quota[1] is None  # Songling's formula goes by residents, whose number is not on record
    assert quota[2:7] == [27, 39, 0, 12, Decimal("144.4")]  # 39 ÷ 27 = 144.44… %
    assert (seats.denominator, seats.numerator, seats.value) == (27, 39, Decimal("144.4"))
    pay = list(total("pay").values())
    assert pay[1] == ask("pay_mean", DAY).denominator
    assert pay[2] == ask("pay_sum").value == sum(pay[3:-3])
    assert pay[-3:] == [ask(code).value for code in ("pay_mean", "pay_least", "pay_most")]
    results = table(user, "results", unit, day=date(2025, 12, 31))
    question = Question(INDICATORS["results"], unit, date(2025, 12, 31), SINCE)
    grades = {
        cell.labels[0]: cell.figure.numerator for cell in breakdown(user=user, question=question, by=["result"]).cells
    }
    assert list(results.total or ())[1] == sum(number or 0 for number in grades.values())


def test_frozen_seats_stand_apart_where_there_are_any(units: dict[str, Unit], hire: Hire, officer: User) -> None:
    """5 seats, 3 of them of the street; 1 frozen there and 1 of the rest; one person in the street: 3 − 1 − 1 = 1 vacant
    there, 5 − 2 − 1 = 2 of all."""
    county, street = units["340181"], units["340181002"]
    plan = plan_enter(
        actor=None, unit=county, start=date(2025, 1, 1), number=5, document="编", issuer="编办", level="COUNTY"
    )
    others = {one.pk: 0 for one in Unit.objects.filter(parent__path=county.path)}
    allocate(actor=None, allocation=plan.allocations.get(), shares=others | {street.pk: 3}, kept=2)
    hire("甲")
    assert len(table(officer, "quota", county).columns) == 7
    for unit in (street, county):
        seats_freeze(actor=None, unit=unit, number=1, start=date(2025, 1, 1), document="冻")
    one = table(officer, "quota", county)
    assert len(one.columns) == 8
    found = {row[0]: list(row[2:7]) for row in one.rows}
    assert found[street.name] == [3, 1, 1, 1, 0]
    assert next(values for name, values in found.items() if name.startswith(county.name))[:3] == [2, 0, 1]
    assert list(one.total or ())[2:7] == [5, 1, 2, 2, 0]


def as_numbers(row: list[str]) -> list[str]:
    """A workbook has 12.5 for 12.50, and nothing for an empty text."""
    return [str(Decimal(cell).normalize()) if re.fullmatch(r"-?\d+(\.\d+)?", cell) else cell for cell in row]


def test_every_line_of_the_changes_adds_up(units: dict[str, Unit], hire: Hire, officer: User) -> None:
    """旗山: 2 at the beginning (甲, 乙); 丙 is recruited, 乙 resigns, 丁 comes from 裕溪河畔: 2 + 1 − 1 + 1 = 3.
    裕溪河畔: 丁 and 戊; 丁 goes, 戊 retires: 2 − 1 − 1 = 0. 己 comes and goes within the year and counts in both."""
    hire("甲")
    resigned = hire("乙", end=date(2025, 6, 1))
    Employment.objects.filter(person=resigned).update(end_reason="RESIGNED")
    hire("丙", start=date(2025, 3, 1), entry_channel="OPEN_RECRUITMENT")
    moved = hire("丁", unit="340181002001", end=date(2025, 5, 1))
    Employment.objects.filter(person=moved).update(end_reason="TRANSFERRED")
    Employment.objects.create(
        person=moved, employer=units["340181002008"], unit=units["340181002008"],
        unit_path=units["340181002008"].path, category="COMMUNITY_WORKER", start=date(2025, 5, 1),
    )  # fmt: skip
    retired = hire("戊", unit="340181002001", end=date(2025, 1, 1))
    Employment.objects.filter(person=retired).update(end_reason="RETIRED")
    hire("己", start=date(2025, 2, 1), end=date(2025, 4, 1), entry_channel="SELECTED")
    one = table(officer, "turnover", units["340181002"])
    found = {row[0]: list(row[1:]) for row in one.rows}
    headings = [column.label for column in one.columns]
    # 期初 · open recruitment, selected, moved in · resigned, retired, not on record, moved out · 期末
    assert len(headings) == 10, headings
    assert found == {"裕溪河畔社区": [2, 0, 0, 0, 0, 1, 0, 1, 0], "旗山社区": [2, 1, 1, 1, 1, 0, 1, 0, 3]}
    assert one.total is not None
    assert list(one.total)[1:] == [4, 1, 1, 1, 1, 1, 1, 1, 3]
    for row in (*one.rows, one.total):
        before, joined, gone, after = row[1], row[2:5], row[5:9], row[9]
        assert before + sum(joined) - sum(gone) == after, row  # type: ignore[operator,arg-type]
    whole = figure(user=officer, question=Question(INDICATORS["workers"], units["340181002"], one.day, SINCE))
    assert list(one.total)[-1] == whole.numerator == 3


def test_moves_are_what_is_left_of_a_person() -> None:
    """1 moves from a to b; 2 is hired in a and moves on to b; 3 leaves a: nothing of it is a move."""
    moved = balance([(1, "a"), (3, "a")], [(1, "b"), (2, "b")], [(2, "a")], [(3, "a")])
    assert moved == ({"b": 2}, {"a": 2})


def test_structure_is_broken_down_as_the_figures_are(units: dict[str, Unit], hire: Hire, officer: User) -> None:
    hire("甲", birth_date=date(1999, 1, 1))
    hire("乙", birth_date=date(1985, 1, 1))
    man = hire("丙", unit="340181002001", birth_date=date(1970, 1, 1))
    Person.objects.filter(pk=man.pk).update(sex="MALE", political_status="PARTY_MEMBER")
    one = table(officer, "structure", units["340181002"])
    rows = by_heading(one)
    assert [(row["单位"], row["性别：男"], row["性别：女"]) for row in rows] == [
        ("裕溪河畔社区", 1, 0),
        ("旗山社区", 0, 2),
    ]
    ages = [[row[f"年龄：{band}"] for band in ("0–30", "31–35", "36–45", "46+")] for row in rows]
    assert ages == [[0, 0, 0, 1], [1, 0, 1, 0]]  # 26 and 40; 55
    counts = [1, 3, *range(5, len(one.columns))]  # without the mean age and the share
    sums = [sum(row[place] for row in one.rows) for place in counts]  # type: ignore[misc]
    total = list(one.total or ())
    assert [total[place] for place in counts] == sums
    assert (rows[0]["平均年龄"], rows[1]["平均年龄"], total[2]) == (
        Decimal("55.0"),
        Decimal("33.0"),
        Decimal("40.3"),
    )  # 26, 40 and 55: 121 ÷ 3


def test_who_may_not_see_the_people_gets_no_small_counts(units: dict[str, Unit], hire: Hire) -> None:
    for name in ("甲", "乙", "丙", "丁", "戊"):
        hire(name)
    hire("己", unit="340181002001")
    counting = User.objects.create(username="counting", display_name="统计")
    grant_give(actor=None, user=counting, unit=units["340181"], role=Role.STATISTICS_CLIENT)
    one = table(counting, "structure", units["340181002"])
    assert [row[1] for row in one.rows] == ["*", "*"]
    assert list(one.total or ())[1] == 6
    changes = table(counting, "turnover", units["340181002"])
    assert {row[-1] for row in changes.rows} == {"*"}
    moves = [
        place
        for place, column in enumerate(changes.columns)
        if column.label in ("调入", "调出", "moved in", "moved out")
    ]
    assert len(moves) == 2
    assert {row[place] for row in changes.rows for place in moves} == {"*"}
    for code in ("roster", "quota"):
        with pytest.raises(NotAllowed):
            table(counting, code, units["340181002"])
    assert list(table(counting, "pay", units["340181002"]).columns)[3].label  # no payer's column, only the mean


def test_units_of_others_have_no_table(units: dict[str, Unit], hire: Hire, officer: User) -> None:
    client = Client()
    client.force_login(officer)
    for code in CODES:
        answer = client.get(reverse("reports:table", args=[code]), {"unit": "34"})
        assert answer.status_code == 400, code
    for code in KINDS:
        with pytest.raises(NotAllowed):
            table(officer, code, units["34"])


def test_a_roster_has_chosen_columns_masked_numbers_and_no_formula(
    units: dict[str, Unit], hire: Hire, officer: User
) -> None:
    person = hire("甲")
    Person.objects.filter(pk=person.pk).update(native_place="=HYPERLINK(1)")
    Person.objects.get(pk=person.pk)
    client = Client(headers={"Accept-Language": "zh-hans"})
    client.force_login(officer)
    sent = {"unit": "340181", "day": "2025-12-31", "columns": ["native_place", "sex"]}
    shown = on_the_page(client.get(reverse("reports:table", args=["roster"]), sent))
    assert shown[0][1:] == ["姓名", "籍贯", "性别"]
    assert shown[1] == ["1", "甲", "=HYPERLINK(1)", "女"]
    url = reverse("reports:table_file", args=["roster"])
    rows = list(csv.reader(io.StringIO(client.post(url, sent | {"output": "csv"}).content.decode("utf-8-sig"))))
    assert ["1", "甲", "'=HYPERLINK(1)", "女"] in rows
    book = openpyxl.load_workbook(io.BytesIO(client.post(url, sent | {"output": "xlsx"}).content))
    cell = book.active["C4"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=HYPERLINK(1)", "s", True)
    assert client.post(url, sent | {"output": "pdf"}).content.startswith(b"%PDF")
    assert [one.kind for one in Export.objects.all()] == ["reports.roster"] * 3
    assert AuditEntry.objects.filter(action="reports.table_exported").count() == 3


def test_everything_that_is_wrong_is_said_at_once(units: dict[str, Unit], officer: User) -> None:
    client = Client()
    client.force_login(officer)
    url = reverse("reports:table", args=["roster"])
    answer = client.get(url, {"unit": "1", "day": "x", "since": "y", "columns": "shoe"})
    assert answer.status_code == 400
    page = answer.content.decode()
    for name in ("unit", "day", "since", "columns"):
        assert f'href="#id_{name}"' in page, name
    assert 'value="x"' in page  # what was typed stays
    wrong = client.post(reverse("reports:table_file", args=["pay"]), {"unit": "340181", "output": "exe"})
    assert wrong.status_code == 400
    assert client.get(reverse("reports:table", args=["nothing"])).status_code == 404


def test_of_a_restricted_file_only_the_name_is_in_a_roster(units: dict[str, Unit], hire: Hire, officer: User) -> None:
    person = hire("甲")
    restriction_set(actor=officer, person=person, reason="本人提出异议", document="申请1号", start=date(2020, 1, 1))
    one = table(officer, "roster", units["340181"], columns=("name", "sex", "birth_date"))
    assert list(one.rows[0])[1] == "甲"
    assert list(one.rows[0])[2:] == ["", ""]
