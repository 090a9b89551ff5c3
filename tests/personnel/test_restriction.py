"""A file whose processing is restricted: what is left of it in lists, exports and statistics, and what goes on."""

# ruff: noqa: F811

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from core.errors import Conflict
from core.models import AuditEntry
from core.periods import Month
from organization.models import Role, User
from payroll.models import PaySlip
from personnel.models import Person, Restriction
from personnel.rules.disclosure import CELLS, UNRESTRICTED, Sight, sights
from personnel.services import section_add
from personnel.services.restrictions import restriction_set
from tests.records import write
from tests.test_permissions import World, world  # noqa: F401

PHONE = "13812345678"


def client_of(world: World, role: Role, position: str = "own") -> Client:
    client = Client()
    client.force_login(world.users[role, position])
    return client


@pytest.fixture
def person(world: World) -> Person:
    found = Person.objects.get(pk=world.numbers["person"])
    write(found, phone=PHONE, native_place="黑河市爱辉区")
    section_add(
        actor=None, person=found, section="education", values={"level": "COLLEGE", "school": "黑河学院", "graduated": date(2012, 7, 1)}
    )  # fmt: skip
    return found


def restrict(person: Person, start: date | None = None) -> Restriction:
    return restriction_set(
        actor=User.objects.get(username="street_clerk-own"),
        person=person,
        reason="本人对登记内容有异议",
        document="来信2026-3",
        start=start or timezone.localdate(),
    )


def listed(world: World) -> str:
    client = client_of(world, Role.STREET_CLERK)
    client.post("/people/columns/", {"column": ["native_place", "phone", "education.school"]})
    return client.get("/people/").content.decode()


def exported(world: World) -> str:
    client = client_of(world, Role.STREET_CLERK)
    client.post("/people/columns/", {"column": ["native_place", "phone", "education.school"]})
    answer = client.post("/people/export/", {"unmasked": "1", "purpose": "PAY", "sections": "1"})
    book = load_workbook(io.BytesIO(b"".join(answer)))
    return " ".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)


@pytest.mark.parametrize("restricted", [True, False])
def test_lists_and_exports_keep_the_name_alone(world: World, person: Person, restricted: bool) -> None:
    """Without the restriction the same values are there: the control."""
    if restricted:
        restrict(person)
    page, book = listed(world), exported(world)
    assert "甲" in page
    assert "甲" in book
    assert [word in page for word in ("黑河市爱辉区", "黑河学院")] == [not restricted] * 2
    assert [word in book for word in ("黑河市爱辉区", "黑河学院", PHONE)] == [not restricted] * 3


@pytest.mark.parametrize("restricted", [True, False])
def test_the_record_shows_the_rest_for_a_purpose(world: World, person: Person, restricted: bool) -> None:
    if restricted:
        restrict(person)
    client = client_of(world, Role.STREET_CLERK)
    answer = client.get(f"/people/{person.pk}/")
    record = answer.content.decode()
    assert ("黑河市爱辉区" in record) is not restricted
    assert (answer.context["hides"], "Years of service" in record) == (restricted, not restricted)
    shown = client.post(f"/people/{person.pk}/", {"purpose": "REQUEST"}).content.decode()
    assert "黑河市爱辉区" in shown  # for a purpose, which the trail keeps
    assert "Years of service" in shown
    assert ("本人对登记内容有异议" in record) is restricted


@pytest.mark.parametrize("restricted", [True, False])
def test_programs_get_the_name_alone(world: World, person: Person, restricted: bool) -> None:
    if restricted:
        restrict(person)
    client = client_of(world, Role.REST_CLIENT)
    people = client.get("/api/v1/people/").json()["results"]
    (row,) = [one for one in people if one["id"] == person.pk]
    assert (row["name"], row["birth_date"] is None, row["entered"] is None) == ("甲", restricted, restricted)
    jobs = client.get("/api/v1/employments/").json()["results"]
    (job,) = [one for one in jobs if one["person"] == person.pk]
    assert (job["category"] is None) is restricted


def test_it_holds_from_its_day_until_another_act(world: World, person: Person) -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    restrict(person, tomorrow)
    assert "黑河市爱辉区" in listed(world)
    with pytest.raises(Conflict):
        restrict(person)
    Restriction.objects.update(start=timezone.localdate())
    assert "黑河市爱辉区" not in listed(world)
    clerk = client_of(world, Role.STREET_CLERK)
    refused = clerk.post(f"/people/{person.pk}/restriction/", {"reason": "", "document": ""})
    assert (refused.status_code, sorted(refused.context["form"].errors)) == (422, ["document", "reason"])
    lifted = clerk.post(f"/people/{person.pk}/restriction/", {"reason": "撤回异议", "document": "来信2026-4"})
    assert lifted.status_code == 302
    assert "黑河市爱辉区" in listed(world)
    kept = Restriction.objects.get()
    assert (kept.end, kept.lifted_by, kept.lift_document) == (
        timezone.localdate(), world.users[Role.STREET_CLERK, "own"], "来信2026-4",
    )  # fmt: skip
    assert AuditEntry.objects.filter(action="personnel.restriction.lift").count() == 1


