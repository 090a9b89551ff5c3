"""A recruitment of any place, driven by the events of a worked case (tests/cases/recruitments)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from approvals.services import calendar_day_set
from organization.models import Role
from personnel.services import employment_start, person_create
from policy.rules.document.recruitment import Recruitment
from policy.services import policy_load
from recruitment.models import Applicant, Plan, Position
from recruitment.selectors import chosen_for_system
from recruitment.services import (
    applicant_decide,
    applicant_enter,
    applicant_withdraw,
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
    position_propose,
    ranking_make,
    review_enter,
)
from tests.recruitment.conftest import Chaohu, build_units, build_users, identity

POLICIES = Path(__file__).resolve().parents[2] / "policies"
YEAR = 2026


@dataclass(frozen=True, slots=True)
class Site:
    """Where a place's cases happen: its rules, those above them first, and the codes and names of its units."""

    rules: tuple[str, ...]
    city: tuple[str, str]
    county: tuple[str, str]
    street: tuple[str, str]
    community: tuple[str, str]


SITES = {
    "chaohu": Site(
        ("chaohu/2023",), ("3401", "合肥市"), ("340181", "巢湖市"), ("340181002", "亚父街道"),
        ("340181002001", "东风社区"),
    ),
    "songling": Site(
        ("songling/2022",), ("2327", "大兴安岭地区"), ("232762", "松岭区"), ("232762100", "小扬气镇"),
        ("232762100001", "小扬气社区"),
    ),
    "tongren": Site(
        ("tongren/2024",), ("5206", "铜仁市"), ("520602", "碧江区"), ("520602001", "市中街道"),
        ("520602001001", "南门社区"),
    ),
    "leshan-shizhong": Site(
        ("leshan-shizhong/2024",), ("5111", "乐山市"), ("511102", "市中区"), ("511102001", "大佛街道"),
        ("511102001001", "岷河社区"),
    ),
    "qingyang": Site(
        ("gansu/2023", "qingyang/2023"), ("6210", "庆阳市"), ("621002", "西峰区"), ("621002001", "北街街道"),
        ("621002001001", "北街社区"),
    ),
}  # fmt: skip
OFFICE = (
    ("clerk", Role.STREET_CLERK, "street"),
    ("officer", Role.ORG_OFFICER, "county"),
    ("approver", Role.ORG_APPROVER, "county"),
    ("city", Role.ORG_OFFICER, "city"),
    ("city_approver", Role.ORG_APPROVER, "city"),
)


