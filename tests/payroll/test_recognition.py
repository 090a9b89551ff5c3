"""What a move does to somebody's grade: it goes along, or the place that they come to works it out anew (TR-31)."""

from __future__ import annotations

from datetime import date

import pytest

from core.errors import Conflict, Refused
from core.models import AuditEntry
from organization.models import Role, UnitKind, User
from organization.services import grant_give, unit_create
from payroll.models import GradeSpan, PromotionOutcome, PromotionRun
from personnel.models import Person
from personnel.services import employment_transfer
from policy.services import policy_load
from tests.approvals.tongren import BESIDE, HERE, MOVED, THERE, Tongren, build_tongren
from tests.payroll.conftest import POLICIES

CHAOHU = (
    ("34", "安徽省", UnitKind.PROVINCE),
    ("3401", "合肥市", UnitKind.CITY),
    ("340181", "巢湖市", UnitKind.COUNTY),
    ("340181002", "亚父街道", UnitKind.STREET),
    ("340181002001", "东风社区", UnitKind.COMMUNITY),
)
EAST = "340181002001"


def recompute(text: str) -> str:
    """The rules of Tongren, had its article said that the grade of a newcomer is worked out anew."""
    assert text.count("keeps: grade") == 1
    return text.replace("keeps: grade", "keeps: recompute")


def anywhere(text: str) -> str:
    """The rules, with nothing said of who may move, and of how their grade is recognised."""
    lines = [line for line in text.splitlines() if "transfer: {who" not in line]
    assert len(lines) == len(text.splitlines()) - 1
    return "\n".join(lines)


def with_chaohu(place: Tongren) -> Tongren:
    for code, name, kind in CHAOHU:
        above = next((place.units[code[:n]] for n in range(len(code) - 1, 0, -1) if code[:n] in place.units), None)
        place.units[code] = unit_create(
            actor=None, code=code, name=name, kind=kind, parent=above, valid_from=date(2015, 1, 1)
        )
    policy_load(actor=None, text=(POLICIES / "chaohu" / "2023.yaml").read_text(encoding="utf-8"))
    return place


def graded(place: Tongren, value: int, code: str = HERE) -> Person:
    """Since 1 June 2020 in a community; with a grade since 2024."""
    person = place.hire(code=code)
    GradeSpan.objects.create(person=person, scale="grade", value=value, start=date(2024, 1, 1), code="PLACED")
    return person


def grades(person: Person) -> list[tuple[int, date, date | None, str]]:
    return list(GradeSpan.objects.filter(person=person).order_by("start").values_list("value", "start", "end", "code"))


def carried_out(place: Tongren, person: Person) -> None:
    case = place.propose(person)
    place.until(case, "ORDER")
    place.take(case)


@pytest.mark.requirement("TR-31")
def test_a_recognised_grade_goes_along(db: None) -> None:
    place = build_tongren()
    person = graded(place, 4)
    carried_out(place, person)
    assert grades(person) == [(4, date(2024, 1, 1), None, "PLACED")]
    assert not PromotionRun.objects.exists()


@pytest.mark.requirement("TR-31")
def test_a_grade_is_worked_out_anew_with_the_move(db: None) -> None:
    """Six whole years on 2026-12-01 in the fifth post: 1, and 1 more for five years."""
    place = build_tongren(recompute)
    person = graded(place, 4)
    carried_out(place, person)
    assert grades(person) == [(4, date(2024, 1, 1), MOVED, "PLACED"), (2, MOVED, None, "PLACED")]
    run = PromotionRun.objects.get()
    assert (run.kind, run.unit, run.day, run.subject, run.state) == (
        "PLACEMENT", place.units[THERE], MOVED, person.key, "CONFIRMED",
    )  # fmt: skip
    told = AuditEntry.objects.filter(action__startswith="payroll.value.").order_by("pk")
    assert [(one.action, one.actor_name) for one in told] == [
        ("payroll.value.end", "their_officer"),
        ("payroll.value.recognise", "their_officer"),
    ]


def test_inside_a_street_nothing_is_worked_out_anew(db: None) -> None:
    place = build_tongren(recompute)
    person = graded(place, 4)
    employment_transfer(
        actor=place.users["city"], employment=person.employments.get(), unit=place.units[BESIDE], day=MOVED
    )
    assert grades(person) == [(4, date(2024, 1, 1), None, "PLACED")]


