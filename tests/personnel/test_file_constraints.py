"""What the database forbids in the sections of the file, with a control each, and that nothing is overwritten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction

from organization.models import Unit
from personnel.models import (
    Archive,
    BankAccount,
    Custody,
    Employment,
    InsuranceEnrolment,
    Loan,
    Person,
    Placement,
    PublicRole,
    ResponsibilityArea,
    RowHistory,
    SpecialTreatment,
)
from personnel.models import codes as codes_module
from personnel.rules.fields import FIELDS, SECTIONS
from personnel.rules.words import WORDS
from tests.records import write

Hire = Callable[..., Person]
DAY = date(2024, 1, 1)
LATER = date(2025, 1, 1)


def refused(model: type, **values: object) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.create(**values)


def test_the_registry_names_codes_sections_and_attributes_that_exist() -> None:
    for field in FIELDS.values():
        if field.codes is not None:
            assert set(getattr(codes_module, field.codes).values) == set(WORDS[field.codes]), field.code
        model = apps.get_model("personnel", "Person" if "." not in field.code else SECTIONS[field.section].model)
        if field.code != "tenure.unit":  # of its post
            assert field.attribute in {each.name for each in model._meta.get_fields()}, field.code
    for section in SECTIONS.values():
        names = {each.name for each in apps.get_model("personnel", section.model)._meta.get_fields()}
        assert {name for name in (section.start, section.end, *(section.by or ())) if name} <= names, section.code


def test_every_text_of_a_code_field_is_a_choice_of_its_column() -> None:
    for field in FIELDS.values():
        if field.codes is None:
            continue
        model = apps.get_model("personnel", "Person" if "." not in field.code else SECTIONS[field.section].model)
        column = model._meta.get_field(field.attribute)
        assert {code for code, _label in column.choices or ()} == set(WORDS[field.codes]), field.code


@pytest.mark.requirement("CH-55")
def test_pay_goes_to_one_account_at_a_time(hire: Hire) -> None:
    person = hire()
    account = {"person": person, "bank": "徽商银行", "number": "6217000011112222", "start": DAY}
    first = BankAccount.objects.create(**account)
    refused(BankAccount, **account | {"number": "6217000011113333", "start": LATER})
    BankAccount.objects.create(**account | {"number": "6217000011114444", "main": False})  # control: another account
    first.end = LATER
    first.save()
    BankAccount.objects.create(**account | {"number": "6217000011113333", "start": LATER})
    with pytest.raises(ValidationError, match="8 to 34 digits"):
        BankAccount(**account | {"number": "6217 0000", "main": False}).clean_fields()
    assert first.masked_number == "**** 2222"


@pytest.mark.requirement("SL-06", "TR-42")
def test_a_placement_lies_inside_its_employment_and_has_one_home(units: dict[str, Unit], hire: Hire) -> None:
    job = hire(start=DAY, end=date(2026, 1, 1)).employments.get()
    Employment.objects.filter(pk=job.pk).update(recruiter=units["340181"])
    home = {"employment": job, "kind": "HOME", "manager": units["340181002"], "work_unit": units["340181002008"]}
    placed = Placement.objects.create(**home, start=DAY, end=date(2026, 1, 1))
    refused(Placement, **home, start=LATER, end=date(2026, 1, 1))
    away = home | {"kind": "SECONDED_OUT", "work_unit": None, "place": "市信访局"}
    Placement.objects.create(**away, start=LATER, end=date(2025, 7, 1))  # control: away while at home
    refused(Placement, **away, start=date(2023, 12, 31), end=date(2025, 7, 1))
    refused(Placement, **away, start=LATER, end=date(2026, 1, 2))
    refused(Placement, **away, start=LATER)  # without end in an employment that ends
    refused(Placement, **away | {"place": ""}, start=LATER, end=date(2025, 7, 1))
    with pytest.raises(IntegrityError), transaction.atomic():
        Employment.objects.filter(pk=job.pk).update(end=date(2025, 12, 31))
    Placement.objects.filter(pk=placed.pk).update(end=date(2025, 12, 31))
    Employment.objects.filter(pk=job.pk).update(end=date(2025, 12, 31))


def test_an_employment_may_be_shortened_past_its_placements_only_without_the_guard(hire: Hire) -> None:
    job = hire(start=DAY, end=date(2026, 1, 1)).employments.get()
    Placement.objects.create(employment=job, kind="ACTING", place="市民政局", start=LATER, end=date(2026, 1, 1))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE personnel_employment DISABLE TRIGGER personnel_placement_inside")
    assert Employment.objects.filter(pk=job.pk).update(end=date(2025, 1, 2)) == 1


def test_one_enrolment_of_a_scheme_one_role_one_treatment_and_one_area_at_a_time(
    units: dict[str, Unit], hire: Hire
) -> None:
    person, other = hire(), hire("李静")
    for model, values in (
        (InsuranceEnrolment, {"scheme": "PENSION"}),
        (PublicRole, {"kind": "PEOPLES_DEPUTY", "level": "COUNTY"}),
        (SpecialTreatment, {"level": "DEPUTY_SECTION"}),
        (ResponsibilityArea, {"unit": units["340181002008"], "role": "DEDICATED", "main_workplace": True}),
    ):
        model.objects.create(person=person, start=DAY, end=LATER, **values)
        refused(model, person=person, start=date(2024, 12, 31), **values)
        model.objects.create(person=person, start=LATER, **values)
        model.objects.create(person=other, start=DAY, **values)
        refused(model, person=other, start=LATER, end=DAY, **values)


@pytest.mark.requirement("CH-38")
def test_one_archive_a_person_one_custodian_and_one_loan_at_a_time(units: dict[str, Unit], hire: Hire) -> None:
    person, other = hire(), hire("李静")
    archive = Archive.objects.create(person=person, number="CH-0001", opened=DAY)
    refused(Archive, person=person, number="CH-0002", opened=DAY)
    refused(Archive, person=other, number="CH-0001", opened=DAY)
    Archive.objects.create(person=other, number="CH-0002", opened=DAY)
    custody = {"archive": archive, "unit": units["340181002"], "kind": "STREET"}
    Custody.objects.create(**custody, start=DAY, end=LATER)
    refused(Custody, **custody, start=date(2024, 6, 1))
    Custody.objects.create(**custody, start=LATER)
    loan = {"archive": archive, "borrower": "张科长", "purpose": "干部考察", "due": date(2025, 2, 1)}
    first = Loan.objects.create(**loan, start=LATER)
    refused(Loan, **loan, start=date(2025, 1, 5))
    Loan.objects.filter(pk=first.pk).update(end=date(2025, 1, 5))
    Loan.objects.create(**loan, start=date(2025, 1, 5))


def test_the_identity_number_of_each_document_is_found_again(hire: Hire) -> None:
    person = hire()
    for kind, number in (
        ("HK_MACAO_RESIDENCE", "810000199408230021"),
        ("TAIWAN_RESIDENCE", "830000199201300022"),
        ("FOREIGN_RESIDENCE", "CAN110078010401"),
    ):
        write(person, document_type=kind, identity_number=number)
        with pytest.raises(IntegrityError), transaction.atomic():
            Person.objects.filter(pk=person.pk).update(identity_number_index=None)


# -- Nothing is overwritten ---------------------------------------------------------------------------------------------


def kept(row_id: int, table: str = "personnel_employment") -> list[tuple[str | None, str, bool]]:
    found = RowHistory.objects.filter(table_name=table, row_id=row_id).order_by("id")
    return [(entry.row.get("start"), entry.actor, entry.deleted) for entry in found]


def test_a_write_past_every_service_keeps_the_old_row(hire: Hire) -> None:
    job = hire(start=DAY).employments.get()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE personnel_employment SET start = '2024-02-01' WHERE id = %s", [job.pk])
        cursor.execute("SELECT session_user")
        role = f"{cursor.fetchone()[0]} (database)"
    assert kept(job.pk) == [("2024-01-01", role, False)]
    assert RowHistory.objects.get().person_id == job.person_id
    Employment.objects.filter(pk=job.pk).update(start=date(2024, 2, 1))  # the same again is no change
    assert len(kept(job.pk)) == 1
    Employment.objects.filter(pk=job.pk).delete()
    assert kept(job.pk) == [("2024-01-01", role, False), ("2024-02-01", role, True)]


def test_without_its_trigger_the_old_row_would_be_lost(hire: Hire) -> None:
    job = hire(start=DAY).employments.get()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE personnel_employment DISABLE TRIGGER personnel_employment_keep_updated")
        cursor.execute("UPDATE personnel_employment SET start = '2024-02-01' WHERE id = %s", [job.pk])
    assert kept(job.pk) == []


def test_a_replica_role_turns_no_history_off(hire: Hire) -> None:
    job = hire(start=DAY).employments.get()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE personnel_employment SET start = '2024-02-01' WHERE id = %s", [job.pk])
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    assert len(kept(job.pk)) == 1


def test_history_is_append_only(hire: Hire) -> None:
    job = hire(start=DAY).employments.get()
    Employment.objects.filter(pk=job.pk).update(start=date(2024, 2, 1))
    for statement in (
        "UPDATE personnel_history SET actor = 'nobody'",
        "DELETE FROM personnel_history",
        "TRUNCATE personnel_history",
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert RowHistory.objects.count() == 1


@pytest.mark.parametrize(("model", "table"), [(Placement, "personnel_placement"), (Custody, "personnel_custody")])
def test_rows_that_hang_on_other_rows_name_their_person_too(
    units: dict[str, Unit], hire: Hire, model: type, table: str
) -> None:
    person = hire(start=DAY)
    if model is Placement:
        row = Placement.objects.create(employment=person.employments.get(), kind="HOME", place="市民政局", start=DAY)
    else:
        archive = Archive.objects.create(person=person, number="CH-0001", opened=DAY)
        row = Custody.objects.create(archive=archive, kind="STREET", unit=units["340181002"], start=DAY)
    model.objects.filter(pk=row.pk).update(end=LATER)
    assert RowHistory.objects.get(table_name=table).person_id == person.pk
