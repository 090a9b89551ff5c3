"""Who is lent out and comes back, for programs: by the services of the pages, in their words, on the state that was read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.models import AuditEntry
from organization.models import Role, Unit
from organization.services import grant_give
from personnel.api import rows as rows_api
from personnel.models import Person, Placement, RowHistory
from personnel.services import guard, section_add
from policy.services import policy_load
from tests.approvals.test_moves import lending
from tests.approvals.tongren import NEAR, build_tongren
from tests.personnel.test_api import OTHER_OWN, OWN, STREET, Program, error, program
from tests.staffing.rules import HEAD

pytestmark = pytest.mark.django_db
PLACEMENTS = "/api/v1/placements/"
Hire = Callable[..., Person]


@pytest.fixture
def writer(units: dict[str, Unit]) -> Program:
    return program(units, Role.REST_WRITER)


def away(person: Person, **values: Any) -> dict[str, Any]:
    body = {
        "employment": person.employments.get().pk, "kind": "SECONDED_OUT", "place": "市信访局", "start": "2026-03-01",
        "due": "2026-09-01", "document": "巢组借〔2026〕2号",
    }  # fmt: skip
    return body | values


def entries(act: str) -> int:
    return AuditEntry.objects.filter(action=f"personnel.placement.{act}").count()


def test_somebody_is_lent_out_and_comes_back(writer: Program, hire: Hire) -> None:
    person = hire()
    made = writer.post(PLACEMENTS, away(person), Idempotency_Key="lend-0001")
    assert made.status_code == 201, made.content
    again = writer.post(PLACEMENTS, away(person), Idempotency_Key="lend-0001")
    assert (again["Idempotent-Replayed"], Placement.objects.count()) == ("true", 1)
    row, path = made.json(), made["Location"]
    assert row | away(person) | {"person": person.pk, "name": "王芳", "unit": f"{OWN}", "end": None} == row
    assert (writer.get(path).json(), writer.state(path)) == (row, made["ETag"])
    error(writer.post(f"{path}end/", {"day": "2026-08-01"}), 428, "precondition_required")
    early = writer.post(f"{path}end/", {"day": "2026-02-01"}, If_Match=made["ETag"])
    assert set(error(early, 400, "refused")["fields"]) == {"day"}
    back = writer.post(f"{path}end/", {"day": "2026-08-01"}, If_Match=made["ETag"])
    assert (back.status_code, back.json()["end"], back.json()["due"]) == (200, "2026-08-01", "2026-09-01")
    error(writer.post(f"{path}end/", {"day": "2026-08-02"}, If_Match=made["ETag"]), 412, "changed")
    assert (entries("add"), entries("end")) == (1, 1)


def test_it_changes_is_corrected_and_withdrawn(writer: Program, hire: Hire) -> None:
    person = hire()
    path = writer.post(PLACEMENTS, away(person))["Location"]
    body: dict[str, Any] = {"day": "2026-06-01", "values": {"place": "市民政局"}}
    other = writer.post(f"{path}change/", body, If_Match=writer.state(path))
    assert (other.status_code, other.json()["place"], other.json()["start"]) == (201, "市民政局", "2026-06-01")
    assert writer.get(path).json()["end"] == "2026-06-01"
    path = other["Location"]
    wrong = writer.post(f"{path}correct/", {"reason": "录错", "values": {"due": "2026-01-01"}}, If_Match=other["ETag"])
    assert "expected back after the first day" in error(wrong, 400, "refused")["message"]
    body = {"reason": "文件写的是十二月", "values": {"due": "2026-12-01"}}
    right = writer.post(f"{path}correct/", body, If_Match=other["ETag"])
    assert (right.status_code, right.json()["due"]) == (200, "2026-12-01")
    assert RowHistory.objects.filter(reason="文件写的是十二月").exists()
    gone = writer.post(f"{path}withdraw/", {"reason": "重复录入"}, If_Match=right["ETag"])
    assert (gone.status_code, writer.get(path).status_code, Placement.objects.count()) == (204, 404, 1)


def test_lists_have_those_who_are_away_on_a_day(writer: Program, hire: Hire) -> None:
    first, second = hire(), hire("李四", unit=OTHER_OWN)
    writer.post(PLACEMENTS, away(first, end="2026-05-01"))
    writer.post(PLACEMENTS, away(second, kind="SHADOWING", start="2026-04-01"))

    def names(**query: str) -> list[str]:
        return [row["name"] for row in writer.get(PLACEMENTS, query).json()["results"]]

    assert names() == names(day="2026-04-15") == names(unit=STREET) == ["王芳", "李四"]
    assert (names(day="2026-05-01"), names(kind="SECONDED_OUT"), names(unit=OTHER_OWN)) == (
        ["李四"],
        ["王芳"],
        ["李四"],
    )
    assert names(person=str(second.pk)) == names(employment=str(second.employments.get().pk)) == ["李四"]
    error(writer.get(PLACEMENTS, {"kind": "GONE"}), 400, "invalid")


def test_what_the_rules_forbid_is_refused_and_foreseen_in_the_same_words(writer: Program, hire: Hire) -> None:
    rules = HEAD.replace('"232762"', '"340181"') + "employment: {lending_out: approval}\n"
    policy_load(actor=None, text=rules)
    person = hire()
    body = away(person, document="")
    refused = error(writer.post(PLACEMENTS, body), 400, "refused")
    assert list(refused["fields"]) == ["document"]
    assert "Name the document that approves the secondment of 王芳" in refused["message"]
    told = writer.post(f"{PLACEMENTS}foresee/", body).json()
    assert "\n".join(told["refused"]) == refused["message"]
    assert writer.post(f"{PLACEMENTS}foresee/", away(person)).json()["refused"] == []
    assert not Placement.objects.exists()
    path = writer.post(PLACEMENTS, away(person))["Location"]
    assert writer.post(f"{path}end/foresee/", {"day": "2026-08-01"}).json()["refused"] == []
    assert writer.post(f"{path}change/foresee/", {"day": "2026-02-01", "values": {}}).json()["refused"] != []
    assert Placement.objects.get().end is None


def test_where_a_case_decides_nobody_is_lent_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    tongren = build_tongren(lending)
    person, user = tongren.hire(), tongren.users["city"]
    grant_give(actor=None, user=user, unit=user.grants.get().unit, role=Role.REST_CLIENT)
    city = Program(user)
    body = away(
        person, kind="EXCHANGE", place="", work_unit=tongren.units[NEAR].code, start=str(timezone.localdate()),
        due=str(timezone.localdate() + timedelta(days=90)),
    )  # fmt: skip
    assert "word of both units" in error(city.post(PLACEMENTS, body), 400, "refused")["message"]
    assert "word of both units" in city.post(f"{PLACEMENTS}foresee/", body).json()["refused"][0]
    monkeypatch.setattr(guard.Guard, "refuse_move", lambda *args, **kwargs: None)  # the control
    assert city.post(PLACEMENTS, body).status_code == 201


def test_nobody_lends_whom_they_may_not_change(units: dict[str, Unit], hire: Hire) -> None:
    person = hire()
    reader, elsewhere = program(units, Role.REST_CLIENT), program(units, Role.REST_WRITER, OTHER_OWN)
    error(reader.post(PLACEMENTS, away(person)), 403, "permission_denied")
    error(elsewhere.post(PLACEMENTS, away(person)), 404, "not_found")
    error(elsewhere.post(f"{PLACEMENTS}foresee/", away(person)), 404, "not_found")
    assert not Placement.objects.exists()
    values = {"employment": person.employments.get(), "kind": "ACTING", "place": "x", "start": date(2026, 3, 1)}
    row = section_add(actor=None, person=person, section="placement", values=values)
    path = f"{PLACEMENTS}{row.pk}/"
    assert (reader.get(path).status_code, elsewhere.get(path).status_code) == (200, 404)
    assert elsewhere.get(PLACEMENTS).json()["results"] == []
    error(reader.post(f"{path}end/", {"day": "2026-04-01"}, If_Match=reader.state(path)), 403, "permission_denied")
    error(elsewhere.post(f"{path}end/", {"day": "2026-04-01"}, If_Match='"x"'), 404, "not_found")


def test_without_the_question_for_the_state_it_ends_on_what_was_not_read(
    writer: Program, hire: Hire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of If-Match."""
    path = writer.post(PLACEMENTS, away(hire()))["Location"]
    error(writer.post(f"{path}end/", {"day": "2026-08-01"}, If_Match='"older"'), 412, "changed")
    monkeypatch.setattr(rows_api, "require_state", lambda request, etag: None)
    assert writer.post(f"{path}end/", {"day": "2026-08-01"}, If_Match='"older"').status_code == 200
