"""A file whose time is over is deleted whole by two people, and a certificate is what is left of it (T25)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from assessment.models import AnnualResult, PointEntry
from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.models import AuditEntry, AuditRedaction, Export, RowHistory
from core.rules.sheets import Heading, Table
from core.selectors import audit_end_for_system, audit_faults_for_system
from core.services.exports import export_write
from core.services.trail import audit_chain
from cwms import subject
from cwms.data_map import entries
from cwms.retention import files_due, holds_of
from cwms.retention.plan import DELETED, EMPTIED, KEPT, OTHERWISE, PAY
from cwms.retention.services import deletion_confirm, deletion_propose, deletion_refuse
from organization.models import User
from payroll.models import GradeSpan, PayRun, PaySlip
from personnel.models import Deletion, Employment, Person, SavedFilter, StoredFile, Tenure
from personnel.services import person_change, person_correct, section_add
from personnel.services.lists import filter_delete, filter_save
from personnel.services.own import own_file_set
from personnel.services.restrictions import restriction_lift, restriction_set
from reports.models import PaidArea, PastArea, PastColumn, StalePerson
from reports.services.paid import paid_count_for_system
from reports.services.past import past_count_for_system, past_wrong_for_system
from tests.faults import partial_effects
from tests.payroll.conftest import Place, place  # noqa: F401
from tests.records import write

LEFT = date(2015, 6, 1)
NAME, FORMER, NUMBER, PHONE, OLD_PHONE = "雀舌鸣", "雀旧名", "110105194912310021", "13812345678", "13912345678"
ACCOUNT, HOME, KIN, SCHOOL, BORN = "6228480012345678", "雀巷七号", "雀亲属", "雀学院", date(1949, 12, 31)
CANARIES = {
    NAME,
    FORMER,
    NUMBER,
    PHONE,
    OLD_PHONE,
    ACCOUNT,
    HOME,
    KIN,
    SCHOOL,
    BORN.isoformat(),
    "quesheming",
    "雀用户",
}


def dump() -> dict[str, str]:
    """Every row of every table as text, sealed values opened by their own models beside it."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT coalesce(string_agg(to_jsonb(t)::text, E'\\n'), '') FROM \"{table}\" t")
            found[table] = cursor.fetchone()[0]
    return found


def hits() -> set[tuple[str, str]]:
    """(table, canary): in which tables one is found, in letters or as the bytes of a file."""
    return {
        (table, one) for table, text in dump().items() for one in CANARIES if one in text or one.encode().hex() in text
    }


@pytest.fixture
def canary(place: Place) -> Person:  # noqa: F811
    """Somebody who left eleven years ago, with something in many tables, most of it written by services."""
    person = place.hire(NAME, start=date(2010, 1, 1), end=LEFT, grade="GOOD", certificate="ASSISTANT")
    officer = place.users["officer"]
    write(person, identity_number=NUMBER, phone=OLD_PHONE, birth_date=BORN)
    person_change(actor=officer, person=person, day=date(2014, 1, 15), values={"phone": PHONE})
    person_correct(actor=officer, person=Person.objects.get(pk=person.pk), values={"name": FORMER}, reason="录错")
    person_correct(
        actor=officer, person=Person.objects.get(pk=person.pk), values={"name": NAME, "address": HOME}, reason="录错"
    )
    person = Person.objects.get(pk=person.pk)
    for section, values in (
        ("bank", {"bank": "农行", "number": ACCOUNT, "start": date(2012, 1, 1), "main": True}),
        ("family", {"relation": "10", "name": KIN}),
        ("education", {"level": "BACHELOR", "graduated": date(2005, 7, 1), "school": SCHOOL}),
    ):
        section_add(actor=officer, person=person, section=section, values=values)
    stored = StoredFile.objects.create(
        sha256="a" * 64, name=f"{NAME}.png", media_type="image/png", size=3, content=NAME.encode()
    )
    write(person, photo=stored)
    PointEntry.objects.create(person=person, day=date(2014, 5, 1), item="X", points=1, note=NAME)
    user = User.objects.create(username="quesheming", display_name="雀用户", is_active=True)
    own_file_set(actor=None, user=user, person=person)
    User.objects.filter(pk=user.pk).update(is_active=False)
    restriction_set(actor=officer, person=person, reason=f"{NAME}诉讼", document="法院通知", start=date(2026, 1, 1))
    restriction_lift(actor=officer, person=person, reason="结案", document="裁定书")
    return Person.objects.get(pk=person.pk)


