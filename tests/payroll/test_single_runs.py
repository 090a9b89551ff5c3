"""A review, a placement and a conversion of one person: an election, another category, a transfer (TR-31, TR-38, TR-39)."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from core.errors import Conflict, Refused
from organization.models import Role, UnitKind, User
from organization.services import grant_give, unit_create
from payroll.models import GradeSpan, PromotionKind, PromotionOutcome, PromotionRun
from payroll.services.promotion import compute_promotion_run, promotion_confirm, promotion_start
from personnel.models import Person
from personnel.services import employment_transfer, section_change, tenure_end, tenure_start
from policy.services import policy_load
from tests.payroll.conftest import POLICIES, Place, build_place

TREE = (
    ("52", "贵州省", UnitKind.PROVINCE),
    ("5206", "铜仁市", UnitKind.CITY),
    ("520602", "碧江区", UnitKind.COUNTY),
    ("520602001", "市中街道", UnitKind.STREET),
    ("520602001001", "南门社区", UnitKind.COMMUNITY),
    ("520603", "万山区", UnitKind.COUNTY),
    ("520603001", "谢桥街道", UnitKind.STREET),
    ("520603001001", "谢桥社区", UnitKind.COMMUNITY),
)
HERE, THERE = "520602001001", "520603001001"
PLACED, DAY = date(2026, 1, 1), date(2026, 3, 15)


@pytest.fixture
def tongren(db: None) -> Place:
    return build_tongren((POLICIES / "tongren" / "2024.yaml").read_text(encoding="utf-8"))


def build_tongren(text: str) -> Place:
    policy_load(actor=None, text=text)
    place = build_place()
    for code, name, kind in TREE:
        parent = place.units.get(code[: {2: 0, 4: 2, 6: 4, 9: 6, 12: 9}[len(code)]])
        place.units[code] = unit_create(
            actor=None, code=code, name=name, kind=kind, parent=parent, valid_from=date(2000, 1, 1)
        )
    for name, role in (("starts", Role.ORG_OFFICER), ("confirms", Role.ORG_APPROVER)):
        place.users[name] = User.objects.create(username=name, display_name=name)
        grant_give(actor=None, user=place.users[name], unit=place.units["5206"], role=role)
    return place


def worker(tongren: Place, name: str = "甲") -> Person:
    """Since June 2020 in the fifth post: 1, and 1 more for five whole years, so grade 2 on 2026-01-01."""
    person = tongren.hire(name, HERE, start=date(2020, 6, 1))
    confirmed(tongren, person, PLACED, PromotionKind.PLACEMENT)
    return person


def computed(
    tongren: Place, person: Person, day: date, kind: str = PromotionKind.REVIEW, unit: str = HERE
) -> PromotionRun:
    run = promotion_start(actor=tongren.users["starts"], unit=tongren.units[unit], day=day, kind=kind, person=person)
    run = compute_promotion_run(run=run)
    assert not run.error, run.error
    return run


def confirmed(tongren: Place, person: Person, day: date, kind: str, unit: str = HERE) -> PromotionRun:
    return promotion_confirm(actor=tongren.users["confirms"], run=computed(tongren, person, day, kind, unit))


def outcome(run: PromotionRun) -> tuple[object, ...]:
    row = PromotionOutcome.objects.get(run=run)
    return row.old, row.new, row.code, row.old_year, row.new_year


@pytest.mark.requirement("TR-39")
def test_who_is_elected_gets_the_grade_of_the_new_post_at_the_same_distance(tongren: Place) -> None:
    """From 2 in 1–4 to 10 in 9–12. 2,200 + 740 + 600 and 2,200 + 1,220 + 600 yuan a month, twelve times."""
    person, other = worker(tongren), worker(tongren, "乙")
    tenure_end(actor=None, tenure=person.tenures.get(), end=DAY)
    tenure_start(
        actor=None, person=person, unit=tongren.units[HERE], title="COMMITTEE_MEMBER", start=DAY,
        election="GENERAL_ELECTION",
    )  # fmt: skip
    run = computed(tongren, person, DAY)
    assert outcome(run) == (2, 10, "POST_CHANGED", 12 * 3540_00, 12 * 4020_00)
    promotion_confirm(actor=tongren.users["confirms"], run=run)
    assert GradeSpan.objects.get(person=person, end=None).value == 10
    assert GradeSpan.objects.get(person=other, end=None).value == 2  # nobody else is touched


@pytest.mark.requirement("TR-38")
def test_who_rises_from_the_fifth_to_the_fourth_post_gets_its_grade(tongren: Place) -> None:
    """From 2 in 1–4 to 6 in 5–8. 2,000 + 740 + 600 and 2,000 + 980 + 600 yuan a month, twelve times."""
    person = worker(tongren)
    section_change(
        actor=None, row=person.tenures.get(), day=DAY, values={"appointed_as": "fourth"}, document="晋升〔2026〕1号"
    )
    run = computed(tongren, person, DAY)
    assert outcome(run) == (2, 6, "POST_CHANGED", 12 * 3340_00, 12 * 3580_00)


@pytest.mark.requirement("TR-31")
def test_the_grade_goes_along_across_counties_or_is_worked_out_anew(tongren: Place) -> None:
    person = worker(tongren)
    employment_transfer(
        actor=tongren.users["starts"], employment=person.employments.get(), unit=tongren.units[THERE], day=DAY
    )
    tenure_start(actor=None, person=person, unit=tongren.units[THERE], title="STAFF", start=DAY)
    tenure_end(actor=None, tenure=person.tenures.earliest("start"), end=DAY)
    assert GradeSpan.objects.get(person=person, end=None).value == 2
    # Five whole years on 2026-03-15, as on 1 January: the value that they would begin with is the one they have.
    run = computed(tongren, person, DAY, PromotionKind.CONVERSION, THERE)
    assert outcome(run)[:3] == (2, 2, "PLACED")


def test_a_conversion_of_one_goes_the_steps_of_all(tongren: Place) -> None:
    person = worker(tongren)
    run = computed(tongren, person, DAY, PromotionKind.CONVERSION)
    with pytest.raises(Conflict, match="survey"):
        promotion_confirm(actor=tongren.users["confirms"], run=run, document="1")


def test_two_people_are_reviewed_at_once_and_one_of_them_not_twice(tongren: Place) -> None:
    first, second = worker(tongren), worker(tongren, "乙")
    computed(tongren, first, DAY)
    assert computed(tongren, second, DAY).subject == second.key
    with pytest.raises(Conflict):
        computed(tongren, first, DAY)
    with pytest.raises(Conflict):
        promotion_start(actor=tongren.users["starts"], unit=tongren.units["5206"], day=DAY)


def test_somebody_elsewhere_is_refused(tongren: Place) -> None:
    with pytest.raises(Refused, match="not employed in 谢桥社区"):
        computed(tongren, worker(tongren), DAY, unit=THERE)


def test_the_page_starts_it_from_the_person(tongren: Place, client: Client) -> None:
    person = worker(tongren)
    client.force_login(tongren.users["starts"])
    at = f"/people/{person.pk}/promotion/"
    assert person.name in client.get(at).content.decode()
    assert f'href="{at}"' in client.get(f"/people/{person.pk}/").content.decode()
    wrong = client.post(at, {"day": "", "kind": "REVIEW"})
    assert wrong.status_code == 400
    made = client.post(at, {"day": "2026-03-15", "kind": "CONVERSION"})
    run = PromotionRun.objects.latest("pk")
    assert (made.status_code, run.subject, run.kind, run.unit.short_code) == (302, person.key, "CONVERSION", HERE)
    page = client.get(f"/promotions/{run.pk}/").content.decode()
    assert f"/people/{person.pk}/" in page


@pytest.mark.requirement("TR-38")
def test_nobody_rises_past_conditions_that_the_article_leaves_open(tongren: Place) -> None:
    """The refusal names what is missing; whoever is entered as the fourth post from the beginning rises from nothing."""
    person = worker(tongren)
    rise = {"row": person.tenures.get(), "values": {"appointed_as": "fourth"}, "document": "晋升〔2026〕1号"}
    text = r"Tongren.*\(TR-38\) leave open who rises.*employment\.rises\.fourth_from_fifth\.when"
    with pytest.raises(Refused, match=text) as error:
        section_change(actor=tongren.users["starts"], day=DAY, **rise)
    assert set(error.value.fields) == {"appointed_as"}
    assert person.tenures.get().appointed_as is None
    newcomer = tongren.hire("丙", HERE, start=DAY)
    assert newcomer.tenures.get().pk


@pytest.mark.requirement("TR-38")
def test_a_written_condition_lets_rise_who_fulfils_it(db: None) -> None:
    """Three years of service: 2020-06-01 to 2026-03-14 are five, 2024-01-01 to then are two."""
    text = (POLICIES / "tongren" / "2024.yaml").read_text(encoding="utf-8")
    start = text.index("when: {unset: 原文只说细化了条件和程序")
    end = text.index("}", start) + 1
    place = build_tongren(text[:start] + "when: {service_years: {at_least: {assumed: 3, because: x}}}" + text[end:])
    old, new = place.hire("甲", HERE, start=date(2020, 6, 1)), place.hire("乙", HERE, start=date(2024, 1, 1))
    rise = {"actor": place.users["starts"], "day": DAY, "values": {"appointed_as": "fourth"}}
    assert section_change(row=old.tenures.get(), **rise).appointed_as == "fourth"
    with pytest.raises(Refused, match="乙 does not fulfil what the rules of"):
        section_change(row=new.tenures.get(), **rise)
