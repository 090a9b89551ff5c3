"""Named lists for programs: whoever's role writes them puts people on and takes them off; nobody else sees that there
is an entry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from core.models import AuditEntry
from organization.models import Role, Unit
from organization.services import grant_give
from personnel.api import named_lists as lists_api
from personnel.api import rows as rows_api
from personnel.models import NamedListEntry, Person
from personnel.selectors import programs
from personnel.services import section_add
from tests.personnel.test_api import OTHER_OWN, STREET, Program, error, program

pytestmark = pytest.mark.django_db
LISTS = "/api/v1/named-lists/"
Hire = Callable[..., Person]


def clerk_of(units: dict[str, Unit], code: str) -> Program:
    """A program of somebody whose role writes named lists."""
    made = program(units, Role.REST_CLIENT, code)
    grant_give(actor=None, user=made.user, unit=units[code], role=Role.STREET_CLERK)
    return made


@pytest.fixture
def clerk(units: dict[str, Unit]) -> Program:
    return clerk_of(units, STREET)


def entry(person: Person, **values: Any) -> dict[str, Any]:
    body = {"person": person.pk, "kind": "COMMITTEE_RESERVE", "start": "2026-03-01", "document": "街〔2026〕6号"}
    return body | values


def test_somebody_is_put_on_a_list_and_taken_off(clerk: Program, hire: Hire) -> None:
    person = hire()
    made = clerk.post(LISTS, entry(person), Idempotency_Key="list-0001")
    assert made.status_code == 201, made.content
    assert clerk.post(LISTS, entry(person), Idempotency_Key="list-0001")["Idempotent-Replayed"] == "true"
    row, path = made.json(), made["Location"]
    assert row == {"id": row["id"], "name": "王芳", "batch": "", "end": None, **entry(person)}
    twice = clerk.post(LISTS, entry(person, start="2026-05-01"))
    assert "on this list in these days already" in error(twice, 409, "conflict")["message"]
    error(clerk.post(f"{path}end/", {"day": "2027-03-01"}), 428, "precondition_required")
    off = clerk.post(f"{path}end/", {"day": "2027-03-01"}, If_Match=made["ETag"])
    assert (off.status_code, off.json()["end"]) == (200, "2027-03-01")
    error(clerk.post(f"{path}end/", {"day": "2027-04-01"}, If_Match=made["ETag"]), 412, "changed")
    assert clerk.get(LISTS, {"day": "2027-02-28"}).json()["results"] == [off.json()]
    assert clerk.get(LISTS, {"day": "2027-03-01"}).json()["results"] == []
    assert AuditEntry.objects.filter(action__startswith="personnel.namedlistentry.").count() == 2


def test_an_entry_changes_is_corrected_and_withdrawn(clerk: Program, hire: Hire) -> None:
    path = clerk.post(LISTS, entry(hire(), batch="首批"))["Location"]
    body: dict[str, Any] = {"day": "2027-03-01", "values": {"batch": "第二批"}}
    other = clerk.post(f"{path}change/", body, If_Match=clerk.state(path))
    assert (other.status_code, other.json()["batch"], other.json()["start"]) == (201, "第二批", "2027-03-01")
    path = other["Location"]
    wrong = {"reason": "录错", "values": {"kind": "KING"}}
    assert set(error(clerk.post(f"{path}correct/", wrong, If_Match=other["ETag"]), 400, "invalid")["fields"]) == {
        "values.kind"
    }
    right = {"reason": "录错", "values": {"kind": "SECRETARY_RESERVE"}}
    made = clerk.post(f"{path}correct/", right, If_Match=other["ETag"])
    assert made.json()["kind"] == "SECRETARY_RESERVE"
    gone = clerk.post(f"{path}withdraw/", {"reason": "重复录入"}, If_Match=made["ETag"])
    assert (gone.status_code, NamedListEntry.objects.count()) == (204, 1)


def test_who_is_not_employed_may_be_on_a_list(units: dict[str, Unit], clerk: Program) -> None:
    person = Person.objects.create(
        name="赵六", name_pinyin="zhaoliu", sex="MALE", birth_date=date(2000, 1, 1), belongs_to=units[STREET]
    )
    assert clerk.post(LISTS, entry(person)).status_code == 201
    assert [row["name"] for row in clerk.get(LISTS, {"unit": STREET}).json()["results"]] == ["赵六"]


def test_lists_are_narrowed(clerk: Program, hire: Hire) -> None:
    first, second = hire(), hire("李四", unit=OTHER_OWN)
    clerk.post(LISTS, entry(first))
    clerk.post(LISTS, entry(second, kind="EXCHANGE"))

    def names(**query: str) -> list[str]:
        return [row["name"] for row in clerk.get(LISTS, query).json()["results"]]

    assert names() == ["王芳", "李四"]
    assert names(kind="EXCHANGE") == names(unit=OTHER_OWN) == names(person=str(second.pk)) == ["李四"]


def listed(hire: Hire) -> str:
    person = hire()
    values = {"kind": "COMMITTEE_RESERVE", "start": date(2026, 3, 1)}
    return f"{LISTS}{section_add(actor=None, person=person, section='named_list', values=values).pk}/"


def test_a_role_that_sees_no_lists_sees_no_entry(units: dict[str, Unit], hire: Hire) -> None:
    path = listed(hire)
    for made in (program(units, Role.REST_WRITER), clerk_of(units, OTHER_OWN)):
        assert made.get(LISTS).json()["results"] == []
        error(made.get(path), 404, "not_found")
        error(made.post(f"{path}end/", {"day": "2027-03-01"}, If_Match='"x"'), 404, "not_found")
    assert NamedListEntry.objects.get().end is None


def test_without_the_question_for_the_role_the_entry_is_seen(
    units: dict[str, Unit], hire: Hire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: where somebody may look at people is not where they see named lists."""
    writer, path = program(units, Role.REST_WRITER), listed(hire)
    there = [programs.scope_for(writer.user, "view_people")]
    monkeypatch.setattr(programs, "scopes_that_see", lambda **asked: there)
    assert writer.get(path).json()["name"] == "王芳"
    assert writer.get(path).json()["kind"] is None, "the fields are withheld all the same"


def test_a_role_that_sees_lists_and_writes_none_writes_none(
    units: dict[str, Unit], hire: Hire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also a writer of files; and where the face doesn't ask, the service does."""
    person = hire()
    writer = program(units, Role.REST_WRITER)
    refused = error(writer.post(LISTS, entry(person)), 403, "permission_denied")
    assert "You may not write to" in refused["message"]
    monkeypatch.setattr(lists_api, "require_person", lambda actor, person, codes: None)
    error(writer.post(LISTS, entry(person)), 403, "permission_denied")
    assert not NamedListEntry.objects.exists()


def test_without_the_question_for_the_state_it_ends_on_what_was_not_read(
    clerk: Program, hire: Hire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of If-Match."""
    path = listed(hire)
    error(clerk.post(f"{path}end/", {"day": "2027-03-01"}, If_Match='"older"'), 412, "changed")
    monkeypatch.setattr(rows_api, "require_state", lambda request, etag: None)
    assert clerk.post(f"{path}end/", {"day": "2027-03-01"}, If_Match='"older"').status_code == 200
