"""The keys of a policy file that do more than fill the field of their name: short forms, and two fields under one key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from policy.rules import document as d
from policy.rules.document import Measure
from policy.rules.reading import vocabulary
from policy.rules.reading.blocks import AFTER, BEFORE, HIDDEN, SHAPES, Fields, Spelling, block, read
from policy.rules.reading.conditions import condition
from policy.rules.reading.figures import figure
from policy.rules.reading.nodes import Entry, Listing, Mapped, Scalar, Tree, describe
from policy.rules.reading.reader import Place, Reader
from policy.rules.terms import Bands, Figure, Leaf, Steps, Table, Values

RATERS = ("RESIDENTS", "LEADERS", "PEERS", "SELF", "DEPARTMENTS", "MEETING", "SERVICE_USERS")
PERIODS = ("day", "month", "quarter", "half_year", "year")


# -- head -----------------------------------------------------------------------------------------------------------


def place_code(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    text = r.text(tree, place)
    if text is None:
        return None
    if not text.isdigit() or not 2 <= len(text) <= 12 or not text.isascii():
        r.fail(tree, place, "PLACE_CODE", found=text)
        return None
    return {"place": text}


def extends(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    text = r.text(tree, place)
    return None if text is None else {"extends": text}


# -- indices --------------------------------------------------------------------------------------------------------


def series(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    keyed_node, by_node = rows.get("keyed"), rows.get("by")
    keyed = keyed_node.text if isinstance(keyed_node, Scalar) else "date"
    tree, place = r.source(tree, place)
    listed = r.mapped(tree, place, "a series (year or day: value)")
    if listed is None:
        return None
    place = r.cited(listed, place)
    if by_node is None:
        return {"series": points(r, listed, place, keyed)}
    split: dict[str, dict[int | date, d.IndexPoint]] = {}
    for entry in listed:
        if entry.key == "cite":
            continue
        at = place.at(entry.key)
        if not entry.key.isdigit() or len(entry.key) < 6:
            r.fail(entry.value, at, "UNIT_CODE", found=entry.key, line=entry.line)
            continue
        if r.left_open(entry.value, at):
            continue
        inner, at = r.source(entry.value, at)
        unit_rows = r.mapped(inner, at, "a series (year or day: value)")
        if unit_rows is not None:
            split[entry.key] = points(r, unit_rows, r.cited(unit_rows, at), keyed)
    return {"series_by": split}


def points(r: Reader, rows: Mapped, place: Place, keyed: str) -> dict[int | date, d.IndexPoint]:
    found: dict[int | date, d.IndexPoint] = {}
    if not rows.entries:
        r.fail(rows, place, "EMPTY_LIST")
    for entry in rows:
        if entry.key == "cite":
            continue
        at = place.at(entry.key)
        key = point_key(r, entry, at, keyed)
        value = point(r, entry.value, at)
        if key is not None and value is not None:
            found[key] = value
    return dict(sorted(found.items(), key=lambda item: item[0]))  # type: ignore[arg-type, return-value]


def point_key(r: Reader, entry: Entry, place: Place, keyed: str) -> int | date | None:
    value = entry.key_value.value
    if keyed == "year":
        if isinstance(value, Decimal) and len(entry.key) == 4 and entry.key.isdigit():
            return int(entry.key)
        r.fail(entry.value, place, "SERIES_YEAR", found=entry.key, line=entry.line)
        return None
    if isinstance(value, date):
        return value
    right = f"{entry.key}-01-01" if len(entry.key) == 4 and entry.key.isdigit() else None
    r.fail(entry.value, place, "SERIES_DAY", found=entry.key, line=entry.line, right=right)
    return None


def point(r: Reader, tree: Tree, place: Place) -> d.IndexPoint | None:
    """A plain value, or one with its day of publication beside it."""
    published: date | None = None
    inner = tree
    if isinstance(tree, Mapped) and "published" in tree:
        published = r.day(tree.entries["published"].value, place.at("published"))
        inner = tree.without("published")
        if not inner.keys() & {"value", "assumed", "unset"}:
            r.fail(tree, place, "MISSING_KEY", missing="value")
            return None
        r.only(inner, place, ("value", "published", "cite", "assumed", "because", "unset"))
    leaf = r.number(inner, place)
    if leaf is None:
        return None
    return d.IndexPoint(
        path=place.path, line=tree.line, origin=tree.origin, cite=leaf.cite, value=leaf, published=published
    )


# -- service --------------------------------------------------------------------------------------------------------


def interruption(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    tree, place = r.source(tree, place)
    if isinstance(tree, Mapped):
        if not r.only(tree, place, ("restarts_after",)) or not r.need(tree, place, "restarts_after"):
            return None
        months = months_of(r, tree.entries["restarts_after"].value, place.at("restarts_after"))
        return None if months is None else {"interruption": "restarts_after", "restarts_after_months": months}
    if isinstance(tree, Scalar) and tree.text == "restarts_after":
        r.fail(tree, place, "RESTARTS_AFTER")
        return None
    word = r.word(tree, place, ("adds", "restarts"))
    if word is None:
        return None
    r.keep_value(word, tree, place)
    return {"interruption": word}


def months_of(r: Reader, tree: Tree, place: Place) -> int | None:
    rows = r.mapped(tree, place, "{months: n}")
    if rows is None or not r.only(rows, place, ("months",)) or not r.need(rows, place, "months"):
        return None
    return r.counted(rows.entries["months"].value, place.at("months"), least=1)


def as_of(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    if r.left_open(tree, place):
        return {"as_of": None}
    tree, place = r.source(tree, place)
    if isinstance(tree, Mapped):
        if not r.only(tree, place, ("month", "day")) or not r.need(tree, place, "month", "day"):
            return None
        month = r.counted(tree.entries["month"].value, place.at("month"), least=1, most=12)
        day = r.counted(tree.entries["day"].value, place.at("day"), least=1, most=31)
        if month is None or day is None:
            return None
        try:
            date(2001, month, day)
        except ValueError:
            r.fail(tree, place, "NO_SUCH_DAY", month=month, day=day)
            return None
        return {"as_of": d.MonthDay(month, day)}
    word = r.word(tree, place, ("month",))
    if word is None:
        return None
    r.keep_value(word, tree, place)
    return {"as_of": word}


def own_service(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    """Single lines of `service` changed: what is not written here is taken from the place's own section."""
    tree, place = r.source(tree, place)
    changed = r.mapped(tree, place)
    if changed is None:
        return None
    r.only(changed, place, ("counts", "from", "leave_out", "year_open", "interruption", "part_year", "as_of", "cite"))
    base = r.base_service
    base_entries = {} if base is None else {key: entry for key, entry in base.entries.items() if key != "cite"}
    merged = Mapped({**base_entries, **changed.entries}, changed.line, changed.origin)
    before = len(r.errors)
    found = block(r, d.Service, merged, replace(place, section="service"))
    if base is not None:  # what is wrong in the common section is reported there, once
        common = {entry.value.line for entry in base_entries.values()} - {entry.value.line for entry in changed}
        r.errors[before:] = [error for error in r.errors[before:] if error.line not in common]
    return None if found is None else {"service": found}


