"""Pages, endpoints and the command of evaluations, as their users meet them."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessment.models import AnnualResult, Evaluation, EvaluationIssue, TieDecision
from assessment.services import compute_evaluation, evaluation_start

pytestmark = pytest.mark.django_db


@pytest.fixture
def ready(units, policy, crew, user):
    crew("340181002001", [9900, 9900, 8000, 8000, None])
    clerk = user("STREET_CLERK", "340181002", "clerk")
    return compute_evaluation(run=evaluation_start(actor=clerk, unit=units["340181002"], period=2025)), clerk


@pytest.fixture
def at(client):
    """Somebody's browser, in English."""

    def login(someone):
        client.force_login(someone)
        client.cookies["django_language"] = "en"
        return client

    return login


def routes(run: Evaluation) -> list[str]:
    pool, tie = run.pools.get(), TieDecision.objects.get()
    result = AnnualResult.objects.filter(evaluation=run).first()
    return [
        reverse("assessment:evaluation", args=[run.pk]),
        reverse("assessment:evaluation_progress", args=[run.pk]),
        reverse("assessment:evaluation_results", args=[run.pk, pool.pk]),
        reverse("assessment:evaluation_issues", args=[run.pk]),
        reverse("assessment:evaluation_consequences", args=[run.pk]),
        reverse("assessment:tie", args=[run.pk, tie.pk]),
        reverse("assessment:result", args=[result.pk]),
    ]


@pytest.mark.parametrize(
    ("role", "unit", "status"),
    [
        ("STREET_CLERK", "340181002", 200),
        ("ORG_APPROVER", "340181", 200),
        ("STREET_CLERK", "340181003", 404),
        ("ORG_OFFICER", "340122", 404),
        ("FINANCE", "340181", 404),
    ],
)
def test_pages_exist_for_ones_own_units_only(ready, at, user, role, unit, status) -> None:
    run, _clerk = ready
    browser = at(user(role, unit, "viewer"))
    for route in routes(run):
        found = browser.get(route).status_code
        assert found == (286 if status == 200 and route.endswith("progress/") else status), route


def test_nobody_looks_without_logging_in(ready, client) -> None:
    run, _clerk = ready
    for route in [*routes(run), reverse("assessment:evaluations"), reverse("assessment:evaluation_new")]:
        answer = client.get(route)
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("login"))


@pytest.mark.requirement("CH-45")
def test_the_page_shows_the_meter_the_conflicts_and_no_way_to_confirm_with_them(ready, at, user) -> None:
    run, _clerk = ready
    page = at(user("STREET_APPROVER", "340181002")).get(reverse("assessment:evaluation", args=[run.pk]))
    text = page.content.decode()
    assert "excellent 0/1" in text
    assert "⌊30 %×4⌋" in text
    assert "4 graded, at most 1 excellent (30 % rounded down), 2 would be" in text
    assert "disabled" in text


def test_an_evaluation_goes_from_the_form_to_closed_by_pages_alone(units, policy, crew, user, at) -> None:
    people = crew("340181002001", [9900, 9900, 8000, 8000, None])
    clerk, approver = user("STREET_CLERK", "340181002"), user("STREET_APPROVER", "340181002")
    browser = at(clerk)
    answer = browser.post(reverse("assessment:evaluation_new"), {"unit": "340181002000", "period": "2025"})
    run = Evaluation.objects.get()
    assert answer["Location"] == reverse("assessment:evaluation", args=[run.pk])
    assert browser.get(reverse("assessment:evaluation_progress", args=[run.pk])).status_code == 200  # still running
    again = browser.post(reverse("assessment:evaluation_new"), {"unit": "340181002000", "period": "2025"})
    assert again.status_code == 400
    assert f"Evaluation {run.pk} already covers" in again.content.decode()
    compute_evaluation(run=run)
    tie = reverse("assessment:tie", args=[run.pk, TieDecision.objects.get().pk])
    too_many = browser.post(tie, {"chosen": [people[0].pk, people[1].pk], "reason": "meeting"})
    assert too_many.status_code == 400
    assert browser.post(tie, {"chosen": [people[0].pk], "reason": "meeting"}).status_code == 302
    issue = EvaluationIssue.objects.get()
    browser.post(reverse("assessment:issue_accept", args=[run.pk, issue.pk]), {"note": "ill all year"})
    confirm, close = (reverse(f"assessment:evaluation_{act}", args=[run.pk]) for act in ("confirm", "close"))
    assert browser.post(confirm).status_code == 403  # the clerk may not
    browser = at(approver)
    browser.post(confirm, {"fingerprint": Evaluation.objects.get().fingerprint})
    assert Evaluation.objects.get().state == "CONFIRMED"
    browser.post(close, {"waive_appeals": "none"})
    assert Evaluation.objects.get().state == "CLOSED"
    page = browser.get(reverse("assessment:result", args=[AnnualResult.objects.get(person=people[0]).pk]))
    assert "Chosen among equal scores: meeting" in page.content.decode()


def test_the_list_costs_the_same_queries_for_one_and_for_twenty(ready, at) -> None:
    run, clerk = ready
    browser, route = at(clerk), reverse("assessment:evaluations")
    browser.get(route)
    with CaptureQueriesContext(connection) as one:
        assert browser.get(route).status_code == 200
    for year in range(2000, 2020):
        Evaluation.objects.create(
            unit=run.unit, unit_path=run.unit_path, period=str(year), year=year, state="CANCELLED"
        )
    with CaptureQueriesContext(connection) as twenty:
        assert browser.get(route).content.decode().count("<tr>") >= 21
    assert len(twenty) == len(one)


@pytest.mark.parametrize(
    ("role", "unit", "sees"),
    [("REST_CLIENT", "340181002", 4), ("REST_CLIENT", "340181003", 0), ("STREET_CLERK", "340181002", None)],
)
def test_programs_read_results_of_their_own_units(ready, at, user, role, unit, sees) -> None:
    run, _clerk = ready
    browser = at(user(role, unit, "program"))
    answer = browser.get("/api/v1/results/", {"year": 2025})
    if sees is None:
        assert answer.status_code == 403
        return
    assert answer.json()["count"] == sees
    assert browser.get(f"/api/v1/evaluations/{run.pk}/").status_code == (200 if sees else 404)
    started = browser.post(
        "/api/v1/evaluations/", {"unit": "340181002000", "period": "2024"}, content_type="application/json"
    )
    assert started.status_code in (403, 404)  # a client of reading only


def test_the_command_evaluates_confirms_and_prints_json(units, policy, crew, user) -> None:
    crew("340181002001", [9900, 8000, 8000, 8000])
    user("ORG_OFFICER", "340181", "officer")
    user("ORG_APPROVER", "340181", "approver")
    out = StringIO()
    options = {"unit": "340181", "year": 2025, "user": "officer", "json": True}
    call_command("evaluate", confirm="approver", close="demonstration", stdout=out, **options)
    told = json.loads(out.getvalue())
    assert (told["state"], told["totals"]["grade.EXCELLENT"]) == ("CLOSED", 1)
    assert told["pools"][0]["caps"] == [{"grade": "EXCELLENT", "used": 1, "at_most": 1}]
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("evaluate", stdout=out, **options)
    assert json.loads(out.getvalue())["state"] == "REFUSED"
    with pytest.raises(CommandError):
        call_command("evaluate", stdout=StringIO(), unit="340122", year=2025, user="officer")
