"""Short forms of assessment: ratings, rounding, grading, caps."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from policy.rules import document as d
from policy.rules.document import Measure
from policy.rules.reading.blocks import AFTER, HIDDEN, SHAPES, Fields, Spelling, block
from policy.rules.reading.figures import figure
from policy.rules.reading.nodes import Listing, Mapped, Scalar, Tree
from policy.rules.reading.reader import Place, Reader
from policy.rules.terms import Leaf

RATERS = ("RESIDENTS", "LEADERS", "PEERS", "SELF", "DEPARTMENTS", "MEETING", "SERVICE_USERS")
PERIODS = ("day", "month", "quarter", "half_year", "year")


def input_of(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    tree, place = r.source(tree, place)
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
    tree, place = r.source(tree, place)
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
    tree, place = r.source(tree, place)
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
            found=", ".join(sorted(listed.keys() & {"thresholds", "shares"})) or "—",
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
        for better, worse in pairwise(ordered):
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
AFTER[d.Scheme] = lambda r, code: r.schemes_read.append(code)
HIDDEN[d.InputPart] = ("rater",)
HIDDEN[d.GradeShare] = ("rest",)
