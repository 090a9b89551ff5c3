"""Quotas and who is counted: ranges written [low, high], periods of review, and what the keys of a row say only together."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from policy.rules import document as d
from policy.rules.conditions import facts_of, walk
from policy.rules.document import Measure
from policy.rules.document.place import WORKERS_BY
from policy.rules.document.quota import COUNTED_BY
from policy.rules.reading.blocks import CHECKS, SHAPES, Fields, Shape, Spelling
from policy.rules.reading.figures import figure
from policy.rules.reading.nodes import Listing, Mapped, Tree, describe
from policy.rules.reading.reader import Place, Reader
from policy.rules.terms import Leaf, Status

REVIEWS = ("committee_term", "yearly")
UNIT_FACTS = ("urban_residents", "households", "grids", "area_kind", "unit_kind", "unit", "street", "county")


def ranged(field: str, measure: Measure | None, *, figures: bool) -> Shape:
    """Reads `n` into a field, and `[low, high]` into it and its `_most`."""

    def read(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
        inner, at = r.source(tree, place)
        if not isinstance(inner, Listing):
            one = figure(r, tree, place, measure) if figures else r.number(tree, place, measure)
            return None if one is None else {field: one}
        if len(inner.items) != 2:
            r.fail(inner, at, "RANGE_FORM", found=describe(inner))
            return None
        low, high = (r.number(item, at.at(n), measure) for n, item in enumerate(inner.items, start=1))
        if low is None or high is None:
            return None
        refuse_order(r, inner, at, low, high)
        return {field: low, f"{field}_most": high}

    return read


def refuse_order(r: Reader, tree: Tree | None, place: Place, low: Any, high: Any) -> None:
    known = [leaf.value for leaf in (low, high) if isinstance(leaf, Leaf) and isinstance(leaf.value, Decimal)]
    if len(known) == 2 and known[0] > known[1]:
        r.fail(tree, place, "RANGE_ORDER", low=known[0], high=known[1])


def review(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    tree, place = r.source(tree, place)
    if isinstance(tree, Mapped):
        if not r.only(tree, place, ("years", "cite")) or not r.need(tree, place, "years"):
            return None
        years = r.counted(tree.entries["years"].value, r.cited(tree, place).at("years"), least=1)
        return None if years is None else {"review": "years", "review_years": years}
    word = r.word(tree, place, REVIEWS)
    if word is None:
        return None
    r.keep_value(word, tree, place)
    return {"review": word}


def row(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    kinds = [key for key in ("count", "at_least", "at_most", "figure") if key in rows]
    if len(kinds) != 1 and kinds != ["at_least", "at_most"]:
        r.fail(rows, place, "ONE_OF", allowed=("count", "at_least", "at_most", "figure"), found=", ".join(kinds) or "—")
        return
    if "per" in rows or "each" in rows or kinds[0].startswith("at_"):
        r.need(rows, place, "per", "each")
    if kinds[0] == "figure" and "per" in rows:
        r.fail(
            rows.get("per"), place.at("per"), "KEY_NOT_FOR_KIND", found="per", word_key="row", kind="figure",
            kinds="count, at_least, at_most",
        )  # fmt: skip
    for field in ("each", "each_most"):
        leaf = values.get(field)
        if isinstance(leaf, Leaf) and isinstance(leaf.value, Decimal) and leaf.value <= 0:
            r.fail(rows.get("each"), place.at("each"), "NOT_POSITIVE", value=leaf.value)
    refuse_order(r, rows, place, values.get("at_least"), values.get("at_most"))
    only_facts(r, rows, place, (values.get("when"), values.get("count"), values.get("figure")), UNIT_FACTS)


def bound(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    if "at_least" not in rows and "at_most" not in rows:
        r.fail(rows, place, "ONE_OF", allowed=("at_least", "at_most"), found="—")
    refuse_order(r, rows, place, values.get("at_least"), values.get("at_most"))
    only_facts(r, rows, place, (values.get("when"),), UNIT_FACTS)


def counts(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    only_facts(r, rows, place, (values.get("who"),), COUNTED_BY)
    refuse_open(r, rows, place, "who", values)


def workers(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    for key in ("evaluated", "paid"):
        only_facts(r, rows, place, (values.get(key),), WORKERS_BY)
        refuse_open(r, rows, place, key, values)


def refuse_open(r: Reader, rows: Mapped, place: Place, key: str, values: Fields) -> None:
    """Who counts can't be left open: nobody could be counted until it is known."""
    if any(isinstance(part, Leaf) and part.status is Status.UNSET for part in walk(values.get(key))):
        r.fail(rows.get(key), place.at(key), "UNSET_NOT_ALLOWED")


def quota(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    if "rows" in rows and values.get("rows") == () and place.at("rows").path not in r.leaves:
        r.fail(rows.get("rows"), place.at("rows"), "EMPTY_LIST")
    if "periods_from" in rows and "review" not in rows:
        r.fail(rows, place, "MISSING_KEY", missing="review")


def only_facts(r: Reader, rows: Mapped, place: Place, terms: Iterable[Any], allowed: Iterable[str]) -> None:
    """What is worked out for a unit, or from an employment alone, can ask for nothing else."""
    for name in sorted({name for term in terms if term is not None for name in facts_of(term)} - set(allowed)):
        r.fail(rows, place, "FACT_NOT_HERE", fact=name, allowed=tuple(allowed))


SHAPES[d.QuotaRow] = {
    "each": Spelling(
        ("each", "each_most"),
        ranged("each", None, figures=False),
        "number, or [low, high]",
        "for each so many of `per`",
    ),
    "count": Spelling(
        ("count", "count_most"),
        ranged("count", Measure.FACTOR, figures=True),
        "figure, or [low, high]",
        "so many people",
    ),
}
SHAPES[d.Quota] = {
    "review": Spelling(
        ("review", "review_years"),
        review,
        "committee_term | yearly | {years: n}",
        "the approved number changes only when a period begins: a term of the committees (five years), a year, n years",
    )
}
CHECKS.update({d.QuotaRow: row, d.QuotaBound: bound, d.Counts: counts, d.Quota: quota, d.Workers: workers})
