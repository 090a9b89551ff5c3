"""Guessed passwords: how many are looked at, from wherever they come, and who is kept out meanwhile."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import MD5PasswordHasher
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from core.models import AuditEntry
from cwms.login import address_of
from organization.models import User
from organization.services import user_change_password, user_create

pytestmark = pytest.mark.django_db
RIGHT, DESK, ELSEWHERE = "Lotus-River-88-seven", "10.0.0.5", "203.0.113.9"


@pytest.fixture(autouse=True)
def guarded(settings: Any) -> None:
    settings.AXES_ENABLED = True


@pytest.fixture
def director() -> User:
    user, first = user_create(actor=None, username="director", display_name="主任")
    user_change_password(actor=user, old=first, new=RIGHT)
    return user


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names whose passwords were compared."""
    names: list[str] = []
    whole = ModelBackend.authenticate

    def authenticate(self: ModelBackend, request: Any, username: Any = None, password: Any = None, **more: Any) -> Any:
        names.append(username)
        return whole(self, request, username=username, password=password, **more)

    monkeypatch.setattr(ModelBackend, "authenticate", authenticate)
    return names


def attempt(name: str, password: str, address: str = ELSEWHERE, **headers: str) -> int:
    answer = Client(REMOTE_ADDR=address).post("/login/", {"username": name, "password": password}, headers=headers)
    return answer.status_code


def guess(times: int, name: str = "director", address: Callable[[int], str] = lambda _n: ELSEWHERE) -> set[int]:
    return {attempt(name, f"guess-{n}", address(n)) for n in range(times)}


def test_five_guesses_are_looked_at_and_no_more(director: User, looked_at: list[str]) -> None:
    assert guess(12) == {200, 429}
    assert looked_at == ["director"] * 5
    assert attempt("director", RIGHT) == 429, "not even the right one"


def test_without_the_guard_every_guess_is_looked_at(director: User, looked_at: list[str], settings: Any) -> None:
    """The control."""
    settings.AXES_ENABLED = False
    assert guess(12) == {200}
    assert len(looked_at) == 12


def test_many_addresses_have_five_guesses_together(director: User, looked_at: list[str]) -> None:
    guess(12, address=lambda n: f"198.51.100.{n}")
    assert len(looked_at) == 5


@pytest.mark.parametrize("proxies", [0, 1])
def test_an_address_that_the_browser_invents_helps_nobody(
    director: User, looked_at: list[str], settings: Any, proxies: int
) -> None:
    settings.CWMS_PROXIES = proxies
    attempt("director", RIGHT, DESK, **({"X-Forwarded-For": DESK} if proxies else {}))
    looked_at.clear()
    for n in range(9):
        invented = {"X-Forwarded-For": f"{DESK}, {ELSEWHERE}" if proxies else DESK}
        attempt("director", f"guess-{n}", ELSEWHERE, **invented)
    assert len(looked_at) == 5


def test_many_names_have_five_guesses_each(director: User, looked_at: list[str]) -> None:
    for n in range(24):
        attempt(f"name-{n % 3}", f"guess-{n}")
    assert {name: looked_at.count(name) for name in looked_at} == {"name-0": 5, "name-1": 5, "name-2": 5}


def test_a_thousand_guesses_with_invented_addresses_are_five_a_name(
    director: User, looked_at: list[str], settings: Any
) -> None:
    """Five names in turn, every guess from another address and behind other invented ones; the owner comes in."""
    settings.CWMS_PROXIES = 1
    drawn = random.Random(20261121)
    names = ["director", "name-1", "name-2", "name-3", "name-4"]

    def address() -> str:
        return ".".join(str(drawn.randrange(1, 255)) for _n in range(4))

    assert attempt("director", RIGHT, "10.0.0.1", **{"X-Forwarded-For": DESK}) == 302
    looked_at.clear()
    for n in range(1_000):
        chain = ", ".join([DESK, *(address() for _n in range(drawn.randrange(3))), address()])
        assert attempt(names[n % 5], f"guess-{n}", "10.0.0.1", **{"X-Forwarded-For": chain}) in (200, 429)
    assert {name: looked_at.count(name) for name in names} == dict.fromkeys(names, 5)
    assert attempt("director", RIGHT, "10.0.0.1", **{"X-Forwarded-For": DESK}) == 302


def test_who_is_attacked_from_elsewhere_goes_on_at_their_own_desk(director: User) -> None:
    assert attempt("director", RIGHT, DESK) == 302
    guess(10)
    assert attempt("director", "mistyped", DESK) == 200
    assert attempt("director", RIGHT, DESK) == 302
    assert attempt("director", RIGHT, "10.0.0.6") == 429, "the control: another address is nobody's own"


def test_a_desk_is_known_for_thirty_days(director: User) -> None:
    attempt("director", RIGHT, DESK)
    AccessLog.objects.update(attempt_time=timezone.now() - timedelta(days=31))
    guess(10)
    assert attempt("director", RIGHT, DESK) == 429


def test_after_half_an_hour_all_is_forgotten_however_long_somebody_went_on(director: User) -> None:
    guess(5)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=29))
    assert guess(3) == {429}
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=31))
    assert attempt("director", RIGHT) == 302


