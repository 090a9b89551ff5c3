"""The reader's state and its smallest steps: errors, leaves, and the ways of writing one value.

A value is plain, or `{value, cite}`, `{assumed, because}`, `{unset: text}` or `{choose: [low, high]}`. The first two may
also stand around a whole block: everything inside then has that source. Each value that is read is also kept in
`Reader.leaves`, under its path, whatever block it ends up in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from policy.rules.document import Measure
from policy.rules.facts import Fact
from policy.rules.reading.errors import PolicyError, nearest
from policy.rules.reading.nodes import YES_NO, Listing, Mapped, Scalar, Tree, describe
from policy.rules.terms import Leaf, Status, Value

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*$")
COMMAS = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?$")
PERCENT_SIGN = re.compile(r"-?\d+(\.\d+)?\s*[%％]$")
UNIT_SIGN = re.compile(r"[¥￥]?\s*(-?\d+(\.\d+)?)\s*元?$")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the reader stands: the key path and the source that values there inherit."""

    path: str = ""
    cite: str | None = None
    assumed: str | None = None
    section: str = (
        ""  # posts | classes | service | scales | pay | assessment | recruitment: decides which facts exist already
    )
    own: str = ""  # the class or scale that is being read

    def at(self, key: str | int) -> Place:
        return replace(self, path=f"{self.path}.{key}" if self.path else str(key))


@dataclass(slots=True)
class Names:
    """Everything that other parts of the file may refer to, collected before the reading proper."""

    posts: tuple[str, ...] = ()
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    complete: frozenset[str] = frozenset()  # of posts and classes: those whose last row is everybody's
    scales: Mapping[str, int] = field(default_factory=dict)
    grades: tuple[str, ...] = ()
    schemes: tuple[str, ...] = ()
    yearly: frozenset[str] = frozenset()
    scheme_grades: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    indices: Mapping[str, str] = field(default_factory=dict)  # code → keyed
    components: tuple[str, ...] = ()
    standards: frozenset[str] = frozenset()  # rows of splits
    documents: frozenset[str] = frozenset()
    aspects: frozenset[str] = frozenset()


