"""The auditor reads the trail of their units, and sees whether its chain is whole."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from core.errors import NotFound
from core.models import AuditEntry
from core.selectors import audit_end_for_system
from core.services import audit
from core.services.trail import FAR, audit_chain
from organization.models import Role, Unit, User
from organization.selectors import TrailQuery, trail_entry, trail_list
from organization.services import grant_give, user_create

COUNTY, STREET, FOREIGN = "340181", "340181002", "340122"


@pytest.fixture
def auditor(tree: dict[str, Unit]) -> User:
    user = user_create(actor=None, username="auditor", display_name="审计员", unit=tree[COUNTY])[0]
    User.objects.update(must_change_password=False)
    grant_give(actor=None, user=user, unit=tree[COUNTY], role=Role.AUDITOR, valid_from=date(2020, 1, 1))
    return User.objects.get(pk=user.pk)


def entry(unit: Unit, action: str = "tests.act", code: bool = True, **more: object) -> AuditEntry:
    return audit(actor=None, action=action, obj=unit, unit_code=unit.code if code else "", **more)  # type: ignore[arg-type]


def found(user: User, **asked: object) -> set[int]:
    rows = trail_list(user=user, query=TrailQuery(**asked))  # type: ignore[arg-type]
    return {row.pk for row in rows if row.action.startswith("tests.")}


def test_an_auditor_reads_what_happened_in_their_units(auditor: User, tree: dict[str, Unit]) -> None:
    own, street, foreign = entry(tree[COUNTY]), entry(tree[STREET]), entry(tree[FOREIGN])
    nowhere = entry(tree[STREET], code=False)
    member = user_create(actor=None, username="member", display_name="x", unit=tree[STREET])[0]
    stranger = user_create(actor=None, username="stranger", display_name="x", unit=tree[FOREIGN])[0]
    theirs = audit(actor=member, action="tests.act", obj=member)
    others = audit(actor=stranger, action="tests.act", obj=stranger)
    assert found(auditor) == {own.pk, street.pk, theirs.pk}
    for hidden in (foreign, nowhere, others):
        with pytest.raises(NotFound):
            trail_entry(user=auditor, number=hidden.pk)
    assert found(member) == set()
    grant_give(actor=None, user=member, unit=tree["34"], role=Role.AUDITOR)  # the control
    assert found(member) == {own.pk, street.pk, theirs.pk, foreign.pk, others.pk}


def test_it_is_found_by_user_unit_action_thing_and_day(auditor: User, tree: dict[str, Unit]) -> None:
    member = user_create(actor=None, username="member", display_name="x", unit=tree[STREET])[0]
    one = audit(actor=member, action="tests.one", obj=tree[STREET], unit_code=tree[STREET].code)
    two = entry(tree[COUNTY], "tests.two")
    assert found(auditor, username="member") == {one.pk}
    assert found(auditor, username="nobody") == set()
    assert found(auditor, unit=STREET) == {one.pk}
    assert found(auditor, action="tests.t") == {two.pk}
    assert found(auditor, kind="organization.unit", number=str(tree[COUNTY].pk)) == {two.pk}
    today = timezone.localdate()
    assert found(auditor, since=today, until=today) == {one.pk, two.pk}
    assert found(auditor, since=today + timedelta(days=1)) == set()
    assert found(auditor, until=today - timedelta(days=1)) == set()
    with pytest.raises(NotFound):
        trail_list(user=auditor, query=TrailQuery(unit=FOREIGN))


def test_a_day_is_one_of_this_place(auditor: User, tree: dict[str, Unit], monkeypatch: pytest.MonkeyPatch) -> None:
    """Half past seven in the morning of the 2nd is still the 1st by UTC."""
    monkeypatch.setattr(
        timezone, "now", lambda: datetime.fromisoformat("2026-03-02T07:30:00+08:00").astimezone(timezone.get_default_timezone())
    )  # fmt: skip
    made = entry(tree[COUNTY])
    assert found(auditor, since=date(2026, 3, 2), until=date(2026, 3, 2)) == {made.pk}
    assert found(auditor, until=date(2026, 3, 1)) == set()


def test_the_page_turns_from_the_newest_to_the_oldest(auditor: User, tree: dict[str, Unit]) -> None:
    made = [entry(tree[STREET], f"tests.a{n:03}").pk for n in range(120)]
    client = Client(headers={"accept-language": "en"})
    client.force_login(auditor)
    seen, address = [], "/trail/?action=tests."
    for _page in range(3):
        text = client.get(address).content.decode()
        seen.append([int(pk) for pk in re.findall(r'href="/trail/(\d+)/"', text)])
        older = re.search(r'href="(\?[^"]+)">Older', text)
        address = "/trail/" + older[1].replace("&amp;", "&") if older else ""
    assert [len(page) for page in seen] == [50, 50, 20]
    assert [number for page in seen for number in page] == made[::-1]
    assert address == ""


def test_an_entry_shows_each_value_before_and_after(auditor: User, tree: dict[str, Unit]) -> None:
    made = entry(tree[STREET], before={"name": "旧", "kept": 1}, after={"name": "<b>新</b>", "new": None})
    assert trail_entry(user=auditor, number=made.pk).values == [
        ("kept", 1, None), ("name", "旧", "<b>新</b>"), ("new", None, None),
    ]  # fmt: skip
    client = Client()
    client.force_login(auditor)
    text = client.get(f"/trail/{made.pk}/").content.decode()
    assert "&lt;b&gt;新&lt;/b&gt;" in text


def test_wrong_questions_are_answered_with_what_is_wrong(auditor: User) -> None:
    client = Client(headers={"accept-language": "en"})
    client.force_login(auditor)
    for query, fault in (
        ("since=yesterday", "is no day"),
        (f"unit={FOREIGN}", "There is no unit"),
        ("kind=auth.user", "Select a valid choice"),
        ("before=x", "Enter a whole number"),
    ):
        answer = client.get(f"/trail/?{query}")
        assert answer.status_code == 422, query
        assert fault in answer.content.decode(), query


def chain() -> None:
    audit_chain(depth=FAR)


def test_the_end_of_the_chain_is_checked(auditor: User, tree: dict[str, Unit]) -> None:
    made = [entry(tree[STREET]) for _n in range(5)]
    chain()
    whole = audit_end_for_system()
    assert whole.faults == []
    assert (whole.first, whole.links) == (1, whole.last)
    part = audit_end_for_system(links=3)
    assert (part.links, part.faults, part.last) == (3, [], whole.last)
    client = Client(headers={"accept-language": "en"})
    client.force_login(auditor)
    assert "are whole" in client.get("/trail/?check=1").content.decode()
    with connection.cursor() as cursor:  # the control: somebody who owns the database
        cursor.execute("ALTER TABLE core_auditentry DISABLE TRIGGER core_auditentry_append_only")
        cursor.execute("UPDATE core_auditentry SET action = 'tests.other' WHERE id = %s", [made[2].pk])
        cursor.execute("ALTER TABLE core_auditentry ENABLE ALWAYS TRIGGER core_auditentry_append_only")
    assert [(fault.entry_id, fault.fault) for fault in audit_end_for_system().faults] == [(made[2].pk, "CHANGED")]
    text = client.get("/trail/?check=1").content.decode()
    assert "The trail was changed after it was written" in text
