"""Sessions: how they begin and end, who sees and ends them, and what a stale one opens (nothing)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as configured
from django.test import Client

from core.models import AuditEntry
from cwms import sessions
from cwms.sessions import SessionStore, forget_ended
from organization.models import Role, Session, User, session_digest
from organization.services import (
    grant_give,
    grant_revoke,
    unit_create,
    user_change_password,
    user_create,
    user_deactivate,
    user_log_out,
    user_reset_password,
)

pytestmark = pytest.mark.django_db
PASSWORD, OTHER = "Lotus-River-88-seven", "Willow-Bridge-41-nine"
COOKIE = configured.SESSION_COOKIE_NAME


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **span: float) -> None:
        self.time += timedelta(**span)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(sessions, "now", clock)
    return clock


@pytest.fixture
def user() -> User:
    user, first = user_create(actor=None, username="director", display_name="主任")
    user_change_password(actor=user, old=first, new=PASSWORD)
    user.refresh_from_db()
    return user


def log_in(address: str = "10.0.0.5", password: str = PASSWORD, client: Client | None = None) -> Client:
    client = client or Client(REMOTE_ADDR=address, HTTP_USER_AGENT=f"Browser of {address}")
    answer = client.post("/login/", {"username": "director", "password": password})
    assert answer.status_code == 302
    return client


def inside(client: Client) -> bool:
    answer = client.get("/")
    assert answer.status_code == 200 or answer["Location"].startswith("/login/")
    return answer.status_code == 200


def replay(client: Client) -> Client:
    """Another browser with a copy of the cookie."""
    copy = Client()
    copy.cookies[COOKIE] = client.cookies[COOKIE].value
    return copy


def test_a_session_without_a_request_ends(user: User, clock: Clock) -> None:
    client = log_in()
    for _n in range(3):
        clock.forward(minutes=14, seconds=29)
        assert inside(client), "who works stays"
    clock.forward(minutes=15)
    assert not inside(client)
    assert Session.objects.filter(user=user).count() == 0
    clock.forward(minutes=-15)
    assert not inside(client), "also when the clock is put back"


def test_without_the_limit_an_idle_session_goes_on(user: User, clock: Clock, settings: Any) -> None:
    """The control."""
    settings.CWMS_IDLE_MINUTES = 10_000
    client = log_in()
    clock.forward(minutes=15)
    assert inside(client)


def test_every_session_ends_after_eight_hours(user: User, clock: Clock) -> None:
    client = log_in()
    for _n in range(47):  # ten minutes each: 7 h 50 min
        clock.forward(minutes=10)
        assert inside(client)
    clock.forward(minutes=9, seconds=59)
    assert inside(client)
    clock.forward(seconds=1)
    assert not inside(client)


def test_without_the_limit_a_session_goes_on_for_ever(user: User, clock: Clock, settings: Any) -> None:
    """The control."""
    settings.SESSION_COOKIE_AGE = 9 * 3600
    client = log_in()
    for _n in range(49):
        clock.forward(minutes=10)
        assert inside(client)


def test_what_a_page_asks_by_itself_keeps_no_session(user: User, clock: Clock) -> None:
    client = log_in()
    clock.forward(minutes=10)
    client.get("/pay/1/progress/")
    clock.forward(minutes=5)
    assert not inside(client)


def test_work_prolongs_no_session_beyond_its_end_by_changing_it(user: User, clock: Clock) -> None:
    """Django counts from the last change of the session's data; here it is from the log-in."""
    client = log_in()
    clock.forward(minutes=10)
    store = client.session
    store["seen"] = [1]
    store.save()
    row = Session.objects.get(user=user)
    assert row.expire_date - row.begun == timedelta(hours=8)
    assert row.begun == datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def test_a_key_from_before_the_log_in_opens_nothing(user: User) -> None:
    client = Client()
    store = SessionStore()
    store["planted"] = 1
    store.save()
    client.cookies[COOKIE] = store.session_key
    log_in(client=client)
    assert client.cookies[COOKIE].value != store.session_key
    stranger = Client()
    stranger.cookies[COOKIE] = store.session_key
    assert not inside(stranger)
    assert inside(client)


