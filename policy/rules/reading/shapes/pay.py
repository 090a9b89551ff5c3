"""Short forms of pay: payers, cycles, references to earlier lines."""

from __future__ import annotations

from typing import Any

from policy.rules import document as d
from policy.rules.document import Measure
from policy.rules.reading import vocabulary
from policy.rules.reading.blocks import AFTER, HIDDEN, SHAPES, Fields, Spelling, block
from policy.rules.reading.figures import figure
from policy.rules.reading.nodes import Listing, Mapped, Scalar, Tree
from policy.rules.reading.reader import Place, Reader
from policy.rules.reading.shapes.place import own_service


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
    tree, place = r.source(tree, place)
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
    tree, place = r.source(tree, place)
    code = r.known(tree, place, (*r.names.components, *sorted(r.names.standards)), "UNKNOWN_COMPONENT")
    if code is not None:
        r.keep_value(code, tree, place)
    return code


def components_of(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    codes = several(r, tree, place, any_component)
    return None if codes is None else {"of": codes}


def fact_of(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    tree, place = r.source(tree, place)
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
    tree, place = r.source(tree, place)
    allowed = ("total", "mean_total", *r.names.components, *sorted(r.names.standards))
    code = r.known(tree, place, allowed, "UNKNOWN_COMPONENT")
    if code is None:
        return None
    r.keep_value(code, tree, place)
    return {"of": code}


def absence_kind(r: Reader, tree: Tree, place: Place, rows: Mapped) -> Fields | None:
    tree, place = r.source(tree, place)
    kinds = tuple(name.removeprefix("absence_days.") for name in r.facts if name.startswith("absence_days."))
    code = r.known(tree, place, kinds, "UNKNOWN_ABSENCE") if kinds else r.code(tree, place)
    if code is None:
        return None
    r.keep_value(code, tree, place)
    return {"kind": code}


PAY_LINE = {
    "payer": Spelling(("payer",), payer, "CITY, or {CITY: 60, STREET: 40}", "who pays; percentages that add to 100"),
    "cycle": Spelling(("cycle",), cycle, "monthly, or {every: …, paid_in: […]}", "when it is paid, and what for"),
    "probation": Spelling(
        ("probation",), probation, "full | none | {percent: figure}", "what is paid while on probation"
    ),
}
SHAPES[d.OwnMean] = {
    "of": Spelling(("of",), components_of, "codes of components", "the components that make up the mean", required=True)
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
AFTER[d.Component] = lambda r, code: r.components_read.append(code)
AFTER[d.Share] = lambda r, code: r.components_read.append(code)
HIDDEN[d.Deduction] = ("code",)