# -- scales ---------------------------------------------------------------------------------------------------------


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
    each = ("yearly", "monthly")
    if isinstance(tree, Mapped):
        place = r.cited(tree, place)
        clean = r.only(tree, place, ("when", "each", "cite"))
        when = condition(r, tree.entries["when"].value, place.at("when")) if "when" in tree else None
        word = r.word(tree.entries["each"].value, place.at("each"), each) if "each" in tree else "yearly"
        if "when" not in tree:
            r.fail(tree, place, "MISSING_KEY", missing="when")
        if not clean or when is None or word is None:
            return None
        return {
            "review": d.Review(
                path=place.path, line=tree.line, origin=tree.origin, cite=place.cite, when=when, each=word
            )
        }
    word = r.word(tree, place, each)
    if word is None:
        return None
    r.keep_value(word, tree, place)
    return {"review": d.Review(path=place.path, line=tree.line, origin=tree.origin, cite=place.cite, each=word)}


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


# -- pay ------------------------------------------------------------------------------------------------------------


def payer(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    tree, place = r.source(tree, place)
    if isinstance(tree, Scalar):
        code = r.code(tree, place)
        if code is None:
            return None
        r.keep_value(code, tree, place)
        return {"payer": {code: 100}}
    listed = r.mapped(tree, place, "a payer, or {payer: percent}")
    if listed is None:
        return None
    shares: dict[str, int] = {}
    good = True
    for entry in listed:
        share = r.counted(entry.value, place.at(entry.key), least=0, most=100)
        good = good and share is not None and r.code(entry.key_value, place.at(entry.key)) is not None
        shares[entry.key] = share or 0
    if good and sum(shares.values()) != 100:
        r.fail(listed, place, "PAYERS", total=sum(shares.values()))
        return None
    return {"payer": shares} if good else None


def cycle(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    tree, place = r.source(tree, place)
    if isinstance(tree, Scalar):
        word = r.word(tree, place, ("monthly",))
        if word is None:
            return None
        r.keep_value(word, tree, place)
        return {"cycle": d.Cycle(path=place.path, line=tree.line, origin=tree.origin, cite=place.cite)}
    found = block(r, d.Cycle, tree, place)
    return None if found is None else {"cycle": found}


def probation(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    inner, at = r.source(tree, place)
    if isinstance(inner, Mapped) and "percent" in inner:
        at = r.cited(inner, at)
        if not r.only(inner, at, ("percent", "cite")):
            return None
        percent = figure(r, inner.entries["percent"].value, at.at("percent"), Measure.PERCENT)
        return None if percent is None else {"probation": percent}
    leaf = r.open_value(inner, at, Measure.PERCENT)
    if leaf is not None:
        return {"probation": leaf}
    if isinstance(inner, Scalar) and inner.kind == "number":
        r.fail(
            inner, at, "PROBATION_FORM", right=f"{{percent: {inner.text}}}", allowed=("full", "none", "{percent: 90}")
        )
        return None
    word = r.word(inner, at, ("full", "none"))
    if word is None:
        return None
    r.keep_value(word, inner, at)
    return {"probation": word}


def earlier(r: Reader, tree: Tree, place: Place) -> str | None:
    """The code of a component further up."""
    code = r.code(tree, place)
    if code is None:
        return None
    if code in r.components_read:
        r.keep_value(code, tree, place)
        return code
    if code in r.names.components or code in r.names.standards:
        r.fail(tree, place, "COMPONENT_LATER", found=code, allowed=r.components_read)
    else:
        r.fail(tree, place, "UNKNOWN_COMPONENT", found=code, allowed=r.components_read, word=code)
    return None


def component_of(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    codes = several(r, tree, place, earlier)
    return None if codes is None else {"of": codes}


def several(r: Reader, tree: Tree, place: Place, one: Any) -> tuple[str, ...] | None:
    """One code or a list of codes, each read by `one`."""
    tree, place = r.source(tree, place)
    items = tree.items if isinstance(tree, Listing) else (tree,)
    if not items:
        r.fail(tree, place, "EMPTY_LIST")
        return None
    found = [one(r, item, place.at(n) if isinstance(tree, Listing) else place) for n, item in enumerate(items, start=1)]
    if any(code is None for code in found):
        return None
    if len(set(found)) != len(found):
        r.fail(tree, place, "LISTED_TWICE")
        return None
    return tuple(found)


def any_component(r: Reader, tree: Tree, place: Place) -> str | None:
    code = r.known(tree, place, (*r.names.components, *sorted(r.names.standards)), "UNKNOWN_COMPONENT")
    if code is not None:
        r.keep_value(code, tree, place)
    return code


def components_of(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    codes = several(r, tree, place, any_component)
    return None if codes is None else {"of": codes}


def fact_of(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    name = vocabulary.number_fact(r, tree, place)
    if name is None:
        return None
    r.keep_value(name, tree, place)
    return {"fact": name}


def at_most(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    """`{units: figure}` or `{yuan: figure}`; a manual line may give the yuan directly."""
    inner, at = r.source(tree, place)
    kind = rows.get("kind")
    if isinstance(inner, Mapped) and inner.keys() & {"units", "yuan"}:
        at = r.cited(inner, at)
        if not r.only(inner, at, ("units", "yuan", "cite")):
            return None
        found: Fields = {}
        if "units" in inner:
            found["at_most_units"] = figure(r, inner.entries["units"].value, at.at("units"), Measure.COUNT)
        if "yuan" in inner:
            found["at_most_yuan"] = figure(r, inner.entries["yuan"].value, at.at("yuan"), Measure.MONEY)
        return found
    if isinstance(kind, Scalar) and kind.text == "manual":
        return {"at_most_yuan": figure(r, tree, place, Measure.MONEY)}
    r.fail(inner, at, "AT_MOST_FORM", allowed=("{units: …}", "{yuan: …}"))
    return None


def limit_of(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    allowed = ("total", "mean_total", *r.names.components, *sorted(r.names.standards))
    code = r.known(tree, place, allowed, "UNKNOWN_COMPONENT")
    if code is None:
        return None
    r.keep_value(code, tree, place)
    return {"of": code}


def absence_kind(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    kinds = tuple(name.removeprefix("absence_days.") for name in r.facts if name.startswith("absence_days."))
    code = r.known(tree, place, kinds, "UNKNOWN_ABSENCE") if kinds else r.code(tree, place)
    if code is None:
        return None
    r.keep_value(code, tree, place)
    return {"kind": code}


# -- assessment -----------------------------------------------------------------------------------------------------


def input_of(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    code = r.code(tree, place)
    if code is None:
        return None
    if code in r.schemes_read:
        r.keep_value(code, tree, place)
        return {"of": code}
    later = code in r.names.schemes
    r.fail(
        tree,
        place,
        "SCHEME_LATER" if later else "UNKNOWN_SCHEME",
        found=code,
        allowed=r.schemes_read,
        word=None if later else code,
    )
    return None


def raters(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    code = r.known(tree, place, RATERS, "UNKNOWN_RATERS")
    if code is None:
        return None
    r.keep_value(code, tree, place)
    return {"raters": code}


def at_least_raters(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    inner, at = r.source(tree, place)
    listed = r.mapped(inner, at, "{raters: n}")
    if listed is None or not r.only(listed, at, ("raters", "cite")) or not r.need(listed, at, "raters"):
        return None
    number = r.counted(listed.entries["raters"].value, at.at("raters"), least=1)
    return None if number is None else {"at_least": number}


def mix(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    inner, at = r.source(tree, place)
    listed = r.mapped(inner, at, "{KIND: {at_least: percent}}")
    if listed is None:
        return None
    found: list[d.InputPart] = []
    good = True
    for entry in listed:
        if entry.key == "cite":
            continue
        where = at.at(entry.key)
        good = r.code(entry.key_value, where) is not None and good
        part = block(r, d.InputPart, entry.value, where, {"rater": entry.key})
        good = good and part is not None
        if part is not None:
            if part.at_least is None and part.at_most is None:
                r.fail(entry.value, where, "MISSING_KEY", missing="at_least")
                good = False
            found.append(part)
    return {"mix": tuple(found)} if good else None


def to_100(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    inner, at = r.source(tree, place)
    listed = r.mapped(inner, at, "{full: n}")
    if listed is None or not r.only(listed, at, ("full", "cite")) or not r.need(listed, at, "full"):
        return None
    leaf = r.number(listed.entries["full"].value, at.at("full"))
    if leaf is not None and isinstance(leaf.value, Decimal) and leaf.value <= 0:
        r.fail(listed.entries["full"].value, at.at("full"), "NOT_POSITIVE", value=leaf.value)
        return None
    return None if leaf is None else {"to_100": leaf}


def score_rounding(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    inner, at = r.source(tree, place)
    listed = r.mapped(inner, at, "{digits: 2, mode: half_up, each: score}")
    if listed is None:
        return None
    clean = r.only(listed, at, ("digits", "mode", "each", "cite"))
    digits: int | None = 2
    mode: str | None = "half_up"
    each: str | None = "score"
    if "digits" in listed:
        digits = r.counted(listed.entries["digits"].value, at.at("digits"), least=0, most=4)
    if "mode" in listed:
        mode = chosen(r, listed.entries["mode"].value, at.at("mode"), ("half_up", "up", "down"))
    if "each" in listed:
        each = chosen(r, listed.entries["each"].value, at.at("each"), ("input", "score"))
    if not clean or digits is None or mode is None or each is None:
        return None
    return {"rounding": d.ScoreRounding(digits, mode, each)}


def chosen(r: Reader, tree: Tree, place: Place, words: Sequence[str]) -> str | None:
    tree, place = r.source(tree, place)
    word = r.word(tree, place, words)
    if word is not None:
        r.keep_value(word, tree, place)
    return word


def known_grade(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    code = r.known(tree, place, r.names.grades, "UNKNOWN_GRADE")
    if code is None:
        return None
    r.keep_value(code, tree, place)
    return {"grade": code}


def grading(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    inner, at = r.source(tree, place)
    listed = r.mapped(inner, at, "{thresholds: {…}} or {shares: {…}}")
    if listed is None:
        return None
    at = r.cited(listed, at)
    r.only(listed, at, ("thresholds", "shares", "cite"))
    if ("thresholds" in listed) == ("shares" in listed):
        r.fail(
            listed,
            at,
            "ONE_OF",
            allowed=("thresholds", "shares"),
            found=", ".join(sorted(listed.keys() & {"thresholds", "shares"})) or "none",
        )
        return None
    if "thresholds" in listed:
        return thresholds(r, listed.entries["thresholds"].value, at.at("thresholds"))
    return rank_shares(r, listed.entries["shares"].value, at.at("shares"))


def thresholds(r: Reader, tree: Tree, place: Place) -> Fields | None:
    if r.left_open(tree, place):
        return None
    tree, place = r.source(tree, place)
    listed = r.mapped(tree, place, "{GRADE: lowest score}")
    if listed is None:
        return None
    place = r.cited(listed, place)
    found: dict[str, Leaf] = {}
    good = True
    for entry in listed:
        if entry.key == "cite":
            continue
        at = place.at(entry.key)
        if entry.key not in r.names.grades:
            r.fail(
                entry.value,
                at,
                "UNKNOWN_GRADE",
                found=entry.key,
                allowed=r.names.grades,
                word=entry.key,
                line=entry.line,
            )
            good = False
        leaf = r.number(entry.value, at, Measure.SCORE)
        good = good and leaf is not None
        if leaf is not None:
            found[entry.key] = leaf
    if good:
        ordered = [found[code] for code in r.names.grades if code in found and isinstance(found[code].value, Decimal)]
        for better, worse in zip(ordered, ordered[1:], strict=False):
            if better.number <= worse.number:
                r.fail(
                    None,
                    worse.path,
                    "THRESHOLD_ORDER",
                    better=better.path.rsplit(".", 1)[-1],
                    score=better.value,
                    worse=worse.path.rsplit(".", 1)[-1],
                    line=worse.line,
                    origin=worse.origin,
                )
                good = False
    return {"thresholds": found} if good else None


def rank_shares(r: Reader, tree: Tree, place: Place) -> Fields | None:
    if r.left_open(tree, place):
        return None
    tree, place = r.source(tree, place)
    listed = r.mapped(tree, place, "{GRADE: percent, rest: GRADE}")
    if listed is None:
        return None
    place = r.cited(listed, place)
    found: dict[str, d.GradeShare] = {}
    good = True
    for entry in listed:
        if entry.key == "cite":
            continue
        at = place.at(entry.key)
        grade: str | None = entry.key
        percent: Leaf | None = None
        if entry.key == "rest":
            grade = r.known(entry.value, at, r.names.grades, "UNKNOWN_GRADE")
            if grade is not None:
                r.keep_value(grade, entry.value, at)
        else:
            if entry.key not in r.names.grades:
                r.fail(
                    entry.value,
                    at,
                    "UNKNOWN_GRADE",
                    found=entry.key,
                    allowed=(*r.names.grades, "rest"),
                    word=entry.key,
                    line=entry.line,
                )
                good = False
            percent = r.number(entry.value, at, Measure.PERCENT)
            good = good and percent is not None
        if grade is None:
            good = False
            continue
        if grade in found:
            r.fail(entry.value, at, "DUPLICATE_CODE", found=grade, first=found[grade].line, line=entry.line)
            good = False
        found[grade] = d.GradeShare(
            path=at.path,
            line=entry.line,
            origin=listed.origin,
            cite=at.cite,
            grade=grade,
            percent=percent,
            rest=entry.key == "rest",
        )
    if not good:
        return None
    shares = tuple(found[code] for code in r.names.grades if code in found)
    set_values = [
        share.percent.number
        for share in shares
        if share.percent is not None and isinstance(share.percent.value, Decimal)
    ]
    total = sum(set_values, Decimal(0))
    complete = len(set_values) == len([share for share in shares if not share.rest])
    rest = any(share.rest for share in shares)
    if total > 100 or (complete and not rest and total != 100):
        r.fail(listed, place, "SHARES", total=total)
        return None
    return {"shares": shares}


def ties(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    tree, place = r.source(tree, place)
    codes = input_codes(rows)
    if isinstance(tree, Scalar) and tree.text == "decide":
        r.keep_value("decide", tree, place)
        return {"ties": "decide"}
    if isinstance(tree, Scalar):
        r.fail(
            tree,
            place,
            "WORD",
            found=tree.text,
            allowed=("decide", *(f"[{code}, …]" for code in codes[:1])),
            word=tree.text,
        )
        return None
    items = r.listing(tree, place, "decide, or a list of inputs")
    if items is None:
        return None
    found = [r.known(item, place.at(n), codes, "UNKNOWN_INPUT") for n, item in enumerate(items, start=1)]
    for number, (item, code) in enumerate(zip(items, found, strict=True), start=1):
        if code is not None:
            r.keep_value(code, item, place.at(number))
    return None if any(code is None for code in found) else {"ties": tuple(code for code in found if code)}


def input_codes(rows: Mapped) -> tuple[str, ...]:
    inputs = rows.get("inputs")
    if isinstance(inputs, Mapped):
        return tuple(inputs.entries)
    codes = []
    for item in inputs.items if isinstance(inputs, Listing) else ():
        code = item.get("code") if isinstance(item, Mapped) else None
        if isinstance(code, Scalar):
            codes.append(code.text)
    return tuple(codes)


def cap_share(field: str) -> Any:
    def shape(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
        inner, at = r.source(tree, place)
        if (leaf := r.open_value(inner, at, Measure.PERCENT)) is not None:
            return {field: leaf}
        if isinstance(inner, Scalar) and inner.kind == "number":
            r.fail(inner, at, "CAP_FORM", right=f"{{percent: {inner.text}}}")
            return None
        listed = r.mapped(inner, at, "{percent: figure}")
        if listed is None or not r.only(listed, at, ("percent", "cite")) or not r.need(listed, at, "percent"):
            return None
        percent = figure(r, listed.entries["percent"].value, at.at("percent"), Measure.PERCENT)
        return None if percent is None else {field: percent}

    return shape


def appeal(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    inner, at = r.source(tree, place)
    listed = r.mapped(inner, at, "{days: n}")
    if listed is None or not r.only(listed, at, ("days", "cite")) or not r.need(listed, at, "days"):
        return None
    days_node = listed.entries["days"].value
    if r.left_open(days_node, at.at("days")):
        return None
    number = r.counted(days_node, at.at("days"), least=1)
    return None if number is None else {"appeal_days": number}


# -- where they stand -------------------------------------------------------------------------------------------------

PAY_LINE = {
    "payer": Spelling(("payer",), payer, "CITY, or {CITY: 60, STREET: 40}", "who pays; percentages that add to 100"),
    "cycle": Spelling(("cycle",), cycle, "monthly, or {every: …, paid_in: […]}", "when it is paid, and what for"),
    "probation": Spelling(
        ("probation",), probation, "full | none | {percent: figure}", "what is paid while on probation"
    ),
}

SHAPES[d.Policy] = {
    "place": Spelling(
        ("place",), place_code, "text of 2 to 12 digits", "significant digits of the place's unit code", required=True
    ),
    "extends": Spelling(("extends",), extends, "place/version", "the upper unit's file that this one changes"),
}
SHAPES[d.Index] = {
    "series": Spelling(
        ("series", "series_by"),
        series,
        "{year or day: number, or {value, published}}",
        "the values; with `by`, one series for each unit code",
        openable=True,
    ),
}
SHAPES[d.OwnMean] = {
    "of": Spelling(("of",), components_of, "codes of components", "the components that make up the mean", required=True)
}
SHAPES[d.Service] = {
    "interruption": Spelling(
        ("interruption", "restarts_after_months"),
        interruption,
        "adds | restarts | {restarts_after: {months: n}}",
        "what a gap does: gaps drop out, only the last unbroken stretch counts, or longer gaps restart",
    ),
    "as_of": Spelling(
        ("as_of",),
        as_of,
        "month | {month: 1, day: 1}",
        "the day of counting: the first of each month, or once a year and kept till the next",
    ),
}
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
SHAPES[d.Share] = dict(PAY_LINE)
SHAPES[d.Component] = {
    **PAY_LINE,
    "service": Spelling(
        ("service",), own_service, "lines of `service`", "lines of `service` that are different for this component"
    ),
    "of": Spelling(("of",), component_of, "code, or [codes]", "percent_of, split: earlier components"),
    "fact": Spelling(
        ("fact",), fact_of, "fact (a number)", "per_unit, once: the number that is multiplied, or that passes the marks"
    ),
    "at_most": Spelling(
        ("at_most_units", "at_most_yuan"),
        at_most,
        "{units: figure} or {yuan: figure}",
        "per_unit, manual: no more than that",
    ),
}
SHAPES[d.Limit] = {"of": Spelling(("of",), limit_of, "code | total | mean_total", "what is limited", required=True)}
SHAPES[d.Absence] = {
    "kind": Spelling(("kind",), absence_kind, "kind of absence", "PERSONAL, SICK, …", required=True),
    "of": Spelling(("of",), components_of, "codes of components", "the components that it reduces", required=True),
}
SHAPES[d.DeductionBase] = {
    "of": Spelling(("of",), components_of, "codes of components", "the components that make up the base", required=True)
}
SHAPES[d.Input] = {
    "of": Spelling(("of",), input_of, "code of an earlier scheme", "from scheme: which"),
    "raters": Spelling(("raters",), raters, " | ".join(RATERS), "from ratings: whose"),
    "at_least": Spelling(
        ("at_least",), at_least_raters, "{raters: n}", "from ratings: fewer ballots than this do not count"
    ),
    "mix": Spelling(
        ("mix",), mix, "{KIND: {at_least: percent, at_most: percent}}", "from ratings: shares of kinds of raters"
    ),
    "to_100": Spelling(("to_100",), to_100, "{full: number}", "the number that is worth 100"),
}
SHAPES[d.Scheme] = {
    "rounding": Spelling(
        ("rounding",),
        score_rounding,
        "{digits: 0..4, mode: half_up | up | down, each: input | score}",
        "of every step, or of the score once at the end",
    ),
    "grading": Spelling(
        ("thresholds", "shares"),
        grading,
        "{thresholds: {GRADE: score}} or {shares: {GRADE: percent, rest: GRADE}}",
        "how scores become grades",
        openable=True,
    ),
    "ties": Spelling(
        ("ties",),
        ties,
        "decide, or [inputs]",
        "equal scores across a cap: decided by people, or compared by these inputs in order",
    ),
}
SHAPES[d.Cap] = {
    "grade": Spelling(("grade",), known_grade, "a grade", "the capped grade", required=True),
    "at_most": Spelling(("at_most",), cap_share("at_most"), "{percent: figure}", "at most this share"),
    "at_least": Spelling(
        ("at_least",), cap_share("at_least"), "{percent: figure}", "at least this share; reported only"
    ),
}
SHAPES[d.Best] = {"grade": Spelling(("grade",), known_grade, "a grade", "the best grade", required=True)}
SHAPES[d.Assessment] = {"appeal": Spelling(("appeal_days",), appeal, "{days: n}", "days for an appeal", openable=True)}

HIDDEN.update(
    {
        d.Policy: ("leaves", "sha256", "text"),
        d.Index: ("code",),
        d.Scale: ("code",),
        d.Deduction: ("code",),
        d.InputPart: ("rater",),
        d.GradeShare: ("rest",),
    }
)

BEFORE[d.Scale] = lambda place, code: replace(place, own=code)


def _component_read(r: Reader, code: str) -> None:
    r.components_read.append(code)


def _share_read(r: Reader, code: str) -> None:
    r.components_read.append(code)


AFTER[d.Component] = _component_read
AFTER[d.Share] = _share_read
AFTER[d.Scheme] = lambda r, code: r.schemes_read.append(code)
AFTER[d.Scale] = lambda r, code: r.scales_read.append(code)
