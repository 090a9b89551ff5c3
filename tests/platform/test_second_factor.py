"""A second factor: who needs one, how it is set up, and that no code counts twice, late or without the password."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from core.models import AuditEntry
from cwms import sessions
from organization.models import RecoveryCode, Role, SecondFactor, User
from organization.rules import totp
from organization.rules.totp import code_of, key_of, step_of
from organization.services import (
    factor_begin,
    factor_check,
    factor_confirm,
    factor_remove,
    grant_give,
    unit_create,
    user_change_password,
    user_create,
)
from tests.platform.test_sessions import PASSWORD, Clock, inside

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def asked(settings: Any) -> None:
    settings.CWMS_SECOND_FACTOR = True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(sessions, "now", clock)
    return clock


def make(name: str, role: str | None) -> User:
    user, first = user_create(actor=None, username=name, display_name=name)
    user = user_change_password(actor=user, old=first, new=PASSWORD)
    if role is not None:
        unit = unit_create(
            actor=None, parent=None, code="34", name="安徽省", kind="PROVINCE", valid_from=date(2020, 1, 1)
        )
        grant_give(actor=None, user=user, unit=unit, role=role)
    return user


@pytest.fixture
def seal(clock: Clock) -> tuple[User, bytes, list[str]]:
    """Who seals pay, with a telephone set up: the user, its key, the paper."""
    user = make("director", Role.FINANCE)
    key = key_of(factor_begin(actor=user))
    codes = factor_confirm(actor=user, code=shown(key, clock), moment=clock())
    clock.forward(minutes=2)
    return user, key, codes


def shown(key: bytes, clock: Clock, late: int = 0) -> str:
    return code_of(key, step_of(clock().timestamp()) + late)


def begin(client: Client | None = None, **more: str) -> tuple[Client, Any]:
    client = client or Client()
    return client, client.post("/login/", {"username": "director", "password": PASSWORD, **more})


def finish(client: Client, code: str) -> int:
    return client.post("/login/code/", {"code": code}).status_code


def test_the_password_alone_opens_nothing(seal: tuple[User, bytes, list[str]], clock: Clock) -> None:
    client, answer = begin()
    assert answer["Location"] == "/login/code/"
    assert not inside(client)
    assert client.get("/people/").status_code == 302
    assert finish(client, shown(seal[1], clock)) == 302
    assert inside(client)


def test_without_the_guard_the_password_opens(seal: tuple[User, bytes, list[str]], settings: Any) -> None:
    """The control."""
    settings.CWMS_SECOND_FACTOR = False
    assert inside(begin()[0])


def test_a_code_is_good_once(seal: tuple[User, bytes, list[str]], clock: Clock) -> None:
    code = shown(seal[1], clock)
    assert finish(begin()[0], code) == 302
    assert finish(begin()[0], code) == 422
    assert finish(begin()[0], shown(seal[1], clock, -1)) == 422, "nor one from before it"
    clock.forward(seconds=30)
    assert finish(begin()[0], shown(seal[1], clock)) == 302


def test_without_the_memory_a_code_would_be_good_twice(seal: tuple[User, bytes, list[str]], clock: Clock) -> None:
    """The control."""
    code = shown(seal[1], clock)
    assert finish(begin()[0], code) == 302
    SecondFactor.objects.update(last_step=0)
    assert finish(begin()[0], code) == 302


@pytest.mark.parametrize(("late", "status"), [(-2, 422), (-1, 302), (0, 302), (1, 302), (2, 422)])
def test_a_clock_may_be_one_step_off(seal: tuple[User, bytes, list[str]], clock: Clock, late: int, status: int) -> None:
    assert finish(begin()[0], shown(seal[1], clock, late)) == status


def test_a_wider_window_is_found(
    seal: tuple[User, bytes, list[str]], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    monkeypatch.setattr(totp, "SKEW", 2)
    assert finish(begin()[0], shown(seal[1], clock, 2)) == 302


def test_each_recovery_code_opens_once(seal: tuple[User, bytes, list[str]]) -> None:
    codes = seal[2]
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"[a-z2-7]{4}(-[a-z2-7]{4}){5}", code) for code in codes)
    assert finish(begin()[0], codes[3].upper().replace("-", " ")) == 302, "however it is typed"
    assert finish(begin()[0], codes[3]) == 422
    assert finish(begin()[0], codes[4]) == 302
    assert RecoveryCode.objects.filter(used__isnull=True).count() == 8
    assert AuditEntry.objects.filter(action="organization.factor.recovery_code").count() == 2


def test_the_tables_have_neither_key_nor_codes(seal: tuple[User, bytes, list[str]]) -> None:
    _user, key, codes = seal
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM organization_secondfactor")
        (secret,) = cursor.fetchone()
        cursor.execute("SELECT string_agg(digest, ' ') FROM organization_recoverycode")
        (digests,) = cursor.fetchone()
    assert secret.startswith("v1|")
    assert totp.key_text(key) not in secret
    assert not any(code in digests or code.replace("-", "") in digests for code in codes)
    told = str(list(AuditEntry.objects.values_list("before", "after")))
    assert not any(code in told for code in (*codes, totp.key_text(key)))


def test_the_paper_of_another_opens_nothing(seal: tuple[User, bytes, list[str]], clock: Clock) -> None:
    other = make("other", None)
    key = key_of(factor_begin(actor=other))
    foreign = factor_confirm(actor=other, code=shown(key, clock), moment=clock())
    assert finish(begin()[0], foreign[0]) == 422
    clock.forward(minutes=1)
    assert finish(begin()[0], shown(key, clock)) == 422


def test_five_wrong_codes_and_then_a_quarter_of_an_hour(seal: tuple[User, bytes, list[str]], clock: Clock) -> None:
    user, key, codes = seal
    for n in range(5):
        assert not factor_check(actor=user, code=f"00000{n}x", moment=clock()).right
    assert not factor_check(actor=user, code=shown(key, clock), moment=clock()).right, "not even the right one"
    client, _answer = begin()
    text = client.post("/login/code/", {"code": codes[0]}).content.decode()
    assert "Try again after 09:17" in text
    clock.forward(minutes=15)
    assert factor_check(actor=user, code=shown(key, clock), moment=clock()).right
    assert AuditEntry.objects.filter(action="organization.factor.wrong_code").count() == 5


def test_the_second_step_waits_five_minutes(seal: tuple[User, bytes, list[str]], clock: Clock) -> None:
    client, _answer = begin()
    clock.forward(minutes=5)
    assert client.post("/login/code/", {"code": shown(seal[1], clock)})["Location"] == "/login/"
    assert not inside(client)


def test_the_second_step_ends_with_the_password_it_came_from(seal: tuple[User, bytes, list[str]], clock: Clock) -> None:
    client, _answer = begin()
    user_change_password(actor=seal[0], old=PASSWORD, new="Willow-Bridge-41-nine")
    assert client.post("/login/code/", {"code": shown(seal[1], clock)})["Location"] == "/login/"
    assert not inside(client)


def test_nobody_begins_with_the_second_step(seal: tuple[User, bytes, list[str]], clock: Clock) -> None:
    client = Client()
    assert client.post("/login/code/", {"code": shown(seal[1], clock)})["Location"] == "/login/"
    assert not inside(client)


def test_both_steps_in_one(seal: tuple[User, bytes, list[str]], clock: Clock) -> None:
    client, answer = begin(code=shown(seal[1], clock), next="/people/")
    assert answer["Location"] == "/people/"
    assert inside(client)


def test_the_code_goes_on_to_where_one_was_going(seal: tuple[User, bytes, list[str]], clock: Clock) -> None:
    client, _answer = begin(next="/people/")
    assert client.post("/login/code/", {"code": shown(seal[1], clock)})["Location"] == "/people/"
    client, _answer = begin(next="https://elsewhere.example/")
    clock.forward(seconds=30)
    assert client.post("/login/code/", {"code": shown(seal[1], clock)})["Location"] == "/"


@pytest.mark.parametrize("role", Role.values)
def test_who_approves_pays_or_administers_needs_one(role: str) -> None:
    make("director", role)
    client, answer = begin()
    assert answer.status_code == 302
    page = client.get("/people/")
    needed = role in {"STREET_APPROVER", "ORG_APPROVER", "FINANCE", "AUDITOR", "SYSTEM_ADMIN", "SECURITY_ADMIN"}
    assert (page.status_code, page.get("Location")) == ((302, "/second-factor/") if needed else (200, None))
    refused = client.get("/api/v1/people/")
    assert (refused.status_code == 403 and refused.json()["error"]["code"] == "second_factor") == needed


def test_a_telephone_is_set_up_on_the_page(clock: Clock) -> None:
    user = make("director", Role.FINANCE)
    client, _answer = begin()
    assert "Set up" in client.get("/second-factor/").content.decode()
    assert not SecondFactor.objects.exists(), "looking sets nothing up"
    client.post("/second-factor/set-up/")
    text = client.get("/second-factor/").content.decode()
    secret = re.search(r'break" data-i18n-skip>([A-Z2-7 ]+)<', text).group(1).replace(" ", "")
    assert len(secret) == 32
    assert re.search(r'<path d="M4 4h7v1h-7z', text), "the corner of a QR code is seven dark modules"
    assert " style=" not in text
    assert client.post("/second-factor/set-up/", {"code": "000000"}).status_code == 422
    assert client.get("/people/").status_code == 302, "not yet"
    done = client.post("/second-factor/set-up/", {"code": shown(key_of(secret), clock)})
    assert len(re.findall(r"<code>([a-z2-7-]{29})</code>", done.content.decode())) == 10
    assert client.get("/people/").status_code == 200
    text = client.get("/second-factor/").content.decode()
    assert secret not in text.replace(" ", ""), "the key is not shown again"
    assert "10 recovery codes are left" in text
    actions = AuditEntry.objects.filter(object_id=str(user.pk), action__startswith="organization.factor")
    assert list(actions.values_list("action", flat=True)) == [
        "organization.factor.confirm", "organization.factor.begin",
    ]  # fmt: skip


def test_another_paper_or_telephone_takes_a_fresh_proof(seal: tuple[User, bytes, list[str]], clock: Clock) -> None:
    client, _answer = begin()
    finish(client, shown(seal[1], clock))
    clock.forward(minutes=6)
    for what in ("paper", "telephone"):
        assert client.post("/second-factor/renew/", {what: "1"})["Location"].startswith("/proof/")
    wrong = {"password": PASSWORD, "code": "000000"}
    assert client.post("/proof/", wrong).status_code == 422
    assert client.post("/proof/", {"password": PASSWORD}).status_code == 422, "the password alone is no proof"
    assert client.post("/proof/", {"password": "x", "code": shown(seal[1], clock)}).status_code == 422
    assert client.post("/proof/", {"password": PASSWORD, "code": shown(seal[1], clock)}).status_code == 302
    renewed = client.post("/second-factor/renew/", {"paper": "1"}).content.decode()
    assert seal[2][0] not in renewed
    assert finish(begin()[0], seal[2][0]) == 422, "the old paper is worth nothing"
    client.post("/second-factor/renew/", {"telephone": "1"})
    assert not inside(client)
    assert not SecondFactor.objects.exists()
    assert begin()[0].get("/people/")["Location"] == "/second-factor/"


def test_a_wrong_password_uses_no_code_up(seal: tuple[User, bytes, list[str]], clock: Clock) -> None:
    code = shown(seal[1], clock)
    assert Client().post("/login/", {"username": "director", "password": "x", "code": code}).status_code == 200
    assert finish(begin()[0], code) == 302


def test_who_has_lost_the_telephone_gets_another(seal: tuple[User, bytes, list[str]], clock: Clock) -> None:
    user = seal[0]
    client, _answer = begin()
    finish(client, shown(seal[1], clock))
    assert inside(client)
    factor_remove(actor=None, user=user)
    assert not inside(client)
    client, _answer = begin()
    assert client.get("/")["Location"] == "/second-factor/"


def test_a_session_that_ended_while_one_typed_asks_for_the_code_too(
    seal: tuple[User, bytes, list[str]], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("personnel.views.session.timezone.now", clock)
    kept = {"name": "张三", "login-username": "director", "login-password": PASSWORD}
    page = Client().post("/people/new/", kept)
    assert page.status_code == 401
    assert 'name="login-code"' in page.content.decode()
    client = Client()
    assert client.post("/people/new/", kept | {"login-code": shown(seal[1], clock)}).status_code != 401
    assert inside(client)