def propose(place: Place, *people: Person) -> Deletion:  # noqa: F811
    return deletion_propose(
        actor=place.users["officer"], people=[one.pk for one in people], document="销毁批复〔2026〕1号"
    )


def confirm(place: Place, found: Deletion) -> Deletion:  # noqa: F811
    return deletion_confirm(actor=place.users["approver"], deletion=found)


def test_nothing_of_the_person_is_found_anywhere(place: Place, canary: Person) -> None:  # noqa: F811
    other = place.hire("乙", start=date(2010, 1, 1))
    before = hits()
    assert {one for _table, one in before} == CANARIES - {NUMBER, PHONE, OLD_PHONE, ACCOUNT}  # sealed: never in letters
    assert len({table for table, _one in before}) >= 8
    done = confirm(place, propose(place, canary))
    assert hits() == set()
    assert not Person.objects.filter(pk=canary.pk).exists()
    assert Person.objects.get(pk=other.pk).name == "乙"
    assert not RowHistory.objects.filter(person_id=canary.pk).exists()
    assert (done.report["files"], done.report["stubs"], done.confirmed) == (1, 0, True)
    assert done.report["deleted"]["personnel_bankaccount"] == 1
    assert done.report["deleted"]["personnel_storedfile"] == 1
    assert len(done.digest) == 64


def test_the_plan_has_every_table_of_the_map_and_finds_what_a_copy_finds(place: Place, canary: Person) -> None:  # noqa: F811
    """The conditions in SQL against the ways of a copy: the same rows, table by table."""
    steps = dict(DELETED) | dict(PAY)
    models = {table: subject.apps.get_model(table) for table in {one.table for one in entries()}}
    tables = {model._meta.db_table for model in models.values()}
    assert tables == set(steps) | OTHERWISE | EMPTIED | set(KEPT)
    assert set(steps) & OTHERWISE == set()
    account = User.objects.get(username="quesheming").pk
    found = 0
    for label, model in models.items():
        if (where := steps.get(model._meta.db_table)) is None:
            continue
        copied = subject.way_of(label)(canary, account)
        sql = (
            where.replace("$1", "%(person)s")
            .replace("$2", "%(key)s")
            .replace("$3", "%(user)s")
            .replace("$4", "%(none)s")
        )
        values = {"person": canary.pk, "key": str(canary.key), "user": account, "none": []}
        with connection.cursor() as cursor:
            sql = sql.replace("%(none)s", "%(none)s::bigint[]").replace("%(key)s", "%(key)s::uuid")
            cursor.execute(f"SELECT count(*) FROM {model._meta.db_table} t WHERE {sql}", values)
            counted = cursor.fetchone()[0]
        assert counted == model._base_manager.filter(copied).order_by().distinct().count(), label
        found += counted
    assert found > 10


def test_what_past_days_are_answered_from_goes_with_the_file(place: Place, canary: Person) -> None:  # noqa: F811
    """It lies together for a whole county: all of it goes at once, and is counted anew without them."""
    other = place.hire("另")
    while past_count_for_system():
        pass
    mine = PastArea.objects.get(people__contains=[canary.pk])
    assert PastColumn.objects.filter(unit_path=mine.unit_path).exists(), "the control"
    confirm(place, propose(place, canary))
    assert not PastColumn.objects.filter(unit_path=mine.unit_path).exists()
    assert StalePerson.objects.filter(whose=other.pk).exists()
    while past_count_for_system():
        pass
    again = PastArea.objects.get(unit_path=mine.unit_path)
    assert other.pk in again.people
    assert canary.pk not in again.people
    assert past_wrong_for_system([canary.pk, other.pk], repair=False) == []


