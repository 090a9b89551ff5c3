"""Entering a person: what a number says, who is found, drafts, one transaction, and a session that ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from core.errors import Conflict, NotFound, Refused
from core.models import AuditEntry
from organization.models import Role, Unit, User
from organization.services import grant_give, user_create
from personnel.models import Certificate, Draft, Education, Employment, Person, PersonPast, RowHistory, Tenure
from personnel.rules.identity import check_digit
from personnel.selectors.duplicates import likenesses
from personnel.services.drafts import draft_discard, draft_save
from personnel.services.entry import mark_of_people, mark_of_row, people_change, person_enter, row_write
from tests.records import write

Hire = Callable[..., Person]
COMMUNITY = "340181002008"
# 17 digits and the check digit: born on 3 May 1990, the 17th digit 2 is even: a woman.
NUMBER = "34018119900503002" + check_digit("34018119900503002")


def clerk_of(units: dict[str, Unit], code: str, name: str) -> User:
    user, _password = user_create(actor=None, username=name, display_name=name)
    User.objects.filter(pk=user.pk).update(must_change_password=False)
    grant_give(actor=None, user=user, unit=units[code], role=Role.STREET_CLERK)
    return User.objects.get(pk=user.pk)


@pytest.fixture
def clerk(units: dict[str, Unit]) -> User:
    return clerk_of(units, COMMUNITY, "clerk")


@pytest.fixture
def page(client: Client, clerk: User) -> Client:
    client.force_login(clerk)
    return client


IDENTITY = {"page": "identity", "identity_number": NUMBER, "name": "王芳", "phone": "138 1234 5678"}
WORK = {
    "page": "work", "employment-unit": COMMUNITY, "employment-category": "COMMUNITY_WORKER",
    "employment-start": "2026.3", "tenure-title": "STAFF", "tenure-full_time": "on",
}  # fmt: skip


def send(page: Client, key: str, values: dict[str, str], **more: str) -> Any:
    draft = Draft.objects.filter(key=key).first()
    version = str(draft.version if draft else 0)
    return page.post("/people/new/", {"draft": key, "version": version, "go": "next", **values, **more})


def enter(page: Client, identity: dict[str, str] = IDENTITY, more: dict[str, str] | None = None) -> Any:
    """All pages one after the other, as without JavaScript; the answer of saving."""
    key = str(uuid4())
    for values in (identity, WORK, {"page": "more", **(more or {})}):
        answer = send(page, key, values)
        assert answer.status_code == 302, answer.content.decode()
    return page.post("/people/new/", {"draft": key, "page": "check", "go": "save"})


@pytest.mark.requirement("CH-01")
def test_a_person_is_entered_in_three_pages_and_a_check(page: Client) -> None:
    more = {
        "education-rows": "1", "education-0-level": "BACHELOR", "education-0-graduated": "201207",
        "certificate-rows": "1", "certificate-0-level": "ASSISTANT", "certificate-0-number": "A1",
        "certificate-0-issued": "2020年9月",
    }  # fmt: skip
    answer = enter(page, more=more)
    person = Person.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/people/{person.pk}/")
    assert (person.name, person.sex, person.birth_date, person.phone) == (
        "王芳", "FEMALE", date(1990, 5, 3), "13812345678",
    )  # fmt: skip
    job = Employment.objects.get()
    assert (job.unit.code, job.category, job.start) == (COMMUNITY, "COMMUNITY_WORKER", date(2026, 3, 1))
    tenure = Tenure.objects.get()
    assert (tenure.title, tenure.start, tenure.post.unit.code) == ("STAFF", date(2026, 3, 1), COMMUNITY)
    assert Education.objects.get().graduated == date(2012, 7, 1)
    assert Certificate.objects.get().issued == date(2020, 9, 1)
    assert not Draft.objects.exists()


def test_the_check_page_shows_what_will_be_saved(page: Client) -> None:
    key = str(uuid4())
    for values in (IDENTITY, WORK, {"page": "more"}):
        send(page, key, values)
    shown = page.get(f"/people/new/?draft={key}&page=check").content.decode()
    assert all(text in shown for text in (NUMBER, "王芳", "旗山社区", "2026-03-01"))
    assert not Person.objects.exists()


def test_nothing_is_saved_if_anything_is_wrong(page: Client) -> None:
    """The certificate's number is somebody's already: neither the person nor the employment stays."""
    enter(page, more={"certificate-rows": "1", "certificate-0-level": "ASSISTANT", "certificate-0-number": "A1",
                      "certificate-0-issued": "2020-09-01"})  # fmt: skip
    other = {**IDENTITY, "identity_number": "34018119910503002" + check_digit("34018119910503002"), "name": "李梅"}
    answer = enter(page, other, {"certificate-rows": "1", "certificate-0-level": "ASSISTANT",
                                 "certificate-0-number": "A1", "certificate-0-issued": "2020-09-01"})  # fmt: skip
    assert answer.status_code == 422
    assert Person.objects.count() == Employment.objects.count() == Certificate.objects.count() == 1
    assert Draft.objects.get().title == "李梅", "what was typed is still there"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (NUMBER[:17] + ("0" if NUMBER[17] != "0" else "1"), f"应为{NUMBER[17]}"),
        ("34018119901332" + "0021", "19901332"),
    ],
)
def test_what_is_wrong_with_a_number_is_said_beside_it(page: Client, typed: str, said: str) -> None:
    answer = page.post("/people/new/identity/", {"identity_number": typed})
    text = answer.content.decode().replace(" ", "").replace("“", "").replace("”", "")
    assert answer.status_code == 200
    assert 'class="field-error' in answer.content.decode()
    assert said in text or typed[17] in text


@pytest.mark.requirement("CH-02")
def test_a_number_says_birth_date_sex_and_age(page: Client) -> None:
    shown = page.post(
        "/people/new/identity/", {"identity_number": " " + NUMBER[:6] + " " + NUMBER[6:]}
    ).content.decode()
    assert "1990-05-03" in shown
    assert 'id="says"' in shown
    assert "likeness" not in shown


def test_what_contradicts_the_number_is_compared_and_not_overwritten(page: Client) -> None:
    key = str(uuid4())
    answer = send(page, key, IDENTITY, sex="MALE", birth_date="1990-05-04")
    assert answer.status_code == 422
    errors = answer.context["errors"][0].errors["identity_number"]
    assert len(errors) == 2
    assert not Person.objects.exists()


def test_the_same_number_is_shown_before_anything_else_is_typed(page: Client, hire: Hire) -> None:
    person = hire("王芳", birth_date=date(1990, 5, 3))
    write(person, identity_number=NUMBER)
    shown = page.post("/people/new/identity/", {"identity_number": NUMBER}).content.decode()
    assert f'href="/people/{person.pk}/"' in shown
    answer = send(page, str(uuid4()), {**IDENTITY, "name": "别人"})
    assert answer.status_code == 422
    assert "identity_number" in answer.context["errors"][0].errors


def test_of_people_elsewhere_only_their_existence_is_said(page: Client, hire: Hire) -> None:
    person = hire("王芳", unit="340181002001", birth_date=date(1990, 5, 3))
    write(person, identity_number=NUMBER)
    shown = page.post("/people/new/identity/", {"identity_number": NUMBER}).content.decode()
    assert "likeness" in shown
    assert "王芳" not in shown
    assert f"/people/{person.pk}/" not in shown


def test_name_and_birth_date_ask_for_a_reason(page: Client, hire: Hire) -> None:
    hire("王芳", birth_date=date(1990, 5, 3))
    key = str(uuid4())
    answer = send(page, key, IDENTITY)
    assert answer.status_code == 422
    assert "still_new" in answer.context["errors"][0].errors
    assert send(page, key, {**IDENTITY, "still_new": "同名同日，已核对"}).status_code == 302


def test_likenesses_find_every_double_and_nobody_else(units: dict[str, Unit], hire: Hire, clerk: User) -> None:
    """Twenty people: each is found again by name and birth date; the same name of another day is nobody."""
    names = [f"张{'伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平'[n]}" for n in range(20)]
    for n, name in enumerate(names):
        hire(name, birth_date=date(1980 + n, 1, 1))
    found = [
        likenesses(user=clerk, name=f" {name[0]} {name[1]}", birth_date=date(1980 + n, 1, 1))
        for n, name in enumerate(names)
    ]
    assert [len(one) for one in found] == [1] * 20
    others = [likenesses(user=clerk, name=name, birth_date=date(1960 + n, 1, 1)) for n, name in enumerate(names)]
    assert [one for one in others if one] == []


def test_the_service_finds_the_double_without_the_page(units: dict[str, Unit], hire: Hire, clerk: User) -> None:
    hire("王芳", birth_date=date(1990, 5, 3))
    values: dict[str, Any] = {
        "actor": clerk,
        "identity": {"name": "王芳", "sex": "FEMALE", "birth_date": date(1990, 5, 3)},
        "employment": {"unit": units[COMMUNITY], "category": "COMMUNITY_WORKER", "start": date(2026, 1, 1)},
        "post": None,
    }
    with pytest.raises(Refused) as refused:
        person_enter(**values)
    assert list(refused.value.fields) == ["identity.still_new"]
    assert Person.objects.count() == 1
    person_enter(**values, still_new="已核对")
    assert Person.objects.count() == 2
    trail = AuditEntry.objects.get(action="personnel.person.enter")
    assert trail.after is not None
    assert trail.after["still_new"] == "已核对"


def test_everything_wrong_is_said_at_once(units: dict[str, Unit], clerk: User) -> None:
    with pytest.raises(Refused) as refused:
        person_enter(
            actor=clerk,
            identity={"name": "王芳", "sex": "FEMALE", "birth_date": date(1990, 5, 3)},
            employment={"unit": units[COMMUNITY], "category": "COMMUNITY_WORKER", "start": date(2026, 1, 1),
                        "probation_end": date(2025, 1, 1)},
            post={"title": "STAFF"},
            rows=[("education", {"level": "BACHELOR"}), ("certificate", {"level": "ASSISTANT"})],
        )  # fmt: skip
    assert {name.split(".")[0] for name in refused.value.fields} >= {"education-0", "certificate-0"}
    assert not Person.objects.exists()


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.FINANCE])
def test_who_may_not_change_people_enters_nobody(client: Client, units: dict[str, Unit], role: Role) -> None:
    user, _password = user_create(actor=None, username="looker", display_name="看")
    User.objects.filter(pk=user.pk).update(must_change_password=False)
    grant_give(actor=None, user=user, unit=units[COMMUNITY], role=role)
    client.force_login(User.objects.get(pk=user.pk))
    assert client.get("/people/new/").status_code == 403
    assert client.post("/people/new/", {**IDENTITY, "draft": str(uuid4())}).status_code == 403
    assert client.post("/people/new/identity/", {"identity_number": NUMBER}).status_code == 403


def test_the_unit_of_another_street_can_not_be_chosen(page: Client) -> None:
    key = str(uuid4())
    send(page, key, IDENTITY)
    answer = send(page, key, {**WORK, "employment-unit": "340181002001"})
    assert answer.status_code == 422
    assert "unit" in answer.context["errors"][0].errors


# -- Drafts -----------------------------------------------------------------------------------------------------------


def test_a_draft_keeps_what_was_typed_as_it_was_typed(page: Client, clerk: User) -> None:
    key = str(uuid4())
    answer = page.post(
        "/people/drafts/", {"draft": key, "version": "0", "page": "identity", "name": "王", "birth_date": "九〇年"}
    )
    assert 'value="1"' in answer.content.decode()
    shown = page.get(f"/people/new/?draft={key}").content.decode()
    assert 'value="九〇年"' in shown
    assert "王" in page.get("/").content.decode()


def test_a_draft_is_seen_by_whoever_typed_it_alone(client: Client, units: dict[str, Unit], clerk: User) -> None:
    draft = draft_save(actor=clerk, key=uuid4(), page="identity", values={"name": ["王芳"]}, version=0)
    other = clerk_of(units, COMMUNITY, "other")
    client.force_login(other)
    assert client.get(f"/people/new/?draft={draft.key}").status_code == 404
    with pytest.raises(NotFound):
        draft_save(actor=other, key=draft.key, page="identity", values={"name": ["李"]}, version=1)
    with pytest.raises(NotFound):
        draft_discard(actor=other, key=draft.key)
    assert Draft.objects.get().values == {"identity": {"name": ["王芳"]}}


def test_two_windows_on_a_draft_do_not_overwrite_each_other(clerk: User) -> None:
    key = uuid4()
    draft_save(actor=clerk, key=key, page="identity", values={"name": ["一"]}, version=0)
    draft_save(actor=clerk, key=key, page="identity", values={"name": ["二"]}, version=1)
    with pytest.raises(Conflict):
        draft_save(actor=clerk, key=key, page="identity", values={"name": ["三"]}, version=1)
    assert Draft.objects.get().values["identity"]["name"] == ["二"]


def test_pressing_save_twice_enters_once(page: Client) -> None:
    key = str(uuid4())
    for values in (IDENTITY, WORK, {"page": "more"}):
        send(page, key, values)
    answers = [page.post("/people/new/", {"draft": key, "page": "check", "go": "save"}).status_code for _ in range(2)]
    assert answers == [302, 404]
    assert Person.objects.count() == 1


# -- A session that ends ----------------------------------------------------------------------------------------------


def test_a_lost_session_keeps_what_was_typed(client: Client, clerk: User, units: dict[str, Unit]) -> None:
    clerk.set_password("Lotus-River-88")
    clerk.save()
    key = str(uuid4())
    values = {**IDENTITY, "draft": key, "version": "0", "go": "next", "address": "幸福路 1 号"}
    lost = client.post("/people/new/", values)
    assert lost.status_code == 401
    text = lost.content.decode()
    assert all(f'value="{values[name]}"' in text for name in ("identity_number", "name", "address", "draft"))
    wrong = client.post("/people/new/", {**values, "login-username": "clerk", "login-password": "no"})
    assert wrong.status_code == 401
    assert 'value="幸福路 1 号"' in wrong.content.decode()
    on = client.post("/people/new/", {**values, "login-username": "clerk", "login-password": "Lotus-River-88"})
    assert (on.status_code, on["Location"]) == (302, f"/people/new/?draft={key}&page=work")
    assert Draft.objects.get().values["identity"]["address"] == ["幸福路 1 号"]
    assert "login-password" not in str(Draft.objects.get().values)


def test_a_fragment_without_a_session_says_401(client: Client, db: None) -> None:
    assert client.post("/people/drafts/", {"draft": str(uuid4())}, headers={"HX-Request": "true"}).status_code == 401
    assert client.get("/people/drafts/", headers={"HX-Request": "true"}).status_code == 401


def test_the_form_of_another_site_brings_nothing_along(client: Client, db: None) -> None:
    answer = client.post("/people/new/", IDENTITY, headers={"Origin": "https://elsewhere.example"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/")


# -- Many at once -----------------------------------------------------------------------------------------------------


def bulk(page: Client, query: str, **values: str) -> Any:
    shown = page.get(f"/people/change/?{query}")
    given = {"count": str(shown.context["count"]), "mark": shown.context["mark"], **values}
    return shown, page.post(f"/people/change/?{query}", given)


def test_a_bulk_change_says_how_many_and_changes_just_those(page: Client, hire: Hire) -> None:
    for n in range(12):
        hire(f"甲{n}")
    hire("乙", unit="340181002001")
    shown, answer = bulk(page, "field=political_status", political_status="LEAGUE_MEMBER", day="2026-01-01")
    assert shown.context["count"] == 12
    assert len(shown.context["lines"]) == 10
    assert answer.status_code == 302
    assert Person.objects.filter(political_status="LEAGUE_MEMBER").count() == 12
    assert PersonPast.objects.filter(until=date(2026, 1, 1), value="").count() == 12
    assert AuditEntry.objects.get(action="personnel.people.change").after["people"] == 12


def test_a_list_that_has_changed_meanwhile_stops_everything(page: Client, hire: Hire) -> None:
    """The control of the count: somebody joins between looking and confirming."""
    hire("甲")
    shown = page.get("/people/change/?field=political_status")
    hire("乙")
    given = {
        "count": str(shown.context["count"]),
        "mark": shown.context["mark"],
        "political_status": "MASSES",
        "day": "2026-01-01",
    }
    assert page.post("/people/change/?field=political_status", given).status_code == 409
    assert not Person.objects.filter(political_status="MASSES").exists()


def test_the_same_count_of_other_people_stops_too(clerk: User, hire: Hire) -> None:
    first, second = hire("甲"), hire("乙")
    with pytest.raises(Conflict):
        people_change(
            actor=clerk, people=[second.pk], count=1, mark=mark_of_people(people=[first.pk]), field="political_status",
            value="MASSES", day=date(2026, 1, 1),
        )  # fmt: skip
    assert not Person.objects.filter(political_status="MASSES").exists()


def test_strangers_in_the_list_stop_everything(clerk: User, hire: Hire) -> None:
    people = [hire("甲").pk, hire("乙", unit="340181002001").pk]
    with pytest.raises(Refused):
        people_change(
            actor=clerk, people=people, count=2, mark=mark_of_people(people=people), field="political_status",
            value="MASSES", day=date(2026, 1, 1),
        )  # fmt: skip
    assert not Person.objects.filter(political_status="MASSES").exists()


def test_one_who_can_not_be_changed_stops_all(page: Client, hire: Hire) -> None:
    """A contract that would end before it began is refused for one, so nobody's is written."""
    first, second = hire("甲", contract_start=date(2020, 1, 1)), hire("乙", contract_start=date(2026, 1, 1))
    _shown, answer = bulk(page, "field=employment.contract_end", contract_end="2025-01-01", reason="续签")
    assert answer.status_code == 409
    assert second.name in answer.content.decode()
    assert first.employments.get().contract_end is None


