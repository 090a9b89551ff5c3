"""Identity numbers, telephones and accounts in the database: sealed to their row, found by digest, kept in the history."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import FieldError
from django.db import IntegrityError, connection, transaction

from core.crypto import BadSeal
from core.models import AuditEntry
from organization.models import Role
from organization.services import grant_give, user_create
from personnel.models import BankAccount, Person, PersonPast, RowHistory
from personnel.selectors.history import history_of
from personnel.services import person_change, person_correct
from personnel.services.sections import row_correct, section_add, section_change
from tests.records import write

NUMBER, OTHER_NUMBER, PHONE = "11010519491231002X", "340181199005010024", "13812345678"
ACCOUNT = "6217000011112222"


def raw(statement: str, *params: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def clerk(units):
    user, _password = user_create(actor=None, username="clerk", display_name="经办")
    grant_give(actor=None, user=user, unit=units["340181002"], role=Role.STREET_CLERK)
    return user


@pytest.fixture
def person(hire) -> Person:
    found = hire()
    write(found, identity_number=NUMBER, phone=PHONE, emergency_phone="0551-82345678")
    return Person.objects.get(pk=found.pk)


@pytest.fixture
def account(person, clerk) -> BankAccount:
    values = {"bank": "徽商银行", "number": ACCOUNT, "start": date(2024, 1, 1)}
    return section_add(actor=clerk, person=person, section="bank", values=values)


def test_the_database_has_no_number_and_the_application_reads_it(person) -> None:
    (number, phone, emergency), *_ = raw("SELECT identity_number, phone, emergency_phone FROM personnel_person")
    assert all(value.startswith("v1|A|") for value in (number, phone, emergency))
    assert (person.identity_number, person.phone, person.emergency_phone) == (NUMBER, PHONE, "0551-82345678")
    assert (person.masked_identity_number, person.masked_phone) == ("1101**********002X", "138****5678")


def test_a_number_is_found_as_it_is_written_and_as_it_is_meant(person, hire) -> None:
    hire("李静")
    for number in (NUMBER, NUMBER.lower(), "110105 19491231 002X"):
        assert Person.objects.get(identity_number=number) == person
    assert list(Person.objects.filter(identity_number__in=[NUMBER, OTHER_NUMBER])) == [person]
    assert Person.objects.get(phone=PHONE) == person
    assert not Person.objects.filter(phone="13812345679").exists()
    assert not Person.objects.filter(identity_number=PHONE).exists()
    assert Person.objects.filter(phone="").count() == 1
    assert Person.objects.exclude(phone=PHONE).count() == 1
    assert Person.objects.filter(identity_number__isnull=True).count() == 1


@pytest.mark.parametrize("lookup", ["contains", "startswith", "endswith", "iexact", "regex", "gt", "lt"])
def test_parts_of_a_number_are_no_question(lookup: str, db: None) -> None:
    for field in ("identity_number", "phone"):
        with pytest.raises(FieldError, match="Unsupported lookup"):
            list(Person.objects.filter(**{f"{field}__{lookup}": "1101"}))


def test_many_rows_take_no_number(person) -> None:
    with pytest.raises(TypeError, match="sealed to its row"):
        Person.objects.update(phone="13800000000")
    with pytest.raises(TypeError, match="written together"):
        person.save(update_fields=["phone"])


def test_two_people_have_not_the_same_number(person, hire) -> None:
    other = hire("李静")
    with pytest.raises(IntegrityError, match="identity_number_once"), transaction.atomic():
        write(other, identity_number=NUMBER.lower())


def test_what_is_moved_to_another_row_or_column_is_refused(person, hire) -> None:
    other = hire("李静")
    write(other, identity_number=OTHER_NUMBER, phone="13900000000")
    raw(
        "UPDATE personnel_person t SET phone = s.phone FROM personnel_person s WHERE t.id = %s AND s.id = %s",
        other.pk, person.pk,
    )  # fmt: skip
    with pytest.raises(BadSeal):
        assert Person.objects.get(pk=other.pk).phone
    raw("UPDATE personnel_person SET other_phone = phone WHERE id = %s", person.pk)
    with pytest.raises(BadSeal):
        assert Person.objects.get(pk=person.pk).other_phone
    write(other, phone="13900000001")  # who corrects it need not be able to read it
    assert Person.objects.get(pk=other.pk).phone == "13900000001"


def test_an_account_is_given_to_nobody_else_by_its_person(person, account, hire) -> None:
    other = hire("李静")
    raw("UPDATE personnel_bankaccount SET person_id = %s WHERE id = %s", other.pk, account.pk)
    with pytest.raises(BadSeal):
        assert BankAccount.objects.get(pk=account.pk).number


def test_the_key_of_a_row_never_changes(person, hire) -> None:
    other = hire("李静")
    statement = "UPDATE personnel_person SET key = gen_random_uuid() WHERE id = %s"
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        raw(statement, other.pk)
    raw("SET CONSTRAINTS ALL IMMEDIATE")
    raw("ALTER TABLE personnel_person DISABLE TRIGGER personnel_person_keep_key")
    raw(statement, other.pk)  # the control


def test_what_is_not_changed_is_written_back_as_it_was(person) -> None:
    before = raw("SELECT identity_number, phone FROM personnel_person")
    kept = RowHistory.objects.count()
    person.phone = PHONE
    person.save()
    assert raw("SELECT identity_number, phone FROM personnel_person") == before
    assert RowHistory.objects.count() == kept
    person.phone = "13800000001"
    person.save()
    person.save()
    assert RowHistory.objects.count() == kept + 1
    assert raw("SELECT identity_number FROM personnel_person")[0][0] == before[0][0]


def test_the_history_and_the_trail_have_no_number(person, account, clerk) -> None:
    person_change(actor=clerk, person=person, day=date(2025, 1, 1), values={"phone": "13900000000"})
    person_correct(actor=clerk, person=person, values={"identity_number": None}, reason="录错")
    row_correct(actor=clerk, row=account, values={"number": "6217000099998888"}, reason="录错")
    changed = section_change(actor=clerk, row=account, day=date(2025, 2, 1), values={"bank": "建设银行"})
    assert BankAccount.objects.get(pk=changed.pk).number == "6217000099998888"
    assert PersonPast.objects.get(field="phone").value == PHONE
    everything = str(
        raw("SELECT to_jsonb(t) FROM personnel_history t UNION ALL SELECT to_jsonb(t) FROM personnel_personpast t")
    )
    trail = str(list(AuditEntry.objects.values_list("before", "after")))
    for number in (NUMBER, PHONE, ACCOUNT, "6217000099998888", "13900000000"):
        assert number not in everything
        assert number not in trail
    assert "138****5678 #" in trail
    assert "6217********2222 #" in trail
    texts = {
        (one.before, one.after) for entry in history_of(user=clerk, person_id=person.pk) for one in entry.differences
    }
    assert (PHONE, "13900000000") in texts  # whoever may look at the record reads it there
    assert (NUMBER, "") in texts
    assert (ACCOUNT, "6217000099998888") in texts


def test_a_value_that_says_it_is_sealed_is_text(person, clerk) -> None:
    """Nobody types somebody else's sealed value into a form and has it opened."""
    foreign = raw("SELECT phone FROM personnel_person")[0][0]
    row = section_add(
        actor=clerk, person=person, section="insurance",
        values={"scheme": "PENSION", "number": foreign[:40], "start": date(2024, 1, 1)},
    )  # fmt: skip
    assert type(row).objects.get(pk=row.pk).number == foreign[:40]