def test_documents_of_pay_hang_on_a_number_without_a_name(place: Place, canary: Person) -> None:  # noqa: F811
    """Sealed slips stay to the fen, of nobody; after thirty years they go too."""
    Employment.objects.filter(person=canary).update(end=None)
    Tenure.objects.filter(person=canary).update(end=None)
    place.run(seal=True)
    Employment.objects.filter(person=canary).update(end=LEFT)
    Tenure.objects.filter(person=canary).update(end=LEFT)
    GradeSpan.objects.get_or_create(person=canary, scale="x", value=1, start=date(2014, 1, 1), code="X")
    slips = list(PaySlip.objects.filter(person=canary).values("month", "gross", "amounts", "input_numbers"))
    assert slips
    done = confirm(place, propose(place, canary))
    assert list(PaySlip.objects.filter(person=canary).values("month", "gross", "amounts", "input_numbers")) == slips
    assert hits() == set()
    left = Person.objects.get(pk=canary.pk)
    assert (left.name, left.identity_number, left.birth_date, left.phone, left.photo_id) == (
        "已删除",
        None,
        None,
        "",
        None,
    )
    assert (done.report["stubs"], done.report["kept"]["payroll_payslip"]) == (1, len(slips))
    assert not AnnualResult.objects.filter(person=canary).exists()


def test_kept_pay_goes_with_documents_whose_time_is_over(place: Place, canary: Person) -> None:  # noqa: F811
    """It lies together for a whole county: that part of the run goes, and is counted anew from the slips that stay."""
    month, unit = date(1990, 1, 1), Employment.objects.filter(person=canary)[0].unit
    for table in (Employment, Tenure):
        table.objects.filter(person=canary).update(start=date(1985, 1, 1), end=date(1991, 1, 1))
    run = PayRun.objects.create(
        unit=unit, unit_path=unit.path, month=month, started_by=place.users["officer"], state="READY", fingerprint="f",
        known_on=month,
    )  # fmt: skip
    PaySlip.objects.create(
        run=run, person=canary, unit=unit, month=month, day=month, from_day=month, to_day=date(1990, 2, 1), gross=1_000,
        standards=[], amounts=[], input_codes=[], input_numbers=[],
    )  # fmt: skip
    PayRun.objects.filter(pk=run.pk).update(state="SEALED", confirmed_by=place.users["approver"])
    while paid_count_for_system():
        pass
    assert PaidArea.objects.filter(kept__run=run, population="slips").count() == 1, "the control"
    confirm(place, propose(place, canary))
    assert not PaySlip.objects.filter(run=run).exists()
    assert not PaidArea.objects.filter(kept__run=run).exists()


def paid_in(place: Place, person: Person, year: int) -> None:  # noqa: F811
    """A sealed month of pay, as if it had been in another year; then they left."""
    for model in (Employment, Tenure):
        model.objects.filter(person=person).update(end=None)
    place.run(seal=True)
    for model in (Employment, Tenure):
        model.objects.filter(person=person).update(end=LEFT)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE payroll_payslip DISABLE TRIGGER USER")
        cursor.execute("UPDATE payroll_payslip SET month = %s WHERE person_id = %s", [date(year, 3, 1), person.pk])
        cursor.execute("ALTER TABLE payroll_payslip ENABLE TRIGGER USER")


def test_a_number_on_which_pay_hung_is_listed_again_when_the_time_of_pay_is_over(
    place: Place,  # noqa: F811
    canary: Person,
) -> None:
    officer, today = place.users["officer"], timezone.localdate()
    paid_in(place, canary, today.year - 30)
    confirm(place, propose(place, canary))
    bare = Person.objects.get(pk=canary.pk)
    assert [one.pk for one in files_due(user=officer, day=today)] == []  # thirty years after the year: not yet
    with pytest.raises(NotFound):
        propose(place, bare)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE payroll_payslip DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE payroll_payslip SET month = %s WHERE person_id = %s", [date(today.year - 31, 3, 1), bare.pk]
        )
        cursor.execute("ALTER TABLE payroll_payslip ENABLE TRIGGER USER")
    [listed] = files_due(user=officer, day=today)
    assert (listed.pk, listed.since, holds_of(listed)) == (bare.pk, date(today.year - 31, 3, 1), ())
    assert list(files_due(user=place.users["foreign"], day=today)) == []
    done = confirm(place, propose(place, bare))
    assert not Person.objects.filter(pk=bare.pk).exists()
    assert not PaySlip.objects.filter(person=bare.pk).exists()
    assert (done.report["stubs"], done.report["deleted"]["payroll_payslip"]) == (0, 1)
    assert faults() == []


def test_the_function_looks_once_more_whether_the_time_of_pay_is_over(place: Place, canary: Person) -> None:  # noqa: F811
    """A proposal of a number that is made past the list."""
    paid_in(place, canary, timezone.localdate().year - 30)
    confirm(place, propose(place, canary))
    officer, approver = place.users["officer"], place.users["approver"]
    found = Deletion.objects.create(
        people=[canary.pk], unit_path="23/", document="x", proposed_by=officer, decided_by=approver,
        decided_at=timezone.now(), confirmed=True,
    )  # fmt: skip
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="its time is not over"):
        cursor.execute("SELECT personnel_delete_files(%s)", [found.pk])


