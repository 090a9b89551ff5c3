"""Units written by programs: the services of the pages, on the state that was read, once, by whoever may change units."""

from __future__ import annotations

import json
import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from core.models import AuditEntry, Idempotency
from core.services.runs import lock
from organization.api import units as units_api
from organization.models import Role, Unit, UnitFact, UnitSuccession, User
from organization.selectors import unit_for_system
from organization.services import fact_enter, grant_give, grant_revoke, token_give, unit_rename
from organization.services.steps import TREE
from personnel.models import Employment
from tests.organization.test_reshaping import grids, hire

UNITS = "/api/v1/units/"
COMMUNITY, OTHER, STREET = "340181002008", "340181002001", "340181003"
DAY = "2026-07-01"


class Program:
    """Somebody who may change units and use the interface, by a token; bodies and answers are JSON."""

    def __init__(self, unit: Unit, *roles: Role) -> None:
        self.user = User.objects.create(username=f"program-{unit.code}-{len(roles)}", display_name="接口程序")
        for role in roles:
            grant_give(actor=None, user=self.user, unit=unit, role=role)
        token = token_give(actor=None, user=self.user, label="tests")[1]
        self.client = Client(headers={"Authorization": f"Bearer {token}"})
        self.client.get(UNITS)  # the first use of a token is written down

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(UNITS + path, headers={name.replace("_", "-"): text for name, text in headers.items()})

    def state(self, code: str) -> str:
        return str(self.get(f"{code}/")["ETag"])

    def post(self, path: str, body: Any, **headers: str) -> Any:
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return self.client.post(UNITS + path, json.dumps(body), content_type="application/json", headers=named)

    def act(self, code: str, act: str, /, **body: Any) -> Any:
        """The act on the state that the unit is in."""
        return self.post(f"{code}/{act}/", body, If_Match=self.state(code))


@pytest.fixture
def program(tree: dict[str, Unit]) -> Program:
    return Program(tree["340181"], Role.ORG_OFFICER, Role.REST_CLIENT)


