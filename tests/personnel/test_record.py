"""A file as of any day, who changed what, and what it lacks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection
from django.utils import timezone, translation

from core.errors import NotFound
from organization.models import Role, Unit, User
from organization.services import grant_give, unit_rename, user_create
from personnel.models import Person
from personnel.rules.completeness import FileState, Missing, missing_of
from personnel.selectors import history_of, missing_items, record_on, row_for
from personnel.selectors.record import FileRecord
from personnel.services import (
    archive_item_add,
    archive_open,
    certificate_add,
    employment_end,
    person_change,
    person_correct,
    row_correct,
    row_withdraw,
    section_add,
    section_change,
    tenure_end,
)

Hire = Callable[..., Person]


@pytest.fixture
def clerk(units: dict[str, Unit]) -> User:
    user, _password = user_create(actor=None, username="clerk", display_name="旗山经办")
    grant_give(actor=None, user=user, unit=units["340181002008"], role=Role.STREET_CLERK)
    return user


def states(record: FileRecord, section: str) -> list[tuple[str, str]]:
    return [(str(row.row), row.state) for row in record.sections[section]]


def test_the_record_of_a_day_shows_what_held_then(hire: Hire, clerk: User) -> None:
    person = hire(start=date(2020, 1, 1))
    person_change(actor=clerk, person=person, day=date(2024, 3, 1), values={"phone": "13800000001"})
    person_change(
        actor=clerk, person=person, day=date(2025, 3, 1), values={"phone": "13800000002", "party_joined": "2025-03-01"}
    )
    account = section_add(
        actor=clerk, person=person, section="bank",
        values={"bank": "徽商银行", "number": "6217000011112222", "start": "2020-01-01"},
    )  # fmt: skip
    section_change(
        actor=clerk, row=account, day=date(2025, 1, 1), values={"bank": "中国银行", "number": "6216600011113333"}
    )
    certificate_add(actor=clerk, person=person, level="ASSISTANT", number="A1", issued=date(2022, 9, 1))

    def phone(day: date) -> tuple[str, bool]:
        record = record_on(user=clerk, person_id=person.pk, day=day)
        return record.values["phone"], "phone" in record.differing

    assert [phone(date(2024, 2, 29)), phone(date(2024, 3, 1)), phone(date(2025, 2, 28)), phone(date(2025, 3, 1))] == [
        ("", True),
        ("13800000001", True),
        ("13800000001", True),
        ("13800000002", False),
    ]
    before = record_on(user=clerk, person_id=person.pk, day=date(2024, 6, 1))
    assert before.values["party_joined"] is None
    assert states(before, "bank") == [("徽商银行 · **** 2222", "HOLDS")]
    assert states(before, "certificate") == [("assistant social worker A1", "HOLDS")]
    assert states(record_on(user=clerk, person_id=person.pk, day=date(2022, 8, 31)), "certificate") == []
    now = record_on(user=clerk, person_id=person.pk)
    assert states(now, "bank") == [("中国银行 · **** 3333", "HOLDS"), ("徽商银行 · **** 2222", "PAST")]
    assert now.values["party_joined"] == date(2025, 3, 1)
    assert now.day == timezone.localdate()


def test_a_unit_has_the_name_that_it_had_then(units: dict[str, Unit], hire: Hire) -> None:
    person = hire(start=date(2020, 1, 1), title="PARTY_SECRETARY")
    boss, _password = user_create(actor=None, username="boss", display_name="组织部")
    grant_give(actor=None, user=boss, unit=units["340181"], role=Role.ORG_OFFICER)
    unit_rename(actor=None, unit=units["340181002008"], name="新旗山社区", day=date(2025, 1, 1))

    def names(day: date | None) -> set[str]:
        record = record_on(user=boss, person_id=person.pk, day=day)
        return {record.sections["employment"][0].row.unit.name, record.sections["post"][0].row.post.unit.name}

    assert names(date(2024, 12, 31)) == {"旗山社区"}
    assert names(date(2025, 1, 1)) == {"新旗山社区"}
    assert names(None) == {"新旗山社区"}


def test_what_is_to_come_is_shown_today_and_not_in_the_past(hire: Hire, clerk: User) -> None:
    person = hire(start=date(2020, 1, 1))
    section_add(actor=clerk, person=person, section="insurance", values={"scheme": "PENSION", "start": "2999-01-01"})
    assert [state for _row, state in states(record_on(user=clerk, person_id=person.pk), "insurance")] == ["COMING"]
    assert states(record_on(user=clerk, person_id=person.pk, day=date(2024, 1, 1)), "insurance") == []


def test_cells_have_words_in_the_readers_language(units: dict[str, Unit], hire: Hire, clerk: User) -> None:
    person = hire()
    section_add(
        actor=clerk, person=person, section="support",
        values={"kind": "HARDSHIP", "day": "2025-01-20", "amount": 200_050, "giver": "区民政局"},
    )  # fmt: skip
    record = record_on(user=clerk, person_id=person.pk)
    cells = {cell.field.code: (cell.label, cell.text) for cell in record.sections["support"][0].cells}
    assert cells["support.kind"] == ("Kind", "hardship relief")
    assert cells["support.amount"] == ("Amount", "2,000.50")
    with translation.override("zh-hans"):
        assert record.sections["support"][0].cells[0].label == "关怀类型"
    job = {cell.field.code: cell.text for cell in record.sections["employment"][0].cells}
    assert (job["employment.unit"], job["employment.category"]) == ("旗山社区", "community worker")
    post = {cell.field.code: cell.text for cell in record.sections["post"][0].cells}
    assert (post["tenure.unit"], post["tenure.full_time"]) == ("旗山社区", "yes")
    assert {cell.field.code: cell.text for cell in record.cells("identity")}["sex"] == "female"


def test_a_full_file_takes_the_queries_of_an_empty_one(
    units: dict[str, Unit], hire: Hire, clerk: User, django_assert_num_queries
) -> None:
    empty, full = hire("李静"), hire("赵敏")
    archive = archive_open(actor=None, person=full, opened=date(2020, 1, 1))
    for n in range(1, 9):
        archive_item_add(
            actor=None,
            archive=archive,
            values={"category": "3", "title": f"{2010 + n}年考核", "day": f"{2010 + n}-12-31"},
        )
        certificate_add(actor=None, person=full, level="ASSISTANT", number=f"A{n}", issued=date(2010 + n, 9, 1))
        section_add(
            actor=None, person=full, section="area",
            values={"unit": "340181002008", "role": "ASSIST", "start": f"{2010 + n}-01-01", "end": f"{2011 + n}-01-01"},
        )  # fmt: skip
        person_change(actor=clerk, person=full, day=date(2010 + n, 1, 1), values={"phone": f"1380000000{n}"})

    def queries(person: Person) -> tuple[int, int]:
        counts = []
        for read in (
            lambda: [cell.text for rows in record_on(user=clerk, person_id=person.pk).sections.values()
                     for row in rows for cell in row.cells],
            lambda: history_of(user=clerk, person_id=person.pk),
        ):  # fmt: skip
            before = len(connection.queries_log)
            read()
            counts.append(len(connection.queries_log) - before)
        return counts[0], counts[1]

    connection.force_debug_cursor = True
    try:
        assert queries(full) == queries(empty)
        assert max(queries(full)) <= 30
    finally:
        connection.force_debug_cursor = False


def test_nobody_reads_files_of_other_units(hire: Hire, clerk: User) -> None:
    stranger = hire("外人", unit="340181002001")
    account = section_add(
        actor=None, person=stranger, section="bank",
        values={"bank": "徽商银行", "number": "6217000011112222", "start": "2020-01-01"},
    )  # fmt: skip
    for read in (record_on, history_of, missing_items):
        with pytest.raises(NotFound):
            read(user=clerk, person_id=stranger.pk)
    with pytest.raises(NotFound):
        row_for(user=clerk, section="bank", row_id=account.pk)
    with pytest.raises(NotFound):
        row_for(user=None, section="bank", row_id=account.pk)
    own = hire()
    assert row_for(user=clerk, section="employment", row_id=own.employments.get().pk).person_id == own.pk
    for section, number in (("employment", 10**9), ("identity", 1), ("nonsense", 1)):
        with pytest.raises(NotFound):
            row_for(user=clerk, section=section, row_id=number)


# -- History --------------------------------------------------------------------------------------------------------------


def test_the_history_says_who_changed_what_why_and_on_what_document(
    units: dict[str, Unit], hire: Hire, clerk: User
) -> None:
    person = hire()
    honour = section_add(
        actor=clerk, person=person, section="honour",
        values={"kind": "COMMENDATION", "level": "COUNTY", "day": "2024-07-01"}, document="巢委〔2024〕7号",
    )  # fmt: skip
    row_correct(
        actor=clerk, row=honour, values={"level": "MUNICIPAL"}, reason="授予单位为合肥市委", document="证书原件"
    )
    person_change(actor=clerk, person=person, day=date(2024, 3, 1), values={"marital_status": "20"}, document="结婚证")
    person_correct(actor=clerk, person=person, values={"name": "王方"}, reason="户口簿")
    tenure_end(actor=None, tenure=person.tenures.get(), end=date(2025, 1, 1), document="巢组〔2025〕1号")
    row_withdraw(actor=clerk, row=honour, reason="重复")
    entries = history_of(user=clerk, person_id=person.pk)
    seen = [
        (
            entry.actor,
            entry.act,
            entry.section_text,
            [(one.label, one.before, one.after) for one in entry.differences],
            entry.reason,
            entry.document,
        )
        for entry in entries
    ]
    assert seen[0][:3] == ("旗山经办", "withdraw", "Honours")
    assert (seen[0][4], seen[0][5]) == ("重复", "")
    assert ("Level", "of a city", "") in seen[0][3]
    assert seen[1] == (
        "system", "end", "Posts",
        [("Removed", "", "2025-01-01"), ("Document", "", "巢组〔2025〕1号")], "", "巢组〔2025〕1号",
    )  # fmt: skip
    assert seen[2] == ("旗山经办", "correct", "person", [("Name", "王芳", "王方")], "户口簿", "")
    assert seen[3] == ("旗山经办", "change", "person", [("Marital status", "", "married")], "", "结婚证")
    assert seen[4] == (
        "旗山经办", "correct", "Honours",
        [("Level", "of a county", "of a city")], "授予单位为合肥市委", "证书原件",
    )  # fmt: skip
    assert seen[5][:3] == ("旗山经办", "add", "Honours")
    assert seen[5][5] == "巢委〔2024〕7号"
    assert [entry[1] for entry in seen[6:]] == ["add", "add", "add"]  # post, employment, person
    assert [entry.at for entry in entries] == sorted((entry.at for entry in entries), reverse=True)


def test_a_write_past_the_application_is_in_the_history_too(hire: Hire, clerk: User) -> None:
    person = hire()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE personnel_person SET birth_date = '1991-05-01' WHERE id = %s", [person.pk])
    entry = history_of(user=clerk, person_id=person.pk)[0]
    assert entry.actor.endswith("(database)")
    assert (entry.act, entry.act_text) == ("", "written past the application")
    assert [(one.label, one.before, one.after) for one in entry.differences] == [
        ("Date of birth", "1990-05-01", "1991-05-01")
    ]


def test_a_move_is_told_with_the_names_of_the_units(units: dict[str, Unit], hire: Hire, clerk: User) -> None:
    job = hire().employments.get()
    row_correct(actor=None, row=job, values={"unit": "340181002001"}, reason="录错社区")
    user, _password = user_create(actor=None, username="boss", display_name="组织部")
    grant_give(actor=None, user=user, unit=units["340181"], role=Role.ORG_OFFICER)
    newest = history_of(user=user, person_id=job.person_id)[0]
    assert [(one.label, one.before, one.after) for one in newest.differences] == [("Unit", "旗山社区", "裕溪河畔社区")]


# -- What is missing ------------------------------------------------------------------------------------------------------


def state(**changes: object) -> FileState:
    """A file that lacks nothing, of a party member with a full year behind them, on 1 June 2025."""
    whole: dict[str, object] = {
        "day": date(2025, 6, 1),
        "working": True,
        "counted": True,
        "values": frozenset(
            {"identity_number", "sex", "birth_date", "ethnic_group", "political_status", "native_place", "work_started",
             "phone", "address", "photo"}
        ),
        "political_status": "PARTY_MEMBER",
        "rows": {"education": 1, "resume": 2, "family": 1, "party": 1, "area": 1, "bank": 1, "employment": 1},
        "schemes": frozenset({"PENSION", "MEDICAL", "WORK_INJURY", "UNEMPLOYMENT", "HOUSING_FUND"}),
        "pay_account": True,
        "checked": date(2025, 3, 1),
        "worked_since": date(2020, 1, 1),
        "papers": frozenset({"1", "3", "4", "6", "9"}),
    }  # fmt: skip
    return FileState(**(whole | changes))  # type: ignore[arg-type]


@pytest.mark.requirement("CH-38", "CH-48", "CH-65", "TR-29")
def test_what_a_file_lacks() -> None:
    assert missing_of(state()) == []
    assert missing_of(state(checked=date(2024, 12, 31))) == [Missing("check", "2025")]
    assert missing_of(state(checked=None)) == [Missing("check", "2025")]
    assert missing_of(state(schemes=frozenset({"PENSION", "MEDICAL", "WORK_INJURY", "UNEMPLOYMENT"}))) == [
        Missing("scheme", "HOUSING_FUND")
    ]
    assert missing_of(state(pay_account=False, contract=False)) == [
        Missing("value", "employment.contract_start"),
        Missing("row", "bank"),
    ]
    assert missing_of(state(papers=None)) == [Missing("archive", "")]
    assert missing_of(state(papers=frozenset({"1", "4", "9"}))) == [Missing("paper", "3"), Missing("paper", "6")]
    assert missing_of(state(papers=frozenset({"1", "4", "6", "9"}), worked_since=date(2024, 1, 1))) == []
    assert missing_of(state(rows={"resume": 1, "family": 1, "party": 1, "employment": 1, "honour": 1})) == [
        Missing("row", "education"),
        Missing("row", "area"),
        Missing("paper", "7"),
    ]


@pytest.mark.requirement("GM-13")
def test_who_holds_a_post_without_an_employment_owes_no_pay_papers_and_who_left_only_who_they_are() -> None:
    part_time = state(counted=False, schemes=frozenset(), pay_account=False, checked=None, rows={"post": 1, "party": 1,
                      "education": 1, "resume": 1, "family": 1})  # fmt: skip
    assert missing_of(part_time) == []
    left = state(working=False, counted=False, values=frozenset({"identity_number", "sex", "birth_date"}), rows={})
    assert missing_of(left) == [Missing("value", "ethnic_group"), Missing("value", "political_status")]


def test_the_missing_items_of_a_record_say_where_they_are_entered(hire: Hire, clerk: User) -> None:
    person = hire(start=date(2020, 1, 1), contract_start=date(2020, 1, 1))
    items = missing_items(user=clerk, person_id=person.pk, day=date(2025, 6, 1))
    assert [(item.what.kind, item.section) for item in items] == [
        ("value", "identity"), ("value", "identity"), ("value", "identity"),  # number, ethnic group, political status
        ("value", "identity"), ("value", "identity"), ("value", "contact"), ("value", "contact"), ("value", "identity"),
        ("row", "education"), ("row", "resume"), ("row", "family"), ("row", "area"),
        *[("scheme", "insurance")] * 5, ("row", "bank"), ("check", "health_check"), ("archive", "archive"),
    ]  # fmt: skip
    assert items[-2].text == "health check of 2025"
    employment_end(
        actor=None, employment=person.employments.get(), end=date(2025, 1, 1), reason="RETIRED", with_posts=True
    )
    after = missing_items(user=clerk, person_id=person.pk, day=date(2025, 6, 1))
    assert [item.what.code for item in after] == ["identity_number", "ethnic_group", "political_status", ""]
