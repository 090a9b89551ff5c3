"""Reviews of grades and conversions for programs: started and taken to their end by the services of the pages."""

# ruff: noqa: F811

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.models import AuditEntry
from organization.models import Role, User
from organization.services import grant_give, token_give
from payroll import tasks
from payroll.api.promotions import PromotionRunViewSet
from payroll.models import ConversionStep, GradeSpan, PromotionRun
from payroll.services.promotion import compute_promotion_run
from personnel.models import Person
from tests.payroll.conftest import Place
from tests.payroll.test_conversion import converted, place, spans, walked  # noqa: F401

RUNS, DAY = "/api/v1/promotion-runs/", "2026-01-01"
OUTCOMES = "/api/v1/promotion-outcomes/"
NEW = {"unit": "232762000000", "day": DAY, "kind": "CONVERSION"}

pytestmark = pytest.mark.django_db


class Program:
    """A program of somebody's of the office, with a token and no session."""

    def __init__(self, place: Place, name: str) -> None:
        self.user = place.users[name]
        grant_give(actor=None, user=self.user, unit=self.user.grants.get().unit, role=Role.REST_CLIENT)
        token = token_give(actor=None, user=self.user, label="x")[1]
        self.client = Client(headers={"Authorization": f"Bearer {token}"})

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def post(self, path: str, body: dict[str, Any], **headers: str) -> Any:
        return self.client.post(path, body, content_type="application/json", headers=headers)

    def act(self, run: PromotionRun, act: str, body: dict[str, Any], **headers: str) -> Any:
        """An act on a run as it is read now."""
        thing = f"{RUNS}{run.pk}/"
        return self.post(f"{thing}{act}/", body, **({"If-Match": self.get(thing)["ETag"]} | headers))


def code_of(answer: Any) -> str:
    return str(answer.json()["error"]["code"])


def number(name: str) -> int:
    return Person.objects.get(name=name).pk


