"""Every figure about personnel that the seven articles print, asked of the records of its place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from cwms.demo.chain import run_chain
from cwms.demo.roster import Roster
from cwms.demo.users import load_users
from organization.models import Role, Unit, User
from organization.selectors import unit_for_system
from organization.services import fact_enter, grant_give
from personnel.models import (
    Education,
    Employment,
    Honour,
    NamedListEntry,
    Person,
    Post,
    PublicRole,
    ResponsibilityArea,
    Tenure,
)
from reports.indicators import INDICATORS
from reports.selectors import breakdown, figure, series
from reports.selectors.figures import Figure, Question, people_behind, unit_asked
from reports.selectors.paragraph import paragraph
from tests import requirements
from training.models import TrainingRecord

Place = Callable[[str], Roster]
YEAR_END = date(2025, 12, 31)


class Asking:
    """Somebody of the organisation department who asks for figures of a place."""

    def __init__(self, code: str) -> None:
        self.user = User.objects.create(username="asking", display_name="组织部")
        grant_give(actor=None, user=self.user, unit=unit_for_system(code), role=Role.ORG_OFFICER)
        self.code = code

    def question(self, code: str, day: date = YEAR_END, since: date = date(2025, 1, 1)) -> Question:
        return Question(INDICATORS[code], unit_asked(user=self.user, code=self.code, day=day), day, since)

    def __call__(self, code: str, **asked: date) -> Figure:
        question = self.question(code, **asked)
        found = figure(user=self.user, question=question)
        if question.indicator.aggregate.value in ("count", "share"):
            assert people_behind(user=self.user, question=question).count() == found.numerator
        return found

    def value(self, code: str, **asked: date) -> Decimal | None:
        return self(code, **asked).value

    def by(self, code: str, dimension: str) -> dict[str, int | None]:
        table = breakdown(user=self.user, question=self.question(code), by=[dimension])
        return {cell.codes[0]: cell.figure.numerator for cell in table.cells}


@pytest.mark.requirement("CH-02", "CH-03", "CH-04", "CH-05", "CH-06", "CH-07", "CH-11", "CH-35")
def test_chaohu(place: Place) -> None:
    place("chaohu")
    ask = Asking("340181")
    assert [ask(code).numerator for code in ("committee", "secretaries", "committee_party", "committee_residents")] == [
        290, 37, 230, 212,
    ]  # fmt: skip
    one_hand = ask("one_hand")
    assert (one_hand.numerator, one_hand.denominator, one_hand.value) == (37, 37, Decimal("100.0"))
    crossing = [ask(code) for code in ("cross_of_members", "cross_of_party", "cross_of_residents")]
    # 54.8 is printed; by none of the three definitions do the article's own counts give it (decision 0015)
    assert [(one.numerator, one.denominator, str(one.value)) for one in crossing] == [
        (152, 290, "52.4"), (152, 230, "66.1"), (152, 212, "71.7"),
    ]  # fmt: skip
    age = ask("committee_mean_age")
    assert (age.numerator, age.denominator, age.value) == (11_339, 290, Decimal("39.1"))
    college = ask("committee_college")
    assert (college.numerator, college.denominator, college.value) == (275, 290, Decimal("94.8"))
    seats = ask("seats_used")
    assert seats.denominator == 573
    assert ask("certified").numerator == 88


@pytest.mark.requirement("CH-02", "CH-07")
def test_the_paragraph_of_chaohu_is_made_of_the_same_figures(place: Place) -> None:
    place("chaohu")
    ask = Asking("340181")
    unit = ask.question("workers").unit
    parts = paragraph(user=ask.user, unit=unit, day=YEAR_END)
    text = "".join(part.text for part in parts)
    assert (
        "Its two committees have 290 members: 37 party secretaries, 230 members of party organisations "
        "and 212 of residents' committees." in text
    )
    assert "100.0 % of the secretaries direct the residents' committee too (37 of 37)." in text
    assert "52.4 % sit in both committees (152 of 290, of all members)." in text
    assert "Their mean age is 39.1; 94.8 % have college or above (275 of 290)." in text
    with translation.override("zh-hans"):
        chinese = paragraph(user=ask.user, unit=unit, day=YEAR_END)
    assert sorted(part.text for part in chinese if part.figure) == sorted(part.text for part in parts if part.figure)


@pytest.mark.requirement("SL-04", "SL-10", "SL-11", "SL-36")
def test_songling(place: Place) -> None:
    place("songling")
    load_users("songling")
    run_chain(["songling"])
    ask = Asking("232762")
    used = ask("seats_used")
    assert (used.numerator, used.denominator) == (39, 27)
    assert ask.by("employed", "category") == {
        "COMMUNITY_WORKER": 39, "PUBLIC_WELFARE_POST": 16, "ESTABLISHMENT_STAFF": 10,
    }  # fmt: skip
    january = date(2026, 1, 31)
    assert [ask.value(code, day=january) for code in ("pay_mean", "pay_least", "pay_most")] == [
        Decimal("3700.00"), Decimal("3640.00"), Decimal("4160.00"),
    ]  # fmt: skip
    graded = ask.by("results", "result")
    assert sum(number or 0 for number in graded.values()) == ask("results").numerator == 39


@pytest.mark.requirement("TR-04", "TR-25")
def test_tongren(place: Place) -> None:
    place("tongren")
    load_users("tongren")
    run_chain(["tongren"])
    ask = Asking("5206")
    assert ask("workers").numerator == 1_087
    assert ask("pay_mean", day=date(2026, 1, 31)).value == Decimal("3962.09")


@pytest.mark.requirement("QY-06", "QY-17")
def test_qingyang(place: Place) -> None:
    place("qingyang")
    ask = Asking("6210")
    assert (ask("workers").numerator, ask("grid_leaders").numerator) == (1_163, 678)


def enter(unit: Unit, number: int, start: date = date(2024, 3, 1), **fields: Any) -> list[Person]:
    """People of one age, employed in a unit from a day on."""
    born = fields.pop("born", date(1990, 6, 1))
    people = Person.objects.bulk_create(Person(name="某", birth_date=born, sex="FEMALE") for _n in range(number))
    Employment.objects.bulk_create(
        Employment(person=person, employer=unit, unit=unit, unit_path=unit.path, start=start,
                   **({"category": "COMMUNITY_WORKER"} | fields))
        for person in people
    )  # fmt: skip
    return people


# The demonstration has no records of these figures; entered, the system gives them as they are printed.


@pytest.mark.requirement("CH-16")
def test_33_are_hired_in_two_batches_33_years_old_four_of_them_full_time_masters(units: dict[str, Unit]) -> None:
    """Ages on the day of hire, 1 March 2024: 16 are 30, 16 are 36, one is 33; 16 × 30 + 16 × 36 + 33 = 33 × 33."""
    unit = units["340181002008"]
    people = enter(unit, 16, batch="一", born=date(1994, 1, 1)) + enter(unit, 1, batch="一", born=date(1991, 1, 1))
    people += enter(unit, 16, batch="二", born=date(1988, 1, 1))
    Education.objects.bulk_create(
        Education(person=person, level="MASTER" if n < 4 else "BACHELOR", graduated=date(2015, 7, 1),
                  study_mode="FULL_TIME")
        for n, person in enumerate(people)
    )  # fmt: skip
    ask = Asking("340181")
    of = {"day": date(2024, 12, 31), "since": date(2024, 1, 1)}
    assert [ask(code, **of).numerator for code in ("hires", "hires_full_time")] == [33, 33]
    assert ask.value("hires_mean_age", **of) == Decimal("33.0")
    by_batch = breakdown(user=ask.user, question=ask.question("hires", **of), by=["batch"])
    assert [cell.figure.numerator for cell in by_batch.cells] == [17, 16]
    by_level = breakdown(user=ask.user, question=ask.question("hires", **of), by=["education"])
    assert {cell.codes[0]: cell.figure.numerator for cell in by_level.cells} == {"MASTER": 4, "BACHELOR": 29}


@pytest.mark.requirement("TR-07", "LS-08")
def test_hires_are_counted_by_year_and_by_category(units: dict[str, Unit]) -> None:
    """1,324 in three years (500 + 500 + 324); 4 full-time staff and 122 grid workers."""
    unit = units["340181002008"]
    for year, number in ((2022, 500), (2023, 500), (2024, 324)):
        enter(unit, number, date(year, 5, 1))
    ask = Asking("340181")
    assert ask("hires", day=date(2024, 12, 31), since=date(2022, 1, 1)).numerator == 1_324
    question = ask.question("hires", date(2024, 12, 31), date(2022, 1, 1))
    assert [one.numerator for one in series(user=ask.user, question=question, step="year")] == [500, 500, 324]
    enter(unit, 4, date(2025, 3, 1), category="FULL_TIME_STAFF")
    enter(unit, 122, date(2025, 3, 1), category="GRID_WORKER")
    assert ask.by("hires", "category") == {"FULL_TIME_STAFF": 4, "GRID_WORKER": 122}


@pytest.mark.requirement("TR-34", "QY-15", "TR-35")
def test_delegates_and_honours_are_counted_by_person(units: dict[str, Unit]) -> None:
    """112 delegates, one of whom is a deputy as well; 62 honoured, one of them twice, and three by a street alone."""
    people = enter(units["340181002008"], 120)
    roles = [(person, "PARTY_DELEGATE") for person in people[:112]] + [(people[0], "PEOPLES_DEPUTY")]
    PublicRole.objects.bulk_create(
        PublicRole(person=person, kind=kind, level="COUNTY", start=date(2024, 5, 1)) for person, kind in roles
    )
    levels = [(person, "COUNTY") for person in (*people[:62], people[0])] + [(one, "STREET") for one in people[62:65]]
    Honour.objects.bulk_create(
        Honour(person=person, kind="COMMENDATION", level=level, day=date(2024, 7, 1)) for person, level in levels
    )
    ask = Asking("340181")
    assert [ask(code).numerator for code in ("public_roles", "honoured")] == [112, 62]
    PublicRole.objects.filter(person__in=people[52:112]).update(end=date(2025, 1, 1))
    assert ask("public_roles").numerator == 52  # Qingyang's number


@pytest.mark.requirement("TR-41")
def test_leavers_are_counted_by_reason_and_destination(units: dict[str, Unit]) -> None:
    """55 went to public institutions and 11 into the leadership of towns; somebody who moves on inside is no leaver."""
    unit, other = units["340181002008"], units["340181002001"]
    left = {"end": date(2025, 4, 1), "end_reason": "TRANSFERRED"}
    enter(unit, 55, destination="事业单位", **left)
    enter(unit, 11, destination="乡镇（街道）领导班子", **left)
    (moved,) = enter(unit, 1, **left)
    Employment.objects.create(
        person=moved, employer=other, unit=other, unit_path=other.path, category="COMMUNITY_WORKER",
        start=date(2025, 4, 1),
    )  # fmt: skip
    ask = Asking("340181")
    assert ask("leavers").numerator == 66
    assert ask.by("leavers", "destination") == {"事业单位": 55, "乡镇（街道）领导班子": 11}


@pytest.mark.requirement("TR-11")
def test_the_reserve_has_its_shares(units: dict[str, Unit]) -> None:
    """365 on the list: 345 up to 45 (94.52 %, here 94.5) and 319 with college or above (87.397 %, 87.4)."""
    unit = units["340181002008"]
    people = enter(unit, 345) + enter(unit, 20, born=date(1970, 1, 1))
    NamedListEntry.objects.bulk_create(
        NamedListEntry(person=person, kind="COMMITTEE_RESERVE", start=date(2025, 1, 1)) for person in people
    )
    Education.objects.bulk_create(
        Education(person=person, level="COLLEGE", graduated=date(2012, 7, 1)) for person in people[:319]
    )
    ask = Asking("340181")
    assert ask("reserve").numerator == 365
    young, college = ask("reserve_young"), ask("reserve_college")
    assert (young.numerator, young.denominator, young.value) == (345, 365, Decimal("94.5"))
    assert (college.numerator, college.denominator, college.value) == (319, 365, Decimal("87.4"))


@pytest.mark.requirement("QY-08", "CH-25", "CH-27")
def test_1600_person_times_and_whom_they_reach(units: dict[str, Unit]) -> None:
    """80 people in each of 20 courses since 2023: 800 people twice, all who are in post; one who left before counts too."""
    people = enter(units["340181002008"], 800, date(2020, 1, 1))
    ledger = [
        TrainingRecord(person=person, title=f"第{course}期", organiser="市委组织部", mode="CENTRAL", days=1,
                       started=date(2023 + course // 8, 1 + course % 8, 5))
        for course in range(20)
        for person in people[80 * (course % 10) : 80 * (course % 10) + 80]
    ]  # fmt: skip
    TrainingRecord.objects.bulk_create(ledger)
    ask = Asking("340181")
    of = {"day": date(2025, 12, 31), "since": date(2023, 1, 1)}
    assert ask("trainings", **of).numerator == 1_600
    assert ask("trained", **of).numerator == 800
    by_year = series(user=ask.user, question=ask.question("trainings", **of), step="year")
    assert [one.numerator for one in by_year] == [640, 640, 320]
    share = ask("trained_share")  # of 2025 alone: four courses
    assert (share.numerator, share.denominator, share.value) == (320, 800, Decimal("40.0"))
    share = ask("trained_share", day=date(2023, 12, 31))
    assert (share.numerator, share.denominator) == (640, 800)
    Employment.objects.filter(person=people[0]).update(end=date(2024, 2, 1))
    assert ask("trained", **of).numerator == 800  # in 2023 this one was employed
    assert ask("trainings", **of).numerator == 1_599


@pytest.mark.requirement("CH-28")
def test_50_went_on_study_visits(units: dict[str, Unit]) -> None:
    """Five journeys of ten people, beside a course for one of them."""
    people = enter(units["340181002008"], 50)
    TrainingRecord.objects.bulk_create(
        TrainingRecord(person=person, title=f"外出考察第{n // 10 + 1}批", organiser="市委组织部", mode="STUDY_VISIT",
                       started=date(2025, 3 + n // 10, 1), days=5)
        for n, person in enumerate(people)
    )  # fmt: skip
    TrainingRecord.objects.create(
        person=people[0], title="党务", organiser="街道", mode="CENTRAL", started=date(2025, 9, 1), days=1
    )
    ask = Asking("340181")
    assert ask.by("trainings", "training_mode") == {"CENTRAL": 1, "STUDY_VISIT": 50}
    assert ask("trained").numerator == 50


@pytest.mark.requirement("CH-33")
def test_31_earned_a_diploma_in_service(units: dict[str, Unit]) -> None:
    """28 graduated from undergraduate studies and 3 from junior college; who studied full time or before isn't counted."""
    people = enter(units["340181002008"], 33, date(2022, 1, 1))
    Education.objects.bulk_create(
        Education(person=person, level="BACHELOR" if n < 28 else "COLLEGE", graduated=date(2025, 7, 1),
                  study_mode="IN_SERVICE" if n < 31 else "FULL_TIME")
        for n, person in enumerate(people[:32])
    )  # fmt: skip
    Education.objects.create(
        person=people[32], level="BACHELOR", graduated=date(2021, 7, 1), study_mode="IN_SERVICE"
    )  # before the employment
    ask = Asking("340181")
    assert ask("diplomas", since=date(2020, 1, 1)).numerator == 31
    assert ask.by("diplomas", "education") == {"BACHELOR": 28, "COLLEGE": 3}


