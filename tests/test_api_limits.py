"""What a program may ask of the interface: size, depth, names, time; and that nothing else changes anything."""

# ruff: noqa: F811

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client, RequestFactory
from rest_framework.exceptions import ErrorDetail, ParseError
from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    DateField,
    IntegerField,
    ListField,
    ValidationError,
)

from approvals.models import Case, Opinion
from approvals.services import reviewer_name
from core.api import Body, KnownFields
from core.api.bodies import MAX_DEPTH, TooLarge
from cwms.middleware import Errors
from organization.models import Role
from organization.services import grant_give, token_give
from payroll.models import PromotionRun
from personnel.api import PersonViewSet
from personnel.models import Employment, NamedListEntry, Person, Placement, Post, Tenure
from recruitment.models import Applicant, Plan
from staffing.models import QuotaAllocation, QuotaPlan, SeatFreeze
from tests.test_api import bearer, client, document, operations, program, refusal  # noqa: F401
from tests.test_permissions import OWN, World, world  # noqa: F401

PAY_RUNS = "/api/v1/pay-runs/"
PEOPLE = "/api/v1/people/"


def posted(client: Client, body: str | bytes, path: str = PAY_RUNS, **more: Any) -> Any:
    return client.post(path, body, content_type=more.pop("content_type", "application/json"), **more)


def test_a_large_body_is_refused_before_it_is_read(client: Client, settings: Any) -> None:
    body = json.dumps({"unit": "1" * 2**20})
    refusal(posted(client, body), 413, "too_large")
    settings.CWMS_API_BODY_BYTES = 2**21
    refusal(posted(client, body), 400, "invalid")  # the control: with more allowed it is read, and wrong


class Endless(io.RawIOBase):
    """A body without end; counts what is read of it."""

    taken = 0

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "read to its end"
        self.taken += size
        return b" " * size


def test_no_more_is_read_than_is_allowed() -> None:
    stream = Endless()
    with pytest.raises(TooLarge):
        Body().parse(stream)
    assert stream.taken == settings.CWMS_API_BODY_BYTES + 1


