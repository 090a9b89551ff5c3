"""Approved seats for programs: entered, shared out, explained, frozen and ended by the services of the pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from core.models import AuditEntry
from organization.models import Role
from organization.services import grant_give, token_give
from staffing.api import freezes as freezes_api
from staffing.api import plans as plans_api
from staffing.api import shares as shares_api
from staffing.models import QuotaAllocation, QuotaPlan, SeatFreeze
from tests.payroll.conftest import Place
from tests.staffing.conftest import enter, root, seats

PLANS, SHARES, FREEZES = "/api/v1/staffing-plans/", "/api/v1/seat-shares/", "/api/v1/seat-freezes/"
COUNTY, TOWN, OTHER = "232762", "232762100", "232762101"
VALUES = {
    "number": 27, "document": "松编办〔2022〕1号", "issuer": "松岭区委编办", "level": "COUNTY", "start": "2022-01-01",
}  # fmt: skip
FREEZE = {"unit": COUNTY, "number": 2, "document": "松编办〔2022〕4号", "start": "2022-06-01"}


class Program:
    def __init__(self, place: Place, name: str) -> None:
        user = place.users[name]
        grant_give(actor=None, user=user, unit=user.grants.get().unit, role=Role.REST_CLIENT)
        self.client = Client(headers={"Authorization": f"Bearer {token_give(actor=None, user=user, label='x')[1]}"})

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(path, query)

    def post(self, path: str, body: dict[str, Any], **headers: str) -> Any:
        return self.client.post(path, body, content_type="application/json", headers=headers)

    def act(self, thing: str, act: str, body: dict[str, Any], **headers: str) -> Any:
        """An act on a thing as it is read now."""
        return self.post(f"{thing}{act}/", body, **{"If-Match": self.get(thing)["ETag"]} | headers)


@pytest.fixture
def officer(place: Place) -> Program:
    return Program(place, "officer")


def fields(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 400, answer.content
    found: dict[str, list[str]] = answer.json()["error"]["fields"]
    return found


def entries(action: str) -> int:
    return AuditEntry.objects.filter(action=f"staffing.{action}").count()


def test_a_plan_from_its_document_to_its_end(place: Place, officer: Program) -> None:
    shares = [{"unit": TOWN, "number": 15}, {"unit": f"{OTHER}000", "number": 10}]
    body = {"unit": COUNTY, **VALUES, "shares": shares, "kept": 2}
    made = officer.post(PLANS, body, **{"Idempotency-Key": "plan-0001"})
    assert made.status_code == 201, made.content
    again = officer.post(PLANS, body, **{"Idempotency-Key": "plan-0001"})
    assert (again["Idempotent-Replayed"], QuotaPlan.objects.count()) == ("true", 1)
    assert seats(QuotaPlan.objects.get()) == {COUNTY: 27, TOWN: 15, OTHER: 10}
    assert [(row["unit"], row["number"], row["shared_from"]) for row in made.json()["shares"]] == [
        ("232762000000", 27, None), ("232762100000", 15, "232762000000"), ("232762101000", 10, "232762000000"),
    ]  # fmt: skip
    thing = made["Location"]
    assert officer.get(thing).json() == made.json()
    assert (made["ETag"], made.json()["number"], made.json()["state"]) == (officer.get(thing)["ETag"], 27, "OPEN")
    corrected = officer.act(thing, "correct", VALUES | {"number": 28})
    assert (corrected.status_code, corrected.json()["number"]) == (200, 28)
    assert corrected["ETag"] == officer.get(thing)["ETag"]
    assert officer.act(thing, "close", {"end": "2023-01-01"}).json()["state"] == "CLOSED"
    assert officer.act(thing, "correct", VALUES).status_code == 409
    assert [entries(f"plan.{act}") for act in ("enter", "correct", "close")] == [1, 1, 1]
    assert AuditEntry.objects.filter(action="staffing.plan.enter").get().actor_name == "officer"


def test_programs_are_refused_in_the_words_of_the_pages(place: Place, officer: Program) -> None:
    shares = [{"unit": TOWN, "number": 15}]
    short = officer.post(PLANS, {"unit": COUNTY, **VALUES, "shares": shares})
    assert fields(short)["kept"] == ["15 seats are shared out or kept, and 松岭区 has 27. Make them add up."]
    strange = [*shares, {"unit": "340181", "number": 1}, {"unit": f"{TOWN}000", "number": 1}]
    assert fields(officer.post(PLANS, {"unit": COUNTY, **VALUES, "shares": strange}))["shares"] == [
        "340181 is no unit directly below 松岭区 on this day.",
        "232762100000 is there twice. Give each unit below 松岭区 one number.",
    ]
    early = officer.post(PLANS, {"unit": COUNTY, **VALUES, "start": "2022-01-01", "end": "2021-01-01"})
    assert "would end on 2021-01-01" in fields(early)["end"][0]
    assert fields(officer.post(PLANS, {"unit": COUNTY, "numbre": 1})).keys() == {"numbre", *VALUES}
    assert not QuotaPlan.objects.exists()
    enter(place)
    other = officer.post(PLANS, {"unit": COUNTY, **VALUES})
    assert other.status_code == 409
    assert "End that one first" in other.json()["error"]["message"]


def test_what_a_unit_has_shared_out_itself_is_said_beside_the_shares(place: Place, officer: Program) -> None:
    plan = enter(place, shares={place.units[TOWN].pk: 15, place.units[OTHER].pk: 10}, kept=2)
    town = QuotaAllocation.objects.get(plan=plan, unit=place.units[TOWN])
    below = officer.act(
        f"{SHARES}{town.pk}/", "allocate", {"shares": [{"unit": "232762100001", "number": 9}], "kept": 6}
    )
    assert [(row["unit"], row["number"]) for row in below.json()["below"]] == [
        ("232762100001", 9), ("232762100002", 0),
    ]  # fmt: skip
    thing = f"{SHARES}{root(plan).pk}/"
    body = {"shares": [{"unit": TOWN, "number": 5}, {"unit": OTHER, "number": 22}]}
    assert fields(officer.act(thing, "allocate", body)) == {
        "shares": ["小扬气镇 has itself shared out 9 seats and can't have 5. Change those first."]
    }
    assert seats(plan)[TOWN] == 15


def test_more_people_than_seats_are_explained(place: Place, officer: Program) -> None:
    thing = f"{SHARES}{root(enter(place)).pk}/"
    assert officer.act(thing, "explain", {"reason": "军转安置"}).json()["reason"] == "军转安置"
    assert officer.act(thing, "explain", {"reason": ""}).json()["reason"] == ""
    assert fields(officer.act(thing, "explain", {})).keys() == {"reason"}
    assert entries("plan.explain") == 2


def test_seats_are_frozen_and_the_freeze_is_lifted(place: Place, officer: Program) -> None:
    assert "No document approves seats" in fields(officer.post(FREEZES, FREEZE))["number"][0]
    enter(place)
    made = officer.post(FREEZES, FREEZE)
    assert (made.status_code, made.json()["number"], made.json()["end"]) == (201, 2, None)
    assert officer.get(FREEZES, unit=COUNTY).json()["results"] == [made.json()]
    assert fields(officer.post(FREEZES, FREEZE | {"number": 26})).keys() == {"number"}
    thing = made["Location"]
    assert fields(officer.act(thing, "lift", {"end": "2022-05-31"})).keys() == {"end"}
    assert officer.act(thing, "lift", {"end": "2022-09-01"}).json()["end"] == "2022-09-01"
    assert officer.act(thing, "lift", {"end": "2022-09-01"}).status_code == 409
    assert (entries("freeze.enter"), entries("freeze.lift")) == (1, 1)


def test_a_street_sees_its_own_seats_and_changes_none(place: Place) -> None:
    """As on the pages: not the county's plan, and no act, also not with a right to use the interface."""
    plan = enter(place, shares={place.units[TOWN].pk: 15, place.units[OTHER].pk: 10}, kept=2)
    town, other = (QuotaAllocation.objects.get(plan=plan, unit=place.units[code]) for code in (TOWN, OTHER))
    clerk, foreign = Program(place, "clerk"), Program(place, "foreign")
    assert clerk.get(PLANS).json()["results"] == []
    assert clerk.get(f"{PLANS}{plan.pk}/").status_code == 404
    (row,) = clerk.get(SHARES).json()["results"]
    assert (row["id"], row["number"], row["document"], row["shared_from"]) == (
        town.pk, 15, plan.document, "232762000000",
    )  # fmt: skip
    assert clerk.get(f"{SHARES}{other.pk}/").status_code == 404
    assert fields(clerk.get(SHARES, unit=OTHER)).keys() == {"unit"}
    mine = f"{SHARES}{town.pk}/"
    body = {"shares": [{"unit": "232762100001", "number": 9}], "kept": 6}
    assert clerk.act(mine, "allocate", body).status_code == 403
    assert clerk.act(mine, "explain", {"reason": "x"}).status_code == 403
    assert clerk.post(PLANS, {"unit": TOWN, **VALUES, "number": 15}).status_code == 403
    assert clerk.post(PLANS, {"unit": COUNTY, **VALUES}).status_code == 404
    assert clerk.post(FREEZES, FREEZE | {"unit": TOWN}).status_code == 403
    assert foreign.post(FREEZES, FREEZE).status_code == 404
    assert foreign.post(f"{mine}allocate/", body).status_code == 404
    assert (QuotaPlan.objects.count(), SeatFreeze.objects.count(), seats(plan)[TOWN]) == (1, 0, 15)


