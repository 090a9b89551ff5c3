"""The inbox: what waits for the user in cases, and for their second signature, what they did, what they started, and which days come near."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from approvals.models import Case, CaseStep
from approvals.selectors import (
    cases_started,
    questions_for,
    questions_page,
    rows_for_system,
    steps_done,
    steps_late,
    steps_page,
    steps_waiting,
)
from core.rules import due_group
from core.views import PAGE
from cwms.views.pages import due_names
from organization.models import User
from organization.selectors import countersignatures_waiting
from personnel.selectors.workplace import deadlines_near

TABS = ("todo", "questions", "signatures", "late", "done", "started")
WHERE_ANY = ("questions", "signatures", "late")  # lists that are not offered while they are empty


class _Counted:
    """A list whose length is known and whose pages are read by a function."""

    def __init__(self, count: int, read: Any) -> None:
        self.count_, self.read = count, read

    def __len__(self) -> int:
        return self.count_

    def __getitem__(self, part: slice) -> list[Any]:
        return self.read(part.start or 0, (part.stop or self.count_) - (part.start or 0))


@login_required
@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """Each count is the length of its list; what is to be done is grouped by its day."""
    user, today = request.user, timezone.localdate()
    asked = request.GET.get("tab", "todo")
    tab = asked if asked in TABS else "todo"
    waiting = steps_waiting(user=user, today=today)
    done, started, late = steps_done(user=user), cases_started(user=user), steps_late(user=user)
    todo = _Counted(sum(waiting.values()), lambda first, most: steps_page(user=user, first=first, most=most))
    asked_of = _Counted(
        questions_for(user=user).count(), lambda first, most: questions_page(user=user, first=first, most=most)
    )
    signatures = countersignatures_waiting(user=user) if isinstance(user, User) else []
    counts = {
        "todo": len(todo),
        "questions": len(asked_of),
        "signatures": len(signatures),
        "late": late.count(),
        "done": done.count(),
        "started": started.count(),
    }
    lists: dict[str, Any] = {
        "todo": todo, "questions": asked_of, "signatures": signatures, "late": late, "done": done, "started": started,
    }  # fmt: skip
    pages = Paginator(lists[tab], PAGE)
    pages.count = counts[tab]  # what the tab says, not asked again
    shown = pages.get_page(request.GET.get("page"))
    names = {
        "todo": _("To do"),
        "questions": _("Questions"),
        "signatures": _("Second signatures"),
        "late": _("Late"),
        "done": _("Done"),
        "started": _("Started by me"),
    }
    context = {
        "tab": tab,
        "tabs": [(code, names[code], counts[code]) for code in TABS if code not in WHERE_ANY or counts[code]],
        "page": shown,
        "groups": _groups(list(shown), waiting) if tab == "todo" else [],
        "watch": deadlines_near(user=user, until=today + timedelta(days=30)),
    }
    return render(request, "cwms/inbox.html", context)


def _groups(steps: list[CaseStep], waiting: dict[str, int]) -> list[tuple[str, int, list[tuple[CaseStep, Any]]]]:
    """(name, how many there are on all pages, the steps of this page with the lines of their cases)."""
    today, names = timezone.localdate(), due_names()
    cases: dict[int, Case] = {step.case_id: step.case for step in steps}
    lines = {row.case.pk: row for row in rows_for_system(cases.values())}
    found: dict[str, list[tuple[CaseStep, Any]]] = {}
    for step in steps:
        found.setdefault(due_group(step.due, today), []).append((step, lines[step.case_id]))
    return [(names[name], waiting.get(name, 0), rows) for name, rows in found.items()]
