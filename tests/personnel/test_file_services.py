"""Change and correct, section by section; the archive and its custodian."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from PIL import Image

from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.models import AuditEntry
from organization.models import Role, Unit, User
from organization.services import grant_give, user_create
from personnel.models import (
    ArchiveItem,
    BankAccount,
    Custody,
    Employment,
    InsuranceEnrolment,
    Person,
    PersonPast,
    Placement,
    RowHistory,
    SpecialTreatment,
    StoredFile,
    Tenure,
)
from personnel.rules.custody import Held, Stretch, custody_of
from personnel.rules.fields import SECTIONS, code_of
from personnel.selectors import day_facts_for_system
from personnel.services import (
    archive_item_add,
    archive_lend,
    archive_open,
    archive_return,
    custody_hand_over,
    employment_end,
    employment_transfer,
    person_change,
    person_correct,
    person_create,
    photo_set,
    row_correct,
    row_withdraw,
    section_add,
    section_change,
    section_end,
    tenure_end,
    tenure_start,
)

Hire = Callable[..., Person]


@pytest.fixture
def clerk(units: dict[str, Unit]) -> User:
    user, _password = user_create(actor=None, username="clerk", display_name="经办")
    grant_give(actor=None, user=user, unit=units["340181002008"], role=Role.STREET_CLERK)
    return user


def pasts(person: Person) -> list[tuple[str, str, date]]:
    return list(PersonPast.objects.filter(person=person).order_by("until").values_list("field", "value", "until"))


# -- Single values ------------------------------------------------------------------------------------------------------


def test_a_change_keeps_what_held_before_and_a_correction_does_not(hire: Hire, clerk: User) -> None:
    person = hire()
    person_change(
        actor=clerk, person=person, day=date(2024, 3, 1), values={"marital_status": "10", "phone": "13800000001"}
    )
    person = person_change(
        actor=clerk, person=person, day=date(2025, 5, 1), values={"marital_status": "20"}, document="结婚证"
    )
    assert pasts(person) == [
        ("marital_status", "", date(2024, 3, 1)),
        ("phone", "", date(2024, 3, 1)),
        ("marital_status", "10", date(2025, 5, 1)),
    ]
    person = person_correct(actor=clerk, person=person, values={"phone": "13800000002"}, reason="录错一位")
    assert len(pasts(person)) == 3
    last = RowHistory.objects.filter(table_name="personnel_person").latest("pk")
    before = Person._meta.get_field("phone").opened_from(last.row)
    assert (before, last.actor, last.act, last.reason) == ("13800000001", "clerk", "correct", "录错一位")
    assert (person.phone, person.marital_status) == ("13800000002", "20")
    married = RowHistory.objects.get(table_name="personnel_person", act="change", document="结婚证")
    assert married.row["marital_status"] == "10"


def test_a_change_of_before_a_later_one_holds_until_that_one(hire: Hire) -> None:
    person = hire()
    person_change(actor=None, person=person, day=date(2020, 6, 1), values={"address": "甲路1号"})
    person_change(actor=None, person=person, day=date(2024, 6, 1), values={"address": "丙路3号"})
    person = person_change(actor=None, person=person, day=date(2022, 6, 1), values={"address": "乙路2号"})
    assert person.address == "丙路3号"
    assert pasts(person) == [
        ("address", "", date(2020, 6, 1)),
        ("address", "甲路1号", date(2022, 6, 1)),
        ("address", "乙路2号", date(2024, 6, 1)),
    ]
    with pytest.raises(Conflict, match="2022-06-01"):
        person_change(actor=None, person=person, day=date(2022, 6, 1), values={"address": "丁路4号"})
    person_change(actor=None, person=person, day=date(2023, 1, 1), values={"address": "乙路2号"})  # no change
    assert len(pasts(person)) == 3


def test_everything_wrong_is_said_at_once_and_beside_its_field(hire: Hire) -> None:
    person = hire()
    with pytest.raises(Refused) as refused:
        person_correct(
            actor=None,
            person=person,
            values={"name": " ", "phone": "12", "marital_status": "99", "photo": 1, "birth_date": "1990-02-30"},
            reason="",
        )
    assert set(refused.value.fields) == {"name", "phone", "marital_status", "photo", "birth_date", "reason"}
    assert len(refused.value.errors) == 6
    with pytest.raises(Refused):
        person_change(actor=None, person=person, day=date(2999, 1, 1), values={"phone": "13800000001"})
    person.refresh_from_db()
    assert (person.name, person.phone) == ("王芳", "")


def test_a_new_name_is_found_under_its_reading(hire: Hire) -> None:
    person = person_change(actor=None, person=hire(), day=date(2024, 1, 1), values={"name": "单　雄 信"})
    assert (person.name, person.name_pinyin) == ("单雄信", "shan xiong xin")
    person = person_correct(actor=None, person=person, values={"name": "买买提 • 艾力"}, reason="姓名有误")
    assert person.name == "买买提·艾力"


def test_the_number_is_compared_with_the_record_and_overwrites_nothing(hire: Hire) -> None:
    person = hire(birth_date=date(1990, 5, 1))  # a woman
    with pytest.raises(Refused) as refused:  # a man born on 1949-12-31
        person_correct(actor=None, person=person, values={"identity_number": "110105194912310038"}, reason="补录")
    assert len(refused.value.fields["identity_number"]) == 2
    person.refresh_from_db()
    assert (person.birth_date, person.sex, person.identity_number) == (date(1990, 5, 1), "FEMALE", None)
    fitting = {"identity_number": "11010519491231002X", "birth_date": date(1949, 12, 31)}
    person = person_correct(actor=None, person=person, values=fitting, reason="补录")
    with pytest.raises(Refused):  # the other way round: the birth date against the number
        person_correct(actor=None, person=person, values={"birth_date": date(1950, 1, 1)}, reason="补录")
    other = hire("李静", birth_date=None)
    with pytest.raises(Conflict):
        person_correct(actor=None, person=other, values={"identity_number": "11010519491231002x"}, reason="补录")


def test_residence_permits_and_foreigners_cards_are_read_in_their_form(units: dict[str, Unit]) -> None:
    unit = units["340181"]
    person = person_create(
        actor=None, unit=unit, name="陈", document_type="TAIWAN_RESIDENCE", identity_number="830000199201300022"
    )
    assert (person.birth_date, person.sex) == (date(1992, 1, 30), "FEMALE")
    with pytest.raises(Refused, match="830000"):
        person_create(
            actor=None, unit=unit, name="陈", document_type="TAIWAN_RESIDENCE", identity_number="11010519491231002X"
        )
    old = person_create(
        actor=None, unit=unit, name="Li", document_type="FOREIGN_RESIDENCE", identity_number="CAN110078010401"
    )
    assert (old.birth_date, old.sex, old.masked_identity_number) == (None, None, "CAN1*******0401")


# -- Sections -----------------------------------------------------------------------------------------------------------

ROWS: dict[str, dict[str, Any]] = {
    "education": {"level": "COLLEGE", "graduated": "2010-07-01", "study_mode": "FULL_TIME", "school": "巢湖学院"},
    "certificate": {"level": "ASSISTANT", "number": "2019-1", "issued": "2019-09-01", "registered_until": "2028-01-01"},
    "resume": {"start": "2008-09-01", "end": "2011-07-01", "organisation": "巢湖学院", "role": "学生"},
    "family": {"relation": "11", "name": "赵强", "work": "市一中教师"},
    "honour": {"kind": "COMMENDATION", "level": "COUNTY", "day": "2024-07-01", "title": "优秀党务工作者"},
    "discipline": {"kind": "WARNING", "start": "2024-01-01", "effect_end": "2024-07-01", "document": "纪〔2024〕1号"},
    "public_role": {"kind": "PEOPLES_DEPUTY", "level": "COUNTY", "start": "2022-01-01", "term": "第十届"},
    "treatment": {"level": "DEPUTY_SECTION", "start": "2022-01-01", "with_post": True},
    "named_list": {
        "kind": "COMMITTEE_RESERVE",
        "batch": "首批",
        "start": "2024-03-01",
        "document": "乐市中组〔2024〕3号",
    },
    "duty": {"kind": "TASK", "text": "走访独居老人", "start": "2025-01-06", "due": "2025-06-30"},
    "insurance": {"scheme": "PENSION", "start": "2020-01-01", "number": "340181001"},
    "bank": {"bank": "徽商银行", "number": "6217000011112222", "start": "2020-01-01"},
    "post_fit": {
        "day": "2025-04-01",
        "department_leader": "周部长",
        "street_head": "吴书记",
        "leading_secretary": "郑书记",
        "title": "STAFF",
        "verdict": "FITS",
        "duties": "矛盾调解",
    },
    "health_check": {"day": "2025-04-01", "result": "NORMAL"},
    "leave": {"kind": "ANNUAL", "start": "2025-08-04", "end": "2025-08-09", "days": Decimal("5.0")},
    "support": {"kind": "HARDSHIP", "day": "2025-01-20", "amount": 200_000},
    "area": {"unit": "340181002008", "role": "DEDICATED", "start": "2024-01-01", "main_workplace": True},
    "party": {"joined": "2015-07-01", "confirmed": "2016-07-01"},
    "employment": {"unit": "340181002008", "category": "FULL_TIME_STAFF", "start": "2021-01-01"},
    "post": {"unit": "340181002008", "title": "COMMITTEE_MEMBER", "start": "2021-11-01", "document": "巢组〔2021〕1号"},
}


@pytest.mark.requirement("CH-60", "CH-61", "CH-65", "TR-30", "TR-34", "TR-35", "QY-10", "QY-15")
@pytest.mark.parametrize("section", sorted(ROWS))
def test_a_row_of_every_section_is_added_corrected_and_withdrawn(section: str, hire: Hire, clerk: User) -> None:
    person, other = hire(), hire("外人", unit="340181002001")
    with pytest.raises((NotAllowed, NotFound)):
        section_add(actor=clerk, person=other, section=section, values=ROWS[section] | {"unit": "340181002001"}
                    if "unit" in ROWS[section] else ROWS[section])  # fmt: skip
    row = section_add(actor=clerk, person=person, section=section, values=ROWS[section])
    row.refresh_from_db()
    for name, value in ROWS[section].items():
        stored = getattr(row, name) if name != "unit" or section != "post" else row.post.unit
        assert value in (stored, str(stored), getattr(stored, "code", None)), name
    day = SECTIONS[section].start or "name"
    earlier = "2007-01-01" if day != "name" else "赵刚"
    row = row_correct(actor=clerk, row=row, values={day: earlier}, reason="原件如此", document="")
    kept = RowHistory.objects.get(table_name=row._meta.db_table, row_id=row.pk)
    assert (kept.row[day], kept.actor, kept.act, kept.person_id) == (ROWS[section][day], "clerk", "correct", person.pk)
    with pytest.raises(Refused):
        row_correct(actor=clerk, row=row, values={day: earlier}, reason=" ")
    row_withdraw(actor=clerk, row=row, reason="重复录入")
    assert not type(row).objects.filter(pk=row.pk).exists()
    gone = RowHistory.objects.get(table_name=row._meta.db_table, row_id=row.pk, deleted=True)
    assert (gone.row[day], gone.reason) == (earlier, "重复录入")


def test_the_parametrised_rows_are_all_sections() -> None:
    assert set(ROWS) | {"placement"} == {code for code, section in SECTIONS.items() if section.rows}


def test_what_is_wrong_with_a_row_is_said_at_once(hire: Hire) -> None:
    person = hire()
    with pytest.raises(Refused) as refused:
        section_add(
            actor=None,
            person=person,
            section="education",
            values={"level": "大学", "graduated": "2010-13-01", "colour": "red"},
        )
    assert set(refused.value.fields) == {"level", "graduated", "colour"}
    with pytest.raises(Refused) as refused:
        section_add(actor=None, person=person, section="education", values={})
    assert set(refused.value.fields) == {"level", "graduated"}
    with pytest.raises(Refused) as refused:
        section_add(
            actor=None, person=person, section="resume",
            values={"start": "2011-01-01", "end": "2010-01-01", "organisation": "巢湖学院"},
        )  # fmt: skip
    assert set(refused.value.fields) == {"end"}
    with pytest.raises(Refused) as refused:
        section_add(actor=None, person=person, section="area", values={"unit": "999999", "start": "2024-01-01"})
    assert set(refused.value.fields) == {"unit"}
    with pytest.raises(NotFound):
        section_add(actor=None, person=person, section="identity", values={})


@pytest.mark.requirement("CH-55", "CH-65")
def test_a_change_ends_one_row_and_begins_the_next(hire: Hire, clerk: User) -> None:
    person = hire()
    account = section_add(actor=clerk, person=person, section="bank", values=ROWS["bank"])
    moved = section_change(
        actor=clerk, row=account, day=date(2025, 3, 1), values={"bank": "中国银行", "number": "6216600011113333"}
    )
    rows = BankAccount.objects.filter(person=person).order_by("start")
    assert list(rows.values_list("bank", "start", "end", "main")) == [
        ("徽商银行", date(2020, 1, 1), date(2025, 3, 1), True),
        ("中国银行", date(2025, 3, 1), None, True),
    ]
    for day in (date(2025, 3, 1), date(2019, 1, 1)):
        with pytest.raises(Refused):
            section_change(actor=clerk, row=moved, day=day, values={"bank": "工商银行"})
    pension = section_add(actor=clerk, person=person, section="insurance", values=ROWS["insurance"])
    with pytest.raises(Conflict, match="王芳"):
        section_add(actor=clerk, person=person, section="insurance", values=ROWS["insurance"])
    section_end(actor=clerk, row=pension, day=date(2024, 1, 1))
    section_add(actor=clerk, person=person, section="insurance", values=ROWS["insurance"] | {"start": "2024-01-01"})
    assert InsuranceEnrolment.objects.filter(person=person).count() == 2
    honour = section_add(actor=clerk, person=person, section="honour", values=ROWS["honour"])
    with pytest.raises(Refused):
        section_change(actor=clerk, row=honour, day=date(2025, 1, 1), values={"level": "MUNICIPAL"})
    with pytest.raises(Refused):
        section_end(actor=clerk, row=honour, day=date(2025, 1, 1))


def test_what_another_writes_between_the_look_and_the_write_is_a_conflict_in_words(hire: Hire, monkeypatch) -> None:
    """The constraint of the database speaks when the look before the write saw nothing."""
    person = hire()
    section_add(actor=None, person=person, section="bank", values=ROWS["bank"])
    monkeypatch.setattr(BankAccount, "validate_constraints", lambda self, exclude=None: None)
    with pytest.raises(Conflict, match="another account"):
        section_add(actor=None, person=person, section="bank", values=ROWS["bank"] | {"number": "6217000011119999"})
    assert BankAccount.objects.count() == 1


def test_another_clerks_row_can_neither_be_changed_nor_ended(hire: Hire, clerk: User) -> None:
    other = hire("外人", unit="340181002001")
    account = section_add(actor=None, person=other, section="bank", values=ROWS["bank"])
    with pytest.raises(NotAllowed):
        section_change(actor=clerk, row=account, day=date(2025, 3, 1), values={"bank": "中国银行"})
    with pytest.raises(NotAllowed):
        section_end(actor=clerk, row=account, day=date(2025, 3, 1))
    with pytest.raises(NotAllowed):
        row_correct(actor=clerk, row=account, values={"bank": "中国银行"}, reason="改")
    with pytest.raises(NotAllowed):
        row_withdraw(actor=clerk, row=account, reason="改")
    with pytest.raises(NotAllowed):
        person_change(actor=clerk, person=other, day=date(2025, 1, 1), values={"phone": "13800000001"})
    with pytest.raises(NotAllowed):
        archive_open(actor=clerk, person=other, opened=date(2025, 1, 1))
    with pytest.raises(NotAllowed):
        photo_set(actor=clerk, person=other, content=b"")
    assert AuditEntry.objects.filter(actor_id=clerk.pk).count() == 0


def test_correcting_a_post_moves_the_person_to_the_right_seat(units: dict[str, Unit], hire: Hire) -> None:
    tenure = hire(title="COMMITTEE_MEMBER").tenures.get()
    fixed = row_correct(actor=None, row=tenure, values={"title": "DEPUTY_DIRECTOR"}, reason="任命文件写明")
    assert (fixed.post.title, fixed.body, fixed.pk) == ("DEPUTY_DIRECTOR", "COMMITTEE", tenure.pk)
    hire("赵敏", title="PARTY_SECRETARY")
    with pytest.raises(Conflict):
        row_correct(actor=None, row=fixed, values={"title": "PARTY_SECRETARY"}, reason="任命文件写明")
    assert Tenure.objects.get(pk=tenure.pk).title == "DEPUTY_DIRECTOR"


def test_correcting_the_unit_of_an_employment_moves_its_path(units: dict[str, Unit], hire: Hire, clerk: User) -> None:
    job = hire().employments.get()
    with pytest.raises(NotFound):  # into a unit that is none of theirs
        row_correct(actor=clerk, row=job, values={"unit": "340181002001"}, reason="录错社区")
    row_correct(actor=None, row=job, values={"unit": "340181002001"}, reason="录错社区")
    job.refresh_from_db()
    assert job.unit_path == units["340181002001"].path


# -- Work: placements, transfers, leaving ---------------------------------------------------------------------------------


@pytest.mark.requirement("SL-06", "SL-15", "SL-26", "TR-42")
def test_who_is_seconded_out_still_counts_at_home(units: dict[str, Unit], hire: Hire) -> None:
    person = hire(start=date(2020, 1, 1))
    job = person.employments.get()
    section_add(
        actor=None,
        person=person,
        section="placement",
        values={
            "employment": job, "kind": "HOME", "manager": "340181002", "work_unit": "340181002008",
            "start": "2020-01-01",
        },
    )  # fmt: skip
    section_add(
        actor=None,
        person=person,
        section="placement",
        values={
            "employment": job, "kind": "SECONDED_OUT", "manager": "340181", "place": "市信访局",
            "start": "2025-01-01", "end": "2025-07-01",
        },
    )  # fmt: skip
    facts = day_facts_for_system([units["340181002008"].path], date(2025, 3, 1))
    assert facts.people["person"].to_list() == [person.pk]
    with pytest.raises(Refused):
        section_add(
            actor=None,
            person=person,
            section="placement",
            values={"kind": "ACTING", "place": "x", "start": "2025-01-01"},
        )
    with pytest.raises(Conflict):  # before the employment
        section_add(
            actor=None,
            person=person,
            section="placement",
            values={"employment": job, "kind": "ACTING", "place": "市民政局", "start": "2019-12-31"},
        )
    employment_end(actor=None, employment=job, end=date(2025, 4, 1), reason="RESIGNED")
    assert list(Placement.objects.order_by("start").values_list("kind", "end")) == [
        ("HOME", date(2025, 4, 1)),
        ("SECONDED_OUT", date(2025, 4, 1)),
    ]


@pytest.mark.requirement("JP-04")
def test_who_leaves_stays_on_record_with_reason_destination_and_posts_ended(hire: Hire) -> None:
    person = hire(title="PARTY_SECRETARY")
    job = employment_end(
        actor=None,
        employment=person.employments.get(),
        end=date(2025, 9, 1),
        reason="CIVIL_SERVICE",
        destination="亚父街道办事处",
        document="巢人社〔2025〕9号",
        with_posts=True,
    )
    assert (job.end_reason, job.destination, job.document) == ("CIVIL_SERVICE", "亚父街道办事处", "巢人社〔2025〕9号")
    assert person.tenures.get().end == date(2025, 9, 1)
    section_add(actor=None, person=person, section="support", values=ROWS["support"])  # a leaver is still cared for


def test_a_transfer_is_one_service_without_a_gap(units: dict[str, Unit], hire: Hire) -> None:
    person = hire(start=date(2020, 1, 1), contract_end=date(2026, 1, 1), entry_channel="OPEN_RECRUITMENT")
    job = person.employments.get()
    new = employment_transfer(actor=None, employment=job, unit=units["340181002001"], day=date(2025, 1, 1))
    assert (new.employer_id, new.category, new.entry_channel, new.contract_end) == (
        job.employer_id, job.category, "OPEN_RECRUITMENT", date(2026, 1, 1),
    )  # fmt: skip
    assert list(Employment.objects.order_by("start").values_list("start", "end", "end_reason")) == [
        (date(2020, 1, 1), date(2025, 1, 1), "TRANSFERRED"),
        (date(2025, 1, 1), None, ""),
    ]
    for unit, expected in (("340181002001", [person.pk]), ("340181002008", [])):
        facts = day_facts_for_system([units[unit].path], date(2025, 1, 1), needs={"entry_date"})
        assert facts.people["person"].to_list() == expected
    with pytest.raises(Refused):
        employment_transfer(actor=None, employment=new, unit=units["340181002001"], day=date(2025, 2, 1))
    with pytest.raises(Refused):
        employment_transfer(
            actor=None, employment=Employment.objects.get(pk=job.pk), unit=units["340181002001"], day=date(2025, 2, 1)
        )


@pytest.mark.requirement("TR-33")
def test_a_treatment_of_the_term_ends_with_the_term(units: dict[str, Unit], hire: Hire) -> None:
    person = hire(title="PARTY_SECRETARY", start=date(2021, 11, 1))
    section_add(actor=None, person=person, section="treatment", values=ROWS["treatment"])
    lasting = section_add(
        actor=None, person=person, section="treatment", values={"level": "OTHER", "start": "2022-01-01"}
    )
    tenure_end(actor=None, tenure=person.tenures.get(), end=date(2025, 11, 1))
    ends = dict(SpecialTreatment.objects.values_list("level", "end"))
    assert ends == {"DEPUTY_SECTION": date(2025, 11, 1), "OTHER": None}
    assert lasting.pk


@pytest.mark.requirement("TR-33")
def test_rules_read_the_treatment_of_the_day(units: dict[str, Unit], hire: Hire) -> None:
    person, other = hire(), hire("李静")
    for level, start, end in (
        ("OTHER", "2020-01-01", "2024-01-01"),
        ("DEPUTY_SECTION", "2022-01-01", "2025-01-01"),
    ):
        section_add(actor=None, person=person, section="treatment", values={"level": level, "start": start, "end": end})

    def on(day: date) -> dict[int, str | None]:
        facts = day_facts_for_system([units["340181002008"].path], day, needs={"special_treatment"})
        return dict(facts.people.select("person", "special_treatment").rows())

    assert on(date(2021, 12, 31)) == {person.pk: "OTHER", other.pk: None}
    assert on(date(2023, 12, 31)) == {person.pk: "DEPUTY_SECTION", other.pk: None}  # the one that began last
    assert on(date(2025, 1, 1)) == {person.pk: None, other.pk: None}


@pytest.mark.requirement("TR-33")
def test_a_treatment_goes_on_with_the_next_post_of_secretary(units: dict[str, Unit], hire: Hire) -> None:
    person = hire(title="PARTY_SECRETARY", start=date(2021, 11, 1))
    section_add(actor=None, person=person, section="treatment", values=ROWS["treatment"])
    tenure_start(
        actor=None, person=person, unit=units["340181002001"], title="PARTY_SECRETARY", start=date(2025, 11, 1)
    )
    tenure_end(actor=None, tenure=person.tenures.get(post__unit=units["340181002008"]), end=date(2025, 11, 1))
    assert SpecialTreatment.objects.get().end is None


@pytest.mark.requirement("CH-48", "QY-17", "GM-07", "JP-01")
def test_one_person_may_answer_for_several_areas_in_several_roles(units: dict[str, Unit], hire: Hire) -> None:
    person = hire()
    for unit, role, main in (("340181002008", "AREA_HEAD", True), ("340181002001", "ASSIST", False)):
        section_add(
            actor=None,
            person=person,
            section="area",
            values={"unit": unit, "role": role, "start": "2024-01-01", "main_workplace": main},
        )
    assert person.areas.count() == 2
    with pytest.raises(Conflict):
        section_add(
            actor=None,
            person=person,
            section="area",
            values={"unit": "340181002001", "role": "LEAD", "start": "2024-01-01", "main_workplace": True},
        )


# -- The archive --------------------------------------------------------------------------------------------------------

COUNTY, TOWN = 1, 2


@pytest.mark.requirement("CH-17", "CH-39")
def test_custody_day_by_day() -> None:
    def says(_rules: object, posts: frozenset[str]) -> str:
        return "ORGANISATION_DEPARTMENT" if "PARTY_SECRETARY" in posts else "STREET"

    def held(start: date, end: date | None, title: str = "") -> Held:
        return Held(title, COUNTY, TOWN, start, end, start, "rules", True)

    work = held(date(2020, 1, 1), None)
    term = held(date(2021, 11, 1), date(2025, 11, 1), "PARTY_SECRETARY")
    opened = date(2021, 1, 1)
    assert custody_of([work, term], says, opened) == [
        Stretch("STREET", TOWN, date(2021, 1, 1), date(2021, 11, 1)),
        Stretch("ORGANISATION_DEPARTMENT", COUNTY, date(2021, 11, 1), date(2025, 11, 1)),
        Stretch("STREET", TOWN, date(2025, 11, 1), None),
    ]
    assert custody_of([], says, opened) == []
    # who leaves stays with the last custodian; a gap between two works in one street is none
    left = [held(date(2020, 1, 1), date(2022, 1, 1)), held(date(2023, 1, 1), None)]
    assert custody_of(left, says, opened) == [Stretch("STREET", TOWN, opened, None)]
    late = date(2026, 1, 1)
    assert custody_of([term], says, late) == [Stretch("ORGANISATION_DEPARTMENT", COUNTY, late, None)]
    # an archive that is opened before anything holds waits with the first custodian to come
    early = date(2019, 1, 1)
    assert custody_of([work], says, early) == [Stretch("STREET", TOWN, early, None)]


def custody(person: Person) -> list[tuple[str, str, date, date | None]]:
    rows = Custody.objects.filter(archive__person=person).order_by("start")
    return list(rows.values_list("kind", "unit__name", "start", "end"))


@pytest.mark.requirement("CH-38", "CH-39", "SL-21")
@pytest.mark.usefixtures("archive_rules")
def test_the_custodian_follows_the_post_by_itself(units: dict[str, Unit], hire: Hire) -> None:
    person = hire(start=date(2020, 1, 1), title="STAFF")
    archive_open(actor=None, person=person, opened=date(2020, 1, 1))
    street, county = "亚父街道", "巢湖市"
    assert custody(person) == [("STREET", street, date(2020, 1, 1), None)]
    seat = {"person": person, "unit": units["340181002008"], "title": "PARTY_SECRETARY"}
    tenure = tenure_start(actor=None, start=date(2021, 11, 1), **seat)
    assert custody(person) == [
        ("STREET", street, date(2020, 1, 1), date(2021, 11, 1)),
        ("ORGANISATION_DEPARTMENT", county, date(2021, 11, 1), None),
    ]
    current = Custody.objects.get(end__isnull=True)
    custody_hand_over(actor=None, custody=current, day=date(2021, 11, 10), received_by="组织部干部科")
    tenure = tenure_end(actor=None, tenure=tenure, end=date(2025, 11, 1))
    assert custody(person)[2:] == [("STREET", street, date(2025, 11, 1), None)]
    assert Custody.objects.get(kind="ORGANISATION_DEPARTMENT").received_by == "组织部干部科"
    row_correct(actor=None, row=tenure, values={"end": "2025-12-01"}, reason="免职文件为12月")
    assert custody(person)[1:] == [
        ("ORGANISATION_DEPARTMENT", county, date(2021, 11, 1), date(2025, 12, 1)),
        ("STREET", street, date(2025, 12, 1), None),
    ]
    row_withdraw(actor=None, row=tenure, reason="未任命")
    assert custody(person) == [("STREET", street, date(2020, 1, 1), None)]


@pytest.mark.usefixtures("archive_rules")
def test_a_hand_over_happens_once_and_not_before_its_day(hire: Hire) -> None:
    person = hire(start=date(2020, 1, 1))
    archive_open(actor=None, person=person, opened=date(2020, 1, 1))
    row = Custody.objects.get()
    with pytest.raises(Refused) as refused:
        custody_hand_over(actor=None, custody=row, day=date(2019, 12, 31), received_by=" ")
    assert set(refused.value.fields) == {"day", "received_by"}
    custody_hand_over(actor=None, custody=row, day=date(2020, 1, 2), received_by="街道组织办")
    with pytest.raises(Refused, match="街道组织办"):
        custody_hand_over(actor=None, custody=row, day=date(2020, 1, 3), received_by="他人")


PAPER = {"category": "4", "title": "大学专科毕业证书", "day": "2010-07-01", "pages": 1}


@pytest.mark.requirement("SL-21", "LS-18")
def test_papers_are_filed_once_by_category_with_their_scan(hire: Hire) -> None:
    archive = archive_open(actor=None, person=hire(), opened=date(2020, 1, 1), number="CH-0001")
    item = archive_item_add(
        actor=None, archive=archive, values=PAPER, content=b"%PDF-1.7 scan", file_name="C:\\扫描\\毕业证.pdf"
    )
    assert (item.file.name, item.file.media_type, item.file.size) == ("毕业证.pdf", "application/pdf", 13)
    again = archive_item_add(actor=None, archive=archive, values=PAPER)
    assert again.pk == item.pk
    archive_item_add(
        actor=None, archive=archive, values=PAPER | {"category": "3", "title": "2024年度考核登记表"},
        content=b"%PDF-1.7 scan", file_name="other.pdf",
    )  # fmt: skip
    assert (ArchiveItem.objects.count(), StoredFile.objects.count()) == (2, 1)
    with pytest.raises(Refused) as refused:
        archive_item_add(
            actor=None, archive=archive, values={"category": "11", "title": ""}, content=b"MZ", file_name="x.exe"
        )
    assert set(refused.value.fields) == {"category", "title", "day", "file"}
    with pytest.raises(Refused):
        archive_item_add(
            actor=None, archive=archive, values=PAPER | {"title": "大"}, content=b"%PDF-" + bytes(10 * 1024 * 1024)
        )
    with pytest.raises(Conflict, match="王芳"):
        archive_open(actor=None, person=archive.person, opened=date(2021, 1, 1))


def test_a_loan_is_closed_before_the_next_one(hire: Hire) -> None:
    archive = archive_open(actor=None, person=hire(), opened=date(2020, 1, 1))
    wish = {"borrower": "张科长", "purpose": "干部考察", "start": "2025-01-06", "due": "2025-01-20"}
    loan = archive_lend(actor=None, archive=archive, values=wish)
    with pytest.raises(Conflict):
        archive_lend(actor=None, archive=archive, values=wish)
    with pytest.raises(Refused):
        archive_return(actor=None, loan=loan, day=date(2025, 1, 5))
    archive_return(actor=None, loan=loan, day=date(2025, 1, 10))
    with pytest.raises(Conflict, match="2025-01-10"):
        archive_return(actor=None, loan=loan, day=date(2025, 1, 11))
    with pytest.raises(Refused) as refused:
        archive_lend(actor=None, archive=archive, values=wish | {"due": "2025-01-05"})
    assert set(refused.value.fields) == {"due"}
    archive_lend(actor=None, archive=archive, values=wish)


def picture(size: tuple[int, int], kind: str = "JPEG") -> bytes:
    buffer = io.BytesIO()
    image = Image.new("RGB", size, "white")
    exif = Image.Exif()
    exif[0x010E] = "where it was taken"
    image.save(buffer, kind, **({"exif": exif} if kind == "JPEG" else {}))
    return buffer.getvalue()


def test_a_photograph_is_made_small_and_loses_what_the_camera_wrote(hire: Hire) -> None:
    person = photo_set(actor=None, person=hire(), content=picture((1200, 1600)))
    assert person.photo is not None
    with Image.open(io.BytesIO(bytes(person.photo.content))) as kept:
        assert (kept.format, kept.size, len(kept.getexif())) == ("JPEG", (480, 640), 0)
    assert len(Image.open(io.BytesIO(picture((20, 20)))).getexif()) == 1  # control
    buffer = io.BytesIO()
    Image.new("RGB", (20, 20)).save(buffer, "JPEG", comment=b"at 31.6 N, 117.8 E")
    person = photo_set(actor=None, person=person, content=buffer.getvalue())
    assert person.photo is not None
    assert b"117.8" in buffer.getvalue()
    assert b"117.8" not in bytes(person.photo.content)
    for wrong in (b"GIF89a", picture((20, 20))[:200], b"\xff\xd8\xff" + bytes(11 * 1024 * 1024)):
        with pytest.raises(Refused) as refused:
            photo_set(actor=None, person=person, content=wrong)
        assert set(refused.value.fields) == {"photo"}


# -- Posts of residents, and who may hold which -----------------------------------------------------------------------------


@pytest.mark.requirement("CH-47")
def test_a_post_of_the_party_is_for_members(units: dict[str, Unit], hire: Hire) -> None:
    person = person_correct(actor=None, person=hire(), values={"political_status": "MASSES"}, reason="登记")
    seat = {"person": person, "unit": units["340181002008"], "start": date(2024, 1, 1)}
    for title in ("PARTY_SECRETARY", "PARTY_COMMITTEE_MEMBER", "REGISTERED_MEMBER"):
        with pytest.raises(Refused) as refused:
            tenure_start(actor=None, title=title, **seat)
        assert set(refused.value.fields) == {"title"}
    committee = tenure_start(actor=None, title="COMMITTEE_MEMBER", **seat)  # control: no post of the party
    with pytest.raises(Refused):
        row_correct(actor=None, row=committee, values={"title": "DEPUTY_SECRETARY"}, reason="录错职务")
    person_change(actor=None, person=person, day=date(2024, 6, 1), values={"political_status": "PROBATIONARY_MEMBER"})
    tenure_start(actor=None, title="PARTY_SECRETARY", **seat | {"start": date(2024, 6, 1)})


@pytest.mark.requirement("SL-09")
def test_a_by_election_is_on_record(units: dict[str, Unit], hire: Hire) -> None:
    person = hire(title=None)
    for title in ("PARTY_SECRETARY", "COMMITTEE_DIRECTOR"):
        section_add(
            actor=None,
            person=person,
            section="post",
            values={"unit": "340181002008", "title": title, "start": "2022-05-01", "election": "BY_ELECTION"},
        )
    elected = Tenure.objects.filter(election="BY_ELECTION", start__year=2022)
    assert sorted(elected.values_list("title", flat=True)) == ["COMMITTEE_DIRECTOR", "PARTY_SECRETARY"]
    with pytest.raises(Refused) as refused:
        row_correct(actor=None, row=elected[0], values={"election": "ACCLAMATION"}, reason="录错")
    assert set(refused.value.fields) == {"election"}


@pytest.mark.requirement("GM-13")
def test_residents_hold_posts_without_an_employment_and_no_rule_counts_them(units: dict[str, Unit], hire: Hire) -> None:
    community = units["340181002008"]
    seats = {
        "领导": ("LIAISON",),
        "报到党员": ("REGISTERED_MEMBER",),
        "楼栋长": ("BUILDING_HEAD", "AREA_HEAD"),
        "管家": ("STEWARD", "VOLUNTEER"),
        "委员": ("COMMITTEE_MEMBER",),
        "书记": ("PARTY_SECRETARY", "OWNERS_DIRECTOR"),  # concurrent across bodies
    }
    for name, titles in seats.items():
        person = person_create(actor=None, unit=community, name=name, political_status="PARTY_MEMBER")
        for title in titles:
            tenure_start(
                actor=None, person=person, unit=community, title=title, start=date(2024, 1, 1), full_time=False
            )
    grid_worker = hire("网格员", title="GRID_WORKER", category="GRID_WORKER")
    held = Tenure.objects.values_list("body", flat=True).order_by("body")
    assert list(held) == [
        "COMMITTEE", "GRID", "OWNERS", "PARTY", "RESIDENTS", "RESIDENTS", "RESIDENTS", "RESIDENTS", "RESIDENTS", "RESIDENTS",
    ]  # fmt: skip
    both = Tenure.objects.filter(title="OWNERS_DIRECTOR", person__tenures__title="PARTY_SECRETARY")
    assert [tenure.person.name for tenure in both] == ["书记"]
    facts = day_facts_for_system([community.path], date(2025, 1, 1))
    assert facts.people["person"].to_list() == [grid_worker.pk]  # neither paid nor evaluated nor counted
    with pytest.raises(Conflict, match="书记"):  # an owners' committee has one director
        other = person_create(actor=None, unit=community, name="另一人")
        tenure_start(actor=None, person=other, unit=community, title="OWNERS_DIRECTOR", start=date(2025, 1, 1))


@pytest.mark.requirement("SL-08", "QY-05", "LS-01", "TR-13", "TR-28")
def test_channels_categories_backgrounds_and_the_union_are_on_record(units: dict[str, Unit], hire: Hire) -> None:
    channels = {"OPEN_RECRUITMENT": "公开招聘", "ELECTED": "选任", "ASSIGNED": "选派", "SELECTED": "选聘"}
    for channel, word in channels.items():
        assert code_of("employment.entry_channel", word) == channel
        assert hire(word, entry_channel=channel).employments.get().entry_channel == channel
    helper = hire("协理员", category="PUBLIC_WELFARE_POST")
    facts = day_facts_for_system([units["340181002008"].path], date(2025, 1, 1))
    assert facts.people.height == len(channels)
    assert helper.pk not in facts.people["person"].to_list()
    veteran = person_correct(
        actor=None, person=hire("老兵"), values={"background": "VETERAN", "union_joined": "2021-05-01"}, reason="补录"
    )
    facts = day_facts_for_system([units["340181002008"].path], date(2025, 1, 1), needs={"background"})
    tagged = facts.people.filter(facts.people["person"] == veteran.pk)["background"].to_list()
    assert tagged == [["VETERAN"]]
    assert veteran.union_joined == date(2021, 5, 1)
