"""Every page and endpoint asks the database as often for three times the rows, and never more often than is recorded.

tests/query_counts.json has the number of queries by route. Whoever needs another one for a good reason writes the file
anew with CWMS_RECORD_QUERIES=1 and lets the difference be read.
"""

# ruff: noqa: F811

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cwms import sessions
from payroll.models import PayRun
from payroll.selectors import runs
from tests.growth import Growth
from tests.test_permissions import ROUTES, World, world  # noqa: F401

RECORD = Path(__file__).parent / "query_counts.json"
N = 3

# What looks the same however much there is: forms, single values, what says only that it is there, and lists of which
# a page is full from the beginning.
SAME = {
    "login", "password", "sessions", "proof", "factor", "health", "data_map", "schema", "policy:version",
    "organization:exports", "organization:units_load", "organization:unit_new", "organization:unit_rename", "organization:unit_correct", "personnel:cross_definition", "organization:unit_move", "organization:unit_upgrade",
    "organization:unit_split", "organization:unit_close", "api:unit-detail", "assessment:evaluation_new", "payroll:pay_run_new", "payroll:promotion_new", "payroll:promotion_progress",
    "organization:user_new", "organization:grant_new", "organization:grant_end", "organization:grant_renew",
    "organization:token_new", "organization:users", "organization:grants", "organization:trail", "organization:trail_entry", "organization:why",
    "personnel:person_new", "personnel:drafts", "personnel:row_new", "personnel:row_write", "personnel:values_act",
    "personnel:person_file", "personnel:own_readings", "person_copy", "personnel:own_corrections", "personnel:own_correction_new", "personnel:restriction", "personnel:correction",
    "personnel:appointment_new", "personnel:exit_new", "personnel:move_new", "personnel:handover", "payroll:promotion_alone", "approvals:question", "inbox", "case_paper", "deletion", "deletion_paper",
    "recruitment:plan_new", "recruitment:line_new", "recruitment:line_cut", "recruitment:plan_announce", "recruitment:plan_publish", "recruitment:plan_cancel",
    "recruitment:marks", "recruitment:equals", "recruitment:applicant_decide", "recruitment:applicant_withdraw",
    "recruitment:applicant_review", "recruitment:applicant_fill_in", "recruitment:applicant_hire",
    "staffing:plan_new", "staffing:plan_correct", "staffing:plan_end", "staffing:share", "staffing:explain",
    "personnel:import_template", "personnel:import_file", "personnel:import_columns",
    "personnel:import_progress", "personnel:checks",
    "api:person-detail", "api:person-dispatches", "api:employment-detail", "api:employment-handover", "api:tenure-detail", "api:post-detail", "api:evaluation-detail", "api:result-detail", "api:pay-run-detail", "api:case-detail", "api:recruitment-detail", "api:recruitment-ranking", "api:recruitment-intake", "recruitment:intake", "reports:career", "api:applicant-detail", "api:question-detail", "api:why",
    "api:promotion-run-detail", "api:statistic-catalogue", "api:statistic-values", "api:statistic-series", "reports:figure",
    "reports:table", "reports:report_plan", "reports:made", "staffing:freeze_new", "staffing:freeze_end",
    "api:seat-freeze-detail", "api:placement-detail", "api:named-list-detail",
}  # fmt: skip


@pytest.fixture(autouse=True)
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A session notes once a minute that it is used; here no minute passes, however slow the machine is."""
    moment = sessions.now()
    monkeypatch.setattr(sessions, "now", lambda: moment)


def measure(growth: Growth, names: Iterable[str] | None = None) -> dict[str, tuple[int, int]]:
    """Route → (queries, bytes of the answer), of the second of two requests: the first fills what is kept anyway.

    286 is how progress that has ended says so.
    """
    clients = {user: Client() for user in (growth.user, *growth.administrators.values())}
    for user, client in clients.items():
        client.force_login(user)
    found = {}
    for name, path in growth.paths().items():
        if names is not None and name not in names:
            continue
        client = clients[growth.who(name)]
        answer = Client().get(path) if name == "login" else client.get(path)
        assert answer.status_code in (200, 286), f"{name} {path}: {answer.status_code}"
        with CaptureQueriesContext(connection) as queries:
            answer = Client().get(path) if name == "login" else client.get(path)
        found[name] = len(queries), len(answer.content)
    return found


def test_three_times_the_rows_take_the_same_queries(world: World) -> None:
    growth = Growth(world)
    growth.grow(N)
    few = measure(growth)
    growth.grow(3 * N)
    many = measure(growth)
    assert set(few) == {name for name, route in ROUTES.items() if route.method == "get"}
    assert {name: (few[name][0], many[name][0]) for name in few if few[name][0] != many[name][0]} == {}
    # The control: each answer really shows more, except where there is nothing to show more of.
    assert {name for name in few if few[name][1] >= many[name][1]} - SAME == set()
    counts = {name: count for name, (count, _size) in sorted(many.items())}
    if os.environ.get("CWMS_RECORD_QUERIES") == "1":
        RECORD.write_text(json.dumps(counts, indent=2) + "\n", encoding="utf-8")
    recorded = json.loads(RECORD.read_text(encoding="utf-8"))
    assert set(recorded) == set(counts), "record the queries of every route, and of no other"
    assert {name: (count, recorded[name]) for name, count in counts.items() if count > recorded[name]} == {}


def test_a_query_a_row_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: runs whose units are asked for one by one."""
    whole = runs.pay_runs
    monkeypatch.setattr(runs, "pay_runs", lambda *, user: whole(user=user).select_related(None))
    growth = Growth(world)
    names = {"api:pay-run-list", "api:promotion-run-list"}
    growth.grow(N)
    few = measure(growth, names)
    growth.grow(3 * N)
    many = measure(growth, names)
    assert many["api:promotion-run-list"][0] == few["api:promotion-run-list"][0]
    assert PayRun.objects.count() == 3 * N + 1
    assert many["api:pay-run-list"][0] - few["api:pay-run-list"][0] == 2 * N
