"""The floors of a mean as the page of a run shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language

from organization.access import scope_for
from organization.models import Permission, Unit, User
from payroll.models import PayRun


@dataclass(frozen=True)
class ShownMean:
    """A floor or ceiling of a mean with its words; row: as `note_means` keeps it, money in fen."""

    name: str
    unit: str
    row: dict[str, Any]


def run_means(*, user: User, run: PayRun) -> list[ShownMean]:
    """What the run says of means, those that fall short first; nothing about a run outside the user's units."""
    rows: list[dict[str, Any]] = run.totals.get("means", [])
    if not rows or not scope_for(user, Permission.VIEW_PAY).covers(run.unit_path):
        return []
    chinese = str(get_language()).startswith("zh")
    codes = {code for row in rows for code in (row["unit"], _whole(row["unit"]))}
    units = Unit.objects.filter(code__in=codes).values_list("code", "name")
    names = {_whole(code): name for code, name in units}
    shown = [
        ShownMean(
            name=row["name"] if chinese else row["name_en"],
            unit=names.get(_whole(row["unit"]), row["unit"]),
            row=row,
        )
        for row in rows
    ]
    return sorted(shown, key=lambda one: (one.row["met"] is True, -one.row["short"], one.row["unit"]))


def _whole(code: str) -> str:
    """A unit's code at its full length: records have it at either."""
    return code.ljust(12, "0")
