"""Which figures somebody without the right to the names may not see (decision 0048)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from organization.access import Scope
from reports.indicators import Aggregate, Indicator, Span
from reports.rules.withholding import withheld
from reports.selectors.counting import counted_for_system

Key = tuple[str, str | None]  # the path of a unit ("…/=" for what belongs to it directly), and a code; None for all

_REST = "\x00"  # of a share: the rows outside the numerator


def withheld_for_system(
    indicator: Indicator, scope: Scope, span: Span, by: Sequence[str] = ()
) -> frozenset[tuple[str, ...]]:
    """The keys of `counted_for_system(indicator, span, by)` to withhold from whoever has only statistics in `scope`.

    by: nothing, "unit", another dimension, or both. Decided from the top of the scope down, each level with what was
    decided above it, so that every question about one indicator on one day is answered from one table, whichever unit
    and breakdown it is about. One query a level.
    """
    if indicator.aggregate in (Aggregate.LEAST, Aggregate.MOST):  # the value of one person
        return frozenset(counted_for_system(indicator, span, by))
    dimensions = tuple(code for code in by if code != "unit")
    top = next(path for path in scope.paths if span.path.startswith(path))
    below = span.path[len(top) :].split("/")[:-1]
    chain = [top + "".join(f"{part}/" for part in below[:n]) for n in range(len(below) + 1)]
    counts: dict[Key, int] = {}
    hidden: frozenset[Key] = frozenset()
    for path in chain if "unit" in by else chain[:-1] or chain:
        level = _level(indicator, replace(span, path=path), dimensions)
        codes = sorted({code for _child, code in level if code is not None})
        children = sorted({child for child, _code in level})
        if path == top:
            for code in (None, *codes):
                counts[path, code] = sum(level.get((child, code), 0) for child in children)
            hidden = withheld(counts, [((path, None), [(path, code) for code in codes])] if codes else [])
        level = {(child, code): level.get((child, code), 0) for child in children for code in (None, *codes)}
        for code in (None, *codes):  # where nobody is counted, the level above has no number
            counts.setdefault((path, code), 0)
        totals = {key: count for key, count in level.items() if key[1] is None}
        hidden = _decide(counts, totals, [((path, None), list(totals))], hidden)
        cells = {key: count for key, count in level.items() if key[1] is not None}
        across: list[tuple[Key, list[Key]]] = [((path, code), [(child, code) for child in children]) for code in codes]
        down: list[tuple[Key, list[Key]]] = (
            [((child, None), [(child, code) for code in codes]) for child in children] if codes else []
        )
        hidden = _decide(counts, cells, [*across, *down], hidden)
    return frozenset(key for key in counted_for_system(indicator, span, by) if _cell(span, by, key) & hidden)


def _decide(
    counts: dict[Key, int], new: dict[Key, int], sums: list[tuple[Key, list[Key]]], hidden: frozenset[Key]
) -> frozenset[Key]:
    """What is decided stays; only the new cells are open."""
    shown = [key for key in counts if key not in hidden]
    counts.update(new)
    used = {key for total, parts in sums for key in (total, *parts)}
    return hidden | withheld(
        {key: counts[key] for key in used},
        sums,
        settled=[key for key in hidden if key in used],
        shown=[key for key in shown if key in used],
    )


def _level(indicator: Indicator, span: Span, dimensions: tuple[str, ...]) -> dict[Key, int]:
    """How many people stand behind each unit below a unit, and behind each code in it."""
    level: dict[Key, int] = {}
    for (child, *codes), one in counted_for_system(indicator, span, ("unit", *dimensions)).items():
        path = f"{span.path}{child}/" if child else f"{span.path}="
        if indicator.aggregate is Aggregate.SHARE:
            people = one.denominator or 0
            level[path, ""] = one.numerator
            level[path, _REST] = people - one.numerator
        elif indicator.aggregate in (Aggregate.COUNT, Aggregate.PER_FACT):
            people = one.numerator
        else:
            people = one.denominator or 0
        if codes:
            level[path, codes[0]] = people
        level[path, None] = level.get((path, None), 0) + people
    return level


def _cell(span: Span, by: Sequence[str], key: tuple[str, ...]) -> set[Key]:
    values = dict(zip(by, key, strict=True))
    path, code = span.path, None
    if "unit" in values:
        path += f"{values['unit']}/" if values["unit"] else "="
    for dimension, value in values.items():
        if dimension != "unit":
            code = value
    cells: set[Key] = {(path, code)}
    if code is None:
        cells |= {(path, ""), (path, _REST)}  # a share falls with either of its parts
    return cells
