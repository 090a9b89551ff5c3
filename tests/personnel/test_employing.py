"""What the rules of a place say of contracts, secondments, moves and reasons of leaving."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from core.errors import Refused
from payroll.models import GradeSpan
from personnel.models import Employment, Person
from personnel.services import (
    employment_end,
    employment_start,
    employment_transfer,
    person_create,
    section_add,
    section_change,
    section_end,
)
from policy.rules.reading import read
from staffing.services import plan_enter
from tests.payroll.conftest import Place, build_place
from tests.policies import read_all
from tests.policy.test_reading_errors import errors_of
from tests.staffing.rules import HEAD, load

HERE, NEAR, THERE = "232762100001", "232762100002", "232762101001"
CONTRACT = "employment: {contract: {form: labour, years: 3, probation: {months: 2}, cite: SL-02}}\n"
MOVING = "employment: {transfer: {who: {post: general}, scope: county, keeps: grade, cite: TR-31}}\n"
EXITS = (
    "exits: [{code: RESIGNED_SELF, name: {zh: 主动辞职, en: resigned}, counts_as: RESIGNED, cite: CH-37}, "
    "{code: TWICE, name: {zh: 连续两年不合格, en: unqualified twice}, counts_as: DISMISSED, cite: CH-37}]\n"
)


@pytest.fixture
def place(db: None) -> Place:
    return build_place()


def job(person: Person) -> Employment:
    return person.employments.latest("start")


def begin(place: Place, **values: Any) -> Employment:
    person = person_create(actor=None, unit=place.units[HERE], name="甲", sex="MALE", birth_date=date(1990, 5, 1))
    return employment_start(
        actor=None, person=person, unit=place.units[HERE], category="COMMUNITY_WORKER", start=date(2026, 3, 1), **values
    )


@pytest.mark.requirement("SL-02")
def test_a_contract_is_no_longer_than_the_rules_say(place: Place) -> None:
    load(CONTRACT)
    with pytest.raises(Refused) as refused:
        begin(place, contract_start=date(2026, 3, 1), contract_end=date(2029, 3, 2), probation_end=date(2026, 5, 2))
    assert refused.value.fields == {
        "contract_end": ["The contract of 甲 may last until 2029-03-01 at most: 3 years (Songling, SL-02)."],
        "probation_end": ["Probation of 甲 may last until 2026-05-01 at most: 2 months (Songling, SL-02)."],
    }
    assert begin(place, contract_end=date(2029, 3, 1), probation_end=date(2026, 5, 1)).pk


@pytest.mark.parametrize(
    ("contract", "codes"),
    [
        ("{years: 3, probation: {months: 6}}", []),
        ("{years: 2, probation: {months: 3}}", ["PROBATION_LONG"]),  # two at most
        ("{years: 3, probation: {months: 7}}", ["PROBATION_LONG"]),
        ("{form: service, years: 1, probation: {months: 12}}", []),  # no labour contract
    ],
)
def test_probation_is_bounded_by_the_law(contract: str, codes: list[str]) -> None:
    text = HEAD + f"employment: {{contract: {contract}}}\n"
    if codes:
        assert [error.code for error in errors_of(text)] == codes
    else:
        read(text)


@pytest.mark.parametrize(
    ("rule", "document", "words"),
    [
        ("forbidden", "组〔2026〕1号", "let nobody be seconded: 甲 stays"),
        ("approval", "", "Name the document that approves the secondment of 甲"),
        ("approval", "组〔2026〕1号", ""),
        ("allowed", "", ""),
    ],
)
def test_secondments(place: Place, rule: str, document: str, words: str) -> None:
    load(f"employment: {{lending_out: {rule}}}\n")
    person = place.hire("甲")
    values = {
        "employment": job(person), "kind": "SECONDED_OUT", "place": "区委组织部", "start": date(2026, 2, 1),
        "end": date(2027, 2, 1), "document": document,
    }  # fmt: skip
    if not words:
        assert section_add(actor=None, person=person, section="placement", values=values).pk
        return
    with pytest.raises(Refused, match=words):
        section_add(actor=None, person=person, section="placement", values=values)


@pytest.mark.requirement("TR-31")
def test_only_those_who_may_leave_their_street_and_the_grade_goes_along(place: Place) -> None:
    load(MOVING)
    chief, general = place.hire("书记", title="PARTY_SECRETARY"), place.hire("工作人员")
    span = GradeSpan.objects.create(person=general, scale="grade", value=5, start=date(2024, 1, 1))
    with pytest.raises(
        Refused, match="书记 can't move out of the street: Songling lets only those move to whom TR-31 applies"
    ):
        employment_transfer(actor=None, employment=job(chief), unit=place.units[THERE], day=date(2026, 5, 1))
    moved = employment_transfer(actor=None, employment=job(chief), unit=place.units[NEAR], day=date(2026, 5, 1))
    assert moved.unit == place.units[NEAR]
    moved = employment_transfer(actor=None, employment=job(general), unit=place.units[THERE], day=date(2026, 5, 1))
    assert moved.unit == place.units[THERE]
    span.refresh_from_db()
    assert (span.value, span.end) == (5, None)
    with pytest.raises(Refused, match="it lies beyond where the rules of Songling"):
        employment_transfer(actor=None, employment=moved, unit=place.units["340181"], day=date(2026, 6, 1))


def test_without_a_rule_everybody_may_move(place: Place) -> None:
    """The control."""
    load("employment: {lending_out: allowed}\n")
    chief = place.hire("书记", title="PARTY_SECRETARY")
    moved = employment_transfer(actor=None, employment=job(chief), unit=place.units["340181"], day=date(2026, 5, 1))
    assert moved.unit == place.units["340181"]


@pytest.mark.requirement("CH-37", "SL-14")
def test_somebody_leaves_for_a_reason_of_the_place(place: Place, client: Client) -> None:
    load(EXITS)
    person = place.hire("甲")
    with pytest.raises(Refused, match="none of the reasons of leaving that the rules list: 主动辞职、连续两年不合格"):
        employment_end(actor=None, employment=job(person), end=date(2026, 6, 1), reason="DISCHARGED")
    client.force_login(place.users["officer"])
    page = client.get(f"/people/{person.pk}/employment/{job(person).pk}/end/")
    assert page.status_code == 200, page.status_code
    words = page.content.decode()
    assert "resigned（CH-37）" in words
    assert "DISCHARGED" not in words
    ended = employment_end(actor=None, employment=job(person), end=date(2026, 6, 1), reason="TWICE", destination="企业")
    assert (ended.end_reason, ended.exit_code, ended.destination) == ("DISMISSED", "TWICE", "企业")
    died = place.hire("乙")
    assert employment_end(actor=None, employment=job(died), end=date(2026, 6, 1), reason="DIED").exit_code == ""


def test_a_leavers_file_stays_and_whoever_comes_back_is_the_same_person(place: Place) -> None:
    person = place.hire("甲")
    employment_end(actor=None, employment=job(person), end=date(2024, 6, 1), reason="RESIGNED")
    again = employment_start(
        actor=None, person=person, unit=place.units[THERE], category="COMMUNITY_WORKER", start=date(2026, 3, 1)
    )
    assert again.person_id == person.pk
    assert Person.objects.count() == 1
    assert [(one.start, one.end) for one in person.employments.order_by("start")] == [
        (date(2021, 1, 1), date(2024, 6, 1)),
        (date(2026, 3, 1), None),
    ]


def test_the_places_say_how_many_reasons_there_are_and_leave_their_words_open() -> None:
    """CH-37 names seven and SL-14 six, none of them printed."""
    chaohu, songling = read_all()["chaohu/2023"], read_all()["songling/2022"]
    assert [len(one.unset("exits")) for one in (chaohu, songling)] == [7, 6]
    tongren = read_all()["tongren/2024"].employment
    assert tongren is not None
    assert tongren.transfer is not None
    assert tongren.transfer.scope == "city"


AWAY = "employment: {secondments: [{kind: SHADOWING, name: {zh: 跟岗学习, en: learning on the job}, months: 2, cite: TR-19}]}\n"


def away(place: Place, kind: str, due: date | None) -> Any:
    person = place.hire("甲")
    values = {"employment": job(person), "kind": kind, "place": "东莞市", "start": date(2026, 1, 10), "due": due}
    return section_add(actor=None, person=person, section="placement", values=values)


@pytest.mark.requirement("TR-19", "CH-29", "LS-12")
def test_a_place_says_how_long_somebody_may_be_away(place: Place) -> None:
    load(AWAY)
    with pytest.raises(Refused) as refused:
        away(place, "SHADOWING", date(2026, 3, 11))
    assert refused.value.fields == {
        "due": ["“learning on the job” lasts 2 months at most (Songling, TR-19): until 2026-03-10."]
    }
    assert away(place, "SHADOWING", date(2026, 3, 10)).due == date(2026, 3, 10)
    assert away(place, "EXCHANGE", date(2027, 1, 1)).due == date(2027, 1, 1)  # of which the place says nothing


def test_the_rule_of_who_may_move_holds_for_a_changed_unit_too(place: Place) -> None:
    """Otherwise the page that changes an employment would be a way around it."""
    load(MOVING)
    chief = place.hire("书记", title="PARTY_SECRETARY")
    with pytest.raises(Refused) as refused:
        section_change(actor=None, row=job(chief), day=date(2026, 3, 1), values={"unit": place.units[THERE]})
    assert set(refused.value.fields) == {"unit"}
    moved = section_change(actor=None, row=job(chief), day=date(2026, 3, 1), values={"unit": place.units[NEAR]})
    assert isinstance(moved, Employment)
    worker = place.hire("甲")
    assert section_change(actor=None, row=job(worker), day=date(2026, 3, 1), values={"unit": place.units[THERE]}).pk


@pytest.mark.parametrize("seats", ["nowhere", "home"])
def test_who_is_back_is_guarded_where_they_counted_nowhere(place: Place, seats: str) -> None:
    """One seat, taken meanwhile: the return is refused where somebody away counts nowhere, and goes where they counted at
    home all the time."""
    load(
        "quota:\n  rows: [{code: a, name: {zh: 定员, en: fixed}, count: 1, cite: CH-10}]\n  level: community\n  over: block\n"
        f"  counts: {{who: {{category: COMMUNITY_WORKER}}, seconded_out: {seats}, cite: CH-11}}\n"
    )
    here = place.units[HERE]
    plan_enter(
        actor=None, unit=here, start=date(2020, 1, 1), number=1, document="编〔2020〕1号", issuer="编办", level="COUNTY"
    )
    person = place.hire("甲")
    gone = section_add(
        actor=None, person=person, section="placement",
        values={"employment": job(person), "kind": "SECONDED_OUT", "place": "东莞市", "start": date(2026, 1, 10)},
    )  # fmt: skip
    place.hire("乙", start=date(2026, 2, 1))  # before the rules came into the system: a record of the past
    if seats == "nowhere":
        with pytest.raises(Refused):
            section_end(actor=None, row=gone, day=date(2026, 6, 1))
    else:
        assert section_end(actor=None, row=gone, day=date(2026, 6, 1)).pk
