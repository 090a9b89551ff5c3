"""Reading figures: every way to write a number becomes one of the seven classes of `terms.Figure`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from policy.rules.document import Measure
from policy.rules.facts import Fact
from policy.rules.reading import vocabulary
from policy.rules.reading.nodes import Entry, Listing, Mapped, Scalar, Tree, describe
from policy.rules.reading.reader import Place, Reader
from policy.rules.terms import Bands, FactRef, Figure, IndexRef, Leaf, Status, Steps, Table, Tail, Values

FORMS = ("of", "at", "over", "first", "values")
FIGURE_KEYS = ("by", "of", "at", "over", "then", "first", "each", "values", "else", "index", "of_year", "fact", "cite")
LEAF_KEYS = ("value", "cite", "assumed", "because", "unset", "choose")


def figure(r: Reader, tree: Tree, place: Place, measure: Measure | None, *, open_cases: bool = False) -> Figure | None:
    """A figure, or None with the errors noted. `open_cases`: rows may be missing (a scale's range by post)."""
    tree, place = r.source(tree, place)
    if (leaf := r.open_value(tree, place, measure)) is not None:
        return leaf
    if not isinstance(tree, Mapped):
        return r.number(tree, place, measure)
    place = r.cited(tree, place)
    keys = tree.keys()
    if "by" in keys:
        return by(r, tree, place, measure, open_cases)
    if "index" in keys:
        return index(r, tree, place)
    if "fact" in keys:
        return fact_itself(r, tree, place)
    forms = [form for form in FORMS if form in keys]
    if forms:
        r.fail(tree, place, "MISSING_KEY", missing="by")
        return None
    r.only(tree, place, FIGURE_KEYS + LEAF_KEYS)
    if not any(key not in FIGURE_KEYS + LEAF_KEYS for key in keys):
        r.fail(tree, place, "FIGURE_FORM", found=describe(tree))
    return None


def by(r: Reader, tree: Mapped, place: Place, measure: Measure | None, open_cases: bool) -> Figure | None:
    names = fact_names(r, tree.entries["by"].value, place.at("by"))
    forms = [form for form in FORMS if form in tree]
    if "each" in tree and "first" not in tree:
        r.fail(tree, place, "MISSING_KEY", missing="first")
        return None
    if len(forms) != 1:
        r.fail(tree, place, "ONE_OF", allowed=FORMS, found=", ".join(forms) or "—")
        return None
    form = forms[0]
    allowed = {
        "of": ("by", "of", "else", "cite"),
        "at": ("by", "at", "else", "then", "cite"),
        "over": ("by", "over", "else", "then", "cite"),
        "first": ("by", "first", "each", "cite"),
        "values": ("by", "values", "cite"),
    }[form]
    r.only(tree, place, allowed)
    if names is None:
        # The fact is unknown, but what stands below can still be wrong as well.
        below(r, tree, place, measure)
        return None
    if len(names) > 1 and form != "of":
        r.fail(tree.entries["by"].value, place.at("by"), "SEVERAL_FACTS", form=form)
        return None
    facts = [r.facts[name] for name in names]
    if form == "of":
        return table(r, tree, place, measure, facts, open_cases)
    fact = facts[0]
    if fact.kind != "number":
        r.fail(tree.entries["by"].value, place.at("by"), "NOT_BY_NUMBER", fact=fact.name, form=form, allowed=("of",))
        return None
    if form == "first":
        if not r.need(tree, place, "each"):
            return None
        first = r.number(tree.entries["first"].value, place.at("first"), measure)
        each = r.number(tree.entries["each"].value, place.at("each"), None)
        return None if first is None or each is None else Steps(fact.name, first, each, place.path)
    if form == "values":
        return values(r, tree, place, measure, fact)
    return bands(r, tree, place, measure, fact, form)


def fact_names(r: Reader, tree: Tree, place: Place) -> list[str] | None:
    """The facts of `by`: one name, or a list of names; all must be usable here."""
    items = tree.items if isinstance(tree, Listing) else (tree,)
    names: list[str] = []
    good = bool(items)
    if not items:
        r.fail(tree, place, "EMPTY_LIST")
    for number, item in enumerate(items, start=1):
        at = place.at(number) if isinstance(tree, Listing) else place
        name = vocabulary.fact(r, item, at)
        if name is None:
            good = False
        elif name in names:
            r.fail(item, at, "FACT_TWICE", fact=name)
            good = False
        else:
            r.keep_value(name, item, at)
            names.append(name)
    return names if good else None


def below(r: Reader, tree: Tree, place: Place, measure: Measure | None) -> None:
    """Look for errors in the values of a table whose fact is unknown."""
    for form in ("of", "at", "over", "values"):
        rows = tree.get(form) if isinstance(tree, Mapped) else None
        if isinstance(rows, Mapped):
            for entry in rows:
                if isinstance(entry.value, Scalar) or (
                    isinstance(entry.value, Mapped) and entry.value.keys() & set(LEAF_KEYS)
                ):
                    figure(r, entry.value, place.at(form).at(entry.key), measure)


# -- by: … of: … --------------------------------------------------------------------------------------------------------


def table(
    r: Reader, tree: Mapped, place: Place, measure: Measure | None, facts: Sequence[Fact], open_cases: bool
) -> Figure | None:
    for fact in facts:
        if fact.kind == "number":
            right = "at"
            r.fail(
                tree.entries["by"].value,
                place.at("by"),
                "NUMBER_IN_TABLE",
                fact=fact.name,
                allowed=FORMS[1:],
                right=right,
            )
            return None
        if fact.kind not in ("coded", "ordered", "yesno"):
            r.fail(tree.entries["by"].value, place.at("by"), "NOT_BY_FACT", fact=fact.name, kind=fact.kind)
            return None
    of, of_place = r.source(tree.entries["of"].value, place.at("of"))
    if (leaf := r.open_value(of, of_place, measure)) is not None:
        return leaf
    rows = r.mapped(of, of_place, "rows (code: figure)")
    if rows is None:
        return None
    otherwise = tree.entries.get("else")
    return level(r, rows, of_place, measure, facts, otherwise, place.at("else"), open_cases)


def level(
    r: Reader,
    rows: Mapped,
    place: Place,
    measure: Measure | None,
    facts: Sequence[Fact],
    otherwise: Entry | None,
    otherwise_place: Place,
    open_cases: bool,
) -> Table | None:
    """One fact of a table; what remains of `facts` is inside each row, in a figure or in rows again."""
    fact, rest = facts[0], facts[1:]
    place = r.cited(rows, place)
    if "else" in rows:
        if otherwise is not None:
            r.fail(rows.entries["else"].value, place.at("else"), "ELSE_TWICE")
        otherwise, otherwise_place = rows.entries["else"], place.at("else")
    codes = vocabulary.codes(fact)
    good, of = True, {}
    for entry in rows:
        if entry.key in ("else", "cite"):
            continue
        at = place.at(entry.key)
        if not vocabulary.is_code(r, fact, entry, at):
            good = False
        inner = row(r, entry.value, at, measure, rest, open_cases)
        if inner is None:
            good = False
        else:
            of[entry.key] = inner
    last = None
    if otherwise is not None:
        last = row(r, otherwise.value, otherwise_place, measure, rest, open_cases)
        good = good and last is not None
    elif not open_cases:
        covered = {entry.key for entry in rows}
        wanted = [*codes, *(["NONE"] if vocabulary.may_be_none(r, fact) else [])]
        absent = [code for code in wanted if code not in covered]
        if absent:
            r.fail(rows, place, "OPEN_CASE", fact=fact.name, missing=", ".join(absent))
            good = False
    return Table(fact.name, of, last, place.path.removesuffix(".of")) if good else None


def row(
    r: Reader, tree: Tree, place: Place, measure: Measure | None, rest: Sequence[Fact], open_cases: bool
) -> Figure | None:
    inner, at = r.source(tree, place)
    keys = inner.keys() if isinstance(inner, Mapped) else set()
    if rest and isinstance(inner, Mapped) and not keys & {"by", "index", "fact", "unset", "choose", "value", "assumed"}:
        return level(r, inner, at, measure, rest, None, at, open_cases)
    return figure(r, tree, place, measure, open_cases=open_cases)


# -- by: … at / over: … ---------------------------------------------------------------------------------------------------


def bands(r: Reader, tree: Mapped, place: Place, measure: Measure | None, fact: Fact, form: str) -> Figure | None:
    of, of_place = r.source(tree.entries[form].value, place.at(form))
    if (leaf := r.open_value(of, of_place, measure)) is not None:
        return leaf
    rows = r.mapped(of, of_place, "bands (from: figure)")
    if rows is None:
        return None
    of_place = r.cited(rows, of_place)
    good = True
    edges: list[Decimal] = []
    figures: list[Figure] = []
    for entry in rows:
        if entry.key == "cite":
            continue
        at = of_place.at(entry.key)
        edge = entry.key_value.value
        if entry.key == "else":
            r.fail(entry.value, at, "ELSE_BESIDE", form=form, line=entry.line)
            good = False
            continue
        if not isinstance(edge, Decimal):
            r.fail(entry.value, at, "BAND_EDGE", found=entry.key, line=entry.line)
            good = False
        elif edges and edge <= edges[-1]:
            r.fail(entry.value, at, "NOT_ASCENDING", edge=entry.key, before=edges[-1], line=entry.line)
            good = False
        else:
            edges.append(edge)
        inner = figure(r, entry.value, at, measure)
        if inner is None:
            good = False
        else:
            figures.append(inner)
    if not edges and good:
        r.fail(rows, of_place, "EMPTY_BANDS")
        return None
    otherwise = None
    if "else" in tree:
        otherwise = figure(r, tree.entries["else"].value, place.at("else"), measure)
        good = good and otherwise is not None
    elif good:
        least = vocabulary.least(r, fact)
        if least is not None and (edges[0] > least if form == "at" else edges[0] >= least):
            r.fail(
                rows, of_place, "OPEN_BELOW", fact=fact.name, edge=edges[0], how="below" if form == "at" else "up to"
            )
            good = False
    tail = None
    if "then" in tree:
        tail = going_on(r, tree.entries["then"].value, place.at("then"), measure)
        good = good and tail is not None
    if not good:
        return None
    return Bands(fact.name, tuple(edges), tuple(figures), form, otherwise, tail, place.path)


def going_on(r: Reader, tree: Tree, place: Place, measure: Measure | None) -> Tail | None:
    tree, place = r.source(tree, place)
    inner = r.mapped(tree, place, "{every: …, add: …}")
    if inner is None:
        return None
    place = r.cited(inner, place)
    clean = r.only(inner, place, ("every", "add", "part", "cite"))
    if not r.need(inner, place, "every", "add") or not clean:
        return None
    every = r.number(inner.entries["every"].value, place.at("every"), None)
    if every is not None and isinstance(every.value, Decimal) and every.value <= 0:
        r.fail(inner.entries["every"].value, place.at("every"), "NOT_POSITIVE", value=every.value)
        every = None
    add = r.number(inner.entries["add"].value, place.at("add"), measure)
    part: str | None = "down"
    if "part" in inner:
        part = r.word(inner.entries["part"].value, place.at("part"), ("up", "down"))
    return None if every is None or add is None or part is None else Tail(every, add, part)


# -- by: … values: … ------------------------------------------------------------------------------------------------------


def values(r: Reader, tree: Mapped, place: Place, measure: Measure | None, fact: Fact) -> Figure | None:
    listed, at = r.source(tree.entries["values"].value, place.at("values"))
    if (leaf := r.open_value(listed, at, measure)) is not None:
        return leaf
    highest = r.names.scales.get(fact.name) or None
    good, of = True, {}
    rows: list[tuple[str, Tree, int]] = []
    if isinstance(listed, Listing):
        rows = [(str(number), item, item.line) for number, item in enumerate(listed.items, start=1)]
    elif isinstance(listed, Mapped):
        at = r.cited(listed, at)
        rows = [(entry.key, entry.value, entry.line) for entry in listed if entry.key != "cite"]
    else:
        r.fail(listed, at, "WRONG_TYPE", expected="a list, or rows (number: figure)", found=describe(listed))
        return None
    if not rows:
        r.fail(listed, at, "EMPTY_LIST")
        return None
    for key, item, line in rows:
        if not key.isdigit():
            r.fail(item, at.at(key), "WHOLE_NUMBER", value=key, least=0, line=line)
            good = False
            continue
        if highest is not None and not 1 <= int(key) <= highest:
            r.fail(item, at.at(key), "OUTSIDE_SCALE", value=key, scale=fact.name, values=highest, line=line)
            good = False
        inner = figure(r, item, at.at(key), measure)
        if inner is None:
            good = False
        else:
            of[int(key)] = inner
    if not good:
        return None
    missing = Leaf(None, f"{place.path}.missing", Status.UNSET, place.cite, "", line=tree.line, origin=tree.origin)
    if highest is None or any(number not in of for number in range(1, highest + 1)):
        absent = [] if highest is None else [str(n) for n in range(1, highest + 1) if n not in of]
        missing = replace(missing, because=f"{fact.name}: {', '.join(absent)}" if absent else fact.name)
        if absent:
            r.keep(missing)
    return Values(fact.name, of, missing, place.path)


# -- index, fact ----------------------------------------------------------------------------------------------------------


def index(r: Reader, tree: Mapped, place: Place) -> IndexRef | None:
    clean = r.only(tree, place, ("index", "of_year", "cite"))
    code = r.known(tree.entries["index"].value, place.at("index"), tuple(r.names.indices), "UNKNOWN_INDEX")
    of_year: str | int | None = None
    if code is not None:
        r.keep_value(code, tree.entries["index"].value, place.at("index"))
    if "of_year" in tree:
        node = tree.entries["of_year"].value
        if isinstance(node, Scalar) and isinstance(node.value, Decimal):
            of_year = r.whole(node, place.at("of_year"), least=1900, most=2999)
        else:
            of_year = r.word(node, place.at("of_year"), ("previous", "same"))
        clean = clean and of_year is not None
        if of_year is not None:
            r.keep_value(str(of_year), node, place.at("of_year"))
        if code is not None and r.names.indices[code] == "date":
            r.fail(node, place.at("of_year"), "OF_YEAR_OF_DATED", index=code)
            clean = False
    elif code is not None and r.names.indices[code] == "year":
        r.fail(tree, place, "OF_YEAR_MISSING", index=code, allowed=("previous", "same", "2021"))
        clean = False
    return IndexRef(code, of_year, place.path, place.cite) if code is not None and clean else None


def fact_itself(r: Reader, tree: Mapped, place: Place) -> FactRef | None:
    clean = r.only(tree, place, ("fact", "cite"))
    name = vocabulary.number_fact(r, tree.entries["fact"].value, place.at("fact"))
    if name is not None:
        r.keep_value(name, tree.entries["fact"].value, place.at("fact"))
    return FactRef(name, place.path, place.cite) if name is not None and clean else None
