"""How tokens are used: a row a token and day, right also where requests come at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from threading import Barrier
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connections
from django.db.models import F
from django.test import Client

from organization.models import ApiToken, Role, TokenUse, Unit, UnitKind, User
from organization.services import (
    grant_give,
    token_counted,
    token_give,
    token_revoke,
    token_uses_forget,
    unit_create,
)
from organization.services.tokens import USES_KEPT

NOON = datetime(2026, 3, 1, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
AT_ONCE, EACH = 4, 20


def given(name: str, role: Role) -> tuple[User, ApiToken, str]:
    unit = Unit.objects.filter(code="340000000000").first() or unit_create(
        actor=None, code="34", name="安徽省", kind=UnitKind.PROVINCE, parent=None, valid_from=date(2000, 1, 1)
    )
    user = User.objects.create(username=name, display_name=name, unit=unit)
    grant_give(actor=None, user=user, unit=unit, role=role)
    row, token = token_give(actor=None, user=user, label="报表")
    return user, row, token


@pytest.fixture
def program(db: None) -> tuple[User, ApiToken, str]:
    return given("program", Role.STATISTICS_CLIENT)


def ask(token: str, address: str = "10.0.0.7", path: str = "catalogue/") -> Any:
    return Client(REMOTE_ADDR=address, headers={"Authorization": f"Bearer {token}"}).get(f"/api/v1/statistics/{path}")


def test_a_day_is_one_row(program: tuple[User, ApiToken, str]) -> None:
    """Two answers, an error of the question (not refused), a refusal of names; then the token is revoked: five."""
    _user, row, token = program
    sent = [len(ask(token).content), len(ask(token).content), len(ask(token, path="values/?day=x").content)]
    refused = ask(token, path="people/", address="10.0.0.8")
    assert refused.status_code == 403
    token_revoke(actor=None, prefix=row.prefix)
    late = ask(token, address="2001:db8::1")
    assert late.status_code == 401
    (use,) = TokenUse.objects.all()
    assert (use.token, use.requests, use.refused, use.address) == (row, 5, 2, "2001:db8::1")
    assert use.sent == sum(sent) + len(refused.content) + len(late.content)


def test_who_shows_no_token_is_counted_for_nobody(program: tuple[User, ApiToken, str]) -> None:
    user, row, token = program
    assert ask(f"{row.prefix}.guessed").status_code == 401
    browser = Client()
    browser.force_login(user)
    assert browser.get("/api/v1/statistics/catalogue/").status_code == 200
    assert not TokenUse.objects.exists()
    assert ask(token).status_code == 200
    assert TokenUse.objects.get().requests == 1


def test_days_are_rows_of_their_own_and_end(program: tuple[User, ApiToken, str]) -> None:
    _user, row, _token = program
    for days in (0, 0, 1, USES_KEPT, USES_KEPT + 1):
        token_counted(token=row.pk, refused=False, sent=10, address=None, now=NOON - timedelta(days))
    kept = list(TokenUse.objects.order_by("-day").values_list("day", "requests", "sent"))
    first = date(2026, 3, 1)
    assert kept[:2] == [(first, 2, 20), (first - timedelta(1), 1, 10)]
    assert (len(kept), token_uses_forget(today=first)) == (4, 1)
    assert TokenUse.objects.earliest("day").day == first - timedelta(USES_KEPT)


def test_a_day_ends_at_midnight_in_the_offices(program: tuple[User, ApiToken, str]) -> None:
    """23:59 and 00:00 in Shanghai are 15:59 and 16:00 of one day in London."""
    _user, row, _token = program
    for hour in (15, 16):
        now = datetime(2025, 12, 31, hour, 59 if hour == 15 else 0, tzinfo=ZoneInfo("UTC"))
        token_counted(token=row.pk, refused=False, sent=1, address="10.0.0.7", now=now)
    assert list(TokenUse.objects.order_by("day").values_list("day", "requests")) == [
        (date(2025, 12, 31), 1), (date(2026, 1, 1), 1),
    ]  # fmt: skip


def test_a_token_that_is_gone_is_counted_for_nobody(program: tuple[User, ApiToken, str]) -> None:
    _user, row, _token = program
    token_counted(token=row.pk + 1, refused=False, sent=1, address=None, now=NOON)
    assert not TokenUse.objects.exists()


def test_each_token_has_rows_of_its_own(program: tuple[User, ApiToken, str]) -> None:
    user, row, _token = program
    other, _secret = token_give(actor=None, user=user, label="另一个")
    for one, sent in ((row, 1), (other, 2), (other, 3)):
        token_counted(token=one.pk, refused=False, sent=sent, address=None, now=NOON)
    assert dict(TokenUse.objects.values_list("token", "sent")) == {row.pk: 1, other.pk: 5}


def test_its_user_and_who_gives_tokens_see_the_page(program: tuple[User, ApiToken, str]) -> None:
    user, row, token = program
    administrator = User.objects.create(username="administrator", display_name="安全管理员")
    grant_give(actor=None, user=administrator, unit=Unit.objects.get(), role=Role.SECURITY_ADMIN)
    stranger = given("stranger", Role.STATISTICS_CLIENT)[0]
    ask(token)
    codes = []
    for one in (user, administrator, stranger):
        client = Client()
        client.force_login(one)
        answer = client.get(f"/tokens/{row.pk}/use/")
        codes.append(answer.status_code)
        assert ("10.0.0.7" in answer.content.decode()) == (one != stranger)
    assert codes == [200, 200, 404]


def counted_apart(*, token: int, **more: Any) -> None:
    """The control: read, and written back."""
    use = TokenUse.objects.get(token_id=token)
    gate.wait()
    TokenUse.objects.filter(pk=use.pk).update(requests=use.requests + 1)


gate = Barrier(AT_ONCE)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("right", [True, False], ids=["counted", "the control"])
def test_requests_at_once_are_all_counted(transactional_db: None, right: bool) -> None:
    _user, row, _token = given("program", Role.STATISTICS_CLIENT)
    count = token_counted if right else counted_apart
    token_counted(token=row.pk, refused=False, sent=0, address=None, now=NOON)
    TokenUse.objects.update(requests=F("requests") - 1)

    def one(_number: int) -> None:
        try:
            for _n in range(EACH):
                count(token=row.pk, refused=True, sent=3, address="10.0.0.7", now=NOON)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, range(AT_ONCE)))
    use = TokenUse.objects.get()
    if right:
        assert (use.requests, use.refused, use.sent) == (80, 80, 240)
    else:
        assert use.requests < 80
