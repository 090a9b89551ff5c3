"""The interface for programs: its document, its answers held against the document, its refusals, its tokens."""

# ruff: noqa: F811

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator
from rest_framework.negotiation import DefaultContentNegotiation

from approvals.services import reviewer_name
from core.models import AuditEntry
from organization.models import ApiToken, Role, User
from organization.selectors import token_for_system
from organization.services import grant_give, grant_revoke, token_give, token_revoke, user_deactivate
from payroll.models import PromotionOutcome, PromotionRun
from personnel.api import PersonViewSet
from personnel.models import Employment, Person
from tests.test_permissions import OWN, ROUTES, World, patterns, world  # noqa: F401

LISTS = [name for name in ROUTES if name.startswith("api:") and name.endswith(("-list", "-people"))]
METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
def document() -> dict[str, Any]:
    return json.loads(json.dumps(SchemaGenerator().get_schema(public=True)))


@pytest.fixture
def program(world: World) -> User:
    return world.users[Role.REST_CLIENT, "own"]


@pytest.fixture
def answering(program: User, world: World) -> User:
    """The program answers for a department, so that it is asked something, and has a role that sees named lists; a run
    has an outcome.
    """
    for role in (Role.JOINT_REVIEWER, Role.STREET_APPROVER):
        grant_give(actor=None, user=program, unit=world.place.units[OWN], role=role)
    reviewer_name(actor=None, user=program, unit=world.place.units[OWN], department="POLICE")
    unit, run = world.place.units[OWN], PromotionRun.objects.get(pk=world.numbers["promotion"])
    PromotionOutcome.objects.create(
        run=run, person_id=world.numbers["person"], unit=unit, unit_path=unit.path, scale="grade", new=3,
        effective=run.day, code="IMPORTED", old_year=None, new_year=4_000_000,
    )  # fmt: skip
    return program


@pytest.fixture
def client(program: User) -> Client:
    """A program with a token of its own and no session."""
    return bearer(token_give(actor=None, user=program, label="tests")[1])


def bearer(token: str, keyword: str = "Bearer") -> Client:
    return Client(headers={"Authorization": f"{keyword} {token}"})


def refusal(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The error of an answer, after its shape was looked at."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"].startswith("application/json")
    body = answer.json()
    assert set(body) == {"error"}
    error = body["error"]
    assert set(error) == {"code", "message", "fields"}
    assert error["code"] == code
    assert error["message"]
    assert all(isinstance(texts, list) and all(texts) for texts in error["fields"].values())
    return error


# -- The document -----------------------------------------------------------------------------------------------------


def generate(file: Any) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(file))


