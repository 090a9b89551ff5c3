"""The inbox with 100,000 open cases: whole requests of users of every level of the tree, behind the walls.

All cases lie in one county, whose officer has half of them to do. The list of overdue cases is measured beside.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from approvals.models import Case
from approvals.services import reviewer_name
from organization.models import Role, Unit, User
from organization.services import grant_give
from policy.models import PolicyVersion
from policy.services import policy_load

CASES = 100_000
GOALS = {"inbox_ms": 100, "inbox_queries": 15}
REQUESTS = 60  # of each user
POLICY = Path(__file__).resolve().parent.parent / "policies" / "chaohu" / "2023.yaml"

_CASES = """
INSERT INTO approvals_case (key, version_id, procedure, act, unit_id, unit_path, post, subject, subject_name, summary,
                            reason, opened_by_id, opened_at, state, closing)
SELECT gen_random_uuid(), %(version)s, 'appoint_secretary', 'APPOINT', u.id, u.path, 'PARTY_SECRETARY',
       gen_random_uuid(), '甲' || n, '{}', 'x', %(user)s, now() - n %% 90 * interval '1 day', 'OPEN', ''
  FROM generate_series(0, %(most)s - 1) n
  JOIN (SELECT id, path, row_number() OVER (ORDER BY path) - 1 AS place, count(*) OVER () AS places
          FROM organization_unit WHERE kind = 'COMMUNITY' AND code LIKE %(code)s AND valid_to IS NULL) u
    ON u.place = n %% u.places
"""
# A sixth of them at each step; notices end between ten days ago and ten days from now.
_STEPS = """
INSERT INTO approvals_casestep (case_id, position, code, party, unit_path, state, opened_at, due, "values", note)
SELECT c.id, 1 + c.id %% 6,
       (ARRAY['REPORT', 'INSPECTION', 'JOINT_REVIEW', 'NOTICE', 'DECISION', 'ORDER'])[1 + c.id %% 6],
       (ARRAY['STREET_PARTY_COMMITTEE', 'ORGANISATION_DEPARTMENT', 'DEPARTMENTS', 'ORGANISATION_DEPARTMENT',
              'ORGANISATION_DEPARTMENT', 'STREET_PARTY_COMMITTEE'])[1 + c.id %% 6],
       c.unit_path, 'OPEN', c.opened_at,
       CASE WHEN c.id %% 6 = 3 THEN current_date + (c.id / 6 %% 21)::int - 10 END, '{}', ''
  FROM approvals_case c
 WHERE NOT EXISTS (SELECT FROM approvals_casestep s WHERE s.case_id = c.id)
"""
_OPINIONS = """
INSERT INTO approvals_opinion (step_id, department, unit_path, waits, answer, reason, settled)
SELECT s.id, department, s.unit_path, true, '', '', ''
  FROM approvals_casestep s, unnest(%(departments)s) department WHERE s.code = 'JOINT_REVIEW'
    ON CONFLICT DO NOTHING
"""


def fill(place: str) -> None:
    """CASES open cases over the communities of a place, whatever step they are at."""
    if Case.objects.exists():
        return
    version = PolicyVersion.objects.filter(place="340181").first()
    version = version or policy_load(actor=None, text=POLICY.read_text(encoding="utf-8"))
    asked = version.document.procedures[0].steps[2].departments
    assert asked is not None
    user, _new = User.objects.get_or_create(username="bench-opener", defaults={"display_name": "bench"})
    with connection.cursor() as cursor:
        cursor.execute(_CASES, {"version": version.pk, "user": user.pk, "most": CASES, "code": f"{place}0101%"})
        cursor.execute(_STEPS, {})
        cursor.execute(_OPINIONS, {"departments": list(asked.of)})
    connection.commit()
    with connection.cursor() as cursor:
        for table in ("approvals_case", "approvals_casestep", "approvals_opinion"):
            cursor.execute(f"VACUUM ANALYZE {table}")


def _users(place: str) -> dict[str, Client]:
    levels = {
        "province": (place, Role.ORG_OFFICER),
        "county": (f"{place}0101", Role.ORG_OFFICER),
        "street": (f"{place}0101001", Role.STREET_CLERK),
        "department": (place, Role.JOINT_REVIEWER),
    }
    found = {}
    for level, (code, role) in levels.items():
        user, created = User.objects.get_or_create(username=f"bench-inbox-{level}", defaults={"display_name": level})
        if created:
            unit = Unit.objects.get(code=code.ljust(12, "0"))
            grant_give(actor=None, user=user, unit=unit, role=role)
            if role == Role.JOINT_REVIEWER:
                reviewer_name(actor=None, user=user, unit=unit, department="POLICE")
        found[level] = Client()
        found[level].force_login(user)
    return found


def measure_inbox(place: str) -> dict[str, Any]:
    """{"cases": how many, "inbox_ms": p95 over all users, "inbox_queries": most, "inbox_pages": p95 of each page}."""
    fill(place)
    times: dict[str, list[float]] = {}
    most = 0
    for level, client in _users(place).items():
        tab = "questions" if level == "department" else "todo"
        addresses = [f"/inbox/?tab={tab}", f"/inbox/?tab={tab}&page=40"]
        for address in addresses if level == "department" else [*addresses, "/cases/?state=OPEN&overdue=on"]:
            own = times.setdefault(f"{level} {address}", [])
            for number in range(REQUESTS):
                began = time.perf_counter()
                answer = client.get(address)
                took = 1000 * (time.perf_counter() - began)
                if answer.status_code != 200:
                    raise SystemExit(f"{address}: {answer.status_code}")
                if number >= 5:  # the first ones load programs and tables
                    own.append(took)
            with CaptureQueriesContext(connection) as queries:
                client.get(address)
            most = max(most, len(queries))

    def p95(own: list[float]) -> float:
        return round(sorted(own)[int(len(own) * 0.95)], 1)

    inboxes = [took for name, own in times.items() if "/inbox/" in name for took in own]
    return {
        "cases": Case.objects.count(),
        "inbox_ms": p95(inboxes),
        "inbox_queries": most,
        "inbox_pages": {name: p95(own) for name, own in times.items()},
    }
