"""Figures as exact columns: whole-number numerators over one denominator.

`figure` turns any figure of a policy into a `Number`. Nothing is rounded here; rounding is the line's business. Each
person also gets whether the value rests on an assumption, which unset value they would need, and whether the table has
no row for them. For explanations `Number.leaf` says which leaf was used; it is built only when asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import lcm

import polars as pl

from core.money import INT64_BOUND
from policy.rules.context import Context, IndexValue
from policy.rules.facts import NONE
from policy.rules.terms import Bands, FactRef, Figure, IndexRef, Leaf, Status, Steps, Table, Tail, Values

FACT_BOUND = 10**9  # no fact is larger, in units of its scale


@dataclass(frozen=True)
class _Past:
    """What bands give beyond their last edge: a cell of the last band, and so much a step."""

    last: _Cell
    tail: Tail
    by: str
    edge: Decimal


_Cell = Leaf | Steps | FactRef | IndexRef | _Past
_Emit = Callable[[_Cell], pl.Expr]


@dataclass(frozen=True)
class Number:
    """value = numerator / denominator, for each person.

    numerator: Int64 (Int128 where the bound demands it). assumed: Boolean. unset: String, the path of the unset value
    that this person needs, else null. missing: Boolean, no row of a table fits this person. `bound`: |numerator| never
    exceeds it. `leaf`: Int32 index into `leaves`, null where no leaf of the policy was used.
    """

    numerator: pl.Expr
    denominator: int
    bound: int
    assumed: pl.Expr
    unset: pl.Expr
    missing: pl.Expr
    leaves: tuple[Leaf, ...]
    _leaf: Callable[[], pl.Expr]

    @cached_property
    def leaf(self) -> pl.Expr:
        return self._leaf()

    @property
    def may_be_unset(self) -> bool:
        return any(leaf.status is Status.UNSET for leaf in self.leaves)


def number_of(value: Decimal | int | Fraction) -> Number:
    """A plain number as a Number."""
    numerator, denominator = Fraction(value).as_integer_ratio()
    return Number(
        pl.lit(numerator, dtype=pl.Int64),
        denominator,
        abs(numerator),
        pl.lit(False),
        pl.lit(None, dtype=pl.String),
        pl.lit(False),
        (),
        lambda: pl.lit(None, dtype=pl.Int32),
    )


def figure(fig: Figure, ctx: Context) -> Number:
    """A figure for everybody in a frame of facts. A missing index raises MissingIndex, an unset one UnsetValue."""
    return ctx.once("figure", fig, lambda: _figure(fig, ctx))


def _figure(fig: Figure, ctx: Context) -> Number:
    cells = list(_cells(fig))
    denominator = lcm(1, *(_denominator(cell, ctx) for cell in cells))
    bound = max((_bound(cell, ctx, denominator) for cell in cells), default=0)
    dtype = pl.Int64 if bound < INT64_BOUND else pl.Int128
    leaves = tuple(_leaves(cells, ctx))
    place = {id(leaf): number for number, leaf in enumerate(leaves)}

    def numerator(cell: _Cell) -> pl.Expr:
        return _numerator(cell, ctx, denominator, dtype)

    def flag(cell: _Cell) -> pl.Expr:
        if isinstance(cell, _Past):
            return flag(cell.last) | pl.lit(Status.ASSUMED in (cell.tail.every.status, cell.tail.add.status))
        if isinstance(cell, IndexRef):
            assumed = [pl.lit(leaf.status is Status.ASSUMED) for leaf in _leaves([cell], ctx)]
            return _by_unit(cell, ctx, assumed, pl.Boolean)
        return pl.lit(any(leaf.status is Status.ASSUMED for leaf in _leaves([cell], ctx)))

    def path(cell: _Cell) -> pl.Expr:
        return pl.lit(
            next((leaf.path for leaf in _leaves([cell], ctx) if leaf.status is Status.UNSET), None), pl.String
        )

    def number(cell: _Cell) -> pl.Expr:
        while isinstance(cell, _Past):
            cell = cell.last
        own = _leaves([cell], ctx)
        if isinstance(cell, IndexRef):
            return _by_unit(cell, ctx, [pl.lit(place[id(leaf)], dtype=pl.Int32) for leaf in own], pl.Int32)
        return pl.lit(place[id(own[0])] if own else None, dtype=pl.Int32)

    statuses = {leaf.status for leaf in leaves}
    nothing = pl.lit(False)
    return Number(
        numerator=_pick(fig, ctx, numerator, pl.lit(0, dtype=dtype)),
        denominator=denominator,
        bound=bound,
        assumed=_pick(fig, ctx, flag, nothing) if Status.ASSUMED in statuses else nothing,
        unset=_pick(fig, ctx, path, pl.lit(None, dtype=pl.String))
        if Status.UNSET in statuses
        else pl.lit(None, dtype=pl.String),
        missing=_pick(fig, ctx, lambda cell: nothing, pl.lit(True)) if _open(fig, ctx) else nothing,
        leaves=leaves,
        _leaf=lambda: _pick(fig, ctx, number, pl.lit(None, dtype=pl.Int32)),
    )


def product(numbers: Iterable[Number]) -> Number:
    """The exact product of several numbers."""
    factors = list(numbers)
    bound, denominator = 1, 1
    for factor in factors:
        bound *= max(factor.bound, 1)
        denominator *= factor.denominator
    dtype = pl.Int64 if bound < INT64_BOUND else pl.Int128
    numerator = factors[0].numerator.cast(dtype)
    for factor in factors[1:]:
        numerator = numerator * factor.numerator.cast(dtype)
    return Number(
        numerator=numerator,
        denominator=denominator,
        bound=bound,
        assumed=pl.any_horizontal([factor.assumed for factor in factors]),
        unset=pl.coalesce([factor.unset for factor in factors]),
        missing=pl.any_horizontal([factor.missing for factor in factors]),
        leaves=tuple(leaf for factor in factors for leaf in factor.leaves),
        _leaf=lambda: factors[0].leaf,
    )


# -- Which cell is whose ----------------------------------------------------------------------------------------------


def _pick(fig: Figure, ctx: Context, emit: _Emit, uncovered: pl.Expr) -> pl.Expr:
    """The expression that finds each person's cell; `uncovered` where the figure has none."""
    match fig:
        case Table():
            return _pick_table(fig, ctx, emit, uncovered)
        case Bands():
            return _pick_bands(fig, ctx, emit, uncovered)
        case Values():
            column, scale = pl.col(fig.by), ctx.vocabulary[fig.by].scale
            chosen = emit(fig.missing)
            for value, inner in fig.of.items():
                chosen = pl.when(column == value * scale).then(_pick(inner, ctx, emit, uncovered)).otherwise(chosen)
            return pl.when(column.is_null()).then(uncovered).otherwise(chosen)
        case Steps():
            column, scale = pl.col(fig.by), ctx.vocabulary[fig.by].scale
            return pl.when(column >= scale).then(emit(fig)).otherwise(uncovered)
        case IndexRef() if (split := ctx.policy.indices[fig.index].by) is not None:
            here = pl.any_horizontal([pl.col(split).str.starts_with(str(value.unit)) for value in _index(fig, ctx)])
            return pl.when(here).then(emit(fig)).otherwise(uncovered)
        case _:
            return emit(fig)


