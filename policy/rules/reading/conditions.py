"""Reading conditions: a mapping, all of whose lines must hold, becomes a tree of tests."""

from __future__ import annotations

from datetime import date

from policy.rules.facts import HONOUR_KINDS, LEVEL, NONE, Fact
from policy.rules.reading import vocabulary
from policy.rules.reading.nodes import Entry, Listing, Mapped, Scalar, Tree, describe
from policy.rules.reading.reader import Place, Reader
from policy.rules.terms import All, AnyOf, Condition, HistoryTest, HonourTest, Leaf, Not, Test

OPERATORS = {
    "coded": ("is", "any_of", "none_of"),
    "ordered": ("is", "any_of", "none_of", "at_least", "at_most", "above", "below"),
    "number": ("is", "any_of", "none_of", "at_least", "at_most", "above", "below"),
    "date": ("is", "before", "after", "within"),
    "yesno": ("is",),
    "set": ("is", "any_of", "all_of", "none_of"),
}
ALL_OPERATORS = (
    "is",
    "any_of",
    "all_of",
    "none_of",
    "at_least",
    "at_most",
    "above",
    "below",
    "before",
    "after",
    "within",
)
ANY_FACT = "category"  # of a condition that is left open as a whole: its operand is unset, whatever it is asked of
LISTED = ("any_of", "all_of", "none_of")


def condition(r: Reader, tree: Tree, place: Place) -> Condition | None:
    """A condition, or None with the errors noted. An empty mapping holds for everybody."""
    tree, place = r.source(tree, place)
    if isinstance(tree, Mapped) and tree.keys() <= {"unset", "cite"} and "unset" in tree:
        # Nobody can say whom it fits: a test that can't be answered, so that whoever needs it hears what is missing.
        return Test(ANY_FACT, "is", (r.unset(r.unset_text(tree, place), tree, r.cited(tree, place)),), place.path)
    rows = r.mapped(tree, place, "a condition (fact: test)")
    if rows is None:
        return None
    place = r.cited(rows, place)
    parts: list[Condition] = []
    good = True
    for entry in rows:
        if entry.key == "cite":
            continue
        part = line(r, entry, place)
        if part is None:
            good = False
        else:
            parts.append(part)
    if not good:
        return None
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def line(r: Reader, entry: Entry, place: Place) -> Condition | None:
    at = place.at(entry.key)
    if entry.key == "any":
        return any_of(r, entry.value, at)
    if entry.key == "not":
        inner = condition(r, entry.value, at)
        return None if inner is None else Not(inner)
    if entry.key == "all":
        r.fail(entry.value, at, "ALL_IS_A_MAPPING", line=entry.line)
        return None
    name = vocabulary.fact(r, entry.key_value, at, extra=("any", "not"))
    if name is None:
        return None
    fact = r.facts[name]
    if fact.kind == "history":
        return history(r, entry.value, at, fact)
    if fact.kind == "honours":
        return honours(r, entry.value, at)
    if name.startswith("rank.") and isinstance(entry.value, Scalar) and entry.value.text == "last":
        return Test(name, "is", (r.leaf("last", entry.value, at),), at.path)
    return tests(r, entry.value, at, fact)


def any_of(r: Reader, tree: Tree, place: Place) -> Condition | None:
    items = r.listing(tree, place, "a list of conditions")
    if items is None:
        return None
    if not items:
        r.fail(tree, place, "EMPTY_LIST")
        return None
    found = [condition(r, item, place.at(number)) for number, item in enumerate(items, start=1)]
    parts = [part for part in found if part is not None]
    return AnyOf(tuple(parts)) if len(parts) == len(found) else None


