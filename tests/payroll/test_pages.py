"""Pages, endpoints and commands of pay, each as somebody who may and somebody who may not."""

from __future__ import annotations

import io
import json
from datetime import date
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse

from payroll.models import GradeSpan, PayRun, PaySlip
from payroll.services.batches import compute_pay_run
from personnel.models import Person
from tests.payroll.conftest import FEBRUARY, Login, Place


@pytest.fixture(autouse=True)
def _in_english(settings: Any) -> None:
    settings.LANGUAGE_CODE = "en"


def test_a_run_from_the_form_to_the_seal(staffed: Place, login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    from payroll import tasks

    sent: list[int] = []
    monkeypatch.setattr(tasks.start_pay_run, "delay_on_commit", sent.append)
    client = login("officer")
    assert client.get(reverse("payroll:pay_run_new")).status_code == 200
    answer = client.post(reverse("payroll:pay_run_new"), {"unit": staffed.units["232762"].code, "month": "2026-01"})
    run = PayRun.objects.get()
    assert answer.status_code == 302
    assert sent == [run.pk]
    page = client.get(reverse("payroll:pay_run", args=[run.pk]))
    assert "every 1s" in page.content.decode()
    assert client.get(reverse("payroll:pay_run_progress", args=[run.pk])).status_code == 200
    compute_pay_run(run=run)
    assert client.get(reverse("payroll:pay_run_progress", args=[run.pk])).status_code == 286
    page = client.get(reverse("payroll:pay_run", args=[run.pk])).content.decode()
    assert "3,640.00" in page
    assert "somebody else has to seal" in page
    assert client.post(reverse("payroll:pay_run_seal", args=[run.pk])).status_code == 403
    client = login("finance")
    assert "Approve and seal" in client.get(reverse("payroll:pay_run", args=[run.pk])).content.decode()
    run.refresh_from_db()
    client.post(reverse("payroll:pay_run_seal", args=[run.pk]), {"fingerprint": run.fingerprint})
    run.refresh_from_db()
    assert run.state == "SEALED"


def test_a_second_run_of_the_month_is_refused_beside_the_form(staffed: Place, login: Login) -> None:
    staffed.run()
    answer = login("officer").post(
        reverse("payroll:pay_run_new"), {"unit": staffed.units["232762"].code, "month": "2026-01"}
    )
    assert answer.status_code == 400
    assert "already pays people" in answer.content.decode()


def test_a_slip_opens_to_its_formula_and_prints(staffed: Place, login: Login) -> None:
    staffed.run()
    person = Person.objects.get(name="甲")
    client = login("clerk")
    page = client.get(reverse("payroll:payslip", args=[person.pk, "2026-01"])).content.decode()
    assert "3,640.00" in page
    assert "1450" in page
    assert "SL-31" in page
    printed = client.get(reverse("payroll:payslip_pdf", args=[person.pk, "2026-01"]))
    assert printed.headers["Content-Type"] == "application/pdf"
    assert printed.content.startswith(b"%PDF")


def test_grades_are_named_whether_a_run_gave_them_or_not(staffed: Place, login: Login) -> None:
    person = Person.objects.get(name="甲")
    client = login("clerk")
    page = client.get(reverse("payroll:grades", args=[person.pk]))
    assert page.status_code == 200
    assert "No grade yet." in page.content.decode()
    GradeSpan.objects.create(person=person, scale="unheard_of", value=3, start=date(2022, 1, 1), code="IMPORTED")
    page = client.get(reverse("payroll:grades", args=[person.pk]))
    assert page.status_code == 200
    assert "unheard_of" in page.content.decode()


PAGES = ["pay_run", "pay_run_progress", "pay_run_differences"]


@pytest.mark.parametrize("username", ["sibling", "foreign"])
def test_what_lies_outside_ones_units_does_not_exist(staffed: Place, login: Login, username: str) -> None:
    run = staffed.run("232762100")
    person = Person.objects.get(name="甲")
    client = login(username)
    for name in PAGES:
        assert client.get(reverse(f"payroll:{name}", args=[run.pk])).status_code == 404
    for name in ("pay_run_seal", "pay_run_cancel"):
        assert client.post(reverse(f"payroll:{name}", args=[run.pk])).status_code == 404
    for name in ("payslip", "payslip_pdf"):
        assert client.get(reverse(f"payroll:{name}", args=[person.pk, "2026-01"])).status_code == 404
    for name in ("payslips", "grades", "manual_items"):
        assert client.get(reverse(f"payroll:{name}", args=[person.pk])).status_code == 404
    run.refresh_from_db()
    assert run.state == "READY"


def test_strangers_are_sent_to_the_login(staffed: Place) -> None:
    run = staffed.run()
    answer = Client().get(reverse("payroll:pay_run", args=[run.pk]))
    assert answer.status_code == 302
    assert "login" in answer.headers["Location"]


def test_the_number_of_queries_of_a_page_does_not_grow(
    staffed: Place, login: Login, django_assert_max_num_queries: Any
) -> None:
    run = staffed.run()
    client = login("officer")
    with django_assert_max_num_queries(40):
        assert client.get(reverse("payroll:pay_run", args=[run.pk])).status_code == 200
    with django_assert_max_num_queries(30):
        assert client.get(reverse("payroll:pay_run_differences", args=[run.pk])).status_code == 200


# -- Programs -----------------------------------------------------------------------------------------------------------


def test_the_interface_serves_runs_and_slips_of_ones_units(staffed: Place, login: Login) -> None:
    run = staffed.run()
    client = login("rest")
    listed = client.get("/api/v1/pay-runs/").json()
    assert [row["id"] for row in listed["results"]] == [run.pk]
    assert client.get(f"/api/v1/pay-runs/{run.pk}/").json()["fingerprint"] == run.fingerprint
    slips = client.get(f"/api/v1/payslips/?run={run.pk}").json()
    assert slips["count"] == 6
    first = slips["results"][0]
    assert sum(line["amount"] for line in first["lines"] if line["paid"]) == first["gross"]
    started = client.post("/api/v1/pay-runs/", {"unit": "232762", "month": "2026-02"}, content_type="application/json")
    assert started.status_code in (403, 404)


@pytest.mark.parametrize("username", ["clerk", "officer", "finance", "auditor"])
def test_the_interface_is_for_programs(staffed: Place, login: Login, username: str) -> None:
    staffed.run()
    assert login(username).get("/api/v1/pay-runs/").status_code == 403


# -- Commands -----------------------------------------------------------------------------------------------------------


def run_command(*words: str) -> Any:
    out = io.StringIO()
    call_command(*words, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_the_commands_give_the_same_as_the_pages(staffed: Place) -> None:
    found = run_command("payrun", "--unit", "232762", "--month", "2026-01", "--user", "officer", "--seal", "finance")
    assert (found["state"], found["totals"]["people"]) == ("SEALED", 6)
    person = Person.objects.get(name="甲")
    slip = run_command("payslip", "--person", str(person.pk), "--month", "2026-01", "--explain")
    assert slip["gross"] == 364000
    assert slip["lines"][0]["steps"]
    trial = run_command("payrun", "--unit", "232762", "--month", "2026-02", "--dry-run")
    assert trial["dry_run"] is True
    assert PaySlip.objects.count() == 6


def test_a_refused_command_says_why_and_fails(staffed: Place) -> None:
    with pytest.raises(CommandError, match="month"):
        call_command("payrun", "--unit", "232762", "--month", "January")
    with pytest.raises(CommandError):
        call_command("payrun", "--unit", "232762", "--month", "2026-01", "--user", "foreign")
    assert not PayRun.objects.exists()


def test_differences_of_a_second_month(staffed: Place, login: Login) -> None:
    staffed.run(seal=True)
    run = staffed.run(month=FEBRUARY)
    page = login("officer").get(reverse("payroll:pay_run_differences", args=[run.pk]))
    assert page.status_code == 200