def test_lists_are_narrowed(place: Place, officer: Program) -> None:
    plan = enter(place, shares={place.units[TOWN].pk: 15, place.units[OTHER].pk: 10}, kept=2)
    own = enter(place, unit=TOWN, number=12)
    assert [row["id"] for row in officer.get(PLANS).json()["results"]] == [own.pk, plan.pk]
    assert [row["number"] for row in officer.get(PLANS).json()["results"]] == [12, 27]
    assert [row["id"] for row in officer.get(PLANS, unit=TOWN).json()["results"]] == [own.pk]
    assert officer.get(PLANS, state="CLOSED").json()["results"] == []
    assert [row["number"] for row in officer.get(SHARES, plan=plan.pk).json()["results"]] == [10, 15, 27]
    assert [row["number"] for row in officer.get(SHARES, unit=TOWN).json()["results"]] == [12, 15]


STALE = ("plan", "seats", "freeze")


def stale(place: Place, officer: Program, which: str, **headers: str) -> Any:
    """An act on something that was read before somebody else changed it, or as `headers` say."""
    plan = enter(place, shares={place.units[TOWN].pk: 15, place.units[OTHER].pk: 10}, kept=2)
    if which == "plan":
        thing, path, body = f"{PLANS}{plan.pk}/", "close/", {"end": "2023-01-01"}
    elif which == "seats":
        thing, path, body = f"{SHARES}{root(plan).pk}/", "explain/", {"reason": "军转安置"}
    else:
        thing, path, body = officer.post(FREEZES, FREEZE)["Location"], "lift/", {"end": "2022-09-01"}
    headers = headers or {"If-Match": officer.get(thing)["ETag"]}
    QuotaAllocation.objects.filter(plan=plan, unit=place.units[TOWN]).update(number=14)
    SeatFreeze.objects.update(reason="x")
    return officer.post(f"{thing}{path}", body, **headers)


