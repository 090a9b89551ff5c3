"""Where the rules want an examination, nobody comes in past it; with the control that everybody did."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.errors import Refused
from organization.models import Role
from organization.services import grant_give, token_give, unit_create
from personnel.models import Draft, Employment, Person
from personnel.services import (
    employment_end,
    employment_start,
    employment_transfer,
    guard,
    person_create,
    row_correct,
    section_add,
    section_change,
)
from personnel.services.entry import person_enter
from personnel.services.entry_ways import EntryWays
from personnel.services.imports import import_apply, import_start
from policy.services import policy_load
from recruitment.services import hire
from tests.recruitment.conftest import POLICIES, Chaohu, build_units, identity

ROOT = Path(__file__).resolve().parents[2]
TODAY = timezone.localdate()
EARLIER = TODAY - timedelta(days=1)  # before the rules came into the system


@contextmanager
def undone() -> Iterator[None]:
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)


def newcomer(chaohu: Chaohu, name: str = "陈明") -> Person:
    return person_create(actor=None, unit=chaohu.community, name=name, sex="MALE", birth_date=date(1990, 5, 1))


def begin(chaohu: Chaohu, person: Person, start: date = TODAY, **given: Any) -> Employment:
    job: dict[str, Any] = {"actor": chaohu.users["clerk"], "unit": chaohu.community, "category": "COMMUNITY_WORKER"}
    return employment_start(person=person, start=start, **(job | given))


def file_of(chaohu: Chaohu, start: date) -> Callable[[], Any]:
    text = (
        "姓名,身份证号,所属社区,人员类别,入职日期,职务,任职日期\n"
        f"陈明,{identity(5)},340181002001,社区工作者,{start},社区工作人员,{start}\n"
    )
    clerk = chaohu.users["clerk"]
    source = import_start(actor=clerk, unit=chaohu.community, day=TODAY, file_name="a.csv", text=text)
    return partial(import_apply, actor=clerk, source=source, expected=1)


def ways(chaohu: Chaohu) -> dict[str, Callable[[], Any]]:
    """Each way into a counted employment; every one of them would succeed."""
    clerk, unit = chaohu.users["clerk"], chaohu.community
    person, helper = newcomer(chaohu), newcomer(chaohu, "李强")
    other = begin(chaohu, helper, EARLIER, category="PUBLIC_WELFARE")
    job = {"unit": unit, "category": "COMMUNITY_WORKER", "start": TODAY}
    return {
        "no channel": partial(begin, chaohu, person),
        "a channel in name": partial(begin, chaohu, person, entry_channel="OPEN_RECRUITMENT"),
        "assigned": partial(begin, chaohu, person, entry_channel="ASSIGNED"),
        "later": partial(begin, chaohu, person, TODAY + timedelta(days=400)),
        "section": partial(section_add, actor=clerk, person=person, section="employment", values=job),
        "becomes counted": partial(
            section_change, actor=clerk, row=other, day=TODAY, values={"category": "COMMUNITY_WORKER"}
        ),
        "a whole person": partial(
            person_enter,
            actor=clerk,
            identity={"name": "周红", "identity_number": identity(6)},
            employment=job,
            post=None,
        ),
        "a file": file_of(chaohu, TODAY),
    }


@pytest.mark.requirement("CH-12")
def test_nobody_comes_in_past_the_examination(chaohu: Chaohu, monkeypatch: pytest.MonkeyPatch) -> None:
    acts = ways(chaohu)
    for name, act in acts.items():
        with undone(), pytest.raises(Refused, match="CH-12"):
            act()
            pytest.fail(name)
    monkeypatch.setattr(EntryWays, "refuse_entry", lambda *given: None)
    for act in acts.values():  # the control
        with undone():
            before = Employment.objects.count()
            act()
            assert Employment.objects.count() == before + 1


@pytest.mark.requirement("CH-12")
def test_the_refusal_says_who_where_when_by_which_clause_and_what_to_do(chaohu: Chaohu) -> None:
    with pytest.raises(Refused) as refused:
        begin(chaohu, newcomer(chaohu))
    text = (
        f"陈明 can't begin in 东风社区 on {TODAY} by this way: the rules of 巢湖市 (CH-12) let in without an examination "
        "only who is elected、appointed. Begin a recruitment, and hire from there."
    )
    assert refused.value.errors == [text]
    assert refused.value.fields == {"entry_channel": [text]}


@pytest.mark.requirement("CH-12")
def test_a_recruitment_brings_people_in(chaohu: Chaohu) -> None:
    """Somebody new and somebody on record; the same officer may not enter them by hand."""
    plan, position = chaohu.announced(number=2)
    people = [chaohu.applicant(plan, position, number) for number in (1, 2)]
    known = person_create(actor=None, unit=chaohu.community, name="考生2", identity_number=identity(2))
    officer = chaohu.users["officer"]
    chaohu.ranked(plan, {1: 80, 2: 79})
    chaohu.published(plan, people)
    with pytest.raises(Refused, match="CH-12"):
        begin(chaohu, known, actor=officer, entry_channel="OPEN_RECRUITMENT")
    hired = [hire(actor=officer, applicant=one, start=TODAY).employment for one in people]
    assert [job.person.name for job in hired if job is not None] == ["考生1", "考生2"]


def test_only_a_recruitment_says_that_somebody_was_examined() -> None:
    said = {
        str(path.relative_to(ROOT))
        for app in ("personnel", "recruitment", "approvals", "staffing", "cwms")
        for path in (ROOT / app).rglob("*.py")
        if re.search(r"examined=True", path.read_text(encoding="utf-8"))
    }
    assert said == {"recruitment/services/hiring.py"}


@pytest.mark.requirement("CH-12")
def test_the_elected_and_the_appointed_come_in_and_so_do_those_who_are_not_counted(chaohu: Chaohu) -> None:
    for name, given in {
        "甲": {"entry_channel": "ELECTED"},
        "乙": {"entry_channel": "APPOINTED"},
        "丙": {"category": "PUBLIC_WELFARE"},
        "丁": {"establishment": "PUBLIC_INSTITUTION"},
        "戊": {"actor": None},
    }.items():
        assert begin(chaohu, newcomer(chaohu, name), **given).start == TODAY


@pytest.mark.requirement("CH-12")
def test_existing_staff_are_entered_with_the_days_on_which_they_began(
    chaohu: Chaohu, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = TODAY - timedelta(days=30)
    monkeypatch.setattr(guard, "rules_kept_since_for_system", lambda place: since)
    last = since - timedelta(days=1)
    assert begin(chaohu, newcomer(chaohu, "甲"), last).start == last
    with pytest.raises(Refused, match=f"on {since}"):
        begin(chaohu, newcomer(chaohu, "乙"), since)
    assert begin(chaohu, newcomer(chaohu, "丙"), date(2022, 12, 31)).pk  # before the rules were in force
    file_of(chaohu, last)()
    assert Employment.objects.filter(person__name="陈明").get().start == last


def test_whoever_goes_on_in_the_place_comes_in_by_no_way(chaohu: Chaohu) -> None:
    """Moves, renewals and corrections; whoever was away for a day comes in anew."""
    clerk, officer = chaohu.users["clerk"], chaohu.users["officer"]
    there = unit_create(
        actor=None, code="340181003001", name="银屏社区", kind="COMMUNITY", parent=chaohu.units["340181003"],
        valid_from=date(2020, 1, 1),
    )  # fmt: skip
    moved = begin(chaohu, newcomer(chaohu, "甲"), EARLIER)
    moved = employment_transfer(actor=officer, employment=moved, unit=there, day=TODAY)
    assert (moved.unit, moved.start) == (there, TODAY)
    renewed = begin(chaohu, newcomer(chaohu, "乙"), EARLIER)
    employment_end(actor=clerk, employment=renewed, end=TODAY, reason="NOT_RENEWED")
    with undone():
        assert begin(chaohu, renewed.person, TODAY).start == TODAY
    with pytest.raises(Refused, match="乙 can't begin"):
        begin(chaohu, renewed.person, TODAY + timedelta(days=1))
    changed = begin(chaohu, newcomer(chaohu, "丙"), EARLIER)
    assert section_change(actor=clerk, row=changed, day=TODAY, values={"batch": "二"}).pk
    wrong = begin(chaohu, newcomer(chaohu, "丁"), entry_channel="ELECTED")
    row_correct(actor=clerk, row=wrong, values={"entry_channel": "ASSIGNED"}, reason="渠道录错")
    wrong.refresh_from_db()
    assert wrong.entry_channel == "ASSIGNED"


def test_whoever_moves_in_from_another_place_comes_in(chaohu: Chaohu) -> None:
    county = unit_create(
        actor=None,
        code="340122",
        name="肥东县",
        kind="COUNTY",
        parent=chaohu.units["3401"],
        valid_from=date(2020, 1, 1),
    )
    city = chaohu.users["officer"]
    grant_give(actor=None, user=city, unit=chaohu.units["3401"], role=Role.ORG_OFFICER)
    worker = begin(chaohu, newcomer(chaohu), EARLIER, unit=county, actor=None)
    with pytest.raises(Refused, match="CH-12"):
        employment_transfer(actor=city, employment=worker, unit=chaohu.community, day=TODAY)
    worker.refresh_from_db()
    assert worker.end is None


@pytest.mark.requirement("LS-05")
def test_in_leshan_every_counted_category_is_examined(chaohu: Chaohu) -> None:
    """逢进必考, where full-time staff fill seats as well."""
    policy_load(actor=None, text=(POLICIES / "leshan-shizhong" / "2024.yaml").read_text(encoding="utf-8"))
    tree = (("51", "四川省", "PROVINCE"), ("5111", "乐山市", "CITY"), ("511102", "市中区", "COUNTY"))
    district = build_units(tree)["511102"]
    officer = chaohu.users["officer"]
    grant_give(actor=None, user=officer, unit=district, role=Role.ORG_OFFICER)
    for category in ("COMMUNITY_WORKER", "FULL_TIME_STAFF"):
        with pytest.raises(Refused, match="LS-05"):
            begin(chaohu, newcomer(chaohu), unit=district, actor=officer, category=category)


def test_without_the_rule_nobody_is_asked(chaohu: Chaohu) -> None:
    county = unit_create(
        actor=None,
        code="340122",
        name="肥东县",
        kind="COUNTY",
        parent=chaohu.units["3401"],
        valid_from=date(2020, 1, 1),
    )
    officer = chaohu.users["officer"]
    grant_give(actor=None, user=officer, unit=county, role=Role.ORG_OFFICER)
    assert begin(chaohu, newcomer(chaohu), unit=county, actor=officer).pk


@pytest.fixture
def page(chaohu: Chaohu) -> Client:
    client = Client()
    client.force_login(chaohu.users["clerk"])
    client.cookies["django_language"] = "en"
    return client


def test_the_page_of_a_row_says_it_beside_the_channel(chaohu: Chaohu, page: Client) -> None:
    answer = page.post(
        reverse("personnel:row_new", args=[newcomer(chaohu).pk, "employment"]),
        {"unit": "340181002001", "category": "COMMUNITY_WORKER", "start": str(TODAY), "entry_channel": "ASSIGNED"},
    )
    assert answer.status_code == 422
    assert "(CH-12)" in answer.content.decode()
    assert answer.context["form"].errors.keys() == {"entry_channel"}
    assert not Employment.objects.exists()


@pytest.mark.parametrize(("channel", "status"), [("ASSIGNED", 422), ("ELECTED", 302)])
def test_the_pages_of_a_new_person_lead_back_to_the_work(page: Client, channel: str, status: int) -> None:
    """Nothing is kept of the refused one but the draft."""
    key = str(uuid4())
    typed: tuple[dict[str, str], ...] = (
        {"page": "identity", "identity_number": identity(7), "name": "王芳"},
        {
            "page": "work", "employment-unit": "340181002001", "employment-category": "COMMUNITY_WORKER",
            "employment-start": str(TODAY), "employment-entry_channel": channel,
        },
        {"page": "more"},
    )  # fmt: skip
    for version, values in enumerate(typed):
        answer = page.post("/people/new/", {"draft": key, "version": str(version), "go": "next"} | values)
        assert answer.status_code == 302, answer.content.decode()
    answer = page.post("/people/new/", {"draft": key, "page": "check", "go": "save"})
    assert answer.status_code == status
    refused = status == 422
    assert ("(CH-12)" in answer.content.decode()) == refused
    assert Employment.objects.exists() != refused
    assert Draft.objects.exists() == refused


def test_programs_are_refused_too(chaohu: Chaohu) -> None:
    person, writer = newcomer(chaohu), chaohu.users["clerk"]
    grant_give(actor=None, user=writer, unit=chaohu.community, role=Role.REST_WRITER)
    _row, token = token_give(actor=None, user=writer, label="x")
    job = {"person": person.pk, "unit": "340181002001", "category": "COMMUNITY_WORKER", "start": str(TODAY)}
    headers = {"Authorization": f"Bearer {token}"}
    for given in (job, job | {"examined": True}):
        answer = Client().post("/api/v1/employments/", given, content_type="application/json", headers=headers)
        assert answer.status_code == 400, answer.content.decode()
        assert not Employment.objects.exists()
    answer = Client().post("/api/v1/employments/", job, content_type="application/json", headers=headers)
    assert "CH-12" in answer.content.decode()
    answer = Client().post(
        "/api/v1/employments/", job | {"entry_channel": "ELECTED"}, content_type="application/json", headers=headers
    )
    assert answer.status_code == 201, answer.content.decode()
