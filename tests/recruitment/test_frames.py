"""Tongren: the city sets the frame, the counties hold the recruitments in batches within it (TR-06)."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from core.errors import Refused
from policy.services import policy_load
from recruitment.models import Plan, PlanState, Position
from recruitment.services import frames, plan_announce, plan_cancel, plan_fix, plan_start, position_propose
from tests.recruitment.conftest import POLICIES, Chaohu, build_units, build_users

CITY, COUNTY, STREET = "5206", "520602", "520602001"
TREE = (
    ("52", "贵州省", "PROVINCE"),
    (CITY, "铜仁市", "CITY"),
    (COUNTY, "碧江区", "COUNTY"),
    (STREET, "市中街道", "STREET"),
)


@pytest.fixture
def tongren(db: None) -> Chaohu:
    return build_tongren()


def build_tongren() -> Chaohu:
    found = Chaohu({})
    policy_load(actor=None, text=(POLICIES / "tongren" / "2024.yaml").read_text(encoding="utf-8"))
    found.units = build_units(TREE)
    build_users(found, (("officer", "ORG_OFFICER", CITY), ("approver", "ORG_APPROVER", CITY)))
    found.seats(9, unit=COUNTY)
    return found


def planned(tongren: Chaohu, unit: str, line: str, number: int) -> Plan:
    officer = tongren.users["officer"]
    plan = plan_start(actor=officer, unit=tongren.units[unit], year=2026, title=f"{unit}招聘")
    position_propose(actor=officer, plan=plan, unit=tongren.units[line], name="社区工作者", number=number)
    return plan


def fixed(tongren: Chaohu, plan: Plan) -> Plan:
    return plan_fix(actor=tongren.users["approver"], plan=plan, document="铜组通〔2026〕1号", approved={})


@pytest.mark.requirement("TR-06")
def test_batches_stay_within_the_frame_of_their_year(tongren: Chaohu) -> None:
    batch = planned(tongren, COUNTY, STREET, 3)
    with pytest.raises(Refused) as before:
        fixed(tongren, batch)
    assert before.value.errors == ["By the rules (TR-06) a frame comes first: none of 2026 has posts for 碧江区."]
    frame = fixed(tongren, planned(tongren, CITY, COUNTY, 5))
    assert frame.frame
    assert fixed(tongren, batch).state == PlanState.FIXED
    second = planned(tongren, COUNTY, STREET, 3)
    assert (second.batch, second.frame) == (2, False)
    with pytest.raises(Refused) as beyond:
        fixed(tongren, second)
    assert beyond.value.errors == [
        "The frame of 2026 gives 碧江区 5 posts (TR-06): batches have taken 3, so 3 are too many."
    ]
    line = Position.objects.get(plan=second)
    plan_fix(actor=tongren.users["approver"], plan=second, document="铜组通〔2026〕2号", approved={line.pk: 2})


def test_a_frame_takes_no_vacancy_and_no_applications(tongren: Chaohu) -> None:
    """Nine seats, a frame of nine: they are still there for the batch."""
    frame = fixed(tongren, planned(tongren, CITY, COUNTY, 9))
    today = timezone.localdate()
    with pytest.raises(Refused, match="A frame is not announced"):
        plan_announce(
            actor=tongren.users["approver"], plan=frame, notice="公告", day=today, applications_from=today,
            applications_until=today + timedelta(days=5),
        )  # fmt: skip
    with pytest.raises(IntegrityError, match="recruitment_plan_frame"), transaction.atomic():
        Plan.objects.filter(pk=frame.pk).update(state=PlanState.ANNOUNCED)
    batch = fixed(tongren, planned(tongren, COUNTY, STREET, 9))
    with pytest.raises(Refused, match="520602招聘"):
        plan_cancel(actor=tongren.users["approver"], plan=frame, reason="调整")
    plan_cancel(actor=tongren.users["approver"], plan=batch, reason="调整")
    assert plan_cancel(actor=tongren.users["approver"], plan=frame, reason="调整").state == PlanState.CANCELLED


def test_a_frame_has_lines_for_those_who_recruit(tongren: Chaohu) -> None:
    with pytest.raises(Refused, match=r"lines for units of the level county.*TR-06"):
        planned(tongren, CITY, STREET, 1)


def test_a_place_without_frames_has_none(chaohu: Chaohu) -> None:
    """The control: Chaohu's rules know no frame, and its plans are fixed by themselves."""
    plan, _position = chaohu.announced()
    assert not plan.frame


def at_once(tongren: Chaohu, patience: float) -> int:
    """Two batches of three are fixed at once, on a frame of five; how many are fixed.

    patience: seconds for which the first waits until the second has counted too, which it never does behind the lock.
    """
    fixed(tongren, planned(tongren, CITY, COUNTY, 5))
    batches = [planned(tongren, COUNTY, STREET, 3), planned(tongren, COUNTY, STREET, 3)]
    ready = threading.Barrier(2)
    counted = frames.used_posts

    def together(lineage: int, year: int) -> int:
        found = counted(lineage, year)
        with suppress(threading.BrokenBarrierError):
            ready.wait(patience)  # both have counted before either writes, where nothing holds the second one back
        return found

    def fix(plan: Plan) -> None:
        try:
            with suppress(Refused):
                fixed(tongren, plan)
        finally:
            connection.close()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frames, "used_posts", together)
        threads = [threading.Thread(target=fix, args=[plan]) for plan in batches]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    return Plan.objects.filter(frame=False, state=PlanState.FIXED).count()


@pytest.mark.django_db(transaction=True)
def test_two_batches_at_once_do_not_share_the_last_posts() -> None:
    assert at_once(build_tongren(), 0.2) == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_they_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    monkeypatch.setattr(frames, "held_frames", lambda held: None)
    assert at_once(build_tongren(), 60) == 2