class Reader:
    """Collects errors and leaves while the blocks of one file are read."""

    def __init__(self) -> None:
        self.errors: list[PolicyError] = []
        self.leaves: dict[str, Leaf] = {}
        self.names = Names()
        self.facts: Mapping[str, Fact] = {}
        self.components_read: list[str] = []
        self.schemes_read: list[str] = []
        self.classes_read: list[str] = []
        self.scales_read: list[str] = []
        self.base_service: Mapped | None = None

    # -- errors ---------------------------------------------------------------------------------------------------

    def fail(
        self,
        tree: Tree | None,
        place: Place | str,
        code: str,
        *,
        allowed: Iterable[str] = (),
        word: str | None = None,
        right: str | None = None,
        line: int | None = None,
        origin: str | None = None,
        **params: object,
    ) -> None:
        """Note an error. `word` is compared with `allowed` for the nearest spelling; `right` gives it directly."""
        options = tuple(dict.fromkeys(str(option) for option in allowed))
        error = PolicyError(
            line=line if line is not None else (tree.line if tree is not None else 1),
            key=place if isinstance(place, str) else place.path,
            code=code,
            params=params,
            allowed=options,
            nearest=right if right is not None else (nearest(word, options) if word is not None else None),
            file=origin if origin is not None else tree.origin if tree is not None else "",
        )
        if error not in self.errors:
            self.errors.append(error)

    # -- leaves ---------------------------------------------------------------------------------------------------

    def keep(self, leaf: Leaf) -> Leaf:
        self.leaves.setdefault(leaf.path, leaf)
        return leaf

    def leaf(self, value: Value, tree: Tree, place: Place) -> Leaf:
        status = Status.ASSUMED if place.assumed is not None else Status.CITED
        return self.keep(Leaf(value, place.path, status, place.cite, place.assumed, line=tree.line, origin=tree.origin))

    def unset(
        self, text: str, tree: Tree, place: Place, low: Decimal | None = None, high: Decimal | None = None
    ) -> Leaf:
        return self.keep(
            Leaf(None, place.path, Status.UNSET, place.cite, text, low, high, line=tree.line, origin=tree.origin)
        )

    # -- sources --------------------------------------------------------------------------------------------------

    def source(self, tree: Tree, place: Place) -> tuple[Tree, Place]:
        """Take off `{value, cite}` and `{assumed, because}`, which may stand around anything."""
        while isinstance(tree, Mapped):
            keys = tree.keys()
            if "assumed" in keys and keys <= {"assumed", "because", "cite", "value"}:
                if "value" in keys:
                    self.fail(tree, place, "VALUE_AND_ASSUMED")
                because = tree.get("because")
                if because is None:
                    self.fail(tree, place, "ASSUMED_WITHOUT_BECAUSE")
                reason = self.text(because, place.at("because")) if because is not None else None
                place = replace(self.cited(tree, place), assumed=reason or "")
                inner = tree.entries["assumed"].value
            elif "value" in keys and keys <= {"value", "cite"}:
                place = replace(self.cited(tree, place), assumed=None)
                inner = tree.entries["value"].value
            elif "because" in keys and keys <= {"because", "cite", "value"}:
                self.fail(tree, place, "BECAUSE_WITHOUT_ASSUMED", right="assumed")
                return tree, place
            else:
                return tree, place
            tree = inner
        return tree, place

    def cited(self, tree: Tree, place: Place) -> Place:
        """The place with the block's own `cite`, if it has one; values below are then cited, not assumed."""
        cite = tree.get("cite") if isinstance(tree, Mapped) else None
        if cite is None:
            return place
        items = cite.items if isinstance(cite, Listing) else (cite,)
        texts = [self.text(item, place.at("cite")) for item in items]
        return replace(place, cite=", ".join(text for text in texts if text) or place.cite)

    def left_open(self, tree: Tree, place: Place) -> bool:
        """Whether the block is `{unset: text}`; if so its leaf is kept."""
        if (
            not isinstance(tree, Mapped)
            or "unset" not in tree
            or not tree.keys() <= {"unset", "cite", "code", "name", "because"}
        ):
            return False
        self.unset(self.unset_text(tree, place), tree, self.cited(tree, place))
        return True

    def unset_text(self, tree: Mapped, place: Place) -> str:
        text = tree.entries["unset"].value
        if isinstance(text, Scalar) and text.kind == "text" and text.text.strip():
            return text.text
        self.fail(text, place.at("unset"), "UNSET_WITHOUT_TEXT")
        return ""

    # -- one value ------------------------------------------------------------------------------------------------

    def open_value(self, tree: Tree, place: Place, measure: Measure | None) -> Leaf | None:
        """The leaf of `{unset: text}` or `{choose: [low, high]}`, or None if it is neither."""
        if not isinstance(tree, Mapped):
            return None
        if "unset" in tree and tree.keys() <= {"unset", "cite", "because"}:
            return self.unset(self.unset_text(tree, place), tree, self.cited(tree, place))
        if "choose" in tree and tree.keys() <= {"choose", "cite"}:
            place = self.cited(tree, place)
            bounds = tree.entries["choose"].value
            numbers: list[Decimal] = []
            if isinstance(bounds, Listing) and len(bounds.items) == 2:
                for item in bounds.items:
                    number = item.value if isinstance(item, Scalar) else None
                    if isinstance(number, Decimal) and self.measured(item, number, place, measure):
                        numbers.append(number)
            if len(numbers) != 2:
                if not self.errors or self.errors[-1].line != bounds.line:
                    self.fail(bounds, place.at("choose"), "CHOOSE_FORM", found=describe(bounds))
                return self.unset("", tree, place)
            if numbers[0] > numbers[1]:
                self.fail(bounds, place.at("choose"), "CHOOSE_ORDER", low=numbers[0], high=numbers[1])
            return self.unset(f"{numbers[0]} – {numbers[1]}", tree, place, numbers[0], numbers[1])
        return None

    def number(self, tree: Tree, place: Place, measure: Measure | None = None) -> Leaf | None:
        """A leaf that is a number (or left open); None with an error noted."""
        tree, place = self.source(tree, place)
        if (leaf := self.open_value(tree, place, measure)) is not None:
            return leaf
        if not isinstance(tree, Scalar) or not isinstance(tree.value, Decimal):
            self.not_a_number(tree, place)
            return None
        if not self.measured(tree, tree.value, place, measure):
            return None
        return self.leaf(tree.value, tree, place)

    def not_a_number(self, tree: Tree, place: Place) -> None:
        right = None
        if isinstance(tree, Scalar) and tree.kind == "text":
            text = tree.text.strip()
            if COMMAS.match(text):
                right = text.replace(",", "")
            elif PERCENT_SIGN.match(text):
                right = text.rstrip("%％ ")
            elif found := UNIT_SIGN.match(text):
                right = found.group(1)
        self.fail(tree, place, "WRONG_TYPE", expected="a number", found=describe(tree), right=right)

    def measured(self, tree: Tree, value: Decimal, place: Place, measure: Measure | None) -> bool:
        """Whether a number may stand there; notes the error if not."""
        whole = value == value.to_integral_value()
        match measure:
            case Measure.MONEY:
                if value * 100 != (value * 100).to_integral_value():
                    self.fail(tree, place, "MONEY_DECIMALS", value=value)
                    return False
            case Measure.PERCENT | Measure.SCORE:
                if not 0 <= value <= 100:
                    self.fail(tree, place, "PERCENT" if measure is Measure.PERCENT else "SCORE", value=value)
                    return False
            case Measure.SHARE:
                if value < 0:
                    self.fail(tree, place, "NEGATIVE", value=value)
                    return False
            case Measure.COUNT | Measure.STEP | Measure.VALUE:
                least = 0 if measure is Measure.COUNT else 1
                if not whole or value < least:
                    self.fail(tree, place, "WHOLE_NUMBER", value=value, least=least)
                    return False
            case Measure.YEARS:
                if value < 0:
                    self.fail(tree, place, "NEGATIVE", value=value)
                    return False
            case _:
                pass
        return True

    def text(self, tree: Tree, place: Place, pattern: str | None = None) -> str | None:
        """Words. A number or a date where words belong must be quoted, so that 0052 and 1.10 stay what they are."""
        if isinstance(tree, Scalar) and tree.kind in ("number", "date", "bool"):
            self.fail(tree, place, "QUOTES", found=describe(tree), right=f'"{tree.text}"')
            return None
        if not isinstance(tree, Scalar) or tree.kind != "text" or not tree.text.strip():
            self.fail(tree, place, "WRONG_TYPE", expected="text", found=describe(tree))
            return None
        return tree.text

    def code(self, tree: Tree, place: Place) -> str | None:
        """A code: letters, digits, _ and -; a bare number is taken as it is written."""
        if not isinstance(tree, Scalar) or tree.kind not in ("text", "number") or not CODE.match(tree.text):
            self.fail(tree, place, "CODE", found=describe(tree))
            return None
        return tree.text

    def known(self, tree: Tree, place: Place, allowed: Sequence[str], error: str) -> str | None:
        """A code that must be one of those allowed."""
        code = self.code(tree, place)
        if code is None:
            return None
        if code not in allowed:
            self.fail(tree, place, error, allowed=allowed, word=code, found=code)
            return None
        return code

    def boolean(self, tree: Tree, place: Place) -> bool | None:
        if isinstance(tree, Scalar) and isinstance(tree.value, bool):
            return tree.value
        if isinstance(tree, Scalar) and tree.text.strip().lower() in YES_NO:
            right = "true" if tree.text.strip().lower() in ("yes", "y", "on", "是") else "false"
            self.fail(tree, place, "NOT_BOOLEAN", found=tree.text, allowed=("true", "false"), right=right)
        else:
            self.fail(
                tree, place, "WRONG_TYPE", expected="true or false", found=describe(tree), allowed=("true", "false")
            )
        return None

    def day(self, tree: Tree, place: Place) -> date | None:
        if isinstance(tree, Scalar) and isinstance(tree.value, date):
            return tree.value
        right = None
        if isinstance(tree, Scalar):
            found = re.match(r"(\d{4})[./年-](\d{1,2})(?:[./月-](\d{1,2})日?|月)?$", tree.text.strip())
            if found:
                year, month, number = int(found[1]), int(found[2]), int(found[3] or 1)
                try:
                    right = date(year, month, number).isoformat()
                except ValueError:
                    right = None
            elif isinstance(tree.value, Decimal) and re.match(r"\d{4}$", tree.text):
                right = f"{tree.text}-01-01"
        self.fail(tree, place, "NOT_A_DATE", found=describe(tree), right=right)
        return None

    def whole(self, tree: Tree, place: Place, least: int | None = None, most: int | None = None) -> int | None:
        if not isinstance(tree, Scalar) or not isinstance(tree.value, Decimal):
            self.not_a_number(tree, place)
            return None
        if tree.value != tree.value.to_integral_value() or (least is not None and tree.value < least):
            self.fail(tree, place, "WHOLE_NUMBER", value=tree.text, least=least if least is not None else 0)
            return None
        if most is not None and tree.value > most:
            self.fail(tree, place, "TOO_LARGE", value=tree.text, most=most)
            return None
        return int(tree.value)

    def word(self, tree: Tree, place: Place, allowed: Sequence[str]) -> str | None:
        """One of a few words."""
        found = tree.text if isinstance(tree, Scalar) and tree.kind != "null" else None
        if found in allowed:
            return found
        self.fail(
            tree, place, "WORD", allowed=allowed, word=found or "", found=found if found is not None else describe(tree)
        )
        return None

    # -- mappings and lists ---------------------------------------------------------------------------------------

    def mapped(self, tree: Tree, place: Place, expected: str = "a mapping (key: value)") -> Mapped | None:
        if isinstance(tree, Mapped):
            return tree
        self.fail(tree, place, "WRONG_TYPE", expected=expected, found=describe(tree))
        return None

    def listing(self, tree: Tree, place: Place, expected: str = "a list") -> tuple[Tree, ...] | None:
        if isinstance(tree, Listing):
            return tree.items
        self.fail(tree, place, "WRONG_TYPE", expected=expected, found=describe(tree))
        return None

    def only(self, tree: Mapped, place: Place, allowed: Sequence[str]) -> bool:
        """Note every key that may not stand there; True if there is none."""
        clean = True
        for entry in tree:
            if entry.key not in allowed:
                self.fail(
                    entry.value,
                    place.at(entry.key),
                    "UNKNOWN_KEY",
                    allowed=allowed,
                    word=entry.key,
                    found=entry.key,
                    line=entry.line,
                )
                clean = False
        return clean

    def need(self, tree: Mapped, place: Place, *keys: str) -> bool:
        complete = True
        for key in keys:
            if key not in tree:
                self.fail(tree, place, "MISSING_KEY", missing=key)
                complete = False
        return complete

    # -- values that choose, count or name; kept as leaves so that their source and changes are seen -------------------

    def keep_value(self, value: Value, tree: Tree, place: Place) -> None:
        self.leaf(value, tree, place)

    def counted(self, tree: Tree, place: Place, least: int | None = None, most: int | None = None) -> int | None:
        """A whole number that is not a figure, with its source kept."""
        tree, place = self.source(tree, place)
        number = self.whole(tree, place, least, most)
        if number is not None:
            self.leaf(Decimal(number), tree, place)
        return number