def test_the_page_restricts_with_all_faults_at_once(world: World, person: Person) -> None:
    clerk = client_of(world, Role.STREET_CLERK)
    refused = clerk.post(f"/people/{person.pk}/restriction/", {"reason": "", "document": "", "start": ""})
    assert (refused.status_code, sorted(refused.context["form"].errors)) == (422, ["document", "reason", "start"])
    given = {"reason": "本人有异议", "document": "来信2026-3", "start": timezone.localdate().isoformat()}
    assert clerk.post(f"/people/{person.pk}/restriction/", given).status_code == 302
    assert Restriction.objects.get().set_by == world.users[Role.STREET_CLERK, "own"]
    stranger = client_of(world, Role.STREET_CLERK, "sibling")
    assert stranger.post(f"/people/{person.pk}/restriction/", given).status_code == 404


def test_pay_goes_on(world: World, person: Person) -> None:
    restrict(person)
    run = world.place.run(unit="232762100", month=Month(2026, 2))
    assert PaySlip.objects.filter(run=run, person=person).exists()


def test_the_database_takes_one_at_a_time_and_no_lifting_without_a_reason(world: World, person: Person) -> None:
    made = restrict(person)
    again = (
        "INSERT INTO personnel_restriction (person_id, reason, document, start, set_by_id, entered, lift_reason, lift_document) "
        "SELECT person_id, reason, document, start, %s, entered, '', '' FROM personnel_restriction"
    )
    lift = 'UPDATE personnel_restriction SET "end" = start, lifted_by_id = %s'
    who = [world.users[Role.STREET_CLERK, "own"].pk]
    for statement, name in ((again, "personnel_restriction_once"), (lift, "personnel_restriction_lifted")):
        with pytest.raises(IntegrityError, match=name), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, who)
    with connection.cursor() as cursor:  # the control
        cursor.execute(f"{lift}, lift_reason = '撤回', lift_document = '来信'", who)
        assert cursor.rowcount == 1
    assert made.pk


def test_what_is_left_of_each_field_is_by_the_rule() -> None:
    """Name and unit as before; nothing else readable, nothing hidden shown, nothing in a list to be asked for."""
    whole = sights(frozenset({"ORG_OFFICER"}))
    for code in CELLS:
        asked, masked = whole.restricted(listed=False)[code], whole.restricted(listed=True)[code]
        assert (asked.writes, masked.writes) == (whole[code].writes, whole[code].writes)
        if code in UNRESTRICTED:
            assert asked.sight == masked.sight == Sight.READABLE
        else:
            assert asked.sight <= Sight.ASKED
            assert masked.sight <= Sight.MASKED
            assert (asked.sight == Sight.HIDDEN) == (whole[code].sight == Sight.HIDDEN)


FOUND_BY = ("sex=MALE", "category=COMMUNITY_WORKER", "age_from=18", "entered_from=2000-01-01", "title=STAFF", "sort=born",
            "sort=-entered", "education=COLLEGE", "missing=archive")  # fmt: skip


@pytest.mark.parametrize("restricted", [True, False])
def test_no_filter_and_no_order_chooses_by_what_is_hidden(world: World, person: Person, restricted: bool) -> None:
    """The rows and the count alike, on the page and for programs; without the restriction each question finds them."""
    if restricted:
        restrict(person)
    page, program = client_of(world, Role.STREET_CLERK), client_of(world, Role.REST_CLIENT)
    for query in FOUND_BY:
        answer = page.get(f"/people/?{query}")
        there = f'href="/people/{person.pk}/' in answer.content.decode()
        assert there is not restricted, query
        assert answer.context["page"].total == len(answer.context["page"].rows), query
        listed = [one["id"] for one in program.get(f"/api/v1/people/?{query}").json()["results"]]
        assert (person.pk in listed) is not restricted, query
    # By what is shown they are found as before.
    for query in ("", "q=甲", "unit=232762100001", "sort=unit", "sort=-name"):
        assert f'href="/people/{person.pk}/' in page.get(f"/people/?{query}").content.decode(), query


@pytest.mark.parametrize("restricted", [True, False])
def test_results_grades_and_slips_wait_for_a_purpose(world: World, person: Person, restricted: bool) -> None:
    if restricted:
        restrict(person)
    client = client_of(world, Role.STREET_CLERK)
    parts = [f"/people/{person.pk}/results/", f"/grades/{person.pk}/", f"/payslips/{person.pk}/"]

    def withheld() -> list[bool]:
        return [b"<table" not in client.get(part).content for part in parts]

    assert withheld() == [restricted] * 3
    client.post(f"/people/{person.pk}/", {"purpose": ""})  # no purpose is none
    assert withheld() == [restricted] * 3
    client.post(f"/people/{person.pk}/", {"purpose": "REQUEST"})
    assert withheld() == [False] * 3
    assert AuditEntry.objects.filter(action="personnel.person.unmask", object_id=str(person.pk)).exists()
    # Another session has named nothing; and who may not look is told so all the same.
    client = client_of(world, Role.STREET_CLERK)
    assert withheld() == [restricted] * 3
    stranger = client_of(world, Role.STREET_CLERK, "sibling")
    assert [stranger.get(part).status_code for part in parts] == [404] * 3
