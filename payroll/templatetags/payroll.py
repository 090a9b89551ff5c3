"""Money and words for the pages of pay."""

from __future__ import annotations

from typing import Any

from django import template

from core.money import format_yuan, round_ratio
from payroll.models import PayRun
from payroll.models.wording import PAYERS
from payroll.selectors.runs import CauseNames, cause_names_for_system

register = template.Library()


@register.filter
def scale_name(code: str, names: dict[str, str]) -> str:
    """The name of a scale, its code where no policy names it."""
    return names.get(code, code)


@register.filter
def scale_clause(clauses: dict[str, str], code: str) -> str:
    """The clause of the rules on which a scale's first values rest."""
    return clauses.get(code, "")


@register.filter
def yuan(fen: Any) -> str:
    """Fen as yuan with two decimals and thousands separators."""
    return format_yuan(int(fen or 0))


@register.filter
def yuan_signed(fen: Any) -> str:
    """The same with a plus sign for what is more."""
    number = int(fen or 0)
    return f"+{format_yuan(number)}" if number > 0 else format_yuan(number)


@register.filter
def mean_month(totals: dict[str, int]) -> int:
    """The mean pay of a month (fen) by the totals of a conversion, half up."""
    return int(round_ratio(totals["new_year"], totals["paid"] * 12, "half_up"))


@register.filter
def payer_name(code: str) -> str:
    return str(PAYERS.get(code, code))


@register.simple_tag
def cause_names(run: PayRun) -> CauseNames:
    """`{% cause_names run as names %}`, then `{{ code|cause_name:names }}`: scales are named by the run's rules."""
    return cause_names_for_system(run)


@register.filter
def cause_name(code: str, names: CauseNames) -> str:
    return names.fact(code)


@register.filter
def page_query(query: str) -> str:
    """A query string made ready for one more parameter."""
    return f"{query.removeprefix('?')}&" if query and query != "?" else ""
