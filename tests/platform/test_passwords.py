"""The page of the password, one-time passwords that run out, and passwords that have grown old."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cwms import sessions
from organization.models import User
from organization.services import user_change_password, user_create, user_reset_password
from tests.platform.test_sessions import PASSWORD, inside

pytestmark = pytest.mark.django_db


@pytest.fixture
def new(settings: Any) -> tuple[User, str]:
    settings.CWMS_ONE_TIME_HOURS = 24
    return user_create(actor=None, username="director", display_name="王主任")


def log_in(password: str) -> Client:
    client = Client()
    client.post("/login/", {"username": "director", "password": password})
    return client


def at(monkeypatch: pytest.MonkeyPatch, **later: float) -> None:
    moment = timezone.now() + timedelta(**later)
    monkeypatch.setattr(sessions, "now", lambda: moment)


@pytest.mark.parametrize(("minutes", "holds"), [(24 * 60 - 1, True), (24 * 60 + 1, False)])
def test_a_one_time_password_runs_out(
    new: tuple[User, str], monkeypatch: pytest.MonkeyPatch, minutes: int, holds: bool
) -> None:
    at(monkeypatch, minutes=minutes)
    client = log_in(new[1])
    assert client.get("/")["Location"].startswith("/password/" if holds else "/login/")


def test_one_that_has_run_out_is_like_a_wrong_one(new: tuple[User, str], monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, hours=25)
    run_out, wrong = (
        Client().post("/login/", {"username": "director", "password": password}) for password in (new[1], "x" * 19)
    )
    assert run_out.status_code == wrong.status_code == 200
    assert run_out.context["form"].errors == wrong.context["form"].errors


def test_a_new_one_holds_again_and_the_chosen_one_for_good(
    new: tuple[User, str], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    again = user_reset_password(actor=None, user=new[0])
    user_change_password(actor=new[0], old=again, new=PASSWORD)
    at(monkeypatch, days=80)
    assert inside(log_in(PASSWORD))


def test_a_session_with_a_one_time_password_ends_with_it(
    new: tuple[User, str], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.CWMS_IDLE_MINUTES = settings.SESSION_COOKIE_AGE = 10**6
    client = log_in(new[1])
    assert client.get("/password/").status_code == 200
    at(monkeypatch, hours=25)
    assert client.get("/password/").status_code == 302


@pytest.mark.parametrize(("chosen", "renewed"), [("mlps3", True), ("modern", False)])
def test_after_ninety_days_another_is_chosen_first(
    new: tuple[User, str], monkeypatch: pytest.MonkeyPatch, settings: Any, chosen: str, renewed: bool
) -> None:
    settings.CWMS_PASSWORDS = chosen
    user_change_password(actor=new[0], old=new[1], new=PASSWORD)
    at(monkeypatch, days=90)
    client = log_in(PASSWORD)
    page = client.get("/")
    assert (page.status_code == 302 and page["Location"] == "/password/?next=/") == renewed
    text = client.get("/password/").content.decode()
    assert ("as old as a password may get" in text) == renewed
    if renewed:
        assert client.get("/api/v1/people/").json()["error"]["code"] == "first_password"
        monkeypatch.setattr(sessions, "now", timezone.now)
        client = log_in(PASSWORD)
        values = {"old": PASSWORD, "new": "Willow-Bridge-41", "again": "Willow-Bridge-41", "next": "/people/"}
        assert client.post("/password/", values)["Location"] == "/people/"


@pytest.mark.parametrize(
    ("chosen", "rules"), [("mlps3", ["shortest", "kinds", "words"]), ("modern", ["shortest", "words"])]
)
def test_the_page_tells_the_rules_without_a_script(
    new: tuple[User, str], settings: Any, chosen: str, rules: list[str]
) -> None:
    settings.CWMS_PASSWORDS = chosen
    text = log_in(new[1]).get("/password/").content.decode()
    assert [rule for rule in ("shortest", "kinds", "words") if f'data-rule="{rule}"' in text] == rules
    assert f"At least {10 if chosen == 'mlps3' else 12} characters, at most 128" in text
    assert ("None of your last 5 passwords" in text) == (chosen == "mlps3")
    assert "onclick" not in text
    assert text.count("<script") == text.count("<script src=")


def test_the_page_says_what_is_wrong(new: tuple[User, str]) -> None:
    answer = log_in(new[1]).post("/password/", {"old": new[1], "new": "director", "again": "director"})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "It has 8 characters; at least 10 are needed." in text
    assert 'value="director"' in text.split("id_old")[0], "the user name for password managers"
    assert 'value="director"' not in text.split("id_old")[1], "no password is written back"