@pytest.mark.parametrize("depth", [MAX_DEPTH, MAX_DEPTH + 1, 10_000, 400_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_depth_has_an_end(depth: int, opening: str, closing: str) -> None:
    text = (opening * depth + ("1" if opening != "[" else "") + closing * depth).encode()[: 2**20]
    if depth == MAX_DEPTH:
        Body().parse(io.BytesIO(text))
        return
    with pytest.raises(ParseError):
        Body().parse(io.BytesIO(text))


@pytest.mark.parametrize(
    "body", ["[" * 10_000 + "]" * 10_000, "{", "NaN", '{"unit": Infinity}', b"\xff\xfe", '"\\ud800"']
)
def test_what_is_no_body_is_refused_in_words(client: Client, body: str | bytes) -> None:
    assert posted(client, body).status_code == 400


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/xml"])
def test_only_json_is_read(client: Client, kind: str) -> None:
    refusal(posted(client, "unit=1&month=2026-01", content_type=kind), 415, "unsupported_media_type")


@pytest.mark.parametrize("size", ["1000000000", "101"])
def test_a_page_has_an_end(world: World, client: Client, size: str) -> None:
    refusal(client.get(PEOPLE, {"limit": size}), 400, "invalid")


class Two(KnownFields):
    number = IntegerField()
    word = CharField()


class Typed(KnownFields):
    word = CharField(required=False, allow_null=True)
    words = ListField(child=CharField(), required=False)
    kind = ChoiceField(choices=["1", "2"], required=False)
    number = IntegerField(required=False)
    numbers = ListField(child=IntegerField(), required=False)
    sure = BooleanField(required=False)
    day = DateField(required=False)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("word", -129), ("word", 1.5), ("word", True), ("word", []), ("words", ["a", 1]), ("kind", 1), ("number", "17"),
        ("number", True), ("numbers", [1, "2"]), ("sure", "true"), ("sure", 1), ("day", 20260101),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_refused(name: str, given: Any) -> None:
    """A number is no name and a name no number, whatever could be made of it."""
    asked = Typed(data={name: given, "pk": 1})
    assert not asked.is_valid()
    assert set(asked.errors) == {name, "pk"}


@pytest.mark.parametrize("name", ["word", "words", "kind", "number", "numbers", "sure"])
def test_without_the_check_it_is_read_as_something_else(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    monkeypatch.setattr("core.api.fields._other_type", lambda _field, _value: "")
    given = {"word": -129, "words": [1], "kind": 1, "number": "17", "numbers": ["2"], "sure": "true"}[name]
    assert Typed(data={name: given}).is_valid()


def test_a_value_of_its_type_is_taken() -> None:
    given = {
        "word": None,
        "words": ["a"],
        "kind": "2",
        "number": 2.0,
        "numbers": [1],
        "sure": False,
        "day": "2026-01-01",
    }
    assert Typed(data=given).is_valid()


def test_all_that_is_wrong_is_said_at_once() -> None:
    asked = Two(data={"number": "x", "is_superuser": True, "pk": 1})
    with pytest.raises(ValidationError) as refused:
        asked.is_valid(raise_exception=True)
    assert set(refused.value.detail) == {"number", "word", "is_superuser", "pk"}
    assert isinstance(refused.value.detail["pk"][0], ErrorDetail)


# -- Names that nobody reads (mass assignment) ---------------------------------------------------------------------------

MODEL_FIELDS = sorted(
    {field.name for model in apps.get_models() for field in model._meta.get_fields()}
    | {field.attname for model in apps.get_models() for field in model._meta.concrete_fields}
    | {"is_superuser", "is_staff", "pk", "__class__", "unit__path", "ID"}
)


@pytest.fixture
def everybody(world: World) -> Client:
    """A program that may do whatever roles of business may, at the county."""
    user = world.users[Role.REST_WRITER, "parent"]
    for role in (
        Role.ORG_OFFICER,
        Role.ORG_APPROVER,
        Role.REST_CLIENT,
        Role.STREET_CLERK,
        Role.STREET_APPROVER,
        Role.JOINT_REVIEWER,
    ):
        grant_give(actor=None, user=user, unit=world.place.units["232762"], role=role)
    reviewer_name(actor=None, user=user, unit=world.place.units["232762"], department="POLICE")
    return bearer(token_give(actor=None, user=user, label="all")[1])


def digest() -> dict[str, str]:
    """A digest of every table's rows; when and how often a token was used is no part of what is on record."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            if model._meta.managed and not model._meta.proxy and model._meta.model_name not in ("apitoken", "tokenuse"):
                table = model._meta.db_table
                cursor.execute(
                    f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM \"{table}\" t"
                )
                found[table] = cursor.fetchone()[0]
    return found


def writes(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any], set[str]]]:
    """method, path of a thing that is there, the documented example and the names the body may have."""
    schemas = document["components"]["schemas"]
    for name, operation in operations(document):
        method, path = name.split(" ")
        if method == "get":
            continue
        if "requestBody" not in operation:  # nothing is to be said with it
            yield method, path, {}, set()
            continue
        content = operation["requestBody"]["content"]["application/json"]
        schema = schemas[content["schema"]["$ref"].rpartition("/")[2]]
        assert schema["additionalProperties"] is False, name
        example = next(iter(content["examples"].values()))["value"]
        yield method, path, example, set(schema["properties"])


def test_no_field_is_written_that_is_not_described(document: dict[str, Any], world: World, everybody: Client) -> None:
    """Every field of every model, at every endpoint that writes: each is refused by name, and nothing changes."""
    before, seen = digest(), 0
    for method, path, example, known in writes(document):
        address = address_of(path)
        sent = {name: "1" for name in MODEL_FIELDS if name not in known}
        answer = everybody.generic(
            method.upper(), address, json.dumps(example | sent), content_type="application/json", HTTP_IF_MATCH='"x"'
        )
        error = refusal(answer, 400, "invalid")
        assert set(sent) <= set(error["fields"]), (method, path, set(sent) - set(error["fields"]))
        seen += 1
    assert seen == 102
    assert digest() == before


def address_of(path: str) -> str:
    """The path with the number of something that is there."""
    if "{id}" not in path:
        return path
    kind = path.split("/")[3]
    only = {
        "cases": Case.objects.all(), "questions": Opinion.objects.filter(department="POLICE"),
        "recruitments": Plan.objects.all(), "applicants": Applicant.objects.all(),
        "staffing-plans": QuotaPlan.objects.all(), "seat-shares": QuotaAllocation.objects.all(),
        "seat-freezes": SeatFreeze.objects.all(),
        "promotion-runs": PromotionRun.objects.all(),
    }.get(kind)  # fmt: skip
    if only is not None:
        return path.replace("{id}", str(only.earliest("pk").pk))
    model = {
        "people": Person,
        "employments": Employment,
        "named-lists": NamedListEntry,
        "placements": Placement,
        "tenures": Tenure,
        "posts": Post,
    }.get(kind)
    if model is None:
        return path.replace("{id}", OWN)
    place = {
        Person: "employments__unit__code", Employment: "unit__code", NamedListEntry: "person__employments__unit__code",
        Placement: "employment__unit__code", Tenure: "post__unit__code", Post: "unit__code",
    }[model]  # fmt: skip
    return path.replace("{id}", str(model.objects.filter(**{f"{place}__startswith": OWN}).earliest("pk").pk))


def test_an_unknown_name_is_written_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: without the check of names they pass unseen."""
    monkeypatch.delattr(KnownFields, "to_internal_value")
    asked = Two(data={"number": 1, "word": "a", "is_superuser": True})
    assert asked.is_valid()


def test_no_write_reads_a_parameter_of_the_address(document: dict[str, Any], world: World, everybody: Client) -> None:
    for method, path, example, _known in writes(document):
        address = address_of(path) + "?actor=1"
        answer = everybody.generic(method.upper(), address, json.dumps(example), content_type="application/json")
        assert set(refusal(answer, 400, "invalid")["fields"]) == {"actor"}, path


# -- Time -----------------------------------------------------------------------------------------------------------------


def test_a_statement_that_takes_too_long_is_503_with_a_time_to_wait(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(self: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 50")
            cursor.execute("SELECT pg_sleep(60)")

    monkeypatch.setattr(PersonViewSet, "get_queryset", slow)
    answer = client.get(PEOPLE)
    refusal(answer, 503, "busy")
    assert answer["Retry-After"] == "5"


def test_a_page_says_so_too(rf: RequestFactory) -> None:
    request = rf.get("/people/")
    answer = Errors(lambda request: None).process_exception(request, OperationalError("canceled"))  # type: ignore[arg-type, return-value]
    assert answer is not None
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")


@pytest.mark.parametrize(("web", "expected"), [("1", "10s 5s"), ("", "0 0")])
def test_the_web_waits_for_no_statement_longer_than_is_set(web: str, expected: str) -> None:
    """Also the control: workers have no such end."""
    code = (
        "import django; django.setup(); from django.db import connection; c = connection.cursor();"
        "c.execute(\"SELECT current_setting('statement_timeout') || ' ' || current_setting('lock_timeout')\");"
        "print(c.fetchone()[0])"
    )
    url = "postgresql://" + connection.get_connection_params().get("host", "")
    assert url
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True,
        env=os.environ | {"CWMS_WEB": web, "DJANGO_SETTINGS_MODULE": "cwms.settings"},
    )  # fmt: skip
    assert done.stdout.strip() == expected