@dataclass
class Recruiting:
    """One recruitment, and what has been done in it so far. Applicants are known by their numbers."""

    site: Site
    place: Chaohu
    rules: Recruitment
    plan: Plan | None = None
    position: Position | None = None

    def state(self) -> str:
        """The state of the plan, "" before there is one."""
        if self.plan is None:
            return ""
        return str(Plan.objects.values_list("state", flat=True).get(pk=self.plan.pk))

    def people(self) -> dict[int, str]:
        """The state of each applicant, by number."""
        return dict(Applicant.objects.filter(plan=self.plan).order_by("number").values_list("number", "state"))

    def chosen(self) -> list[int]:
        """The numbers of those to be hired by now."""
        assert self.plan is not None
        return sorted(row.applicant.number for row in chosen_for_system(self.plan))

    def who(self, number: int) -> Applicant:
        return Applicant.objects.select_related("plan", "position__unit").get(plan=self.plan, number=number)

    def happens(self, event: Mapping[str, Any]) -> None:
        """One event: `do` names an act below, `by` who does it, the rest is what it is given."""
        given = {name: value for name, value in event.items() if name not in KEYS}
        getattr(self, f"_{event['do']}")(self.place.users.get(event.get("by", "")), **given)

    def until(self, state: str) -> None:
        """Whatever leads to a state by the usual way, for two posts and three applicants."""
        for event in usual(self.rules):
            if self.state() == state:
                return
            self.happens(event)
        assert self.state() == state, state

    # -- acts ----------------------------------------------------------------------------------------------------------

    def _frame(self, actor: Any, number: int) -> None:
        """A plan of the level above, which gives the county its posts; fixed by somebody else of that level."""
        plan = plan_start(actor=actor, unit=self.place.units[self.site.city[0]], year=YEAR, title="年度框架")
        position_propose(
            actor=actor, plan=plan, unit=self.place.units[self.site.county[0]], name="社区工作者", number=number
        )
        plan_fix(actor=self.place.users["city_approver"], plan=plan, document="框架1号", approved={})

    def _plan(self, actor: Any, year: int = YEAR, title: str = "公开招聘") -> None:
        self.plan = plan_start(actor=actor, unit=self.place.units[self.site.county[0]], year=year, title=title)

    def _propose(self, actor: Any, number: int, unit: str = "community", name: str = "社区工作者") -> None:
        assert self.plan is not None
        where = self.place.units[getattr(self.site, unit)[0]]
        self.position = position_propose(actor=actor, plan=self.plan, unit=where, name=name, number=number)

    def _fix(self, actor: Any, document: str) -> None:
        assert self.plan is not None
        self.plan = plan_fix(actor=actor, plan=self.plan, document=document, approved={})

    def _announce(self, actor: Any, notice: str, begins: int = 0, ends: int = 10) -> None:
        assert self.plan is not None
        today = timezone.localdate()
        self.plan = plan_announce(
            actor=actor, plan=self.plan, notice=notice, day=today, applications_from=today + timedelta(days=begins),
            applications_until=today + timedelta(days=ends),
        )  # fmt: skip

    def _apply(self, actor: Any, age: int = 30, education: str = "BACHELOR", **given: Any) -> None:
        assert self.plan is not None
        assert self.position is not None
        self.position.refresh_from_db()
        card = given.pop("card", Applicant.objects.filter(plan=self.plan).count() + 1)
        today = timezone.localdate()
        born = date(today.year - age, today.month, min(today.day, 28))
        values = {"name": f"考生{card}", "identity_number": identity(card, f"{born:%Y%m%d}"), "education": education}
        applicant_enter(actor=actor, plan=self.plan, position=self.position, values=values | given)

    def _screen(self, actor: Any) -> None:
        assert self.plan is not None
        applicants_screen(actor=actor, plan=self.plan)

    def _decide(self, actor: Any, who: int, reason: str, admit: bool = True) -> None:
        applicant_decide(actor=actor, applicant=self.who(who), admit=admit, reason=reason)

    def _marks(self, actor: Any, part: str, marks: Mapping[int, Any]) -> None:
        """A mark a number; where judges give marks, a list of them, or one that all of them give."""
        assert self.plan is not None
        parts = self.rules.exam.parts if self.rules.exam is not None else ()
        judged = any(one.code == part and one.judges is not None for one in parts)
        rows = []
        for number, mark in marks.items():
            given = mark if isinstance(mark, list) else [mark] * (5 if judged else 1)
            rows.append("\t".join([str(number), *map(str, given)]))
        marks_enter(actor=actor, plan=self.plan, part=part, text="\n".join(rows))

    def _rank(self, actor: Any) -> None:
        assert self.plan is not None
        ranking_make(actor=actor, plan=self.plan)

    def _order(self, actor: Any, numbers: list[int], reason: str) -> None:
        assert self.plan is not None
        assert self.position is not None
        equals_order(actor=actor, plan=self.plan, position=self.position, numbers=numbers, reason=reason)

    def _review(self, actor: Any, who: int, kind: str, passed: bool = True, note: str = "") -> None:
        day = timezone.localdate()
        review_enter(actor=actor, applicant=self.who(who), kind=kind, passed=passed, day=day, note=note)

    def _withdraw(self, actor: Any, who: int, reason: str) -> None:
        applicant_withdraw(actor=actor, applicant=self.who(who), reason=reason)

    def _fill_in(self, actor: Any, who: int, instead_of: int, reason: str) -> None:
        fill_in(actor=actor, applicant=self.who(who), instead_of=self.who(instead_of), reason=reason)

    def _publish(self, actor: Any, ago: int = 0) -> None:
        """ago: the names have been public for so many days."""
        assert self.plan is not None
        self.plan = names_publish(actor=actor, plan=self.plan, day=timezone.localdate() - timedelta(days=ago))

    def _hire(self, actor: Any, who: int) -> None:
        hire(actor=actor, applicant=self.who(who), start=timezone.localdate())

    def _close(self, actor: Any) -> None:
        assert self.plan is not None
        self.plan = plan_close(actor=actor, plan=self.plan)

    def _cancel(self, actor: Any, reason: str) -> None:
        assert self.plan is not None
        self.plan = plan_cancel(actor=actor, plan=self.plan, reason=reason)

    def _employ(self, actor: Any, channel: str = "OPEN_RECRUITMENT") -> None:
        """Somebody is entered as employed, past any recruitment."""
        unit = self.place.units[self.site.community[0]]
        person = person_create(actor=None, unit=unit, name="李强", sex="MALE", birth_date=date(1990, 5, 1))
        employment_start(
            actor=actor, person=person, unit=unit, category="COMMUNITY_WORKER", start=timezone.localdate(),
            entry_channel=channel,
        )  # fmt: skip


