"""What the inbox reads of thousands of open cases, in rows: by the web's role, behind the policies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals.models import Case
from approvals.selectors import cases_list, questions_for, questions_page, steps_page, steps_to_do, steps_waiting
from organization.models import User
from organization.walls import walled
from tests.approvals.conftest import Chaohu, build_chaohu

OPEN = 6000  # a sixth at each step of the procedure
_CASES = """
INSERT INTO approvals_case (key, version_id, procedure, act, unit_id, unit_path, post, subject, subject_name, summary,
                            reason, opened_by_id, opened_at, state, closing)
SELECT gen_random_uuid(), %(version)s, 'appoint_secretary', 'APPOINT', %(unit)s, %(path)s, 'PARTY_SECRETARY',
       gen_random_uuid(), '甲' || n, '{}', 'x', %(user)s, now(), 'OPEN', '' FROM generate_series(0, %(most)s - 1) n;
INSERT INTO approvals_casestep (case_id, position, code, party, unit_path, state, opened_at, due, "values", note)
SELECT c.id, 1 + c.id %% 6,
       (ARRAY['REPORT', 'INSPECTION', 'JOINT_REVIEW', 'NOTICE', 'DECISION', 'ORDER'])[1 + c.id %% 6],
       (ARRAY['STREET_PARTY_COMMITTEE', 'ORGANISATION_DEPARTMENT', 'DEPARTMENTS', 'ORGANISATION_DEPARTMENT',
              'ORGANISATION_DEPARTMENT', 'STREET_PARTY_COMMITTEE'])[1 + c.id %% 6],
       c.unit_path, 'OPEN', c.opened_at, CASE c.id %% 6 WHEN 3 THEN %(today)s + (c.id / 6 %% 20)::int - 10 END, '{}', ''
  FROM approvals_case c;
INSERT INTO approvals_opinion (step_id, department, unit_path, waits, answer, reason, settled)
SELECT s.id, department, s.unit_path, true, '', '', ''
  FROM approvals_casestep s, unnest(%(departments)s) department WHERE s.code = 'JOINT_REVIEW'
"""

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def many(transactional_db: None) -> Chaohu:
    chaohu = build_chaohu()
    unit, departments = chaohu.community, [name for name in chaohu.users if name.isupper()]
    values = {
        "version": chaohu.version.pk, "unit": unit.pk, "path": unit.path, "user": chaohu.users["clerk"].pk, "most": OPEN,
        "today": timezone.localdate(), "departments": departments,
    }  # fmt: skip
    assert len(departments) == 12
    with connection.cursor() as cursor:
        cursor.execute(_CASES, values)
        cursor.execute("VACUUM ANALYZE approvals_case, approvals_casestep, approvals_opinion")
    assert Case.objects.count() == OPEN
    return chaohu


def touched(plan: dict[str, Any]) -> Iterator[int]:
    """How many rows each reading of a table came across, whether it kept them or not."""
    if "Relation Name" in plan:
        rows = (
            plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
        )
        yield round(rows * plan["Actual Loops"])
    for below in plan.get("Plans", ()):
        yield from touched(below)


def reads(user: User, act: Callable[[], object]) -> int:
    """The most rows that a statement of an act came across in a table of cases, as the web's role."""
    most = 0
    with walled(lambda: user.pk):
        with CaptureQueriesContext(connection) as said:
            act()
        for query in said.captured_queries:
            sql = query["sql"].split(";", 1)[-1].strip()  # before it stands who asks
            if "approvals_" not in sql:
                continue
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + sql.replace("%", "%%"))
                raw = cursor.fetchone()[0]
            plan = (json.loads(raw) if isinstance(raw, str) else raw)[0]["Plan"]
            most = max(most, sum(touched(plan)))
    return most


def test_a_page_of_the_inbox_reads_its_own_rows(many: Chaohu) -> None:
    """Of 3,000 steps to do and 1,000 questions: those of the page, and those of the pages before it."""
    officer, police = many.users["officer"], many.users["POLICE"]
    assert steps_to_do(user=officer).count() == 3000
    assert questions_for(user=police).count() == 1000
    assert (
        reads(officer, lambda: steps_page(user=officer, first=0, most=50)) <= 250
    )  # joined: step, case, unit, version
    assert reads(officer, lambda: steps_page(user=officer, first=500, most=50)) <= 550
    assert reads(police, lambda: questions_page(user=police, first=0, most=50)) <= 250


def test_counts_read_what_they_count(many: Chaohu) -> None:
    """No row of another party, of another department or of the cases themselves."""
    officer, police, today = many.users["officer"], many.users["POLICE"], timezone.localdate()
    assert reads(officer, lambda: steps_waiting(user=officer, today=today)) == 3000
    assert reads(police, lambda: questions_for(user=police).count()) == 1000
    late = cases_list(user=officer, state="OPEN", overdue=True)
    assert late.count() == 500  # half of the notices
    assert reads(officer, lambda: late.count()) <= 3 * 500 + OPEN  # their steps, and the cases once


@pytest.mark.parametrize("index", ["approvals_step_urgent", "approvals_opinion_asked"])
def test_without_their_index_pages_read_everything(many: Chaohu, index: str) -> None:
    """The control."""
    officer, police = many.users["officer"], many.users["POLICE"]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"DROP INDEX {index}")
        steps = reads(officer, lambda: steps_page(user=officer, first=0, most=50))
        questions = reads(police, lambda: questions_page(user=police, first=0, most=50))
        transaction.set_rollback(True)
    assert (steps >= 3000, questions >= 1000) == (index == "approvals_step_urgent", index == "approvals_opinion_asked")