def error(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    found: dict[str, Any] = answer.json()["error"]
    assert found["code"] == code
    assert found["message"]
    return found


# -- What is written --------------------------------------------------------------------------------------------------


@pytest.mark.requirement("CH-01")
def test_a_unit_begins(program: Program) -> None:
    body = {"kind": "COMMUNITY", "parent": "340181002", "code": "340181002030", "name": "东塘社区", "valid_from": DAY}
    answer = program.post("", body)
    assert answer.status_code == 201
    assert answer["Location"] == "/api/v1/units/340181002030/"
    made = Unit.objects.get(code="340181002030")
    assert answer.json() == {
        "id": made.pk, "code": "340181002030", "name": "东塘社区", "name_en": "", "kind": "COMMUNITY",
        "form": "RESIDENTS", "parent": "340181002000",
        "path": ["340000000000", "340100000000", "340181000000", "340181002000", "340181002030"],
        "valid_from": DAY, "valid_to": None, "facts": {},
    }  # fmt: skip
    assert answer["ETag"] == program.state("340181002030")
    entry = AuditEntry.objects.get(action="organization.unit.create", object_id=str(made.pk))
    assert (entry.actor_name, entry.after["name"]) == (program.user.username, "东塘社区")
    grid = {"kind": "GRID", "parent": "340181002030", "name": "一号网格", "valid_from": DAY}
    assert program.post("", grid).json()["code"] == "340181002030001"


def test_a_unit_is_renamed_and_corrected(program: Program, tree: dict[str, Unit]) -> None:
    answer = program.act(COMMUNITY, "rename", day=DAY, name="旗山北社区", document="民〔2026〕9号")
    assert answer.status_code == 200
    assert (answer.json()["name"], answer.json()["valid_from"]) == ("旗山北社区", DAY)
    assert answer["ETag"] == program.state(COMMUNITY)
    assert program.get(f"{COMMUNITY}/?day=2026-06-30").json()["name"] == "旗山社区"
    row = UnitSuccession.objects.get()
    assert (row.kind, row.document, row.recorded_by) == ("RENAME", "民〔2026〕9号", program.user)
    # A misprint is no rename: the row is the same, and nothing became of anything.
    answer = program.act(COMMUNITY, "correct", reason="misprint", name="棋山北社区", name_en="Qishan North")
    assert answer.status_code == 200
    assert (answer.json()["id"], answer.json()["name"]) == (row.after_id, "棋山北社区")
    assert UnitSuccession.objects.count() == 1
    assert Unit.objects.filter(code=COMMUNITY).count() == 2
    entry = AuditEntry.objects.get(action="organization.unit.correct")
    assert (entry.before["name"], entry.after["name"], entry.after["reason"]) == (
        "旗山北社区",
        "棋山北社区",
        "misprint",
    )
    assert entry.actor_name == program.user.username


def test_a_first_day_is_corrected_where_nothing_rests_on_it(program: Program, tree: dict[str, Unit]) -> None:
    """The street began on 2020-01-01, as everything of the tree; the community may begin later, never earlier."""
    assert program.act(COMMUNITY, "correct", reason="x", valid_from="2021-03-01").json()["valid_from"] == "2021-03-01"
    refused = program.act(COMMUNITY, "correct", reason="x", valid_from="2019-12-31")
    found = error(refused, 400, "refused")
    assert list(found["fields"]) == ["valid_from"]
    assert "亚父街道" in found["message"]
    street = program.act("340181002", "correct", reason="x", valid_from="2020-06-01")
    assert "裕溪河畔社区 is part of it from 2020-01-01 on" in error(street, 400, "refused")["fields"]["valid_from"][0]
    fact_enter(actor=None, unit=tree[COMMUNITY], key="residents", day=date(2022, 1, 1), value="1", source="s")
    after_fact = program.act(COMMUNITY, "correct", reason="x", valid_from="2022-01-02")
    assert "2022-01-01" in error(after_fact, 400, "refused")["fields"]["valid_from"][0]
    program.act(OTHER, "rename", day=DAY, name="裕溪社区")
    changed = program.act(OTHER, "correct", reason="x", valid_from="2026-06-01")
    assert "began with a change" in error(changed, 400, "refused")["fields"]["valid_from"][0]
    same = program.act(OTHER, "correct", reason="x", name="裕溪社区")
    assert "on record like this already" in error(same, 400, "refused")["message"]


def test_a_unit_moves_with_its_people(program: Program, tree: dict[str, Unit]) -> None:
    person = hire("张三", tree[COMMUNITY])
    answer = program.act(COMMUNITY, "move", day=DAY, parent=STREET, document="民〔2026〕3号")
    assert answer.status_code == 200
    assert answer.json()["parent"] == "340181003000"
    assert Employment.objects.get(person=person).unit_path == "34/3401/340181/340181003/340181002008/"
    assert AuditEntry.objects.get(action="organization.unit.move").actor_name == program.user.username


def test_a_new_form_has_another_address(program: Program, tree: dict[str, Unit]) -> None:
    answer = program.act("340181002", "upgrade", day=DAY, code="340181004", name="亚父新街道")
    assert (answer.status_code, answer["Location"]) == (200, "/api/v1/units/340181004000/")
    assert answer["ETag"] == program.state("340181004")
    assert program.get("340181002/").status_code == 404
    assert program.get("340181002/?day=2026-06-30").json()["name"] == "亚父街道"
    # The former row is history: a change there would tear apart what hangs onto the newest.
    former = error(
        program.post("340181002/rename/", {"day": "2026-01-01", "name": "x"}, If_Match=answer["ETag"]), 412, "changed"
    )
    assert former["fields"] == {}
    other = program.post("340181002/rename/", {"day": "2026-01-01", "name": "x"}, If_Match=_state_of_former(program))
    assert "亚父街道 goes on as 亚父新街道 (340181004000) from 2026-07-01 on" in error(other, 400, "refused")["message"]


def _state_of_former(program: Program) -> str:
    return str(program.post("340181002/close/", {"day": "2026-01-01"}, If_Match='"x"')["ETag"])


def test_a_unit_ends(program: Program, tree: dict[str, Unit]) -> None:
    hire("张三", tree[COMMUNITY])
    assert "1 person still works" in error(program.act(COMMUNITY, "close", day=DAY), 400, "refused")["message"]
    answer = program.act(OTHER, "close", day=DAY)
    assert (answer.status_code, answer.json()["valid_to"]) == (200, DAY)
    assert program.get(f"{OTHER}/").status_code == 404


def test_units_become_one_on_the_state_of_each(program: Program, tree: dict[str, Unit]) -> None:
    """The address names one, the body the others; all of their states are named."""
    one, two, three = (grid.code for grid in grids(tree[COMMUNITY], 3))
    body = {"day": DAY, "units": [two, three], "name": "新一网格", "document": "松网格〔2026〕1号"}
    states = [program.state(code) for code in (one, two, three)]
    missing = error(program.post(f"{one}/merge/", body, If_Match=", ".join(states[:2])), 412, "changed")
    assert missing["fields"] == {}
    fact_enter(actor=None, unit=unit_for_system(three), key="residents", day=date(2026, 1, 1), value="1", source="s")
    error(program.post(f"{one}/merge/", body, If_Match=", ".join(states)), 412, "changed")
    assert not UnitSuccession.objects.exists()
    states[2] = program.state(three)
    answer = program.post(f"{one}/merge/", body, If_Match=", ".join(states))
    assert answer.status_code == 201
    assert (answer.json()["name"], answer.json()["code"]) == ("新一网格", COMMUNITY + "004")
    assert answer["Location"] == f"{UNITS}{COMMUNITY}004/"
    assert list(UnitSuccession.objects.order_by("before__code").values_list("before__code", "after__code", "kind")) == [
        (code, COMMUNITY + "004", "MERGE") for code in (one, two, three)
    ]


def test_units_become_one_that_goes_on(program: Program, tree: dict[str, Unit]) -> None:
    states = ", ".join(program.state(code) for code in (COMMUNITY, OTHER))
    body = {"day": DAY, "units": [OTHER], "into": "340181003001"}
    error(program.post(f"{COMMUNITY}/merge/", body, If_Match=states), 400, "invalid")
    body["into"] = OTHER
    answer = program.post(f"{COMMUNITY}/merge/", body, If_Match=states)
    assert (answer.status_code, answer.json()["id"]) == (200, tree[OTHER].pk)
    assert Unit.objects.get(pk=tree[COMMUNITY].pk).valid_to == date(2026, 7, 1)


def test_a_unit_becomes_several(program: Program, tree: dict[str, Unit]) -> None:
    first, second = grids(tree[COMMUNITY], 2)
    parts: list[dict[str, Any]] = [
        {"name": "旗山社区", "code": COMMUNITY},
        {"name": "花园社区", "code": "340181002030", "children": [second.code]},
    ]
    answer = program.act(COMMUNITY, "split", day=DAY, parts=parts)
    assert answer.status_code == 201
    assert [(row["name"], row["code"]) for row in answer.json()["results"]] == [
        ("旗山社区", COMMUNITY), ("花园社区", "340181002030"),
    ]  # fmt: skip
    assert unit_for_system(first.code).parent == unit_for_system(COMMUNITY)
    assert unit_for_system(second.code).parent == unit_for_system("340181002030")
    wrong = program.act(OTHER, "split", day=DAY, parts=[{"name": "a", "children": [second.code]}, {"name": "b"}])
    assert list(error(wrong, 400, "invalid")["fields"]) == ["parts"]


@pytest.mark.requirement("CH-01")
def test_numbers_with_their_sources(program: Program, tree: dict[str, Unit]) -> None:
    for year, value in ((2024, "6000"), (2025, "6200")):
        answer = program.act(
            COMMUNITY, "facts", key="residents", value=value, day=f"{year}-12-31", source=f"统计年报{year}"
        )
        assert answer.status_code == 200
    assert answer.json()["facts"] == {"residents": {"value": "6200", "day": "2025-12-31", "source": "统计年报2025"}}
    program.act(COMMUNITY, "facts", key="households", value="2,100", day="2025-12-31", source="统计年报2025")
    series = program.get(f"{COMMUNITY}/facts/")
    assert series.json() == {
        "results": [
            {"key": "households", "value": "2100", "day": "2025-12-31", "source": "统计年报2025"},
            {"key": "residents", "value": "6000", "day": "2024-12-31", "source": "统计年报2024"},
            {"key": "residents", "value": "6200", "day": "2025-12-31", "source": "统计年报2025"},
        ]
    }
    assert series["ETag"] == program.state(COMMUNITY)
    assert program.get(f"{COMMUNITY}/facts/", If_None_Match=series["ETag"]).status_code == 304
    # An older number that changes is another state, though the newest one is the same.
    program.act(COMMUNITY, "facts", key="residents", value="6001", day="2024-12-31", source="更正")
    assert program.state(COMMUNITY) != series["ETag"]
    assert UnitFact.objects.count() == 3
    assert AuditEntry.objects.filter(action="organization.unit.fact", actor_name=program.user.username).count() == 4


# -- What is wrong, by its value ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "body", "fields"),
    [
        ("rename", {"day": "2019-01-01", "name": "旗山社区"}, ["day", "name"]),
        ("rename", {"name": "新"}, ["day"]),
        ("rename", {"day": DAY, "name": "新", "reason": "x"}, ["reason"]),
        ("move", {"day": "2019-01-01", "parent": "340181002"}, ["day", "parent"]),
        ("move", {"day": DAY, "parent": STREET, "code": "340181002009"}, ["code"]),
        ("upgrade", {"day": DAY, "code": "12"}, ["code"]),
        ("close", {"day": "2020-01-01"}, ["day"]),
        ("merge", {"day": DAY, "units": ["340181002"], "name": "x"}, ["units"]),
        ("merge", {"day": DAY, "units": [COMMUNITY]}, ["units"]),
        ("split", {"day": DAY, "parts": [{"name": "a", "code": "1"}, {"name": "b"}]}, ["parts"]),
        ("split", {"day": DAY, "parts": [{"name": "a"}]}, ["parts"]),
        ("facts", {"key": "residents", "value": "12x", "day": "2019-01-01", "source": "s"}, ["day", "value"]),
        ("facts", {"key": "Residents", "value": "1", "day": DAY, "source": "s"}, ["key"]),
        ("correct", {"reason": "x", "name": ""}, ["name"]),
        ("correct", {"name": "新"}, ["reason"]),
    ],
)
def test_what_is_wrong_is_named(program: Program, act: str, body: dict[str, Any], fields: list[str]) -> None:
    states = ", ".join(program.state(code) for code in (COMMUNITY, "340181002"))
    answer = program.post(f"{COMMUNITY}/{act}/", body, If_Match=states)
    assert answer.status_code == 400, answer.content
    assert sorted(name.split(".")[0] for name in answer.json()["error"]["fields"]) == fields
    assert not UnitSuccession.objects.exists()


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"code": "340181003030"}, ["code"]),
        ({"kind": "GRID"}, ["kind", "code"]),
        ({"kind": "PROVINCE"}, ["kind"]),
        ({"name": ""}, ["name"]),
        ({"valid_from": "2019-12-31"}, ["valid_from"]),
        ({"valid_to": "2021-01-01", "valid_from": "2021-01-01"}, ["valid_to"]),
        ({"from": "2021-01-01"}, ["from"]),
    ],
)
def test_what_is_wrong_with_a_new_unit_is_named(program: Program, changed: dict[str, Any], fields: list[str]) -> None:
    body = {"kind": "COMMUNITY", "parent": "340181002", "code": "340181002030", "name": "x", "valid_from": DAY}
    answer = program.post("", body | changed)
    assert answer.status_code == 400, answer.content
    assert list(answer.json()["error"]["fields"]) == fields


