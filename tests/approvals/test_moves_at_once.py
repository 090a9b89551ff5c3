"""Fifty carry out the same move, move one person to two units, or want one seat, at once: one does, and without the
guards several would.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, models
from django.utils import timezone

from approvals.models import Case, CaseState, CaseStep
from core.errors import ApplicationError
from core.models import AuditEntry
from payroll.models import GradeSpan
from personnel.models import Custody, Employment, Person
from personnel.selectors.headcount import HeadsFor
from personnel.services import (
    appointment_carry_out,
    appointments,
    archive_open,
    employment,
    employment_start,
    employment_transfer,
    moves,
    person_create,
)
from staffing.selectors import units_above_for_system
from staffing.services import guard, plan_enter
from tests.approvals.tongren import BESIDE, HERE, NEAR, THERE, Tongren, build_tongren
from tests.payroll.test_recognition import recompute
from tests.rounds import AT_ONCE, ROUNDS

BEGAN = date(2020, 6, 1)
DAY = timezone.localdate()  # of the orders: the rules have been in the system since today

pytestmark = pytest.mark.django_db(transaction=True)


def strict(text: str) -> str:
    """The rules, had they said that nobody comes in beyond the seats."""
    assert text.count("over: {value: report") == 1
    return text.replace("over: {value: report", "over: {value: block")


@pytest.fixture
def tongren(transactional_db: None) -> Tongren:
    return build_tongren(strict)


def at_once(acts: Sequence[Callable[[], object]]) -> Counter[str]:
    """Every act in a thread of its own, all begun together; "done" or the error of each."""
    gate = Barrier(len(acts))

    def one(act: Callable[[], object]) -> str:
        try:
            gate.wait()
            act()
        except (ApplicationError, IntegrityError) as error:
            return type(error).__name__
        else:
            return "done"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return Counter(pool.map(one, acts))


def ordered(tongren: Tongren, person: Person, **given: Any) -> tuple[Case, Callable[[], Case]]:
    """A case of a transfer that lacks its last step, and what takes that."""
    case = tongren.propose(person, **given)
    tongren.until(case, "ORDER")
    step, actor = tongren.step(case).pk, tongren.users["their_officer"]
    values = {"order_number": "万组〔2026〕12号", "effective_date": DAY}
    return case, lambda: appointment_carry_out(actor=actor, case=case, step=step, values=values)


def where(person: Person) -> list[str]:
    """The units in which somebody works from today on."""
    rows = person.employments.filter(models.Q(end__isnull=True) | models.Q(end__gt=DAY))
    return [one.unit.short_code for one in rows.select_related("unit")]


@contextmanager
def dropped(model: type[models.Model], name: str) -> Iterator[None]:
    """Without a constraint of a table; what it would have refused is gone before it is back."""
    (constraint,) = (one for one in model._meta.constraints if one.name == name)
    with connection.schema_editor() as editor:
        editor.remove_constraint(model, constraint)
    try:
        yield
    finally:
        for table in (CaseStep, model) if model is Case else (model,):
            table._default_manager.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(model, constraint)


# -- the same order ------------------------------------------------------------------------------------------------


def test_one_of_fifty_carries_out_the_move(transactional_db: None) -> None:
    """With a grade that is worked out anew, so that all that a move can change does."""
    tongren = build_tongren(recompute)
    for number in range(ROUNDS):
        person = tongren.hire(f"甲{number}")
        archive_open(actor=None, person=person, number=str(number), opened=BEGAN)
        GradeSpan.objects.create(person=person, scale="grade", value=4, start=date(2024, 1, 1), code="PLACED")
        case, order = ordered(tongren, person)
        last = AuditEntry.objects.latest("pk").pk
        assert at_once([order] * AT_ONCE) == {"done": 1, "Conflict": AT_ONCE - 1}
        case.refresh_from_db()
        assert case.state == CaseState.DONE
        rows = person.employments.order_by("start").values_list("unit__code", "start", "end")
        assert [(code[:12], *days) for code, *days in rows] == [(HERE, BEGAN, DAY), (THERE, DAY, None)]
        held = person.tenures.order_by("start").values_list("post__unit__code", "start", "end")
        assert [(code[:12], *days) for code, *days in held] == [(HERE, BEGAN, DAY), (THERE, DAY, None)]
        kept = Custody.objects.filter(archive__person=person).order_by("start").values_list("unit__code", "end")
        assert [(code[:9], end) for code, end in kept] == [("520602001", DAY), ("520603001", None)]
        spans = GradeSpan.objects.filter(person=person).order_by("start").values_list("start", "end")
        assert list(spans) == [(date(2024, 1, 1), DAY), (DAY, None)]
        written = Counter(AuditEntry.objects.filter(pk__gt=last).values_list("action", flat=True))
        assert set(written) >= {
            "approvals.case.take", "personnel.employment.end", "personnel.employment.start", "personnel.tenure.end",
            "personnel.tenure.start",
        }  # fmt: skip
        assert set(written.values()) == {1}, written


def _unlocked(case: Case, *, lock: bool = False) -> Person:
    return moves.person_of_case(case)


def _unmarked(*, case: Case, **given: object) -> Case:
    return Case.objects.select_related("unit", "to_unit", "version").get(pk=case.pk)


def unguarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """No locks of people, cases and employments, and no step that only one finds open; two are past all questions
    before either of them writes.
    """
    monkeypatch.setattr(appointments, "person_of_case", _unlocked)
    monkeypatch.setattr(appointments, "case_finish", _unmarked)
    for module in (moves, employment):
        monkeypatch.setattr(module, "lock_person", lambda person: person)
    monkeypatch.setattr(employment, "_fresh", lambda row: Employment.objects.get(pk=row.pk))
    asked, faults = Barrier(2, timeout=60), employment.move_faults_for_system

    def slow(row: Employment, unit: Any, day: date) -> list[str]:
        found = faults(row, unit, day)
        asked.wait()
        return found

    monkeypatch.setattr(employment, "move_faults_for_system", slow)


def test_without_the_locks_the_constraint_still_holds(tongren: Tongren, monkeypatch: pytest.MonkeyPatch) -> None:
    person = tongren.hire()
    _case, order = ordered(tongren, person, post="")
    unguarded(monkeypatch)
    assert at_once([order, order]) == {"done": 1, "Conflict": 1}
    assert where(person) == [THERE]


def test_without_any_guard_both_carry_it_out(tongren: Tongren, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the person works there twice."""
    person = tongren.hire()
    _case, order = ordered(tongren, person, post="")
    unguarded(monkeypatch)
    with dropped(Employment, "personnel_employment_one_of_a_category_at_a_time"):
        assert at_once([order, order]) == {"done": 2}
        assert where(person) == [THERE, THERE]


