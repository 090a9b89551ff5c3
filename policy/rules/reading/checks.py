"""What the fields of a block say only together."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from typing import Any

from policy.rules import document as d
from policy.rules.facts import VOCABULARY
from policy.rules.reading.blocks import CHECKS, Fields
from policy.rules.reading.nodes import Mapped, Scalar
from policy.rules.reading.reader import Place, Reader
from policy.rules.terms import Leaf

COMMON_FIELDS = (
    "code",
    "name",
    "kind",
    "cite",
    "when",
    "payer",
    "paid",
    "cycle",
    "probation",
    "proration",
    "rounding",
    "contribution_base",
    "service",
)
KIND_FIELDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # needed, possible
    "amount": (("amount",), ("times",)),
    "percent_of": (("of", "percent"), ()),
    "split": (("of", "shares"), ()),
    "per_unit": (("fact", "amount"), ("at_most",)),
    "once": (("fact", "at"), ("passed_before",)),
    "manual": ((), ("note", "at_most", "repeats")),
}
INPUT_FIELDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "points": ((), ("aspect", "to_100")),
    "scheme": (("of",), ("take", "to_100")),
    "ratings": (("raters",), ("at_least", "mix", "drop", "to_100")),
    "figure": (("value",), ("to_100",)),
    "score": ((), ("to_100",)),
}


def kind_fields(
    r: Reader,
    rows: Mapped,
    place: Place,
    word: str,
    common: tuple[str, ...],
    table: dict[str, tuple[tuple[str, ...], tuple[str, ...]]],
) -> str | None:
    """Which keys go with which kind; `word` is the key that names the kind."""
    node = rows.get(word)
    kind = node.text if isinstance(node, Scalar) else None
    if kind not in table:
        return None
    needed, possible = table[kind]
    r.need(rows, place, *needed)
    every = {key for pair in table.values() for part in pair for key in part}
    for entry in rows:
        if entry.key in every and entry.key not in (*common, *needed, *possible):
            kinds = [name for name, pair in table.items() if entry.key in pair[0] + pair[1]]
            r.fail(
                entry.value,
                place.at(entry.key),
                "KEY_NOT_FOR_KIND",
                found=entry.key,
                word_key=word,
                kind=kind,
                kinds=", ".join(kinds),
                allowed=(*needed, *possible),
                line=entry.line,
            )
    return kind


def effective(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    first, last = values.get("from_"), values.get("to")
    if first is not None and last is not None and last <= first:
        r.fail(rows.get("to"), place.at("to"), "EFFECTIVE_ORDER", first=first, last=last)


def index(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    if "series" in rows and "own_mean" in rows:
        r.fail(rows, place, "ONE_OF", allowed=("series", "own_mean"), found="series, own_mean")
    elif "series" not in rows and "own_mean" not in rows:
        r.fail(rows, place, "MISSING_KEY", missing="series")


def start_years(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    if ("every" in rows) == ("bands" in rows):
        r.fail(rows, place, "ONE_OF", allowed=("every", "bands"), found="every, bands" if "every" in rows else "—")
    every = values.get("every")
    if isinstance(every, Leaf) and isinstance(every.value, Decimal) and every.value <= 0:
        r.fail(rows.get("every"), place.at("every"), "NOT_POSITIVE", value=every.value)


def move(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    if ("up" in rows) == ("down" in rows):
        r.fail(rows, place, "ONE_OF", allowed=("up", "down"), found="up, down" if "up" in rows else "—")
    if not values.get("manual") and "when" not in rows and "every" not in rows:
        r.fail(rows, place, "ONE_OF", allowed=("when", "every", "manual"), found="—")
    if values.get("manual") and "every" in rows:
        r.fail(rows.get("every"), place.at("every"), "MANUAL_MOVE")


def scale(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    if "start" not in rows:
        r.fail(rows, place, "MISSING_KEY", missing="start")
    start = values.get("start")
    if isinstance(start, d.Start) and start.from_ == "range_floor" and "range" not in rows:
        begin = rows.get("start")
        at = begin.get("from") if isinstance(begin, Mapped) else None
        r.fail(at or begin, place.at("start.from"), "FLOOR_WITHOUT_RANGE")
    change = values.get("post_change")
    if isinstance(change, d.PostChange) and change.do == "keep_offset" and "range" not in rows:
        r.fail(rows.get("post_change"), place.at("post_change.do"), "FLOOR_WITHOUT_RANGE")


def cycle(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    every, paid_in = values.get("every", "month"), values.get("paid_in", ())
    node = rows.get("paid_in")
    for month in paid_in:
        if not 1 <= month <= 12:
            r.fail(node, place.at("paid_in"), "MONTH", value=month)
    if len(set(paid_in)) != len(paid_in):
        r.fail(node, place.at("paid_in"), "LISTED_TWICE")
    if every == "month" and paid_in:
        r.fail(node, place.at("paid_in"), "PAID_IN_MONTHLY")
    elif every != "month" and not paid_in and node is None:
        r.fail(rows, place, "MISSING_KEY", missing="paid_in")


def component(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    kind = kind_fields(r, rows, place, "kind", COMMON_FIELDS, KIND_FIELDS)
    if kind == "split":
        of = values.get("of", ())
        if len(of) > 1:
            r.fail(rows.get("of"), place.at("of"), "SPLIT_OF_ONE")
        add_to_100(r, rows, "shares", place, [share.percent for share in values.get("shares", ())], "SHARES")
    if kind == "once" and "at" in rows and not values.get("at", True):
        r.fail(rows.get("at"), place.at("at"), "EMPTY_LIST")
    marks = list(values.get("at", {}))
    if marks != sorted(marks):
        r.fail(rows.get("at"), place.at("at"), "NOT_ASCENDING", edge=min(marks), before=max(marks))


def add_to_100(r: Reader, rows: Mapped, key: str, place: Place, parts: list[Any], code: str) -> None:
    """Percentages must add to 100; with one left open, to no more."""
    node = rows.get(key)
    if not parts or node is None:
        return
    known = [leaf.value for leaf in parts if isinstance(leaf, Leaf) and isinstance(leaf.value, Decimal)]
    total = sum(known, Decimal(0))
    if total > 100 or (len(known) == len(parts) and total != 100):
        r.fail(node, place.at(key), code, total=total)


def limit(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    if "at_least" not in rows and "at_most" not in rows:
        r.fail(rows, place, "ONE_OF", allowed=("at_least", "at_most"), found="—")
    action = values.get("action", "report")
    if values.get("of") == "mean_total" and action != "report":
        r.fail(rows.get("action"), place.at("action"), "MEAN_ONLY_REPORTED", action=action, allowed=("report",))
    if action == "top_up" and "at_least" not in rows:
        r.fail(rows.get("action"), place.at("action"), "MISSING_KEY", missing="at_least")
    if action == "cut" and "at_most" not in rows:
        r.fail(rows.get("action"), place.at("action"), "MISSING_KEY", missing="at_most")


def rates(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    for field in ("person", "employer"):
        leaf = values.get(field)
        rate = leaf.value if isinstance(leaf, Leaf) else None
        if isinstance(rate, Decimal) and (not 0 <= rate <= 10000 or rate != rate.to_integral_value()):
            r.fail(rows.get(field), place.at(field), "BASIS_POINTS", value=rate)


def assessment_input(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    kind_fields(r, rows, place, "from", ("code", "name", "from", "weight", "cite"), INPUT_FIELDS)


def scheme(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    if "inputs" not in rows:
        r.fail(rows, place, "MISSING_KEY", missing="inputs")
    inputs = values.get("inputs")
    if inputs is not None and not inputs and not r_open(r, place, "inputs"):
        r.fail(rows.get("inputs"), place.at("inputs"), "EMPTY_LIST")
    if inputs:
        add_to_100(r, rows, "inputs", place, [one.weight for one in inputs], "WEIGHTS")
    if rows.get("cycle") is not None and values.get("cycle") == "year" and "grading" not in rows:
        r.fail(rows, place, "MISSING_KEY", missing="grading")
    if values.get("caps") and "grading" not in rows:
        r.fail(rows.get("caps"), place.at("caps"), "CAP_WITHOUT_GRADING")


def r_open(r: Reader, place: Place, key: str) -> bool:
    path = place.at(key).path
    return path in r.leaves and r.leaves[path].value is None


def cap(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    if "at_most" not in rows and "at_least" not in rows:
        r.fail(rows, place, "ONE_OF", allowed=("at_most", "at_least"), found="—")


def policy(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    taken = {*VOCABULARY, "post"}
    for section in ("classes", "scales"):
        node = rows.get(section)
        for entry in node if isinstance(node, Mapped) else ():
            if entry.key in taken or (section == "scales" and entry.key in r.names.classes):
                r.fail(entry.value, f"{section}.{entry.key}", "NAME_TAKEN", found=entry.key, line=entry.line)
    if isinstance(rows.get("pay"), Mapped) and "unset" not in rows.get("pay"):  # type: ignore[operator]
        pay = rows.get("pay")
        assert isinstance(pay, Mapped)
        if "components" not in pay:
            r.fail(pay, "pay", "MISSING_KEY", missing="components")
    taken_acts: dict[tuple[str, str], str] = {}
    for one in values.get("procedures") or ():
        to = one.applies_to
        for act, post in product(to.acts, to.posts):
            first = taken_acts.setdefault((act, post), one.code)
            if first != one.code:
                r.fail(
                    None, to.path, "PROCEDURE_TWICE", act=act, post=post, first=first, line=to.line, origin=to.origin
                )


CHECKS.update(
    {
        d.Effective: effective,
        d.Index: index,
        d.StartYears: start_years,
        d.Move: move,
        d.Scale: scale,
        d.Cycle: cycle,
        d.Component: component,
        d.Limit: limit,
        d.DeductionRates: rates,
        d.Input: assessment_input,
        d.Scheme: scheme,
        d.Cap: cap,
        d.Policy: policy,
    }
)
