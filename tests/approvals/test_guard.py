"""Where the rules put a case in front of a post, nothing else changes it; with the control that everything did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from approvals.models import Case
from core.errors import Refused
from organization.models import Role
from organization.services import grant_give, token_give
from personnel.models import Post, Tenure
from personnel.services import (
    employment_end,
    guard,
    row_correct,
    row_withdraw,
    section_add,
    section_change,
    section_end,
    tenure_start,
)
from personnel.services.guard import Guard
from personnel.services.imports import import_apply, import_start
from tests.approvals.conftest import Chaohu
from tests.approvals.test_carried_out import hire

Act = Callable[[], Any]


@pytest.fixture
def today() -> date:
    return timezone.localdate()


@contextmanager
def undone() -> Iterator[None]:
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)


def ways(chaohu: Chaohu, today: date) -> dict[str, Act]:
    """Each way to a post past a case; every one of them would succeed."""
    clerk, unit = chaohu.users["clerk"], chaohu.community
    person, director = hire(chaohu, "陈明"), hire(chaohu, "周红", "COMMITTEE_DIRECTOR")
    held = director.tenures.get()
    post = {"unit": unit, "title": "PARTY_SECRETARY", "start": today}
    return {
        "start": partial(tenure_start, actor=clerk, person=person, **post),
        "section": partial(section_add, actor=clerk, person=person, section="post", values=post),
        "until next year": partial(
            section_add, actor=clerk, person=person, section="post",
            values=post | {"end": today + timedelta(days=365)},
        ),
        "end": partial(section_end, actor=clerk, row=held, day=today),
        "another post": partial(section_change, actor=clerk, row=held, day=today, values={"title": "DEPUTY_DIRECTOR"}),
    }  # fmt: skip


@pytest.mark.requirement("CH-24")
def test_no_service_changes_a_post_past_its_case(chaohu: Chaohu, today: date, monkeypatch: pytest.MonkeyPatch) -> None:
    acts = ways(chaohu, today)
    for name, act in acts.items():
        with pytest.raises(Refused, match="CH-24" if name in ("end", "another post") else "CH-18"):
            act()
    monkeypatch.setattr(Guard, "_refuse", lambda *given, **named: None)
    for act in acts.values():  # the control
        with undone():
            act()


@pytest.mark.requirement("CH-24")
@pytest.mark.parametrize("title", ["DEPUTY_SECRETARY", "COMMITTEE_DIRECTOR", "DEPUTY_DIRECTOR", "COMMITTEE_MEMBER"])
def test_every_member_of_both_committees_is_reviewed_within_the_term(chaohu: Chaohu, today: date, title: str) -> None:
    clerk, person = chaohu.users["clerk"], hire(chaohu, "陈明")
    given: dict[str, Any] = {"actor": clerk, "person": person, "unit": chaohu.community, "title": title, "start": today}
    with pytest.raises(Refused, match="CH-24"):
        tenure_start(**given)
    with pytest.raises(Refused, match="CH-24"):
        tenure_start(**given, election="BY_ELECTION")
    elected = tenure_start(**given, election="GENERAL_ELECTION")
    with pytest.raises(Refused, match="CH-24"):
        section_end(actor=clerk, row=elected, day=today + timedelta(days=100))
    last = date(today.year + 5, today.month, min(today.day, 28))
    Tenure.objects.filter(pk=elected.pk).update(start=last - timedelta(days=1))
    assert (
        section_end(actor=clerk, row=elected, day=last + timedelta(days=5 * 366)).pk == elected.pk
    )  # the term is over


def test_the_page_refuses_with_the_clause_and_the_way_to_a_case(chaohu: Chaohu, today: date) -> None:
    person = hire(chaohu, "陈明")
    client = Client()
    client.force_login(chaohu.users["clerk"])
    client.cookies["django_language"] = "en"
    answer = client.post(
        reverse("personnel:row_new", args=[person.pk, "post"]),
        {"unit": "340181002001", "title": "PARTY_SECRETARY", "start": str(today)},
    )
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "CH-18" in text
    assert reverse("personnel:appointment_new", args=[person.pk]) in text


def test_programs_are_refused_too(chaohu: Chaohu, today: date) -> None:
    person = hire(chaohu, "陈明")
    seat = Post.objects.create(unit=chaohu.community, body="PARTY", title="PARTY_SECRETARY", single_holder=True)
    writer = chaohu.users["clerk"]
    grant_give(actor=None, user=writer, unit=chaohu.community, role=Role.REST_WRITER)
    _row, token = token_give(actor=None, user=writer, label="x")
    read = Client().get(f"/api/v1/posts/{seat.pk}/", headers={"Authorization": f"Bearer {token}"})
    etag = read.headers["ETag"]
    answer = Client().post(
        f"/api/v1/posts/{seat.pk}/appoint/", {"person": person.pk, "start": str(today)},
        content_type="application/json", headers={"Authorization": f"Bearer {token}", "If-Match": etag},
    )  # fmt: skip
    assert answer.status_code == 400, answer.content.decode()
    assert "CH-18" in answer.content.decode()
    assert not seat.tenures.exists()


def test_a_file_is_refused_with_the_clause(chaohu: Chaohu, today: date) -> None:
    """The lot that is entered at once leaves the row out, and the row by itself says why."""
    number, unit = "11010519491231002X", chaohu.community
    text = (
        "姓名,身份证号,所属社区,人员类别,入职日期,职务,任职日期\n"
        f"陈明,{number},340181002001,社区工作者,2020-01-01,党组织书记,{today}\n"
    )
    source = import_start(actor=chaohu.users["clerk"], unit=unit, day=today, file_name="a.csv", text=text)
    with pytest.raises(Refused, match="CH-18"):
        import_apply(actor=chaohu.users["clerk"], source=source, expected=1)
    assert not Tenure.objects.exists()


def test_history_corrections_and_leavers_need_no_case(
    chaohu: Chaohu, today: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk, person = chaohu.users["clerk"], hire(chaohu, "陈明")
    monkeypatch.setattr(guard, "rules_kept_since_for_system", lambda place: today - timedelta(days=30))
    before = today - timedelta(days=31)
    post = {"unit": chaohu.community, "title": "COMMITTEE_MEMBER"}
    held = section_add(actor=clerk, person=person, section="post", values=post | {"start": before})
    assert isinstance(held, Tenure)  # before the rules came into the system
    with pytest.raises(Refused, match="CH-24"):
        section_add(
            actor=clerk,
            person=hire(chaohu, "李强"),
            section="post",
            values=post | {"start": before + timedelta(days=1)},
        )
    over = section_add(
        actor=clerk, person=person, section="post",
        values={"unit": chaohu.community, "title": "DEPUTY_DIRECTOR", "start": today - timedelta(days=9), "end": today},
    )  # fmt: skip
    assert isinstance(over, Tenure)
    assert row_correct(actor=clerk, row=held, values={"start": str(before - timedelta(days=1))}, reason="日期有误").pk
    row_withdraw(actor=clerk, row=over, reason="误录")
    employment_end(actor=clerk, employment=person.employments.get(), end=today, reason="RESIGNED", with_posts=True)
    held.refresh_from_db()
    assert held.end == today


def test_what_the_installation_loads_is_history(chaohu: Chaohu, today: date) -> None:
    person = hire(chaohu, "陈明")
    assert tenure_start(actor=None, person=person, unit=chaohu.community, title="PARTY_SECRETARY", start=today).pk
    assert Case.objects.count() == 0
