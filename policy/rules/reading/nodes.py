"""The YAML of a file as a plain tree that knows its lines: mappings, lists and scalars, before any meaning.

Numbers become exact decimals (no float is ever made), days become dates. Anchors and merge keys (`<<`) are resolved.
Duplicate keys, keys that are no plain words, and tags are errors; all of them are reported, not only the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from policy.rules.reading.errors import PolicyError

NUMBER = re.compile(r"[-+]?(\d[\d_]*)(\.\d*)?$|[-+]?\.\d+$")
DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})$")
YES_NO = {"yes", "no", "on", "off", "y", "n", "是", "否"}
MERGE = "tag:yaml.org,2002:merge"
STANDARD_TAGS = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value: `kind` is text, number, bool, date or null; `text` is what stands in the file."""

    value: Decimal | str | bool | date | None
    kind: str
    text: str
    line: int
    origin: str


@dataclass(frozen=True, slots=True)
class Listing:
    items: tuple[Tree, ...]
    line: int
    origin: str


@dataclass(frozen=True, slots=True)
class Entry:
    key: str
    key_value: Scalar
    value: Tree

    @property
    def line(self) -> int:
        return self.key_value.line


@dataclass(frozen=True, slots=True)
class Mapped:
    entries: dict[str, Entry] = field(default_factory=dict)
    line: int = 0
    origin: str = ""

    def get(self, key: str) -> Tree | None:
        entry = self.entries.get(key)
        return None if entry is None else entry.value

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries.values())

    def keys(self) -> set[str]:
        return set(self.entries)

    def without(self, *keys: str) -> Mapped:
        return Mapped({k: e for k, e in self.entries.items() if k not in keys}, self.line, self.origin)


Tree = Scalar | Listing | Mapped


def parse(text: str, origin: str) -> tuple[Mapped | None, list[PolicyError]]:
    """The tree of a file and what is wrong with its YAML; the tree is None if there is no top mapping to read."""
    yaml = YAML(typ="rt", pure=True)
    try:
        nodes = list(yaml.compose_all(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(part for part in (error.context, error.problem) if part)
        return None, [
            PolicyError(
                line=(mark.line + 1) if mark else 1,
                key="",
                code="YAML_SYNTAX",
                params={"problem": problem},
                file=origin,
            )
        ]
    except YAMLError as error:
        return None, [PolicyError(line=1, key="", code="YAML_SYNTAX", params={"problem": str(error)}, file=origin)]
    builder = _Builder(origin)
    if not nodes or nodes[0] is None:
        return None, [PolicyError(line=1, key="", code="EMPTY_FILE", file=origin)]
    if len(nodes) > 1:
        builder.fail(nodes[1].start_mark.line + 1, "", "SEVERAL_DOCUMENTS")
    tree = builder.build(nodes[0], "")
    if not isinstance(tree, Mapped):
        builder.fail(tree.line, "", "WRONG_TYPE", expected="a mapping (key: value)", found=describe(tree))
        return None, builder.errors
    return tree, builder.errors


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in a file where something else belongs; its words are labels of `policy.models.FoundKind`."""

    kind: str  # mapping | empty_mapping | list | nothing | text | yesno | date | number
    text: str = ""


def describe(tree: Tree) -> Found:
    """What stands there, for an error message."""
    match tree:
        case Mapped():
            keys = ", ".join(list(tree.entries)[:4])
            return Found("mapping", keys) if keys else Found("empty_mapping")
        case Listing():
            return Found("list", str(len(tree.items)))
        case Scalar(kind="null"):
            return Found("nothing")
        case Scalar(kind="bool"):
            return Found("yesno", tree.text)
        case Scalar():
            return Found(tree.kind, tree.text)


def split_text(key: ScalarNode, value: Node) -> bool:
    """Whether a key is the tail of a text that was cut at a comma: words, and nothing after them."""
    if not isinstance(value, ScalarNode) or value.value or value.style or key.style:
        return False
    return " " in key.value or not key.value.isascii()


class _Builder:
    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.errors: list[PolicyError] = []
        self._open: set[int] = set()
        self._reported: set[int] = set()

    def fail(self, line: int, key: str, code: str, **params: object) -> None:
        error = PolicyError(line=line, key=key, code=code, params=params, file=self.origin)
        if error not in self.errors:  # an anchor used twice would report its errors twice
            self.errors.append(error)

    def build(self, node: Node, path: str) -> Tree:
        line = node.start_mark.line + 1
        if id(node) in self._open:
            self.fail(line, path, "CIRCLE")
            return Scalar(None, "null", "", line, self.origin)
        tag = str(node.tag)
        if not tag.startswith(STANDARD_TAGS):
            self.fail(line, path, "TAG", tag=tag)
        self._open.add(id(node))
        try:
            if isinstance(node, ScalarNode):
                return self.scalar(node)
            if isinstance(node, SequenceNode):
                items = tuple(self.build(item, f"{path}.{number}") for number, item in enumerate(node.value, start=1))
                return Listing(items, line, self.origin)
            assert isinstance(node, MappingNode)
            return self.mapping(node, path)
        finally:
            self._open.discard(id(node))

    def mapping(self, node: MappingNode, path: str) -> Mapped:
        own: dict[str, Entry] = {}
        merged: dict[str, Entry] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if str(key_node.tag) == MERGE:
                for source in value_node.value if isinstance(value_node, SequenceNode) else [value_node]:
                    tree = self.build(source, path)
                    if isinstance(tree, Mapped):
                        for entry in tree:
                            merged.setdefault(entry.key, entry)
                    else:
                        self.fail(line, path, "MERGE", found=describe(tree))
                continue
            if not isinstance(key_node, ScalarNode):
                self.fail(line, path, "KEY_NOT_PLAIN")
                continue
            key = self.scalar(key_node)
            if split_text(key_node, value_node):
                # `{unset: not printed, but known}`: the comma ends the value and the rest becomes a key of its own.
                self.fail(line, path, "COMMA_IN_TEXT", found=key.text)
                continue
            inner = f"{path}.{key.text}" if path else key.text
            if key.text in own:
                self.fail(line, inner, "DUPLICATE_KEY", found=key.text, first=own[key.text].line)
            value = self.build(value_node, inner)
            own.setdefault(key.text, Entry(key.text, key, value))
        entries = {key: entry for key, entry in merged.items() if key not in own}
        return Mapped({**entries, **own}, node.start_mark.line + 1, self.origin)

    def scalar(self, node: ScalarNode) -> Scalar:
        text, line = str(node.value), node.start_mark.line + 1
        if node.style in ("'", '"', "|", ">"):
            return Scalar(text, "text", text, line, self.origin)
        if text in ("", "~", "null", "Null", "NULL"):
            return Scalar(None, "null", text, line, self.origin)
        if text in ("true", "True", "TRUE", "false", "False", "FALSE"):
            return Scalar(text.lower() == "true", "bool", text.lower(), line, self.origin)
        if NUMBER.match(text):
            return Scalar(Decimal(text.replace("_", "")), "number", text, line, self.origin)
        if found := DATE.match(text):
            try:
                year, month, day = (int(part) for part in found.groups())
                return Scalar(date(year, month, day), "date", text, line, self.origin)
            except ValueError:
                pass  # 2022-02-30 stays text; whoever wants a date says so
        return Scalar(text, "text", text, line, self.origin)