def test_a_code_that_is_in_use_is_a_conflict(program: Program) -> None:
    body = {"kind": "COMMUNITY", "parent": "340181002", "code": COMMUNITY, "name": "x", "valid_from": DAY}
    error(program.post("", body), 409, "conflict")


# -- Who, on which state, how often -----------------------------------------------------------------------------------


@pytest.mark.requirement("TR-42")
def test_who_only_reads_units_writes_none(tree: dict[str, Unit]) -> None:
    bodies: dict[str, dict[str, Any]] = {
        "rename": {"day": DAY, "name": "x"}, "correct": {"reason": "x", "name": "x"},
        "move": {"day": DAY, "parent": STREET}, "upgrade": {"day": DAY, "code": "340181002030"},
        "close": {"day": DAY}, "merge": {"day": DAY, "units": [OTHER], "name": "x", "code": "340181002030"},
        "split": {"day": DAY, "parts": [{"name": "a", "code": COMMUNITY}, {"name": "b", "code": "340181002030"}]},
        "facts": {"key": "residents", "value": "1", "day": DAY, "source": "s"},
    }  # fmt: skip
    reader = Program(tree["340181"], Role.REST_WRITER)
    officer = Program(tree["340181"], Role.ORG_OFFICER, Role.REST_CLIENT)
    clerk = Program(tree["340181003"], Role.ORG_OFFICER, Role.REST_CLIENT)
    outsider = Program(tree["340122"], Role.ORG_OFFICER, Role.REST_CLIENT)
    for act, body in bodies.items():
        path, states = f"{COMMUNITY}/{act}/", ", ".join(officer.state(code) for code in (COMMUNITY, OTHER))
        error(reader.post(path, body, If_Match=states), 403, "permission_denied")
        error(outsider.post(path, body, If_Match=states), 404, "not_found")
        error(clerk.post(path, body, If_Match=states), 404, "not_found")
        error(officer.post(path, body), 428, "precondition_required")
        error(officer.post(path, body, If_Match="*"), 428, "precondition_required")
        error(officer.post(path, body, If_Match='"old"'), 412, "changed")
        with transaction.atomic():  # the control: who may, does
            point = transaction.savepoint()
            assert officer.post(path, body, If_Match=states).status_code in (200, 201), act
            transaction.savepoint_rollback(point)
    new = {"kind": "COMMUNITY", "parent": "340181002", "code": "340181002030", "name": "x", "valid_from": DAY}
    for other in (reader, outsider, clerk):
        error(other.post("", new), 404, "not_found")
    assert not UnitSuccession.objects.exists()
    assert officer.post("", new).status_code == 201