def test_what_people_looked_for_by_the_name_goes_too(place: Place, canary: Person) -> None:  # noqa: F811
    officer = place.users["officer"]
    mine = filter_save(actor=officer, name="老同志", query=urlencode({"q": NAME, "post": "SECRETARY"}))
    other = filter_save(actor=officer, name="别人", query=urlencode({"q": "别人"}))
    exports = [
        export_write(
            actor=officer, action="personnel.export", kind="people", file_format="csv",
            tables=[Table("x", [Heading("x")], [])], out=BytesIO(), query=query, columns=["x"], sensitive=False,
        )
        for query in (urlencode({"q": FORMER}), f"q={NAME}", urlencode({"q": "别人"}))
    ]  # fmt: skip
    filter_delete(actor=officer, number=filter_save(actor=officer, name=NAME, query="post=SECRETARY").pk)
    done = confirm(place, propose(place, canary))
    coded = [urlencode({"q": one})[2:] for one in (NAME, FORMER)]
    found = dump()
    assert [table for table, text in found.items() if any(one in text for one in (*coded, NAME, FORMER))] == []
    assert not SavedFilter.objects.filter(pk=mine.pk).exists()
    assert SavedFilter.objects.get(pk=other.pk).query == urlencode({"q": "别人"})
    assert [Export.objects.get(pk=one.pk).query for one in exports] == ["", "", urlencode({"q": "别人"})]
    assert AuditEntry.objects.get(object_type="core.export", object_id=str(exports[2].pk)).after["query"]
    assert (done.report["emptied"]["core_export"], done.report["deleted"]["personnel_savedfilter"]) == (2, 1)
    assert faults() == []


def test_what_is_not_sealed_holds_the_file(place: Place, canary: Person) -> None:  # noqa: F811
    Employment.objects.filter(person=canary).update(end=None)
    Tenure.objects.filter(person=canary).update(end=None)
    place.run()
    Employment.objects.filter(person=canary).update(end=LEFT)
    Tenure.objects.filter(person=canary).update(end=LEFT)
    User.objects.filter(username="quesheming").update(is_active=True)
    restriction_set(actor=place.users["officer"], person=canary, reason="诉讼", document="通知", start=date(2026, 1, 1))
    with pytest.raises(Refused) as refused:
        propose(place, canary)
    assert len(refused.value.errors) == 3  # every reason at once


def test_who_proposes_and_who_confirms(place: Place, canary: Person) -> None:  # noqa: F811
    officer, approver, clerk = place.users["officer"], place.users["approver"], place.users["clerk"]
    for actor in (place.users["finance"], clerk, place.users["foreign"]):
        with pytest.raises(NotFound):
            deletion_propose(actor=actor, people=[canary.pk], document="批复1号")
    with pytest.raises(Refused):
        deletion_propose(actor=officer, people=[canary.pk], document=" ")
    with pytest.raises(Refused):
        deletion_propose(actor=officer, people=[], document="批复1号")
    found = propose(place, canary)
    with pytest.raises(Refused):
        propose(place, canary)  # waits already
    for actor in (clerk, officer):
        with pytest.raises(NotFound):
            deletion_confirm(actor=actor, deletion=found)
    with pytest.raises(Refused):
        deletion_refuse(actor=approver, deletion=found, reason=" ")
    deletion_refuse(actor=approver, deletion=found, reason="还有诉讼")
    with pytest.raises(Conflict):
        confirm(place, found)
    assert Person.objects.filter(pk=canary.pk, name=NAME).exists()
    again = propose(place, canary)
    Employment.objects.filter(person=canary).update(end=date(2020, 1, 1))  # turns out to have left later
    with pytest.raises(Refused, match="not over"):
        confirm(place, again)
    assert Person.objects.filter(pk=canary.pk, name=NAME).exists()