@pytest.mark.requirement("TR-40", "LS-27", "SL-09")
def test_who_came_into_the_committees_and_how(units: dict[str, Unit]) -> None:
    """16 of the staff by general election, 4 grid workers; two secretaries by by-election, one of whom was a member."""
    unit = units["340181002008"]
    staff = enter(unit, 16, category="FULL_TIME_STAFF")
    grid, other = enter(unit, 4, category="GRID_WORKER"), enter(unit, 1)
    seats = {
        title: Post.objects.create(unit=unit, body=body, title=title)
        for title, body in (("COMMITTEE_MEMBER", "COMMITTEE"), ("PARTY_SECRETARY", "PARTY"), ("STAFF", "STAFF"))
    }

    def sits(person: Person, title: str, start: date, election: str, end: date | None = None) -> None:
        post = seats[title]
        Tenure.objects.create(person=person, post=post, body=post.body, title=title, single_holder=post.single_holder,
                              start=start, end=end, election=election)  # fmt: skip

    for person in (*staff, *grid):
        sits(person, "STAFF", date(2024, 3, 1), "", date(2025, 3, 1))
        sits(person, "COMMITTEE_MEMBER", date(2025, 3, 1), "GENERAL_ELECTION")
    sits(grid[0], "PARTY_SECRETARY", date(2025, 5, 1), "BY_ELECTION", date(2025, 9, 1))
    sits(other[0], "PARTY_SECRETARY", date(2025, 9, 1), "BY_ELECTION", date(2025, 10, 1))
    sits(other[0], "PARTY_SECRETARY", date(2025, 10, 1), "BY_ELECTION")  # the same seat, entered anew with a document
    ask = Asking("340181")
    assert ask("risen").numerator == 21
    assert ask.by("risen", "category") == {"FULL_TIME_STAFF": 16, "GRID_WORKER": 4, "COMMUNITY_WORKER": 1}
    assert ask.by("risen", "election") == {"GENERAL_ELECTION": 20, "BY_ELECTION": 1}
    assert ask.by("seats_taken", "seat") == {"PARTY_SECRETARY": 2, "COMMITTEE_MEMBER": 20}
    question = ask.question("seats_taken")
    by_election = breakdown(user=ask.user, question=question, by=["seat"], within={"election": "BY_ELECTION"})
    assert [(cell.codes[0], cell.figure.numerator) for cell in by_election.cells] == [("PARTY_SECRETARY", 2)]


