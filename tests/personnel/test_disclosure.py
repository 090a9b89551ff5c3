"""The policy of fields holds: every field of every section, for every role, on every face, and nothing else.

Each cell is observed from outside (what stands on the page, in the form, in the answer, in the file; what is different
in the database afterwards) and compared with the declaration.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from html import unescape
from typing import Any
from zlib import crc32

import openpyxl
import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client

from organization.models import ROLE_PERMISSIONS, Permission, Role, Unit, User
from organization.services import grant_give, token_give
from personnel.models import Person, codes
from personnel.rules import disclosure
from personnel.rules.disclosure import CELLS, CLASS_OF, CLASSES, ROLES, Cell, Sight, Sights, sights
from personnel.rules.fields import FIELDS, SECTIONS, SENSITIVE, Field, fields_of, wording
from personnel.rules.listing import COLUMNS
from personnel.rules.review import FURTHER
from personnel.selectors.record import label_for_system, text_for_system
from personnel.services import section_add
from personnel.views import record as record_views
from tests.records import write

OWN = "340181002008"
PURPOSE = {"purpose": "CHECK"}
Hire = Callable[..., Person]

# -- The declaration --------------------------------------------------------------------------------------------------


def undeclared(fields: Mapping[str, Any]) -> set[str]:
    return set(fields) - set(CLASS_OF)


def test_every_field_is_declared_once_and_for_every_role() -> None:
    assert undeclared(FIELDS) == set()
    assert set(CLASS_OF) - set(FIELDS) == set(), "gone; take it out"
    listed = [code for text in disclosure._FIELDS.values() for code in text.split()]
    assert len(listed) == len(set(listed))
    assert set(CLASS_OF.values()) == set(CLASSES)
    looking = {role for role, held in ROLE_PERMISSIONS.items() if Permission.VIEW_PEOPLE in held}
    assert set(ROLES) == looking
    # The control: a field that somebody adds to the registry and not here.
    assert undeclared({**FIELDS, "blood_group": None}) == {"blood_group"}


def test_nobody_writes_without_the_permission_and_the_auditor_never() -> None:
    writing = {role for role in ROLES for code in FIELDS if CELLS[code][role].writes}
    assert writing == {role for role in ROLES if Permission.CHANGE_PEOPLE in ROLE_PERMISSIONS[role]}
    assert "AUDITOR" not in writing
    assert {code for code in FIELDS if CELLS[code]["AUDITOR"].sight < Sight.ASKED} == set()


def test_what_is_sensitive_is_readable_for_nobody_at_once() -> None:
    for code, field in FIELDS.items():
        readable = {role for role in ROLES if CELLS[code][role].sight == Sight.READABLE}
        assert (field.sensitivity == SENSITIVE) == (readable == set()), code


def test_the_best_of_several_roles_counts() -> None:
    clerk, payer = sights(frozenset({"STREET_CLERK"})), sights(frozenset({"FINANCE"}))
    assert (clerk["bank.number"], payer["bank.number"]) == (Cell(Sight.MASKED, True), Cell(Sight.ASKED, False))
    assert sights(frozenset({"STREET_CLERK", "FINANCE"}))["bank.number"] == Cell(Sight.ASKED, True)
    assert sights(frozenset({"WORKER"}))["name"] == sights(frozenset())["name"] == Cell(Sight.HIDDEN, False)


# -- A file with something in every field -----------------------------------------------------------------------------

NUMBERS = ("110105199005010026", "110105199005010069")  # of the same day and sex
_LATE = {"end", "effect_end", "done", "due", "registered_until", "contract_end", "probation_end", "confirmed"}
# What a row keeps: it says where the person works, which other rows rest on, or what kind of document a number is of.
FIXED = {
    "sex", "birth_date", "document_type", "registered_residence", "lives_in", "tenure.unit", "tenure.title",
    "employment.unit", "employment.employer", "employment.recruiter", "employment.category", "employment.start",
    "employment.end", "employment.end_reason", "employment.destination", "tenure.start", "tenure.end",
    "placement.manager", "placement.work_unit", "placement.kind", "party.branch", "area.unit", "leave.days",
    "named_list.kind", "insurance.scheme", "political_status", "democratic_party", "party_joined",
}  # fmt: skip


def value(field: Field, n: int, units: dict[str, Unit]) -> Any:
    """The n-th value of a field, as a service takes it."""
    if field.codes is not None:
        found = [code for code in getattr(codes, field.codes).values if code]
        return found[n % len(found)]
    if field.kind in ("date", "month"):
        return date(2033 if field.attribute in _LATE else 2022, 1 + n, 1)
    if field.kind == "identity":
        return NUMBERS[n]
    if field.kind == "phone":
        return f"139{crc32(field.code.encode()) % 10**7:07}{n}"
    if field.kind == "unit":
        return units[OWN]
    if field.kind == "yesno":
        return n == 0
    if field.kind in ("number", "money"):
        return (n + 3) * (100 if field.kind == "money" else 1)
    if field.attribute == "number":
        return f"62284800{crc32(field.code.encode()) % 10**7:07}{n}"
    return f"{field.zh}{'甲乙'[n]}"


@pytest.fixture
def whole(hire: Hire, units: dict[str, Unit]) -> Person:
    """Somebody with a value in every field, and one row in every section."""
    person = hire("王芳")
    single = {code: value(one, 0, units) for code, one in FIELDS.items() if "." not in code and code not in FIXED}
    write(person, **single, political_status="PARTY_MEMBER")
    for code, section in SECTIONS.items():
        if not section.rows or code in ("employment", "post"):
            continue
        values = {one.attribute: value(one, 0, units) for one in fields_of(code)}
        if code == "placement":
            values |= {"employment": person.employments.get(), "kind": "ATTACHMENT", "manager": "", "work_unit": ""}
        section_add(actor=None, person=person, section=code, values=values)
    job, post = person.employments.get(), person.tenures.get()
    for row, section in ((job, "employment"), (post, "post")):
        later = {
            one.attribute: value(one, 0, units)
            for one in fields_of(section)
            if one.code not in FIXED or one.code == "employment.recruiter"
        }
        type(row).objects.filter(pk=row.pk).update(**later)
    return Person.objects.get(pk=person.pk)


def user_with(units: dict[str, Unit], *roles: str) -> User:
    user = User.objects.create(username="-".join(roles).lower(), display_name="x")
    for role in roles:
        grant_give(actor=None, user=user, unit=units["340181002"], role=role)
    return user


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def row_of(person: Person, section: str) -> Any:
    model: Any = apps.get_model("personnel", SECTIONS[section].model)
    if section == "placement":
        return model.objects.get(employment__person=person)
    return model.objects.get(person=person)


def words_of(person: Person) -> dict[str, str]:
    """Field → how its value reads."""
    found = {}
    for code, one in FIELDS.items():
        row = row_of(person, one.section) if SECTIONS[one.section].rows else person
        held = row.post.unit if code == "tenure.unit" else getattr(row, one.attribute)
        found[code] = text_for_system(one, row, held).removesuffix(".0")
    return found


ABSENT = {
    "employment.end", "employment.end_reason", "employment.destination", "tenure.end", "placement.manager",
    "placement.work_unit", "registered_residence", "lives_in", "democratic_party", "party_joined",
}  # fmt: skip


def test_the_file_is_whole(whole: Person) -> None:
    assert {code for code, text in words_of(whole).items() if not text} == ABSENT


# -- The record -------------------------------------------------------------------------------------------------------

_SECTION = re.compile(r'<section class="panel" aria-labelledby="(\w+)">(.*?)</section>', re.S)
_PAIR = re.compile(r"<dt>(.*?)</dt><dd>(.*?)</dd>", re.S)


def pairs(content: str) -> dict[tuple[str, str], str]:
    """(section, label) → text, as the page has them."""
    return {
        (section, unescape(label)): unescape(text)
        for section, block in _SECTION.findall(content)
        for label, text in _PAIR.findall(block)
    }


def seen_on_the_page(user: User, person: Person) -> dict[str, Sight]:
    """How each field that has a value is seen."""
    client, path = browser(user), f"/people/{person.pk}/"
    answer = client.get(path)
    if answer.status_code == 404:
        return dict.fromkeys(set(FIELDS) - ABSENT, Sight.HIDDEN)
    closed = pairs(answer.content.decode())
    opened = pairs(client.post(path, PURPOSE).content.decode())
    found = {}
    for code, text in words_of(person).items():
        key = (FIELDS[code].section, label_for_system(FIELDS[code]))
        if not text:
            continue
        if closed.get(key) == text:
            found[code] = Sight.READABLE
        elif opened.get(key) == text:
            found[code] = Sight.ASKED
        else:
            found[code] = Sight.MASKED if key in closed else Sight.HIDDEN
    return found


def wrong_on_the_page(units: dict[str, Unit], person: Person, roles: Iterator[str] | Any) -> list[str]:
    return [
        f"{role} {code}: {found.name}"
        for role in roles
        for code, found in seen_on_the_page(user_with(units, role), person).items()
        if found != CELLS[code].get(role, Cell()).sight
    ]


@pytest.mark.requirement("SL-06")
def test_the_record_shows_what_is_declared(units: dict[str, Unit], whole: Person) -> None:
    assert wrong_on_the_page(units, whole, Role.values) == []


def test_one_wrong_cell_is_found(units: dict[str, Unit], whole: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: one cell of the page that is not as it is declared."""
    open_ = Sights(
        {**{code: cells["STREET_CLERK"] for code, cells in CELLS.items()}, "bank.number": Cell(Sight.READABLE)}
    )
    monkeypatch.setattr(record_views, "sights_of", lambda **_given: open_)
    assert wrong_on_the_page(units, whole, ["STREET_CLERK"]) == ["STREET_CLERK bank.number: READABLE"]