KEYS = ("do", "by", "then", "refused", "people", "chosen")


def usual(section: Recruitment) -> list[dict[str, Any]]:
    """The way from nothing to the last hire: two posts, three applicants, marks of 80, 75 and 70."""
    planning = section.planning
    assert section.exam is not None
    marks = {1: 80, 2: 75, 3: 70}
    found: list[dict[str, Any]] = []
    if planning is not None and planning.frame is not None:
        found.append({"do": "frame", "by": "city", "number": 5})
    found += [
        {"do": "plan", "by": "officer"},
        {"do": "propose", "by": "clerk", "number": 2},
        {"do": "fix", "by": "approver", "document": "组通〔2026〕5号"},
        {"do": "announce", "by": "approver", "notice": "公告"},
        *[{"do": "apply", "by": "officer"}] * 3,
        {"do": "screen", "by": "officer"},
        *[{"do": "decide", "by": "officer", "who": who, "reason": "材料齐全"} for who in marks],
        *[{"do": "marks", "by": "officer", "part": one.code, "marks": marks} for one in section.exam.parts],
        {"do": "rank", "by": "officer"},
        *[{"do": "review", "by": "officer", "who": who, "kind": kind} for who in (1, 2) for kind in section.reviews],
        {"do": "publish", "by": "approver", "ago": 30},
        *[{"do": "hire", "by": "officer", "who": who} for who in (1, 2)],
        {"do": "close", "by": "approver"},
    ]
    return found


def recruiting(code: str, seats: int = 10) -> Recruiting:
    """A place with its rules, an office, and so many seats of its county."""
    site = SITES[code]
    for one in site.rules:
        version = policy_load(actor=None, text=(POLICIES / f"{one}.yaml").read_text(encoding="utf-8"))
    rules = version.document.recruitment
    assert rules is not None
    kinds = ("CITY", "COUNTY", "STREET", "COMMUNITY")
    own = (site.city, site.county, site.street, site.community)
    head = (site.city[0][:2], "省", "PROVINCE")
    place = Chaohu(build_units([head, *((*one, kind) for one, kind in zip(own, kinds, strict=True))]))
    build_users(place, [(name, role, getattr(site, level)[0]) for name, role, level in OFFICE])
    place.seats(seats, unit=site.county[0])
    today = timezone.localdate()
    for year in (today.year - 1, today.year, today.year + 1):
        calendar_day_set(actor=None, day=date(year, 10, 1), kind="HOLIDAY", name="国庆节")
    return Recruiting(site, place, rules)


# What can be done in a recruitment, each of which a place's cases do at least once and see refused at least once.
ACTS = (
    "plan", "propose", "fix", "announce", "apply", "screen", "decide", "marks", "rank", "review", "publish", "fill_in",
    "hire", "close",
)  # fmt: skip