@pytest.mark.requirement("TR-31")
def test_from_eighteen_grades_to_twenty_the_rules_of_the_place_one_comes_to_count(db: None) -> None:
    """Chaohu says nothing of transfers; Tongren's steps stand before the move, and its years and ranges make the grade."""
    place = with_chaohu(build_tongren(recompute))
    person = graded(place, 17, EAST)
    job = person.employments.get()
    with pytest.raises(Refused, match=r"from 东风社区 to 谢桥社区.*\(TR-31\)"):
        employment_transfer(actor=_everywhere(place), employment=job, unit=place.units[THERE], day=MOVED)
    employment_transfer(actor=None, employment=job, unit=place.units[THERE], day=MOVED)
    assert grades(person) == [(17, date(2024, 1, 1), MOVED, "PLACED")]  # the next review places them by their post


@pytest.mark.requirement("TR-31")
@pytest.mark.parametrize("value", [18, 19])
def test_from_twenty_grades_to_eighteen_what_the_ladder_does_not_have_is_not_recognised(db: None, value: int) -> None:
    place = with_chaohu(build_tongren(anywhere))
    person = graded(place, value)
    job = person.employments.get()
    if value == 19:
        with pytest.raises(Refused, match=r"陈明 has .*19, and the ladder of 东风社区 ends at 18.*keeps: recompute"):
            employment_transfer(actor=None, employment=job, unit=place.units[EAST], day=MOVED)
        job.refresh_from_db()
        assert job.end is None
    else:
        employment_transfer(actor=None, employment=job, unit=place.units[EAST], day=MOVED)
    assert grades(person) == [(value, date(2024, 1, 1), None, "PLACED")]


def test_a_value_that_begins_after_the_move_must_be_on_the_ladder_too(db: None) -> None:
    """18 goes along to the ladder of eighteen; 19 from the new year on would not be on it."""
    place = with_chaohu(build_tongren(anywhere))
    person = graded(place, 18)
    GradeSpan.objects.filter(person=person).update(end=date(2027, 1, 1))
    later = GradeSpan.objects.create(person=person, scale="grade", value=19, start=date(2027, 1, 1), code="ROSE")
    given = {"actor": None, "employment": person.employments.get(), "unit": place.units[EAST], "day": MOVED}
    with pytest.raises(Refused, match=r"has .*19, and the ladder of 东风社区 ends at 18"):
        employment_transfer(**given)
    assert person.employments.get().end is None
    later.delete()
    assert employment_transfer(**given).unit == place.units[EAST]


def test_values_of_the_day_itself_give_way_and_later_ones_stand_in_the_way(db: None) -> None:
    """One that begins with the day of the move was never had; one that begins later has to be taken back first."""
    place = build_tongren(recompute)
    person = graded(place, 4)
    GradeSpan.objects.filter(person=person).update(end=MOVED)
    GradeSpan.objects.create(person=person, scale="grade", value=3, start=MOVED, code="FELL")
    later = graded(place, 4)
    GradeSpan.objects.filter(person=later).update(end=date(2027, 1, 1))
    GradeSpan.objects.create(person=later, scale="grade", value=3, start=date(2027, 1, 1), code="FELL")
    carried_out(place, person)
    assert grades(person) == [(4, date(2024, 1, 1), MOVED, "PLACED"), (2, MOVED, None, "PLACED")]
    with pytest.raises(Conflict, match=r"begins after 2026-12-01\. Take that back first"):
        carried_out(place, later)
    assert later.employments.get().end is None
    assert len(grades(later)) == 2


def test_who_has_no_grade_moves_and_begins_with_one(db: None) -> None:
    place = build_tongren(recompute)
    person = place.hire()
    carried_out(place, person)
    assert grades(person) == [(2, MOVED, None, "PLACED")]


def test_where_no_grade_can_be_worked_out_nobody_moves(db: None) -> None:
    """Without a post there is no range: the order is refused with the reason, and nothing has changed."""
    place = build_tongren(recompute)
    person = graded(place, 4)
    case = place.propose(person, post="")
    place.until(case, "ORDER")
    with pytest.raises(Refused, match="谢桥社区"):
        place.take(case)
    assert grades(person) == [(4, date(2024, 1, 1), None, "PLACED")]
    assert person.employments.get().end is None
    assert not PromotionOutcome.objects.exists()


def _everywhere(place: Tongren) -> User:
    user = User.objects.create_user(username="everywhere", display_name="x", must_change_password=False)
    for code in ("34", "52"):
        grant_give(actor=None, user=user, unit=place.units[code], role=Role.ORG_OFFICER)
    return user
