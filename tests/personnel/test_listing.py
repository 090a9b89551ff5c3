"""The table that lists are read from: right whatever is written, and by whom."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection

from organization.models import Unit
from personnel.models import Certificate, Education, Employment, Listing, Person, PersonPast, Tenure
from personnel.services import person_create, tenure_start


def words(person: Person) -> set[str]:
    """The lexemes of somebody's one row."""
    return {part.split("'")[1] for part in str(Listing.objects.get(person=person).words).split(" ")}


def test_a_row_says_who_where_and_when(hire, units) -> None:
    person = hire("王小芳", start=date(2020, 3, 1))
    row = Listing.objects.get(person=person)
    assert (row.unit_path, row.sort_name, row.first, row.start, row.end, row.born, row.alone) == (
        units["340181002008"].path, "wang xiao fang", "王", date(2020, 3, 1), date(9999, 12, 31), date(1990, 5, 1), True,
    )  # fmt: skip
    assert words(person) == {
        "<王小芳", "小芳", "芳", "<wangxiaofang", "xiaofang", "fang", "wxf", "xf", "f",
        "S/FEMALE", "K/COMMUNITY_WORKER", "T/STAFF", "O/STAFF",
    }  # fmt: skip


def test_every_table_that_a_row_rests_on_renews_it(hire) -> None:
    person = hire()
    Education.objects.create(person=person, level="COLLEGE", graduated=date(2010, 7, 1))
    assert {"E/COLLEGE", "H/COLLEGE"} <= words(person)
    Education.objects.create(person=person, level="BACHELOR", graduated=date(2015, 7, 1))
    assert {"E/COLLEGE", "E/BACHELOR", "H/BACHELOR"} <= words(person)
    assert "H/COLLEGE" not in words(person)
    Certificate.objects.create(person=person, level="ASSISTANT", number="1", issued=date(2020, 1, 1))
    assert "C/ASSISTANT" in words(person)
    Certificate.objects.filter(person=person).delete()
    assert "C/ASSISTANT" not in words(person)
    Person.objects.filter(pk=person.pk).update(name="李静", name_pinyin="li jing", political_status="MASSES")
    assert {"<李静", "静", "<lijing", "jing", "lj", "j", "P/MASSES", "Q/MASSES"} <= words(person)
    assert "<王芳" not in words(person)
    Employment.objects.filter(person=person).update(end=date(2024, 1, 1), unit_path="34/")
    row = Listing.objects.get(person=person)
    assert (row.end, row.unit_path) == (date(2024, 1, 1), "34/")
    Tenure.objects.filter(person=person).delete()
    assert "T/STAFF" not in words(person)
    Employment.objects.filter(person=person).delete()
    assert not Listing.objects.filter(person=person).exists()


def test_former_names_and_statuses_are_found(hire) -> None:
    person = hire("李静")
    PersonPast.objects.create(person=person, field="name", value="李大丫", until=date(2022, 1, 1))
    PersonPast.objects.create(person=person, field="political_status", value="MASSES", until=date(2022, 1, 1))
    assert {"李大丫", "大丫", "丫", "Q/MASSES"} <= words(person)
    assert "P/MASSES" not in words(person)


def test_an_empty_first_syllable_of_two_is_found_without_the_space(hire) -> None:
    person = hire("习安")
    assert {"<xian", "xian", "an", "xa", "a"} <= words(person)


def test_two_jobs_at_once_are_not_alone(hire, units) -> None:
    person = hire(start=date(2020, 1, 1))
    Employment.objects.create(
        person=person, unit=units["340181002001"], employer=units["340181002001"],
        unit_path=units["340181002001"].path, category="GRID_WORKER", start=date(2023, 1, 1), end=date(2024, 1, 1),
    )  # fmt: skip
    assert list(Listing.objects.filter(person=person).order_by("start").values_list("start", "alone")) == [
        (date(2020, 1, 1), False), (date(2023, 1, 1), False),
    ]  # fmt: skip
    Employment.objects.filter(person=person, category="COMMUNITY_WORKER").update(end=date(2023, 1, 1))
    assert set(Listing.objects.filter(person=person).values_list("alone", flat=True)) == {True}


def test_a_post_without_an_employment_is_a_row_where_the_post_is(units) -> None:
    unit = units["340181002008"]
    person = person_create(actor=None, unit=unit, name="赵兼职")
    tenure = tenure_start(actor=None, person=person, unit=unit, title="COMMITTEE_MEMBER", start=date(2021, 1, 1))
    row = Listing.objects.get(person=person)
    assert (row.employment_id, row.tenure_id, row.unit_path, row.start) == (None, tenure.pk, unit.path, tenure.start)
    assert {"K/NONE", "T/COMMITTEE_MEMBER", "O/COMMITTEE_MEMBER"} <= words(person)
    Unit.objects.filter(pk=unit.pk).update(path="34/9/")
    assert Listing.objects.get(person=person).unit_path == "34/9/"
    Employment.objects.create(
        person=person, unit=unit, employer=unit, unit_path=unit.path, category="GRID_WORKER", start=date(2021, 1, 1)
    )
    assert Listing.objects.get(person=person).tenure_id is None


def test_only_a_post_without_an_end_is_surely_held(hire) -> None:
    person = hire(end=date(2090, 1, 1))
    assert "T/STAFF" in words(person)
    assert "O/STAFF" not in words(person)
    Tenure.objects.filter(person=person).update(end=None, start=date(2089, 1, 1))
    assert "O/STAFF" not in words(person)


def test_made_anew_it_is_the_same(hire) -> None:
    hire("王小芳")
    hire("单雄信", unit="340181002001", end=date(2023, 1, 1))

    def everything() -> list[tuple[object, ...]]:
        columns = [field.attname for field in Listing._meta.concrete_fields if field.name != "id"]
        return list(Listing.objects.order_by("person_id", "start").values_list(*columns))

    before = everything()
    with connection.cursor() as cursor:
        cursor.execute("SELECT personnel_listing_renew(NULL)")
    assert everything() == before
    assert len(before) == 2


def test_without_the_trigger_a_row_would_be_stale(hire) -> None:
    """The control of the tests above."""
    person = hire()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE personnel_certificate DISABLE TRIGGER personnel_listing_certificate_added")
    Certificate.objects.create(person=person, level="ASSISTANT", number="1", issued=date(2020, 1, 1))
    assert "C/ASSISTANT" not in words(person)


@pytest.mark.parametrize("name", ["", "·", "Ali", "𠮷田"])
def test_odd_names_make_a_row(hire, name: str) -> None:
    person = hire()
    Person.objects.filter(pk=person.pk).update(name=name, name_pinyin="")
    assert Listing.objects.filter(person=person).count() == 1
