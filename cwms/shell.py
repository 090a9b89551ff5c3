"""What every page has around its content: the menu a user may use, theme and language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from organization.models import Permission
from organization.selectors import permissions_of

THEMES = ("auto", "light", "dark")


@dataclass(frozen=True, slots=True)
class Entry:
    """A first-level entry of the menu."""

    label: str
    url: str
    icon: str
    here: bool


def _entries(request: HttpRequest) -> list[Entry]:
    may = permissions_of(user=request.user)
    rows: list[tuple[str, str, str, frozenset[str]]] = [
        (_("Workplace"), reverse("workplace"), "home", frozenset()),
        (
            _("Inbox"),
            reverse("inbox"),
            "clipboard-check",
            frozenset({Permission.TAKE_STREET_STEPS, Permission.TAKE_COUNTY_STEPS, Permission.GIVE_OPINION}),
        ),
        (_("Personnel"), reverse("personnel:people"), "users", frozenset({Permission.VIEW_PEOPLE})),
        (
            _("Units"),
            reverse("organization:units"),
            "building",
            frozenset({Permission.VIEW_PEOPLE, Permission.CHANGE_UNITS}),
        ),
        (_("Headcount"), reverse("personnel:staffing"), "users", frozenset({Permission.VIEW_QUOTA})),
        (_("Cases"), reverse("approvals:cases"), "circle-check", frozenset({Permission.VIEW_CASES})),
        (_("Calendar"), reverse("approvals:calendar"), "clipboard-check", frozenset({Permission.CHANGE_CALENDAR})),
        (_("Recruitment"), reverse("recruitment:board"), "users", frozenset({Permission.VIEW_QUOTA})),
        (_("Evaluation"), reverse("assessment:evaluations"), "clipboard-check", frozenset({Permission.VIEW_RESULTS})),
        (
            _("Grades"),
            reverse("payroll:promotions"),
            "stairs-up",
            frozenset({Permission.RUN_PROMOTION, Permission.CONFIRM_PROMOTION}),
        ),
        (_("Pay"), reverse("payroll:pay_runs"), "cash", frozenset({Permission.VIEW_PAY})),
        (_("Statistics"), reverse("reports:dashboard"), "info-circle", frozenset({Permission.VIEW_STATISTICS})),
        (_("Users"), reverse("organization:users"), "users", frozenset({Permission.CHANGE_USERS})),
        (_("Roles"), reverse("organization:grants"), "clipboard-check", frozenset({Permission.CHANGE_GRANTS})),
        (_("Tokens"), reverse("organization:tokens"), "lock", frozenset({Permission.CHANGE_GRANTS})),
        (_("Trail"), reverse("organization:trail"), "search", frozenset({Permission.VIEW_AUDIT})),
        (_("Rules"), reverse("policy:versions"), "file-text", frozenset({Permission.VIEW_PEOPLE})),
    ]
    return [
        Entry(label, url, icon, request.path == url if url == "/" else request.path.startswith(url))
        for label, url, icon, wanted in rows
        if not wanted or wanted & may
    ]


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of base.html."""
    theme = request.COOKIES.get("theme", "auto")
    theme = theme if theme in THEMES else "auto"
    user = getattr(request, "user", None)
    return {
        "theme": theme,
        "second_factor": settings.CWMS_SECOND_FACTOR,
        "next_theme": THEMES[(THEMES.index(theme) + 1) % len(THEMES)],
        "menu": _entries(request) if user is not None and user.is_authenticated else [],
    }