def test_a_key_that_does_not_change_would_open(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    monkeypatch.setattr(SessionStore, "cycle_key", lambda self: None)
    store = SessionStore()
    store["planted"] = 1
    store.save()
    client, stranger = Client(), Client()
    client.cookies[COOKIE] = stranger.cookies[COOKIE] = store.session_key
    log_in(client=client)
    assert inside(stranger)


def test_a_key_that_nobody_gave_is_not_taken_on(user: User) -> None:
    client = Client()
    client.cookies[COOKIE] = "a" * 32
    log_in(client=client)
    assert client.cookies[COOKIE].value != "a" * 32
    assert not Session.objects.filter(session_key=session_digest("a" * 32)).exists()


def test_after_the_log_out_the_cookie_is_worth_nothing(user: User) -> None:
    client = log_in()
    copy = replay(client)
    assert inside(copy), "the control: the copy was good"
    client.post("/logout/")
    assert not inside(copy)
    assert AuditEntry.objects.filter(action="organization.session.end").count() == 1


def end_by_deactivating(user: User) -> None:
    user_deactivate(actor=None, user=user)


def end_by_resetting(user: User) -> None:
    user_reset_password(actor=None, user=user)


def end_by_changing(user: User) -> None:
    user_change_password(actor=user, old=PASSWORD, new=OTHER)


def end_by_giving(user: User) -> None:
    unit = unit_create(actor=None, parent=None, code="34", name="安徽省", kind="PROVINCE", valid_from=date(2020, 1, 1))
    grant_give(actor=None, user=user, unit=unit, role=Role.FINANCE)


def end_by_taking(user: User) -> None:
    grant_revoke(actor=None, grant=user.grants.get())


def end_by_an_administrator(user: User) -> None:
    user_log_out(actor=None, user=user)


@pytest.mark.parametrize(
    "change", [end_by_deactivating, end_by_an_administrator, end_by_resetting, end_by_changing, end_by_giving]
)
def test_every_browser_is_out_at_once(user: User, change: Callable[[User], None]) -> None:
    clients = [log_in("10.0.0.5"), log_in("10.0.0.6")]
    assert all(inside(client) for client in clients), "the control"
    change(user)
    assert [inside(client) for client in clients] == [False, False]
    assert Session.objects.filter(user=user).count() == 0


def test_a_role_taken_away_ends_the_sessions(user: User) -> None:
    end_by_giving(user)
    client = log_in()
    assert inside(client), "the control"
    end_by_taking(user)
    assert not inside(client)


def test_who_comes_back_does_not_find_the_old_session(user: User) -> None:
    client = log_in()
    user_deactivate(actor=None, user=user)
    User.objects.filter(pk=user.pk).update(is_active=True)
    assert not inside(client)


def test_who_changes_the_password_stays_and_the_others_go(user: User) -> None:
    here, there = log_in("10.0.0.5"), log_in("10.0.0.6")
    before = replay(here)
    answer = here.post("/password/", {"old": PASSWORD, "new": OTHER, "again": OTHER})
    assert answer.status_code == 302
    assert inside(here)
    assert not inside(there)
    assert not inside(before), "the key is another"
    row = Session.objects.get(user=user)
    assert (row.address, row.agent) == ("10.0.0.5", "Browser of 10.0.0.5")


def test_a_request_under_way_does_not_bring_an_ended_session_back(user: User) -> None:
    client = log_in()
    store = SessionStore(client.cookies[COOKIE].value)
    store["typed"] = 1
    user_reset_password(actor=None, user=user)
    with pytest.raises(sessions.UpdateError):
        store.save()
    assert Session.objects.count() == 0


def test_the_list_says_where_and_since_when(user: User, clock: Clock) -> None:
    log_in("10.0.0.5")
    clock.forward(minutes=3)
    here = log_in("10.0.0.6")
    text = here.get("/sessions/").content.decode()
    assert text.index("10.0.0.6") < text.index("this browser") < text.index("10.0.0.5")
    assert "Browser of 10.0.0.5" in text
    assert "2026-03-02 09:00" in text, "the other one's first and last moment, in local time"
    clock.forward(minutes=13)
    log_in("10.0.0.7")
    text = here.get("/sessions/").content.decode()
    assert "10.0.0.5" not in text, "has ended by time"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox 140 · Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
         "Chrome 156 · Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0",
         "Edge 156 · Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari 18 · iOS"),
        ("curl/8.5.0", "curl"), ("", ""),
    ],
)  # fmt: skip
def test_browsers_have_the_names_that_people_know(agent: str, name: str) -> None:
    assert sessions.browser_name(agent) == name


def test_one_is_ended_or_all_others(user: User) -> None:
    first, second, here = log_in("10.0.0.5"), log_in("10.0.0.6"), log_in("10.0.0.7")
    number = Session.objects.get(user=user, address="10.0.0.5").pk
    assert here.post("/sessions/end/", {"number": number}).status_code == 302
    assert [inside(client) for client in (first, second, here)] == [False, True, True]
    here.post("/sessions/end/")
    assert [inside(client) for client in (second, here)] == [False, True]
    assert AuditEntry.objects.filter(action="organization.session.end").count() == 2


def test_nobody_ends_the_session_of_another(user: User) -> None:
    client = log_in()
    stranger = user_create(actor=None, username="stranger", display_name="外人")[0]
    User.objects.filter(pk=stranger.pk).update(must_change_password=False)
    other = Client()
    other.force_login(User.objects.get(pk=stranger.pk))
    own = Session.objects.get(user=user)
    text = other.post("/sessions/end/", {"number": own.pk}, follow=True).content.decode()
    assert "has ended already" in text
    other.post("/sessions/end/")
    assert inside(client)


