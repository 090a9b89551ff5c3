"""Into a higher category of posts by what closed results say: the last two years, for who has them and who doesn't."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date

import pytest
from django.utils import timezone

from assessment.models import AnnualResult, Appeal
from core.errors import Refused
from personnel.models import Person, Tenure
from personnel.selectors import employing
from personnel.selectors.results import results
from personnel.services import employment_transfer, section_change, tenure_start
from tests.payroll.conftest import POLICIES, Place
from tests.payroll.test_single_runs import HERE, THERE, build_tongren

DAY = date(2026, 3, 15)
TWO_YEARS = "{annual_grades: {grade: {at_least: QUALIFIED}, times: 2, in_last: 2}}"


def rules(when: str) -> str:
    """The rules of Tongren, had its article printed a condition of rising from the fifth to the fourth post."""
    text = (POLICIES / "tongren" / "2024.yaml").read_text(encoding="utf-8")
    start = text.index("when: {unset: 原文只说细化了条件和程序")
    return text[:start] + f"when: {when}" + text[text.index("}", start) + 1 :]


@pytest.fixture
def tongren(db: None) -> Place:
    return build_tongren(rules(TWO_YEARS))


def worker(place: Place, grades: dict[int, str], name: str = "甲", **fields: str) -> Person:
    """In the fifth post since June 2020, with closed results."""
    person = place.hire(name, HERE, start=date(2020, 6, 1), **fields)
    for year, grade in grades.items():
        place.result(person, year, grade)
    return person


def rises(place: Place, person: Person, day: date = DAY) -> Tenure:
    found = section_change(
        actor=place.users["starts"], row=person.tenures.get(end=None, title="STAFF"), day=day,
        values={"appointed_as": "fourth"}, document="晋升〔2026〕1号",
    )  # fmt: skip
    assert isinstance(found, Tenure)
    return found


def refused(place: Place, person: Person, day: date = DAY) -> list[str]:
    """Why somebody doesn't rise; nothing is written."""
    with pytest.raises(Refused) as error:
        rises(place, person, day)
    assert set(error.value.fields) == {"appointed_as"}
    assert set(person.tenures.values_list("appointed_as", flat=True)) == {None}
    return error.value.errors


LACKS = "甲 does not fulfil what the rules of Tongren (TR-38) ask for: "


@pytest.mark.requirement("TR-38")
def test_who_has_both_years_rises(tongren: Place) -> None:
    person = worker(tongren, {2023: "UNQUALIFIED", 2024: "QUALIFIED", 2025: "EXCELLENT"})
    assert rises(tongren, person).appointed_as == "fourth"


@pytest.mark.requirement("TR-38")
@pytest.mark.parametrize(
    ("grades", "had", "missing"),
    [
        ({2024: "QUALIFIED"}, "2024 qualified", "2025"),
        ({2025: "EXCELLENT"}, "2025 excellent", "2024"),
        ({2022: "EXCELLENT", 2023: "EXCELLENT"}, "", "2024、2025"),
        ({}, "", "2024、2025"),
    ],
    ids=["the newest", "the one before", "both, earlier ones don't count", "a newcomer"],
)
def test_the_refusal_names_the_year_that_is_missing(
    tongren: Place, grades: dict[int, str], had: str, missing: str
) -> None:
    first, *rest = refused(tongren, worker(tongren, grades))
    assert first.startswith(LACKS)
    assert rest == [
        *([f"Yearly results of 甲: {had}."] if had else []),
        f"No yearly result of 甲 is closed for {missing}. Close the evaluation, or enter the result.",
    ]


@pytest.mark.requirement("TR-38")
def test_a_year_that_was_too_low_is_shown_with_its_grade(tongren: Place) -> None:
    errors = refused(tongren, worker(tongren, {2024: "BASICALLY_QUALIFIED", 2025: "QUALIFIED"}))
    assert errors[0].startswith(LACKS)
    assert errors[1:] == ["Yearly results of 甲: 2024 basically qualified、2025 qualified."]


def test_a_result_that_is_not_closed_does_not_count(tongren: Place) -> None:
    person = worker(tongren, {2024: "QUALIFIED"})
    place_of_work = person.employments.get().unit
    AnnualResult.objects.create(
        person=person, year=2025, unit=place_of_work, grade="QUALIFIED", source="IMPORTED", state="OPEN"
    )
    assert "closed for 2025." in refused(tongren, person)[-1]


def test_a_granted_appeal_counts_instead_of_the_grade(tongren: Place) -> None:
    person = worker(tongren, {2024: "QUALIFIED", 2025: "UNQUALIFIED"})
    appeal = Appeal.objects.create(
        result=AnnualResult.objects.get(year=2025), day=date(2026, 2, 1), text="x", old_grade="UNQUALIFIED",
        new_grade="QUALIFIED",
    )  # fmt: skip
    refused(tongren, person)
    Appeal.objects.filter(pk=appeal.pk).update(state="GRANTED", decided=timezone.now(), answer="复核属实")
    assert rises(tongren, person).appointed_as == "fourth"


