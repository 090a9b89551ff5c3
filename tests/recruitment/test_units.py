"""Recruitments on their way follow a unit that is renamed, moved or merged; what is finished stays where it was held."""

from __future__ import annotations

import pytest
from django.utils import timezone

from core.errors import Refused
from organization.models import Unit
from organization.selectors.above import above
from organization.services import unit_move, unit_rename
from recruitment.models import Applicant, Plan, Position
from recruitment.services import plan_cancel, plan_start, recruitments_follow_units
from tests.recruitment.conftest import Chaohu

DAY = timezone.localdate()
STREET, COMMUNITY, OTHER = "340181002", "340181002001", "340181003"


def paths(plan: Plan) -> set[str]:
    return {
        *Position.objects.filter(plan=plan).values_list("unit_path", flat=True),
        *Applicant.objects.filter(plan=plan).values_list("unit_path", flat=True),
    }


def test_lines_and_applicants_go_with_a_community_that_moves(chaohu: Chaohu) -> None:
    plan, position = chaohu.announced()
    chaohu.applicant(plan, position, 1)
    moved = unit_move(actor=None, unit=chaohu.community, parent=chaohu.units[OTHER], day=DAY)
    assert moved.path.startswith(chaohu.units[OTHER].path)
    assert paths(plan) == {moved.path}
    assert Position.objects.get(plan=plan).unit_id == moved.pk
    plan.refresh_from_db()
    assert plan.unit_id == chaohu.units["340181"].pk


def test_without_the_hook_they_stay_behind(chaohu: Chaohu, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    monkeypatch.delitem(above.follows, "recruitment")
    plan, position = chaohu.announced()
    chaohu.applicant(plan, position, 1)
    moved = unit_move(actor=None, unit=chaohu.community, parent=chaohu.units[OTHER], day=DAY)
    assert paths(plan) == {chaohu.community.path} != {moved.path}


def test_a_plan_goes_with_the_county_that_is_renamed(chaohu: Chaohu) -> None:
    plan = chaohu.plan()
    ended = chaohu.plan()
    plan_cancel(actor=chaohu.users["approver"], plan=ended, reason="不再招聘")
    renamed = unit_rename(actor=None, unit=chaohu.units["340181"], name="巢湖新市", day=DAY)
    assert dict(Plan.objects.values_list("pk", "unit_id")) == {
        plan.pk: renamed.pk,
        ended.pk: chaohu.units["340181"].pk,
    }
    third = plan_start(actor=chaohu.users["officer"], unit=renamed, year=2026, title="第三批")
    assert third.batch == 3


def test_a_community_does_not_leave_the_unit_that_recruits_for_it(chaohu: Chaohu) -> None:
    """The street's own plan can't go on for a community of another street."""
    _plan, position = chaohu.announced()
    street = chaohu.units[STREET]
    Plan.objects.update(unit=street, unit_path=street.path)
    with pytest.raises(Refused) as refusal:
        unit_move(actor=None, unit=chaohu.community, parent=chaohu.units[OTHER], day=DAY)
    assert refusal.value.errors == [
        "“2026年公开招聘” recruits for 东风社区, which would leave it. Bring the recruitment to its end first."
    ]
    position.refresh_from_db()
    assert position.unit_path == chaohu.community.path
    assert not Unit.objects.filter(name="东风社区", valid_from=DAY).exists()


def test_two_lines_and_two_batches_do_not_become_one(chaohu: Chaohu) -> None:
    plan, _position = chaohu.announced(number=1, seats=9)
    second = Position.objects.get(plan=plan)
    second.pk, second.unit, second.unit_path = None, chaohu.units[STREET], chaohu.units[STREET].path
    second.save(force_insert=True)
    county, street = chaohu.units["340181"], chaohu.units[STREET]
    Plan.objects.create(
        unit=street, unit_path=street.path, year=2026, batch=1, title="街道招聘", started_by=chaohu.users["clerk"]
    )
    with pytest.raises(Refused) as refusal:
        recruitments_follow_units(actor=None, moved={chaohu.community.pk: county, street.pk: county}, day=DAY)
    assert refusal.value.errors == [
        "巢湖市 would have batch 1 of 2026 twice. Bring “街道招聘” to its end first.",
        "“2026年公开招聘” would recruit “社区工作者” for 巢湖市 on two lines. Bring the recruitment to its end first.",
    ]