def test_the_document_is_valid_and_without_a_warning(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    generate(tmp_path / "schema.yaml")
    assert "openapi: 3.1.0" in (tmp_path / "schema.yaml").read_text(encoding="utf-8")
    assert "warning" not in capsys.readouterr().err.lower()


def test_a_fault_of_the_document_is_noticed(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a view whose rows nobody describes fails the generation."""
    monkeypatch.setattr(PersonViewSet, "serializer_class", None)
    with pytest.raises(CommandError, match="Failing as requested"):
        generate(tmp_path / "schema.yaml")


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                yield f"{method} {path}", methods[method]


def file_schema(contents: dict[str, Any]) -> dict[str, Any] | None:
    """Of an answer that is a file: binary, of kinds that are said."""
    schemas = [content.get("schema") for kind, content in contents.items() if not kind.startswith("application/json")]
    file = {"type": "string", "format": "binary"}
    return file if schemas and all(schema == file for schema in schemas) else None


def undescribed(document: dict[str, Any]) -> list[str]:
    """What the document leaves unsaid."""
    found = []
    for name, operation in operations(document):
        for word in ("summary", "description", "operationId"):
            if not operation.get(word):
                found.append(f"{name}: no {word}")
        for parameter in operation.get("parameters", []):
            if not parameter.get("schema") or not (parameter.get("description") or parameter["in"] == "path"):
                found.append(f"{name}: parameter {parameter['name']}")
        body = operation.get("requestBody", {}).get("content", {})
        for kind, content in body.items():
            if not content.get("schema") or (kind == "application/json" and not content.get("examples")):
                found.append(f"{name}: body {kind}")
        answers = operation["responses"]
        for code in ("400", "401", "403", "429"):
            if code not in answers:
                found.append(f"{name}: no {code}")
        for code, answer in answers.items():
            if code in ("204", "304"):  # without a body
                continue
            contents = answer.get("content", {})
            schema = contents.get("application/json", {}).get("schema") or file_schema(contents)
            if not schema or (code[0] in "45") != (schema == {"$ref": "#/components/schemas/Error"}):
                found.append(f"{name}: answer {code}")
        if {"token": []} not in operation.get("security", []):
            found.append(f"{name}: tokens")
    return found


def test_every_operation_is_described(document: dict[str, Any]) -> None:
    assert undescribed(document) == []
    assert len(list(operations(document))) == 154  # of all apps: none goes missing unseen


def test_what_is_not_described_is_found(document: dict[str, Any]) -> None:
    """The control of the test before."""
    whole = deepcopy(document)
    people = whole["paths"]["/api/v1/people/"]["get"]
    del people["summary"], people["responses"]["401"]
    people["parameters"][0]["description"] = ""
    start = whole["paths"]["/api/v1/pay-runs/"]["post"]
    del start["requestBody"]["content"]["application/json"]["examples"]
    name = people["parameters"][0]["name"]
    assert sorted(undescribed(whole)) == [
        "get /api/v1/people/: no 401",
        "get /api/v1/people/: no summary",
        f"get /api/v1/people/: parameter {name}",
        "post /api/v1/pay-runs/: body application/json",
    ]


def test_the_document_names_exactly_the_routes_there_are(document: dict[str, Any]) -> None:
    routes = set()
    for name, pattern in patterns():
        if name.startswith("api:"):
            routes.add("/" + re.sub(r"\(\?P<pk>[^)]*\)", "{id}", pattern).replace("^", "").replace("$", ""))
    assert set(document["paths"]) == routes


def faults(document: dict[str, Any], operation: dict[str, Any], code: str, body: Any) -> list[str]:
    """Where an answer is not as the document says; a field the document does not name is a fault as well."""
    schema = deepcopy(operation["responses"][code]["content"]["application/json"]["schema"])
    closed = deepcopy(document["components"])
    for one in closed["schemas"].values():
        if one.get("type") == "object" and "properties" in one:
            one["additionalProperties"] = False
    validator = Draft202012Validator({"components": closed, **schema})
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(body)]


# What isn't answered without being asked something.
QUERIES = {"api:why": f"?permission=view_people&kind=unit&number={OWN}"}


def test_every_answer_is_as_the_document_says(
    world: World, answering: User, client: Client, document: dict[str, Any]
) -> None:
    seen = 0
    for name, pattern in patterns():
        if not name.startswith("api:") or ROUTES[name].method != "get":
            continue
        path = world.path(name, pattern)
        template = "/" + re.sub(r"\(\?P<pk>[^)]*\)", "{id}", pattern).replace("^", "").replace("$", "")
        answer = client.get(path + QUERIES.get(name, ""))
        assert answer.status_code == 200, name
        body = answer.json()
        assert faults(document, document["paths"][template]["get"], "200", body) == [], name
        if not ROUTES[name].thing and name not in QUERIES:
            assert body.get("count", len(body["results"])) == len(body["results"]) > 0, name  # empty would show nothing
        seen += 1
    assert seen == 52


def test_an_answer_that_is_otherwise_is_found(client: Client, document: dict[str, Any]) -> None:
    """The control of the test before: a missing field, a wrong type, a field too many."""
    body = client.get("/api/v1/payslips/").json()
    operation = document["paths"]["/api/v1/payslips/"]["get"]
    assert faults(document, operation, "200", body) == []
    first = body["results"][0]
    first["month"] = "2026-01-01"
    first["lines"][0]["amount"] = "12.5"
    first["identity"] = "x"
    del first["gross"]
    assert len(faults(document, operation, "200", body)) == 4


def test_identity_numbers_are_not_handed_out(document: dict[str, Any]) -> None:
    assert set(document["components"]["schemas"]["PersonRow"]["properties"]) == {
        "id", "name", "sex", "birth_date", "political_status", "unit", "unit_name", "category", "entered", "titles",
    }  # fmt: skip


# -- Tokens -----------------------------------------------------------------------------------------------------------

PEOPLE = "/api/v1/people/"


def test_a_token_opens_what_its_user_may_see_and_no_more(world: World) -> None:
    counts = {}
    for position in ("own", "parent", "sibling", "foreign"):
        user = world.users[Role.REST_CLIENT, position]
        answer = bearer(token_give(actor=None, user=user, label="a")[1]).get(PEOPLE)
        assert answer.status_code == 200
        counts[position] = len(answer.json()["results"])
    assert counts == {"own": 2, "parent": 2, "sibling": 0, "foreign": 0}  # 甲 and 乙 work in the own street


def test_without_a_token_there_is_nothing(client: Client) -> None:
    assert client.get(PEOPLE).status_code == 200
    answer = Client().get(PEOPLE)
    refusal(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"] == 'Bearer realm="cwms"'


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer a b",
        "Bearer 00000000.x",
        "Bearer x",
        "bearer é",
        "Bearer {prefix}.{prefix}",
        "Bearer {token}x",
    ],
)
def test_a_header_that_is_no_token_is_refused(program: User, header: str) -> None:
    row, token = token_give(actor=None, user=program, label="a")
    assert bearer(token, "bearer").get(PEOPLE).status_code == 200  # the scheme's name has no case
    words = header.format(prefix=row.prefix, token=token)
    refusal(Client(headers={"Authorization": words}).get(PEOPLE), 401, "bad_token")


def test_other_schemes_are_no_tokens(program: User) -> None:
    _row, token = token_give(actor=None, user=program, label="a")
    for keyword in ("Basic", "Token"):
        refusal(bearer(token, keyword).get(PEOPLE), 401, "not_authenticated")
    refusal(Client().get(PEOPLE, {"token": token}), 401, "not_authenticated")


def test_a_revoked_token_ends_at_once_and_alone(program: User) -> None:
    row, token = token_give(actor=None, user=program, label="old")
    other = token_give(actor=None, user=program, label="new")[1]
    assert bearer(token).get(PEOPLE).status_code == 200
    token_revoke(actor=None, prefix=row.prefix)
    error = refusal(bearer(token).get(PEOPLE), 401, "token_revoked")
    assert error["message"] == (
        f"The token “old” of REST_CLIENT own is revoked since {timezone.localdate()}. Ask the administrator for a new one."
    )
    assert bearer(other).get(PEOPLE).status_code == 200


def test_a_token_ends_on_its_day(program: User) -> None:
    row, token = token_give(actor=None, user=program, label="a", days=30)
    now = timezone.now()
    ApiToken.objects.filter(pk=row.pk).update(created=now - timedelta(days=2), expires=now + timedelta(minutes=1))
    assert bearer(token).get(PEOPLE).status_code == 200
    ApiToken.objects.filter(pk=row.pk).update(expires=now - timedelta(seconds=1))
    refusal(bearer(token).get(PEOPLE), 401, "token_expired")


def test_a_token_ends_with_its_user(program: User) -> None:
    _row, token = token_give(actor=None, user=program, label="a")
    assert bearer(token).get(PEOPLE).status_code == 200
    user_deactivate(actor=None, user=program)
    refusal(bearer(token).get(PEOPLE), 401, "user_inactive")


def test_a_token_is_worth_what_its_users_grants_are_worth(program: User) -> None:
    _row, token = token_give(actor=None, user=program, label="a")
    assert bearer(token).get(PEOPLE).status_code == 200
    grant_revoke(actor=None, grant=program.grants.get())
    refusal(bearer(token).get(PEOPLE), 403, "permission_denied")


def test_who_shows_no_whole_token_learns_nothing_of_it(program: User) -> None:
    row, token = token_give(actor=None, user=program, label="a")
    token_revoke(actor=None, prefix=row.prefix)
    answers = {bearer(wrong).get(PEOPLE).content for wrong in (token[:-1] + "~", "00000000.x", "x")}
    assert len(answers) == 1
    assert b"revoked" not in answers.pop()


def test_hashes_are_compared_in_constant_time_also_where_there_is_no_row(
    program: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, token = token_give(actor=None, user=program, label="a")
    compared: list[tuple[str, str]] = []
    whole = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda *pair: compared.append(pair) or whole(*pair))
    for shown in (token, token[:-1] + "~", "00000000.x", "x"):
        token_for_system(shown)
    assert [kept for _shown, kept in compared] == [row.digest, row.digest, "0" * 64, "0" * 64]
    assert all(len(shown) == 64 for shown, _kept in compared)


def test_a_token_costs_two_queries(world: World, program: User, client: Client) -> None:
    """It is looked up, with the grants of its user, and counted; of a session there are three: the session, the user and
    the grants. The mark of use comes once an hour."""
    session = Client()
    session.force_login(program)
    counts = []
    for one in (session, client, client):
        with CaptureQueriesContext(connection) as queries:
            assert one.get(PEOPLE).status_code == 200
        counts.append(len(queries))
    assert counts == [9, 9, 8]  # the first use of the token writes it down


def test_a_program_never_changes_its_first_password(program: User) -> None:
    """Sessions wait for the new password; a token never had one, and opens no page either."""
    program.must_change_password = True
    program.save(update_fields=["must_change_password"])
    client = bearer(token_give(actor=None, user=program, label="a")[1])
    assert client.get(PEOPLE).status_code == 200
    assert client.get("/people/")["Location"].startswith("/login/")
    session = Client()
    session.force_login(program)
    assert session.get("/people/")["Location"].startswith("/password/")
    error = refusal(session.get(PEOPLE), 403, "first_password")
    assert error["message"] == "REST_CLIENT own has to change the password first, at /password/."


def test_a_bad_token_is_not_mended_by_a_session(program: User) -> None:
    session = Client()
    session.force_login(program)
    assert session.get(PEOPLE).status_code == 200
    refusal(session.get(PEOPLE, headers={"Authorization": "Bearer 00000000.x"}), 401, "bad_token")


def test_a_token_needs_no_form_token_and_a_session_does(world: World) -> None:
    officer = world.place.users["officer"]
    grant_give(actor=None, user=officer, unit=world.place.units["232762"], role=Role.REST_CLIENT)
    asked = {"unit": OWN, "month": "2026-02"}
    session = Client(enforce_csrf_checks=True)
    session.force_login(officer)
    refusal(session.post("/api/v1/pay-runs/", asked), 403, "permission_denied")
    token = token_give(actor=None, user=officer, label="a")[1]
    program = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {token}"})
    answer = program.post("/api/v1/pay-runs/", json.dumps(asked), content_type="application/json")
    assert answer.status_code == 201
    assert (answer.json()["unit"], answer.json()["month"]) == ("232762100000", "2026-02")
    assert AuditEntry.objects.filter(action="payroll.payrun.start").latest("pk").actor_name == "officer"


def test_the_use_is_seen(program: User, client: Client) -> None:
    assert ApiToken.objects.get(user=program).last_used is None
    client.get(PEOPLE)
    first = ApiToken.objects.get(user=program).last_used
    assert first is not None
    client.get(PEOPLE)
    assert ApiToken.objects.get(user=program).last_used == first


# -- The limit of requests --------------------------------------------------------------------------------------------


def test_too_many_requests_of_a_token_are_refused(program: User, settings: Any) -> None:
    cache.clear()
    one, other = (bearer(token_give(actor=None, user=program, label=label)[1]) for label in "ab")
    assert [one.get(PEOPLE).status_code for _ in range(4)] == [200] * 4  # the control: no limit
    settings.CWMS_API_RATE = "3/hour"
    assert [one.get(PEOPLE).status_code for _ in range(3)] == [200] * 3
    answer = one.get(PEOPLE)
    refusal(answer, 429, "throttled")
    assert 3500 < int(answer["Retry-After"]) <= 3600
    assert other.get(PEOPLE).status_code == 200  # each token has its own
    cache.clear()


# -- Refusals ---------------------------------------------------------------------------------------------------------


def test_the_shape_of_every_refusal(world: World, client: Client) -> None:
    officer = world.place.users["officer"]
    grant_give(actor=None, user=officer, unit=world.place.units["232762"], role=Role.REST_CLIENT)
    starter = bearer(token_give(actor=None, user=officer, label="a")[1])

    def start(**asked: Any) -> Any:
        return starter.post("/api/v1/pay-runs/", json.dumps(asked), content_type="application/json")

    refusal(client.get(f"{PEOPLE}987654321/"), 404, "not_found")
    refusal(client.get(f"{PEOPLE}x/"), 404, "not_found")
    refusal(client.get("/api/v2/"), 404, "not_found")
    refusal(client.delete(PEOPLE), 405, "method_not_allowed")
    refusal(starter.post("/api/v1/pay-runs/", "{", content_type="application/json"), 400, "parse_error")
    refusal(starter.post("/api/v1/pay-runs/", "x", content_type="text/plain"), 415, "unsupported_media_type")
    error = refusal(start(unit="232762"), 400, "invalid")
    assert error == {
        "code": "invalid",
        "message": "month: This field is required.",
        "fields": {"month": ["This field is required."]},
    }
    assert set(refusal(start(), 400, "invalid")["fields"]) == {"unit", "month"}
    assert set(refusal(start(unit="232762", month="2026-13"), 400, "invalid")["fields"]) == {"month"}
    refusal(start(unit="340181", month="2026-02"), 404, "not_found")
    clerkless = client.post(
        "/api/v1/pay-runs/", json.dumps({"unit": OWN, "month": "2026-02"}), content_type="application/json"
    )
    refusal(clerkless, 404, "not_found")
    error = refusal(start(unit="232762", month="2026-01"), 409, "conflict")
    assert error["fields"] == {}


def test_an_error_of_the_program_has_the_shape_too(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Any) -> Any:
        raise RuntimeError("secret detail")

    client.raise_request_exception = False
    monkeypatch.setattr(PersonViewSet, "get_queryset", broken)
    answer = client.get(PEOPLE)
    refusal(answer, 500, "error")
    assert b"secret" not in answer.content


@pytest.mark.parametrize("name", LISTS)
def test_what_nobody_reads_is_refused(client: Client, name: str) -> None:
    path = reverse(name)
    assert client.get(path).status_code == 200
    error = refusal(client.get(path, {"pesron": "1", "limit": "5"}), 400, "invalid")
    assert set(error["fields"]) == {"pesron"}
    assert "limit" in error["message"]


def test_one_thing_has_no_filters(world: World, client: Client) -> None:
    path = f"{PEOPLE}{world.numbers['person']}/"
    assert client.get(path, {"day": str(timezone.localdate())}).status_code == 200
    assert set(refusal(client.get(path, {"sex": "MALE"}), 400, "invalid")["fields"]) == {"sex"}


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        (PEOPLE, "sex", "ROBOT"),
        (PEOPLE, "day", "2026-02-30"),
        (PEOPLE, "day", "yesterday"),
        (PEOPLE, "sort", "salary"),
        ("/api/v1/payslips/", "run", "x"),
        ("/api/v1/payslips/", "person", "x"),
        ("/api/v1/promotion-outcomes/", "run", "x"),
        ("/api/v1/promotion-outcomes/", "moves", "yes"),
        ("/api/v1/results/", "year", "x"),
        ("/api/v1/evaluations/", "state", "x"),
    ],
)
def test_a_filter_that_means_nothing_is_refused(client: Client, path: str, field: str, value: str) -> None:
    assert client.get(path).status_code == 200
    assert set(refusal(client.get(path, {field: value}), 400, "invalid")["fields"]) == {field}


def test_every_documented_filter_is_read(document: dict[str, Any], client: Client) -> None:
    """Each parameter of the document alone is understood: nothing documented is refused as unknown."""
    for path, methods in document["paths"].items():
        if "{id}" in path or "get" not in methods:
            continue
        for parameter in (one for one in methods["get"]["parameters"] if one["in"] == "query"):
            answer = client.get(path, {parameter["name"]: "1"})
            assert answer.status_code in (200, 400)
            assert b"no such parameter" not in answer.content, (path, parameter["name"])


def test_no_answer_has_more_than_100_rows(world: World, client: Client) -> None:
    model = Employment.objects.filter(unit__path__contains=OWN).first()
    assert model is not None
    fields = {field.attname: getattr(model, field.attname) for field in Employment._meta.concrete_fields} | {"id": None}
    people = Person.objects.bulk_create(
        Person(name=f"人{n}", name_pinyin=f"ren{n}", sex="MALE", birth_date="1990-01-01") for n in range(120)
    )
    Employment.objects.bulk_create(Employment(**(fields | {"person_id": person.pk})) for person in people)
    for asked, given in ((None, 50), (7, 7), (100, 100)):
        assert len(client.get(PEOPLE, {} if asked is None else {"limit": str(asked)}).json()["results"]) == given, asked
    last = client.get(client.get(PEOPLE, {"limit": "100"}).json()["next"]).json()
    assert (len(last["results"]), last["next"]) == (22, None)


@pytest.mark.parametrize("path", [PEOPLE, "/api/v1/pay-runs/"])
@pytest.mark.parametrize(
    ("name", "typed"),
    [("limit", typed) for typed in ("0", "-1", "101", "1000000000", "abc", "", "5.0", "５")]
    + [("offset", "-1"), ("offset", "abc")],
)
def test_a_size_that_is_none_is_refused(world: World, client: Client, path: str, name: str, typed: str) -> None:
    """A program that asks wrongly learns it, and doesn't take fifty rows for all."""
    error = refusal(client.get(path, {name: typed}), 400, "invalid")
    assert name in error["fields"] or name in error["message"]


@pytest.mark.parametrize(
    ("accept", "query", "status"),
    [
        ({}, "", 200),
        ({"Accept": "*/*"}, "", 200),
        ({"Accept": "application/json; indent=2"}, "", 200),
        ({"Accept": "application/xml"}, "", 406),
        ({"Accept": "*/*"}, "?format=xml", 404),
    ],
)
def test_answers_come_in_the_form_that_is_asked_for(
    program: User, monkeypatch: pytest.MonkeyPatch, accept: dict[str, str], query: str, status: int
) -> None:
    """Whoever takes anything is answered without comparing forms; nobody is answered in one that they don't take."""
    compared, real = [], DefaultContentNegotiation.select_renderer

    def comparing(self: Any, *args: Any) -> Any:
        compared.append(args)
        return real(self, *args)

    monkeypatch.setattr(DefaultContentNegotiation, "select_renderer", comparing)
    client = Client()
    client.force_login(program)
    answer = client.get(f"/api/v1/statistics/catalogue/{query}", headers=accept)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/json"
    assert bool(compared) == (accept.get("Accept", "*/*") != "*/*" or bool(query))
