"""The card of three lines that tells a new user what their role can do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from organization.models import Role


@dataclass(frozen=True, slots=True)
class Line:
    """What one can do, and the page on which one does it; "" where there is none of its own."""

    text: str | Promise
    url_name: str = ""


_RECORDS = Line(_("Keep people's records: one by one, many at once, or from your own workbook."), "personnel:people")
_LOOK_UP = Line(_("Look up anybody's file as it is today or was on any day."), "personnel:people")
_WAITING = Line(_("Find here first what waits for you. Nobody confirms what they have started."))
_RESULTS = Line(_("Open an evaluation: every result stands there with its reasons."), "assessment:evaluations")
_SESSIONS = Line(_("See where you are logged in, and end what isn't you."), "sessions")
_UNITS = Line(_("Keep the tree of units: new, renamed, moved and merged ones, with their days."), "organization:units")
_CODE = Line(_("Protect your access with a second factor."), "factor")

# The first of these that somebody holds decides; who works with the records sees more than who looks at them.
LINES: dict[str, tuple[Line, Line, Line]] = {
    Role.ORG_OFFICER: (
        _RECORDS, _UNITS,
        Line(_("Compute evaluations, promotions and pay of the county; others confirm and seal them."), "assessment:evaluations"),
    ),
    Role.STREET_CLERK: (
        _RECORDS,
        Line(_("Compute the evaluation of the year; somebody else confirms it."), "assessment:evaluations"),
        Line(_("Compute the pay of the month; finance checks and seals it."), "payroll:pay_runs"),
    ),
    Role.ORG_APPROVER: (_WAITING, _RESULTS, _LOOK_UP),
    Role.STREET_APPROVER: (_WAITING, _RESULTS, _LOOK_UP),
    Role.FINANCE: (
        Line(_("Check the pay of the month against the month before, person by person."), "payroll:pay_runs"),
        Line(_("Seal it; then take the list of accounts for the bank from the page of the run."), "payroll:pay_runs"),
        _LOOK_UP,
    ),
    Role.AUDITOR: (
        _LOOK_UP, _RESULTS,
        Line(_("Find out by the number in a file who exported it, when, and of what."), "organization:exports"),
    ),
    Role.SYSTEM_ADMIN: (
        _UNITS,
        Line(_("Announce something to everybody who works in a unit."), "organization:announcements"),
        _SESSIONS,
    ),
    Role.SECURITY_ADMIN: (
        Line(_("You decide who may do what in which unit; nobody gives a role to themselves.")), _SESSIONS, _CODE,
    ),
}  # fmt: skip
_OTHERS = (Line(_("Find here what concerns you as soon as there is something.")), _SESSIONS, _CODE)


def lines_for(roles: Iterable[str]) -> tuple[Line, Line, Line]:
    """The three lines for somebody with some roles."""
    held = set(roles)
    return next((lines for role, lines in LINES.items() if role in held), _OTHERS)
