"""What is handed over before somebody leaves, the guard in front of it, where the archive goes, and coming back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from core.errors import Conflict, Refused
from core.models import AuditEntry
from organization.models import Role, Unit, User
from organization.services import grant_give, token_give
from personnel.models import ArchiveDispatch, Employment, HandoverItem, Person
from personnel.selectors import record_on
from personnel.services import archive_open, employment_end, employment_start
from personnel.services import employment as employment_services
from personnel.services.leaving import (
    archive_come_back,
    archive_dispatch,
    archive_receipt,
    handover_add,
    handover_begin,
    handover_sign,
)
from personnel.services.restrictions import restriction_set
from policy.services import policy_load

Hire = Callable[..., Person]
TODAY = timezone.localdate()
END = TODAY
RULES = """
schema: 1
place: "340181"
name: {zh: 试验, en: Trial}
version: "1"
effective: {from: 2020-01-01}
documents:
  - {code: T, title: {zh: 试验, en: Trial}, level: county, issued: 2020-01-01, note: invented}
exits:
  - {code: BROKEN, name: {zh: 违约, en: breach}, hands_over: [SEALS, ACCOUNTS], cite: T}
"""


@pytest.fixture
def officer(units: dict[str, Unit]) -> User:
    user = User.objects.create(username="officer")
    grant_give(actor=None, user=user, unit=units["340181"], role=Role.ORG_OFFICER)
    return user


@pytest.fixture
def job(hire: Hire) -> Employment:
    return hire(start=date(2021, 1, 1)).employments.get()


def test_the_list_begins_with_the_common_things_or_with_those_of_the_place(job: Employment, hire: Hire) -> None:
    handover_begin(actor=None, employment=job)
    kinds = list(HandoverItem.objects.filter(employment=job).values_list("kind", flat=True))
    assert kinds == ["SEALS", "KEYS", "FILES", "FUNDS", "EQUIPMENT", "ACCOUNTS"]
    handover_begin(actor=None, employment=job)
    assert HandoverItem.objects.filter(employment=job).count() == 6  # begun twice, it has each once
    policy_load(actor=None, text=RULES)
    other = hire("李静").employments.get()
    handover_begin(actor=None, employment=other, code="BROKEN")
    assert list(HandoverItem.objects.filter(employment=other).values_list("kind", flat=True)) == ["SEALS", "ACCOUNTS"]


@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "the control"])
def test_nobody_leaves_while_a_thing_is_open(job: Employment, monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    if not guarded:
        monkeypatch.setattr(employment_services, "refuse_open_handover", lambda employment, reason: None)
    handover_add(actor=None, employment=job, kind="KEYS", what="党群服务站")
    if not guarded:
        assert employment_end(actor=None, employment=job, end=END, reason="RESIGNED").end == END
        return
    with pytest.raises(Refused, match="党群服务站"):
        employment_end(actor=None, employment=job, end=END, reason="RESIGNED")
    handover_sign(actor=None, item=HandoverItem.objects.get(), receiver="李静", day=TODAY)
    ended = employment_end(
        actor=None, employment=job, end=END, reason="RESIGNED", destination="亚父街道办事处",
        destination_kind="PUBLIC_INSTITUTION",
    )  # fmt: skip
    assert (ended.end, ended.destination_kind, ended.destination) == (END, "PUBLIC_INSTITUTION", "亚父街道办事处")


def test_a_thing_may_stay_open_for_a_reason(job: Employment) -> None:
    item = handover_add(actor=None, employment=job, kind="EQUIPMENT", what="电脑")
    with pytest.raises(Refused, match="either"):
        handover_sign(actor=None, item=item, receiver="李静", left_open="遗失")
    with pytest.raises(Refused) as refused:
        handover_sign(actor=None, item=item)
    assert set(refused.value.fields) == {"receiver", "day"}
    with pytest.raises(Refused, match="today"):
        handover_sign(actor=None, item=item, receiver="李静", day=TODAY + timedelta(days=1))
    handover_sign(actor=None, item=item, left_open="遗失，已赔偿")
    assert employment_end(actor=None, employment=job, end=END, reason="RESIGNED").end == END


def test_what_was_signed_stays_signed_and_is_on_the_trail(job: Employment) -> None:
    item = handover_add(actor=None, employment=job, kind="SEALS", what="社区公章")
    handover_sign(actor=None, item=item, receiver="李静", day=TODAY)
    with pytest.raises(Conflict, match="李静"):
        handover_sign(actor=None, item=item, receiver="王一", day=TODAY)
    with pytest.raises(Conflict):
        handover_add(actor=None, employment=job, kind="SEALS", what="社区公章")
    said = AuditEntry.objects.filter(action__startswith="personnel.handover").order_by("pk")
    assert [one.action for one in said] == ["personnel.handover.add", "personnel.handover.sign"]


def test_a_destination_is_one_of_the_kinds(job: Employment) -> None:
    with pytest.raises(Refused, match="no kind of destination"):
        employment_end(actor=None, employment=job, end=END, reason="RESIGNED", destination_kind="MOON")


def test_the_archive_goes_elsewhere_with_a_number_and_a_receipt(job: Employment) -> None:
    kept = archive_open(actor=None, person=job.person, opened=date(2021, 1, 1))
    with pytest.raises(Refused, match="after they have left"):
        archive_dispatch(actor=None, archive=kept, destination="巢湖市人社局", number="转〔2026〕1号", sent=TODAY)
    employment_end(actor=None, employment=job, end=END, reason="RESIGNED")
    with pytest.raises(Refused) as refused:
        archive_dispatch(actor=None, archive=kept, destination=" ", number="", sent=TODAY + timedelta(days=1))
    assert set(refused.value.fields) == {"destination", "number", "sent"}
    sent = archive_dispatch(actor=None, archive=kept, destination="巢湖市人社局", number="转〔2026〕1号", sent=TODAY)
    with pytest.raises(Conflict):
        archive_dispatch(actor=None, archive=kept, destination="别处", number="转〔2026〕2号", sent=TODAY)
    with pytest.raises(Refused, match="receipt"):
        archive_receipt(actor=None, dispatch=sent, receipt="", day=TODAY)
    archive_receipt(actor=None, dispatch=sent, receipt="回执12号", day=TODAY)
    with pytest.raises(Conflict):
        archive_receipt(actor=None, dispatch=sent, receipt="回执13号", day=TODAY)
    archive_come_back(actor=None, dispatch=sent, day=TODAY)
    again = archive_dispatch(actor=None, archive=kept, destination="别处", number="转〔2026〕2号", sent=TODAY)
    rows = ArchiveDispatch.objects.order_by("pk").values_list("number", "receipt", "returned")
    assert list(rows) == [("转〔2026〕1号", "回执12号", TODAY), (again.number, "", None)]


def test_a_leavers_file_stays_and_who_comes_back_is_the_same_person(job: Employment, officer: User) -> None:
    person = job.person
    employment_end(actor=None, employment=job, end=date(2024, 1, 1), reason="RESIGNED")
    record = record_on(user=officer, person_id=person.pk)
    assert [row.state for row in record.sections["employment"]] == ["PAST"]
    employment_start(actor=None, person=person, unit=job.unit, category="COMMUNITY_WORKER", start=date(2025, 1, 1))
    again = record_on(user=officer, person_id=person.pk)
    assert sorted(row.state for row in again.sections["employment"]) == ["HOLDS", "PAST"]
    assert Person.objects.count() == 1


def test_the_page_keeps_what_was_typed_and_says_all_errors(job: Employment, officer: User, client: Client) -> None:
    client.force_login(officer)
    at = f"/people/{job.person_id}/handover/"
    assert 'value="begin"' in client.get(at).content.decode()
    assert client.post(at, {"act": "begin"}).status_code == 302
    item = HandoverItem.objects.filter(employment=job).first()
    assert item is not None
    wrong = client.post(at, {"act": "sign", "item": item.pk, f"sign{item.pk}-day": TODAY})
    assert wrong.status_code == 422
    assert f'value="{TODAY}"' in wrong.content.decode()
    right = {"act": "sign", "item": item.pk, f"sign{item.pk}-day": TODAY, f"sign{item.pk}-receiver": "李静"}
    assert client.post(at, right).status_code == 302
    item.refresh_from_db()
    assert (item.receiver, item.signed) == ("李静", TODAY)
    assert client.post(at, right).status_code == 409
    assert client.post(at, {"act": "add", "add-kind": "OTHER", "add-what": "值班手机"}).status_code == 302
    end = client.post(f"/people/{job.person_id}/employment/{job.pk}/end/", {"day": TODAY, "reason": "RESIGNED"})
    assert end.status_code == 422
    assert "值班手机" in end.content.decode()


def test_typed_words_are_refused_and_never_cut(hire: Hire) -> None:
    """Each text is as long as its column, and one character more is said with how many it may have."""
    person = hire(start=date(2020, 1, 1))
    job = person.employments.get()
    with pytest.raises(Refused, match="At most 200 characters") as error:
        handover_add(actor=None, employment=job, kind="KEYS", what="钥" * 201)
    assert set(error.value.fields) == {"what"}
    item = handover_add(actor=None, employment=job, kind="KEYS", what="钥" * 200)
    assert item.what == "钥" * 200
    with pytest.raises(Refused, match="At most 60 characters"):
        handover_sign(actor=None, item=item, receiver="李" * 61, day=date(2026, 1, 1))
    with pytest.raises(Refused, match="At most 300 characters"):
        handover_sign(actor=None, item=item, left_open="遗" * 301)
    assert handover_sign(actor=None, item=item, left_open="遗" * 300).left_open == "遗" * 300


def program(officer: User) -> Client:
    grant_give(actor=None, user=officer, unit=officer.grants.get().unit, role=Role.REST_CLIENT)
    return Client(headers={"Authorization": f"Bearer {token_give(actor=None, user=officer, label='x')[1]}"})


def act(client: Client, thing: str, name: str, body: dict[str, object], **headers: str) -> Any:
    """An act on a list as it is read now."""
    headers = {"If-Match": client.get(thing)["ETag"]} | headers
    return client.post(f"{thing}{name}/", body, content_type="application/json", headers=headers)


def test_programs_hand_over(job: Employment, officer: User, hire: Hire, units: dict[str, Unit]) -> None:
    client, thing = program(officer), f"/api/v1/employments/{job.pk}/handover/"
    assert client.get(thing).json() == []
    assert len(act(client, thing, "begin", {}).json()) == 6
    added = act(client, thing, "add", {"kind": "FILES", "what": "网格台账"}).json()
    (mine,) = [row for row in added if row["what"] == "网格台账"]
    assert (len(added), mine["open"], mine["receiver"]) == (7, True, "")
    wrong = act(client, thing, "sign", {"item": mine["id"]})
    assert (wrong.status_code, set(wrong.json()["error"]["fields"])) == (400, {"receiver", "day"})
    signed = {"item": mine["id"], "receiver": "李静", "day": str(TODAY)}
    assert act(client, thing, "sign", signed, **{"If-Match": '"older"'}).status_code == 412
    assert [row["open"] for row in act(client, thing, "sign", signed).json() if row["id"] == mine["id"]] == [False]
    assert act(client, thing, "sign", signed).status_code == 409
    other = hire("李静").employments.get()
    assert act(client, f"/api/v1/employments/{other.pk}/handover/", "sign", signed).status_code == 404  # another list's
    seen = AuditEntry.objects.filter(action="personnel.person.seen", object_id=str(job.person_id))
    assert seen.first().after["section"] == "handover"  # type: ignore[union-attr, index]
    stranger = User.objects.create(username="stranger")
    grant_give(actor=None, user=stranger, unit=units["340181002001"], role=Role.ORG_OFFICER)
    assert program(stranger).get(thing).status_code == 404


def test_programs_send_archives_away(job: Employment, officer: User) -> None:
    client, thing = program(officer), f"/api/v1/people/{job.person_id}/dispatches/"
    sent = {"destination": "巢湖市人社局", "number": "转〔2026〕1号", "sent": str(TODAY)}
    assert act(client, thing, "send", sent).json()["error"]["message"].endswith("no archive yet. Open one first.")
    archive_open(actor=None, person=job.person, opened=date(2021, 1, 1))
    assert act(client, thing, "send", sent).status_code == 400  # still works there
    assert act(client, thing, "back", {"day": str(TODAY)}).status_code == 400  # was sent nowhere
    employment_end(actor=None, employment=job, end=END, reason="RESIGNED")
    (row,) = act(client, thing, "send", sent).json()
    assert (row["destination"], row["sent"], row["received"]) == ("巢湖市人社局", str(TODAY), None)
    (row,) = act(client, thing, "receipt", {"receipt": "回执12号", "day": str(TODAY)}).json()
    assert (row["receipt"], row["received"]) == ("回执12号", str(TODAY))
    (row,) = act(client, thing, "back", {"day": str(TODAY)}).json()
    assert row["returned"] == str(TODAY)


def test_programs_are_told_no_words_while_the_file_is_restricted(job: Employment, officer: User) -> None:
    client, thing = program(officer), f"/api/v1/employments/{job.pk}/handover/"
    handover_add(actor=None, employment=job, kind="KEYS", what="党群服务站")
    assert client.get(thing).json()[0]["what"] == "党群服务站"  # the control
    restriction_set(actor=officer, person=job.person, reason="诉讼", document="法院通知", start=TODAY)
    (row,) = client.get(thing).json()
    assert (row["kind"], row["what"], row["receiver"], row["open"]) == ("KEYS", None, None, True)