# -- one person, two units -----------------------------------------------------------------------------------------


def proposals(tongren: Tongren, person: Person) -> Counter[str]:
    """Half of fifty propose one unit, half another; no post is the same in both."""
    given = ({"to": THERE, "post": "STAFF"}, {"to": NEAR, "post": "GRID_WORKER"})
    return at_once([lambda n=n: tongren.propose(person, **given[n % 2]) for n in range(AT_ONCE)])  # type: ignore[misc]


def test_one_of_fifty_proposals_to_two_units_is_opened(tongren: Tongren) -> None:
    for number in range(ROUNDS):
        person = tongren.hire(f"甲{number}")
        assert proposals(tongren, person) == {"done": 1, "Conflict": AT_ONCE - 1}
        assert Case.objects.filter(subject=person.key).count() == 1


def test_without_the_constraint_two_moves_of_one_person_are_under_way(tongren: Tongren) -> None:
    """The control: one for each of the two posts."""
    person = tongren.hire()
    with dropped(Case, "approvals_case_one_parting"):
        assert proposals(tongren, person) == {"done": 2, "Conflict": AT_ONCE - 2}
        assert set(Case.objects.values_list("to_unit__code", flat=True)) == {
            tongren.units[code].code for code in (THERE, NEAR)
        }


def beside(tongren: Tongren, person: Person) -> Callable[[], Employment]:
    """What moves somebody to the community beside, for which no case is needed."""
    job, unit = person.employments.get(end=None), tongren.units[BESIDE]
    return lambda: employment_transfer(actor=tongren.users["city"], employment=job, unit=unit, day=DAY)


