"""Forms of pages: pressed often they are done once, and what they don't ask for they don't set."""

# ruff: noqa: F811

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.forms import Form, ModelForm, modelform_factory
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.models import Idempotency
from cwms import sessions
from organization.models import Announcement, Role, Unit, User
from organization.services import grant_give, user_create
from tests.organization.conftest import tree  # noqa: F401
from tests.test_api_limits import MODEL_FIELDS, digest

COUNTY = "340181"
PRESSES = 20
ADDRESS = "/announcements/"


def somebody(unit: Unit, role: str) -> User:
    user = user_create(actor=None, username=role.lower(), display_name="王敏", unit=unit)[0]
    User.objects.filter(pk=user.pk).update(must_change_password=False)
    grant_give(actor=None, user=user, unit=unit, role=role)
    return User.objects.get(pk=user.pk)


def filled_in(client: Client, unit: Unit, text: str = "停机") -> dict[str, str]:
    """The form of the page as a browser sends it, with the token that was rendered into it."""
    today = timezone.localdate()
    return {
        "csrfmiddlewaretoken": str(client.get(ADDRESS).context["csrf_token"]), "unit": unit.code, "text": text,
        "start": str(today), "end": str(today + timedelta(days=7)),
    }  # fmt: skip


def press_at_once(cookies: Any, sent: dict[str, str]) -> list[tuple[int, str]]:
    """Status and address of each answer; all begin together, each with a connection of its own."""
    together = threading.Barrier(PRESSES, timeout=60)

    def press(_n: int) -> tuple[int, str]:
        browser = Client(enforce_csrf_checks="csrfmiddlewaretoken" in sent)
        browser.cookies = cookies
        try:
            together.wait()
            answer = browser.post(ADDRESS, sent)
            return answer.status_code, answer.headers.get("Location", "")
        finally:
            connection.close()

    with ThreadPoolExecutor(PRESSES) as pool:
        return list(pool.map(press, range(PRESSES)))


@pytest.mark.django_db(transaction=True)
def test_twenty_presses_at_once_are_one_write(tree: dict[str, Unit]) -> None:
    client = Client()
    client.force_login(somebody(tree[COUNTY], Role.SYSTEM_ADMIN))
    answers = press_at_once(client.cookies, filled_in(client, tree[COUNTY]))
    assert answers == [(302, ADDRESS)] * PRESSES
    assert Announcement.objects.count() == 1
    # The control: without the token of a page nothing says that they are one press.
    sent = filled_in(client, tree[COUNTY])
    del sent["csrfmiddlewaretoken"]
    assert press_at_once(client.cookies, sent) == [(302, ADDRESS)] * PRESSES
    assert Announcement.objects.count() == 1 + PRESSES


def test_what_is_pressed_again_leads_where_it_led(tree: dict[str, Unit], monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    client.force_login(somebody(tree[COUNTY], Role.SYSTEM_ADMIN))
    sent = filled_in(client, tree[COUNTY])
    assert [client.post(ADDRESS, sent)["Location"] for _n in range(2)] == [ADDRESS] * 2
    assert Announcement.objects.count() == 1
    for n, other in enumerate((sent | {"text": "另一则"}, filled_in(client, tree[COUNTY])), start=2):
        assert client.post(ADDRESS, other).status_code == 302
        assert Announcement.objects.count() == n, "other words, and the same words on a page that was loaded again"
    later = sessions.now() + timedelta(minutes=3)
    monkeypatch.setattr(sessions, "now", lambda: later)
    client.post(ADDRESS, sent)
    assert Announcement.objects.count() == 4, "who goes back after minutes means it"


def test_what_was_refused_may_be_sent_again(tree: dict[str, Unit]) -> None:
    client = Client()
    client.force_login(somebody(tree[COUNTY], Role.SYSTEM_ADMIN))
    sent = filled_in(client, tree[COUNTY], text="")
    assert [client.post(ADDRESS, sent).status_code for _n in range(2)] == [422] * 2
    assert not Idempotency.objects.exists()


def forms() -> Iterator[type[Form]]:
    """Every form of ours."""
    waiting = list(Form.__subclasses__() + ModelForm.__subclasses__())
    while waiting:
        one = waiting.pop()
        waiting += one.__subclasses__()
        if one.__module__.partition(".")[0] in {app.name for app in apps.get_app_configs()}:
            yield one


def of_every_field(kinds: Iterator[type[Any]]) -> list[str]:
    """Forms that take their fields from a model: a new field of it would be set by whoever names it."""
    return [one.__qualname__ for one in kinds if issubclass(one, ModelForm)]


def test_no_form_takes_its_fields_from_a_model() -> None:
    assert of_every_field(forms()) == []
    assert len(list(forms())) > 40


def test_a_form_of_every_field_is_found() -> None:
    """The control."""
    assert of_every_field(iter([modelform_factory(User, fields="__all__")])) == ["UserForm"]


def test_no_form_sets_what_it_does_not_ask_for(tree: dict[str, Unit]) -> None:
    """The same user and announcement are made with and without the names of every field of every model."""
    unit = tree[COUNTY]
    system = somebody(unit, Role.SYSTEM_ADMIN)
    made: list[dict[str, Any]] = []
    for n, extra in enumerate(({}, dict.fromkeys(MODEL_FIELDS, "1"))):
        client = Client()
        client.force_login(system)
        sent = {"username": f"new{n}", "display_name": "新", "unit": COUNTY}
        assert client.post(reverse("organization:user_new"), extra | sent).status_code == 200
        told = filled_in(client, unit, text=f"通知{n}")
        del told["csrfmiddlewaretoken"]
        assert client.post(ADDRESS, extra | told).status_code == 302
        user, row = User.objects.get(username=f"new{n}"), Announcement.objects.get(text=f"通知{n}")
        own = {"id", "username", "password", "password_chosen", "one_time_until", "date_joined", "text", "written"}
        made.append(
            {
                f"{one._meta.model_name}.{field.attname}": getattr(one, field.attname)
                for one in (user, row) for field in one._meta.concrete_fields if field.name not in own
            }
        )  # fmt: skip
    assert made[0] == made[1]
    assert not User.objects.filter(username__startswith="new", is_superuser=True).exists()


def test_no_form_that_is_refused_changes_anything(tree: dict[str, Unit]) -> None:
    client = Client()
    client.force_login(somebody(tree[COUNTY], Role.SYSTEM_ADMIN))
    before = {
        table: rows for table, rows in digest().items() if not table.startswith(("core_audit", "organization_session"))
    }
    for name in ("organization:user_new", "organization:announcements", "organization:grant_new"):
        assert client.post(reverse(name), dict.fromkeys(MODEL_FIELDS, "1")).status_code in (403, 422)
    assert {table: rows for table, rows in digest().items() if table in before} == before