def test_both_places_of_a_move_are_ones_own(tree: dict[str, Unit]) -> None:
    program = Program(tree["340181002"], Role.ORG_OFFICER, Role.REST_CLIENT)
    error(program.act(COMMUNITY, "move", day=DAY, parent=STREET), 404, "not_found")
    body = {"day": DAY, "units": ["340181003001"], "name": "x"}
    error(program.post(f"{COMMUNITY}/merge/", body, If_Match=program.state(COMMUNITY)), 404, "not_found")


def test_the_state_is_that_of_today_and_of_what_is_above(program: Program, tree: dict[str, Unit]) -> None:
    state = program.state(COMMUNITY)
    assert program.get(f"{COMMUNITY}/", If_None_Match=state).status_code == 304
    unit_rename(actor=None, unit=tree["340181002"], name="亚父新街道", day=date(2026, 5, 1))
    assert program.state(COMMUNITY) == state  # the name of the street is no part of the community
    unit_rename(actor=None, unit=tree[COMMUNITY], name="旗山北社区", day=date(2026, 6, 1))
    answer = program.post(f"{COMMUNITY}/close/", {"day": DAY}, If_Match=state)
    error(answer, 412, "changed")
    assert answer["ETag"] == program.state(COMMUNITY) != state
    assert program.get(f"{COMMUNITY}/?day=2026-05-31")["ETag"] != state  # it ended since


