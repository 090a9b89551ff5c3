"""Earlier rows of every table, kept by triggers: raw SQL, bulk updates and services alike."""

# ruff: noqa: F811

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, ProgrammingError, connection, transaction

from assessment.models import AnnualResult, ResultState
from core.models import RowHistory
from cwms.history import APPS, NOT_KEPT
from cwms.walls import APP_ROLE, WORKER_ROLE
from organization.models import Grant, Role, User
from organization.walls import walled
from payroll.models import ManualItem, PayRun
from tests.test_permissions import OWN, World, world  # noqa: F401

with_roles = pytest.mark.skipif(not settings.CWMS_WALLS_ROLE, reason="this server has no role for the web")

# table → (what raw SQL of the web's role does to one row of it, for whom)
DEEDS: dict[str, tuple[str, Role]] = {
    "organization_grant": ("UPDATE {} SET valid_to = valid_from + 1 WHERE id = %s", Role.SECURITY_ADMIN),
    "organization_unit": ("UPDATE {} SET name = 'x' WHERE id = %s", Role.ORG_OFFICER),
    "payroll_payrun": ("UPDATE {} SET error = 'x' WHERE id = %s", Role.FINANCE),
    "payroll_manualitem": ("UPDATE {} SET amount = 200 WHERE id = %s", Role.FINANCE),
    "assessment_annualresult": ("UPDATE {} SET score = 1 WHERE id = %s", Role.ORG_OFFICER),
    "staffing_quotaplan": ("UPDATE {} SET document = 'x' WHERE id = %s", Role.ORG_OFFICER),
}
THINGS = {
    "organization_unit": "unit", "payroll_payrun": "pay_run", "payroll_manualitem": "manual_item",
    "staffing_quotaplan": "quota_plan",
}  # fmt: skip


def number_of(world: World, table: str) -> int:
    if table == "organization_grant":
        grant: Grant = world.users[Role.FINANCE, "own"].grants.get()
        return grant.pk
    if table == "assessment_annualresult":  # one that is not closed
        given = {"person_id": world.numbers["person"], "unit": world.place.units[OWN], "year": 2023}
        return AnnualResult.objects.create(**given, source="IMPORTED", state=ResultState.CONFIRMED).pk
    return world.numbers[THINGS[table]]


def kept(table: str, row: int) -> list[RowHistory]:
    return list(RowHistory.objects.filter(table_name=table, row_id=row).order_by("pk"))


def as_json(table: str, row: int) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT row_to_json(t) FROM {table} t WHERE id = %s", [row])
        found: dict[str, Any] = cursor.fetchone()[0]
    return found


def test_every_table_keeps_its_rows_or_says_why_not(db: None) -> None:
    every = [model for model in apps.get_models() if model._meta.managed]  # a view has the rows of its tables
    tables = {model._meta.db_table for model in every if model._meta.db_table.startswith(APPS)}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.relname, array_agg(g.tgenabled::text) FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
                WHERE g.tgname IN (c.relname || '_keep_updated', c.relname || '_keep_deleted',
                                   c.relname || '_row_changed', c.relname || '_row_deleted') GROUP BY c.relname"""
        )
        found = dict(cursor.fetchall())
    assert tables - set(found) - set(NOT_KEPT) == set(), "no history, and cwms/history.py does not say why"
    assert set(found) & set(NOT_KEPT) == set()
    assert {table for table, states in found.items() if states != ["A", "A"]} == set(), "on whoever writes"


@with_roles
@pytest.mark.parametrize("on", [True, False], ids=["kept", "the control"])
@pytest.mark.parametrize("table", DEEDS)
def test_raw_sql_leaves_the_row_that_was(world: World, table: str, on: bool) -> None:
    statement, role = DEEDS[table]
    row, user = number_of(world, table), world.users[role, "parent"]
    was, before = as_json(table, row), len(kept(table, row))
    with connection.cursor() as cursor:
        if not on:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_row_changed")
        with walled(lambda: user.pk):
            cursor.execute(statement.format(table), [row])
            assert cursor.rowcount == 1
    entries = kept(table, row)[before:]
    if not on:
        assert entries == []
        return
    (entry,) = entries
    assert (entry.deed, entry.actor, entry.row) == ("U", user.username, was)
    assert entry.person_id == was.get("person_id")


def test_bulk_and_deletes_are_kept_too_and_no_change_is_none(world: World) -> None:
    item = world.numbers["manual_item"]
    assert [one.deed for one in kept("payroll_manualitem", item)] == ["I"]
    ManualItem.objects.filter(pk=item).update(amount=100)  # as it was
    ManualItem.objects.filter(pk=item).update(amount=300)
    ManualItem.objects.filter(pk=item).delete()
    entries = kept("payroll_manualitem", item)
    assert [(one.deed, one.row["amount"]) for one in entries] == [("I", 100), ("U", 100), ("D", 300)]


def test_rules_and_grants_are_kept_as_they_were_added(world: World) -> None:
    assert [one.deed for one in kept("policy_policyversion", world.numbers["policy"])] == ["I"]
    user = world.users[Role.FINANCE, "own"]
    (given,) = kept("organization_grant", user.grants.get().pk)
    assert (given.deed, given.row["role"]) == ("I", "FINANCE")


def test_copies_have_no_secret(world: World) -> None:
    user = world.users[Role.FINANCE, "own"]
    User.objects.filter(pk=user.pk).update(password="hash of a password")
    (entry,) = [one for one in kept("organization_user", user.pk) if one.deed == "U"]
    assert "password" not in entry.row
    assert entry.row["username"] == user.username


def test_what_is_no_news_is_not_kept(world: World) -> None:
    user = world.users[Role.FINANCE, "own"]
    before = len(kept("organization_user", user.pk))
    User.objects.filter(pk=user.pk).update(last_login="2026-01-01T00:00Z")
    assert len(kept("organization_user", user.pk)) == before


@with_roles
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT count(*) FROM core_rowhistory",
        "DELETE FROM core_rowhistory",
        "INSERT INTO core_rowhistory (table_name, row_id, \"row\", deed, at, actor) VALUES ('x', 1, '{}', 'U', now(), 'x')",
    ],
)
def test_the_web_neither_reads_nor_writes_it(db: None, statement: str) -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"SET LOCAL ROLE {APP_ROLE}")
        cursor.execute(statement)


@with_roles
def test_workers_read_it(db: None) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {WORKER_ROLE}")
        cursor.execute("SELECT count(*) FROM core_rowhistory")
        cursor.execute("RESET ROLE")


@pytest.mark.parametrize("statement", ["UPDATE core_rowhistory SET actor = 'x'", "DELETE FROM core_rowhistory"])
def test_nobody_changes_it(world: World, statement: str) -> None:
    PayRun.objects.filter(pk=world.numbers["pay_run"]).update(error="x")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_raising_again_changes_nothing(db: None, django_assert_num_queries: Any) -> None:
    from cwms.history import raise_history

    with django_assert_num_queries(2), connection.cursor() as cursor:
        raise_history(cursor)
