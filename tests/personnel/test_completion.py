"""毕业, 结业, 肄业: only who graduated has the level of education, wherever somebody's education is asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection

from organization.models import Role, Unit, User
from organization.services import grant_give, user_create
from personnel.filters import PeopleFilter
from personnel.models import Education, Listing, Person
from personnel.rules.fields import FIELDS, code_of
from personnel.rules.review import clean_field
from personnel.rules.words import STANDARD, STUDIES
from personnel.selectors import day_facts_for_system
from personnel.selectors.columns import facts_for_system
from personnel.selectors.listing import people_rows
from personnel.services import row_correct, section_add
from policy.rules.facts import EDUCATIONS

Hire = Callable[..., Person]
DAY = date(2026, 1, 1)
COLLEGE_AND_ABOVE = EDUCATIONS[: EDUCATIONS.index("COLLEGE") + 1]  # 大专及以上


@pytest.fixture
def clerk(units: dict[str, Unit]) -> User:
    user, _password = user_create(actor=None, username="clerk", display_name="经办")
    grant_give(actor=None, user=user, unit=units["340181002"], role=Role.STREET_CLERK)
    return user


def educations(units: dict[str, Unit]) -> dict[int, tuple[str | None, str | None]]:
    people = day_facts_for_system([units["340181"].path], DAY, {"education", "degree"}).people
    return {person: (level, degree) for person, level, degree in people.select("person", "education", "degree").rows()}


def in_list(clerk: User, *levels: str, day: date = DAY) -> set[int]:
    rows = people_rows(user=clerk, day=day)
    found = PeopleFilter({"education": list(levels)}, queryset=rows, day=day).qs
    return set(found.values_list("person_id", flat=True))


@pytest.mark.requirement("CH-07")
def test_only_graduates_count_as_college_and_above(units: dict[str, Unit], hire: Hire, clerk: User) -> None:
    """Four people of whom one has the diploma: 1 of 4 and not 4 of 4."""
    people = {}
    for name, completion in (("毕", "GRADUATED"), ("结", "COMPLETED"), ("肄", "LEFT_EARLY")):
        people[name] = hire(f"王{name}")
        section_add(actor=clerk, person=people[name], section="education",
                    values={"level": "COLLEGE", "graduated": "2012-07-01", "completion": completion})  # fmt: skip
    people["高"] = hire("王高")
    section_add(actor=clerk, person=people["高"], section="education",
                values={"level": "HIGH", "graduated": "2008-07-01"})  # fmt: skip
    section_add(actor=clerk, person=people["高"], section="education",
                values={"level": "BACHELOR", "graduated": "2012-07-01", "completion": "LEFT_EARLY",
                        "degree": "BACHELOR"})  # fmt: skip
    assert educations(units) == {
        people["毕"].pk: ("COLLEGE", None),
        people["结"].pk: (None, None),
        people["肄"].pk: (None, None),
        people["高"].pk: ("HIGH", None),
    }
    assert in_list(clerk, *COLLEGE_AND_ABOVE) == {people["毕"].pk}
    assert in_list(clerk, *COLLEGE_AND_ABOVE, day=date(2013, 1, 1)) == set()  # nobody worked here then
    assert in_list(clerk, *COLLEGE_AND_ABOVE, day=date(2025, 6, 1)) == {people["毕"].pk}
    assert in_list(clerk, "HIGH") == {people["高"].pk}
    rows = list(people_rows(user=clerk, day=DAY))
    shown = facts_for_system(rows, ("education.level", "education.completion"), DAY).educations
    assert {person: one.level for person, one in shown.items()} == {people["毕"].pk: "COLLEGE", people["高"].pk: "HIGH"}


def test_were_the_end_not_asked_all_would_count(units: dict[str, Unit], hire: Hire, clerk: User) -> None:
    """The control: the same rows as graduations."""
    person = hire()
    Education.objects.create(person=person, level="COLLEGE", graduated=date(2012, 7, 1), completion="LEFT_EARLY")
    assert in_list(clerk, *COLLEGE_AND_ABOVE) == set()
    Education.objects.update(completion="GRADUATED")
    assert in_list(clerk, *COLLEGE_AND_ABOVE) == {person.pk}
    assert educations(units) == {person.pk: ("COLLEGE", None)}


def test_whoever_graduates_after_all_is_corrected(units: dict[str, Unit], hire: Hire, clerk: User) -> None:
    """A row on record from before says GRADUATED; the list follows when that turns out wrong."""
    person = hire()
    row = section_add(actor=clerk, person=person, section="education",
                      values={"level": "BACHELOR", "graduated": "2012-07-01"})  # fmt: skip
    assert (row.completion, in_list(clerk, "BACHELOR")) == ("GRADUATED", {person.pk})
    row_correct(actor=clerk, row=row, values={"completion": "LEFT_EARLY"}, reason="无毕业证书")
    assert in_list(clerk, "BACHELOR") == set()
    assert "'H/BACHELOR'" not in str(Listing.objects.get(person=person).words)


def test_the_database_says_graduated_where_nothing_is_said(hire: Hire) -> None:
    """Rows that are copied in, past every form."""
    person = hire()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO personnel_education (person_id, level, graduated, school) VALUES (%s, 'HIGH', '2008-07-01', '')",
            [person.pk],
        )
    assert Education.objects.get().completion == "GRADUATED"


def test_the_words_and_numbers_of_the_standard() -> None:
    """GB/T 4658-2006: 11, 14, 21, 31, 41, 61, 71, 81 are the graduates; the others stand beside them."""
    field = FIELDS["education.completion"]
    assert [code_of(field.code, word) for word in ("毕业", "结业", "肄业")] == ["GRADUATED", "COMPLETED", "LEFT_EARLY"]
    assert STUDIES["22"] == ("BACHELOR", "COMPLETED")
    assert STUDIES["33"] == ("COLLEGE", "LEFT_EARLY")
    assert STUDIES["72"] == ("JUNIOR", "LEFT_EARLY")
    assert sorted(STUDIES) == ["12", "13", "15", "16", "22", "23", "32", "33", "42", "43", "62", "63", "72", "82"]
    graduates = set(STANDARD["EducationLevel"][1].values())
    assert not graduates & set(STUDIES)
    assert clean_field("education.level", "肄业", DAY).problem is not None  # no level at all