def tests(r: Reader, tree: Tree, place: Place, fact: Fact) -> Condition | None:
    """The tests of one fact: a plain value, or operators."""
    allowed = OPERATORS[fact.kind]
    open_leaf = r.open_value(tree, place, None)
    if open_leaf is not None:
        return Test(fact.name, "is", (open_leaf,), place.path)
    inner, at = r.source(tree, place)
    if isinstance(inner, Listing):
        r.fail(inner, at, "LIST_NEEDS_OPERATOR", allowed=[op for op in allowed if op in LISTED], right="any_of")
        return None
    if isinstance(inner, Scalar):
        operand = value(r, inner, at, fact)
        return None if operand is None else Test(fact.name, "is", (operand,), place.path)
    at = r.cited(inner, at)
    parts: list[Condition] = []
    good = True
    for entry in inner:
        if entry.key == "cite":
            continue
        if entry.key not in ALL_OPERATORS:
            r.fail(
                entry.value,
                at.at(entry.key),
                "UNKNOWN_OPERATOR",
                found=entry.key,
                fact=fact.name,
                allowed=allowed,
                word=entry.key,
                line=entry.line,
            )
            good = False
            continue
        if entry.key not in allowed:
            r.fail(
                entry.value,
                at.at(entry.key),
                "OPERATOR_KIND",
                operator=entry.key,
                fact=fact.name,
                kind=fact.kind,
                allowed=allowed,
                line=entry.line,
            )
            good = False
            continue
        several = operands(r, entry.value, at.at(entry.key), fact, entry.key)
        if several is None:
            good = False
        else:
            parts.append(Test(fact.name, entry.key, several, at.at(entry.key).path))
    if good and not parts:
        r.fail(inner, at, "EMPTY_TEST", allowed=allowed)
        return None
    if not good:
        return None
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def operands(r: Reader, tree: Tree, place: Place, fact: Fact, operator: str) -> tuple[Leaf, ...] | None:
    open_leaf = r.open_value(tree, place, None)
    if open_leaf is not None:
        return (open_leaf,)
    tree, place = r.source(tree, place)
    if operator in LISTED or operator == "within":
        items = tree.items if isinstance(tree, Listing) else (tree,)
        if operator == "within" and len(items) != 2:
            r.fail(tree, place, "WITHIN_TWO_DAYS")
            return None
        if not items:
            r.fail(tree, place, "EMPTY_LIST")
            return None
        found = [value(r, item, place.at(n), fact) for n, item in enumerate(items, start=1)]
        leaves = tuple(leaf for leaf in found if leaf is not None)
        if len(leaves) != len(found):
            return None
        if operator == "within":
            first, last = leaves[0].value, leaves[1].value
            if isinstance(first, date) and isinstance(last, date) and first > last:
                r.fail(tree, place, "WITHIN_ORDER", first=first, last=last)
                return None
        return leaves
    if isinstance(tree, Listing):
        r.fail(tree, place, "WRONG_TYPE", expected="one value", found=describe(tree))
        return None
    if operator in ("at_least", "at_most", "above", "below") and isinstance(tree, Scalar) and tree.text == "NONE":
        r.fail(tree, place, "NONE_HAS_NO_ORDER", operator=operator)
        return None
    leaf = value(r, tree, place, fact)
    return None if leaf is None else (leaf,)


def value(r: Reader, tree: Tree, place: Place, fact: Fact) -> Leaf | None:
    """One value that a fact is compared with."""
    if (leaf := r.open_value(tree, place, None)) is not None:
        return leaf
    tree, place = r.source(tree, place)
    if isinstance(tree, Listing | Mapped):
        r.fail(tree, place, "WRONG_TYPE", expected="one value", found=describe(tree))
        return None
    match fact.kind:
        case "number":
            return r.number(tree, place)
        case "date":
            if tree.text == NONE:
                return r.leaf(NONE, tree, place)
            day = r.day(tree, place)
            return None if day is None else r.leaf(day, tree, place)
        case "yesno":
            flag = r.boolean(tree, place)
            return None if flag is None else r.leaf(flag, tree, place)
        case _:
            if tree.kind not in ("text", "number"):
                r.fail(tree, place, "WRONG_TYPE", expected="a code", found=describe(tree))
                return None
            codes = vocabulary.codes(fact)
            if codes and tree.text != "NONE" and tree.text not in codes:
                r.fail(tree, place, "UNKNOWN_CODE", fact=fact.name, found=tree.text, allowed=codes, word=tree.text)
                return None
            return r.leaf(tree.text, tree, place)


# -- history and honours --------------------------------------------------------------------------------------------------


