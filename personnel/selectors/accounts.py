"""Where the pay of a unit's people goes: the list for the bank that pays, and who has no account yet (CH-55)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet

from organization.access import require, scope_for
from organization.models import Permission, Unit, User
from organization.selectors.pages import unit_on
from personnel.models import BankAccount, Listing
from personnel.models.ranges import holding
from personnel.rules.listing import WORKING
from personnel.selectors.listing import rows_for_system


@dataclass(frozen=True)
class AccountsPage:
    """people: who works in the unit or below it on the day; lacking: those of them without an account for pay."""

    unit: Unit
    people: int
    lacking: QuerySet[Listing]


def accounts_page(*, user: User, number: int, day: date) -> AccountsPage:
    """How many people of a unit are paid on a day, and who of them has no account. Raises NotFound, NotAllowed.

    For whoever seals pay there: nobody else has to know who is paid where.
    """
    unit = unit_on(user=user, number=number, day=day)
    require(user, Permission.SEAL_PAY, unit)
    rows = accounts_rows(user=user, unit=unit, day=day)
    return AccountsPage(unit, rows.count(), rows.filter(~Exists(_holding(day).filter(person=OuterRef("person")))))


def accounts_rows(*, user: User, unit: Unit, day: date) -> QuerySet[Listing]:
    """A row a person who works in a unit or below on a day, by unit and name."""
    scope = scope_for(user, Permission.SEAL_PAY).within(unit.path)
    rows = rows_for_system(scope, day, WORKING)
    return rows.select_related("person", "employment__unit", "tenure__post__unit").order_by(
        "unit_path", "sort_name", "person_id"
    )


def accounts_of_for_system(people: Sequence[int], day: date) -> dict[int, BankAccount]:
    """person → the account to which their pay goes on a day. One query."""
    return {account.person_id: account for account in _holding(day).filter(person__in=people)}


def _holding(day: date) -> QuerySet[BankAccount]:
    return BankAccount.objects.filter(holding(day), main=True)


__all__ = ["AccountsPage", "accounts_of_for_system", "accounts_page", "accounts_rows"]
