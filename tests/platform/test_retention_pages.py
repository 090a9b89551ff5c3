"""The pages of files whose time is over: what holds each, proposing, confirming, refusing, and the certificate."""

# ruff: noqa: F811

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from cwms.views import deletions
from cwms.views.papers import typeset
from organization.models import User
from personnel.models import Deletion, Person
from personnel.services.restrictions import restriction_set
from tests.payroll.conftest import Place, place  # noqa: F401

LEFT = date(2010, 1, 1)


@pytest.fixture
def gone(place: Place) -> list[Person]:
    people = [place.hire(name, start=date(2005, 1, 1), end=LEFT, title=None) for name in ("甲离去", "乙离去")]
    restriction_set(
        actor=place.users["officer"], person=people[1], reason="诉讼", document="通知", start=date(2026, 1, 1)
    )
    return people


def page_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def asked(client: Client, *people: Person, document: str = "批复1号") -> Any:
    return client.post("/retention/", {"people": [one.pk for one in people], "document": document})


def test_the_list_says_what_holds_each_file(place: Place, gone: list[Person]) -> None:
    answer = page_of(place.users["officer"]).get("/retention/", headers={"accept-language": "en"})
    rows = [(one.name, [str(hold) for hold in holds]) for one, holds in answer.context["rows"]]
    assert [name for name, _holds in rows] == ["甲离去", "乙离去"]
    assert [len(holds) for _name, holds in rows] == [0, 1]
    assert [(name, count) for name, _label, count in answer.context["tabs"]] == [
        ("due", 2),
        ("waiting", 0),
        ("decided", 0),
    ]
    assert page_of(place.users["clerk"]).get("/retention/").status_code == 404
    assert b"/retention/" in page_of(place.users["officer"]).get("/").content
    assert b"/retention/" not in page_of(place.users["clerk"]).get("/").content


def test_what_is_wrong_is_said_and_what_was_ticked_stays(place: Place, gone: list[Person]) -> None:
    officer = page_of(place.users["officer"])
    answer = asked(officer, *gone, document="")
    assert answer.status_code == 422
    errors = [str(text) for texts in answer.context["form"].errors.values() for text in texts]
    assert len(errors) == 2
    assert "乙离去" in "".join(errors)
    assert f'value="{gone[0].pk}" id="file-{gone[0].pk}" checked' in answer.content.decode()
    assert asked(officer).status_code == 422
    assert Deletion.objects.count() == 0


def test_one_proposes_another_confirms_and_the_certificate_names_nobody(
    place: Place, gone: list[Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    printed: list[dict[str, Any]] = []
    monkeypatch.setattr(deletions, "typeset", lambda paper, data: printed.append(data) or typeset(paper, data))
    officer, approver = page_of(place.users["officer"]), page_of(place.users["approver"])
    answer = asked(officer, gone[0])
    found = Deletion.objects.get()
    where = f"/retention/{found.pk}/"
    assert (answer.status_code, answer["Location"]) == (302, where)
    assert not officer.get(where).context["may_decide"]
    assert officer.post(f"{where}confirm/").status_code == 404
    assert officer.get(f"{where}certificate/").status_code == 404
    assert "甲离去" in approver.get(where).content.decode()
    assert approver.post(f"{where}refuse/", {"reason": ""}).status_code == 422
    assert approver.post(f"{where}confirm/").status_code == 302
    assert approver.post(f"{where}confirm/").status_code == 409
    assert not Person.objects.filter(pk=gone[0].pk).exists()
    shown = officer.get(where).content.decode()
    assert "甲离去" not in shown
    found.refresh_from_db()
    assert found.digest in shown
    paper = officer.get(f"{where}certificate/")
    assert paper["Content-Type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF")
    (data,) = printed
    assert (data["number"], data["files"], data["digest"]) == (found.number, 1, found.digest)
    assert "甲离去" not in str(data)
    assert [one.pk for one in officer.get("/retention/?tab=decided").context["page"]] == [found.pk]


def test_a_refusal_leaves_the_file(place: Place, gone: list[Person]) -> None:
    asked(page_of(place.users["officer"]), gone[0])
    found = Deletion.objects.get()
    answer = page_of(place.users["approver"]).post(f"/retention/{found.pk}/refuse/", {"reason": "还要用"})
    assert answer.status_code == 302
    found.refresh_from_db()
    assert (found.confirmed, found.reason, found.report) == (False, "还要用", None)
    assert Person.objects.filter(pk=gone[0].pk).exists()
    assert page_of(place.users["foreign"]).get(f"/retention/{found.pk}/").status_code == 404