def _pick_table(fig: Table, ctx: Context, emit: _Emit, uncovered: pl.Expr) -> pl.Expr:
    column = pl.col(fig.by)
    yesno = ctx.vocabulary[fig.by].kind == "yesno"
    chosen = uncovered if fig.otherwise is None else _pick(fig.otherwise, ctx, emit, uncovered)
    for code, inner in fig.of.items():
        if yesno:
            here = column if code == "true" else ~column.fill_null(False)
        elif code == NONE:
            here = column.is_null()
        else:
            here = column == code
        chosen = pl.when(here.fill_null(False)).then(_pick(inner, ctx, emit, uncovered)).otherwise(chosen)
    return chosen


def _pick_bands(fig: Bands, ctx: Context, emit: _Emit, uncovered: pl.Expr) -> pl.Expr:
    column, scale = pl.col(fig.by), ctx.vocabulary[fig.by].scale
    chosen = uncovered if fig.otherwise is None else _pick(fig.otherwise, ctx, emit, uncovered)
    for edge, inner in zip(fig.edges, fig.values, strict=True):
        numerator, denominator = (edge * scale).as_integer_ratio()
        reached = column * denominator >= numerator if fig.closed == "at" else column * denominator > numerator
        chosen = pl.when(reached.fill_null(False)).then(_pick(inner, ctx, emit, uncovered)).otherwise(chosen)
    if fig.tail is not None:
        # Beyond the last edge only: the same test again, now with the value that goes on.
        numerator, denominator = (fig.edges[-1] * scale).as_integer_ratio()
        tail, edge = fig.tail, fig.edges[-1]
        beyond = _pick(fig.values[-1], ctx, lambda cell: emit(_Past(cell, tail, fig.by, edge)), uncovered)
        chosen = pl.when((column * denominator > numerator).fill_null(False)).then(beyond).otherwise(chosen)
    return chosen


def _cells(fig: Figure) -> Iterator[_Cell]:
    """Everything that may be a person's cell."""
    match fig:
        case Table():
            for inner in fig.of.values():
                yield from _cells(inner)
            if fig.otherwise is not None:
                yield from _cells(fig.otherwise)
        case Values():
            for inner in fig.of.values():
                yield from _cells(inner)
            yield fig.missing
        case Bands():
            if fig.otherwise is not None:
                yield from _cells(fig.otherwise)
            for inner in fig.values:
                yield from _cells(inner)
            if fig.tail is not None:
                for last in _cells(fig.values[-1]):
                    yield _Past(last, fig.tail, fig.by, fig.edges[-1])
        case _:
            yield fig


