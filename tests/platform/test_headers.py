"""The headers of every answer: pages, endpoints, files, redirects and errors, as production has them."""

# ruff: noqa: F811

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.test import Client
from django.urls import URLPattern, get_resolver

from cwms.middleware import Errors, Headers, InterfaceOverTLS
from tests.test_permissions import ROUTES, Role, World, patterns, world  # noqa: F401

ERRORS = (400, 403, 404, 405, 409, 413, 429, 500, 503)


@pytest.fixture
def production(settings: Any) -> None:
    """What CWMS_HTTPS and a build with collected files switch on."""
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    settings.SECURE_HSTS_PRELOAD = settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = [r"^api/"]
    settings.ALLOWED_HOSTS = ["testserver"]


def faults(answer: Any) -> list[str]:
    """What is missing of an answer's headers, or wrong."""
    found = []
    policy = {
        part.split()[0]: part.split()[1:] for part in answer.get("Content-Security-Policy", "").split(";") if part
    }
    none, own = [["'none'"]], [["'self'"], ["'none'"]]
    wanted = {
        "default-src": own, "object-src": none, "base-uri": none, "form-action": own, "frame-ancestors": none,
    }  # fmt: skip
    found += [f"CSP {name}" for name, value in wanted.items() if policy.get(name) not in value]
    if any("unsafe" in word or word in ("*", "http:", "https:") for words in policy.values() for word in words):
        found.append("CSP unsafe")
    exact = {
        "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
    }  # fmt: skip
    found += [name for name, value in exact.items() if answer.get(name) != value]
    if "camera=()" not in answer.get("Permissions-Policy", ""):
        found.append("Permissions-Policy")
    if "no-store" not in answer.get("Cache-Control", ""):
        found.append("no-store")
    if answer.status_code not in (204, 301, 302, 304) and not typed(answer.get("Content-Type", "")):
        found.append("Content-Type")
    if answer.get("Server") or answer.get("X-Powered-By"):
        found.append("says what it is made of")
    return found


def typed(content_type: str) -> bool:
    """Whether a type is said, and for texts how they are written."""
    return bool(
        re.fullmatch(
            r'(?:application|image|font)/[\w.+-]+(?:; charset=utf-8)?|text/[\w.+-]+; charset="?utf-8"?', content_type
        )
    )


def answers(world: World) -> Iterator[tuple[str, Any]]:
    """Every route asked as somebody who is logged in, as a stranger, and with a method that it doesn't take."""
    known, stranger = Client(raise_request_exception=False), Client(raise_request_exception=False)
    known.force_login(world.users[Role.ORG_OFFICER, "own"])
    for name, pattern in patterns():
        path = world.path(name, pattern)
        if name != "logout":
            yield f"{name} known", known.get(path, secure=True)
        yield f"{name} stranger", stranger.get(path, secure=True)
        yield f"{name} DELETE", known.delete(path, secure=True)


def sent_back(world: World) -> tuple[list[str], set[int]]:
    """Routes that answer TRACE with what came, and the statuses of all of them."""
    known = Client(raise_request_exception=False)
    known.force_login(world.users[Role.ORG_OFFICER, "own"])
    found, seen = [], set()
    for name, pattern in patterns():
        answer = known.generic("TRACE", world.path(name, pattern), HTTP_X_ODD="sent-back")
        if b"sent-back" in b"".join(answer):
            found.append(name)
        seen.add(answer.status_code)
    return found, seen


