"""Procedures: the departments that are asked, and what the steps of one say only together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from policy.rules import document as d
from policy.rules.document.procedures import ABOUT_POSTS, ACTS, MOVES, NEEDS, StepKind
from policy.rules.facts import VOCABULARY
from policy.rules.reading.blocks import CHECKS, SHAPES, Fields, Spelling, name
from policy.rules.reading.nodes import Listing, Mapped, Tree
from policy.rules.reading.reader import Place, Reader

CLOSING = ("order", "approve")
KIND_KEYS = {"opinions": "departments", "notice": "days"}  # a kind and the key that it alone has


def departments_of(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    """Names by code. One that is left open counts as one of them, and its leaf says that nobody knows which."""
    tree, place = r.source(tree, place)
    listed = r.mapped(tree, place, "a mapping (key: value)")
    if listed is None:
        return None
    place = r.cited(listed, place)
    found: dict[str, d.Name | None] = {}
    good = True
    for entry in listed:
        if entry.key == "cite":
            continue
        at = place.at(entry.key)
        if r.code(entry.key_value, at) is None:
            good = False
            continue
        if r.left_open(entry.value, at):
            found[entry.key] = None
            continue
        inner, at = r.source(entry.value, at)
        title = name(r, inner, at)
        if title is None:
            good = False
            continue
        r.keep_value(title.zh, inner, at)
        found[entry.key] = title
    return {"of": found} if good else None


def departments(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    wanted, found = values.get("exactly"), values.get("of")
    if wanted is not None and found is not None and len(found) != wanted:
        r.fail(rows.get("of"), place.at("of"), "DEPARTMENTS", found=len(found), wanted=wanted)


def applies(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    known_codes(r, rows, place, "posts", values.get("posts", ()), VOCABULARY["posts_held"].codes)
    known_codes(r, rows, place, "acts", values.get("acts", ()), ACTS)
    acts = set(values.get("acts", ()))
    if acts & ABOUT_POSTS:
        r.need(rows, place, "posts")
    elif acts and "posts" in rows:
        r.fail(
            rows.get("posts"), place.at("posts"), "KEY_NOT_FOR_KIND", found="posts", word_key="acts",
            kind=", ".join(sorted(acts)), kinds=", ".join(sorted(ABOUT_POSTS)),
        )  # fmt: skip
    for key, own in (("beyond", MOVES), ("away", {"SECONDMENT"})):
        if key in rows and acts and not acts & own:
            r.fail(
                rows.get(key), place.at(key), "KEY_NOT_FOR_KIND", found=key, word_key="acts",
                kind=", ".join(sorted(acts)), kinds=", ".join(sorted(own)),
            )  # fmt: skip
    if acts & MOVES and acts - MOVES:
        odd = next(act for act in values["acts"] if act not in MOVES)
        r.fail(rows.get("acts"), place.at("acts"), "WORD", found=odd, allowed=sorted(MOVES), word=odd)
    for key in ("posts", "acts", "away"):
        if key in rows and values.get(key) == ():
            r.fail(rows.get(key), place.at(key), "EMPTY_LIST")


def step(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    known_codes(r, rows, place, "needs", values.get("needs", ()), NEEDS)
    kind = values.get("kind")
    for owner, key in KIND_KEYS.items():
        if kind == owner:
            r.need(rows, place, key)
        elif kind is not None and key in rows:
            r.fail(rows.get(key), place.at(key), "KEY_NOT_FOR_KIND", found=key, word_key="kind", kind=kind, kinds=owner)
    if kind == "notice" and "limit" in rows:
        others = ", ".join(word for word in get_args(StepKind) if word != kind)
        r.fail(
            rows.get("limit"), place.at("limit"), "KEY_NOT_FOR_KIND",
            found="limit", word_key="kind", kind=kind, kinds=others,
        )  # fmt: skip
    if kind is not None and values.get("by") is not None and (kind == "opinions") != (values["by"] == "DEPARTMENTS"):
        allowed = ("DEPARTMENTS",) if kind == "opinions" else ("STREET_PARTY_COMMITTEE", "ORGANISATION_DEPARTMENT")
        r.fail(rows.get("by"), place.at("by"), "WORD", found=values["by"], allowed=allowed)


def procedure(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    steps: tuple[d.Step, ...] = values.get("steps", ())
    if rows.get("steps") is not None and values.get("steps") == ():
        r.fail(rows.get("steps"), place.at("steps"), "EMPTY_LIST")
    earlier: list[str] = []
    to: d.Applies | None = values.get("applies_to")
    for number, one in enumerate(steps, start=1):
        if to is not None and one.side == "receiving" and not MOVES.intersection(to.acts):
            r.fail(
                None, f"{one.path}.side", "KEY_NOT_FOR_KIND", found="side", word_key="acts", kind=", ".join(to.acts),
                kinds=", ".join(sorted(MOVES)), line=one.line, origin=one.origin,
            )  # fmt: skip
        for key, codes in (("back", one.back), ("other_than", one.other_than)):
            for position, code in enumerate(codes, start=1):
                if code not in earlier:
                    r.fail(
                        None, f"{one.path}.{key}.{position}", "STEP_NOT_EARLIER", found=code, step=one.code,
                        allowed=earlier, word=code, line=one.line, origin=one.origin,
                    )  # fmt: skip
        if (one.kind in CLOSING) != (number == len(steps)):
            r.fail(
                None, f"{one.path}.kind", "LAST_STEP", found=one.kind, step=one.code,
                line=one.line, origin=one.origin,
            )  # fmt: skip
        earlier.append(one.code)


def known_codes(r: Reader, rows: Mapped, place: Place, key: str, found: Sequence[str], allowed: Sequence[str]) -> None:
    """Refuses what of a list of codes isn't allowed, or stands twice."""
    node = rows.get(key)
    items = node.items if isinstance(node, Listing) else ()
    seen: set[str] = set()
    for number, code in enumerate(found, start=1):
        item = items[number - 1] if len(items) == len(found) else node
        if code not in allowed:
            r.fail(item, place.at(key).at(number), "WORD", found=code, allowed=allowed, word=code)
        elif code in seen:
            r.fail(item, place.at(key).at(number), "LISTED_TWICE")
        seen.add(code)


SHAPES[d.Departments] = {
    "of": Spelling(
        ("of",),
        departments_of,
        "{code: name}",
        "the departments; one that the source doesn't name is assumed, or left open and stops cases from being opened",
        required=True,
    )
}
CHECKS.update({d.Departments: departments, d.Applies: applies, d.Step: step, d.Procedure: procedure})
