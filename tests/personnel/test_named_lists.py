"""Named lists and lists of duties: who is on them on a day, what the database refuses, and how pages find them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from core.errors import Conflict, Refused
from personnel.filters import PeopleFilter
from personnel.models import DutyItem, Listing, NamedListEntry, Person
from personnel.rules.fields import FIELDS, code_of, wording
from personnel.services import section_add, section_change, section_end

Hire = Callable[..., Person]


def on_lists(kinds: list[str], day: date) -> set[str]:
    """Who the list of people shows for kinds of lists on a day."""
    found = PeopleFilter({"named_list": kinds}, queryset=Listing.objects.all(), day=day)
    assert found.form.is_valid(), found.form.errors
    return {row.person.name for row in found.qs.select_related("person")}


@pytest.mark.requirement("LS-25")
def test_workers_of_either_kind_are_put_on_the_reserve_list(hire: Hire) -> None:
    grid = hire("网格员", title="GRID_WORKER", category="GRID_WORKER")
    worker = hire("社区工作者")
    hire("旁人")
    for person, start in ((grid, "2024-03-01"), (worker, "2024-06-01")):
        values = {"kind": "COMMITTEE_RESERVE", "start": start, "document": "组〔2024〕3号"}
        section_add(actor=None, person=person, section="named_list", values=values)
    assert on_lists(["COMMITTEE_RESERVE"], date(2024, 2, 29)) == set()
    assert on_lists(["COMMITTEE_RESERVE"], date(2024, 3, 1)) == {"网格员"}
    assert on_lists(["COMMITTEE_RESERVE"], date(2024, 6, 1)) == {"网格员", "社区工作者"}
    section_end(actor=None, row=grid.named_lists.get(), day=date(2025, 1, 1))  # elected, and so no longer a reserve
    assert on_lists(["COMMITTEE_RESERVE"], date(2024, 12, 31)) == {"网格员", "社区工作者"}
    assert on_lists(["COMMITTEE_RESERVE"], date(2025, 1, 1)) == {"社区工作者"}


@pytest.mark.requirement("LS-26")
def test_three_named_lists_have_their_first_batch(hire: Hire) -> None:
    kinds = {"锻炼任用": "TRAINING_POST", "交流重用": "EXCHANGE", "事业人员定向招录": "TARGETED_RECRUITMENT"}
    for word, code in kinds.items():
        assert (code_of("named_list.kind", word), wording("named_list.kind", code)) == (code, word)
        values = {"kind": code, "batch": "首批", "start": "2025-03-01"}
        section_add(actor=None, person=hire(word), section="named_list", values=values)
    day = date(2025, 3, 1)
    assert [on_lists([code], day) for code in kinds.values()] == [{word} for word in kinds]
    assert on_lists(list(kinds.values()), day) == set(kinds)
    assert set(NamedListEntry.objects.values_list("batch", flat=True)) == {"首批"}


def test_somebody_is_on_a_list_once_at_a_time(hire: Hire) -> None:
    person = hire()
    row = {"person": person, "kind": "EXCHANGE"}
    NamedListEntry.objects.create(**row, start=date(2024, 1, 1), end=date(2025, 1, 1))
    with pytest.raises(IntegrityError), transaction.atomic():
        NamedListEntry.objects.create(**row, start=date(2024, 12, 31))
    with pytest.raises(Conflict, match="王芳"):
        section_add(actor=None, person=person, section="named_list", values={"kind": "EXCHANGE", "start": "2024-12-31"})
    NamedListEntry.objects.create(**row, start=date(2025, 1, 1))
    NamedListEntry.objects.create(person=person, kind="TRAINING_POST", start=date(2024, 6, 1))  # another list
    with pytest.raises(IntegrityError), transaction.atomic():
        NamedListEntry.objects.create(
            person=person, kind="TARGETED_RECRUITMENT", start=date(2024, 6, 1), end=date(2024, 5, 31)
        )
    with connection.cursor() as cursor:  # control
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "ALTER TABLE personnel_namedlistentry DROP CONSTRAINT personnel_named_list_once_at_a_time, "
            "DROP CONSTRAINT personnel_named_list_range"
        )
    NamedListEntry.objects.create(**row, start=date(2024, 12, 31))
    NamedListEntry.objects.create(person=person, kind="EXCHANGE", start=date(2024, 6, 1), end=date(2024, 5, 31))


@pytest.mark.requirement("JP-02")
def test_a_person_has_lists_of_responsibilities_and_tasks(hire: Hire) -> None:
    person = hire()

    def add(**values: str) -> DutyItem:
        row = section_add(actor=None, person=person, section="duty", values=values)
        assert isinstance(row, DutyItem)
        return row

    add(kind="RESPONSIBILITY", text="网格内矛盾排查", start="2025-01-06", document="锦街发〔2025〕2号")
    task = add(kind="TASK", text="走访独居老人", start="2025-01-06", due="2025-06-30")
    add(kind="TASK", text="走访独居老人", start="2025-01-06", due="2025-12-31")  # the same again is another item
    section_end(actor=None, row=task, day=date(2025, 6, 20))
    items = DutyItem.objects.order_by("pk").values_list("kind", "text", "due", "done")
    assert list(items) == [
        ("RESPONSIBILITY", "网格内矛盾排查", None, None),
        ("TASK", "走访独居老人", date(2025, 6, 30), date(2025, 6, 20)),
        ("TASK", "走访独居老人", date(2025, 12, 31), None),
    ]
    with pytest.raises(Refused):
        section_end(actor=None, row=task, day=date(2025, 1, 5))
    for wrong in ({"due": "2025-01-05"}, {"text": ""}, {"done": "2025-01-05"}, {"kind": "WISH"}):
        with pytest.raises(Refused):
            add(**{"kind": "TASK", "text": "走访", "start": "2025-01-06"} | wrong)
    assert DutyItem.objects.count() == 3


def test_the_database_refuses_duties_that_say_nothing_or_end_before_they_begin(hire: Hire) -> None:
    good = {"person": hire(), "kind": "TASK", "text": "走访", "start": date(2025, 1, 6)}
    wrong = ({"text": ""}, {"due": date(2025, 1, 5)}, {"done": date(2025, 1, 5)})
    for values in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            DutyItem.objects.create(**good | values)
    with connection.cursor() as cursor:  # control
        cursor.execute(
            "ALTER TABLE personnel_dutyitem DROP CONSTRAINT personnel_duty_text, DROP CONSTRAINT personnel_duty_due, "
            "DROP CONSTRAINT personnel_duty_range"
        )
    for values in wrong:
        DutyItem.objects.create(**good | values)


def test_another_duty_from_a_day_closes_the_one_before(hire: Hire) -> None:
    values = {"kind": "RESPONSIBILITY", "text": "一号楼", "start": "2025-01-06"}
    row = section_add(actor=None, person=hire(), section="duty", values=values)
    section_change(actor=None, row=row, day=date(2025, 7, 1), values={"text": "二号楼"})
    assert list(DutyItem.objects.order_by("start").values_list("text", "start", "done")) == [
        ("一号楼", date(2025, 1, 6), date(2025, 7, 1)),
        ("二号楼", date(2025, 7, 1), None),
    ]


def test_lists_are_personal() -> None:
    of_lists = [field for field in FIELDS.values() if field.section in ("named_list", "duty")]
    assert len(of_lists) == 11
    assert {field.sensitivity for field in of_lists} == {"personal"}


@pytest.mark.requirement("TR-12")
def test_the_reserve_for_committees_is_a_pool_beside_that_of_secretaries(hire: Hire) -> None:
    both, second, first = hire("两池"), hire("委员后备"), hire("书记后备")
    for person, kinds in (
        (both, ("SECRETARY_RESERVE", "COMMITTEE_RESERVE")), (second, ("COMMITTEE_RESERVE",)),
        (first, ("SECRETARY_RESERVE",)),
    ):  # fmt: skip
        for kind in kinds:
            section_add(actor=None, person=person, section="named_list", values={"kind": kind, "start": "2024-03-01"})
    day = date(2024, 3, 1)
    assert on_lists(["COMMITTEE_RESERVE"], day) == {"两池", "委员后备"}
    assert on_lists(["SECRETARY_RESERVE"], day) == {"两池", "书记后备"}
