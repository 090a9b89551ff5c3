"""Plans: no more posts than are vacant, fixed by somebody else, announced by rules that are complete."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.models import AuditEntry
from personnel.services import employment_start, person_create
from policy.models import PolicyVersion
from policy.services import policy_load
from recruitment.models import Plan, PlanState, Position
from recruitment.selectors import plan_for, plans_list, positions_of, section_for_system, vacancies_for_system
from recruitment.services import (
    plan_announce,
    plan_cancel,
    plan_fix,
    plan_start,
    position_cut,
    position_propose,
    position_withdraw,
)
from recruitment.services import plans as plan_services
from tests.recruitment.conftest import POLICIES, Chaohu

TODAY = timezone.localdate()


@pytest.mark.requirement("CH-13")
def test_a_plan_has_no_more_posts_than_are_vacant(chaohu: Chaohu) -> None:
    """Three seats and one person: two vacancies, of which a first line takes one."""
    chaohu.seats(3)
    person = person_create(actor=None, unit=chaohu.community, name="王一", sex="FEMALE", birth_date=date(1990, 1, 1))
    employment_start(
        actor=None, person=person, unit=chaohu.community, category="COMMUNITY_WORKER", start=date(2024, 1, 1)
    )
    plan = chaohu.plan()
    with pytest.raises(
        Refused, match=r"2 vacancies that no plan has taken, fewer than 3 \(3 seats, 1 people, 0 planned\)"
    ):
        chaohu.propose(plan, 3)
    chaohu.propose(plan, 1)
    with pytest.raises(Refused, match=r"1 vacancies .* fewer than 2 \(3 seats, 1 people, 1 planned\)"):
        chaohu.propose(plan, 2, unit=chaohu.units["340181003"], actor=chaohu.users["sibling"])
    chaohu.propose(plan, 1, unit=chaohu.units["340181003"], actor=chaohu.users["sibling"])
    assert [one.free for one in vacancies_for_system([chaohu.units["340181"]], TODAY)] == [0]


def test_without_approved_seats_nothing_is_vacant(chaohu: Chaohu) -> None:
    with pytest.raises(Refused, match="No document approves seats"):
        chaohu.propose(chaohu.plan())


def test_other_categories_take_no_seat(chaohu: Chaohu) -> None:
    line = chaohu.propose(chaohu.plan(), 5, category="PUBLIC_WELFARE_POST")
    assert line.proposed == 5


def test_plans_of_two_batches_share_the_vacancies(chaohu: Chaohu) -> None:
    chaohu.seats(1)
    chaohu.propose(chaohu.plan(), 1)
    second = chaohu.plan()
    assert second.batch == 2
    with pytest.raises(Refused, match="0 vacancies"):
        chaohu.propose(second, 1)
    plan_cancel(actor=chaohu.users["approver"], plan=Plan.objects.get(batch=1), reason="暂缓")
    assert chaohu.propose(second, 1).proposed == 1


def test_without_the_comparison_a_plan_goes_beyond_the_seats(chaohu: Chaohu, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    chaohu.seats(1)
    monkeypatch.setattr(plan_services, "_within_vacancies", lambda *given: None)
    assert chaohu.propose(chaohu.plan(), 9).proposed == 9


@pytest.mark.requirement("CH-14", "LS-06")
def test_a_street_proposes_and_the_organisation_department_fixes(chaohu: Chaohu) -> None:
    chaohu.seats(5)
    plan = chaohu.plan()
    line = chaohu.propose(plan, 3)
    with pytest.raises(NotFound):  # the county is no unit of a street's
        plan_fix(actor=chaohu.users["clerk"], plan=plan, document="文", approved={})
    with pytest.raises(NotAllowed, match="somebody else fixes it"):
        plan_fix(actor=chaohu.users["officer"], plan=plan, document="文", approved={})
    with pytest.raises(Refused, match="from 0 to the 3 posts"):
        plan_fix(actor=chaohu.users["approver"], plan=plan, document="文", approved={line.pk: 4})
    with pytest.raises(Refused, match="without a single post"):
        plan_fix(actor=chaohu.users["approver"], plan=plan, document="文", approved={line.pk: 0})
    plan = plan_fix(actor=chaohu.users["approver"], plan=plan, document="巢组通〔2026〕5号", approved={line.pk: 2})
    line.refresh_from_db()
    assert (plan.state, line.proposed, line.approved, line.posts) == (PlanState.FIXED, 3, 2, 2)
    assert plan.version is not None
    section = plan.version.document.recruitment
    assert section is not None
    assert [name.zh for name in section.organisers.values()] == ["市委组织部", "市民政局"]
    with pytest.raises(Conflict):
        chaohu.propose(plan, 1, name="另一岗位")
    entry = AuditEntry.objects.filter(action="recruitment.plan.fix").get()
    assert entry.unit_code == chaohu.units["340181"].code


def test_a_fixed_plan_keeps_its_rules(chaohu: Chaohu) -> None:
    plan, _position = chaohu.announced()
    assert plan.version == PolicyVersion.objects.get()


def test_what_is_wrong_with_a_line_comes_at_once(chaohu: Chaohu) -> None:
    chaohu.seats(5)
    with pytest.raises(Refused) as caught:
        position_propose(
            actor=chaohu.users["officer"], plan=chaohu.plan(), unit=chaohu.units["340181"], name="", number=0,
            category="X",
        )  # fmt: skip
    assert set(caught.value.fields) == {"unit", "name", "number", "category"}


@pytest.mark.requirement("LS-06", "LS-07")
def test_leshan_proposes_by_community(db: None) -> None:
    """In Chaohu a street may propose for itself; where communities propose, it may not."""
    found = Chaohu({})
    from tests.recruitment import conftest

    policy_load(actor=None, text=(POLICIES / "leshan-shizhong" / "2024.yaml").read_text(encoding="utf-8"))
    units = conftest.build_units(
        (("51", "四川省", "PROVINCE"), ("5111", "乐山市", "CITY"), ("511102", "市中区", "COUNTY"),
         ("511102001", "泊水街街道", "STREET"), ("511102001001", "柏杨社区", "COMMUNITY"))
    )  # fmt: skip
    found.units = units
    conftest.build_users(found, (("officer", "ORG_OFFICER", "511102"),))
    found.seats(5, unit="511102")
    plan = plan_start(actor=found.users["officer"], unit=units["511102"], year=2026, title="2026年度招录计划")
    section = section_for_system(plan)
    assert section is not None
    assert [name.zh for name in section.organisers.values()] == ["区委组织部", "区民政局", "区人社局"]
    given = {"actor": found.users["officer"], "plan": plan, "name": "专职工作者", "number": 1}
    with pytest.raises(Refused, match="LS-06"):
        position_propose(**given, unit=units["511102001"])
    assert position_propose(**given, unit=units["511102001001"]).unit == units["511102001001"]


def test_the_days_of_a_notice_follow_each_other(chaohu: Chaohu) -> None:
    chaohu.seats(5)
    plan = chaohu.plan()
    chaohu.propose(plan)
    plan = plan_fix(actor=chaohu.users["approver"], plan=plan, document="文", approved={})
    with pytest.raises(Refused) as caught:
        plan_announce(
            actor=chaohu.users["approver"], plan=plan, notice=" ", day=TODAY,
            applications_from=TODAY - timedelta(days=1), applications_until=TODAY - timedelta(days=2),
        )  # fmt: skip
    assert set(caught.value.fields) == {"notice", "applications_from", "applications_until"}


def test_a_line_is_taken_back_or_cut_with_a_reason(chaohu: Chaohu) -> None:
    _plan, position = chaohu.announced(number=2)
    with pytest.raises(Conflict):
        position_withdraw(actor=chaohu.users["clerk"], position=position)
    with pytest.raises(Refused):
        position_cut(actor=chaohu.users["approver"], position=position, number=2, reason="")
    cut = position_cut(actor=chaohu.users["approver"], position=position, number=1, reason="报名人数不足")
    assert (cut.posts, cut.reason) == (1, "报名人数不足")
    other = chaohu.plan()
    line = chaohu.propose(other)
    position_withdraw(actor=chaohu.users["clerk"], position=line)
    assert not Position.objects.filter(pk=line.pk).exists()


def test_who_is_above_or_below_sees_a_plan_and_only_its_own_lines(chaohu: Chaohu) -> None:
    chaohu.seats(5)
    plan = chaohu.plan()
    chaohu.propose(plan)
    chaohu.propose(plan, unit=chaohu.units["340181003"], actor=chaohu.users["sibling"])
    assert list(plans_list(user=chaohu.users["clerk"])) == [plan]
    assert [one.unit.name for one in positions_of(user=chaohu.users["clerk"], plan=plan)] == ["东风社区"]
    assert positions_of(user=chaohu.users["officer"], plan=plan).count() == 2
    with pytest.raises(NotFound):
        plan_for(user=chaohu.users["clerk"], number=plan.pk, permission="change_people", near=False)
