"""Employment and leaving: what the law bounds, and what a reason says only together."""

from __future__ import annotations

from decimal import Decimal

from policy.rules import document as d
from policy.rules.reading.blocks import CHECKS, Fields
from policy.rules.reading.nodes import Mapped
from policy.rules.reading.reader import Place, Reader
from policy.rules.reading.shapes.check import OF_PEOPLE
from policy.rules.reading.shapes.quota import only_facts
from policy.rules.terms import Leaf

# Most months of probation of a labour contract, from so many years on (Labour Contract Law, article 19).
PROBATION = ((3, 6), (1, 2), (0, 1))
# What may be asked of somebody who rises or moves: what their file says, and closed results.
OF_MOVERS = (*OF_PEOPLE, "results")


def contract(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    years, trial = values.get("years"), values.get("probation")
    if values.get("form", "labour") != "labour" or not isinstance(trial, d.Trial):
        return
    months = trial.months.value
    length = years.value if isinstance(years, Leaf) else None
    if not isinstance(months, Decimal):
        return
    most = next(most for least, most in PROBATION if not isinstance(length, Decimal) or length >= least)
    if months > most:
        r.fail(
            rows.get("probation"), place.at("probation"), "PROBATION_LONG",
            months=months, years=length if length is not None else "…", most=most,
        )  # fmt: skip


def employing(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    only_facts(r, rows, place, (values.get("retirement"),), ("sex",))


def transfer(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    names = [name for name, fact in r.facts.items() if fact.group in OF_MOVERS]
    only_facts(r, rows, place, (values.get("who"),), names)


def rise(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    names = [name for name, fact in r.facts.items() if fact.group in OF_MOVERS]
    only_facts(r, rows, place, (values.get("when"),), names)
    for key, name in (("from", "from_"), ("to", "to")):
        if values.get(name) is not None and values[name] not in r.names.posts:
            r.fail(rows.get(key), place.at(key), "WORD", found=values[name], allowed=r.names.posts, word=values[name])


CHECKS.update({d.Contract: contract, d.Employing: employing, d.Transfer: transfer, d.Rise: rise})
