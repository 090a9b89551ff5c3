"""A sealed run refuses every change by raw SQL, as the application's role and as the owner of the tables."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from payroll.models import PayRun, PaySlip
from tests.payroll.conftest import Place

ATTACKS = [
    "UPDATE payroll_payslip SET gross = gross + 1",
    "UPDATE payroll_payslip SET amounts[1] = 0 WHERE run_id = %(run)s",
    "UPDATE payroll_payslip SET run_id = %(other)s WHERE run_id = %(run)s",
    "DELETE FROM payroll_payslip WHERE run_id = %(run)s",
    """INSERT INTO payroll_payslip (month, kind, person_id, unit_id, run_id, day, from_day, to_day, gross, arrears,
         assumed, standards, amounts, input_codes, input_numbers)
       SELECT month, 2, person_id, unit_id, run_id, day, from_day, to_day, 1, 0, 0, standards, amounts, input_codes,
         input_numbers FROM payroll_payslip WHERE run_id = %(run)s LIMIT 1""",
    "TRUNCATE payroll_payslip",
    "UPDATE payroll_payrun SET state = 'READY' WHERE id = %(run)s",
    "UPDATE payroll_payrun SET fingerprint = 'x' WHERE id = %(run)s",
    "UPDATE payroll_payrun SET totals = '{}' WHERE id = %(run)s",
    "DELETE FROM payroll_payrun WHERE id = %(run)s",
    "TRUNCATE payroll_payrun CASCADE",
    "UPDATE payroll_paybatch SET digest = 'x' WHERE run_id = %(run)s",
    "DELETE FROM payroll_paybatch WHERE run_id = %(run)s",
    "DELETE FROM payroll_payleftout WHERE run_id = %(run)s",
    "UPDATE payroll_arrearsline SET amount = 0, due = paid WHERE run_id = %(run)s",
    "INSERT INTO payroll_payleftout (run_id, person_id, unit_path, code, params) "
    "SELECT %(run)s, id, 'x', 'x', '{}' FROM personnel_person LIMIT 1",
    "UPDATE payroll_payslip SET gross = 0 WHERE run_id IN (%(run)s, %(other)s)",
]
ONLY_THE_OWNER_COULD = [
    "ALTER TABLE payroll_payslip DISABLE TRIGGER ALL",
    "ALTER TABLE payroll_payslip DROP COLUMN gross",
    "DROP TABLE payroll_payslip",
    "DROP FUNCTION payroll_guard_update() CASCADE",
    "SET session_replication_role = replica",
    "CREATE OR REPLACE FUNCTION payroll_guard_update() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
]


@pytest.fixture
def sealed(staffed: Place) -> dict[str, int]:
    """A sealed January with somebody left out, arrears in a sealed February, and an open March."""
    from core.periods import Month
    from personnel.models import Certificate

    staffed.hire("漏", title=None)
    staffed.run(seal=True)
    person = PaySlip.objects.get(person__name="甲").person
    Certificate.objects.create(person=person, level="SENIOR", number="late", issued=date(2025, 9, 1))
    run = staffed.run(month=Month(2026, 2), seal=True)
    other = staffed.run(month=Month(2026, 3))
    return {"run": run.pk, "other": other.pk}


def fingerprints() -> list[tuple]:
    tables = ("payslip", "payrun", "paybatch", "payleftout", "arrearsline")
    found = []
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT count(*), md5(string_agg(t::text, '' ORDER BY t::text)) FROM payroll_{table} t")
            found.append(cursor.fetchone())
    return found


@pytest.mark.parametrize("role", ["owner", "cwms_app"])
def test_sealed_is_sealed_for_every_role(sealed: dict[str, int], role: str) -> None:
    before = fingerprints()
    for attack in ATTACKS:
        with connection.cursor() as cursor:
            with pytest.raises(DatabaseError), transaction.atomic():
                if role != "owner":
                    cursor.execute(f"SET LOCAL ROLE {role}")
                    # Behind no wall, which would keep the rows from it before the seal has to.
                    cursor.execute("SELECT set_config('cw.units', '{(,)}', true)")
                cursor.execute(attack, sealed)
            cursor.execute("RESET ROLE")
    assert fingerprints() == before


def test_the_application_cannot_open_the_guards(sealed: dict[str, int]) -> None:
    for attack in ONLY_THE_OWNER_COULD:
        with connection.cursor() as cursor:
            with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), transaction.atomic():
                cursor.execute("SET LOCAL ROLE cwms_app")
                cursor.execute(attack)
            cursor.execute("RESET ROLE")


def test_copy_into_a_sealed_run_is_refused(sealed: dict[str, int]) -> None:
    from core.services.tables import copy_rows

    row = (
        f"1\t1\t2026-02-01\t3\t2026-02-01\t2026-02-01\t2026-03-01\t5\t0\t0\t{{5}}\t{{5}}\t{{}}\t{{}}\t{sealed['run']}\n"
    )
    columns = (
        "person_id", "unit_id", "month", "kind", "day", "from_day", "to_day", "gross", "arrears", "assumed",
        "standards", "amounts", "input_codes", "input_numbers", "run_id",
    )  # fmt: skip
    with pytest.raises(DatabaseError, match="sealed"), transaction.atomic():
        copy_rows("payroll_payslip", columns, row.encode())
    missing = row.replace(f"\t{sealed['run']}\n", "\t999999\n")
    with pytest.raises(DatabaseError, match="no such pay run"), transaction.atomic():
        copy_rows("payroll_payslip", columns, missing.encode())


def test_the_open_month_can_still_change(sealed: dict[str, int]) -> None:
    """The control: the same statements pass where nothing is sealed."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE payroll_payslip SET gross = gross + 1 WHERE run_id = %(other)s", sealed)
        assert cursor.rowcount == 6
        cursor.execute("DELETE FROM payroll_payslip WHERE run_id = %(other)s", sealed)
        assert cursor.rowcount == 6


def test_without_the_guard_a_sealed_slip_changes(sealed: dict[str, int]) -> None:
    """The control: it is the trigger that refuses."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE payroll_payslip DISABLE TRIGGER payroll_payslip_sealed_update")
        cursor.execute("UPDATE payroll_payslip SET gross = 1 WHERE run_id = %(run)s", sealed)
        assert cursor.rowcount == 6
        cursor.execute("ALTER TABLE payroll_payslip ENABLE ALWAYS TRIGGER payroll_payslip_sealed_update")


def test_a_run_is_not_sealed_without_a_second_person(sealed: dict[str, int]) -> None:
    run = PayRun.objects.get(pk=sealed["other"])
    for wrong in ({"confirmed_by": None}, {"confirmed_by": run.started_by}):
        with pytest.raises(DatabaseError), transaction.atomic():
            PayRun.objects.filter(pk=run.pk).update(state="SEALED", **wrong)