def test_the_page_says_when_and_tells_no_names(director: User) -> None:
    pages = []
    for name in ("director", "nobody00"):
        guess(5, name)
        client = Client(REMOTE_ADDR=ELSEWHERE)
        page = client.post("/login/", {"username": name, "password": "x", "next": "/people/"})
        at = AccessAttempt.objects.get(username=name).attempt_time + timedelta(minutes=30)
        text = page.content.decode()
        assert f"Try again after {timezone.localtime(at):%H:%M}" in text
        assert 'name="next" value="/people/"' in text
        pages.append(len(text))
    assert pages[0] == pages[1]


def test_the_trail_has_every_log_in_and_no_password(director: User) -> None:
    attempt("director", "a-wrong-secret", DESK)
    attempt("director", RIGHT, DESK)
    entry = AuditEntry.objects.get(action="organization.session.begin")
    assert (entry.actor_id, entry.after) == (director.pk, {"address": DESK})
    kept = [str(vars(row)) for model in (AccessAttempt, AccessLog) for row in model.objects.all()]
    assert not any("a-wrong-secret" in text for text in kept)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [(0, "1.1.1.1", DESK), (1, "1.1.1.1, 2.2.2.2", "2.2.2.2"), (2, "1.1.1.1, 2.2.2.2", "1.1.1.1"),
     (3, "1.1.1.1, 2.2.2.2", DESK), (1, "", None)],
)  # fmt: skip
def test_addresses_are_read_from_the_right(settings: Any, proxies: int, forwarded: str, address: str | None) -> None:
    settings.CWMS_PROXIES = proxies
    request = HttpRequest()
    request.META |= {"REMOTE_ADDR": DESK, "HTTP_X_FORWARDED_FOR": forwarded}
    assert address_of(request) == address


# -- Names that there are, and names that there are not ---------------------------------------------------------------


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the hasher was asked to do: the slow part of every answer."""
    done: list[str] = []
    whole = MD5PasswordHasher.encode

    def encode(self: MD5PasswordHasher, password: str, salt: str) -> str:
        done.append("hash")
        return whole(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", encode)
    return done


def without_secrets(body: bytes, *names: str) -> bytes:
    """A page without what differs at every request, and without the name that was typed into it."""
    text = re.sub(rb'(csrfmiddlewaretoken" value=|X-CSRFToken": )"[^"]*"', b"", body)
    for name in names:
        text = text.replace(name.encode(), b"NAME")
    return text


def test_an_unknown_name_is_answered_like_a_known_one(director: User, hashed: list[str]) -> None:
    """Also one that is deactivated, and one whose one-time password has run out."""
    for name in ("gone", "late"):
        user_create(actor=None, username=name, display_name=name)
    User.objects.filter(username="gone").update(is_active=False)
    User.objects.filter(username="late").update(one_time_until=timezone.now() - timedelta(hours=1))
    hashed.clear()
    found = {}
    for name in ("director", "gone", "late", "nobody"):
        client = Client(REMOTE_ADDR=ELSEWHERE)
        answer = client.post("/login/", {"username": name, "password": "guess"})
        found[name] = answer.status_code, without_secrets(answer.content, name), len(hashed), sorted(answer.headers)
        hashed.clear()
    assert found["director"][2] == 1
    assert all(answer == found["director"] for answer in found.values())


def test_an_answer_without_the_work_is_found(
    director: User, hashed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: a program that hashes nothing for a name that there is not."""
    monkeypatch.setattr(User, "set_password", lambda self, raw: None)
    attempt("director", "guess")
    assert len(hashed) == 1
    attempt("nobody", "guess")
    assert len(hashed) == 1


def test_both_languages_say_the_same_of_both(director: User) -> None:
    for language, text in (("zh-hans", "用户名或密码不正确"), ("en", "User name or password is not right")):
        pages = set()
        for name in ("director", "nobody"):
            client = Client(REMOTE_ADDR=ELSEWHERE)
            client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
            page = client.post("/login/", {"username": name, "password": "guess"}).content
            assert text in page.decode()
            pages.add(without_secrets(page, name))
        assert len(pages) == 1


def test_who_logs_in_is_told_of_the_last_time(director: User) -> None:
    def told(address: str) -> str:
        client = Client(REMOTE_ADDR=address)
        page = client.post("/login/", {"username": "director", "password": RIGHT}, follow=True).content.decode()
        return re.search(r'alert-info" role="status">([^<]*)<', page).group(1)

    assert told(DESK) == "This is your first log-in."
    User.objects.update(last_login=datetime(2026, 3, 2, 1, 5, tzinfo=UTC))
    assert told("10.0.0.6") == f"Last log-in: 2026-03-02 09:05 from {DESK}."
    guess(2)
    AccessAttempt.objects.update(attempt_time=datetime(2026, 3, 4, 1, 7, tzinfo=UTC))
    User.objects.update(last_login=datetime(2026, 3, 4, 1, 6, tzinfo=UTC))
    said = f"A wrong password was typed since, at 2026-03-04 09:07 from {ELSEWHERE}."
    assert told(DESK) == f"Last log-in: 2026-03-04 09:06 from 10.0.0.6. {said}"
    assert "wrong password" not in told(DESK)
