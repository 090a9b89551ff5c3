"""Applications come in on the days that the notice has announced, whenever they are entered; with the control that any
day would do."""

from __future__ import annotations

from base64 import b64encode
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from core.errors import Refused
from core.models import AuditEntry
from recruitment.models import Applicant, Plan, Position
from recruitment.services import applicant_enter, applicants_import, applications
from tests.recruitment.conftest import Chaohu, identity
from tests.recruitment.test_api import APPLICANTS, PLANS, Program

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
FIRST, LAST = TODAY - timedelta(days=20), TODAY - timedelta(days=10)
TEXT = (
    f"The notice takes applications from {FIRST} to {LAST}, and %s is none of these days. Where it came in on one of "
    "them and is only entered now, give that day; else it can't be taken."
)


def over(chaohu: Chaohu, first: date = FIRST, last: date = LAST) -> tuple[Plan, Position]:
    """A recruitment whose days of application are over."""
    plan, position = chaohu.announced(number=2)
    Plan.objects.filter(pk=plan.pk).update(notice_day=first, applications_from=first, applications_until=last)
    plan.refresh_from_db()
    return plan, position


def enter(chaohu: Chaohu, plan: Plan, position: Position, number: int = 1, applied: date | None = None) -> Applicant:
    values = {"name": "张三", "identity_number": identity(number)}
    return applicant_enter(actor=chaohu.users["officer"], plan=plan, position=position, values=values, applied=applied)


def said(action: str) -> Any:
    return AuditEntry.objects.filter(action=f"recruitment.{action}").latest("pk").after["applied"]


@pytest.mark.parametrize("applied", [None, LAST + timedelta(days=1), FIRST - timedelta(days=1)])
def test_what_came_in_on_another_day_is_not_taken(
    chaohu: Chaohu, applied: date | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, position = over(chaohu)
    with pytest.raises(Refused) as refused:
        enter(chaohu, plan, position, applied=applied)
    assert refused.value.fields == {"applied": [TEXT % (applied or TODAY)]}
    assert not Applicant.objects.exists()
    monkeypatch.setattr(applications, "_day_faults", lambda faults, plan, day: None)  # the control
    assert enter(chaohu, plan, position, applied=applied).pk


@pytest.mark.parametrize("applied", [FIRST, LAST])
def test_what_came_in_in_time_is_entered_later_with_its_day(chaohu: Chaohu, applied: date) -> None:
    plan, position = over(chaohu)
    assert enter(chaohu, plan, position, applied=applied).number == 1
    assert said("applicant.enter") == str(applied)


def test_what_comes_in_today_needs_no_day(chaohu: Chaohu) -> None:
    plan, position = over(chaohu, FIRST, TODAY)
    assert enter(chaohu, plan, position).number == 1
    assert said("applicant.enter") == str(TODAY)


def test_no_application_comes_in_ahead(chaohu: Chaohu) -> None:
    plan, position = over(chaohu, TODAY, TODAY + timedelta(days=5))
    with pytest.raises(Refused, match="lies ahead"):
        enter(chaohu, plan, position, applied=TODAY + timedelta(days=1))


def file(*days: object) -> bytes:
    rows = (f"1,考生{'甲乙丙'[n]},{identity(n + 1)},{day}\n" for n, day in enumerate(days))
    return ("岗位代码,姓名,身份证号,报名日期\n" + "".join(rows)).encode()


def test_the_rows_of_a_file_have_their_days(chaohu: Chaohu, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, _position = over(chaohu)
    officer, late = chaohu.users["officer"], LAST + timedelta(days=1)
    with pytest.raises(Refused) as refused:
        applicants_import(actor=officer, plan=plan, data=file(FIRST, late, ""))
    assert refused.value.errors == [f"Row 3, 报名日期: {TEXT % late}", f"Row 4, 报名日期: {TEXT % TODAY}"]
    assert not Applicant.objects.exists()
    assert applicants_import(actor=officer, plan=plan, data=file(FIRST, LAST, LAST)) == 3
    assert said("applicants.import") == {str(FIRST): [1], str(LAST): [2, 3]}
    Applicant.objects.all().delete()
    monkeypatch.setattr(applications, "_day_faults", lambda faults, plan, day: None)  # the control
    assert applicants_import(actor=officer, plan=plan, data=file(FIRST, late, "")) == 3


def test_the_page_says_it_beside_the_day(chaohu: Chaohu) -> None:
    plan, position = over(chaohu)
    client = Client()
    client.force_login(chaohu.users["officer"])
    at = f"/recruitment/plans/{plan.pk}/applicants/new/"
    body = {"position": str(position.pk), "name": "张三", "identity_number": identity(1)}
    late = client.post(at, body)
    assert late.status_code == 422
    assert f"The notice takes applications from {FIRST} to {LAST}" in late.content.decode()
    assert client.post(at, body | {"applied": str(LAST)}).status_code == 302
    assert Applicant.objects.count() == 1


def test_a_program_gives_the_day_too(chaohu: Chaohu) -> None:
    plan, position = over(chaohu)
    officer = Program(chaohu, "officer")
    body = {"recruitment": plan.pk, "line": position.pk, "name": "张三", "identity_number": identity(1)}
    late = officer.post(APPLICANTS, body)
    assert late.json()["error"]["fields"] == {"applied": [TEXT % TODAY]}
    assert officer.post(APPLICANTS, body | {"applied": str(FIRST)}).status_code == 201
    rows = officer.act(f"{PLANS}{plan.pk}/", "import", {"file": b64encode(file(LAST, LAST)).decode()})
    assert "has applied already" in rows.json()["error"]["message"]
    assert "报名日期" not in rows.json()["error"]["message"]
