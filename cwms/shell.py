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


MOST = 9  # first-level entries that one still takes in at a glance


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the menu; a group has entries below it and no address of its own."""

    label: str
    url: str
    icon: str
    here: bool
    below: tuple[Entry, ...] = ()


# Label, address, icon and the permissions of which one is enough; none: for everybody.
_Row = tuple[str, str, str, frozenset[str]]


def _entries(request: HttpRequest) -> list[Entry]:
    """What the user may use; of a group that has one entry for them, that entry stands by itself."""
    may = permissions_of(user=request.user)
    found = []
    for label, icon, rows in _groups():
        entries = tuple(_entry(request, row) for row in rows if not row[3] or row[3] & may)
        if len(entries) == 1:
            found.append(entries[0])
        elif entries:
            found.append(Entry(label, "", icon, any(entry.here for entry in entries), entries))
    return found


def _entry(request: HttpRequest, row: _Row) -> Entry:
    label, url, icon, _wanted = row
    return Entry(label, url, icon, request.path == url if url == "/" else request.path.startswith(url))


def _groups() -> list[tuple[str, str, list[_Row]]]:
    """At most MOST groups, in the order of the day's work."""
    steps = frozenset({Permission.TAKE_STREET_STEPS, Permission.TAKE_COUNTY_STEPS, Permission.GIVE_OPINION})
    signed = frozenset({Permission.SEAL_PAY})  # who takes no steps, and is asked for second signatures
    units = frozenset({Permission.VIEW_PEOPLE, Permission.CHANGE_UNITS})
    quota = frozenset({Permission.VIEW_QUOTA})
    grades = frozenset({Permission.RUN_PROMOTION, Permission.CONFIRM_PROMOTION})
    grants = frozenset({Permission.CHANGE_GRANTS})
    people = frozenset({Permission.VIEW_PEOPLE})
    return [
        ("", "", [(_("Workplace"), reverse("workplace"), "home", frozenset())]),
        ("", "", [(_("Inbox"), reverse("inbox"), "clipboard-check", steps | signed)]),
        ("", "", [(_("Personnel"), reverse("personnel:people"), "users", people)]),
        ("", "", [(_("Units"), reverse("organization:units"), "building", units)]),
        (
            _("Seats and appointments"),
            "circle-check",
            [
                (_("Headcount"), reverse("personnel:staffing"), "users", quota),
                (_("Recruitment"), reverse("recruitment:board"), "users", quota),
                (_("Cases"), reverse("approvals:cases"), "circle-check", frozenset({Permission.VIEW_CASES})),
                (
                    _("Calendar"),
                    reverse("approvals:calendar"),
                    "clipboard-check",
                    frozenset({Permission.CHANGE_CALENDAR}),
                ),
            ],
        ),
        (
            "",
            "",
            [
                (
                    _("Evaluation"),
                    reverse("assessment:evaluations"),
                    "clipboard-check",
                    frozenset({Permission.VIEW_RESULTS}),
                )
            ],
        ),
        (
            _("Grades and pay"),
            "cash",
            [
                (_("Grades"), reverse("payroll:promotions"), "stairs-up", grades),
                (_("Pay"), reverse("payroll:pay_runs"), "cash", frozenset({Permission.VIEW_PAY})),
            ],
        ),
        (
            "",
            "",
            [
                (
                    _("Statistics"),
                    reverse("reports:dashboard"),
                    "info-circle",
                    frozenset({Permission.VIEW_STATISTICS}),
                )
            ],
        ),
        (
            _("Administration"),
            "lock",
            [
                (_("Users"), reverse("organization:users"), "users", frozenset({Permission.CHANGE_USERS})),
                (_("Roles"), reverse("organization:grants"), "clipboard-check", grants),
                (_("Tokens"), reverse("organization:tokens"), "lock", grants),
                (_("Trail"), reverse("organization:trail"), "search", frozenset({Permission.VIEW_AUDIT})),
                (_("Retention"), reverse("retention"), "clipboard-check", frozenset({Permission.PROPOSE_DELETION})),
                (_("Rules"), reverse("policy:versions"), "file-text", people),
            ],
        ),
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
