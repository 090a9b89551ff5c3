"""The second wall: what the database keeps from the web's role, whatever the application asks for."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import psycopg2
import pytest
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, ProgrammingError, connection, models, transaction
from django.test import Client

from cwms.walls import APP_ROLE, WALLS, WORKER_ROLE
from organization.access import Scope
from organization.models import Role
from organization.walls import beyond_walls, walled
from payroll.models import PayRun
from personnel.models import Person
from tests.test_architecture import ORDER
from tests.test_permissions import ROLES, ROUTES, Cell, World, cells, fault, world  # noqa: F401

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(not settings.CWMS_WALLS_ROLE, reason="this server has no role for the web")

# Whose rows hang on a person or on a run; units, policies and headcounts are nobody's file.
PEOPLE_AND_RUNS = {
    "person", "employment", "tenure", "import", "applicant", "pay_run", "evaluation", "promotion", "result", "manual_item",
    "case", "question", "placement", "list_entry",
}  # fmt: skip


def count(table: str, role: str = APP_ROLE, units: str | None = None) -> int:
    """How many rows a role sees, of the units that are set as text."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {role}")
        if units is not None:
            cursor.execute("SELECT set_config('cw.units', %s, true)", [units])
        cursor.execute(f"SELECT count(*) FROM {table}")
        found: int = cursor.fetchone()[0]
        cursor.execute("RESET ROLE")
        cursor.execute("SELECT set_config('cw.units', '', true)")
    return found


def test_every_table_with_a_person_has_a_policy(db: None) -> None:
    hanging = {
        model._meta.db_table
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if model._meta.managed and isinstance(field, models.ForeignKey) and field.related_model is Person
    }
    # Who was said to be the person of an imported row, is read with the import.
    assert hanging - set(WALLS) == set(), "cwms/walls.py says which of its rows the web sees"
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity")
        assert {name for (name,) in cursor.fetchall()} == set(WALLS)
        # A view shows whoever asks what its tables show them, not what they show the view's owner.
        cursor.execute(
            "SELECT relname, reloptions FROM pg_class WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace"
        )
        views = dict(cursor.fetchall())
    assert views.keys() == {model._meta.db_table for model in apps.get_models() if not model._meta.managed}
    assert {name for name, options in views.items() if options != ["security_invoker=true"]} == set()


def test_whoever_has_not_said_who_asks_sees_nobody(world: World) -> None:  # noqa: F811
    own = world.place.units["232762100"].path
    for table in ("personnel_person", "personnel_employment", "personnel_tenure", "personnel_listing",
                  "assessment_annualresult", "payroll_payslip", "payroll_payrun"):  # fmt: skip
        assert count(table) == 0, table
        assert count(table, units="") == 0, table
        assert count(table, units=f"{{[{own},{own[:-1]}0)}}") > 0, table
        assert count(table, role=WORKER_ROLE) == count(table, units=f"{{[{own},{own[:-1]}0)}}"), table


def test_what_is_said_ends_with_the_transaction(world: World) -> None:  # noqa: F811
    user = world.users[Role.FINANCE, "own"]
    with walled(lambda: user.pk):
        assert Person.objects.count() == 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('cw.units', true), current_user = session_user")
        assert cursor.fetchone() == ("", True)


def test_rows_of_others_are_neither_written_nor_changed(world: World) -> None:  # noqa: F811
    user, person = world.users[Role.ORG_OFFICER, "sibling"], world.numbers["person"]
    with walled(lambda: user.pk):
        assert Person.objects.filter(pk=person).update(native_place="x") == 0
        with (
            pytest.raises(ProgrammingError, match="row-level security"),
            transaction.atomic(),
            connection.cursor() as c,
        ):
            c.execute(
                "INSERT INTO personnel_honour (person_id, kind, level, title, day) VALUES (%s, 'OTHER', 'COUNTY', 'x', now())",
                [person],
            )


def behind_the_wall(roles: Iterable[Role] = ROLES) -> Iterator[Cell]:
    """The cells of the matrix that ask from outside for what hangs on a person or on a run."""
    return (cell for cell in cells(roles) if cell.outside and ROUTES[cell.name].thing in PEOPLE_AND_RUNS)


@pytest.fixture
def open_scopes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The application's own scoping lets everybody through."""
    monkeypatch.setattr(Scope, "filter", lambda self, queryset, path_field="unit_path": queryset)
    monkeypatch.setattr(Scope, "q", lambda self, path_field="unit_path": models.Q())
    monkeypatch.setattr(Scope, "covers", lambda self, path: True)


def test_the_second_wall_is_asked_often() -> None:
    assert sum(1 for _cell in behind_the_wall()) >= 2_000


def test_the_second_wall_alone_keeps_strangers_out(world: World, open_scopes: None) -> None:  # noqa: F811
    assert [found for cell in behind_the_wall() if (found := fault(world, cell))] == []