def test_the_history_and_the_print_show_no_more(units: dict[str, Unit], whole: Person) -> None:
    """What is not readable at once stands neither in the history nor in the page that is printed."""
    for code, one in FIELDS.items():
        if SECTIONS[one.section].rows and code not in FIXED and one.kind in ("text", "phone"):
            write(row_of(whole, one.section), **{one.attribute: value(one, 1, units)})
    words = words_of(whole)
    for role in ROLES:
        content = browser(user_with(units, role)).get(f"/people/{whole.pk}/history/").content.decode()
        for code, text in words.items():
            if text and len(text) > 6 and FIELDS[code].kind in ("text", "phone", "identity"):
                assert (text in unescape(content)) <= (CELLS[code][role].sight == Sight.READABLE), (role, code)


# -- Forms ------------------------------------------------------------------------------------------------------------


def as_typed(field: Field, held: Any) -> str:
    if isinstance(held, bool):
        return "on" if held else ""
    if field.kind == "money":
        return f"{held // 100}.{held % 100:02}"
    return held.code if isinstance(held, Unit) else str(held)


def rolled_back(ask: Callable[[], Any]) -> Any:
    with transaction.atomic():
        point = transaction.savepoint()
        found = ask()
        transaction.savepoint_rollback(point)
    return found


