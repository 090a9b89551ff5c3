"""Short forms of the head of the file, indices and service."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from policy.rules import document as d
from policy.rules.document.place import MODULES, SECTIONS
from policy.rules.reading.blocks import CHECKS, HIDDEN, SHAPES, Fields, Spelling, block
from policy.rules.reading.nodes import Entry, Mapped, Scalar, Tree
from policy.rules.reading.reader import Place, Reader
from policy.rules.reading.shapes.procedures import known_codes


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
    return dict(sorted(found.items(), key=lambda item: item[0]))


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


def aspect(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    known_codes(r, rows, place, "sections", values.get("sections", ()), SECTIONS)
    known_codes(r, rows, place, "modules", values.get("modules", ()), MODULES)


CHECKS[d.Aspect] = aspect
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
HIDDEN[d.Policy] = ("leaves", "sha256", "text")
HIDDEN[d.Index] = ("code",)