def test_nobody_confirms_their_own(place: Place, canary: Person) -> None:  # noqa: F811
    """Somebody who holds both roles; the database refuses it, too."""
    from organization.models import Role
    from organization.services import grant_give

    officer = place.users["officer"]
    grant_give(actor=None, user=officer, unit=place.units["232762"], role=Role.ORG_APPROVER)
    found = propose(place, canary)
    with pytest.raises(NotAllowed):
        deletion_confirm(actor=User.objects.get(pk=officer.pk), deletion=found)
    with pytest.raises(DatabaseError, match="personnel_deletion_by_another"), transaction.atomic():
        Deletion.objects.filter(pk=found.pk).update(decided_by=officer, decided_at=found.proposed_at, confirmed=True)


EMPTY = "UPDATE core_auditentry SET before = NULL, after = NULL, salt = NULL WHERE id = %s;"
LEFT_OVER = "encode(sha256(convert_to(core_audit_text(e), 'UTF8')), 'hex') FROM core_auditentry e WHERE id = %s"


def faults() -> list[Any]:
    audit_chain(depth=None)  # type: ignore[arg-type]
    return audit_faults_for_system(grace="0 seconds")


def test_the_trail_stays_sound_and_a_redaction_of_ones_own_does_not(place: Place, canary: Person) -> None:  # noqa: F811
    assert faults() == []
    theirs = AuditEntry.objects.filter(object_type="personnel.person", object_id=str(canary.pk)).order_by("pk")
    count = theirs.count()
    assert count >= 6
    assert theirs.filter(after__isnull=False).count() >= 4
    done = confirm(place, propose(place, canary))
    assert theirs.count() == count
    assert not theirs.exclude(after=None, before=None).exists()
    assert AuditRedaction.objects.filter(act=done.pk).count() == done.report["redacted"] >= count
    assert faults() == []
    assert audit_end_for_system().faults == []
    one = AuditRedaction.objects.filter(act=done.pk).order_by("entry_id")[0].entry_id
    other = AuditEntry.objects.exclude(pk__in=AuditRedaction.objects.values("entry_id")).order_by("pk")[0].pk
    changes = (
        ("UPDATE core_auditentry SET action = 'x' WHERE id = %s", one),  # what is left of it is covered as well
        ("UPDATE core_auditentry SET after = '{}' WHERE id = %s", one),
        ("DELETE FROM core_auditredaction WHERE entry_id = %s", one),
        # An owner who empties an entry of their own choice, and says that a deletion did it: the confirmed one doesn't
        # name it any more than one that nobody confirmed.
        (f"{EMPTY} INSERT INTO core_auditredaction (entry_id, act, digest) SELECT id, 77, {LEFT_OVER}", other),
        (f"{EMPTY} INSERT INTO core_auditredaction (entry_id, act, digest) SELECT id, {done.pk}, {LEFT_OVER}", other),
    )
    for statement, entry in changes:
        point = transaction.savepoint()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for table in ("core_auditentry", "core_auditredaction"):
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(statement, [entry] * statement.count("%s"))
        assert (entry, "CHANGED") in [(found.entry_id, found.fault) for found in faults()], statement
        assert audit_end_for_system().faults, statement
        transaction.savepoint_rollback(point)
    assert faults() == []


@contextmanager
def app_role(user: User | None) -> Iterator[Any]:
    """Raw SQL as the web's role, for a user; undone afterwards."""
    point = transaction.savepoint()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE cwms_app")
            if user is not None:
                cursor.execute("SELECT organization_enter(%s, %s)", [user.pk, timezone.localdate()])
            yield cursor
    finally:
        connection.needs_rollback = False
        transaction.savepoint_rollback(point)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM core_auditentry",
        "DELETE FROM personnel_history",
        "DELETE FROM core_rowhistory",
        "UPDATE core_auditentry SET after = NULL",
        "DELETE FROM assessment_annualresult WHERE state = 'CLOSED'",
        "INSERT INTO core_deletionwork VALUES (pg_current_xact_id())",
        "INSERT INTO core_auditredaction (entry_id, act, digest) VALUES (1, 1, '')",
        "DELETE FROM personnel_deletion",
        "UPDATE personnel_deletion SET report = '{{}}', digest = repeat('0', 64), confirmed = true",
        "SELECT personnel_delete_files({deletion})",
    ],
)
def test_no_statement_of_the_web_deletes_past_the_function(place: Place, canary: Person, statement: str) -> None:  # noqa: F811
    found = propose(place, canary)
    with app_role(place.users["approver"]) as cursor, pytest.raises(DatabaseError):
        cursor.execute(statement.format(deletion=found.pk))
    assert AnnualResult.objects.filter(person=canary, state="CLOSED").exists()


