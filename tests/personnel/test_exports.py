"""An exported file leads back to who took it, when and of what; and nobody takes more than a day's files."""

from __future__ import annotations

from io import BytesIO, StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from openpyxl import load_workbook

from core.models import AuditEntry, Export
from core.services import exports
from organization.models import Role
from tests.personnel.test_people_page import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(units: Any) -> Client:
    return client_of(units["340181002"])


def taken(client: Client) -> int:
    """The status of an export, read to its end."""
    answer = client.post("/people/export/")
    if answer.streaming:
        assert b"".join(answer.streaming_content)
    return answer.status_code


def test_the_number_in_a_file_resolves(hire: Any, clerk: Client) -> None:
    hire("王芳")
    answer = clerk.post("/people/export/?q=wang")
    code = load_workbook(BytesIO(b"".join(answer.streaming_content))).custom_doc_props["cwms-export"].value
    export = Export.objects.get()
    assert (export.code, export.actor_id, export.query, export.rows, export.sensitive) == (
        code, clerk.user.pk, "q=wang", 1, False,  # type: ignore[attr-defined]
    )  # fmt: skip
    assert AuditEntry.objects.get(object_type="core.export", object_id=str(export.pk)).after["export"] == code
    out = StringIO()
    call_command("export-id", code.lower(), stdout=out)
    lines = dict(line.split(": ", 1) for line in out.getvalue().splitlines())
    assert (lines["number"], lines["filter"], lines["rows"]) == (code, "q=wang", "1")
    assert str(clerk.user.pk) in lines["user"]  # type: ignore[attr-defined]
    with pytest.raises(CommandError, match="AAAA"):
        call_command("export-id", "AAAA-AAAA-AAAA")


def test_a_csv_has_the_number_in_its_last_row(hire: Any, clerk: Client) -> None:
    hire("王芳")
    answer = clerk.post("/people/export/", {"format": "csv"})
    assert answer["Content-Disposition"].endswith(".csv") or ".csv" in answer["Content-Disposition"]
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[1].startswith('"王芳"')
    assert Export.objects.get().code in lines[-1]


def test_who_may_know_whose_export_it_was(hire: Any, units: Any, clerk: Client) -> None:
    hire("王芳")
    assert taken(clerk) == 200
    address = f"/exports/?code={Export.objects.get().code}"
    auditor = client_of(units["340181002"], Role.AUDITOR, "auditor")
    other = client_of(units["340181002"], Role.STREET_CLERK, "other")
    assert [one.get(address).status_code for one in (clerk, auditor, other)] == [200, 200, 404]
    unknown = other.get("/exports/?code=AAAA-AAAA-AAAA").content.decode()
    code = Export.objects.get().code
    assert _without_token(other.get(address).content.decode().replace(code, "X")) == _without_token(
        unknown.replace("AAAA-AAAA-AAAA", "X")
    )


def _without_token(text: str) -> list[str]:
    return [
        line
        for line in text.splitlines()
        if not any(word in line for word in ("csrfmiddlewaretoken", "CSRFToken", "next"))
    ]


@pytest.mark.parametrize("limit", [2, 50])
def test_a_day_has_an_end(hire: Any, clerk: Client, settings: Any, limit: int) -> None:
    """Also the control: with the usual limit the third export leaves."""
    settings.CWMS_EXPORTS_A_DAY = limit
    hire("王芳")
    answers = [taken(clerk) for _export in range(3)]
    assert answers == ([200, 200, 302] if limit == 2 else [200, 200, 200])
    assert Export.objects.count() == min(limit, 3)


def test_nothing_leaves_of_which_there_is_no_record(hire: Any, clerk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    hire("王芳")

    def unwritable(**_entry: Any) -> None:
        raise OSError("the trail can't be written")

    monkeypatch.setattr(exports, "audit", unwritable)
    with pytest.raises(OSError, match="trail"):
        clerk.post("/people/export/")
    assert not Export.objects.exists()
