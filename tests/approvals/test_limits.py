"""Time for a step: its last day by natural and working days, one reminder, one report, and the lists that show it."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.utils import timezone

from approvals.models import Case, CaseStep, StepState
from approvals.selectors import due_day_for_system, in_the_way_for_system, steps_late, steps_waiting
from approvals.services import calendar_day_set, steps_remind
from approvals.tasks import remind
from core.errors import Refused
from core.models import AuditEntry
from policy.rules.document import Step
from policy.rules.reading import PolicyErrors
from policy.services import policy_load
from tests.approvals.conftest import POLICY, VALUES, Chaohu, build_chaohu
from tests.approvals.test_pages import Reader

INSPECTION = "        kind: inspection\n        by: ORGANISATION_DEPARTMENT\n"


def limited(within: int, count: str) -> Chaohu:
    """Chaohu, whose article gives no time for any step, with a time for the inspection."""

    def text(found: str) -> str:
        assert INSPECTION in found
        return found.replace(INSPECTION, f"{INSPECTION}        limit: {{within: {within}, count: {count}}}\n", 1)

    return build_chaohu(text)


def inspected(chaohu: Chaohu) -> tuple[Case, CaseStep]:
    case = chaohu.open()
    chaohu.until(case, "INSPECTION")
    return case, chaohu.step(case)


def spec(chaohu: Chaohu, code: str) -> Step:
    assert chaohu.version is not None
    return next(one for one in chaohu.version.document.procedures[0].steps if one.code == code)


def test_working_days_leave_out_a_holiday(db: None) -> None:
    """From Wednesday 30 September 2026: 1 to 7 October are off, Saturday the 10th is worked. The fifth is Tuesday the 13th."""
    chaohu = limited(5, "working")
    for day in range(1, 8):
        calendar_day_set(actor=None, day=date(2026, 10, day), kind="HOLIDAY", name="国庆节")
    calendar_day_set(actor=None, day=date(2026, 10, 10), kind="WORKDAY", name="调休")
    assert due_day_for_system(spec(chaohu, "INSPECTION"), date(2026, 9, 30)) == date(2026, 10, 13)
    assert due_day_for_system(spec(chaohu, "DECISION"), date(2026, 9, 30)) is None
    with pytest.raises(Refused, match="The days off of 2031 are not entered"):
        due_day_for_system(spec(chaohu, "INSPECTION"), date(2031, 9, 30))


def test_natural_days_take_no_notice_of_it(db: None) -> None:
    assert due_day_for_system(spec(limited(5, "natural"), "INSPECTION"), date(2026, 9, 30)) == date(2026, 10, 5)


def test_a_limit_urges_and_holds_nothing_up(db: None) -> None:
    """Unlike a notice, which stays up: the step is taken before its last day, and after it."""
    chaohu = limited(3, "natural")
    case, step = inspected(chaohu)
    today = timezone.localdate()
    assert step.due == today + timedelta(days=3)
    assert in_the_way_for_system(step, step.spec, today) == []
    CaseStep.objects.filter(pk=step.pk).update(due=today - timedelta(days=9))
    chaohu.take(case, **VALUES["INSPECTION"])
    assert chaohu.step(case).code == "JOINT_REVIEW"


def test_each_is_told_once(db: None) -> None:
    """Of a step due on the 10th: its holder on the 9th, the starter on the 11th; whoever asks again tells nobody."""
    chaohu = limited(3, "natural")
    case, step = inspected(chaohu)
    CaseStep.objects.filter(pk=step.pk).update(due=date(2026, 12, 10))
    told = [tuple(steps_remind(actor=None, day=date(2026, 12, day)).values()) for day in (8, 9, 9, 10, 11, 11, 12)]
    assert told == [(0, 0), (1, 0), (0, 0), (0, 0), (0, 1), (0, 0), (0, 0)]
    step.refresh_from_db()
    assert (step.reminded, step.escalated) == (date(2026, 12, 9), date(2026, 12, 11))
    trail = AuditEntry.objects.filter(action="approvals.step.remind").order_by("pk")
    assert [entry.after["late"] for entry in trail] == [False, True]
    chaohu.take(case, **VALUES["INSPECTION"])
    assert CaseStep.objects.filter(state=StepState.OPEN, reminded__isnull=False).count() == 0


def test_what_is_late_is_shown_to_holder_and_starter(db: None) -> None:
    chaohu = limited(3, "natural")
    case, step = inspected(chaohu)
    today = timezone.localdate()
    CaseStep.objects.filter(pk=step.pk).update(due=today - timedelta(days=1))
    clerk, officer = chaohu.users["clerk"], chaohu.users["officer"]
    assert list(steps_late(user=clerk)) == []
    remind()
    remind()
    assert [one.pk for one in steps_late(user=clerk)] == [step.pk]
    assert list(steps_late(user=officer)) == []  # who did not open it
    assert steps_waiting(user=officer, today=today) == {"overdue": 1}
    late = Reader(chaohu, "clerk").get("inbox", query="?tab=late")
    assert re.search(r'Late <span class="count">\(1\)', late)
    assert f'href="/cases/{case.pk}/"' in late
    assert f"reminded {today}" in Reader(chaohu, "officer").get("inbox")
    page = Reader(chaohu, "officer").get("approvals:case", case.pk)
    for text in ("To be taken by", "day passed", f"reminded {today}", f"reported late {today}", "3 days"):
        assert text in page, text
    assert f'href="/cases/{case.pk}/"' in Reader(chaohu, "officer").get(
        "approvals:cases", query="?state=OPEN&overdue=on"
    )


def test_a_notice_has_days_of_its_own(db: None) -> None:
    text = POLICY.read_text(encoding="utf-8")
    wrong = text.replace(
        "        kind: notice\n", "        kind: notice\n        limit: {within: 3, count: natural}\n", 1
    )
    with pytest.raises(PolicyErrors, match="KEY_NOT_FOR_KIND"):
        policy_load(actor=None, text=wrong)
