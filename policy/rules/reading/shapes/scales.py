"""Short forms of scales: ranges, reviews, changes of post."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Literal

from policy.rules import document as d
from policy.rules.document import Measure
from policy.rules.reading.blocks import AFTER, BEFORE, HIDDEN, SHAPES, Fields, Spelling, block
from policy.rules.reading.conditions import condition
from policy.rules.reading.figures import figure
from policy.rules.reading.nodes import Entry, Listing, Mapped, Scalar, Tree, describe
from policy.rules.reading.reader import Place, Reader
from policy.rules.reading.shapes.place import own_service
from policy.rules.terms import Figure, Leaf, Table


def scale_range(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    """`[low, high]`, by post: read twice, for the low and the high end, from the same rows."""
    before = len(r.errors)
    low = figure(r, half(r, tree, place, 0), place, Measure.VALUE, open_cases=True)
    if len(r.errors) > before:
        return None
    kept = dict(r.leaves)
    for path in [path for path in kept if path == place.path or path.startswith(place.path + ".")]:
        del r.leaves[path]
    high = figure(r, half(r, tree, place, 1), place, Measure.VALUE, open_cases=True)
    r.leaves = kept
    for low_leaf, high_leaf in paired(low, high):
        if low_leaf.value is None or high_leaf.value is None:
            continue
        r.leaves[low_leaf.path] = replace(low_leaf, path=low_leaf.path, value=f"{low_leaf.value}–{high_leaf.value}")
        limit_node = rows.get("values")
        highest = (
            int(limit_node.value) if isinstance(limit_node, Scalar) and isinstance(limit_node.value, Decimal) else None
        )
        if low_leaf.number > high_leaf.number:
            r.fail(
                None,
                low_leaf.path,
                "RANGE_ORDER",
                low=low_leaf.value,
                high=high_leaf.value,
                line=low_leaf.line,
                origin=low_leaf.origin,
            )
        elif highest and high_leaf.number > highest:
            r.fail(
                None,
                low_leaf.path,
                "RANGE_OUTSIDE",
                low=low_leaf.value,
                high=high_leaf.value,
                values=highest,
                line=low_leaf.line,
                origin=low_leaf.origin,
            )
    if low is None or high is None:
        return None
    return {"range_low": low, "range_high": high, "no_range": without_row(r, low)}


def half(r: Reader, tree: Tree, place: Place, end: int) -> Tree:
    """The tree with every `[low, high]` replaced by one of its ends; anything else stays for the reader to judge."""
    match tree:
        case Listing(items=(low, high)) if all(isinstance(item, Scalar) for item in (low, high)):
            return low if end == 0 else high
        case Listing():
            if end == 0:
                r.fail(tree, place, "RANGE_FORM", found=describe(tree))
            return Mapped({"unset": Entry("unset", _scalar("unset", tree), _scalar("-", tree))}, tree.line, tree.origin)
        case Mapped():
            skip = ("by", "cite", "because", "unset", "index", "fact", "of_year")
            entries = {
                key: entry
                if key in skip
                else Entry(entry.key, entry.key_value, half(r, entry.value, place.at(key), end))
                for key, entry in tree.entries.items()
            }
            return Mapped(entries, tree.line, tree.origin)
        case Scalar(kind="number"):
            if end == 0:
                r.fail(tree, place, "RANGE_FORM", found=describe(tree))
    return tree


def _scalar(text: str, tree: Tree) -> Scalar:
    return Scalar(text, "text", text, tree.line, tree.origin)


def paired(low: Figure | None, high: Figure | None) -> list[tuple[Leaf, Leaf]]:
    """The leaves of two figures of the same shape, side by side."""
    from policy.rules.terms import leaves

    if low is None or high is None:
        return []
    return list(zip(leaves(low), leaves(high), strict=True))


def without_row(r: Reader, low: Figure) -> frozenset[str]:
    if isinstance(low, Table) and low.by == "post" and low.otherwise is None:
        return frozenset(r.names.posts) - frozenset(low.of)
    return frozenset()


def review(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    tree, place = r.source(tree, place)
    if isinstance(tree, Mapped):
        place = r.cited(tree, place)
        clean = r.only(tree, place, ("when", "each", "cite"))
        when = condition(r, tree.entries["when"].value, place.at("when")) if "when" in tree else None
        each = reviewed(r, tree.entries["each"].value, place.at("each")) if "each" in tree else "yearly"
        if "when" not in tree:
            r.fail(tree, place, "MISSING_KEY", missing="when")
        if not clean or when is None or each is None:
            return None
        return {
            "review": d.Review(
                path=place.path, line=tree.line, origin=tree.origin, cite=place.cite, when=when, each=each
            )
        }
    each = reviewed(r, tree, place)
    if each is None:
        return None
    return {"review": d.Review(path=place.path, line=tree.line, origin=tree.origin, cite=place.cite, each=each)}


def reviewed(r: Reader, tree: Tree, place: Place) -> Literal["yearly", "monthly"] | None:
    tree, place = r.source(tree, place)
    word = r.word(tree, place, ("yearly", "monthly"))
    if word is None:
        return None
    r.keep_value(word, tree, place)
    return "monthly" if word == "monthly" else "yearly"


def post_change(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    tree, place = r.source(tree, place)
    changed = r.mapped(tree, place)
    if changed is None:
        return None
    if "table" in changed and "do" not in changed:
        do = Entry("do", _scalar("do", changed), _scalar("table", changed))
        changed = Mapped({"do": do, **changed.entries}, changed.line, changed.origin)
    elif "table" not in changed and "do" not in changed:
        r.fail(changed, place, "MISSING_KEY", missing="do")
        return None
    found = block(r, d.PostChange, changed, place)
    if found is not None and (found.do == "table") != (found.table is not None):
        r.fail(changed, place, "MISSING_KEY" if found.do == "table" else "TABLE_BESIDE", missing="table", do=found.do)
        return None
    return None if found is None else {"post_change": found}


SHAPES[d.Scale] = {
    "range": Spelling(
        ("range_low", "range_high", "no_range"),
        scale_range,
        "[low, high], or a figure of such pairs",
        "the values of each post; a post without a row has no value on the scale",
        openable=True,
    ),
    "review": Spelling(
        ("review",),
        review,
        "yearly | monthly | {when: condition, each: …}",
        "when the scale is reviewed: on 1 January, or on the first of each month; `when` not holding: stays as it is",
    ),
    "post_change": Spelling(
        ("post_change",),
        post_change,
        "{do: …, effective: …} or {table: figure}",
        "what a change of post does to the value",
    ),
    "service": Spelling(
        ("service",), own_service, "lines of `service`", "lines of `service` that are different for this scale"
    ),
}
BEFORE[d.Scale] = lambda place, code: replace(place, own=code)
AFTER[d.Scale] = lambda r, code: r.scales_read.append(code)
HIDDEN[d.Scale] = ("code",)