def written(user: User, person: Person, section: str, units: dict[str, Unit]) -> tuple[set[str], set[str], set[str]]:
    """What of a section's fields the form offers and shows, and what a POST with all of them changes."""
    client = browser(user)
    single = not SECTIONS[section].rows
    row = person if single else row_of(person, section)
    path = (
        f"/people/{person.pk}/values/{section}/correct/"
        if single
        else f"/people/{person.pk}/{section}/{row.pk}/correct/"
    )
    answer = client.get(path)
    if answer.status_code == 200:
        form = answer.context["form"]
        offered = {one.code for one in fields_of(section) if one.attribute in form.fields}
        words = {one.code: as_typed(one, getattr(row, one.attribute, "")) for one in fields_of(section)}
        shown = {code for code in offered if words[code] and form.initial.get(FIELDS[code].attribute) not in (None, "")}
        content = unescape(answer.content.decode())
        for code in offered - shown:
            assert FIELDS[code].codes or len(words[code]) < 6 or words[code] not in content, (
                f"{code} stands in the form"
            )
    else:
        assert answer.status_code in (403, 404), path
        offered, shown = set(), set()

    def post() -> set[str]:
        given = {
            one.attribute: as_typed(one, value(one, 0 if one.code in FIXED else 1, units))
            for one in fields_of(section)
            if one.code not in FIXED
        }
        kept = {
            one.attribute: as_typed(one, getattr(row, one.attribute, None) or "")
            for one in fields_of(section)
            if one.code in FIXED
        }
        if section == "post":
            kept["unit"] = row.post.unit.code
        seen = answer.context["seen"] if answer.status_code == 200 else ""
        sent = client.post(path, {**kept, **given, "reason": "x", "seen": seen})
        assert sent.status_code in (302, 403, 404), (section, sent.context and dict(sent.context["form"].errors))
        now = Person.objects.get(pk=person.pk) if single else row_of(person, section)
        return {
            one.code
            for one in fields_of(section)
            if one.code not in FIXED and getattr(now, one.attribute) != getattr(row, one.attribute)
        }

    return offered, shown, rolled_back(post)