# -- Two at once ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_windows_that_save_at_once_enter_one_person(units: dict[str, Unit], clerk: User) -> None:
    """Both start together, each with a connection of its own: one enters the person, the other finds no draft."""
    key = uuid4()
    draft_save(actor=clerk, key=key, page="identity", values={"name": ["王芳"]}, version=0)
    together = threading.Barrier(2, timeout=20)

    def save(number: int) -> str:
        try:
            together.wait()
            person_enter(
                actor=clerk,
                identity={"name": f"王芳{number}", "sex": "FEMALE", "birth_date": date(1990 + number, 5, 3)},
                employment={"unit": units[COMMUNITY], "category": "COMMUNITY_WORKER", "start": date(2026, 1, 1)},
                post=None,
                draft=key,
            )
        except NotFound:
            return "no draft"
        finally:
            connection.close()
        return "entered"

    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(save, range(2)))
    assert found == ["entered", "no draft"]
    assert Person.objects.count() == Employment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_clerks_who_correct_one_row_at_once(units: dict[str, Unit], clerk: User, hire: Hire) -> None:
    """Both have seen the same row: one correction is written, the other is told; none overwrites the other unseen."""
    row = Education.objects.create(person=hire("李梅"), level="BACHELOR", graduated=date(2012, 7, 1))
    seen = mark_of_row(row=row)
    together = threading.Barrier(2, timeout=20)

    def correct(school: str) -> str:
        try:
            together.wait()
            row_write(actor=clerk, row=row, act="correct", seen=seen, values={"school": school}, reason="更正")
        except Conflict:
            return "told"
        finally:
            connection.close()
        return school

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(correct, ("安徽大学", "合肥学院")))
    assert found.count("told") == 1
    row.refresh_from_db()
    assert [row.school] == [one for one in found if one != "told"]
    assert RowHistory.objects.filter(table_name="personnel_education").count() == 1
