"""A service of recruitment is whole or nothing: whichever of its statements fails, nothing of it is left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

import pytest
from django.utils import timezone

from organization.models import UnitKind
from organization.services import unit_create, unit_rename
from recruitment import services
from recruitment.models import Applicant, Plan, Position
from recruitment.services import (
    applicant_decide,
    applicant_enter,
    applicant_withdraw,
    applicants_import,
    applicants_screen,
    equals_order,
    fill_in,
    hire,
    marks_enter,
    names_publish,
    plan_announce,
    plan_cancel,
    plan_close,
    plan_fix,
    plan_start,
    position_cut,
    position_propose,
    position_withdraw,
    ranking_make,
    recruitments_follow_units,
    review_enter,
)
from tests.faults import Act, partial_effects
from tests.recruitment.conftest import Chaohu, identity

FILE = f"岗位代码,姓名,身份证号,学历,学习形式\n1,张三,{identity(31)},大学本科,全日制\n1,李四,{identity(32)},研究生,全日制\n"
GRID = "\n".join("\t".join([str(number), *["70"] * 5]) for number in (1, 2, 3))


def drafted(chaohu: Chaohu) -> dict[str, Act]:
    """Seats there are, a plan with a line; nothing is fixed."""
    chaohu.seats(10)
    plan = chaohu.plan()
    number = chaohu.propose(plan).pk
    users = chaohu.users
    other = unit_create(
        actor=None, code="340181002002", name="西风社区", kind=UnitKind.COMMUNITY, parent=chaohu.units["340181002"],
        valid_from=date(2020, 1, 1),
    )  # fmt: skip
    return {
        "plan_start": partial(plan_start, actor=users["officer"], unit=chaohu.units["340181"], year=2026, title="第二批"),
        "position_propose": partial(position_propose, actor=users["clerk"], plan=plan, unit=other, name="x", number=1),
        # Read each time: an instance that was deleted once has no number any more.
        "position_withdraw": lambda: position_withdraw(actor=users["clerk"], position=Position.objects.get(pk=number)),
        "plan_fix": partial(plan_fix, actor=users["approver"], plan=plan, document="巢组通〔2026〕5号", approved={}),
        "plan_cancel": partial(plan_cancel, actor=users["officer"], plan=plan, reason="x"),
    }  # fmt: skip


def announced(chaohu: Chaohu) -> dict[str, Act]:
    """Applications are taken: one is there; another plan is fixed and not announced."""
    plan, line = chaohu.announced(number=2)
    one = chaohu.applicant(plan, line, 1)
    fixed = chaohu.plan()
    chaohu.propose(fixed, name="x")
    fixed = plan_fix(actor=chaohu.users["approver"], plan=fixed, document="巢组通〔2026〕6号", approved={})
    today, officer = timezone.localdate(), chaohu.users["officer"]
    values = {"name": "x", "identity_number": identity(20), "education": "BACHELOR", "study_mode": "FULL_TIME"}
    days = {"day": today, "applications_from": today, "applications_until": today + timedelta(days=9)}
    renamed = unit_rename(actor=None, unit=chaohu.community, name="新东风社区", day=today)
    return {
        "plan_announce": partial(plan_announce, actor=chaohu.users["approver"], plan=fixed, notice="公告", **days),
        "applicant_enter": partial(applicant_enter, actor=officer, plan=plan, position=line, values=values),
        "applicants_import": partial(applicants_import, actor=officer, plan=plan, data=FILE.encode()),
        "applicants_screen": partial(applicants_screen, actor=officer, plan=plan),
        "applicant_withdraw": partial(applicant_withdraw, actor=officer, applicant=one, reason="x"),
        "position_cut": partial(position_cut, actor=chaohu.users["approver"], position=line, number=1, reason="x"),
        "recruitments_follow_units": partial(
            recruitments_follow_units, actor=None, moved={chaohu.community.pk: renamed}, day=today
        ),
    }


def screened(chaohu: Chaohu) -> dict[str, Act]:
    """Three applicants: two are admitted, one has to be checked by hand."""
    plan, line = chaohu.announced(number=2)
    people = [chaohu.applicant(plan, line, number) for number in (1, 2, 3)]
    applicants_screen(actor=chaohu.users["officer"], plan=plan)
    officer = chaohu.users["officer"]
    for one in people[1:]:
        applicant_decide(actor=officer, applicant=one, admit=True, reason="x")
    return {"applicant_decide": partial(applicant_decide, actor=officer, applicant=people[0], admit=True, reason="x")}


def examined(chaohu: Chaohu) -> dict[str, Act]:
    """Three have marks of both parts, and nobody is ranked."""
    plan, line = chaohu.announced(number=2)
    for number in (1, 2, 3):
        chaohu.applicant(plan, line, number)
    chaohu.admitted(plan)
    officer = chaohu.users["officer"]
    marks_enter(actor=officer, plan=plan, part="written", text="1\t80\n2\t70\n3\t60")
    marks_enter(actor=officer, plan=plan, part="interview", text=GRID)
    return {
        "marks_enter": partial(marks_enter, actor=officer, plan=plan, part="interview", text=GRID),
        "ranking_make": partial(ranking_make, actor=officer, plan=plan),
    }


def equal(chaohu: Chaohu) -> dict[str, Act]:
    """Two equals for one seat."""
    plan, line = chaohu.announced(number=1)
    for number in (1, 2):
        chaohu.applicant(plan, line, number)
    chaohu.ranked(plan, {1: 80, 2: 80})
    officer = chaohu.users["officer"]
    return {
        "equals_order": partial(equals_order, actor=officer, plan=plan, position=line, numbers=[2, 1], reason="抽签")
    }


def ranked(chaohu: Chaohu) -> dict[str, Act]:
    """Two seats, three people: the first gave up, the second has passed the reviews."""
    plan, line = chaohu.announced(number=2)
    people = [chaohu.applicant(plan, line, number) for number in (1, 2, 3)]
    chaohu.ranked(plan, {1: 90, 2: 80, 3: 70})
    officer = chaohu.users["officer"]
    applicant_withdraw(actor=officer, applicant=people[0], reason="x")
    review = partial(review_enter, actor=officer, passed=True, day=timezone.localdate())
    for kind in ("MEDICAL", "BACKGROUND"):
        review(applicant=people[1], kind=kind)
    return {
        "review_enter": partial(review, applicant=people[2], kind="MEDICAL"),
        "fill_in": partial(fill_in, actor=officer, applicant=people[2], instead_of=people[0], reason="x"),
    }


def published(chaohu: Chaohu) -> dict[str, Act]:
    """Names are public and their days have passed; one has been hired, one has not."""
    plan, line = chaohu.announced(number=2)
    people = [chaohu.applicant(plan, line, number) for number in (1, 2)]
    chaohu.ranked(plan, {1: 90, 2: 80})
    publish = partial(names_publish, actor=chaohu.users["approver"], day=timezone.localdate() - timedelta(days=30))
    for one in people:
        for kind in ("MEDICAL", "BACKGROUND"):
            review_enter(actor=chaohu.users["officer"], applicant=one, kind=kind, passed=True, day=timezone.localdate())
    found: dict[str, Act] = {"names_publish": partial(publish, plan=Plan.objects.get(pk=plan.pk))}
    return found


def hiring(chaohu: Chaohu) -> dict[str, Act]:
    """One is hired already: whoever comes second finds that the plan goes on."""
    plan, line = chaohu.announced(number=2)
    people = [chaohu.applicant(plan, line, number) for number in (1, 2)]
    chaohu.ranked(plan, {1: 90, 2: 80})
    plan = chaohu.published(plan, people)
    officer, today = chaohu.users["officer"], timezone.localdate()
    first, second = Applicant.objects.select_related("plan__unit", "position__unit").order_by("number")
    hire(actor=officer, applicant=first, start=today)
    return {
        "hire": partial(hire, actor=officer, applicant=second, start=today),
        "plan_close": partial(plan_close, actor=officer, plan=plan),
    }


# What each stage brings to the point of being called.
STAGES: dict[Callable[[Chaohu], dict[str, Act]], set[str]] = {
    drafted: {"plan_start", "position_propose", "position_withdraw", "plan_fix", "plan_cancel"},
    announced: {
        "plan_announce", "applicant_enter", "applicants_import", "applicants_screen", "applicant_withdraw",
        "position_cut", "recruitments_follow_units",
    },
    screened: {"applicant_decide"},
    examined: {"marks_enter", "ranking_make"},
    equal: {"equals_order"},
    ranked: {"review_enter", "fill_in"},
    published: {"names_publish"},
    hiring: {"hire", "plan_close"},
}  # fmt: skip
# How many statements each of these sends at least: what it writes and its trail, so that none is let off unseen.
MANY = {"hire": 20, "ranking_make": 8, "applicants_import": 5, "marks_enter": 5, "plan_fix": 5}


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_no_service_of_recruitment_leaves_a_part_of_itself(
    chaohu: Chaohu, stage: Callable[[Chaohu], dict[str, Act]]
) -> None:
    acts = stage(chaohu)
    assert acts.keys() == STAGES[stage]
    found: dict[str, list[int]] = {}
    for name, act in acts.items():
        left, count = partial_effects(act)
        if left:
            found[name] = left
        assert count >= MANY.get(name, 3), (name, count)
    assert found == {}


def test_no_service_of_recruitment_is_left_out() -> None:
    assert set().union(*STAGES.values()) == set(services.__all__) - {"VALUES"}


def test_without_its_transaction_marks_are_lost(chaohu: Chaohu) -> None:
    """The control: the same service, not atomic, deletes the old marks and has not written the new ones."""
    act = examined(chaohu)["marks_enter"]
    bare = partial(marks_enter.__wrapped__, **act.keywords)  # type: ignore[attr-defined]
    assert partial_effects(bare)[0]