def codes_of(
    r: Reader, tree: Tree, place: Place, codes: tuple[str, ...], ordered: tuple[str, ...], fact: str
) -> tuple[str, ...] | None:
    """Codes written plainly, as `any_of: […]`, or as at_least/at_most of an order (best first)."""
    tree, place = r.source(tree, place)
    if isinstance(tree, Listing):
        r.fail(tree, place, "LIST_NEEDS_OPERATOR", allowed=("any_of",), right="any_of")
        return None
    items: tuple[Tree, ...] = (tree,)
    operator = "is"
    if isinstance(tree, Mapped):
        allowed = ("any_of", "at_least", "at_most", "above", "below") if ordered else ("any_of",)
        if not r.only(tree, place, allowed) or len(tree.entries) != 1:
            if len(tree.entries) != 1:
                r.fail(tree, place, "ONE_OF", allowed=allowed, found=", ".join(tree.entries) or "—")
            return None
        entry = next(iter(tree))
        operator, place = entry.key, place.at(entry.key)
        items = entry.value.items if operator == "any_of" and isinstance(entry.value, Listing) else (entry.value,)
    found: list[str] = []
    for item in items:
        code = r.code(item, place)
        if code is None:
            return None
        if codes and code not in codes:
            r.fail(item, place, "UNKNOWN_CODE", fact=fact, found=code, allowed=codes, word=code)
            return None
        r.keep_value(code, item, place)
        found.append(code)
    if operator in ("is", "any_of"):
        return tuple(found)
    if found[0] not in ordered:
        return None
    spot = ordered.index(found[0])
    return {
        "at_least": ordered[: spot + 1],
        "above": ordered[:spot],
        "at_most": ordered[spot:],
        "below": ordered[spot + 1 :],
    }[operator]


def history(r: Reader, tree: Tree, place: Place, fact: Fact) -> HistoryTest | None:
    tree, place = r.source(tree, place)
    rows = r.mapped(tree, place, "{grade: G, times: n, in_last: m}")
    if rows is None:
        return None
    place = r.cited(rows, place)
    clean = r.only(rows, place, ("grade", "times", "in_last", "cite"))
    if not r.need(rows, place, "grade", "times", "in_last") or not clean:
        return None
    grades = vocabulary.codes(fact) or r.names.grades
    grade = codes_of(r, rows.entries["grade"].value, place.at("grade"), grades, grades, fact.name)
    times = r.counted(rows.entries["times"].value, place.at("times"), least=1)
    window = rows.entries["in_last"].value
    in_last: int | str | None
    if isinstance(window, Scalar) and window.text == "contract_term":
        in_last = "contract_term"
        r.keep_value(in_last, window, place.at("in_last"))
    elif isinstance(window, Scalar) and window.kind == "text":
        r.fail(
            window,
            place.at("in_last"),
            "WORD",
            allowed=("a number of years", "contract_term"),
            word=window.text,
            found=window.text,
        )
        in_last = None
    else:
        in_last = r.counted(window, place.at("in_last"), least=1)
    if grade is None or times is None or in_last is None:
        return None
    if isinstance(in_last, int) and times > in_last:
        r.fail(rows, place, "WINDOW", times=times, in_last=in_last)
        return None
    return HistoryTest(grade, times, in_last, place.path)


def honours(r: Reader, tree: Tree, place: Place) -> HonourTest | None:
    tree, place = r.source(tree, place)
    rows = r.mapped(tree, place, "{kind: K, level: test}")
    if rows is None:
        return None
    place = r.cited(rows, place)
    clean = r.only(rows, place, ("kind", "level", "within_years", "cite"))
    kind: tuple[str, ...] | None = ()
    if "kind" in rows:
        kind = codes_of(r, rows.entries["kind"].value, place.at("kind"), HONOUR_KINDS, (), "honours")
    level: Condition | None = None
    if "level" in rows:
        level = tests(r, rows.entries["level"].value, place.at("level"), LEVEL)
        if level is not None and not isinstance(level, Test):
            r.fail(rows.entries["level"].value, place.at("level"), "ONE_OF", allowed=OPERATORS["ordered"], found="…")
            level = None
        clean = clean and level is not None
    within = None
    if "within_years" in rows:
        within = r.counted(rows.entries["within_years"].value, place.at("within_years"), least=1)
        clean = clean and within is not None
    if not clean or kind is None:
        return None
    assert level is None or isinstance(level, Test)
    return HonourTest(kind, level, place.path, within)
