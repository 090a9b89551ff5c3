"""Reading a block: the fields of its class say which keys there are and how each is read.

What a field's type can't say (short forms, two fields under one key) is in `shapes`; what fields say only together is
in `checks`. A block with an error is not made, but everything in it is read, so that all its errors come at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from annotated_types import Ge, Le
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from policy.rules import document
from policy.rules.document import Block, Measure, Name, Term
from policy.rules.reading.conditions import condition
from policy.rules.reading.figures import figure
from policy.rules.reading.nodes import Listing, Mapped, Scalar, Tree, describe
from policy.rules.reading.reader import Place, Reader
from policy.rules.terms import Condition, Figure, Leaf

BOOKKEEPING = ("path", "line", "origin")
SPELT = {"from_": "from", "in_": "in", "except_": "except", "pass_": "pass", "for_": "for", "list_": "list"}
OPEN = object()  # the field was left open (`{unset: …}`): its default stands, and the leaf says so

Fields = dict[str, Any]
Shape = Callable[[Reader, Tree, Place, Mapped], Fields | None]
Check = Callable[[Reader, Mapped, Place, Fields], None]


@dataclass(frozen=True)
class Spelling:
    """A key that does not simply hold the field of its name: which fields it fills, and how it is read and described."""

    fields: tuple[str, ...]
    read: Shape
    kind: str
    description: str = ""
    required: bool = False
    openable: bool = False


SHAPES: dict[type[Block], dict[str, Spelling]] = {}
CHECKS: dict[type[Block], Check] = {}
BEFORE: dict[type[Block], Callable[[Place, str], Place]] = {}
AFTER: dict[type[Block], Callable[[Reader, str], None]] = {}


@dataclass(frozen=True)
class Key:
    """One key of a block as it may be written."""

    key: str
    field: str
    hint: Any
    info: FieldInfo
    measure: Measure | None
    least: int | None
    most: int | None


@cache
def keys(model: type[Block]) -> dict[str, Key]:
    """The plain keys of a block, by their spelling in the file."""
    shaped = {field for spelling in SHAPES.get(model, {}).values() for field in spelling.fields}
    hints = get_type_hints(model, include_extras=True)
    found = {}
    for field, info in model.model_fields.items():
        if field in BOOKKEEPING or field in shaped or field in HIDDEN.get(model, ()):
            continue
        extra = info.json_schema_extra
        measure = extra.get("measure") if isinstance(extra, dict) else None
        key = SPELT.get(field, field)
        bounds = {type(part): part for part in info.metadata}
        least = bounds[Ge].ge if Ge in bounds else None
        most = bounds[Le].le if Le in bounds else None
        kept = measure if isinstance(measure, Measure) else None
        found[key] = Key(key, field, hints[field], info, kept, least, most)
    return found


# Blocks that name their source themselves: a document is its own, an index says who publishes it.
OWN_SOURCE: dict[type[Block], str] = {document.SourceDocument: "code", document.Index: "source"}

HIDDEN: dict[type[Block], tuple[str, ...]] = {}  # fields that no key fills: the key of a mapping, merged values


def block(r: Reader, model: type[Block], tree: Tree, place: Place, given: Fields | None = None) -> Any:
    """The block, or None with the errors noted. `given` are fields that stand outside of it (its key, its origin)."""
    tree, place = r.source(tree, place)
    rows = r.mapped(tree, place)
    if rows is None:
        return None
    place = r.cited(rows, place)
    own = rows.get(OWN_SOURCE.get(model, ""))
    if "cite" not in rows and isinstance(own, Scalar) and own.kind == "text":
        place = replace(place, cite=own.text)
    before = len(r.errors)
    plain, shaped = keys(model), SHAPES.get(model, {})
    r.only(rows, place, sorted({*plain, *shaped} | {"cite"}))
    values: Fields = {"path": place.path, "line": rows.line, "origin": rows.origin, "cite": place.cite, **(given or {})}
    for entry in rows:  # in the order of the file, so that leaves and errors are too
        key, node, at = entry.key, entry.value, place.at(entry.key)
        if key in shaped:
            spelling = shaped[key]
            if not (spelling.openable and r.left_open(node, at)):
                values.update(spelling.read(r, node, inside(model, at, key), rows) or {})
        elif key in plain and key != "cite":
            plan = plain[key]
            if plain_hint(plan.hint)[0] is int and not r.left_open(node, at):
                value = r.counted(node, at, plan.least or 0, plan.most)
            else:
                value = read(r, plan.hint, node, inside(model, at, key), plan.measure)
            if value is OPEN:
                if not may_be_open(plan):
                    r.fail(node, at, "UNSET_NOT_ALLOWED")
            elif value is not None:
                values[plan.field] = value
    for key, plan in plain.items():
        if key not in rows and plan.info.is_required() and plan.field not in values:
            r.fail(rows, place, "MISSING_KEY", missing=key)
    for key, spelling in shaped.items():
        if key not in rows and spelling.required:
            r.fail(rows, place, "MISSING_KEY", missing=key)
    if model in CHECKS:
        CHECKS[model](r, rows, place, values)
    if len(r.errors) > before:
        return None
    return model(**values)


def inside(model: type[Block], place: Place, key: str) -> Place:
    """The place with the section it belongs to, where one begins."""
    section = SECTIONS.get((model, key))
    return replace(place, section=section, own=place.own) if section else place


SECTIONS: dict[tuple[type[Block], str], str] = {
    (document.Policy, "posts"): "posts",
    (document.Policy, "classes"): "classes",
    (document.Policy, "service"): "service",
    (document.Policy, "scales"): "scales",
    (document.Scale, "start"): "start",
    (document.Policy, "pay"): "pay",
    (document.Policy, "assessment"): "assessment",
    (document.Assessment, "schemes"): "schemes",
    (document.Policy, "recruitment"): "recruitment",
}


def may_be_open(plan: Key) -> bool:
    """Whether leaving the key open leaves something that says so: nothing, or an empty list."""
    if plan.info.is_required():
        return False
    default = plan.info.get_default(call_default_factory=True, validated_data={})
    return default is None or default is PydanticUndefined or default == () or default == {}


def read(r: Reader, hint: Any, tree: Tree, place: Place, measure: Measure | None) -> Any:
    """A value of a type; None with errors noted, or OPEN."""
    hint, term = plain_hint(hint)
    if term is not None:
        return read_term(r, term, tree, place, measure)
    words = literal_words(hint)
    if words is not None and words.figure:
        return words_or_figure(r, words.words, tree, place, measure)
    if r.left_open(tree, place):
        return OPEN
    if words is not None:
        inner, at = r.source(tree, place)
        word = r.word(inner, at, words.words)
        if word is not None:
            r.leaf(word, inner, at)
        return word
    if isinstance(hint, type) and issubclass(hint, Block):
        return block(r, hint, tree, place)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple:
        return sequence(r, arguments[0], tree, place, measure)
    if origin is Mapping or hint is Mapping:
        return mapping(r, arguments[0], arguments[1], tree, place, measure)
    return scalar(r, hint, tree, place)


@dataclass(frozen=True)
class Words:
    words: tuple[str, ...]
    figure: bool


def plain_hint(hint: Any) -> tuple[Any, str | None]:
    """A hint without `| None` and annotations; and leaf, figure or condition if it is a term."""
    if get_origin(hint) in (Union, UnionType):
        rest = [part for part in get_args(hint) if part is not NoneType]
        if len(rest) == 1:
            return plain_hint(rest[0])
        return hint, None
    if get_origin(hint) is Annotated:
        base, *extras = get_args(hint)
        if Term in extras:
            if base is Leaf:
                return base, "leaf"
            if base == Figure:
                return base, "figure"
            if base == Condition:
                return base, "condition"
        return plain_hint(base)
    return hint, None


def literal_words(hint: Any) -> Words | None:
    if get_origin(hint) is Literal:
        return Words(get_args(hint), False)
    if get_origin(hint) in (Union, UnionType):
        words: list[str] = []
        has_figure = False
        for part in get_args(hint):
            if get_origin(part) is Literal:
                words.extend(get_args(part))
            elif plain_hint(part)[1] == "figure":
                has_figure = True
        if words and has_figure:
            return Words(tuple(words), True)
        if words:
            return None
    return None


def read_term(r: Reader, term: str, tree: Tree, place: Place, measure: Measure | None) -> Any:
    if term == "condition":
        return condition(r, tree, place)
    if term == "figure":
        return figure(r, tree, place, measure)
    return r.number(tree, place, measure)


def words_or_figure(r: Reader, words: tuple[str, ...], tree: Tree, place: Place, measure: Measure | None) -> Any:
    inner, at = r.source(tree, place)
    if isinstance(inner, Scalar) and inner.kind in ("text", "bool", "null"):
        word = r.word(inner, at, words)
        if word is not None:
            r.leaf(word, inner, at)
        return word
    return figure(r, tree, place, measure)


def sequence(r: Reader, item_hint: Any, tree: Tree, place: Place, measure: Measure | None) -> tuple[Any, ...] | None:
    """A list; entries with a code may also be written as a mapping from code to entry."""
    tree, place = r.source(tree, place)
    hint, term = plain_hint(item_hint)
    model = hint if isinstance(hint, type) and issubclass(hint, Block) else None
    coded = model is not None and "code" in model.model_fields
    nodes: list[tuple[str | None, Tree]] = []
    if isinstance(tree, Listing):
        nodes = [(None, item) for item in tree.items]
    elif coded and isinstance(tree, Mapped) and not (tree.keys() - {"cite"}) & set(keys(model)):
        place = r.cited(tree, place)
        nodes = [(entry.key, entry.value) for entry in tree if entry.key != "cite"]
    else:
        r.listing(tree, place)
        return None
    found: list[Any] = []
    good = True
    seen: dict[str, int] = {}
    for number, (key, node) in enumerate(nodes, start=1):
        if model is None:
            at = place.at(number)
            if term is not None:
                value = read_term(r, term, node, at, measure)
            elif hint is int:
                value = r.counted(node, at)
            else:
                value = r.code(node, at)
                if value is not None:
                    r.keep_value(value, node, at)
        else:
            code, at, given = entry_code(r, model, key, node, place, number)
            if code:
                if code in seen:
                    r.fail(node, at, "DUPLICATE_CODE", found=code, first=seen[code])
                    good = False
                seen.setdefault(code, node.line)
            if r.left_open(node, at):
                value = OPEN
            else:
                if model in BEFORE and code:
                    at = BEFORE[model](at, code)
                value = block(r, model, node, at, given)
            if model in AFTER and code:
                AFTER[model](r, code)
        if value is None:
            good = False
        elif value is not OPEN:
            found.append(value)
    return tuple(found) if good else None


def entry_code(
    r: Reader, model: type[Block], key: str | None, node: Tree, place: Place, number: int
) -> tuple[str | None, Place, Fields]:
    """The code of an entry, its place, and the code as a field where it stands outside of the entry."""
    if "code" not in model.model_fields:
        return None, place.at(number), {}
    if key is not None:
        return key, place.at(key), {"code": key}
    inner, _ = r.source(node, place) if isinstance(node, Mapped) and "assumed" not in node else (node, place)
    stated = inner.get("code") if isinstance(inner, Mapped) else None
    if isinstance(stated, Scalar) and stated.kind in ("text", "number"):
        return stated.text, place.at(stated.text), {}
    given = {} if model.model_fields["code"].is_required() else {"code": str(number)}
    return None, place.at(number), given


def mapping(
    r: Reader, key_hint: Any, value_hint: Any, tree: Tree, place: Place, measure: Measure | None
) -> dict[Any, Any] | None:
    tree, place = r.source(tree, place)
    rows = r.mapped(tree, place)
    if rows is None:
        return None
    place = r.cited(rows, place)
    hint, _term = plain_hint(value_hint)
    words = literal_words(key_hint)
    good = True
    found: dict[Any, Any] = {}
    for entry in rows:
        if entry.key == "cite" and isinstance(entry.value, Scalar):
            continue
        at = place.at(entry.key)
        name: Any = entry.key
        if words is not None and entry.key not in words.words:
            r.fail(
                entry.value, at, "UNKNOWN_KEY", allowed=words.words, word=entry.key, found=entry.key, line=entry.line
            )
            good = False
            continue
        if key_hint is int:
            if not entry.key.isdigit():
                r.fail(entry.value, at, "WHOLE_NUMBER", value=entry.key, least=0, line=entry.line)
                good = False
                continue
            name = int(entry.key)
        elif words is None and r.code(entry.key_value, at) is None:
            good = False
            continue
        if isinstance(hint, type) and issubclass(hint, Block):
            if r.left_open(entry.value, at):
                if hint in AFTER:
                    AFTER[hint](r, entry.key)
                continue
            given: Fields = {"code": entry.key} if "code" in hint.model_fields else {}
            inner_place = BEFORE[hint](at, entry.key) if hint in BEFORE else at
            value = block(r, hint, entry.value, inner_place, given)
            if hint in AFTER:
                AFTER[hint](r, entry.key)
        elif get_origin(hint) is tuple:
            value = read(r, hint, entry.value, replace(at, own=entry.key), measure)
            r.classes_read.append(entry.key)
        else:
            value = read(r, value_hint, entry.value, at, measure)
        if value is None:
            good = False
        elif value is not OPEN:
            found[name] = value
    return found if good else None


def scalar(r: Reader, hint: Any, tree: Tree, place: Place) -> Any:
    """A name, a text, a day, a number, yes or no."""
    if hint is Name:
        return name(r, tree, place)
    inner, at = r.source(tree, place)
    value: Any
    if hint is bool:
        value = r.boolean(inner, at)
    elif hint is date:
        value = r.day(inner, at)
    elif hint is str:
        key = at.path.rsplit(".", 1)[-1]
        if key in CODE_KEYS:
            value = r.code(inner, at)
        else:
            return r.text(inner, at)
    else:
        raise TypeError(f"{at.path}: no way to read a {hint!r}")
    if value is not None and not at.path.endswith(".code"):
        r.leaf(value, inner, at)
    return value


CODE_KEYS = frozenset({"code", "rater", "do", "list"})


def name(r: Reader, tree: Tree, place: Place) -> Name | None:
    """`名称`, or `{zh: 名称, en: name}`."""
    if isinstance(tree, Scalar):
        text = r.text(tree, place)
        return None if text is None else Name(zh=text, en=text)
    rows = r.mapped(tree, place, "a name, or {zh: …, en: …}")
    if rows is None:
        return None
    clean = r.only(rows, place, ("zh", "en"))
    if "zh" not in rows and "en" not in rows:
        r.fail(rows, place, "MISSING_KEY", missing="zh")
        return None
    zh = r.text(rows.entries["zh"].value, place.at("zh")) if "zh" in rows else None
    en = r.text(rows.entries["en"].value, place.at("en")) if "en" in rows else None
    if not clean or (zh is None and en is None):
        return None
    return Name(zh=zh or en or "", en=en or zh or "")


__all__ = [
    "AFTER",
    "BEFORE",
    "CHECKS",
    "HIDDEN",
    "OPEN",
    "SHAPES",
    "Fields",
    "Spelling",
    "block",
    "describe",
    "keys",
    "read",
]
