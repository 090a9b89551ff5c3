"""The eight standard tables: the same from every face (docs/decisions/0057-standard-tables.md)."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import NotAllowed, NotFound
from organization.access import scope_for
from organization.models import Permission, Unit, User
from reports.rules.tables import StandardTable
from reports.selectors.figures import figure
from reports.selectors.tables.development import development, succession
from reports.selectors.tables.kinds import Kind, TableQuestion
from reports.selectors.tables.offices import pay, quota, results
from reports.selectors.tables.people import ROSTER, roster, structure, turnover

__all__ = ["KINDS", "ROSTER", "Kind", "TableQuestion", "kinds_for", "require_table", "table_of", "too_big"]

AT_ONCE = 2_000  # people of a roster that is made while the page waits
_STATISTICS = Permission.VIEW_STATISTICS

KINDS: dict[str, Kind] = {
    one.code: one
    for one in (
        Kind(
            "roster", gettext_lazy("Roster of community workers"),
            gettext_lazy("Everybody in post on a day, with the columns that you choose."),
            roster, (_STATISTICS, Permission.VIEW_PEOPLE), each_person=True,
        ),
        Kind(
            "quota", gettext_lazy("Use of approved seats, by unit"),
            gettext_lazy("Approved, filled and vacant seats, and people beyond them."),
            quota, (_STATISTICS, Permission.VIEW_QUOTA),
        ),
        Kind(
            "turnover", gettext_lazy("Changes of community workers"),
            gettext_lazy("Who came, left and moved in a period, from its beginning to its end."),
            turnover, (_STATISTICS,), period=True,
        ),
        Kind(
            "structure", gettext_lazy("Structure of community workers"),
            gettext_lazy("Sex, age, education, political status and certificate."),
            structure, (_STATISTICS,),
        ),
        Kind(
            "development", gettext_lazy("How the team is renewed"),
            gettext_lazy("Applications a post, hires, turnover, training, who rose and where people went, in a period."),
            development, (_STATISTICS, Permission.VIEW_PEOPLE), period=True,
        ),
        Kind(
            "succession", gettext_lazy("Who comes after"),
            gettext_lazy("Secretaries and committee members who retire soon, and those in reserve for them."),
            succession, (_STATISTICS, Permission.VIEW_PEOPLE),
        ),
        Kind(
            "results", gettext_lazy("Yearly results"),
            gettext_lazy("Closed results of the year of the day by grade, with caps."),
            results, (_STATISTICS,),
        ),
        Kind(
            "pay", gettext_lazy("Pay of a month"),
            gettext_lazy("Sealed payslips of the month of the day: sum, payers, mean, least and highest."),
            pay, (_STATISTICS,),
        ),
    )
}  # fmt: skip


def kinds_for(*, user: User) -> list[Kind]:
    """The tables that a user may ask for in some unit."""
    return [kind for kind in KINDS.values() if all(scope_for(user, one) for one in kind.permissions)]


def require_table(*, user: User, code: str, unit: Unit) -> Kind:
    """The table, for who may ask for it of a unit. Raises NotFound, NotAllowed where a right over the unit is missing."""
    kind = KINDS.get(code)
    if kind is None:
        raise NotFound(_("There is no such table. Choose one from the list."))
    for permission in kind.permissions:
        if not scope_for(user, permission).covers(unit.path):
            raise NotAllowed(
                _("You lack the right “%(right)s” in %(unit)s, which this table needs.")
                % {"right": Permission(permission).label, "unit": unit.name}
            )
    return kind


def table_of(*, user: User, code: str, question: TableQuestion) -> StandardTable:
    """A standard table as the user may see it today. Raises like `require_table`, and Refused where it is too big."""
    return require_table(user=user, code=code, unit=question.unit).build(user, question)


def too_big(*, user: User, code: str, question: TableQuestion) -> bool:
    """Whether a table takes longer than a page may wait. Raises like `require_table`."""
    kind = require_table(user=user, code=code, unit=question.unit)
    return kind.each_person and (figure(user=user, question=question.of("workers")).numerator or 0) > AT_ONCE