@pytest.mark.requirement("GM-07", "CH-48")
def test_97_heads_have_167_areas(units: dict[str, Unit]) -> None:
    """70 heads of two areas and 27 of one: 167 ÷ 97 is 1.7; 3 of 100 have no area."""
    heads = enter(units["340181002008"], 97)
    enter(units["340181002008"], 3)
    areas = Unit.objects.bulk_create(
        Unit(code=f"340181002008{n:03d}", name=f"片区{n}", kind="GRID", parent=units["340181002008"],
             path=f"{units['340181002008'].path}340181002008{n:03d}/", valid_from=date(2020, 1, 1))
        for n in range(1, 168)
    )  # fmt: skip
    ResponsibilityArea.objects.bulk_create(
        ResponsibilityArea(person=person, unit=area, role="AREA_HEAD", start=date(2024, 3, 1))
        for person, area in zip([*heads, *heads[:70]], areas, strict=True)
    )
    ask = Asking("340181")
    assert ask("area_heads").numerator == 97
    mean = ask("areas_per_head")
    assert (mean.numerator, mean.denominator, mean.value) == (167, 97, Decimal("1.7"))
    share = ask("with_area")
    assert (share.numerator, share.denominator, share.value) == (97, 100, Decimal("97.0"))
    ResponsibilityArea.objects.filter(person__in=heads[:7]).update(end=date(2025, 6, 1))
    assert [ask(code).numerator for code in ("area_heads", "with_area")] == [90, 90]
    assert ask("area_heads", day=date(2025, 5, 31)).numerator == 97


