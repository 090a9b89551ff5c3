"""Exports, bulk edits and imports of many rows wait for another user; here two rows are many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.errors import NeedsCountersignature
from core.models import Export
from organization.models import Countersignature, Role
from organization.services import countersign_ask
from personnel.models import Person
from personnel.models.imports import ImportJob
from personnel.services.imports import import_fix, import_queue
from tests.personnel.imports.conftest import clerk, person_row, roster, upload  # noqa: F401
from tests.personnel.test_accounts import account, login
from tests.personnel.test_people_page import client_of

Hire = Callable[..., Person]
STREET = "340181002"


@pytest.fixture(autouse=True)
def _two_are_many(settings: Any) -> None:
    settings.CWMS_COUNTERSIGN_ROWS = 2


def status(client: Client, path: str) -> int:
    """What asking for a file is answered with; the file is read, which closes it."""
    answer = client.post(path)
    if answer.streaming:
        b"".join(answer.streaming_content)
    return int(answer.status_code)


def agreed(client: Client) -> None:
    """Somebody else agrees to what waits."""
    row = Countersignature.objects.get(agreed__isnull=True)
    assert client.post(f"/countersignatures/{row.pk}/", {"agree": "1"}).status_code == 302


def test_an_export(hire: Hire, units: dict[str, Any]) -> None:
    hire("甲")
    asker, other = client_of(units[STREET]), client_of(units[STREET], name="other")
    assert status(asker, "/people/export/") == 200, "the control: one row"
    hire("乙")
    assert status(asker, "/people/export/") == 409
    assert Export.objects.count() == 1
    agreed(other)
    assert status(asker, "/people/export/?q=x") == 200, "nobody is in this one"
    assert status(asker, "/people/export/") == 200
    assert status(asker, "/people/export/") == 409, "once"


def test_the_accounts_for_pay(hire: Hire, units: dict[str, Any]) -> None:
    for n, name in enumerate("甲乙"):
        account(hire(name), f"622202000000000{n}")
    finance = login(units, Role.FINANCE)
    other = login(units, Role.FINANCE, "340181")
    path = reverse("personnel:accounts_file", args=[units[STREET].pk])
    assert status(finance, path) == 409
    agreed(other)
    assert status(finance, path) == 200


def test_a_bulk_edit(hire: Hire, units: dict[str, Any]) -> None:
    hire("甲")
    hire("乙")
    asker, other = client_of(units[STREET]), client_of(units[STREET], name="other")
    address = "/people/change/?field=political_status"
    shown = asker.get(address).context
    given = {
        "count": str(shown["count"]), "mark": shown["mark"], "political_status": "MASSES", "day": "2026-01-01",
    }  # fmt: skip
    assert asker.post(address, given).status_code == 409
    assert not Person.objects.filter(political_status="MASSES").exists()
    agreed(other)
    assert asker.post(address, given | {"day": "2026-02-01"}).status_code == 409, "another day is another act"
    assert asker.post(address, given).status_code in (200, 302)
    assert Person.objects.filter(political_status="MASSES").count() == 2


def test_an_import(units: dict[str, Any], upload: Any) -> None:  # noqa: F811
    source = upload(roster([person_row(n) for n in range(2)]))
    starter = client_of(units["340181002"], name="second").user  # type: ignore[attr-defined]
    with pytest.raises(NeedsCountersignature) as needed:
        import_queue(actor=starter, source=source, kind="APPLY", options={"expected": 2}, language="en")
    countersign_ask(actor=starter, asked=needed.value.asked)
    assert not ImportJob.objects.exists()
    agreed(client_of(units["340181002"], name="other"))
    import_fix(actor=starter, source=source, row=source.rows.order_by("position")[0], field="native_place", text="安徽")
    with pytest.raises(NeedsCountersignature):  # other content than what was agreed to
        import_queue(actor=starter, source=source, kind="APPLY", options={"expected": 2}, language="en")
    import_queue(actor=None, source=source, kind="APPLY", options={"expected": 2}, language="en")  # the control


def test_whole_numbers_are_agreed_to_by_whoever_sees_them(hire: Hire, units: dict[str, Any]) -> None:
    """Finance sees numbers without changing people: another of finance agrees, and a clerk isn't asked."""
    hire("甲")
    hire("乙")
    asker, other = client_of(units[STREET], Role.FINANCE, "asker"), client_of(units[STREET], Role.FINANCE, "other")
    writer = client_of(units[STREET])
    given = {"unmasked": "1", "purpose": "PAY", "columns": "insurance.number", "sections": "1"}
    assert asker.post("/people/export/", given).status_code == 409
    row = Countersignature.objects.get()
    assert (row.permission, row.paths) == ("seal_pay", [units[STREET].path])
    assert writer.post(f"/countersignatures/{row.pk}/", {"agree": "1"}).status_code == 404
    agreed(other)
