"""What is refused is in the trail: guesses at passwords, step-ups, and what somebody may not change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from core.models import AuditEntry
from cwms import middleware
from organization.models import Role, Unit, User
from organization.selectors import TrailQuery, trail_list
from organization.services import grant_give, token_give, user_create

COUNTY, STREET, FOREIGN = "340181", "340181002", "340122"
RIGHT = "correct horse battery 1"
Found = Callable[[], list[tuple[str, str, str, Any]]]


@pytest.fixture
def clerk(tree: dict[str, Unit]) -> User:
    user = user_create(actor=None, username="clerk", display_name="经办", unit=tree[STREET])[0]
    user.set_password(RIGHT)
    user.must_change_password = False
    user.one_time_until = None
    user.save()
    grant_give(actor=None, user=user, unit=tree[STREET], role=Role.STREET_CLERK)
    return user


@pytest.fixture
def refused(tree: dict[str, Unit]) -> Found:
    """What the county's auditor reads of refusals, oldest first: (who, action, unit, what is told)."""
    auditor = user_create(actor=None, username="auditor", display_name="审计员", unit=tree[COUNTY])[0]
    grant_give(actor=None, user=auditor, unit=tree[COUNTY], role=Role.AUDITOR)

    def read() -> list[tuple[str, str, str, Any]]:
        rows = trail_list(user=auditor, query=TrailQuery()).order_by("pk")
        return [
            (row.actor_name, row.action.removeprefix("organization."), row.unit_code, row.after)
            for row in rows
            if row.action.endswith((".refused", ".stranger"))
        ]

    return read


def guess(name: str, password: str, address: str = "10.9.8.7") -> int:
    client = Client(REMOTE_ADDR=address)
    return int(client.post("/login/", {"username": name, "password": password}).status_code)


def test_guesses_are_there_until_nobody_looks_at_them(clerk: User, refused: Found, settings: Any) -> None:
    settings.AXES_ENABLED = True
    for n in range(9):
        guess("clerk", f"guess-{n}")
    told = {"address": "10.9.8.7"}
    row = ("system", "session.refused", "340181002000")
    assert refused() == [(*row, told)] * 4 + [(*row, told | {"locked": True})]


def test_a_name_that_nobody_has_is_written_nowhere(clerk: User, refused: Found) -> None:
    """It may be a password that was typed into the wrong field."""
    guess("my-Secret-2026", "x")
    guess("clerk", "y")
    assert [(action, told) for _who, action, _unit, told in refused()] == [
        ("session.stranger", {"address": "10.9.8.7"}), ("session.refused", {"address": "10.9.8.7"}),
    ]  # fmt: skip
    assert not any("my-Secret-2026" in str(vars(entry)) for entry in AuditEntry.objects.all())
    assert AuditEntry.objects.get(action="organization.session.refused").object_id == str(clerk.pk), "the control"


def test_a_step_up_that_fails_names_who_tried(clerk: User, refused: Found) -> None:
    client = Client(REMOTE_ADDR="10.9.8.7")
    client.force_login(clerk)
    client.post("/proof/", {"password": "wrong"})
    assert refused() == [("clerk", "proof.refused", "340181002000", {"address": "10.9.8.7"})]
    client.post("/proof/", {"password": RIGHT})  # the control
    assert len(refused()) == 1


def test_what_somebody_may_not_change_is_there_and_what_they_may_not_see_is_not(
    clerk: User, refused: Found, tree: dict[str, Unit], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client()
    client.force_login(clerk)
    assert client.post(f"/units/{tree[STREET].pk}/close/", {"day": "2026-12-01"}).status_code == 403
    assert client.post(f"/units/{tree[FOREIGN].pk}/close/", {"day": "2026-12-01"}).status_code == 404
    assert client.get(f"/units/{tree[FOREIGN].pk}/").status_code == 404
    assert client.post("/no/such/address/").status_code == 404
    assert refused() == [
        ("clerk", "act.refused", "340181002000", {"route": "organization:unit_close", "status": status, "numbers": {"number": tree[code].pk}})
        for status, code in ((403, STREET), (404, FOREIGN))
    ]  # fmt: skip
    monkeypatch.setattr(middleware, "act_refused", lambda **told: None)  # the control
    client.post(f"/units/{tree[FOREIGN].pk}/close/", {"day": "2026-12-01"})
    assert len(refused()) == 2


def test_programs_are_refused_by_name(refused: Found, tree: dict[str, Unit]) -> None:
    program = user_create(actor=None, username="program", display_name="接口程序", unit=tree[STREET])[0]
    grant_give(actor=None, user=program, unit=tree[STREET], role=Role.REST_CLIENT)
    token = token_give(actor=None, user=program, label="a")[1]
    client = Client(headers={"authorization": f"Bearer {token}"})
    User.objects.filter(pk=program.pk).update(must_change_password=False)
    answer = client.post(
        f"/api/v1/units/{STREET}/rename/", {"name": "新", "day": "2026-12-01"}, content_type="application/json"
    )
    assert answer.status_code in (403, 404)
    [(who, action, unit, told)] = refused()
    assert (who, action, unit, told["status"]) == ("program", "act.refused", "340181002000", answer.status_code)


def test_strangers_without_a_session_leave_nothing(refused: Found, tree: dict[str, Unit]) -> None:
    Client().post(f"/units/{tree[STREET].pk}/close/")
    assert refused() == []