def test_a_fourth_log_in_ends_the_one_longest_unused(user: User, clock: Clock, settings: Any) -> None:
    settings.CWMS_MOST_SESSIONS = 3
    clients = []
    for n in range(4):
        clients.append(log_in(f"10.0.0.{n}"))
        clock.forward(minutes=1)
    assert [inside(client) for client in clients] == [False, True, True, True]
    newest = AuditEntry.objects.filter(action="organization.session.begin").first()
    assert newest is not None
    assert newest.after == {"address": "10.0.0.3", "others_ended": 1}


def test_the_table_has_no_key_that_opens(user: User) -> None:
    client = log_in()
    kept = str(Session.objects.filter(user=user).values().get())
    assert client.cookies[COOKIE].value not in kept
    stranger = Client()
    stranger.cookies[COOKIE] = Session.objects.get(user=user).session_key
    assert not inside(stranger)


def test_what_ended_by_time_is_taken_away(user: User, clock: Clock) -> None:
    log_in("10.0.0.5")
    clock.forward(minutes=10)
    log_in("10.0.0.6")
    clock.forward(minutes=5)
    assert forget_ended() == 1
    assert Session.objects.get().address == "10.0.0.6"


def test_cookies_are_bound_to_the_host_in_production() -> None:
    """In a process of its own, as production starts it."""
    import subprocess
    import sys

    code = (
        "import django.conf as c; s = c.settings; "
        "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, "
        "s.SESSION_COOKIE_HTTPONLY, s.SESSION_COOKIE_SAMESITE, s.SESSION_COOKIE_PATH, s.SESSION_COOKIE_DOMAIN)"
    )
    environment = {
        "DJANGO_SETTINGS_MODULE": "cwms.settings", "CWMS_HTTPS": "1", "DATABASE_URL": "postgresql://x@/x",
        "CWMS_SECRET_KEY": "x" * 60, "CELERY_BROKER_URL": "redis://x",
    }  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["__Host-sid", "__Host-csrf", "True", "True", "True", "Lax", "/", "None"]


# -- Showing once more who one is -------------------------------------------------------------------------------------


def export(client: Client) -> Any:
    answer = client.post("/people/export/?q=x", headers={"Referer": "http://testserver/people/?q=x"})
    if answer.streaming:
        b"".join(answer.streaming_content)
    return answer


def test_an_old_log_in_is_not_enough_to_export(user: User, clock: Clock) -> None:
    client = log_in()
    clock.forward(minutes=4, seconds=59)
    assert export(client)["Content-Type"].startswith("application/vnd")
    clock.forward(seconds=1)
    answer = export(client)
    assert (answer.status_code, answer["Location"]) == (302, "/proof/?next=%2Fpeople%2F%3Fq%3Dx")
    assert client.post(answer["Location"], {"password": "wrong"}).status_code == 422
    assert export(client).status_code == 302
    before = client.cookies[COOKIE].value
    shown = client.post(answer["Location"], {"password": PASSWORD, "next": "/people/?q=x"})
    assert (shown.status_code, shown["Location"]) == (302, "/people/?q=x")
    assert client.cookies[COOKIE].value != before, "the key changes with what it opens"
    assert export(client).status_code == 200


def test_without_the_limit_an_old_log_in_is_enough(user: User, clock: Clock, settings: Any) -> None:
    """The control."""
    settings.CWMS_PROOF_MINUTES = 100
    client = log_in()
    clock.forward(minutes=10)
    assert export(client).status_code == 200


def test_the_proof_of_one_session_is_none_for_another(user: User, clock: Clock) -> None:
    first, second = log_in("10.0.0.5"), log_in("10.0.0.6")
    clock.forward(minutes=6)
    first.post("/proof/", {"password": PASSWORD})
    assert export(first).status_code == 200
    assert export(second).status_code == 302


def test_the_proof_page_sends_nobody_elsewhere(user: User) -> None:
    client = log_in()
    assert client.post("/proof/", {"password": PASSWORD, "next": "https://elsewhere.example/"})["Location"] == "/"


def test_a_part_of_a_page_is_sent_to_the_whole_proof_page(user: User, clock: Clock) -> None:
    client = log_in()
    clock.forward(minutes=6)
    answer = client.post(
        "/people/export/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/people/"}
    )
    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/proof/?next=%2Fpeople%2F")


def test_guesses_on_the_proof_page_are_counted(user: User, settings: Any) -> None:
    settings.AXES_ENABLED = True
    client = log_in()
    found = [client.post("/proof/", {"password": f"guess-{n}"}).status_code for n in range(7)]
    assert found == [422, 422, 422, 422, 429, 429, 429]
