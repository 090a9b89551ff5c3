"""Acts on many rows wait for another user: nobody agrees to their own, it is good once, and for that act alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from core.errors import Conflict, NeedsCountersignature, NotAllowed, NotFound
from core.models import AuditEntry
from cwms.middleware import Errors
from organization.models import Countersignature, Permission, Role, Unit, User
from organization.selectors import countersignatures_waiting
from organization.services import countersign_ask, countersign_decide, countersigned, grant_give, user_create

COUNTY, STREET, SIBLING, FOREIGN = "340181", "340181002", "340181003", "340122"


def somebody(name: str, unit: Unit, role: str = Role.ORG_OFFICER) -> User:
    user = user_create(actor=None, username=name, display_name=name, unit=unit)[0]
    grant_give(actor=None, user=user, unit=unit, role=role)
    User.objects.filter(pk=user.pk).update(must_change_password=False)
    return User.objects.get(pk=user.pk)


@pytest.fixture
def officer(tree: dict[str, Unit]) -> User:
    return somebody("officer", tree[COUNTY])


@pytest.fixture
def other(tree: dict[str, Unit]) -> User:
    return somebody("other", tree[COUNTY])


def act(actor: User | None, unit: Unit, rows: int = 500, **depends: Any) -> None:
    countersigned(
        actor=actor, action="tests.act", rows=rows, permission=Permission.CHANGE_PEOPLE, paths=[unit.path],
        about="试验", depends=depends,
    )  # fmt: skip


def ask(actor: User, unit: Unit, rows: int = 500, **depends: Any) -> Countersignature:
    with pytest.raises(NeedsCountersignature) as needed:
        act(actor, unit, rows, **depends)
    return countersign_ask(actor=actor, asked=needed.value.asked)


def test_many_rows_wait_and_few_do_not(officer: User, tree: dict[str, Unit], settings: Any) -> None:
    act(officer, tree[COUNTY], 499)
    act(None, tree[COUNTY], 10_000)  # the system itself
    with pytest.raises(NeedsCountersignature):
        act(officer, tree[COUNTY], 500)
    settings.CWMS_COUNTERSIGN_ROWS = 0  # the control
    act(officer, tree[COUNTY], 10_000)


def test_what_another_agreed_to_is_done_once_and_nothing_else_is(
    officer: User, other: User, tree: dict[str, Unit]
) -> None:
    waiting = ask(officer, tree[COUNTY], query="a")
    assert ask(officer, tree[COUNTY], query="a").pk == waiting.pk, "what waits is not asked for twice"
    countersign_decide(actor=other, number=waiting.pk, agree=True)
    for rows, query in ((500, "b"), (501, "a")):
        with pytest.raises(NeedsCountersignature):
            act(officer, tree[COUNTY], rows, query=query)
    with pytest.raises(NeedsCountersignature):
        act(other, tree[COUNTY], query="a")
    act(officer, tree[COUNTY], query="a")
    with pytest.raises(NeedsCountersignature):
        act(officer, tree[COUNTY], query="a")
    actions = AuditEntry.objects.filter(action__startswith="organization.countersignature").order_by("pk")
    assert [(row.actor_name, row.action.rpartition(".")[2]) for row in actions] == [
        ("officer", "ask"), ("other", "agree"), ("officer", "use"),
    ]  # fmt: skip


def test_what_was_refused_is_not_done(officer: User, other: User, tree: dict[str, Unit]) -> None:
    waiting = ask(officer, tree[COUNTY])
    countersign_decide(actor=other, number=waiting.pk, agree=False)
    with pytest.raises(NeedsCountersignature):
        act(officer, tree[COUNTY])
    with pytest.raises(Conflict):
        countersign_decide(actor=other, number=waiting.pk, agree=True)


def test_nobody_agrees_to_their_own_not_even_by_hand(officer: User, tree: dict[str, Unit]) -> None:
    waiting = ask(officer, tree[COUNTY])
    with pytest.raises(NotAllowed, match="Nobody agrees to what they asked for"):
        countersign_decide(actor=officer, number=waiting.pk, agree=True)
    assert countersignatures_waiting(user=officer) == []
    with pytest.raises(IntegrityError, match="by_another"), transaction.atomic():
        Countersignature.objects.filter(pk=waiting.pk).update(
            decided_by=officer, decided_at=timezone.now(), agreed=True
        )


@pytest.mark.parametrize(
    ("unit", "role", "may"),
    [
        (COUNTY, Role.ORG_OFFICER, True),
        ("3401", Role.ORG_OFFICER, True),
        (STREET, Role.STREET_CLERK, False),  # of a part of it only
        (FOREIGN, Role.ORG_OFFICER, False),
        (COUNTY, Role.FINANCE, False),  # may not do it themselves
    ],
)
def test_who_agrees_may_do_it_wherever_it_reaches(
    officer: User, tree: dict[str, Unit], unit: str, role: str, may: bool
) -> None:
    waiting = ask(officer, tree[COUNTY])
    somebody_else = somebody("else", tree[unit], role)
    assert bool(countersignatures_waiting(user=somebody_else)) == may
    if may:
        assert countersign_decide(actor=somebody_else, number=waiting.pk, agree=True).agreed
    else:
        with pytest.raises(NotFound):
            countersign_decide(actor=somebody_else, number=waiting.pk, agree=True)


def test_it_expires(officer: User, other: User, tree: dict[str, Unit]) -> None:
    waiting = ask(officer, tree[COUNTY])
    past = timezone.now() - timedelta(seconds=1)
    Countersignature.objects.update(expires=past)
    with pytest.raises(Conflict, match="expired"):
        countersign_decide(actor=other, number=waiting.pk, agree=True)
    again = ask(officer, tree[COUNTY])
    assert again.pk != waiting.pk
    assert again.expires - again.asked_at == timedelta(hours=24)
    countersign_decide(actor=other, number=again.pk, agree=True)
    Countersignature.objects.update(expires=past)
    with pytest.raises(NeedsCountersignature):
        act(officer, tree[COUNTY])


def test_the_answer_of_a_request_asks_and_the_page_shows_it(officer: User, other: User, tree: dict[str, Unit]) -> None:
    with pytest.raises(NeedsCountersignature) as needed:
        act(officer, tree[COUNTY])
    client = Client(headers={"accept-language": "en"})
    client.force_login(officer)
    request = client.get("/countersignatures/").wsgi_request
    request.user = officer
    answer = Errors(lambda _request: None).process_exception(request, needed.value)  # type: ignore[arg-type, return-value]
    assert answer is not None
    assert answer.status_code == 409
    row = Countersignature.objects.get()
    second = Client(headers={"accept-language": "en"})
    second.force_login(other)
    assert "试验" in second.get("/countersignatures/").content.decode()
    assert second.post(f"/countersignatures/{row.pk}/", {"agree": "1"}).status_code == 302
    text = client.get("/countersignatures/").content.decode()
    assert "other agreed" in text
