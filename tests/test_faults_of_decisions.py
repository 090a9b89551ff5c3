"""Decisions are whole or nothing: whichever statement of an act of a case, a recruitment, a conversion or a move fails.

The worked cases of tests/cases are walked, and each act is tried out where it is done for the first time. An act of many
statements fails at each seventh; `make chaos` lets it fail at each.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import pytest
import yaml
from django.utils import timezone

from approvals.models import Case, CaseStep
from personnel.models import Person
from personnel.services import appointment_carry_out, archive_open
from tests.approvals import test_carried_out as orders
from tests.approvals import test_golden as procedures
from tests.approvals.conftest import build_chaohu
from tests.approvals.test_moves_at_once import ordered
from tests.approvals.tongren import build_tongren
from tests.faults import partial_effects, undone
from tests.payroll import test_golden_conversion as conversions
from tests.recruitment.places import ACTS, recruiting
from tests.recruitment.test_golden import recruitments

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
LONG = os.environ.get("CWMS_CHAOS") == "long"
SEVERAL = {"wait", "all_answer", "frame", "employ"}  # of the walk: no service, or several one after another


class Trials:
    """What is left of acts after a failing statement, by name; each is tried out once."""

    def __init__(self) -> None:
        self.tried: dict[str, int] = {}
        self.left: dict[str, list[int]] = {}

    def of(self, name: str, act: Callable[[], Any]) -> None:
        if name not in self.tried:
            left, self.tried[name] = partial_effects(act, every=1 if LONG else 7)
            if left:
                self.left[name] = left


def test_no_act_of_a_procedure_leaves_a_part_of_itself() -> None:
    trials = Trials()
    for path in procedures.FILES:
        whole = yaml.safe_load(path.read_text(encoding="utf-8"))
        build = {"chaohu": build_chaohu, "tongren": build_tongren}[whole.get("place", "chaohu")]
        for one in whole["cases"]:
            with undone():
                office = build(partial(procedures.with_limits, limits=whole.get("limits", {})))
                case = office.open(
                    act=whole["act"], post=whole["post"], **({"to": whole["to"]} if "to" in whole else {})
                )
                if "from" in one:
                    office.until(case, one["from"])
                for event in one["events"]:
                    last = CaseStep.objects.filter(case=case).latest("pk")
                    if "refused" in event:
                        continue
                    act = partial(procedures.happens, office, case, event, last)
                    if event["do"] not in SEVERAL:
                        trials.of(f"{whole['act']} {event['do']}", act)
                    act()
    assert trials.left == {}
    assert {name.split()[1] for name in trials.tried} >= {
        "take", "document", "answer", "settle_opinion", "object", "settle", "return", "withdraw",
    }  # fmt: skip


def test_no_order_leaves_a_part_of_itself() -> None:
    """The last step of a case changes post, employment, seat, custody and grade in one transaction."""
    trials = Trials()
    with undone():
        chaohu = build_chaohu()
        before, after = orders.hire(chaohu, "周红", "PARTY_SECRETARY"), orders.hire(chaohu, "陈明")
        archive_open(actor=None, person=after, number="1", opened=date(2020, 1, 1))
        for name, act, person in (("APPOINT", "APPOINT", after), ("REMOVE", "REMOVE", before)):
            opened = partial(orders.appoint, chaohu, person, act=act)
            trials.of(f"open {name}", opened)
            with undone():
                case = opened()
                chaohu.until(case, "ORDER")
                trials.of(f"order {name}", partial(orders.carry_out, chaohu, case))
    with undone():
        tongren = build_tongren()
        person = tongren.hire("甲")
        archive_open(actor=None, person=person, number="1", opened=date(2020, 6, 1))
        trials.of("open TRANSFER", partial(tongren.propose, person))
        _case, order = ordered(tongren, person)
        trials.of("order TRANSFER", order)
    assert trials.left == {}
    assert len(trials.tried) == 6
    assert trials.tried["order TRANSFER"] > 40  # it does move something


def test_no_act_of_a_recruitment_leaves_a_part_of_itself() -> None:
    trials = Trials()
    for place, case in recruitments():
        if place != "chaohu":
            continue
        with undone():
            made = recruiting(place)
            if "from" in case:
                made.until(case["from"])
            for event in case["events"]:
                if "refused" in event:
                    continue
                if event["do"] not in SEVERAL:
                    trials.of(event["do"], partial(made.happens, event))
                if made.plan is not None and made.plan.pk is not None:
                    made.plan = type(made.plan).objects.filter(pk=made.plan.pk).first() or made.plan
                made.happens(event)
    assert trials.left == {}
    assert set(ACTS) <= set(trials.tried)


def test_no_step_of_a_conversion_leaves_a_part_of_itself() -> None:
    trials = Trials()
    for path in conversions.FILES:
        whole = yaml.safe_load(path.read_text(encoding="utf-8"))
        for one in whole["cases"]:
            with undone():
                place, run = conversions.built(whole)
                for event in one["events"]:
                    if "refused" not in event:
                        act = partial(conversions.happens, place, run, event)
                        trials.of(event["do"], act)
                        run.refresh_from_db()
                        act()
    assert trials.left == {}
    assert set(trials.tried) == {"step", "confirm", "leave_out", "reverse"}


def test_without_its_transaction_an_order_does_leave_one() -> None:
    """The control: the same service, not atomic."""
    bare = appointment_carry_out.__wrapped__  # type: ignore[attr-defined]
    tongren = build_tongren()
    person: Person = tongren.hire("甲")
    case: Case = tongren.propose(person)
    tongren.until(case, "ORDER")
    values = {"order_number": "万组〔2026〕12号", "effective_date": timezone.localdate()}
    left, _count = partial_effects(
        partial(bare, actor=tongren.users["their_officer"], case=case, step=tongren.step(case).pk, values=values),
        every=7,
    )
    assert left
