"""The whole described interface under schemathesis: no error of the program, no answer that is not described.

All phases (examples, coverage, fuzzing, stateful) in this process, without a network, for a program that may do much and
for one that may only look. A round is 5,000 cases; `make fuzz-api` adds rounds of other seeds, each a test with a database
as at the start, up to CWMS_FUZZ_CASES. The same seed makes the same cases.
"""

# ruff: noqa: F811

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest
import schemathesis.openapi
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection, connections, transaction
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.python import wsgi
from werkzeug.test import Client as Werkzeug

from organization.models import Role
from organization.services import grant_give, token_give
from personnel.api import PersonViewSet
from tests.test_permissions import World, world  # noqa: F401

A_ROUND = 5000  # cases
ROUNDS = max(1, -(-int(os.environ.get("CWMS_FUZZ_CASES", "0")) // A_ROUND))
FIRST, FURTHER = 1, 40  # examples that an operation gets in the phase of fuzzing: in the first round, in further ones
SEED = 20261121
DOCUMENT = "/document.json"

CHECKS = {
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "ignored_auth", "unsupported_method", "use_after_free", "negative_data_rejection",
}  # fmt: skip
# What is well formed may still be refused for what is on record; a resource may be outside the caller's units. The
# matrix of tests/test_permissions.py has who may see which object.
LEFT_OUT = (
    "positive_data_acceptance", "ensure_resource_availability", "missing_required_header", "allow_header_conformance",
    "object_level_authorization",
)  # fmt: skip

Start = Callable[..., Any]


class Application:
    """The WSGI application on the connection of the test, so that it sees its rows and leaves none behind.

    The engine calls from a thread of its own; only one works at a time.
    """

    def __init__(self) -> None:
        self.handler = WSGIHandler()
        self.connection = connections["default"]
        self.connection.inc_thread_sharing()
        self.document = json.dumps(SchemaGenerator().get_schema(public=True), default=str).encode()
        self.statuses: Counter[int] = Counter()

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterator[bytes]:
        if environ["PATH_INFO"] == DOCUMENT:
            start_response("200 OK", [("Content-Type", "application/json")])
            return iter([self.document])
        connections["default"] = self.connection
        environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
        with transaction.atomic():  # a statement that fails spoils the request, not the test
            answer = self.handler(environ, start_response)
            body = b"".join(answer)
            self.statuses[answer.status_code] += 1
            if connection.needs_rollback or answer.status_code >= 500:
                transaction.set_rollback(True)
        return iter([body])


class Calls(Werkzeug):
    """Calls in this process: what concerns sockets alone reaches them where a check asks again without a session."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        for name in ("max_redirects", "verify", "cert", "proxies"):
            kwargs.pop(name, None)
        return super().open(*args, **kwargs)


def failures(
    application: Application, token: str, *, examples: int = FIRST, seed: int = SEED, leaving_out: tuple[str, ...] = ()
) -> tuple[set[str], int]:
    """What schemathesis finds, and the number of cases."""
    config = SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "workers": 1,
            "continue-on-failure": True,
            "headers": {"Authorization": f"Bearer {token}"},
            "generation": {"max-examples": examples, "database": "none", "no-shrink": True},
            "phases": {name: {"enabled": False} for name in leaving_out},
            "checks": {name: {"enabled": name in CHECKS} for name in (*CHECKS, *LEFT_OUT)},
        }
    )
    schema = schemathesis.openapi.from_wsgi(DOCUMENT, application, config=config)
    found: set[str] = set()
    cases = 0
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            error = getattr(event, "value", getattr(event, "exception", ""))
            found.add(f"tool: {getattr(event, 'label', '')}: {error}")
        if isinstance(event, events.ScenarioFinished):
            cases += len(event.recorder.interactions)
            for checks in event.recorder.checks.values():
                for check in checks:
                    if (info := check.failure_info) is not None:
                        text = f"{info.failure.title}: {info.failure.message[:300]} {info.code_sample}"
                        found.add(f"{event.recorder.label}: {check.name}: {text}")
    return found, cases


@pytest.fixture
def application(world: World, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Application]:
    settings.ALLOWED_HOSTS = ["*"]
    monkeypatch.setattr(wsgi, "get_client", Calls)
    # A request would close the connection of the test; Django's own test client does the same.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield Application()
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def token_of(world: World, role: Role, *more: Role) -> str:
    user = world.users[role, "parent"]
    for one in more:
        grant_give(actor=None, user=user, unit=world.place.units["232762"], role=one)
    secret: str = token_give(actor=None, user=user, label="fuzz")[1]
    return secret


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("number", range(ROUNDS))
def test_nothing_breaks_and_nothing_is_undescribed(world: World, application: Application, number: int) -> None:
    much = token_of(world, Role.REST_WRITER, Role.ORG_OFFICER, Role.REST_CLIENT)
    little = token_of(world, Role.REST_CLIENT)
    seed, found, cases = SEED + 100 * number, set[str](), 0
    if number == 0:  # what is the same with every seed
        found, cases = failures(application, much)
        more, further = failures(application, little, leaving_out=("coverage", "stateful"))
        found, cases = found | more, cases + further
        assert {200, 400, 401, 404, 405} <= set(application.statuses)
    while cases < A_ROUND and not found:
        seed += 1
        token = (much, little)[seed % 2]
        found, further = failures(application, token, examples=FURTHER, seed=seed, leaving_out=("coverage",))
        cases += further
    print(f"{cases} cases: {dict(sorted(application.statuses.items()))}")
    assert sorted(found) == []
    assert not any(status >= 500 for status in application.statuses)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_fault_is_found(world: World, application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a view that breaks, and a status that nobody described."""

    def broken(self: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr(PersonViewSet, "get_queryset", broken)
    application.document = application.document.replace(b'"404"', b'"418"')
    found, _cases = failures(application, token_of(world, Role.REST_CLIENT), leaving_out=("coverage", "stateful"))
    assert any("/people/" in one and "not_a_server_error" in one for one in found)
    assert any("status_code_conformance" in one for one in found)


@pytest.mark.parametrize(
    "query",
    ["employments/?day=", "posts/?empty=AAA", "posts/?empty=null", "results/?year=0.5", "evaluations/?year=NaN"],
)
def test_no_value_is_passed_over_in_silence(world: World, query: str) -> None:
    """Found by the cases above: each of these answered with all rows."""
    client = Client(headers={"Authorization": f"Bearer {token_of(world, Role.REST_CLIENT)}"})
    answer = client.get(f"/api/v1/{query}")
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == [query.partition("?")[2].partition("=")[0]]


def test_whatever_else_is_asked_a_method_that_is_not_there_is_refused_as_such(world: World) -> None:
    client = Client(headers={"Authorization": f"Bearer {token_of(world, Role.REST_CLIENT)}"})
    assert client.delete("/api/v1/people/?day=2026-01-01").status_code == 405


@pytest.mark.parametrize("path", ["/api/v1/statistics/values/", "/api/v1/statistics/series/", "/api/v1/people/"])
def test_a_code_with_a_sign_that_no_database_takes_is_nobodys(world: World, path: str) -> None:
    """Found by the cases above: each of these broke, or would have."""
    client = Client(headers={"Authorization": f"Bearer {token_of(world, Role.REST_CLIENT)}"})
    assert client.get(path, {"unit": "3401\0"}).status_code in (400, 404)


@pytest.mark.parametrize("typed", ["\x0b", " ", ",", "workers\x0b"])
def test_an_indicator_without_a_letter_is_none(world: World, typed: str) -> None:
    """Found by the cases above: what was nothing but white space was taken for no choice."""
    client = Client(headers={"Authorization": f"Bearer {token_of(world, Role.REST_CLIENT)}"})
    answer = client.get("/api/v1/statistics/series/", {"indicator": typed})
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["indicator"])
