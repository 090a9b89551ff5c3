"""Archives: what the lines of who keeps them say only together."""

from __future__ import annotations

from policy.rules import document as d
from policy.rules.document.archives import CUSTODY_BY
from policy.rules.reading.blocks import CHECKS, Fields
from policy.rules.reading.nodes import Listing, Mapped
from policy.rules.reading.reader import Place, Reader
from policy.rules.reading.shapes.quota import only_facts, refuse_open
from policy.rules.terms import ALWAYS


def custodian(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    r.need(rows, place, "at")
    before = len(r.errors)
    refuse_open(r, rows, place, "when", values)
    if len(r.errors) == before:  # an open condition asks for a fact that nobody has written
        only_facts(r, rows, place, (values.get("when"),), CUSTODY_BY)


def archives(r: Reader, rows: Mapped, place: Place, values: Fields) -> None:
    r.need(rows, place, "custody")
    lines, at = values.get("custody"), place.at("custody")
    if lines is None:
        return
    tree, at = r.source(rows.entries["custody"].value, at)
    if lines == () and isinstance(tree, Listing) and not tree.items:
        r.fail(tree, at, "EMPTY_LIST")
    for number, item in enumerate(tree.items if isinstance(tree, Listing) else (), start=1):
        # A line that is left open as a whole: the lines after it would decide for those whom it is about.
        if at.at(number).path in r.leaves:
            r.fail(item, at.at(number), "UNSET_NOT_ALLOWED")
    for line in lines[:-1]:
        if line.when == ALWAYS:
            r.fail(None, line.path, "NOT_THE_LAST", line=line.line, origin=line.origin)


CHECKS.update({d.Custodian: custodian, d.Archives: archives})