@pytest.mark.requirement("CH-59")
def test_three_became_civil_servants(units: dict[str, Unit]) -> None:
    """One a year; the article names no years, so all that are on record are asked for."""
    for year in (2023, 2024, 2025):
        enter(
            units["340181002008"],
            1,
            date(2020, 1, 1),
            end=date(year, 9, 1),
            end_reason="CIVIL_SERVICE",
            destination="公务员",
        )
    ask = Asking("340181")
    question = ask.question("leavers", YEAR_END, date(2020, 1, 1))
    table = breakdown(user=ask.user, question=question, by=["destination"])
    assert {cell.codes[0]: cell.figure.numerator for cell in table.cells} == {"公务员": 3}


# What the articles print and can't be asked for, or not all of it, with the reason.
INCONSISTENT, OUTSIDE, WAITS = "inconsistent in print", "no personnel", "waits for records"
_COURSES = "the ledger of training has who took part in what, not courses"
NOT_ASKED: dict[str, tuple[str, str]] = {
    "CH-05": (INCONSISTENT, "54.8 %: by none of three definitions do the printed counts give it (decision 0015)"),
    "CH-28": (WAITS, f"5 batches of study visits: {_COURSES}; the 50 people are tested above"),
    "CH-30": (WAITS, "14 bases of practice: a register of bases"),
    "CH-49": (WAITS, "half of the working time in the neighbourhood: logs of work"),
    "CH-57": (OUTSIDE, "the county's budget"),
    "CH-62": (WAITS, "talks of the street's secretary with each community's: records of care"),
    "CH-63": (WAITS, "talks of other leaders with their workers: records of care"),
    "SL-25": (WAITS, "scores of tests of ability; the coverage is the figure `trained_share`"),
    "TR-17": (WAITS, "three groups with a mentor each: mentorships"),
    "LS-10": (WAITS, "8 studios and their batches: records of training"),
    "LS-13": (WAITS, "12 young leaders put to tasks: assignments to tasks"),
    "LS-24": (WAITS, "67,800 a year: twelve sealed months; the demonstration seals June, December and January"),
    "QY-08": (WAITS, f"20 courses: {_COURSES}; the 1,600 are tested above"),
    "QY-18": (WAITS, "service activities, problems and dangers: service records"),
    "JP-03": (OUTSIDE, "32 meetings"),
    "JP-05": (OUTSIDE, "branches of social organisations"),
    "JP-06": (WAITS, "more than 10 trainers: records of training"),
    "JP-07": (WAITS, "26 in mentorships: mentorships"),
    "JP-08": (WAITS, f"42 lectures and 13 contests: {_COURSES}"),
    "JP-09": (WAITS, f"5 lectures and 60 proposals: {_COURSES}"),
    "JP-11": (WAITS, "service records"),
    "JP-12": (WAITS, "errands done for residents: service records"),
    "JP-13": (WAITS, "services and whom they reached: service records"),
    "GM-02": (
        OUTSIDE,
        "members who register where they live: asked of the unit page in tests/personnel/test_article_figures.py",
    ),
    "GM-05": (WAITS, "1,390 disputes settled: service records"),
    "GM-10": (WAITS, "861 requests, 96.17 % settled: service records"),
    "GM-11": (OUTSIDE, "117 businesses and 68 volunteers honoured"),
    "GM-17": (OUTSIDE, "769 couriers of 12 companies"),
    "GM-18": (OUTSIDE, "facts of units"),
}


