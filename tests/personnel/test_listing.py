"""The table that lists are read from: right whatever is written, and by whom."""

from __future__ import annotations

from datetime import date

from personnel.models import Certificate, Education, Employment, Listing, Person, Tenure
from personnel.services import person_create, tenure_start


def words(person: Person) -> set[str]:
    """The lexemes of somebody's one row."""
    row = Listing.objects.get(person=person)
    return {part.split("'")[1] for part in str(row.words).split(" ")}


def test_a_row_says_who_where_and_when(hire, units) -> None:
    person = hire("王小芳", start=date(2020, 3, 1))
    row = Listing.objects.get(person=person)
    assert (row.unit_path, row.sort_name, row.start, row.end, row.born, row.alone) == (
        units["340181002008"].path, "wang xiao fang", date(2020, 3, 1), date(9999, 12, 31), date(1990, 5, 1), True,
    )  # fmt: skip
    assert words(person) == {
        "王小芳", "小芳", "芳", "wangxiaofang", "xiaofang", "fang", "wxf", "xf", "f",
        "S/FEMALE", "K/COMMUNITY_WORKER", "T/STAFF",
    }  # fmt: skip
