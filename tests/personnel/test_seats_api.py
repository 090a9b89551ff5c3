"""Posts for programs: the seats of units, their holders on a day, and the empty ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.utils import timezone

from core.models import AuditEntry
from organization.models import Role, Unit
from organization.services import unit_rename
from personnel.models import Person, Post, Tenure
from personnel.services import tenure_end, tenure_start
from personnel.services.seats import seat_create
from tests.personnel.test_api import OTHER_OWN, OWN, Program, error, program

pytestmark = pytest.mark.django_db
POSTS = "/api/v1/posts/"
Hire = Callable[..., Person]


def test_seats_go_along_with_a_unit_that_gets_another_name(writer: Program, units: dict[str, Unit], hire: Hire) -> None:
    """What has ended stays in the former row of the unit, and is found on its day all the same, once."""
    first, second = hire("甲", title=None), hire("乙", title=None)
    held = tenure_start(actor=None, person=first, unit=units[OWN], title="PARTY_SECRETARY", start=date(2021, 1, 1))
    tenure_end(actor=None, tenure=held, end=date(2024, 1, 1))
    tenure_start(actor=None, person=second, unit=units[OWN], title="PARTY_SECRETARY", start=date(2024, 6, 1))
    unit_rename(actor=None, unit=units[OWN], name="新社区", day=date(2025, 1, 1))
    for day, names in (("2023-01-01", ["甲"]), ("2024-03-01", []), ("2024-07-01", ["乙"]), ("2026-01-01", ["乙"])):
        rows = writer.get(POSTS, {"day": day}).json()["results"]
        assert [(row["unit_name"], [one["name"] for one in row["holders"]]) for row in rows] == [("新社区", names)]


@pytest.fixture
def writer(units: dict[str, Unit]) -> Program:
    return program(units, Role.REST_WRITER)


def seat(title: str = "PARTY_SECRETARY", unit: str = OWN) -> str:
    return f"{POSTS}{Post.objects.get(title=title, unit__code=unit).pk}/"


def test_holders_of_a_day_and_empty_seats(writer: Program, units: dict[str, Unit], hire: Hire) -> None:
    first, second = hire("甲", title=None), hire("乙", title=None)
    held = tenure_start(actor=None, person=first, unit=units[OWN], title="PARTY_SECRETARY", start=date(2021, 1, 1))
    tenure_end(actor=None, tenure=held, end=date(2024, 1, 1))
    tenure_start(actor=None, person=second, unit=units[OWN], title="PARTY_SECRETARY", start=date(2024, 6, 1))
    seat_create(actor=None, unit=units[OTHER_OWN], title="DEPUTY_SECRETARY")

    def rows(**query: str) -> list[tuple[str, str, bool, list[str]]]:
        found = writer.get(POSTS, query).json()["results"]
        return [(row["unit"], row["title"], row["empty"], [one["name"] for one in row["holders"]]) for row in found]

    deputy = (units[OTHER_OWN].code, "DEPUTY_SECRETARY", True, [])
    secretary = (units[OWN].code, "PARTY_SECRETARY")
    assert rows() == [(*secretary, False, ["乙"]), deputy]
    assert rows(day="2023-12-31")[0] == (*secretary, False, ["甲"])
    assert rows(day="2024-01-01")[0] == (*secretary, True, [])
    assert rows(empty="true") == [deputy]
    assert rows(empty="true", day="2024-03-01") == [(*secretary, True, []), deputy]
    assert rows(empty="false") == [(*secretary, False, ["乙"])]
    assert rows(unit=OTHER_OWN) == [deputy]
    assert rows(title="PARTY_SECRETARY", body="PARTY") == [(*secretary, False, ["乙"])]
    assert writer.get(POSTS, {"title": "KING"}).status_code == 400
    assert writer.get(POSTS, {"vacant": "1"}).status_code == 400
    one = writer.get(seat(), {"day": "2023-01-01"}).json()
    assert one["holders"] == [
        {"tenure": held.pk, "person": first.pk, "name": "甲", "start": "2021-01-01", "end": "2024-01-01",
         "full_time": True}
    ]  # fmt: skip


def test_the_life_of_a_seat(writer: Program, units: dict[str, Unit], hire: Hire) -> None:
    person = hire(title=None)
    body = {"unit": OWN, "title": "PARTY_SECRETARY"}
    made = writer.post(POSTS, body, Idempotency_Key="seat-0001")
    assert (made.status_code, made.json()["empty"], made["Location"]) == (201, True, seat())
    again = writer.post(POSTS, body, Idempotency_Key="seat-0001")
    assert (again.status_code, again["Idempotent-Replayed"], again.json()) == (201, "true", made.json())
    error(writer.post(POSTS, body), 409, "conflict")
    error(writer.post(POSTS, {**body, "title": "KING"}), 400, "invalid")
    assert AuditEntry.objects.filter(action="personnel.post.create").count() == 1
    path, state = seat(), made["ETag"]
    assert writer.get(path, If_None_Match=state).status_code == 304
    appointment = {"person": person.pk, "start": "2024-01-01", "document": "街〔2024〕3号"}
    error(writer.post(f"{path}appoint/", appointment), 428, "precondition_required")
    answer = writer.post(f"{path}appoint/", appointment, If_Match=state)
    assert (answer.status_code, answer.json()["empty"]) == (200, False)
    assert [one["person"] for one in answer.json()["holders"]] == [person.pk]
    row = Tenure.objects.get()
    assert (row.start, row.document, row.post.title) == (date(2024, 1, 1), "街〔2024〕3号", "PARTY_SECRETARY")
    error(writer.post(f"{path}appoint/", appointment, If_Match=state), 412, "changed")  # it was empty then
    other = hire("丁", title=None)
    error(
        writer.post(f"{path}appoint/", {**appointment, "person": other.pk}, If_Match=answer["ETag"]), 409, "conflict"
    )  # one holder at a time
    gone = writer.post(f"{path}vacate/", {"day": "2025-01-01"}, If_Match=answer["ETag"])
    assert (gone.status_code, gone.json()["empty"]) == (200, True)
    row.refresh_from_db()
    assert row.end == date(2025, 1, 1)
    error(writer.post(f"{path}vacate/", {"day": "2025-01-01"}, If_Match=gone["ETag"]), 404, "not_found")


def test_of_several_holders_the_one_that_is_meant_is_named(writer: Program, hire: Hire) -> None:
    first, second = hire("甲"), hire("乙")
    path = seat("STAFF")
    answer = writer.post(f"{path}vacate/", {"day": "2025-01-01"}, If_Match=writer.state(path))
    assert set(error(answer, 400, "refused")["fields"]) == {"person"}
    answer = writer.post(f"{path}vacate/", {"day": "2025-01-01", "person": second.pk}, If_Match=writer.state(path))
    assert [one["person"] for one in answer.json()["holders"]] == [first.pk]


def test_whoever_may_only_read_appoints_nobody(units: dict[str, Unit], hire: Hire) -> None:
    reader, person = program(units, Role.REST_CLIENT), hire()
    path = seat("STAFF")
    assert reader.get(path).status_code == 200
    error(reader.post(f"{path}vacate/", {"day": "2025-01-01"}, If_Match=reader.state(path)), 403, "permission_denied")
    error(reader.post(POSTS, {"unit": OWN, "title": "LIAISON"}), 404, "not_found")
    elsewhere = program(units, Role.REST_WRITER, OTHER_OWN)
    error(elsewhere.get(path), 404, "not_found")
    assert elsewhere.get(POSTS).json()["results"] == []
    assert person.tenures.get().end is None


def test_a_future_holder_is_not_one_of_today(writer: Program, units: dict[str, Unit], hire: Hire) -> None:
    person = hire(title=None)
    post = seat_create(actor=None, unit=units[OWN], title="LIAISON")
    later = timezone.localdate().replace(year=timezone.localdate().year + 1, day=1)
    path = f"{POSTS}{post.pk}/"
    answer = writer.post(
        f"{path}appoint/", {"person": person.pk, "start": later.isoformat()}, If_Match=writer.state(path)
    )
    assert (answer.status_code, answer.json()["empty"]) == (200, True)
    assert writer.get(path, {"day": later.isoformat()}).json()["empty"] is False
