"""A lower unit's file over its parent's: section by section, and single entries by code where lists are of coded entries.

Merging works on the trees as written, so that every value keeps the file and the line it came from, and what is read
afterwards is one document like any other.
"""

from __future__ import annotations

from policy.rules.reading.nodes import Entry, Listing, Mapped, Scalar, Tree

# Lists and mappings whose single entries may be changed by code; every other section is replaced as a whole.
BY_CODE = ("posts", "scales", "documents", "indices", "procedures", "exits", "checks")
INSIDE = {
    "pay": ("components", "limits", "deductions"),
    "assessment": ("schemes",),
    "recruitment": ("hard", "soft"),
    "quota": ("rows",),
}
OWN = ("schema", "place", "name", "version", "effective", "extends")  # never inherited


def merge(parent: Mapped, child: Mapped) -> Mapped:
    """The child's document with everything that it does not say taken from the parent."""
    entries: dict[str, Entry] = {}
    for key, entry in parent.entries.items():
        if key not in OWN and key != "cite":
            entries[key] = with_cite(entry, parent)
    for key, entry in child.entries.items():
        above = entries.get(key)
        if above is None or key in OWN:
            entries[key] = entry
        elif key in BY_CODE:
            entries[key] = Entry(key, entry.key_value, by_code(above.value, entry.value))
        elif (
            key in INSIDE
            and isinstance(above.value, Mapped)
            and isinstance(entry.value, Mapped)
            and "unset" not in entry.value
        ):
            entries[key] = Entry(key, entry.key_value, inside(above.value, entry.value, INSIDE[key]))
        else:
            entries[key] = entry
    return Mapped(entries, child.line, child.origin)


def with_cite(entry: Entry, parent: Mapped) -> Entry:
    """The section with the parent's own top-level `cite` in it, where it names none itself."""
    cite = parent.entries.get("cite")
    if cite is None:
        return entry
    section = entry.value
    if isinstance(section, Listing):
        section = Listing(tuple(cited(item, cite) for item in section.items), section.line, section.origin)
    return Entry(entry.key, entry.key_value, cited(section, cite))


def cited(tree: Tree, cite: Entry) -> Tree:
    if not isinstance(tree, Mapped) or "cite" in tree:
        return tree
    return Mapped({**tree.entries, "cite": cite}, tree.line, tree.origin)


def inside(parent: Mapped, child: Mapped, coded: tuple[str, ...]) -> Mapped:
    """A section whose keys override one by one, the coded lists entry by entry."""
    entries = dict(parent.entries)
    for key, entry in child.entries.items():
        above = entries.get(key)
        if above is not None and key in coded:
            entries[key] = Entry(key, entry.key_value, by_code(above.value, entry.value))
        else:
            entries[key] = entry
    return Mapped(entries, child.line, child.origin)


def by_code(parent: Tree, child: Tree) -> Tree:
    """Entries of the child take the place of those with the same code; new ones come after them."""
    if isinstance(parent, Mapped) and isinstance(child, Mapped):
        if "unset" in parent or "unset" in child:
            return child
        return Mapped({**parent.entries, **child.entries}, child.line, child.origin)
    if not isinstance(parent, Listing) or not isinstance(child, Listing):
        return child
    new = list(child.items)
    merged: list[Tree] = []
    for above in parent.items:
        mine = [item for item in new if code(item) is not None and code(item) == code(above)]
        if mine:
            new = [item for item in new if item not in mine]
            merged.extend(mine)
        else:
            merged.append(above)
    return Listing((*merged, *new), child.line, child.origin)


def code(tree: Tree) -> str | None:
    found = tree.get("code") if isinstance(tree, Mapped) else None
    return found.text if isinstance(found, Scalar) else None
