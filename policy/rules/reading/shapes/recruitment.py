"""Recruitment: words that name parts, subjects and facts, and what the blocks of the section say only together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from policy.rules import document as d
from policy.rules.document.recruitment import RESERVED, REVIEWS, TOTAL
from policy.rules.facts import ENTRY_CHANNELS
from policy.rules.reading import vocabulary
from policy.rules.reading.blocks import CHECKS, SHAPES, Fields, Spelling
from policy.rules.reading.checks import add_to_100
from policy.rules.reading.nodes import Listing, Mapped, Tree
from policy.rules.reading.reader import Place, Reader

COMPARABLE = ("ordered", "number", "yesno")  # kinds of facts of which one is better than another


def ties(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    """Words, whose parts and subjects are checked with the section; a fact is checked here."""
    tree, place = r.source(tree, place)
    items = r.listing(tree, place)
    if items is None:
        return None
    found: list[str] = []
    good = True
    for number, item in enumerate(items, start=1):
        item, at = r.source(item, place.at(number))
        word = r.text(item, at)
        if word is None:
            good = False
            continue
        r.keep_value(word, item, at)
        found.append(word)
    return {"ties": tuple(found)} if good else None


def reviews(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    tree, place = r.source(tree, place)
    items = r.listing(tree, place)
    if items is None:
        return None
    found: list[str] = []
    good = True
    for number, item in enumerate(items, start=1):
        item, at = r.source(item, place.at(number))
        word = r.word(item, at, REVIEWS)
        if word is None:
            good = False
            continue
        r.keep_value(word, item, at)
        if word in found:
            r.fail(item, at, "LISTED_TWICE")
        found.append(word)
    return {"reviews": tuple(found)} if good else None


def entry(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    node = rows.get("except")
    for number, code in enumerate(values.get("except_", ()), start=1):
        if code not in ENTRY_CHANNELS:
            r.fail(
                _item(node, number),
                place.at("except").at(number),
                "WORD",
                found=code,
                allowed=ENTRY_CHANNELS,
                word=code,
            )


def part(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    code = values.get("code")
    if code in RESERVED:
        r.fail(rows.get("code") or rows, place.at("code"), "NAME_TAKEN", found=code)
    if "subjects" in rows and "judges" in rows:
        r.fail(rows, place, "ONE_OF", allowed=("subjects", "judges"), found="subjects, judges")
    if values.get("subjects"):
        add_to_100(r, rows, "subjects", place, [one.weight for one in values["subjects"]], "WEIGHTS")


def exam(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    parts: tuple[d.Part, ...] = values.get("parts", ())
    if values.get("parts") == ():
        r.fail(rows.get("parts"), place.at("parts"), "EMPTY_LIST")
    if parts:
        add_to_100(r, rows, "parts", place, [one.weight for one in parts], "WEIGHTS")
    shortlist = values.get("shortlist")
    later = [one.code for one in parts[1:]]
    if parts and shortlist is not None and shortlist.for_ not in later:
        _unknown(r, rows.get("shortlist"), place.at("shortlist").at("for"), shortlist.for_, later)


def recruitment(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    parts = values["exam"].parts if values.get("exam") is not None else ()
    codes = [one.code for one in parts]
    subjects = [f"{one.code}.{subject.code}" for one in parts for subject in one.subjects]
    bonus = values.get("bonus")
    if bonus is not None and bonus.added_to not in (*codes, TOTAL):
        _unknown(r, rows.get("bonus"), place.at("bonus").at("added_to"), bonus.added_to, [*codes, TOTAL])
    for number, one in enumerate(values.get("soft", ()), start=1):
        if one.part is not None and one.part not in codes:
            _unknown(r, _item(rows.get("soft"), number), place.at("soft").at(one.code).at("part"), one.part, codes)
    facts = [name for name, fact in r.facts.items() if name in vocabulary.OF_APPLICANTS and fact.kind in COMPARABLE]
    allowed = [*codes, *subjects, *facts]
    seen: set[str] = set()
    for number, word in enumerate(values.get("ties", ()), start=1):
        item, at = _item(rows.get("ties"), number), place.at("ties").at(number)
        if word not in allowed:
            r.fail(item, at, "WORD", found=word, allowed=allowed, word=word)
        elif word in seen:
            r.fail(item, at, "LISTED_TWICE")
        seen.add(word)


def _unknown(r: Reader, tree: Tree | None, place: Place, found: str, allowed: Sequence[str]) -> None:
    if isinstance(tree, Mapped):
        tree = tree.get(place.path.rsplit(".", 1)[-1]) or tree
    r.fail(tree, place, "WORD", found=found, allowed=allowed, word=found)


def _item(node: Any, number: int) -> Tree | None:
    if isinstance(node, Listing) and number <= len(node.items):
        return node.items[number - 1]
    return node if isinstance(node, Mapped) else None


SHAPES[d.Recruitment] = {
    "ties": Spelling(
        ("ties",), ties, "list of parts, `part.subject` or facts",
        "equal totals: compared by these in order; of a fact the better (ordered), larger (number) or yes comes first; "
        "what is still equal is decided by people",
        openable=True,
    ),
    "reviews": Spelling(
        ("reviews",), reviews, "list of " + " | ".join(REVIEWS), "what must be passed before the public notice",
        openable=True,
    ),
}  # fmt: skip
CHECKS.update({d.Entry: entry, d.Part: part, d.Exam: exam, d.Recruitment: recruitment})