def test_no_request_is_sent_back_as_it_came(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """TRACE would show scripts the cookie that is hidden from them."""
    found, seen = sent_back(world)
    assert found == []
    assert max(seen) < 500
    # The control: one view that does.
    route = next(one for one in get_resolver().url_patterns if isinstance(one, URLPattern))
    monkeypatch.setattr(route, "callback", lambda request, **_named: HttpResponse(request.headers["X-Odd"]))
    assert sent_back(world)[0] == [route.name]


def test_programs_are_not_led_from_http_to_https(production: None) -> None:
    told = Client().get("/api/v1/people/")
    assert (told.status_code, told.json()["error"]["code"]) == (403, "insecure")
    assert Client().get("/login/").status_code == 301


@pytest.mark.django_db
def test_without_the_guard_a_program_would_be_answered(production: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    monkeypatch.setattr(InterfaceOverTLS, "__call__", lambda self, request: self.get_response(request))
    assert Client().get("/api/v1/people/").status_code == 401


def close(answer: Any) -> None:
    if answer.streaming:
        b"".join(answer.streaming_content)


def test_every_route_has_every_header(world: World, production: None) -> None:
    found, asked = {}, 0
    for name, answer in answers(world):
        close(answer)
        asked += 1
        if wrong := faults(answer):
            found[name] = answer.status_code, wrong
    assert found == {}
    assert asked > 3 * len(ROUTES) - 2


@pytest.mark.django_db
def test_a_header_that_is_missing_is_found(production: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    assert faults(Client().get("/login/", secure=True)) == []
    monkeypatch.setattr(Headers, "__call__", lambda self, request: self.get_response(request))
    assert "Permissions-Policy" in faults(Client().get("/login/", secure=True))
    assert len(faults(HttpResponse())) == 13
    assert "Content-Type" in faults(HttpResponse("x", content_type="text/html"))


@pytest.mark.django_db
@pytest.mark.parametrize("status", ERRORS)
@pytest.mark.parametrize("path", ["/health/", "/api/v1/people/"])
def test_errors_have_them_too(production: None, monkeypatch: pytest.MonkeyPatch, status: int, path: str) -> None:
    """Answered by the innermost layer, as a view would."""
    monkeypatch.setattr(
        CsrfViewMiddleware, "process_view", lambda self, request, *more: HttpResponse("refused", status=status)
    )
    answer = Client(raise_request_exception=False).get(path, secure=True)
    assert answer.status_code == status
    assert faults(answer) == []


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(self: Any, request: Any) -> None:
        raise error

    monkeypatch.setattr(Errors, "__call__", fail)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/health/", "/api/v1/people/"])
def test_errors_of_the_program_have_them_too(production: None, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    failing(monkeypatch, RuntimeError("a secret of the program"))
    answer = Client(raise_request_exception=False).get(path, secure=True)
    assert answer.status_code == 500
    assert faults(answer) == []
    assert b"secret" not in answer.content
    assert b"Traceback" not in answer.content


@pytest.mark.django_db
def test_a_body_that_is_too_big_has_them_too(production: None, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, RequestDataTooBig())
    answer = Client(raise_request_exception=False).post("/login/", secure=True)
    assert answer.status_code in (400, 413)
    assert faults(answer) == []


@pytest.mark.parametrize("path", ["/", "/nowhere/", "/api/v1/nowhere/", "/login/"])
@pytest.mark.django_db
def test_a_host_that_is_none_of_ours_has_them_too(production: None, path: str) -> None:
    answer = Client(raise_request_exception=False, SERVER_NAME="elsewhere.example").get(path, secure=True)
    assert answer.status_code == 400
    assert faults(answer) == []


@pytest.mark.django_db
def test_without_tls_one_is_only_sent_to_it(production: None) -> None:
    answer = Client().get("/login/?next=/x/")
    assert (answer.status_code, answer["Location"]) == (301, "https://testserver/login/?next=/x/")
    assert answer.content == b""


@pytest.mark.django_db
def test_files_are_kept_long_and_embedded_nowhere(production: None, settings: Any) -> None:
    settings.WHITENOISE_USE_FINDERS = True  # tests collect no files
    answer = Client().get("/static/cwms/cwms.css", secure=True)
    assert answer.status_code == 200
    close(answer)
    assert faults(answer) == ["no-store"], "files are no secret and may be kept"


def test_data_for_programs_may_load_nothing(world: World, production: None) -> None:
    """Should a browser show it, there is nothing it may fetch or send; pages keep what the settings give them."""
    program, person = Client(), Client()
    program.force_login(world.users[Role.REST_CLIENT, "own"])
    person.force_login(world.users[Role.ORG_OFFICER, "own"])
    data, page = program.get("/api/v1/units/", secure=True), person.get("/", secure=True)
    assert (data.status_code, page.status_code) == (200, 200)
    assert set(data["Content-Security-Policy"].split("; ")) == {
        f"{name} 'none'" for name in ("default-src", "object-src", "base-uri", "form-action", "frame-ancestors")
    }
    assert "default-src 'self'" in page["Content-Security-Policy"]


def test_names_of_files_change_with_what_is_in_them() -> None:
    """So WhiteNoise lets browsers keep them for ten years."""
    from whitenoise.middleware import WhiteNoiseMiddleware

    keeper = WhiteNoiseMiddleware(lambda request: HttpResponse())
    assert not keeper.immutable_file_test("", "/static/cwms/cwms.css")
    code = "import django.conf as c; print(c.settings.STORAGES['staticfiles']['BACKEND'])"
    environment = {
        "DJANGO_SETTINGS_MODULE": "cwms.settings",
        "DATABASE_URL": "postgresql://x@/x",
        "CWMS_SECRET_KEY": "x",
    }
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "whitenoise.storage.CompressedManifestStaticFilesStorage"
