"""Fifty press “hire” at once: one hires, and without the guards several would."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import IntegrityError, connections
from django.utils import timezone

from core.errors import ApplicationError
from personnel.models import Employment
from recruitment.models import Applicant
from recruitment.services import hire, hiring
from tests.recruitment.conftest import Chaohu, build_chaohu
from tests.rounds import AT_ONCE, ROUNDS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def chaohu(transactional_db: None) -> Chaohu:
    return build_chaohu()


def chosen(chaohu: Chaohu, people: int) -> list[Applicant]:
    plan, position = chaohu.announced(number=people, seats=people + 5)
    found = [chaohu.applicant(plan, position, number) for number in range(1, people + 1)]
    chaohu.ranked(plan, dict.fromkeys(range(1, people + 1), 80))
    chaohu.published(plan, found)
    return [Applicant.objects.select_related("plan", "position__unit").get(pk=one.pk) for one in found]


def press(chaohu: Chaohu, applicant: Applicant) -> Counter[str]:
    gate = Barrier(AT_ONCE)

    def one(number: int) -> str:
        try:
            gate.wait()
            hire(
                actor=chaohu.users["officer" if number % 2 else "second"],
                applicant=applicant,
                start=timezone.localdate(),
            )
        except (ApplicationError, IntegrityError) as error:
            return type(error).__name__
        else:
            return "hired"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Counter(pool.map(one, range(AT_ONCE)))


def test_one_of_fifty_hires(chaohu: Chaohu) -> None:
    for applicant in chosen(chaohu, ROUNDS):
        assert press(chaohu, applicant) == {"hired": 1, "Conflict": AT_ONCE - 1}
    assert Employment.objects.count() == ROUNDS


def test_without_the_locks_more_than_one_gets_past_the_question(
    chaohu: Chaohu, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the constraints of personnel are what is left, and they speak of something else."""
    (applicant,) = chosen(chaohu, 1)
    asked: list[int] = []
    monkeypatch.setattr(hiring, "locked_plan", lambda plan, *states: plan)
    monkeypatch.setattr(
        hiring,
        "locked_applicant",
        lambda one: Applicant.objects.select_related("plan__version", "plan__unit", "position__unit").get(pk=one.pk),
    )
    refuse = hiring._refuse_hire
    monkeypatch.setattr(hiring, "_refuse_hire", lambda one, start: (asked.append(one.pk), refuse(one, start)))
    press(chaohu, applicant)
    assert len(asked) > 1
