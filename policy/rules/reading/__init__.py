"""Reading a policy file: YAML → normal form, with every error at once.

`read(text)` gives the `Policy` or raises `PolicyErrors`. Nothing is guessed: a value that the source leaves open stays
visible as such, and a file with an error is not read at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from decimal import Decimal

from policy.rules.document import Policy, clause, iter_leaves
from policy.rules.reading import checks, shapes, vocabulary
from policy.rules.reading.blocks import block
from policy.rules.reading.errors import PolicyError, PolicyErrors
from policy.rules.reading.merging import merge
from policy.rules.reading.nodes import Found, Listing, Mapped, Scalar, Tree, parse
from policy.rules.reading.reader import Names, Place, Reader
from policy.rules.terms import Leaf

NOT_BUILT = (
    "duties",
    "time",
    "benefits",
)
SCHEMA = 1
Parents = Callable[[str], str | None]

__all__ = ["NOT_BUILT", "Found", "PolicyError", "PolicyErrors", "clause", "head", "iter_leaves", "read"]


def read(text: str, *, name: str = "", parents: Parents | None = None) -> Policy:
    """Read a policy file.

    `name` stands in errors and, until the file says its place and version, in `Leaf.origin`. `parents` gives the text
    of `place/version` for `extends`, or None if there is no such file.

    Raises PolicyErrors with everything that is wrong, in the order of the lines.
    """
    errors, policy = _read(text, name, parents, ())
    if errors or policy is None:
        raise PolicyErrors(sorted(errors, key=lambda error: (error.file != name, error.file, error.line)))
    return policy


def head(text: str) -> tuple[str, str, str]:
    """Place, version and `extends` as a file states them, however broken the rest may be; "" where it does not."""
    tree, _ = parse(text, "")
    return tuple(_text(tree.get(key)) if tree is not None else "" for key in ("place", "version", "extends"))  # type: ignore[return-value]


def _read(
    text: str, name: str, parents: Parents | None, above: tuple[str, ...]
) -> tuple[list[PolicyError], Policy | None]:
    tree, errors = parse(text, name)
    if tree is None:
        return errors, None
    r = Reader()
    r.errors.extend(errors)
    parent: Policy | None = None
    parent_tree: Mapped | None = None
    reference = tree.get("extends")
    if reference is not None:
        parent, parent_tree = _parent(r, reference, parents, above)
    digest = hashlib.sha256(text.encode())
    whole = tree
    if parent is not None and parent_tree is not None:
        whole = merge(parent_tree, tree)
        digest.update(parent.sha256.encode())
    elif reference is not None:
        # Without its parent nothing can be said about what the file refers to.
        return r.errors, None
    policy = _document(r, whole)
    if parent is not None and policy is not None and not r.errors:
        _choices(r, parent, policy)
    if r.errors or policy is None:
        return r.errors, None
    leaves = tuple(r.leaves.values())
    return [], policy.model_copy(update={"leaves": leaves, "sha256": digest.hexdigest(), "text": text})


def _parent(
    r: Reader, reference: Tree, parents: Parents | None, above: tuple[str, ...]
) -> tuple[Policy | None, Mapped | None]:
    """The policy that is extended, and its tree with its own parents merged in."""
    place = Place("extends")
    wanted = reference.text if isinstance(reference, Scalar) else ""
    if wanted.count("/") != 1 or not all(wanted.split("/")):
        r.fail(reference, place, "EXTENDS_FORM", found=wanted or "?")
        return None, None
    if wanted in above:
        r.fail(reference, place, "EXTENDS_CIRCLE", found=" → ".join((*above, wanted)))
        return None, None
    text = parents(wanted) if parents is not None else None
    if text is None:
        r.fail(reference, place, "EXTENDS_UNKNOWN", found=wanted)
        return None, None
    errors, policy = _read(text, wanted, parents, (*above, wanted))
    if policy is None:
        r.fail(reference, place, "EXTENDS_BROKEN", found=wanted, count=len(errors))
        r.errors.extend(errors)
        return None, None
    return policy, _tree(text, wanted, parents)


def _tree(text: str, name: str, parents: Parents | None) -> Mapped | None:
    tree, _ = parse(text, name)
    reference = tree.get("extends") if tree is not None else None
    if tree is not None and isinstance(reference, Scalar) and parents is not None:
        above = parents(reference.text)
        above_tree = _tree(above, reference.text, parents) if above is not None else None
        if above_tree is not None:
            return merge(above_tree, tree)
    return tree


def _document(r: Reader, tree: Mapped) -> Policy | None:
    r.names = collect(tree)
    r.facts = vocabulary.resolve(r.names)
    service = tree.get("service")
    r.base_service = service if isinstance(service, Mapped) and "unset" not in service else None
    root = Place()
    for entry in tree:
        if entry.key in NOT_BUILT:
            r.fail(entry.value, entry.key, "SECTION_NOT_BUILT", found=entry.key, line=entry.line)
    schema = tree.get("schema")
    if schema is not None and not (isinstance(schema, Scalar) and schema.value == SCHEMA):
        r.fail(
            schema, "schema", "SCHEMA", found=getattr(schema, "text", "?"), allowed=(str(SCHEMA),), right=str(SCHEMA)
        )
    policy = block(r, Policy, tree.without("schema", *NOT_BUILT), root)
    return policy if isinstance(policy, Policy) else None


def _choices(r: Reader, parent: Policy, policy: Policy) -> None:
    """What a parent leaves to choose within bounds must be chosen within them."""
    mine = r.leaves
    for above in parent.leaves:
        if above.low is None or above.high is None:
            continue
        for path, leaf in list(mine.items()):
            if path != above.path and not path.startswith(above.path + "."):
                continue
            if isinstance(leaf.value, Decimal) and not above.low <= leaf.value <= above.high:
                r.errors.append(_outside(leaf, above, leaf.value))
            elif leaf.low is not None and leaf.high is not None and (leaf.low < above.low or leaf.high > above.high):
                r.errors.append(_outside(leaf, above, leaf.low if leaf.low < above.low else leaf.high))


def _outside(leaf: Leaf, above: Leaf, value: Decimal) -> PolicyError:
    return PolicyError(
        line=leaf.line,
        key=leaf.path,
        code="CHOICE_OUTSIDE",
        params={"value": value, "low": above.low, "high": above.high, "parent": above.origin},
        allowed=(f"{above.low} – {above.high}",),
        file=leaf.origin,
    )


# -- names ------------------------------------------------------------------------------------------------------------


def collect(tree: Mapped) -> Names:
    """Everything that may be referred to, by looking at codes alone; whatever has another shape is passed over here."""
    classes = _mapped(tree.get("classes"))
    pay, assessment = _mapped(tree.get("pay")), _mapped(tree.get("assessment"))
    class_codes = {entry.key: _codes(entry.value) for entry in classes if entry.key != "cite"}
    complete = {entry.key for entry in classes if _complete(entry.value)}
    if _complete(tree.get("posts")):
        complete.add("post")
    schemes = {code: _mapped(node) for code, node in _coded(assessment.get("schemes"))}
    standards: set[str] = set()
    for _, node in _coded(pay.get("components")):
        standards.update(_codes(_mapped(node).get("shares")))
    return Names(
        posts=_codes(tree.get("posts")),
        classes=class_codes,
        complete=frozenset(complete),
        scales={
            entry.key: _number(_mapped(entry.value).get("values"))
            for entry in _mapped(tree.get("scales"))
            if entry.key != "cite"
        },
        grades=_codes(assessment.get("grades")),
        schemes=tuple(schemes),
        yearly=frozenset(code for code, node in schemes.items() if _text(node.get("cycle")) == "year"),
        indices={
            entry.key: _text(_mapped(entry.value).get("keyed")) or "date"
            for entry in _mapped(tree.get("indices"))
            if entry.key != "cite"
        },
        components=_codes(pay.get("components")),
        standards=frozenset(standards),
        documents=frozenset(_codes(tree.get("documents"))),
    )


def _mapped(tree: Tree | None) -> Mapped:
    return tree if isinstance(tree, Mapped) else Mapped()


def _inner(tree: Tree | None) -> Tree | None:
    """Without a source around it."""
    while isinstance(tree, Mapped) and ("assumed" in tree or ("value" in tree and tree.keys() <= {"value", "cite"})):
        tree = tree.get("assumed") or tree.get("value")
    return tree


def _coded(tree: Tree | None) -> Iterator[tuple[str, Tree]]:
    tree = _inner(tree)
    if isinstance(tree, Mapped) and "unset" not in tree:
        yield from ((entry.key, entry.value) for entry in tree if entry.key != "cite")
    for item in tree.items if isinstance(tree, Listing) else ():
        code = _text(_mapped(_inner(item)).get("code"))
        if code:
            yield code, item


def _codes(tree: Tree | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for code, _ in _coded(tree)))


def _complete(tree: Tree | None) -> bool:
    """Whether some row of posts or of a class is everybody's."""
    return any("when" not in _mapped(_inner(node)) for _, node in _coded(tree))


def _text(tree: Tree | None) -> str:
    tree = _inner(tree)
    return tree.text if isinstance(tree, Scalar) else ""


def _number(tree: Tree | None) -> int:
    tree = _inner(tree)
    return int(tree.value) if isinstance(tree, Scalar) and isinstance(tree.value, Decimal) else 0


_registered = (checks, shapes)  # importing them registers shapes and checks
