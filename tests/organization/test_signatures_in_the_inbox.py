"""A request for a second signature waits in the inbox of those who may give it, and of nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from organization.models import Countersignature, Permission
from organization.services import countersign_ask, countersign_decide
from tests.payroll.conftest import Place, place  # noqa: F401


def inbox(place: Place, name: str) -> tuple[int | None, list[int]]:  # noqa: F811
    """What the tab of second signatures counts (None: it isn't there), and the numbers in its list."""
    client = Client()
    client.force_login(place.users[name])
    answer = client.get("/inbox/?tab=signatures")
    assert answer.status_code == 200
    counts = {code: count for code, _label, count in answer.context["tabs"]}
    return counts.get("signatures"), [one.pk for one in answer.context["page"]]


def ask(place: Place, digest: str, **more: Any) -> Countersignature:  # noqa: F811
    asked = {
        "action": "x", "digest": digest * 64, "about": "导出全区名册", "rows": 500, "permission": Permission.SEAL_PAY,
        "paths": [place.units["232762"].path],
    }  # fmt: skip
    return countersign_ask(actor=place.users["officer"], asked=asked | more)


def test_it_waits_for_those_who_may_sign_until_it_is_decided(place: Place) -> None:  # noqa: F811
    assert inbox(place, "finance") == (None, [])
    first, second = ask(place, "0"), ask(place, "1")
    people = ask(place, "2", permission=Permission.CHANGE_PEOPLE)  # the asker's own, and the street isn't the county
    assert inbox(place, "finance") == (2, [first.pk, second.pk])
    for name in ("officer", "clerk", "auditor", "foreign"):
        assert inbox(place, name) == (None, []), name
    countersign_decide(actor=place.users["finance"], number=first.pk, agree=True)
    assert inbox(place, "finance") == (1, [second.pk])
    Countersignature.objects.filter(pk=second.pk).update(expires=timezone.now() - timedelta(seconds=1))
    assert inbox(place, "finance") == (None, [])
    # The control: for who holds what the third asks for, it is there.
    Countersignature.objects.filter(pk=people.pk).update(permission=Permission.SEAL_PAY)
    assert inbox(place, "finance") == (1, [people.pk])


@pytest.mark.parametrize(("name", "there"), [("finance", True), ("auditor", False)])
def test_the_menu_leads_there(place: Place, name: str, there: bool) -> None:  # noqa: F811
    client = Client()
    client.force_login(place.users[name])
    assert (b'href="/inbox/"' in client.get("/units/").content) is there