def test_the_web_deletes_what_is_confirmed_by_who_asks(place: Place, canary: Person) -> None:  # noqa: F811
    """The control: the same role and function, with the second user's signature; not in another's name."""
    found = propose(place, canary)
    sign = "UPDATE personnel_deletion SET decided_by_id = %s, decided_at = now(), confirmed = true WHERE id = %s"
    officer, approver = place.users["officer"], place.users["approver"]
    with app_role(officer) as cursor, pytest.raises(DatabaseError, match="signature of another"):
        cursor.execute(sign, [approver.pk, found.pk])
    with app_role(approver) as cursor:
        cursor.execute(sign, [approver.pk, found.pk])
        cursor.execute("SELECT personnel_delete_files(%s)", [found.pk])
        assert json.loads(cursor.fetchone()[0])["files"] == 1
        with pytest.raises(DatabaseError, match="is done"):
            cursor.execute("SELECT personnel_delete_files(%s)", [found.pk])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE personnel_deletion SET people = people || 7::bigint",
        "UPDATE personnel_deletion SET document = 'x'",
        "UPDATE personnel_deletion SET reason = 'x'",
        "UPDATE personnel_deletion SET report = '{}'",
        "DELETE FROM personnel_deletion",
    ],
)
def test_what_was_proposed_and_certified_never_changes(place: Place, canary: Person, statement: str) -> None:  # noqa: F811
    confirm(place, propose(place, canary))
    with connection.cursor() as cursor:
        with pytest.raises(DatabaseError, match="personnel_deletion refused"), transaction.atomic():
            cursor.execute(statement)
        # The control: without the guard any of them goes through.
        cursor.execute(
            "SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE personnel_deletion DISABLE TRIGGER personnel_deletion_kept"
        )
        cursor.execute(statement)
        assert cursor.rowcount == 1


def digest() -> dict[str, str]:
    return {table: text for table, text in dump().items() if table not in ("core_auditlink", "django_session")}


def test_whichever_step_fails_nothing_is_half_deleted(place: Place, canary: Person) -> None:  # noqa: F811
    """A trigger that fails stands on one table after the other that the function writes."""
    found = propose(place, canary)
    before = digest()
    touched = [table for table, _where in DELETED] + sorted(OTHERWISE | {"core_auditentry", "core_auditredaction"})
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "CREATE FUNCTION boom() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'boom'; END $$"
        )
        for table in touched:
            point = transaction.savepoint()
            cursor.execute(f"CREATE TRIGGER boom BEFORE INSERT OR UPDATE OR DELETE ON {table} EXECUTE FUNCTION boom()")
            with pytest.raises(DatabaseError, match="boom"):
                confirm(place, found)
            transaction.savepoint_rollback(point)
        cursor.execute("DROP FUNCTION boom()")
    assert digest() == before
    confirm(place, found)  # the control: without it all of it goes
    assert hits() == set()
    assert len(touched) > 50


def test_an_error_at_any_statement_leaves_nothing(place: Place, canary: Person) -> None:  # noqa: F811
    """Each statement that the services send fails once, as when a connection is lost."""
    approver = place.users["approver"]
    assert partial_effects(partial(propose, place, canary))[0] == []
    found = propose(place, canary)
    for act in (
        partial(deletion_confirm, actor=approver, deletion=found),
        partial(deletion_refuse, actor=approver, deletion=found, reason="还要用"),
    ):
        left, count = partial_effects(act)
        assert (left, count > 4) == ([], True)
    bare = partial(deletion_confirm.__wrapped__, actor=approver, deletion=found)  # type: ignore[attr-defined]
    assert partial_effects(bare)[0]  # the control: the same service, not atomic


def test_the_list_is_of_ones_own_units_and_says_what_holds(place: Place, canary: Person) -> None:  # noqa: F811
    day = LEFT.replace(year=LEFT.year + 10)
    officer = place.users["officer"]
    assert list(files_due(user=officer, day=day - timedelta(days=1))) == []
    assert [one.pk for one in files_due(user=officer, day=day)] == [canary.pk]
    assert [list(files_due(user=place.users[name], day=day)) for name in ("clerk", "finance", "foreign")] == [
        [],
        [],
        [],
    ]
    propose(place, canary)
    assert [one.proposed for one in files_due(user=officer, day=day)] == [True]