def test_with_the_new_year_the_year_that_ended_counts(tongren: Place) -> None:
    """On 31 December 2025 the last two years are 2023 and 2024, on the day after 2024 and 2025."""
    person = worker(tongren, {2024: "QUALIFIED", 2025: "QUALIFIED"})
    assert "closed for 2023." in refused(tongren, person, date(2025, 12, 31))[-1]
    assert rises(tongren, person, date(2026, 1, 1)).appointed_as == "fourth"


def test_a_post_that_is_taken_up_asks_the_same(tongren: Place) -> None:
    """Beside the one that somebody has, or in its place."""
    person = worker(tongren, {2025: "QUALIFIED"})
    given = {"actor": tongren.users["starts"], "unit": tongren.units[HERE], "title": "GRID_WORKER", "start": DAY}
    with pytest.raises(Refused, match="closed for 2024"):
        tenure_start(person=person, appointed_as="fourth", **given)
    assert tenure_start(person=person, **given).pk
    assert "closed for 2024." in refused(tongren, person, date(2026, 4, 1))[-1]  # holding two posts by now
    tongren.result(person, 2024, "EXCELLENT")
    assert rises(tongren, person, date(2026, 4, 1)).appointed_as == "fourth"


def test_the_newest_grade_alone_can_be_asked(db: None) -> None:
    place = build_tongren(rules("{annual_grade: {at_least: QUALIFIED}, service_years: {at_least: 3}}"))
    person, other = worker(place, {2025: "QUALIFIED"}), worker(place, {2024: "QUALIFIED"}, "乙")
    assert rises(place, person).appointed_as == "fourth"
    with pytest.raises(Refused, match=r"乙 is closed for 2025\."):
        rises(place, other)


@pytest.mark.parametrize(
    ("when", "rose"),
    [
        ("{points: {at_least: 0}}", True),
        ("{points: {at_least: 1}}", False),
        ("{score.annual: {at_least: 60}}", False),
        ("{grade.annual: QUALIFIED}", False),
        ("{review_decision: RETAIN}", False),
        ("{discipline_in_effect: false}", True),
    ],
)
def test_every_kind_of_result_can_be_asked(db: None, when: str, rose: bool) -> None:
    """Of somebody who has none of them but no discipline either."""
    place = build_tongren(rules(when))
    person = worker(place, {2025: "QUALIFIED"})
    if rose:
        assert rises(place, person).appointed_as == "fourth"
    else:
        assert refused(place, person)[0].startswith(LACKS)


def test_a_condition_without_results_speaks_of_none(db: None) -> None:
    place = build_tongren(rules("{service_years: {at_least: 30}}"))
    assert len(refused(place, worker(place, {2025: "QUALIFIED"}))) == 1


@pytest.mark.requirement("TR-38")
@pytest.mark.parametrize("guarded", [True, False], ids=["asked where they worked", "the control"])
def test_nobody_rises_past_the_condition_by_moving_first(
    tongren: Place, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    """The rules are the same in both units, and what somebody was on the day before is asked where they worked."""
    person, other = worker(tongren, {}), worker(tongren, {2024: "QUALIFIED", 2025: "QUALIFIED"}, "乙")
    given = {"unit": tongren.units[THERE], "title": "STAFF", "start": DAY, "appointed_as": "fourth"}
    for one in (person, other):
        employment_transfer(actor=None, employment=one.employments.get(), unit=tongren.units[THERE], day=DAY)
    if not guarded:
        monkeypatch.setattr(employing, "_worked_in", lambda *given: [])
    with pytest.raises(Refused, match="甲 does not fulfil") if guarded else nullcontext():
        tenure_start(actor=tongren.users["starts"], person=person, **given)
    assert tenure_start(actor=tongren.users["starts"], person=other, **given).appointed_as == "fourth"


@pytest.fixture
def unread() -> Iterator[None]:
    reader, results.reader = results.reader, None
    yield
    results.reader = reader


def test_nobody_rises_where_results_are_not_read(tongren: Place, unread: None) -> None:
    """The control: what the app above tells is what lets somebody rise."""
    person = worker(tongren, {2024: "QUALIFIED", 2025: "EXCELLENT"})
    assert refused(tongren, person)[-1].startswith("No yearly result of 甲 is closed for 2024、2025.")


def test_who_may_move_can_ask_for_results_too(db: None) -> None:
    text = rules("{}")
    old = "who: {post: {any_of: [fourth, fifth]}}"
    assert text.count(old) == 1
    place = build_tongren(text.replace(old, f"who: {TWO_YEARS}"))
    given = {"actor": None, "unit": place.units[THERE], "day": DAY}
    with pytest.raises(Refused, match="lets only those move to whom TR-31 applies"):
        employment_transfer(employment=worker(place, {2025: "QUALIFIED"}, "乙").employments.get(), **given)
    job = worker(place, {2024: "QUALIFIED", 2025: "QUALIFIED"}).employments.get()
    assert employment_transfer(employment=job, **given).unit == place.units[THERE]