def test_an_order_and_a_transfer_past_it_move_a_person_once(tongren: Tongren) -> None:
    """Into one of two units, and the case is carried out only if it is that one."""
    for number in range(ROUNDS):
        person = tongren.hire(f"甲{number}")
        case, order = ordered(tongren, person)
        result = at_once([order, beside(tongren, person)] * (AT_ONCE // 2))
        assert result["done"] == 1, result
        case.refresh_from_db()
        there = case.state == CaseState.DONE
        assert where(person) == [THERE if there else BESIDE]
        assert person.employments.count() == 2


def test_without_any_guard_a_person_is_moved_to_both(tongren: Tongren, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control; the locks off alone, one of them fails at the constraint."""
    person, other = tongren.hire(), tongren.hire("李静")
    acts = [ordered(tongren, person, post="")[1], beside(tongren, person)]
    others = [ordered(tongren, other, post="")[1], beside(tongren, other)]
    unguarded(monkeypatch)
    assert at_once(others) == {"done": 1, "Conflict": 1}
    assert len(where(other)) == 1
    with dropped(Employment, "personnel_employment_one_of_a_category_at_a_time"):
        assert at_once(acts) == {"done": 2}
        assert set(where(person)) == {THERE, BESIDE}


# -- the last seat -------------------------------------------------------------------------------------------------


def one_seat(tongren: Tongren) -> None:
    plan_enter(
        actor=None, unit=tongren.units[THERE], start=date(2026, 1, 1), number=1, document="编〔2026〕1号", issuer="编办",
        level="COUNTY",
    )  # fmt: skip


def newcomers(tongren: Tongren, count: int) -> list[Callable[[], object]]:
    """What hires somebody in the receiving unit, each somebody else."""
    unit = tongren.units[THERE]
    made = [person_create(actor=None, name=f"乙{n}", unit=unit, sex="FEMALE") for n in range(count)]

    def act(person: Person) -> Callable[[], object]:
        given = {"actor": None, "category": "COMMUNITY_WORKER", "start": DAY}
        return lambda: employment_start(person=person, unit=unit, **given)

    return [act(one) for one in made]


def in_the_seat() -> int:
    return Employment.objects.filter(unit__code__startswith=THERE, end=None).count()


def test_moves_and_hires_for_the_last_seat_are_one(tongren: Tongren) -> None:
    """Ten whose moves lack the order, and forty who are hired; some rounds are for moves alone."""
    one_seat(tongren)
    movers = [ordered(tongren, tongren.hire(f"甲{n}")) for n in range(10)]
    hires = newcomers(tongren, AT_ONCE - len(movers))
    for number in range(ROUNDS):
        orders = [order for _case, order in movers]
        acts = orders if number % 2 else orders + hires
        result = at_once(acts)
        assert result["done"] == 1, result
        assert result["Refused"] + result["Conflict"] == len(acts) - 1
        assert in_the_seat() == 1
        came = Employment.objects.select_related("person").get(unit=tongren.units[THERE], end=None)
        gone = came.person
        came.delete()
        if gone.name.startswith("甲"):  # who has moved doesn't again; somebody else wants to
            movers = [one for one in movers if one[0].subject != gone.key]
            movers.append(ordered(tongren, tongren.hire(f"甲{10 + number}")))


def test_without_the_lock_a_move_and_a_hire_get_the_same_seat(
    tongren: Tongren, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: each counts before the other has committed."""
    one_seat(tongren)
    _case, order = ordered(tongren, tongren.hire())
    (hire,) = newcomers(tongren, 1)
    monkeypatch.setattr(guard, "_hold", units_above_for_system)
    monkeypatch.setattr(guard, "_days", lambda lines, first, end, heads: [first])
    counted, count = Barrier(2, timeout=60), HeadsFor.count

    def slow(heads: HeadsFor, paths: Sequence[str], day: date) -> dict[str, tuple[int, int]]:
        found = count(heads, paths, day)
        counted.wait()
        return found

    monkeypatch.setattr(HeadsFor, "count", slow)
    assert at_once([order, hire]) == {"done": 2}
    assert in_the_seat() == 2