def test_what_can_not_be_asked_is_named_with_its_reason() -> None:
    """Each printed figure (rows of kind R) is proven by a test or named here."""
    printed = {code for code, row in requirements.rows().items() if "R" in row["kind"].split()}
    assert printed - requirements.proofs().keys() <= NOT_ASKED.keys() <= requirements.rows().keys()
    assert all(kind in (INCONSISTENT, OUTSIDE, WAITS) and why for kind, why in NOT_ASKED.values())


@pytest.mark.requirement("TR-08")
def test_the_ratio_to_residents_goes_from_10_1_to_18_6(units: dict[str, Unit], hire: Callable[..., Person]) -> None:
    """Tongren’s printed ratios; the article prints no residents.


    Residents are what was on record on each day: 5 people on 4,950 residents, 9 on 4,839.
    """
    county = units["340181"]
    fact_enter(actor=None, unit=county, key="urban_residents", value="4950", day=date(2021, 6, 30), source="统计")
    fact_enter(actor=None, unit=county, key="urban_residents", value="4839", day=date(2024, 6, 30), source="统计")
    for number in range(9):
        hire(f"社工{number}", start=date(2021 if number < 5 else 2024, 9, 1))
    ask = Asking("340181")
    found = series(
        user=ask.user, question=ask.question("per_10000", day=date(2024, 12, 31), since=date(2021, 1, 1)), step="year"
    )
    assert [(one.question.day.year, one.numerator, one.value) for one in found] == [
        (2021, 5, Decimal("10.1")), (2022, 5, Decimal("10.1")), (2023, 5, Decimal("10.1")), (2024, 9, Decimal("18.6")),
    ]  # fmt: skip