def _open(fig: Figure, ctx: Context) -> bool:
    """Whether somebody may find no row."""
    match fig:
        case Table():
            return fig.otherwise is None or any(_open(inner, ctx) for inner in (*fig.of.values(), fig.otherwise))
        case Bands():
            return fig.otherwise is None or any(_open(inner, ctx) for inner in (*fig.values, fig.otherwise))
        case Values() | Steps():
            return True
        case IndexRef():
            return ctx.policy.indices[fig.index].by is not None
        case _:
            return False


# -- What a cell is worth ---------------------------------------------------------------------------------------------


def _leaves(cells: Iterable[_Cell], ctx: Context) -> list[Leaf]:
    found: list[Leaf] = []
    for cell in cells:
        match cell:
            case Leaf():
                found.append(cell)
            case Steps():
                found += [cell.first, cell.each]
            case _Past():
                found += [*_leaves([cell.last], ctx), cell.tail.every, cell.tail.add]
            case IndexRef():
                found += [value.leaf for value in _index(cell, ctx)]
            case FactRef():
                pass
    return found


def _index(ref: IndexRef, ctx: Context) -> tuple[IndexValue, ...]:
    """An index is resolved once a context, so that its leaves keep their identity."""
    return ctx.once("index", ref, lambda: ctx.index(ref))


def _set(leaf: Leaf) -> Decimal:
    return Decimal(0) if leaf.status is Status.UNSET or leaf.value is None else leaf.number


def _denominator(cell: _Cell, ctx: Context) -> int:
    match cell:
        case Leaf():
            return _set(cell).as_integer_ratio()[1]
        case Steps():
            each = Fraction(_set(cell.each)) / ctx.vocabulary[cell.by].scale
            return lcm(_set(cell.first).as_integer_ratio()[1], each.denominator)
        case FactRef():
            return ctx.vocabulary[cell.fact].scale
        case IndexRef():
            return lcm(1, *(value.value.denominator for value in _index(cell, ctx)))
        case _Past():
            return lcm(_set(cell.tail.add).as_integer_ratio()[1], _denominator(cell.last, ctx))


def _bound(cell: _Cell, ctx: Context, denominator: int) -> int:
    match cell:
        case Leaf():
            return int(abs(_set(cell)) * denominator)
        case Steps():
            scale = ctx.policy.scales.get(cell.by)
            steps = scale.values if scale is not None else FACT_BOUND
            return int((abs(_set(cell.first)) + steps * abs(_set(cell.each))) * denominator)
        case FactRef():
            return FACT_BOUND * denominator
        case IndexRef():
            return max(int(abs(value.value) * denominator) for value in _index(cell, ctx))
        case _Past():
            steps = int((FACT_BOUND + abs(cell.edge)) / (_set(cell.tail.every) or 1)) + 1
            return _bound(cell.last, ctx, denominator) + int(abs(_set(cell.tail.add)) * denominator) * steps


def _numerator(cell: _Cell, ctx: Context, denominator: int, dtype: type[pl.DataType]) -> pl.Expr:
    match cell:
        case Leaf():
            return pl.lit(int(_set(cell) * denominator), dtype=dtype)
        case Steps():
            scale = ctx.vocabulary[cell.by].scale
            first, each = int(_set(cell.first) * denominator), int(Fraction(_set(cell.each)) / scale * denominator)
            return pl.lit(first, dtype=dtype) + (pl.col(cell.by).cast(dtype) - scale) * pl.lit(each, dtype=dtype)
        case FactRef():
            scale = ctx.vocabulary[cell.fact].scale
            return pl.col(cell.fact).fill_null(0).cast(dtype) * (denominator // scale)
        case IndexRef():
            values = [pl.lit(int(value.value * denominator), dtype=dtype) for value in _index(cell, ctx)]
            return _by_unit(cell, ctx, values, dtype)
        case _Past():
            scale = ctx.vocabulary[cell.by].scale
            every_n, every_d = (_set(cell.tail.every) * scale).as_integer_ratio()
            edge_n, edge_d = (cell.edge * scale).as_integer_ratio()
            common = lcm(every_d, edge_d)
            beyond = pl.col(cell.by).cast(dtype) * common - edge_n * (common // edge_d)
            step = every_n * (common // every_d)
            steps = beyond // step if cell.tail.part == "down" else (beyond + (step - 1)) // step
            return _numerator(cell.last, ctx, denominator, dtype) + steps * int(_set(cell.tail.add) * denominator)


def _by_unit(ref: IndexRef, ctx: Context, values: list[pl.Expr], dtype: type[pl.DataType]) -> pl.Expr:
    """An index split by street or county: each person's own unit decides; null outside all of them."""
    index = ctx.policy.indices[ref.index]
    if index.by is None:
        return values[0]
    column, chosen = pl.col(index.by), pl.lit(None, dtype=dtype)
    for found, value in zip(_index(ref, ctx), values, strict=True):
        chosen = pl.when(column.str.starts_with(str(found.unit))).then(value).otherwise(chosen)
    return chosen