@pytest.mark.parametrize("role", Role.values)
def test_forms_offer_and_write_what_is_declared(units: dict[str, Unit], whole: Person, role: str) -> None:
    user, wrong = user_with(units, role), []
    for section in SECTIONS:
        offered, shown, changed = written(user, whole, section, units)
        for one in fields_of(section):
            cell = CELLS[one.code].get(role, Cell())
            if (one.code in offered) != cell.writes:
                wrong.append(f"{one.code} is offered: {one.code in offered}")
            if one.code not in FIXED and (one.code in changed) != cell.writes:
                wrong.append(f"{one.code} is written: {one.code in changed}")
            if one.code in shown and cell.sight != Sight.READABLE:
                wrong.append(f"{one.code} is shown in the form")
    assert wrong == []


def test_a_masked_value_stays_until_another_is_typed(units: dict[str, Unit], whole: Person) -> None:
    """The clerk of the account: entered once, masked afterwards, kept by an empty input, replaced by a typed one."""
    client, account = browser(user_with(units, "STREET_CLERK")), whole.bank_accounts.get()
    path = f"/people/{whole.pk}/bank/{account.pk}/correct/"
    page = client.get(path)
    assert account.number not in page.content.decode()
    assert f"**** {account.number[-4:]}" in page.content.decode()
    given = {
        "bank": "工行",
        "number": "",
        "holder": account.holder,
        "main": "on",
        "start": "2022-01-01",
        "end": "2033-01-01",
    }
    sent = client.post(path, {**given, "reason": "x", "seen": page.context["seen"]})
    changed = whole.bank_accounts.get()
    assert (sent.status_code, changed.bank, changed.number) == (302, "工行", account.number)
    seen = client.get(path).context["seen"]
    client.post(path, {**given, "number": "6222020200112233", "reason": "x", "seen": seen})
    assert whole.bank_accounts.get().number == "6222020200112233"
    contact = f"/people/{whole.pk}/values/contact/correct/?only=emergency_contact"
    seen = client.get(contact).context["seen"]
    client.post(contact, {"emergency_contact": "-", "reason": "x", "seen": seen})
    assert Person.objects.get(pk=whole.pk).emergency_contact == ""