@pytest.mark.requirement("TR-03")
def test_a_conversion_from_its_start_to_its_end(
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    officer, approver = Program(place, "officer"), Program(place, "approver")
    sent: list[int] = []
    monkeypatch.setattr(tasks.start_promotion_run, "delay", sent.append)
    with django_capture_on_commit_callbacks(execute=True):
        started = officer.post(RUNS, NEW)
    run = PromotionRun.objects.get()
    assert started.status_code == 201
    assert started["Location"] == f"{RUNS}{run.pk}/"
    assert (started.json()["state"], started.json()["kind"], sent) == ("RUNNING", "CONVERSION", [run.pk])
    assert officer.act(run, "step", {"code": "SURVEY", "document": "1"}).status_code == 409  # it is being worked out
    run = compute_promotion_run(run=run)
    taken = officer.act(run, "step", {"code": "SURVEY", "document": "调研1号"})
    assert taken.status_code == 200
    assert [(one["code"], one["document"], one["taken"], one["follows"]) for one in taken.json()["steps"]] == [
        ("SURVEY", "调研1号", True, False), ("RECOGNITION", "", False, True), ("INSPECTION", "", False, False),
        ("COMPLETION", "", False, False),
    ]  # fmt: skip
    assert officer.act(run, "step", {"code": "RECOGNITION", "document": "认定1号"}).status_code == 200
    own = officer.act(run, "step", {"code": "INSPECTION", "document": "考察1号"})
    assert own.status_code == 403  # somebody else inspects
    left = officer.act(run, "leave-out", {"person": number("甲"), "reason": "正在接受组织审查"})
    assert left.json()["exceptions"] == [{"person": number("甲"), "reason": "正在接受组织审查"}]
    early = approver.act(run, "confirm", {"document": "1"})
    assert (early.status_code, code_of(early)) == (409, "conflict")
    ConversionStep.objects.create(run=run, position=3, code="INSPECTION", document="考察1号")
    assert approver.act(run, "confirm", {}).status_code == 400  # without a document
    assert officer.act(run, "confirm", {"document": "1"}).status_code == 403
    done = approver.act(run, "confirm", {"document": "完成1号"})
    assert (done.status_code, done.json()["state"]) == (200, "CONFIRMED")
    assert [row[:2] for row in spans() if row[2] == date(2026, 1, 1)] == [("丙", 2), ("乙", 4)]
    assert AuditEntry.objects.get(action="payroll.promotion.confirm").actor_name == "approver"


def test_the_program_and_the_page_lead_to_the_same(place: Place) -> None:
    """A conversion confirmed by the page and taken back, and the same one confirmed by a program."""
    run = converted(place)
    walked(place, run)
    browser = Client()
    browser.force_login(place.users["approver"])
    browser.post(reverse("payroll:promotion_confirm", args=[run.pk]), {"document": "套改〔2026〕1号"})
    run.refresh_from_db()
    assert run.state == "CONFIRMED"
    by_page = spans()
    other = User.objects.create(username="other", display_name="other")
    grant_give(actor=None, user=other, unit=place.units["232762"], role=Role.ORG_APPROVER)
    place.users["other"] = other
    back = Program(place, "other").act(run, "reverse", {"reason": "适用有误"})
    assert (back.status_code, back.json()["state"], back.json()["reversed_because"]) == (200, "CANCELLED", "适用有误")
    assert spans() != by_page
    again = converted(place)
    walked(place, again)
    approver = Program(place, "approver")
    assert approver.act(again, "confirm", {"document": "套改〔2026〕1号"}).status_code == 200
    assert spans() == by_page
    own = approver.act(again, "reverse", {"reason": "x"})
    assert own.status_code == 403  # not by who confirmed it
    assert approver.act(run, "reverse", {"reason": "x"}).status_code == 409


def test_what_a_run_means_for_each_is_read_before_it_is_confirmed(place: Place) -> None:
    """The rows of the page, with its reasons; filters divide them without a rest, and other units' are not there."""
    run, officer = converted(place), Program(place, "officer")
    kept = run.outcomes.exclude(new=None).select_related("person").order_by("pk")[0]
    officer.act(run, "leave-out", {"person": kept.person_id, "reason": "借调期间暂不套改"})

    def rows(asked: str = "") -> dict[int, dict[str, Any]]:
        answer = officer.get(f"{OUTCOMES}?run={run.pk}{asked}&limit=100")
        assert answer.status_code == 200, answer.content
        return {row["person"]: row for row in answer.json()["results"]}

    every = rows()
    assert len(every) == run.outcomes.count() > 1
    for one in run.outcomes.select_related("person", "unit"):
        row = every[one.person_id]
        assert (row["run"], row["old"], row["new"], row["moves"]) == (run.pk, one.old, one.new, one.moves)
        assert (row["name"], row["unit"], row["reason"]) == (one.person.name, one.unit.code, one.reason)
        assert (row["year_before"], row["year_after"]) == (one.old_year, one.new_year)
    assert every[kept.person_id]["left_out"] == "借调期间暂不套改"
    for name in ("moves", "left_out"):
        yes, no = rows(f"&{name}=true"), rows(f"&{name}=false")
        assert (yes | no, yes.keys() & no.keys()) == (every, set())
    assert {row["moves"] for row in rows("&moves=true").values()} == {True}
    assert kept.person_id in rows("&left_out=true")
    assert list(rows(f"&person={kept.person_id}")) == [kept.person_id]
    stranger = User.objects.create(username="stranger", display_name="stranger")
    grant_give(actor=None, user=stranger, unit=place.units["340181"], role=Role.ORG_OFFICER)
    place.users["stranger"] = stranger
    assert Program(place, "stranger").get(f"{OUTCOMES}?run={run.pk}").json()["results"] == []


def test_a_review_of_one_person_begins_where_they_work(place: Place) -> None:
    officer = Program(place, "officer")
    answer = officer.post(RUNS, {"person": number("甲"), "day": DAY})
    run = PromotionRun.objects.get()
    assert answer.status_code == 201
    assert (answer.json()["person"], answer.json()["kind"], run.unit) == (
        number("甲"), "REVIEW", Person.objects.get(name="甲").employments.get().unit,
    )  # fmt: skip
    for wrong in ({"day": DAY}, NEW | {"person": number("甲")}, {"person": 10**9, "day": DAY}, NEW | {"kind": "X"}):
        assert officer.post(RUNS, wrong).status_code in (400, 404), wrong
    assert PromotionRun.objects.count() == 1
    Person.objects.get(name="乙").employments.update(end=date(2025, 1, 1))
    nowhere = officer.post(RUNS, {"person": number("乙"), "day": DAY})
    assert (nowhere.status_code, "employed nowhere" in nowhere.json()["error"]["message"]) == (400, True)


def test_who_sends_it_twice_has_done_it_once(place: Place) -> None:
    officer = Program(place, "officer")
    key = {"Idempotency-Key": "conversion-2026"}
    first, second = officer.post(RUNS, NEW, **key), officer.post(RUNS, NEW, **key)
    assert (first.status_code, second.status_code, second["Idempotent-Replayed"]) == (201, 201, "true")
    assert first.json() == second.json()
    assert PromotionRun.objects.count() == 1
    assert officer.post(RUNS, NEW).status_code == 409  # without a key it is another one, over the same people
    run = compute_promotion_run(run=PromotionRun.objects.get())
    state = officer.get(f"{RUNS}{run.pk}/")["ETag"]
    step = {"code": "SURVEY", "document": "1"}
    done = [officer.act(run, "step", step, **{"If-Match": state, "Idempotency-Key": "survey-2026"}) for _n in range(2)]
    assert [one.status_code for one in done] == [200, 200]
    assert done[0].json() == done[1].json()
    assert ConversionStep.objects.count() == 1


def test_nothing_is_written_on_a_state_that_has_passed(place: Place) -> None:
    officer, run = Program(place, "officer"), converted(place)
    passed = officer.get(f"{RUNS}{run.pk}/")["ETag"]
    assert officer.act(run, "leave-out", {"person": number("甲"), "reason": "借调"}).status_code == 200
    late = officer.act(run, "cancel", {}, **{"If-Match": passed})
    assert (late.status_code, late["ETag"]) == (412, officer.get(f"{RUNS}{run.pk}/")["ETag"])
    assert officer.post(f"{RUNS}{run.pk}/cancel/", {}).status_code == 428
    run.refresh_from_db()
    assert run.state == "READY"
    known = officer.client.get(f"{RUNS}{run.pk}/", headers={"If-None-Match": late["ETag"]})
    assert known.status_code == 304
    assert officer.act(run, "cancel", {}).json()["state"] == "CANCELLED"
    assert officer.act(run, "cancel", {}).status_code == 409


def test_without_the_comparison_it_would_be_written(
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control."""
    monkeypatch.setattr("payroll.api.promotions.require_state", lambda *_given: None)
    officer, run = Program(place, "officer"), converted(place)
    assert officer.act(run, "cancel", {}, **{"If-Match": '"passed"'}).status_code == 200


@pytest.mark.parametrize("name", ["clerk", "finance", "rest"])
def test_others_neither_start_nor_change_it(place: Place, name: str) -> None:
    run = converted(place)
    if name == "rest":
        token = token_give(actor=None, user=place.users["rest"], label="x")[1]
        program = Program.__new__(Program)
        program.client = Client(headers={"Authorization": f"Bearer {token}"})
    else:
        program = Program(place, name)
    assert program.post(RUNS, NEW | {"day": "2027-01-01"}).status_code in (403, 404)
    for act, body in (
        ("confirm", {"document": "1"}), ("cancel", {}), ("step", {"code": "SURVEY", "document": "1"}),
        ("leave-out", {"person": number("甲"), "reason": "x"}), ("reverse", {"reason": "x"}),
    ):  # fmt: skip
        answer = program.post(f"{RUNS}{run.pk}/{act}/", body, **{"If-Match": '"x"'})
        assert answer.status_code in (403, 404), act
    run.refresh_from_db()
    assert (run.state, PromotionRun.objects.count(), ConversionStep.objects.count()) == ("READY", 1, 0)
    assert not GradeSpan.objects.filter(run=run).exists()


def test_a_session_confirms_only_with_a_proof_that_is_not_old(
    place: Place,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = converted(place)
    walked(place, run)
    user = place.users["approver"]
    grant_give(actor=None, user=user, unit=place.units["232762"], role=Role.REST_CLIENT)
    browser = Client()
    browser.force_login(user)
    settings.CWMS_PROOF_MINUTES = 0
    path = f"{RUNS}{run.pk}/"

    def confirm() -> Any:
        headers = {"If-Match": browser.get(path)["ETag"]}
        return browser.post(f"{path}confirm/", {"document": "1"}, content_type="application/json", headers=headers)

    refused = confirm()
    assert (refused.status_code, code_of(refused)) == (403, "proof")
    monkeypatch.setattr(PromotionRunViewSet, "_require_proof", lambda _self, _request: None)  # the control
    assert confirm().status_code == 200
