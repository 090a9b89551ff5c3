"""Those whom a batch brought beside those who serve."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from organization.models import User
from personnel.models import Certificate, Education, Employment, Person
from personnel.services import employment_start, person_create
from recruitment.models import Plan
from recruitment.rules.intake import Compared, Worker, group_of
from recruitment.selectors import intake_of
from recruitment.services import hire
from tests.recruitment.conftest import Chaohu, identity

TODAY = timezone.localdate()
DAY = date(2026, 6, 1)


def test_a_group_is_read_as_of_its_day() -> None:
    """Turning 30 on the day counts as 30, a diploma of the next day not at all; who has no birth date has no age."""
    group = group_of(
        [
            Worker(date(1996, 6, 1), DAY, None),
            Worker(date(1985, 6, 2), date(2026, 6, 2), DAY),
            Worker(None, None, None),
        ],
        DAY,
    )
    assert (group.people, group.ages, group.aged, group.college, group.certified) == (3, 30 + 40, 2, 1, 1)
    assert (group.mean_age, group.college_share) == (Decimal("35.0"), Decimal("33.3"))
    assert group_of([], DAY).mean_age is None
    assert Compared(DAY, group, group_of([], DAY)).college_change is None


def serve(chaohu: Chaohu, born: date, *, college: bool, certified: bool, category: str = "COMMUNITY_WORKER") -> Person:
    person = person_create(actor=None, unit=chaohu.community, name="在职", sex="FEMALE", birth_date=born)
    employment_start(
        actor=None, person=person, unit=chaohu.community, category=category, start=date(2021, 1, 1),
        entry_channel="ELECTED",
    )  # fmt: skip
    Education.objects.create(
        person=person, level="COLLEGE" if college else "HIGH_SCHOOL", graduated=date(2012, 7, 1),
        completion="GRADUATED",
    )  # fmt: skip
    if certified:
        Certificate.objects.create(person=person, level="ASSISTANT", number=f"C{person.pk}", issued=date(2020, 9, 1))
    return person


def batch(chaohu: Chaohu) -> Plan:
    """Two hired, 31 and 33, both bachelors, one with a certificate; four serve, 40, 44, 48 and 52, three of them with
    college and one with a certificate; a public-welfare post is not among those who serve."""
    for age, college, certified in ((40, True, True), (44, True, False), (48, True, False), (52, False, False)):
        serve(chaohu, date(TODAY.year - age, 1, 1), college=college, certified=certified)
    serve(chaohu, date(TODAY.year - 20, 1, 1), college=False, certified=False, category="PUBLIC_WELFARE_POST")
    gone = serve(chaohu, date(TODAY.year - 25, 1, 1), college=False, certified=False)
    Employment.objects.filter(person=gone).update(end=TODAY)
    plan, position = chaohu.announced(number=2)
    people = [
        chaohu.applicant(plan, position, 1, identity_number=identity(1, f"{TODAY.year - 31}0101")),
        chaohu.applicant(
            plan, position, 2, identity_number=identity(2, f"{TODAY.year - 33}0101"), certificate="ASSISTANT",
            certificate_number="X1", certificate_issued=date(2020, 1, 1),
        ),
    ]  # fmt: skip
    chaohu.ranked(plan, {1: 80, 2: 81})
    plan = chaohu.published(plan, people)
    for one, start in zip(people, (TODAY, TODAY + timedelta(days=3)), strict=True):
        hire(actor=chaohu.users["officer"], applicant=one, start=start)
    return plan


@pytest.mark.requirement("LS-03")
def test_a_batch_is_compared_with_those_who_served_on_the_day_of_its_first_hire(chaohu: Chaohu) -> None:
    plan = batch(chaohu)
    (one,) = intake_of(user=chaohu.users["officer"], plan=plan)
    found = one.compared
    assert (one.plan, found.day) == (plan, TODAY)
    assert (found.hired.people, found.hired.ages, found.hired.college, found.hired.certified) == (2, 64, 2, 1)
    assert (found.serving.people, found.serving.ages, found.serving.college, found.serving.certified) == (4, 184, 3, 1)
    assert (found.hired.mean_age, found.serving.mean_age, found.age_change) == (
        Decimal("32.0"), Decimal("46.0"), Decimal("-14.0"),
    )  # fmt: skip
    assert (found.serving.college_share, found.college_change, found.certified_change) == (
        Decimal("75.0"), Decimal("25.0"), Decimal("25.0"),
    )  # fmt: skip
    assert intake_of(user=chaohu.users["sibling"], plan=plan) == []


@pytest.mark.requirement("LS-03")
def test_the_trend_has_a_line_a_batch_and_earlier_hires_serve_by_then(chaohu: Chaohu) -> None:
    """The second batch is measured by five: the four, and the one whom the first brought."""
    first = batch(chaohu)
    second = Plan.objects.get(pk=first.pk)
    second.pk, second.batch, second.title = None, 2, "第二批"
    second.save()
    applicant = first.applicants.get(number=2)
    applicant.plan = second
    applicant.position.pk, applicant.position.plan = None, second
    applicant.position.save()
    applicant.position_id = applicant.position.pk
    applicant.save()
    found = intake_of(user=chaohu.users["officer"], plan=second)
    assert [(one.plan.pk, one.compared.hired.people, one.compared.serving.people) for one in found] == [
        (first.pk, 1, 4), (second.pk, 1, 5),
    ]  # fmt: skip
    assert [one.plan.pk for one in intake_of(user=chaohu.users["officer"], plan=first)] == [first.pk]


def test_batches_stand_in_the_order_of_their_years(chaohu: Chaohu) -> None:
    """The third batch of a year comes before the first of the next one."""
    last = batch(chaohu)
    before = Plan.objects.get(pk=last.pk)
    before.pk, before.year, before.batch, before.title = None, last.year - 1, 3, "去年第三批"
    before.save()
    applicant = last.applicants.get(number=1)
    applicant.position.pk, applicant.position.plan = None, before
    applicant.position.save()
    applicant.plan, applicant.position_id = before, applicant.position.pk
    applicant.save()
    found = intake_of(user=chaohu.users["officer"], plan=last)
    assert [one.plan.pk for one in found] == [before.pk, last.pk]
    assert [one.plan.pk for one in intake_of(user=chaohu.users["officer"], plan=before)] == [before.pk]


def test_a_batch_that_brought_nobody_is_compared_with_nobody(chaohu: Chaohu, client: Client) -> None:
    plan, _position = chaohu.announced()
    assert intake_of(user=chaohu.users["officer"], plan=plan) == []
    client.force_login(chaohu.users["officer"])
    assert client.get(f"/recruitment/plans/{plan.pk}/intake/").status_code == 200


def test_whoever_has_two_employments_serves_once(chaohu: Chaohu) -> None:
    plan = batch(chaohu)
    person = Employment.objects.filter(category="COMMUNITY_WORKER", start=date(2021, 1, 1), end=None).first().person
    employment_start(actor=None, person=person, unit=chaohu.community, category="GRID_WORKER", start=date(2022, 1, 1))
    (one,) = intake_of(user=chaohu.users["officer"], plan=plan)
    assert (one.compared.serving.people, one.compared.serving.ages) == (4, 184)


def test_the_page_shows_the_same(chaohu: Chaohu, client: Client) -> None:
    plan = batch(chaohu)
    client.force_login(User.objects.get(username="officer"))
    page = client.get(f"/recruitment/plans/{plan.pk}/intake/").content.decode()
    for cell in ("2 (100.0 %)", "3 (75.0 %)", "25.0", "-14.0", "46.0"):
        assert f">{cell}<" in page
    assert f"/recruitment/plans/{plan.pk}/intake/" in client.get(f"/recruitment/plans/{plan.pk}/").content.decode()