# -- Programs ---------------------------------------------------------------------------------------------------------

SETS = [
    ("REST_CLIENT",), ("REST_WRITER",),
    *((role, "REST_CLIENT") for role in ("STREET_CLERK", "STREET_APPROVER", "ORG_OFFICER", "ORG_APPROVER", "FINANCE")),
]  # fmt: skip


def best(roles: tuple[str, ...], code: str) -> Cell:
    cells = [CELLS[code][role] for role in roles]
    return Cell(max(one.sight for one in cells), any(one.writes for one in cells))


def program(user: User) -> Client:
    return Client(headers={"Authorization": f"Bearer {token_give(actor=None, user=user, label='x')[1]}"})


@pytest.mark.parametrize("roles", SETS, ids="+".join)
def test_programs_read_what_is_declared(units: dict[str, Unit], whole: Person, roles: tuple[str, ...]) -> None:
    asking = program(user_with(units, *roles))
    wrong = []
    closed = asking.get(f"/api/v1/people/{whole.pk}/").json()
    answer = asking.get(f"/api/v1/people/{whole.pk}/", {"unmasked": "true", **PURPOSE})
    opened = answer.json() if answer.status_code == 200 else closed
    parts = {
        "identity": (closed, opened), "contact": (closed, opened),
        "employment": (asking.get(f"/api/v1/employments/{whole.employments.get().pk}/").json(),) * 2,
        "post": (asking.get(f"/api/v1/tenures/{whole.tenures.get().pk}/").json(),) * 2,
    }  # fmt: skip
    lists = {
        "employment": asking.get("/api/v1/employments/", {"person": whole.pk}).json()["results"][0],
        "post": asking.get("/api/v1/tenures/", {"person": whole.pk}).json()["results"][0],
    }
    for section, (before, after) in parts.items():
        row = whole if section in ("identity", "contact") else row_of(whole, section)
        for one in fields_of(section):
            held = row.post.unit if one.code == "tenure.unit" else getattr(row, one.attribute)
            if held in (None, ""):
                continue
            text = held.code if isinstance(held, Unit) else held.isoformat() if isinstance(held, date) else held
            found = (
                Sight.READABLE if before[one.attribute] == text
                else Sight.ASKED if after[one.attribute] == text
                else Sight.MASKED if before[one.attribute] else Sight.HIDDEN
            )  # fmt: skip
            wanted = best(roles, one.code).sight
            if wanted == Sight.MASKED and one.kind not in ("identity", "phone"):
                wanted = Sight.HIDDEN  # of words there is no mask
            if found != wanted or (section in lists and lists[section][one.attribute] != before[one.attribute]):
                wrong.append(f"{one.code}: {found.name}")
            if section in ("identity", "contact"):
                assert (one.code in before["masked"]) == (found != Sight.READABLE)
    assert wrong == []


@pytest.mark.parametrize("roles", SETS, ids="+".join)
def test_programs_write_what_is_declared(units: dict[str, Unit], whole: Person, roles: tuple[str, ...]) -> None:
    asking = program(user_with(units, *roles))
    wrong = []
    path = f"/api/v1/people/{whole.pk}/"
    etag = asking.get(path)["ETag"]
    for code, one in FIELDS.items():
        if "." in code or code in FIXED:
            continue
        sent = value(one, 1, units)

        def post(name: str = code, text: Any = sent) -> tuple[int, bool]:
            body = {"reason": "x", "values": {name: text.isoformat() if isinstance(text, date) else text}}
            answer = asking.post(f"{path}correct/", body, content_type="application/json", headers={"If-Match": etag})
            return answer.status_code, getattr(Person.objects.get(pk=whole.pk), name) == text

        status, changed = rolled_back(post)
        expected = (200, True) if best(roles, code).writes else (403, False)
        if (status, changed) != expected:
            wrong.append(f"{code}: {status} {changed}")
    assert wrong == []


