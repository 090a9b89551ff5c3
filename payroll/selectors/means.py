"""The floors of a mean as the page of a run shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language

from organization.models import Unit, User
from payroll.models import PayRun
from payroll.selectors.runs import pay_run_get


@dataclass(frozen=True)
class ShownMean:
    """A floor or ceiling of a mean with its words; row: as `note_means` keeps it, money in fen."""

    name: str
    unit: str
    row: dict[str, Any]


def run_means(*, user: User, run: PayRun) -> list[ShownMean]:
    """What the run says of means, those that fall short first. Raises NotFound as `pay_run_get` does."""
    run = pay_run_get(user=user, number=run.pk)
    rows: list[dict[str, Any]] = run.totals.get("means", [])
    chinese = str(get_language()).startswith("zh")
    codes = {row["unit"] for row in rows}
    names = dict(Unit.objects.filter(code__in=codes).values_list("code", "name")) if codes else {}
    shown = [
        ShownMean(
            name=row["name"] if chinese else row["name_en"],
            unit=names.get(row["unit"], row["unit"]),
            row=row,
        )
        for row in rows
    ]
    return sorted(shown, key=lambda one: (one.row["met"] is True, -one.row["short"], one.row["unit"]))