@pytest.mark.parametrize("which", STALE)
def test_nothing_is_written_on_what_has_changed_since(place: Place, officer: Program, which: str) -> None:
    assert stale(place, officer, which).status_code == 412
    assert (entries("plan.close"), entries("plan.explain"), entries("freeze.lift")) == (0, 0, 0)


@pytest.mark.parametrize("which", STALE)
def test_nothing_is_written_on_what_was_not_read(place: Place, officer: Program, which: str) -> None:
    assert stale(place, officer, which, **{"If-Match": "*"}).status_code == 428


@pytest.mark.parametrize("which", STALE)
def test_without_the_question_for_the_state_it_is_written(
    place: Place, officer: Program, which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    for module in (plans_api, shares_api, freezes_api):
        monkeypatch.setattr(module, "require_state", lambda request, etag: None)
    assert stale(place, officer, which).status_code == 200


def test_without_the_question_for_the_right_a_service_still_asks(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    clerk = Program(place, "clerk")
    for module in (plans_api, freezes_api):
        monkeypatch.setattr(module, "require", lambda user, permission, unit: None)
    assert clerk.post(PLANS, {"unit": TOWN, **VALUES}).status_code == 403
    assert clerk.post(FREEZES, FREEZE | {"unit": TOWN}).status_code == 403
