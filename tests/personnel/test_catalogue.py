"""Everything that the database itself forbids in the personnel file, name by name, read from its catalogue.

Each constraint has a row that it refuses, and a control: without the constraint, dropped inside the transaction, the same
row goes in. A constraint or trigger that is in the catalogue and not here fails.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction

from organization.models import Unit, User
from personnel.models import Archive, Person, Post, RowHistory

DAY, LATER, EARLIER = date(2024, 1, 1), date(2025, 1, 1), date(2023, 1, 1)
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """bad: a row of the table that the constraint refuses, beside the rows that are `given`. "@name": of the fixture."""

    table: str
    bad: Values
    given: tuple[Values, ...] = ()


def twice(table: str, **values: Any) -> Case:
    """The same row a second time."""
    return Case(table, values, (values,))


def overlapping(table: str, **values: Any) -> Case:
    """The same thing once more in days that meet: the first ends the day after the second begins."""
    return Case(table, values | {"start": DAY}, (values | {"start": EARLIER, "end": date(2024, 1, 2)},))


def backwards(table: str, first: str = "start", last: str = "end", **values: Any) -> Case:
    return Case(table, values | {first: LATER, last: DAY})


def negative(table: str, column: str, **values: Any) -> Case:
    return Case(table, values | {column: -1})


SEALED = "v1|A|20261121|n|t"
PLAIN = "11010519491231002X"
ACCOUNT = {"number": SEALED}
PANEL = {
    "department_leader": "周部长", "street_head": "吴书记", "leading_secretary": "郑书记", "title": "STAFF", "verdict": "FITS",
}  # fmt: skip
TENURE = {"body": "STAFF", "title": "STAFF", "single_holder": False}
SHA = {"sha256": "0" * 64}
WISH = {"field": "native_place", "stated": SEALED, "document": "户口簿", "due": LATER, "state": "OPEN"}
NOW = datetime(2026, 1, 1, tzinfo=UTC)
DECIDED = WISH | {"decided": NOW, "decided_by_id": "@another"}
HELD = {"reason": "申请", "document": "申请书", "start": DAY}
LIFTED = {"lifted_by_id": "@another", "lift_reason": "撤回", "lift_document": "申请书"}
GONE = {
    "people": [1],
    "unit_path": "34/",
    "document": "批复",
    "proposed_by_id": "@organization_user",
    "proposed_at": NOW,
    "reason": "",
    "digest": "",
}
SENT = {"number": "1", "sent": DAY, "destination": "x"}
CASES: Mapping[str, Case] = {
    "personnel_deletion_by_another": Case(
        "deletion", GONE | {"decided_by_id": "@organization_user", "decided_at": NOW, "confirmed": True}
    ),
    "personnel_deletion_whole": Case("deletion", GONE | {"confirmed": True}),
    "personnel_deletion_certified": Case("deletion", GONE | {"digest": "0" * 64}),
    "personnel_deletion_some": Case("deletion", GONE | {"people": list(range(51))}),
    "personnel_correctionrequest_key_key": twice("correctionrequest", **WISH, key=UUID(int=1)),
    "personnel_correction_sealed": Case("correctionrequest", WISH | {"stated": "黑河"}),
    "personnel_correction_decided": Case("correctionrequest", WISH | {"state": "GRANTED"}),
    "personnel_correction_four_eyes": Case(
        "correctionrequest", DECIDED | {"state": "GRANTED", "decided_by_id": "@organization_user"}
    ),
    "personnel_correction_refused_with_reason": Case("correctionrequest", DECIDED | {"state": "REFUSED", "reason": ""}),
    "personnel_restriction_once": twice("restriction", **HELD),
    "personnel_restriction_days": Case("restriction", HELD | LIFTED | {"end": EARLIER}),
    "personnel_restriction_lifted": Case("restriction", HELD | {"end": LATER}),
    "personnel_archive_number_key": Case("archive", {"number": "A1"}, ({"number": "A1", "person_id": "@other"},)),
    "personnel_archive_person_id_key": Case("archive", {"number": "A2"}, ({"number": "A1"},)),
    "personnel_ownfile_user_id_key": Case("ownfile", {"person_id": "@other"}, ({},)),
    "personnel_ownfile_person_id_key": Case("ownfile", {"user_id": "@another"}, ({},)),
    "personnel_archiveitem_pages_check": negative("archiveitem", "pages"),
    "personnel_area_once_at_a_time": overlapping("responsibilityarea", role="DEDICATED", main_workplace=False),
    "personnel_area_one_main_workplace_at_a_time": Case(
        "responsibilityarea",
        {"unit_id": "@street", "main_workplace": True, "start": DAY},
        ({"main_workplace": True, "start": EARLIER},),
    ),
    "personnel_area_range": backwards("responsibilityarea"),
    "personnel_bank_account_one_main_at_a_time": overlapping("bankaccount", **ACCOUNT, main=True),
    "personnel_bank_account_range": backwards("bankaccount", **ACCOUNT),
    "personnel_bank_account_sealed": Case("bankaccount", {"number": "6217000011112222"}),
    "personnel_bankaccount_key_key": twice("bankaccount", key=UUID(int=1), main=False, **ACCOUNT),
    "personnel_certificate_number_key": twice("certificate", number="T-1"),
    "personnel_certificate_range": backwards("certificate", "issued", "appointed_from"),
    "personnel_certificate_registered": backwards("certificate", "registered_from", "registered_until"),
    "personnel_column_choice_once": Case("columnchoice", {"table": "people"}, ({"table": "people"},)),
    "personnel_custody_one_at_a_time": overlapping("custody"),
    "personnel_custody_range": backwards("custody"),
    "personnel_discipline_range": backwards("discipline", last="effect_end"),
    "personnel_draft_key_key": twice("draft", key=UUID(int=1)),
    "personnel_draft_version_check": negative("draft", "version"),
    "personnel_duty_due": backwards("dutyitem", last="due"),
    "personnel_duty_range": backwards("dutyitem", last="done"),
    "personnel_duty_text": Case("dutyitem", {"text": ""}),
    "personnel_education_range": backwards("education", last="graduated"),
    "personnel_employment_contract_range": backwards("employment", "contract_start", "contract_end"),
    "personnel_employment_one_of_a_category_at_a_time": overlapping("employment", category="GRID_WORKER"),
    "personnel_employment_range": backwards("employment", category="GRID_WORKER"),
    "personnel_post_fit_once_a_day": twice("postfit", day=DAY, **PANEL),
    "personnel_post_fit_panel": Case("postfit", {**PANEL, "day": DAY, "street_head": "周部长"}),
    "personnel_health_check_once_a_day": twice("healthcheck", day=DAY),
    "personnel_import_size_check": negative("import", "size"),
    "personnel_importjob_attempt_check": negative("importjob", "attempt"),
    "personnel_family_sealed": Case("familymember", {"phone": "13800138000"}),
    "personnel_familymember_key_key": twice("familymember", key=UUID(int=1), phone=""),
    "personnel_importjob_done_check": negative("importjob", "done"),
    "personnel_importjob_total_check": negative("importjob", "total"),
    "personnel_importrow_number_check": negative("importrow", "number"),
    "personnel_importrow_position_check": negative("importrow", "position"),
    "personnel_importrow_warnings_check": negative("importrow", "warnings"),
    "personnel_import_key_key": twice("import", key=UUID(int=1)),
    "personnel_importrow_changes_check": negative("importrow", "changes"),
    "personnel_importrow_errors_check": negative("importrow", "errors"),
    "personnel_import_row_once": twice("importrow", position=1),
    "personnel_insurance_one_of_a_scheme_at_a_time": overlapping(
        "insuranceenrolment", scheme="PENSION", number=""
    ),
    "personnel_insurance_range": backwards("insuranceenrolment", number=""),
    "personnel_insurance_sealed": Case("insuranceenrolment", {"number": "123456"}),
    "personnel_insuranceenrolment_key_key": twice("insuranceenrolment", key=UUID(int=1), number=""),
    "personnel_item_filed_once": twice("archiveitem", source="assessment.2025"),
    "personnel_leave_days": negative("leave", "days"),
    "personnel_leave_range": backwards("leave"),
    "personnel_listing_employment_id_key": twice("listing", employment_id=999_999),
    "personnel_listing_tenure_id_key": twice("listing", tenure_id=999_999),
    "personnel_dispatch_one_at_a_time": Case("archivedispatch", SENT | {"number": "2"}, (SENT,)),
    "personnel_archivedispatch_number_key": Case(
        "archivedispatch", SENT, (SENT | {"returned": LATER},)
    ),
    "personnel_dispatch_receipt": Case("archivedispatch", SENT | {"received": LATER}),
    "personnel_dispatch_returned": Case("archivedispatch", SENT | {"returned": EARLIER}),
    "personnel_handover_once": twice("handoveritem", kind="KEYS"),
    "personnel_handover_signed": Case("handoveritem", {"kind": "KEYS", "signed": DAY}),
    "personnel_placement_due": Case("placement", {"kind": "ACTING", "place": "x", "start": LATER, "due": EARLIER}),
    "personnel_loan_due": backwards("loan", last="due"),
    "personnel_loan_one_at_a_time": twice("loan", start=DAY, due=LATER),
    "personnel_loan_range": backwards("loan", due=LATER),
    "personnel_named_list_once_at_a_time": overlapping("namedlistentry", kind="RESERVE"),
    "personnel_named_list_range": backwards("namedlistentry"),
    "personnel_party_membership_range": backwards("partymembership", "joined", "confirmed"),
    "personnel_partymembership_person_id_key": twice("partymembership", joined=DAY),
    "personnel_past_once_a_day": twice("personpast", field="health", until=DAY),
    "personnel_past_sealed": Case("personpast", {"field": "phone", "value": "13800138000"}),
    "personnel_personpast_key_key": twice("personpast", key=UUID(int=1), value=""),
    "personnel_person_certificate_exams_failed_check": negative("person", "certificate_exams_failed"),
    "personnel_person_identity_number_found": Case("person", {"identity_number": SEALED}),
    "personnel_person_identity_number_once": twice("person", identity_number=SEALED, identity_number_index="d"),
    "personnel_person_key_key": twice("person", key=UUID(int=1)),
    "personnel_person_sealed": Case("person", {"identity_number": PLAIN, "identity_number_index": "d"}),
    "personnel_placement_one_home_at_a_time": Case(
        "placement",
        {"kind": "HOME", "place": "x", "start": date(2024, 6, 1)},
        ({"kind": "HOME", "place": "x", "start": DAY, "end": date(2024, 6, 2)},),
    ),
    "personnel_placement_range": backwards("placement", kind="ACTING"),
    "personnel_placement_somewhere": Case("placement", {"kind": "ACTING", "place": "", "start": LATER}),
    "personnel_post_once": twice("post", body="STAFF", title="AREA_HEAD"),
    "personnel_public_role_once_at_a_time": overlapping("publicrole", kind="PEOPLES_DEPUTY", level="COUNTY"),
    "personnel_public_role_range": backwards("publicrole"),
    "personnel_resume_range": backwards("resumeline"),
    "personnel_qualitycount_people_check": negative("qualitycount", "people"),
    "personnel_qualitycount_unit_path_key": twice("qualitycount", unit_path="34/"),
    "personnel_saved_filter_once": Case("savedfilter", {"name": "x", "key": UUID(int=2)},
                                        ({"name": "x", "key": UUID(int=1)},)),
    "personnel_savedfilter_key_key": Case("savedfilter", {"name": "y", "key": UUID(int=1)},
                                          ({"name": "x", "key": UUID(int=1)},)),
    "personnel_stored_file_sha256": Case("storedfile", {"sha256": "0" * 63 + "G"}),
    "personnel_storedfile_sha256_key": twice("storedfile", **SHA),
    "personnel_storedfile_size_check": negative("storedfile", "size", **SHA),
    "personnel_support_amount": negative("supportrecord", "amount"),
    "personnel_tenure_like_its_post": Case("tenure", TENURE | {"title": "PARTY_SECRETARY", "start": DAY}),
    "personnel_tenure_once_at_a_time": overlapping("tenure", **TENURE),
    "personnel_tenure_one_holder_at_a_time": Case(
        "tenure",
        {"post_id": "@chair", "body": "PARTY", "title": "PARTY_SECRETARY", "single_holder": True, "start": DAY},
        ({"post_id": "@chair", "body": "PARTY", "title": "PARTY_SECRETARY", "single_holder": True, "start": EARLIER,
          "person_id": "@other"},),
    ),
    "personnel_tenure_range": backwards("tenure", **TENURE),
    "personnel_treatment_once_at_a_time": overlapping("specialtreatment", level="SECTION"),
    "personnel_treatment_range": backwards("specialtreatment"),
}  # fmt: skip
# What is no rule by itself: the columns that the key of `personnel_tenure_like_its_post` points at, of which the first is
# the primary key; and what stricter rules of the same column (personnel_party_form_level, personnel_party_level) refuse.
NO_RULE = {
    "personnel_post_with_kind", "personnel_partyform_level_check", "personnel_partyorganization_level_check",
}  # fmt: skip

# Constraints whose rows need others around them, and the tests that prove them (each by name, with its control).
ELSEWHERE: Mapping[str, str] = {
    "personnel_import_job_one_open": "imports.test_import_jobs.test_without_the_question_the_database_keeps_a_second_piece_of_work_out",
    **dict.fromkeys(
        ("personnel_household_once_at_a_time", "personnel_household_range", "personnel_household_somebody",
         "personnel_party_area_one_branch_at_a_time", "personnel_party_area_range", "personnel_party_level",
         "personnel_party_range"),
        "test_party.test_the_database_keeps_areas_and_households_apart",
    ),
    **dict.fromkeys(
        ("personnel_party_form_level", "personnel_party_form_name", "personnel_party_form_name_once_at_a_time",
         "personnel_party_form_one_at_a_time", "personnel_party_form_one_of_a_unit_at_a_time",
         "personnel_party_form_only_streets_are_roots", "personnel_party_form_range"),
        "test_party.test_the_database_keeps_forms_apart",
    ),
}  # fmt: skip

# The functions of triggers, and the tests that prove them (each with its control).
TRIGGERS: Mapping[str, tuple[str, ...]] = {
    "core_keep_added": (
        "reports.test_known.test_corrections_of_later_change_no_figure_of_then",
        "reports.test_known.test_what_was_answered_is_answered_again",
    ),
    "core_guard_signature": ("test_corrections.test_the_database_keeps_the_four_eyes",),
    "core_keep_row": ("platform.test_history.test_raw_sql_leaves_the_row_that_was",),
    "core_refuse_change": ("test_file_constraints.test_history_is_append_only",),
    "personnel_guard_deletion": (
        "platform.test_deletion.test_no_statement_of_the_web_deletes_past_the_function",
        "platform.test_deletion.test_what_was_proposed_and_certified_never_changes",
    ),
    "personnel_keep_key": ("test_sealing.test_the_key_of_a_row_never_changes",),
    "personnel_keep_history": (
        "test_catalogue.test_every_table_keeps_its_old_rows",
        "test_file_constraints.test_a_write_past_every_service_keeps_the_old_row",
        "test_file_constraints.test_a_replica_role_turns_no_history_off",
    ),
    "personnel_listing_added": ("test_listing.test_every_table_that_a_row_rests_on_renews_it",),
    "personnel_listing_changed": ("test_listing.test_every_table_that_a_row_rests_on_renews_it",),
    "personnel_listing_removed": ("test_listing.test_every_table_that_a_row_rests_on_renews_it",),
    "personnel_listing_person_changed": ("test_listing.test_every_table_that_a_row_rests_on_renews_it",),
    "personnel_listing_unit_moved": ("test_listing.test_a_post_without_an_employment_is_a_row_where_the_post_is",),
    **dict.fromkeys(
        ("reports_person_changed", "reports_post_changed", "reports_row_changed"),
        (
            "reports.test_rollups.test_kept_figures_are_those_of_the_records_whatever_changes",
            "reports.test_rollups.test_what_no_trigger_has_seen_is_found_and_put_right",
        ),
    ),
    "reports_table_emptied": ("reports.test_rollups.test_an_emptied_table_leaves_nothing_kept",),
    "personnel_party_inside": ("test_party.test_the_database_keeps_everything_inside_its_organisation",),
    "personnel_placement_inside": (
        "test_file_constraints.test_a_placement_lies_inside_its_employment_and_has_one_home",
        "test_file_constraints.test_an_employment_may_be_shortened_past_its_placements_only_without_the_guard",
    ),
}


def ask(statement: str, params: Any = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall() if cursor.description else []


@dataclass
class Rows:
    """Rows past every service: what a table needs is made up by the kinds of its columns."""

    known: dict[str, Any] = field(default_factory=dict)
    made: int = 0

    def insert(self, table: str, values: Values) -> int:
        row = {name: self.known[value[1:]] if str(value).startswith("@") else value for name, value in values.items()}
        for name, kind, length, target in self._needed(table):
            if name not in row:
                row[name] = self.known[target.removeprefix("personnel_")] if target else self._made_up(kind, length)
        names = ", ".join(f'"{name}"' for name in row)
        places = ", ".join(["%s"] * len(row))
        found = ask(f"INSERT INTO personnel_{table} ({names}) VALUES ({places}) RETURNING id", list(row.values()))
        return int(found[0][0])

    def _needed(self, table: str) -> list[tuple[Any, ...]]:
        return ask(
            """SELECT a.attname, format_type(a.atttypid, NULL), a.atttypmod - 4,
                      (SELECT k.confrelid::regclass::text FROM pg_constraint k
                        WHERE k.conrelid = a.attrelid AND k.contype = 'f' AND k.conkey = ARRAY[a.attnum])
                 FROM pg_attribute a LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
                WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attidentity = ''
                  AND (a.attnotnull AND d.oid IS NULL OR a.attname = 'person_id')""",
            [f"personnel_{table}"],
        )

    def _made_up(self, kind: str, length: int) -> Any:
        self.made += 1
        return {
            "boolean": False, "date": DAY, "jsonb": "{}", "bytea": b"", "uuid": UUID(int=1000 + self.made),
            "timestamp with time zone": datetime(2026, 1, 1, tzinfo=UTC), "tsvector": "",
            "character varying": f"x{self.made}"[:length], "text": "x",
        }.get(kind, 0)  # fmt: skip


@pytest.fixture
def rows(units: dict[str, Unit], hire: Callable[..., Person]) -> Rows:
    person, other = hire(start=DAY), hire("李静", start=DAY)
    user, another = User.objects.create(username="somebody"), User.objects.create(username="another")
    chair = Post.objects.create(unit=units["340181002001"], body="PARTY", title="PARTY_SECRETARY", single_holder=True)
    staff = Post.objects.create(unit=units["340181002001"], body="STAFF", title="STAFF")
    return Rows(
        {
            "person": person.pk, "other": other.pk, "another": another.pk, "employment": person.employments.get().pk, "post": staff.pk,
            "chair": chair.pk, "street": units["340181002"].pk, "organization_unit": units["340181002008"].pk,
            "organization_user": user.pk,
        }
    )  # fmt: skip


def prepare(rows: Rows, case: Case) -> None:
    """What the row of a case hangs on, and the rows beside it."""
    if case.table in ("archiveitem", "custody", "loan", "archivedispatch"):
        rows.known["archive"] = Archive.objects.create(person_id=rows.known["person"], number="A9", opened=DAY).pk
    if case.table in ("importrow", "importjob"):
        rows.known["import"] = rows.insert("import", {})
    for given in case.given:
        rows.insert(case.table, given)
    ask("SET CONSTRAINTS ALL IMMEDIATE")


def drop(name: str, table: str) -> None:
    """Take away a constraint or unique index. Without the check of a range, no other constraint can read the range."""
    found = ask("SELECT contype FROM pg_constraint WHERE conname = %s", [name])
    if not found:
        ask(f"DROP INDEX {name}")
        return
    ask(f"ALTER TABLE personnel_{table} DROP CONSTRAINT {name} CASCADE")
    ask(f"ALTER TABLE personnel_{table} DISABLE TRIGGER USER")
    if found[0][0] == "c":
        for (other,) in ask(
            "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'x'",
            [f"personnel_{table}"],
        ):
            ask(f"ALTER TABLE personnel_{table} DROP CONSTRAINT {other}")


def function_of(proof: str) -> Any:
    module, _dot, name = proof.rpartition(".")
    folder = "tests" if module.startswith(("platform.", "reports.")) else "tests.personnel"
    return getattr(importlib.import_module(f"{folder}.{module}"), name)


def test_every_constraint_of_the_catalogue_is_in_the_table(db: None) -> None:
    found = ask(
        """SELECT conname FROM pg_constraint
            WHERE conrelid::regclass::text LIKE 'personnel\\_%'
              AND (contype IN ('c', 'x', 'u') OR contype = 'f' AND array_length(conkey, 1) > 1)
            UNION
           SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
            WHERE x.indrelid::regclass::text LIKE 'personnel\\_%' AND x.indisunique AND NOT x.indisprimary
              AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.oid)"""
    )
    assert {name for (name,) in found} == set(CASES) | set(ELSEWHERE) | NO_RULE
    assert not set(CASES) & set(ELSEWHERE)
    for name, proof in ELSEWHERE.items():
        assert name in inspect.getsource(function_of(proof)), proof


@pytest.mark.parametrize("name", sorted(CASES))
def test_what_a_constraint_refuses_goes_in_without_it(name: str, rows: Rows) -> None:
    case = CASES[name]
    prepare(rows, case)
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        rows.insert(case.table, case.bad)
        ask("SET CONSTRAINTS ALL IMMEDIATE")
    assert refused.value.__cause__.diag.constraint_name == name  # type: ignore[union-attr]
    drop(name, case.table)
    assert rows.insert(case.table, case.bad)


def test_every_trigger_of_the_catalogue_is_in_the_table_and_its_tests_exist(db: None) -> None:
    found = ask(
        """SELECT DISTINCT p.proname FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
            WHERE NOT t.tgisinternal AND (t.tgrelid::regclass::text LIKE 'personnel\\_%' OR p.proname LIKE 'personnel\\_%')"""
    )
    assert {name for (name,) in found} == set(TRIGGERS)
    for proofs in TRIGGERS.values():
        for proof in proofs:
            assert inspect.isfunction(function_of(proof)), proof


# Tables of the app that are no part of anybody's file: work in hand, what users set up or do about a file (of which
# platform.test_history keeps the rows), and what repeats other tables.
NO_FILE = {
    "columnchoice", "correctionrequest", "deletion", "draft", "history", "import", "importjob", "importrow", "listing", "ownfile", "post", "qualitycount",
    "restriction", "savedfilter", "storedfile",
}  # fmt: skip


def kept_tables() -> dict[str, int]:
    """The tables whose old rows are kept, also from whoever turns triggers off (A: always); how many triggers each has."""
    return {
        table.removeprefix("personnel_"): number
        for table, number in ask(
            """SELECT t.tgrelid::regclass::text, count(*) FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
                WHERE p.proname = 'personnel_keep_history' AND t.tgenabled = 'A' GROUP BY 1"""
        )
    }


def test_every_table_of_the_file_keeps_its_history(db: None) -> None:
    tables = ask("SELECT relname FROM pg_class WHERE relname LIKE 'personnel\\_%' AND relkind = 'r'")
    assert kept_tables() == dict.fromkeys({name.removeprefix("personnel_") for (name,) in tables} - NO_FILE, 2)


def test_every_table_keeps_its_old_rows(rows: Rows) -> None:
    """Each table in turn: a row is written over and deleted past every service; without the triggers nothing is kept."""
    street = {"level": 1, "start": DAY}
    fixed = {
        "tenure": TENURE, "bankaccount": ACCOUNT, "insuranceenrolment": {"number": ""}, "familymember": {"phone": ""},
        "personpast": {"value": ""}, "partyorganization": street,
        "partyform": street | {"kind": "STREET_COMMITTEE", "name": "x"},
    }  # fmt: skip
    rows.known["partyorganization"] = rows.insert("partyorganization", street)
    nobodys = {"partyorganization", "partyform", "partyarea"}  # no row of these is of one person
    columns = {
        "partyorganization": ("end", date(2030, 1, 1)), "partyform": ("document", "y"),
    }  # fmt: skip
    tables = sorted(kept_tables(), key=lambda table: (table != "archive", table))
    for table in tables:
        column = ask(
            """SELECT a.attname FROM pg_attribute a
                WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
                  AND format_type(a.atttypid, NULL) = 'character varying'
                  AND a.attname NOT IN ('number', 'body', 'title', 'identity_number', 'field')
                ORDER BY a.attname = 'category', a.attnum LIMIT 1""",
            [f"personnel_{table}"],
        )
        name, value = columns.get(table) or ((column[0][0], "y") if column else ("joined", EARLIER))
        for on in (True, False):
            with transaction.atomic():
                row = rows.insert(table, fixed.get(table, {} if on or table != "archive" else {"person_id": "@other"}))
                if table == "archive" and on:
                    rows.known["archive"] = row
                ask("SET CONSTRAINTS ALL IMMEDIATE")
                if not on:
                    ask(f"ALTER TABLE personnel_{table} DISABLE TRIGGER USER")
                ask(f'UPDATE personnel_{table} SET "{name}" = %s WHERE id = %s', [value, row])
                if not (table == "archive" and on):
                    ask(f"DELETE FROM personnel_{table} WHERE id = %s", [row])
                found = RowHistory.objects.filter(table_name=f"personnel_{table}", row_id=row).order_by("pk")
                states = list(found.values_list("deleted", "person_id"))
                whose = None if table in nobodys else row if table == "person" else rows.known["person"]
                if not on:
                    assert states == [], table
                elif table == "archive":
                    assert states == [(False, whose)], table
                else:
                    assert states == [(False, whose), (True, whose)], table
            if not on:
                ask(f"ALTER TABLE personnel_{table} ENABLE TRIGGER USER")
