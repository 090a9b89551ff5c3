"""The record as of any day, its history, its acts, the archive and the print."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from core.errors import Conflict
from core.models import AuditEntry
from organization.models import Role, Unit, User
from organization.services import grant_give, user_create
from personnel.models import (
    Archive,
    ArchiveItem,
    BankAccount,
    Custody,
    Education,
    Employment,
    Honour,
    Loan,
    Person,
    PersonPast,
    RowHistory,
    StoredFile,
    Tenure,
)
from personnel.services import archive_open, education_add, honour_add, person_change, section_add
from personnel.services.entry import mark_of_row, row_write
from policy.models import PolicyVersion
from tests.records import write

Hire = Callable[..., Person]
COMMUNITY = "340181002008"
PURPOSE = {"purpose": "CHECK"}
PDF = b"%PDF-1.4\n1 0 obj\n"


def user_of(units: dict[str, Unit], code: str, role: Role, name: str) -> User:
    user, _password = user_create(actor=None, username=name, display_name=f"{name}·显示名")
    User.objects.filter(pk=user.pk).update(must_change_password=False)
    grant_give(actor=None, user=user, unit=units[code], role=role)
    return User.objects.get(pk=user.pk)


@pytest.fixture
def clerk(units: dict[str, Unit]) -> User:
    return user_of(units, "340181002", Role.STREET_CLERK, "clerk")


@pytest.fixture
def page(client: Client, clerk: User) -> Client:
    client.force_login(clerk)
    return client


@pytest.fixture
def looker(units: dict[str, Unit]) -> Client:
    found = Client()
    found.force_login(user_of(units, "340181002", Role.AUDITOR, "looker"))
    return found


@pytest.fixture
def stranger_to_numbers(units: dict[str, Unit]) -> Client:
    """Somebody who may look and has nothing to ask for."""
    found = Client()
    found.force_login(user_of(units, "340181002", Role.REST_CLIENT, "reader"))
    return found


@pytest.fixture
def wang(hire: Hire) -> Person:
    return hire("王芳")


def text(answer: Any) -> str:
    return str(answer.content.decode())


# -- As of any day ----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("CH-05")
def test_the_record_is_as_it_was_on_the_day(page: Client, wang: Person, clerk: User) -> None:
    person_change(
        actor=clerk,
        person=wang,
        day=date(2024, 3, 1),
        values={"political_status": "MASSES", "native_place": "安徽巢湖"},
    )
    person_change(actor=clerk, person=wang, day=date(2025, 7, 1), values={"political_status": "PARTY_MEMBER"})
    honour_add(actor=clerk, person=wang, kind="COMMENDATION", level="COUNTY", day=date(2025, 1, 10), title="防汛先进")
    seen = {}
    for day in ("2024-02-29", "2024-3-1", "2025.06.30", "20250701"):
        values = page.get(f"/people/{wang.pk}/?day={day}").context["record"].values
        seen[day] = (values["political_status"], values["native_place"])
    assert seen == {
        "2024-02-29": (None, ""),
        "2024-3-1": ("MASSES", "安徽巢湖"),
        "2025.06.30": ("MASSES", "安徽巢湖"),
        "20250701": ("PARTY_MEMBER", "安徽巢湖"),
    }
    assert "防汛先进" in text(page.get(f"/people/{wang.pk}/?day=2025-01-10"))
    assert "防汛先进" not in text(page.get(f"/people/{wang.pk}/?day=2025-01-09"))


def test_an_impossible_day_is_said_and_today_shown(page: Client, wang: Person) -> None:
    answer = page.get(f"/people/{wang.pk}/?day=2025-02-30")
    assert answer.status_code == 200
    assert "2025-02-28" in answer.context["wrong_day"]


def test_the_record_of_another_day_offers_no_acts(page: Client, wang: Person) -> None:
    today = text(page.get(f"/people/{wang.pk}/"))
    before = text(page.get(f"/people/{wang.pk}/?day=2021-01-01"))
    assert "/values/identity/change/" in today
    assert "/values/identity/change/" not in before


def test_years_of_service_and_age_are_of_the_day(page: Client, wang: Person) -> None:
    """Born on 1 May 1990, employed since 1 January 2020."""
    heads = {day: page.get(f"/people/{wang.pk}/?day={day}").context["head"] for day in ("2024-04-30", "2024-05-01")}
    assert [(head.age, head.years) for head in heads.values()] == [(33, 4), (34, 4)]


def test_the_rail_says_what_comes_next(page: Client, wang: Person) -> None:
    Employment.objects.filter(person=wang).update(contract_end=date(2099, 1, 1), probation_end=date(2020, 7, 1))
    found = page.get(f"/people/{wang.pk}/").context["deadlines"]
    assert [(one.day, one.anchor) for one in found] == [(date(2099, 1, 1), "employment")]
    early = page.get(f"/people/{wang.pk}/?day=2020-02-01").context["deadlines"]
    assert [one.day for one in early] == [date(2020, 7, 1), date(2099, 1, 1)]


def test_the_timeline_shows_the_kinds_that_are_asked_for(page: Client, wang: Person, clerk: User) -> None:
    education_add(actor=clerk, person=wang, level="BACHELOR", graduated=date(2012, 7, 1))
    honour_add(actor=clerk, person=wang, kind="COMMENDATION", level="COUNTY", day=date(2025, 1, 10))
    everything = page.get(f"/people/{wang.pk}/").context["events"]
    assert [one.day for one in everything] == [date(2025, 1, 10), date(2020, 1, 1), date(2020, 1, 1), date(2012, 7, 1)]
    some = page.get(f"/people/{wang.pk}/?kind=honours&kind=learning").context["events"]
    assert [one.kind for one in some] == ["honours", "learning"]


# -- Masks ------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("SL-06")
def test_sensitive_values_are_masked_until_they_are_asked_for(
    page: Client, looker: Client, stranger_to_numbers: Client, wang: Person, clerk: User
) -> None:
    write(wang, identity_number="340181199005010024", phone="13812345678", address="幸福路 1 号")
    section_add(
        actor=clerk, person=wang, section="bank",
        values={"bank": "农行", "number": "6228480012345678", "start": date(2024, 1, 1)},
    )  # fmt: skip
    hidden = ("340181199005010024", "13812345678", "幸福路 1 号", "6228480012345678")
    shown = text(page.get(f"/people/{wang.pk}/"))
    assert [value for value in hidden if value in shown] == []
    assert all(part in shown for part in ("3401**********0024", "138****5678", "**** 5678"))
    opened = text(page.post(f"/people/{wang.pk}/", PURPOSE))
    assert [value for value in hidden if value not in opened] == ["6228480012345678"]  # entered, and masked since
    assert AuditEntry.objects.filter(action="personnel.person.unmask", object_id=str(wang.pk)).count() == 1
    assert stranger_to_numbers.post(f"/people/{wang.pk}/", PURPOSE).status_code == 403
    assert AuditEntry.objects.filter(action="personnel.person.unmask").count() == 1
    assert [value for value in hidden if value not in text(looker.post(f"/people/{wang.pk}/", PURPOSE))] == []


# -- Acts -------------------------------------------------------------------------------------------------------------


def test_every_section_can_be_added_to(page: Client, wang: Person) -> None:
    """The forms come from the registry: each takes the least that its section needs, and a row appears."""
    rows: dict[str, dict[str, str]] = {
        "party": {"joined": "2015.7"},
        "placement": {"kind": "ATTACHMENT", "place": "区委组织部", "start": "2025-1-1", "employment": str(wang.employments.get().pk)},
        "education": {"level": "BACHELOR", "graduated": "2012年7月"},
        "certificate": {"level": "ASSISTANT", "number": "N1", "issued": "202009"},
        "resume": {"start": "2012.7", "organisation": "某公司"},
        "family": {"relation": "11", "name": "李伟"},
        "honour": {"kind": "COMMENDATION", "level": "COUNTY", "day": "20250110"},
        "discipline": {"kind": "WARNING", "start": "2025-01-10"},
        "public_role": {"kind": "PARTY_DELEGATE", "level": "COUNTY", "start": "2025-01-10"},
        "treatment": {"level": "OTHER", "start": "2025-01-10"},
        "named_list": {"kind": "EXCHANGE", "batch": "首批", "start": "2025-01-10"},
        "duty": {"kind": "TASK", "text": "走访独居老人", "start": "2025-01-10", "due": "2025-06-30"},
        "insurance": {"scheme": "PENSION", "start": "2025-01"},
        "bank": {"bank": "农行", "number": "6228480012345678", "start": "2025-01-10", "main": "on"},
        "post_fit": {"day": "2025-04-01", "department_leader": "周部长", "street_head": "吴书记",
                     "leading_secretary": "郑书记", "title": "STAFF", "verdict": "FITS"},
        "health_check": {"day": "2025-05-10"},
        "leave": {"kind": "SICK", "start": "2025-05-10", "days": "1.5"},
        "support": {"kind": "CONDOLENCE", "day": "2025-01-20", "amount": "1,000.50"},
        "area": {"unit": COMMUNITY, "role": "LEAD", "start": "2025-01-20"},
        "employment": {"unit": COMMUNITY, "category": "PUBLIC_WELFARE_POST", "start": "2025-01-20"},
        "post": {"title": "COMMITTEE_MEMBER", "unit": COMMUNITY, "start": "2025-01-20"},
    }  # fmt: skip
    for section, values in rows.items():
        before = len(page.get(f"/people/{wang.pk}/").context["record"].sections[section])
        answer = page.post(f"/people/{wang.pk}/{section}/add/", {**values, "sent": "1"})
        assert answer.status_code == 302, (section, text(answer))
        assert len(page.get(f"/people/{wang.pk}/").context["record"].sections[section]) == before + 1, section
    assert wang.supports.get().amount == 100050


def test_a_correction_asks_why_and_keeps_the_old_row(page: Client, wang: Person, clerk: User) -> None:
    row = education_add(actor=clerk, person=wang, level="BACHELOR", graduated=date(2012, 7, 15), school="安徽大学")
    path = f"/people/{wang.pk}/education/{row.pk}/correct/"
    seen = page.get(path).context["seen"]
    given = {"level": "COLLEGE", "completion": "GRADUATED", "graduated": "2012-07", "school": "安徽大学"}
    given |= {"seen": seen, "sent": "1"}
    refused = page.post(path, given)
    assert refused.status_code == 422
    assert "reason" in refused.context["form"].errors
    answer = page.post(path, {**given, "reason": "抄错"})
    assert answer.status_code == 302, answer.context["form"].errors
    row.refresh_from_db()
    assert (row.level, row.graduated) == ("COLLEGE", date(2012, 7, 15)), "a day shown as its month stays the day"
    old = RowHistory.objects.get(table_name="personnel_education", row_id=row.pk)
    assert (old.row["level"], old.actor, old.reason) == ("BACHELOR", "clerk", "抄错")
    shown = text(page.get(f"/people/{wang.pk}/history/"))
    assert "clerk·显示名" in shown
    assert "抄错" in shown


def test_a_change_asks_for_the_day_and_keeps_both_rows(page: Client, wang: Person, clerk: User) -> None:
    row = section_add(
        actor=clerk, person=wang, section="bank",
        values={"bank": "农行", "number": "6228480012345678", "start": date(2024, 1, 1)},
    )  # fmt: skip
    path = f"/people/{wang.pk}/bank/{row.pk}/change/"
    given = {"bank": "建行", "number": "6217000012345678", "holder": "", "main": "on", "sent": "1",
             "seen": page.get(path).context["seen"]}  # fmt: skip
    assert page.post(path, given).status_code == 422
    assert page.post(path, {**given, "day": "2025.6.1", "document": "个人申请"}).status_code == 302
    rows = BankAccount.objects.filter(person=wang).order_by("start").values_list("bank", "start", "end")
    assert list(rows) == [("农行", date(2024, 1, 1), date(2025, 6, 1)), ("建行", date(2025, 6, 1), None)]


def test_single_values_change_with_a_day_and_are_corrected_with_a_reason(page: Client, wang: Person) -> None:
    path = f"/people/{wang.pk}/values/contact/change/?only=phone"
    shown = page.get(path)
    assert list(shown.context["form"].fields) == ["phone", "day", "document"]
    given = {"phone": "１３９ ００００ １１１１", "day": "2025-06-01", "seen": shown.context["seen"], "sent": "1"}
    assert page.post(path, given).status_code == 302
    wang.refresh_from_db()
    assert wang.phone == "13900001111"
    assert PersonPast.objects.get().until == date(2025, 6, 1)
    path = f"/people/{wang.pk}/values/contact/correct/?only=phone"
    given = {"phone": "123", "reason": "误", "seen": page.get(path).context["seen"], "sent": "1"}
    refused = page.post(path, given)
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["phone"])


def test_two_at_one_row_the_second_is_told(page: Client, wang: Person, clerk: User) -> None:
    row = education_add(actor=clerk, person=wang, level="BACHELOR", graduated=date(2012, 7, 1))
    path = f"/people/{wang.pk}/education/{row.pk}/correct/"
    seen = page.get(path).context["seen"]
    row_write(
        actor=clerk, row=row, act="correct", seen=mark_of_row(row=row), values={"school": "合肥学院"}, reason="补"
    )
    late = page.post(path, {"level": "MASTER", "graduated": "2012-07", "reason": "改", "seen": seen, "sent": "1"})
    assert late.status_code == 409
    assert Education.objects.values_list("level", "school").get() == ("BACHELOR", "合肥学院")
    with pytest.raises(Conflict):
        row_write(actor=clerk, row=row, act="withdraw", seen=seen, reason="x")


def test_a_row_is_ended_and_withdrawn(page: Client, wang: Person, clerk: User) -> None:
    tenure = Tenure.objects.get(person=wang)
    path = f"/people/{wang.pk}/post/{tenure.pk}/end/"
    assert page.post(path, {"day": "2025-06-01", "seen": mark_of_row(row=tenure), "sent": "1"}).status_code == 302
    tenure.refresh_from_db()
    assert tenure.end == date(2025, 6, 1)
    honour = honour_add(actor=clerk, person=wang, kind="COMMENDATION", level="COUNTY", day=date(2025, 1, 10))
    path = f"/people/{wang.pk}/honour/{honour.pk}/withdraw/"
    assert page.post(path, {"reason": "不是本人", "seen": mark_of_row(row=honour), "sent": "1"}).status_code == 302
    assert not Honour.objects.exists()
    assert RowHistory.objects.get(table_name="personnel_honour").deleted


def test_the_row_of_somebody_else_is_not_there(page: Client, wang: Person, hire: Hire, clerk: User) -> None:
    other = hire("李梅")
    row = education_add(actor=clerk, person=other, level="BACHELOR", graduated=date(2012, 7, 1))
    assert page.get(f"/people/{wang.pk}/education/{row.pk}/correct/").status_code == 404
    assert page.get(f"/people/{other.pk}/education/{row.pk}/correct/").status_code == 200
    assert page.get(f"/people/{other.pk}/education/{row.pk}/end/").status_code == 404, "education does not end"


def test_who_may_only_look_writes_nothing(looker: Client, wang: Person, clerk: User) -> None:
    row = education_add(actor=clerk, person=wang, level="BACHELOR", graduated=date(2012, 7, 1))
    shown = text(looker.get(f"/people/{wang.pk}/"))
    assert "/correct/" not in shown
    assert "/add/" not in shown
    for path in ("education/add/", f"education/{row.pk}/correct/", "values/identity/change/"):
        assert looker.get(f"/people/{wang.pk}/{path}").status_code == 403, path
    assert looker.post(f"/people/{wang.pk}/archive/", {"act": "open", "open-opened": "2025-01-01"}).status_code == 403
    assert not Archive.objects.exists()


# -- Archive ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def archive(wang: Person, clerk: User, archive_rules: PolicyVersion) -> Archive:
    return archive_open(actor=clerk, person=wang, opened=date(2020, 1, 1))


def file_paper(page: Client, person: Person, content: bytes, name: str = "申请.pdf") -> Any:
    given = {"act": "item", "item-category": "6", "item-title": "入党志愿书", "item-day": "2015.7.1", "item-pages": "4"}
    return page.post(f"/people/{person.pk}/archive/", {**given, "item-file": SimpleUploadedFile(name, content)})


@pytest.mark.requirement("CH-08")
def test_a_paper_is_filed_with_its_scan_and_leaves_the_missing_list(
    page: Client, wang: Person, archive: Archive
) -> None:
    missing = [one.what.code for one in page.get(f"/people/{wang.pk}/archive/").context["missing"]]
    assert file_paper(page, wang, PDF).status_code == 302
    item = ArchiveItem.objects.get()
    assert (item.category, item.day, item.pages) == ("6", date(2015, 7, 1), 4)
    scan = page.get(f"/people/{wang.pk}/files/{item.file_id}/")
    assert (scan.content, scan["Content-Type"], scan["X-Content-Type-Options"]) == (PDF, "application/pdf", "nosniff")
    assert "sandbox" in scan["Content-Security-Policy"]
    assert scan["Content-Disposition"] == f'attachment; filename="{item.file.sha256[:12]}.pdf"'
    after = [one.what.code for one in page.get(f"/people/{wang.pk}/archive/").context["missing"]]
    assert set(after) <= set(missing)


@pytest.mark.parametrize("content", [b"MZ\x90\x00 not a scan", b"<html><script>", b"PK\x03\x04", b""])
def test_what_is_no_scan_is_refused_by_its_first_bytes(
    page: Client, wang: Person, archive: Archive, content: bytes
) -> None:
    assert file_paper(page, wang, content, "申请.pdf").status_code == 422
    assert not StoredFile.objects.exists()


def test_a_scan_that_is_too_large_is_refused(page: Client, wang: Person, archive: Archive) -> None:
    answer = file_paper(page, wang, PDF + b"0" * (10 * 1024 * 1024))
    assert answer.status_code == 422
    assert not StoredFile.objects.exists()


def test_a_scan_is_for_those_who_may_look_at_the_person(
    page: Client, wang: Person, hire: Hire, archive: Archive, units: dict[str, Unit]
) -> None:
    file_paper(page, wang, PDF)
    number = ArchiveItem.objects.get().file_id
    stranger = Client()
    stranger.force_login(user_of(units, "340181002001", Role.STREET_CLERK, "stranger"))
    assert stranger.get(f"/people/{wang.pk}/files/{number}/").status_code == 404
    other = hire("李梅")
    assert page.get(f"/people/{other.pk}/files/{number}/").status_code == 404, "not through another's record"
    assert page.get(f"/people/{wang.pk}/files/{number}/").status_code == 200


def test_an_archive_is_handed_over_lent_and_returned(page: Client, wang: Person, archive: Archive) -> None:
    path = f"/people/{wang.pk}/archive/"
    given = {"act": "hand-over", "hand-over-day": "2020-1-5", "hand-over-received_by": "赵科长"}
    assert page.post(path, given).status_code == 302
    assert Custody.objects.get().received_by == "赵科长"
    lend = {
        "act": "lend",
        "lend-borrower": "组织部",
        "lend-purpose": "考察",
        "lend-start": "2025-6-1",
        "lend-due": "2025-6-10",
    }
    assert page.post(path, lend).status_code == 302
    assert page.post(path, lend).status_code == 409, "it is lent out"
    assert page.get(f"/people/{wang.pk}/?day=2025-06-05").context["lent"] is not None
    assert page.post(path, {"act": "return", "return-day": "2025-06-09"}).status_code == 302
    assert Loan.objects.get().end == date(2025, 6, 9)
    assert page.post(path, {"act": "return", "return-day": "2025-06-09"}).status_code == 422


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (900, 1200), "white").save(buffer, "JPEG")
    return buffer.getvalue()


def test_a_photograph_is_kept_small_and_printed(page: Client, wang: Person) -> None:
    path = f"/people/{wang.pk}/archive/"
    answer = page.post(path, {"act": "photo", "photo-photo": SimpleUploadedFile("a.jpg", picture())})
    assert answer.status_code == 302
    wang.refresh_from_db()
    shown = page.get(f"/people/{wang.pk}/files/{wang.photo_id}/")
    with Image.open(io.BytesIO(shown.content)) as image:
        assert image.size == (480, 640)
    printed = page.get(f"/people/{wang.pk}/pdf/")
    assert (printed["Content-Type"], printed.content[:5]) == ("application/pdf", b"%PDF-")
    assert b"/Subtype /Image" in printed.content or b"/Subtype/Image" in printed.content


def test_an_earlier_photograph_stays_in_the_history(page: Client, wang: Person, hire: Hire) -> None:
    path, kept = f"/people/{wang.pk}/archive/", []
    for colour in ("red", "blue"):
        buffer = io.BytesIO()
        Image.new("RGB", (600, 800), colour).save(buffer, "PNG")
        answer = page.post(path, {"act": "photo", "photo-photo": SimpleUploadedFile("a.png", buffer.getvalue())})
        assert answer.status_code == 302
        wang.refresh_from_db()
        kept.append(wang.photo_id)
    history = text(page.get(f"/people/{wang.pk}/history/"))
    for number, (red, _green, blue) in zip(kept, ((254, 0, 0), (0, 0, 254)), strict=True):
        address = f"/people/{wang.pk}/files/{number}/"
        assert f'href="{address}"' in history
        with Image.open(io.BytesIO(page.get(address).content)) as image:
            assert image.getpixel((10, 10))[0] == pytest.approx(red, abs=2)
            assert image.getpixel((10, 10))[2] == pytest.approx(blue, abs=2)
    stranger = hire("别人")
    assert page.get(f"/people/{stranger.pk}/files/{kept[0]}/").status_code == 404


def test_the_print_of_numbers_leaves_a_trace(page: Client, stranger_to_numbers: Client, wang: Person) -> None:
    looker = stranger_to_numbers
    assert looker.get(f"/people/{wang.pk}/pdf/").status_code == 200
    assert looker.post(f"/people/{wang.pk}/pdf/", PURPOSE).status_code == 403
    assert page.post(f"/people/{wang.pk}/pdf/", PURPOSE).status_code == 200
    assert AuditEntry.objects.filter(action="personnel.person.unmask").count() == 1


def test_a_leaver_is_taken_back_from_the_card_of_the_double(page: Client, hire: Hire) -> None:
    left = hire("赵敏", end=date(2023, 5, 1), birth_date=date(1988, 2, 2))
    given = {"name": "赵敏", "birth_date": "1988.2.2", "identity_number": ""}
    card = text(page.post("/people/new/identity/", given))
    assert f'href="/people/{left.pk}/employment/add/"' in card
    assert "2023-05-01" in card
    again = {"unit": COMMUNITY, "category": "COMMUNITY_WORKER", "start": "2026-03-01", "sent": "1"}
    assert page.post(f"/people/{left.pk}/employment/add/", again).status_code == 302
    days = Employment.objects.filter(person=left).order_by("start").values_list("start", "end")
    assert list(days) == [(date(2020, 1, 1), date(2023, 5, 1)), (date(2026, 3, 1), None)]


def test_somebody_moves_to_another_community_of_the_street(page: Client, wang: Person, units: dict[str, Unit]) -> None:
    job = wang.employments.get()
    path = f"/people/{wang.pk}/employment/{job.pk}/change/"
    shown = page.get(path)
    given = {"unit": "340181002001", "category": "COMMUNITY_WORKER", "employer": COMMUNITY, "day": "2025-6-1",
             "seen": shown.context["seen"], "sent": "1"}  # fmt: skip
    assert page.post(path, given).status_code == 302
    rows = (
        Employment.objects.filter(person=wang).order_by("start").values_list("unit__code", "unit_path", "start", "end")
    )
    assert list(rows) == [
        (units[COMMUNITY].code, units[COMMUNITY].path, date(2020, 1, 1), date(2025, 6, 1)),
        (units["340181002001"].code, units["340181002001"].path, date(2025, 6, 1), None),
    ]


def test_nobody_is_moved_into_a_street_that_is_not_ones_own(
    client: Client, wang: Person, units: dict[str, Unit]
) -> None:
    client.force_login(user_of(units, COMMUNITY, Role.STREET_CLERK, "narrow"))
    job = wang.employments.get()
    path = f"/people/{wang.pk}/employment/{job.pk}/change/"
    given = {"unit": "340181002001", "category": "COMMUNITY_WORKER", "day": "2025-6-1",
             "seen": mark_of_row(row=job), "sent": "1"}  # fmt: skip
    answer = client.post(path, given)
    assert answer.status_code == 422
    assert "unit" in answer.context["form"].errors
    assert wang.employments.get().unit.short_code == COMMUNITY