def test_the_same_request_again_is_written_once(program: Program, tree: dict[str, Unit]) -> None:
    body = {"kind": "GRID", "parent": COMMUNITY, "name": "一号网格", "valid_from": "2026-01-01"}
    first = program.post("", body, Idempotency_Key="grid-0001")
    again = program.post("", body, Idempotency_Key="grid-0001")
    assert (first.status_code, again.status_code, again["Idempotent-Replayed"]) == (201, 201, "true")
    assert first.json() == again.json()
    assert (again["ETag"], again["Location"]) == (first["ETag"], first["Location"])
    assert Unit.objects.filter(kind="GRID").count() == 1
    error(program.post("", body | {"name": "二号网格"}, Idempotency_Key="grid-0001"), 422, "key_reused")
    program.post("", body)  # the control: without a key there is another
    assert Unit.objects.filter(kind="GRID").count() == 2
    # A new form under its former address: the answer of before, and nothing is done twice.
    state = program.state("340181002")
    upgrade = {"day": DAY, "code": "340181004"}
    answers = [
        program.post("340181002/upgrade/", upgrade, If_Match=state, Idempotency_Key="form-0001") for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert UnitSuccession.objects.count() == 1
    Idempotency.objects.update(created=timezone.now() - timedelta(hours=25))
    error(program.post("340181002/upgrade/", upgrade, If_Match=state, Idempotency_Key="form-0001"), 412, "changed")
    grant_revoke(actor=None, grant=program.user.grants.get(role=Role.ORG_OFFICER))
    answer = program.post("340181002/upgrade/", upgrade, If_Match=state, Idempotency_Key="form-0001")
    error(answer, 403, "permission_denied")


def test_a_refusal_leaves_nothing_of_its_key(program: Program) -> None:
    bad = program.post(
        f"{COMMUNITY}/close/", {"day": "2020-01-01"}, If_Match=program.state(COMMUNITY), Idempotency_Key="close-0001"
    )
    error(bad, 400, "refused")
    assert not Idempotency.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("checked", [True, False])
def test_two_at_once_on_one_state(
    tree: dict[str, Unit], program: Program, monkeypatch: pytest.MonkeyPatch, checked: bool
) -> None:
    """Two programs that read the same state rename one unit; the second is told. Without the check, both do."""
    if not checked:
        monkeypatch.setattr(units_api, "require_state", lambda request, etag: None)
    state = program.state(COMMUNITY)
    statuses: list[int] = []

    def rename(name: str, day: str) -> None:
        try:
            answer = program.post(f"{COMMUNITY}/rename/", {"day": day, "name": name}, If_Match=state)
            statuses.append(answer.status_code)
        finally:
            connection.close()

    with transaction.atomic():
        lock(TREE)  # both are on their way before one of them may go on
        threads = [threading.Thread(target=rename, args=pair) for pair in (("甲社区", DAY), ("乙社区", "2026-08-01"))]
        for thread in threads:
            thread.start()
        wait_for_waiters(2)
    for thread in threads:
        thread.join(30)
    # The later day may follow the earlier one, but not the other way round.
    assert sorted(statuses) in ([[200, 412]] if checked else [[200, 200], [200, 400]])
    if checked:
        assert UnitSuccession.objects.count() == 1


def wait_for_waiters(number: int) -> None:
    """Until that many sessions wait for an advisory lock."""
    waiting = 0
    while waiting < number:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            waiting = cursor.fetchone()[0]


# -- The document ----------------------------------------------------------------------------------------------------


def test_bodies_and_examples_are_as_the_document_says(program: Program, tree: dict[str, Unit]) -> None:
    """Each example of a body is accepted by its schema, and each refusal that can come is named."""
    document = json.loads(json.dumps(SchemaGenerator().get_schema(public=True)))
    seen = 0
    for path, methods in document["paths"].items():
        if not path.startswith(UNITS) or "post" not in methods:
            continue
        operation = methods["post"]
        content = operation["requestBody"]["content"]["application/json"]
        schema = {"components": document["components"], **content["schema"]}
        for example in content["examples"].values():
            assert list(Draft202012Validator(schema).iter_errors(example["value"])) == [], path
            seen += 1
        codes = set(operation["responses"])
        assert {"400", "401", "403", "404", "409", "422", "429"} <= codes, path
        assert ({"412", "428"} <= codes) == (path != UNITS), path
    assert seen == 9