def test_a_token_that_only_reads_sees_what_a_reader_sees(units: dict[str, Unit], whole: Person) -> None:
    user, path = user_with(units, "REST_WRITER"), f"/api/v1/people/{whole.pk}/"
    limits = ["view_people"], ["view_people", "change_people"]
    reads, writes = (
        Client(headers={"Authorization": f"Bearer {token_give(actor=None, user=user, label='x', permissions=each)[1]}"})
        for each in limits
    )
    assert reads.get(path, {"unmasked": "true", **PURPOSE}).status_code == 403
    closed = reads.get(path).json()
    assert "identity_number" in closed["masked"]
    assert closed["identity_number"] != whole.identity_number
    # The control: the same user with a token that may write is shown it.
    assert writes.get(path, {"unmasked": "true", **PURPOSE}).json()["identity_number"] == whole.identity_number


def test_an_auditor_has_no_program(units: dict[str, Unit], whole: Person) -> None:
    assert browser(user_with(units, "AUDITOR")).get(f"/api/v1/people/{whole.pk}/").status_code == 403


# -- Exports ----------------------------------------------------------------------------------------------------------


def exported(client: Client, **given: str) -> dict[tuple[str, str], str] | None:
    """(sheet, heading) → cell of the one row; None if refused."""
    answer = client.post("/people/export/", {"sections": "1", **given})
    if answer.status_code != 200:
        return None
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer)))
    return {
        (sheet.title, str(head.value)): str(cell.value or "")
        for sheet in book
        for head, cell in zip(sheet[1], sheet[2], strict=True)
    }


def official(one: Field, sheet: str, person: Person) -> str:
    row = row_of(person, one.section) if SECTIONS[one.section].rows else person
    held = row.post.unit if one.code == "tenure.unit" else getattr(row, one.attribute)
    if isinstance(held, bool):
        return "是" if held else "否"
    if isinstance(held, date):
        return f"{held:%Y-%m}" if one.kind == "month" and sheet == "人员名单" else held.isoformat()
    if one.kind == "money":
        return str(held // 100)
    if isinstance(held, Unit):
        return held.name
    return wording(one.code, str(held)) if one.codes else "" if held is None else str(held)


@pytest.mark.parametrize("role", ROLES)
def test_exports_write_what_is_declared(units: dict[str, Unit], whole: Person, role: str) -> None:
    """A row of a section whose key is not written is left out whole: it could not be read back."""
    client, wrong = browser(user_with(units, role)), []
    client.post("/people/columns/", {"column": list(COLUMNS)})
    closed = exported(client) or {}
    opened = exported(client, unmasked="1", **PURPOSE)
    opened = closed if opened is None else opened
    asked = [("人员名单", one) for one in COLUMNS.values()]
    asked += [(SECTIONS[code].zh, one) for code in FURTHER for one in fields_of(code)]
    for sheet, one in asked:
        text = official(one, sheet, whole)
        if not text:
            continue
        found = (
            Sight.READABLE if closed.get((sheet, one.zh)) == text
            else Sight.ASKED if opened.get((sheet, one.zh)) == text
            else Sight.MASKED if closed.get((sheet, one.zh)) else Sight.HIDDEN
        )  # fmt: skip
        wanted = CELLS[one.code][role].sight
        same = SECTIONS[one.section].same[:1] if sheet != "人员名单" else ()
        keys = [CELLS[f"{SECTIONS[one.section].prefix}.{name}"][role].sight for name in same]
        wanted = min([wanted, *keys])
        if wanted == Sight.MASKED and one.kind not in ("identity", "phone"):
            wanted = Sight.HIDDEN
        if wanted == Sight.MASKED and sheet != "人员名单":
            wanted = Sight.HIDDEN
        if found != wanted:
            wrong.append(f"{sheet} {one.code}: {found.name}, not {wanted.name}")
    assert wrong == []
