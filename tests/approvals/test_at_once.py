"""Fifty press the same button at once: one takes the step, and without the guards several would."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections

from approvals.models import Case, CaseStep, StepState
from approvals.services import cases, document_attach, step_take
from core.errors import ApplicationError
from tests.approvals.conftest import Chaohu, build_chaohu
from tests.rounds import AT_ONCE, ROUNDS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def chaohu(transactional_db: None) -> Chaohu:
    return build_chaohu()


def press(chaohu: Chaohu) -> Counter[str]:
    """Fifty threads take the report of a new case; how each of them fares."""
    case = chaohu.open()
    step = chaohu.step(case).pk
    document_attach(actor=chaohu.users["clerk"], case=case, step=step, number="1", day=date(2026, 11, 1))
    gate = Barrier(AT_ONCE)

    def one(number: int) -> str:
        try:
            gate.wait()
            step_take(actor=chaohu.users["clerk" if number % 2 else "street"], case=case, step=step, values={})
        except (ApplicationError, IntegrityError) as error:
            return type(error).__name__
        else:
            return "taken"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Counter(pool.map(one, range(AT_ONCE)))


def test_one_of_fifty_takes_the_step(chaohu: Chaohu) -> None:
    for _round in range(ROUNDS):
        assert press(chaohu) == {"taken": 1, "Conflict": AT_ONCE - 1}
    assert CaseStep.objects.filter(state=StepState.TAKEN).count() == ROUNDS


def _unlocked(case: Case, step: int) -> tuple[Case, CaseStep]:
    found = Case.objects.select_related("unit", "version").get(pk=case.pk)
    return found, CaseStep.objects.select_related("holder").get(pk=step)


def _unconditional(actor: Any, case: Case, row: CaseStep, values: Any, note: str) -> None:
    CaseStep.objects.filter(pk=row.pk).update(state=StepState.TAKEN, taken_by=actor, taken_at=row.opened_at)


def test_without_lock_and_condition_the_constraint_still_holds(chaohu: Chaohu, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "locked", _unlocked)
    monkeypatch.setattr(cases, "close_step", _unconditional)
    assert press(chaohu) == {"taken": 1, "IntegrityError": AT_ONCE - 1}


def test_without_any_guard_all_fifty_take_it(chaohu: Chaohu, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: fifty rows of the next step."""
    monkeypatch.setattr(cases, "locked", _unlocked)
    monkeypatch.setattr(cases, "close_step", _unconditional)
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX approvals_step_one_open")
    try:
        assert press(chaohu) == {"taken": AT_ONCE}
        assert CaseStep.objects.filter(code="INSPECTION").count() == AT_ONCE
    finally:
        CaseStep.objects.filter(code="INSPECTION").delete()
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE UNIQUE INDEX approvals_step_one_open ON approvals_casestep (case_id) WHERE state = 'OPEN'"
            )
