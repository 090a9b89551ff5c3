"""Saved and scheduled reports: each due day made once, by the rights of that day, for its owner's inbox alone."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import Any

import openpyxl
import pytest
from django.db import IntegrityError, connections, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.errors import NotAllowed, NotFound, Refused
from core.models import AuditEntry, Export
from organization.models import Grant, Role, Unit, User
from organization.services import grant_give
from personnel.models import Person
from reports.models import MadeReport, MadeState, SavedReport
from reports.rules.schedules import next_due, period_of
from reports.selectors import tables as reading
from reports.selectors.saved import reports_made, reports_saved, reports_waiting
from reports.services import saved
from reports.services.saved import (
    report_delete,
    report_pause,
    report_save,
    report_schedule,
    report_take,
    reports_forget,
    reports_make,
)

Hire = Callable[..., Person]
TODAY = date(2026, 3, 1)


@pytest.fixture(autouse=True)
def march(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "localdate", lambda *args, **kwargs: TODAY if not args else args[0].date())


def user_of(unit: Unit, name: str, role: str = Role.ORG_OFFICER) -> User:
    user = User.objects.create(username=name, display_name=name)
    grant_give(actor=None, user=user, unit=unit, role=role, valid_from=date(2020, 1, 1))
    return user


@pytest.fixture
def officer(units: dict[str, Unit]) -> User:
    return user_of(units["340181"], "officer")


def save(user: User, unit: Unit, name: str = "月报", table: str = "structure", **more: Any) -> SavedReport:
    given: dict[str, Any] = {"day": None, "since": None, "columns": [], "shared": False} | more
    return report_save(actor=user, name=name, table=table, unit=unit, **given)


def plan(user: User, report: SavedReport, **more: Any) -> SavedReport:
    given: dict[str, Any] = {"every": "MONTH", "on_day": 5, "as_of": "MONTH", "output": "xlsx"} | more
    return report_schedule(actor=user, number=report.pk, **given)


@pytest.mark.parametrize(
    ("every", "on_day", "after", "due"),
    [
        ("MONTH", 1, date(2026, 1, 1), date(2026, 2, 1)),
        ("MONTH", 28, date(2026, 12, 28), date(2027, 1, 28)),
        ("MONTH", 28, date(2026, 2, 27), date(2026, 2, 28)),
        ("QUARTER", 10, date(2026, 5, 1), date(2026, 7, 10)),
        ("QUARTER", 10, date(2026, 4, 9), date(2026, 4, 10)),
        ("YEAR", 15, date(2026, 1, 15), date(2027, 1, 15)),
    ],
)
def test_when_a_schedule_is_due(every: str, on_day: int, after: date, due: date) -> None:
    assert next_due(every, on_day, after) == due


@pytest.mark.parametrize(
    ("as_of", "due", "first", "last"),
    [
        ("SAME_DAY", date(2026, 3, 5), date(2026, 1, 1), date(2026, 3, 5)),
        ("MONTH", date(2024, 3, 1), date(2024, 2, 1), date(2024, 2, 29)),
        ("MONTH", date(2026, 1, 5), date(2025, 12, 1), date(2025, 12, 31)),
        ("QUARTER", date(2026, 5, 5), date(2026, 1, 1), date(2026, 3, 31)),
        ("QUARTER", date(2026, 1, 5), date(2025, 10, 1), date(2025, 12, 31)),
        ("YEAR", date(2026, 7, 1), date(2025, 1, 1), date(2025, 12, 31)),
    ],
)
def test_of_which_day_it_is(as_of: str, due: date, first: date, last: date) -> None:
    assert period_of(as_of, due) == (first, last)


def test_a_due_report_waits_in_the_inbox_once(units: dict[str, Unit], hire: Hire, officer: User) -> None:
    for name in ("甲", "乙", "丙"):
        hire(name)
    report = plan(officer, save(officer, units["340181"]))
    assert report.next_due == date(2026, 3, 5)
    assert reports_make(today=date(2026, 3, 4)) == 0
    assert reports_make(today=date(2026, 3, 5)) == 1
    assert reports_make(today=date(2026, 3, 5)) == 0
    made = MadeReport.objects.get()
    assert (made.state, made.day, made.due, made.report_id) == ("MADE", date(2026, 2, 28), date(2026, 3, 5), report.pk)
    report.refresh_from_db()
    assert report.next_due == date(2026, 4, 5)
    assert made.export == Export.objects.get().code
    assert Export.objects.get().actor_id == officer.pk

    waiting = reports_waiting(user=officer)
    assert len(waiting) == 1
    client = Client()
    client.force_login(officer)
    page = client.get(reverse("workplace")).content.decode()
    assert page.count(reverse("reports:made", args=[made.pk])) == 1
    answer = client.post(reverse("reports:made", args=[made.pk]))
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    cells = [cell for row in book.active.values for cell in row]
    assert 3 in cells  # 甲, 乙 and 丙
    assert reports_waiting(user=officer) == []
    assert reports_made(user=officer).count() == 1
    assert made.content is not None
    assert AuditEntry.objects.filter(action="reports.report_taken").count() == 1


def test_what_was_missed_is_made_for_each_due_day(units: dict[str, Unit], hire: Hire, officer: User) -> None:
    plan(officer, save(officer, units["340181"]))
    assert reports_make(today=date(2026, 5, 20)) == 3  # of 5 March, April and May
    assert sorted(MadeReport.objects.values_list("day", flat=True)) == [
        date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30),
    ]  # fmt: skip


def test_who_has_lost_the_right_gets_a_message_and_no_file(units: dict[str, Unit], hire: Hire, officer: User) -> None:
    hire("甲")
    plan(officer, save(officer, units["340181"], table="roster"))
    kept = plan(officer, save(officer, units["340181"], name="季报"))
    Grant.objects.filter(user=officer).update(valid_to=date(2026, 2, 1))
    assert reports_make(today=date(2026, 3, 5)) == 2
    for made in MadeReport.objects.all():
        assert (made.state, made.content, made.export) == (MadeState.REFUSED, None, "")
        assert made.problem
    assert Export.objects.count() == 0
    assert len(reports_waiting(user=officer)) == 2
    # The control: with the right again, the next one is a file.
    Grant.objects.filter(user=officer).update(valid_to=None)
    report_pause(actor=officer, number=kept.pk, paused=True)
    assert reports_make(today=date(2026, 4, 5)) == 1
    assert MadeReport.objects.filter(state=MadeState.MADE).count() == 1


def test_who_loses_the_right_later_doesnt_get_the_file(units: dict[str, Unit], hire: Hire, officer: User) -> None:
    plan(officer, save(officer, units["340181"]))
    reports_make(today=date(2026, 3, 5))
    made = MadeReport.objects.get()
    Grant.objects.filter(user=officer).update(valid_to=date(2026, 2, 1))
    with pytest.raises(NotAllowed):
        report_take(actor=officer, number=made.pk)
    other = user_of(units["340181"], "other")
    with pytest.raises(NotFound):
        report_take(actor=other, number=made.pk)


def test_an_error_of_the_program_stands_in_nobodys_way(
    units: dict[str, Unit], officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan(officer, save(officer, units["340181"], name="坏"))
    plan(officer, save(officer, units["340181"], name="好", table="turnover"))
    whole = reading.require_table

    def broken(*, user: User, code: str, unit: Unit) -> Any:
        if code == "structure":
            raise ZeroDivisionError
        return whole(user=user, code=code, unit=unit)

    monkeypatch.setattr(reading, "require_table", broken)
    assert reports_make(today=date(2026, 3, 5)) == 2
    assert dict(MadeReport.objects.values_list("name", "state")) == {"坏": "REFUSED", "好": "MADE"}


def test_paused_rests_and_goes_on_later(units: dict[str, Unit], officer: User) -> None:
    report = plan(officer, save(officer, units["340181"]))
    report_pause(actor=officer, number=report.pk, paused=True)
    assert reports_make(today=date(2026, 6, 5)) == 0
    assert report_pause(actor=officer, number=report.pk, paused=False).next_due == date(2026, 3, 5)
    report_delete(actor=officer, number=report.pk)
    assert reports_make(today=date(2026, 6, 5)) == 0
    actions = list(
        AuditEntry.objects.filter(action__startswith="reports.").order_by("pk").values_list("action", flat=True)
    )
    assert actions == [
        "reports.report_saved", "reports.report_scheduled", "reports.report_paused", "reports.report_resumed",
        "reports.report_deleted",
    ]  # fmt: skip


def test_shared_reports_are_run_by_ones_own_rights(units: dict[str, Unit], officer: User) -> None:
    save(officer, units["340181"], shared=True)
    save(officer, units["340181"], name="自用")
    street = user_of(units["340181002"], "street", Role.STREET_CLERK)
    county = user_of(units["340181"], "county", Role.ORG_APPROVER)
    assert [one.name for one in reports_saved(user=county)] == ["月报"]
    assert list(reports_saved(user=street)) == []
    with pytest.raises(NotFound):
        report_delete(actor=county, number=SavedReport.objects.get(name="月报").pk)
    with pytest.raises(NotAllowed):
        save(street, units["340181"])


def test_everything_that_is_wrong_with_a_schedule_is_said_at_once(units: dict[str, Unit], officer: User) -> None:
    report = save(officer, units["340181"])
    with pytest.raises(Refused) as refused:
        plan(officer, report, every="WEEK", on_day=31, as_of="X", output="doc")
    assert set(refused.value.fields) == {"every", "on_day", "as_of", "output"}
    client = Client()
    client.force_login(officer)
    url = reverse("reports:report_plan", args=[report.pk])
    answer = client.post(url, {"every": "MONTH", "on_day": "31", "as_of": "MONTH", "output": "pdf"})
    assert answer.status_code == 422
    assert 'value="31"' in answer.content.decode()
    assert client.post(url, {"every": "MONTH", "on_day": "3", "as_of": "YEAR", "output": "pdf"}).status_code == 302
    report.refresh_from_db()
    assert (report.every, report.on_day, report.as_of, report.output, report.next_due) == (
        "MONTH", 3, "YEAR", "pdf", date(2026, 3, 3),
    )  # fmt: skip


def test_a_page_saves_its_table_and_keeps_what_was_typed(units: dict[str, Unit], officer: User) -> None:
    client = Client()
    client.force_login(officer)
    url = reverse("reports:table_save", args=["roster"])
    sent = {"unit": "340181", "day": "2025-12-31", "since": "2025-01-01", "columns": ["sex", "batch"]}
    assert client.post(url, sent | {"name": "x"}).status_code == 400  # no such column
    sent["columns"] = ["sex"]
    answer = client.post(url, sent | {"name": " ", "shared": "on"})
    assert answer.status_code == 422
    assert "checked" in answer.content.decode()
    assert client.post(url, sent | {"name": "年底名册", "keep_day": "on"}).status_code == 302
    kept = SavedReport.objects.get()
    assert (kept.day, kept.columns, kept.table, kept.unit.code) == (
        date(2025, 12, 31), ["sex"], "roster", units["340181"].code,
    )  # fmt: skip
    page = client.get(reverse("reports:tables")).content.decode()
    assert "年底名册" in page
    assert page.count('id="saved"') == page.count('id="made"') == 1


def test_a_big_roster_is_made_apart(
    units: dict[str, Unit], hire: Hire, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    hire("甲")
    hire("乙")
    client = Client()
    client.force_login(officer)
    url = reverse("reports:table_file", args=["roster"])
    sent = {"unit": "340181", "day": "2026-02-28", "since": "2026-01-01", "output": "pdf"}
    assert client.post(url, sent).content.startswith(b"%PDF")
    monkeypatch.setattr(reading, "AT_ONCE", 1)
    assert client.post(url, sent).status_code == 302
    assert reports_make(today=TODAY) == 1
    made = MadeReport.objects.get()
    assert (made.state, made.report_id) == (MadeState.MADE, None)
    assert bytes(made.content or b"").startswith(b"%PDF")
    csv = client.post(url, sent | {"output": "csv"})
    assert csv.status_code == 400


def test_files_are_removed_after_a_month(units: dict[str, Unit], officer: User) -> None:
    plan(officer, save(officer, units["340181"]))
    reports_make(today=date(2026, 4, 5))
    old = MadeReport.objects.order_by("pk")[0]
    MadeReport.objects.filter(pk=old.pk).update(created=timezone.now() - timedelta(days=31))
    assert reports_forget() == 1
    assert MadeReport.objects.count() == 1


def make_at_once(count: int) -> Counter[str]:
    """Several workers find the same day due; how each of them fares."""
    gate = Barrier(count)

    def one(_number: int) -> str:
        try:
            gate.wait()
            return f"made {reports_make(today=date(2026, 3, 5))}"
        except IntegrityError:
            return "IntegrityError"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return Counter(pool.map(one, range(count)))


@pytest.mark.django_db(transaction=True)
def test_of_several_workers_at_once_one_makes_it(units: dict[str, Unit], officer: User) -> None:
    plan(officer, save(officer, units["340181"]))
    assert sum(int(fared[-1]) * count for fared, count in make_at_once(6).items()) == 1
    assert MadeReport.objects.count() == Export.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_constraint_still_holds(
    units: dict[str, Unit], officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: both find it due, and the second of them is stopped by the constraint alone."""
    plan(officer, save(officer, units["340181"]))
    both = Barrier(2)

    def unlocked(today: date) -> SavedReport | None:
        found = SavedReport.objects.filter(paused=False, next_due__lte=today).first()
        if found is not None:
            both.wait()
        return found

    monkeypatch.setattr(saved, "_due", unlocked)
    assert make_at_once(2)["IntegrityError"] == 1
    assert MadeReport.objects.count() == 1


def test_a_report_and_a_file_say_what_they_are(units: dict[str, Unit], officer: User) -> None:
    """The control of the constraints: a schedule without a day, a file without a number."""
    report = save(officer, units["340181"])
    for change in (
        {"every": "MONTH"},
        {"next_due": TODAY},
        {"every": "MONTH", "as_of": "MONTH", "on_day": 29, "next_due": TODAY},
    ):
        with pytest.raises(IntegrityError, match="reports_savedreport_schedule"), transaction.atomic():
            SavedReport.objects.filter(pk=report.pk).update(**change)
    made = MadeReport.objects.create(
        owner=officer, name="x", table="pay", unit=units["340181"], day=TODAY, since=TODAY, output="pdf"
    )
    for state in ("MADE", "REFUSED"):
        with pytest.raises(IntegrityError, match="reports_madereport_state"), transaction.atomic():
            MadeReport.objects.filter(pk=made.pk).update(state=state)
