"""What the database itself refuses, also to raw SQL, and that each refusal is the guard's doing."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from assessment.models import AnnualResult, PointEntry, PoolCap
from assessment.services import compute_evaluation, evaluation_close, evaluation_confirm, evaluation_start

pytestmark = pytest.mark.django_db(transaction=True)


def sql(statement: str, *params, without: tuple[str, str] | None = None) -> int:
    """Run a statement in a transaction of its own; `without` (table, trigger) switches one guard off: the control."""
    with transaction.atomic(), connection.cursor() as cursor:
        if without:
            cursor.execute(f"ALTER TABLE {without[0]} DISABLE TRIGGER {without[1]}")
        cursor.execute(statement, params)
        rows = cursor.rowcount
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        if without:
            cursor.execute(f"ALTER TABLE {without[0]} ENABLE ALWAYS TRIGGER {without[1]}")
    return rows


@pytest.fixture
def run(units, policy, crew):
    crew("340181002001", [9900 - n for n in range(10)])
    return compute_evaluation(run=evaluation_start(actor=None, unit=units["340181"], period=2025))


RAISE_ALL = "UPDATE assessment_annualresult SET grade = 'EXCELLENT'"


@pytest.mark.requirement("CH-45")
def test_raw_sql_cannot_exceed_a_cap(run) -> None:
    assert (PoolCap.objects.get().used, PoolCap.objects.get().at_most) == (3, 3)
    with pytest.raises(IntegrityError, match="cap exceeded: 10 people"):
        sql(RAISE_ALL)
    assert AnnualResult.objects.filter(grade="EXCELLENT").count() == 3
    with pytest.raises(IntegrityError, match="cap exceeded"):  # nor by saying that nobody has the grade
        sql(f"{RAISE_ALL}; UPDATE assessment_poolcap SET used = 0")
    # control: without the recount nothing looks at the cap
    assert sql(RAISE_ALL, without=("assessment_annualresult", "assessment_annualresult_counted_update")) == 10


def test_places_may_be_exchanged_inside_a_transaction(run) -> None:
    best = AnnualResult.objects.filter(grade="EXCELLENT").order_by("rank").first()
    other = AnnualResult.objects.filter(grade="QUALIFIED").order_by("rank").first()
    with transaction.atomic():
        AnnualResult.objects.filter(pk=other.pk).update(grade="EXCELLENT")
        AnnualResult.objects.filter(pk=best.pk).update(grade="QUALIFIED")
    assert PoolCap.objects.get().used == 3


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE assessment_poolcap SET percent = 1000000",
        "UPDATE assessment_poolcap SET counted = 100",
        "UPDATE assessment_poolcap SET rounding = 'up', counted = 11",
        "DELETE FROM assessment_poolcap",
        "UPDATE assessment_annualresult SET pool_id = NULL, evaluation_id = NULL, source = 'IMPORTED'",
        "DELETE FROM assessment_poolresult",
    ],
)
def test_a_cap_cannot_be_widened_or_left(run, statement: str) -> None:
    with pytest.raises(DatabaseError):
        sql(statement)


CLOSED = [
    ("UPDATE assessment_annualresult SET score = 1", "assessment_annualresult", "closed"),
    ("UPDATE assessment_annualresult SET state = 'OPEN'", "assessment_annualresult", "closed"),
    ("DELETE FROM assessment_annualresult", "assessment_annualresult", "closed"),
    ("UPDATE assessment_evaluation SET state = 'READY'", "assessment_evaluation", "closed"),
    ("UPDATE assessment_poolresult SET graded = 0", "assessment_poolresult", "closed"),
    ("TRUNCATE assessment_annualresult CASCADE", "assessment_annualresult", "closed_truncate"),
]


@pytest.mark.parametrize(("statement", "table", "guard"), CLOSED)
def test_closed_results_refuse_every_change(run, user, statement: str, table: str, guard: str) -> None:
    approver = user("ORG_APPROVER", "340181")
    closed = evaluation_close(actor=approver, run=evaluation_confirm(actor=approver, run=run))
    assert closed.state == "CLOSED"
    with pytest.raises(DatabaseError, match="refused"):
        sql(statement)
    assert AnnualResult.objects.filter(state="CLOSED").count() == 10
    with pytest.raises(DatabaseError, match="refused"):  # nor in replica mode
        sql(f"SET LOCAL session_replication_role = replica; {statement}")
    if statement.startswith("UPDATE"):  # control: it is this trigger that refuses
        assert sql(statement, without=(table, f"{table}_{guard}")) >= 1


def test_the_application_role_cannot_change_closed_results_either(run, user) -> None:
    approver = user("ORG_APPROVER", "340181")
    evaluation_close(actor=approver, run=evaluation_confirm(actor=approver, run=run))
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = 'cwms_app'")
        if not cursor.fetchone():
            pytest.skip("this server has no role cwms_app")
        cursor.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO cwms_app")
    with pytest.raises(DatabaseError, match="refused"):
        sql(
            "SET LOCAL ROLE cwms_app; SELECT set_config('cw.units', '{(,)}', true); UPDATE assessment_annualresult SET grade = 'UNQUALIFIED'"
        )


@pytest.mark.requirement("LS-14")
def test_the_ledger_of_points_only_grows(units, policy, crew) -> None:
    from datetime import date

    (person,) = crew("340181002001", [8000])
    PointEntry.objects.create(person=person, day=date(2025, 5, 1), item="VISIT", points=10_000)
    for statement in ("UPDATE assessment_pointentry SET points = 0", "DELETE FROM assessment_pointentry"):
        with pytest.raises(DatabaseError, match="append-only"):
            sql(statement)
    trigger = ("assessment_pointentry", "assessment_pointentry_append_only")
    assert sql("UPDATE assessment_pointentry SET points = 0", without=trigger) == 1


def test_results_of_a_pool_that_does_not_exist_are_refused(run) -> None:
    with pytest.raises(IntegrityError, match="no such pool"):
        sql(
            """INSERT INTO assessment_annualresult
                   (person_id, year, unit_id, evaluation_id, pool_id, inputs, reasons, assumed, source, state)
               SELECT person_id, 2031, unit_id, evaluation_id, 999999, '{}', '[]', false, 'RUN', 'OPEN'
                 FROM assessment_annualresult"""
        )