def test_without_both_walls_strangers_come_in(world: World, open_scopes: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """The control."""
    monkeypatch.setattr(settings, "CWMS_WALLS_ROLE", "")  # as the owner, whom no policy binds
    assert sum(1 for cell in behind_the_wall([Role.ORG_OFFICER]) if fault(world, cell)) > 50


def test_who_may_look_beyond_is_listed() -> None:
    used = {
        str(path.relative_to(ROOT))
        for app in ORDER
        for path in (ROOT / app).rglob("*.py")
        if re.search(r"\bbeyond_walls\(", path.read_text(encoding="utf-8"))
    }
    assert used == {
        "cwms/subject.py",
        "organization/walls.py",
        "payroll/selectors/worth.py",
        "payroll/selectors/yearly.py",
        "personnel/selectors/corrections.py",
        "personnel/selectors/duplicates.py",
        "personnel/selectors/headcount.py",
        "personnel/selectors/readings.py",
        "personnel/services/corrections.py",
        "personnel/services/imports/reviewing.py",
        "personnel/services/moves.py",
    }


SEALED = (
    "payroll_payslip", "payroll_payrun", "assessment_annualresult", "core_auditentry", "core_auditlink",
    "policy_policyversion", "personnel_history",
)  # fmt: skip


@pytest.mark.parametrize("role", [APP_ROLE, WORKER_ROLE])
def test_the_role_owns_nothing_and_shapes_nothing(db: None, role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication, "
            "(SELECT count(*) FROM pg_class WHERE relowner = r.oid), (SELECT count(*) FROM pg_proc WHERE proowner = r.oid), "
            "(SELECT count(*) FROM pg_auth_members WHERE member = r.oid), has_schema_privilege(r.oid, 'public', 'CREATE') "
            "FROM pg_roles r WHERE rolname = %s",
            [role],
        )
        # Workers write by COPY, which a table with policies takes only from a role that they don't bind.
        assert cursor.fetchone() == (False, role == WORKER_ROLE, False, False, False, 0, 0, 0, False)


@pytest.mark.parametrize("table", ["payroll_payslip", "assessment_annualresult", "payroll_promotionoutcome"])
def test_workers_write_results_by_copy_and_the_web_cannot(db: None, table: str) -> None:
    statement = f"COPY {table} (person_id) FROM STDIN"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {WORKER_ROLE}")
        cursor.copy_expert(statement, io.BytesIO())
    refused = pytest.raises(DatabaseError, match="COPY FROM not supported with row-level security")
    with refused, transaction.atomic(), connection.wrap_database_errors, connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {APP_ROLE}")
        cursor.copy_expert(statement, io.BytesIO())


@pytest.mark.parametrize("role", [APP_ROLE, WORKER_ROLE])
@pytest.mark.parametrize("table", SEALED)
@pytest.mark.parametrize(
    "statement",
    ["TRUNCATE {}", "ALTER TABLE {} ADD COLUMN mine int", "ALTER TABLE {} DISABLE TRIGGER ALL", "DROP TABLE {}",
     "ALTER TABLE {} DISABLE ROW LEVEL SECURITY", "CREATE TRIGGER mine AFTER INSERT ON {} EXECUTE FUNCTION core_refuse_change()",
     "SET LOCAL session_replication_role = replica; TRUNCATE {}", "CREATE POLICY mine ON {} USING (true)"],
)  # fmt: skip
def test_no_statement_of_the_roles_gets_at_what_is_sealed(db: None, role: str, table: str, statement: str) -> None:
    refused = pytest.raises(ProgrammingError, match=r"permission denied|must be owner")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {role}")
        cursor.execute(statement.format(table))


def test_the_web_cannot_become_a_worker(db: None) -> None:
    given = connection.get_connection_params()
    other = psycopg2.connect(
        user=APP_ROLE, **{key: given[key] for key in ("host", "port", "dbname", "password") if key in given}
    )
    try:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege), other, other.cursor() as cursor:
            cursor.execute(f"SET ROLE {WORKER_ROLE}")
        with other, other.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM personnel_person")
            assert cursor.fetchone() == (0,)
    finally:
        other.close()


def test_a_look_beyond_ends(world: World) -> None:  # noqa: F811
    user = world.users[Role.ORG_OFFICER, "foreign"]
    with walled(lambda: user.pk):
        assert Person.objects.count() == 0
        with beyond_walls("a test"):
            assert Person.objects.count() == 2
        assert Person.objects.count() == 0


@pytest.mark.parametrize("taken", [True, False], ids=["no trail", "the control"])
def test_what_is_not_recorded_is_not_done(world: World, taken: bool) -> None:  # noqa: F811
    client, run = Client(), PayRun.objects.get(pk=world.numbers["pay_run"])
    client.force_login(world.users[Role.ORG_OFFICER, "own"])
    if taken:
        with connection.cursor() as cursor:
            cursor.execute(f"REVOKE INSERT ON core_auditentry FROM {APP_ROLE}")
    answer = client.post(f"/pay/{run.pk}/cancel/")
    run.refresh_from_db()
    assert (answer.status_code, run.state) == ((503, "READY") if taken else (302, "CANCELLED"))
