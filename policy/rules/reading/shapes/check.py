"""Checks: what the keys of one say only together, and which facts it may ask of what it looks at."""

from __future__ import annotations

from decimal import Decimal

from policy.rules import document as d
from policy.rules.document.check import LISTED_FACTS
from policy.rules.facts import NAMED_LISTS
from policy.rules.reading.blocks import CHECKS, Fields
from policy.rules.reading.nodes import Mapped
from policy.rules.reading.reader import Place, Reader
from policy.rules.reading.shapes.quota import UNIT_FACTS, only_facts, refuse_order
from policy.rules.terms import Leaf

KINDS = ("share", "count", "each")
OF_PEOPLE = ("person", "employment", "posts", "time", "unit")  # groups of facts


def wanted(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    if not rows.keys() & {"at_least", "at_most"}:
        r.fail(rows, place, "ONE_OF", allowed=("at_least", "at_most"), found="—")
    refuse_order(r, rows, place, values.get("at_least"), values.get("at_most"))


def check(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    kinds = [key for key in KINDS if key in rows]
    if len(kinds) != 1:
        r.fail(rows, place, "ONE_OF", allowed=KINDS, found=", ".join(kinds) or "—")
        return
    of = values.get("of", "people")
    if kinds == ["each"]:
        r.need(rows, place, "fact")
        _number(r, rows, place, values.get("fact"))
    elif "fact" in rows:
        r.fail(
            rows.get("fact"), place.at("fact"), "KEY_NOT_FOR_KIND", found="fact", word_key="check", kind=kinds[0],
            kinds="each",
        )  # fmt: skip
    if kinds == ["share"]:
        r.need(rows, place, "having")
        for key in ("at_least", "at_most", "target"):
            leaf = getattr(values.get("share"), key, None)
            if isinstance(leaf, Leaf) and isinstance(leaf.value, Decimal) and leaf.value > 100:
                r.fail(rows.get("share"), place.at("share").at(key), "PERCENT", value=leaf.value)
    if "list" in rows:
        if of != "people":
            r.fail(
                rows.get("list"),
                place.at("list"),
                "KEY_NOT_FOR_KIND",
                found="list",
                word_key="of",
                kind=of,
                kinds="people",
            )
        code = values.get("list_")
        if code is not None and code not in NAMED_LISTS:
            r.fail(rows.get("list"), place.at("list"), "WORD", found=code, allowed=NAMED_LISTS, word=code)
    terms = (values.get("who"), values.get("having"))
    if of != "people":
        only_facts(r, rows, place, terms, UNIT_FACTS)
    elif "list" in rows:
        only_facts(r, rows, place, terms, LISTED_FACTS)
    else:
        # results, work and ladders are known only to what is worked out later
        only_facts(r, rows, place, terms, [name for name, fact in r.facts.items() if fact.group in OF_PEOPLE])
    known = UNIT_FACTS if of != "people" else LISTED_FACTS if "list" in rows else None
    name = values.get("fact")
    if (
        name is not None
        and name in r.facts
        and (name not in known if known is not None else r.facts[name].group not in OF_PEOPLE)
    ):
        r.fail(rows.get("fact"), place.at("fact"), "FACT_NOT_HERE", fact=name)


def _number(r: Reader, rows: Mapped, place: Place, name: str | None) -> None:
    if name is None:
        return
    fact = r.facts.get(name)
    numbers = [known for known, what in r.facts.items() if what.kind == "number"]
    if fact is None:
        r.fail(rows.get("fact"), place.at("fact"), "UNKNOWN_FACT", found=name, allowed=numbers, word=name)
    elif fact.kind != "number":
        r.fail(rows.get("fact"), place.at("fact"), "NOT_A_NUMBER_FACT", fact=name, kind=fact.kind, allowed=numbers)


CHECKS.update({d.Wanted: wanted, d.Check: check})
