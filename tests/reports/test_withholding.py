"""What is withheld can't be had by subtraction."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from reports.rules.withholding import LEAST, withheld


def tellable(counts: dict[str, int], sums: list[tuple[str, list[str]]], hidden: frozenset[str]) -> set[str]:
    """Which small counts follow: every table of whole numbers that agrees with what is shown has the same there."""
    order = sorted(hidden)
    tables = []
    for guess in product(range(1, 9), repeat=len(order)):
        table = counts | dict(zip(order, guess, strict=True))
        if all(table[total] == sum(table[part] for part in parts) for total, parts in sums):
            tables.append(guess)
    return {key for n, key in enumerate(order) if len({table[n] for table in tables}) == 1 and counts[key] < LEAST}


def test_a_lone_small_count_takes_another_with_it() -> None:
    # 1 + 9 + 5 = 15: with the 1 alone withheld, 15 − 9 − 5 tells it; the next smallest, 5, goes with it
    counts = {"all": 15, "a": 1, "b": 9, "c": 5}
    assert withheld(counts, [("all", ["a", "b", "c"])]) == {"a", "c"}


def test_two_small_counts_that_can_only_be_ones_take_a_third() -> None:
    counts = {"all": 12, "a": 1, "b": 1, "c": 4, "d": 6}
    assert withheld(counts, [("all", ["a", "b", "c", "d"])]) == {"a", "b", "c"}


def test_nothing_is_withheld_without_small_counts() -> None:
    counts = {"all": 12, "a": 0, "b": 5, "c": 7}
    assert withheld(counts, [("all", ["a", "b", "c"])]) == frozenset()


def test_a_withheld_total_is_not_had_by_adding() -> None:
    # the total was withheld by the table above; its parts 3 and 4 would add up to it
    counts = {"all": 7, "a": 3, "b": 4}
    assert withheld(counts, [("all", ["a", "b"])], settled=["all"], shown=[]) == {"all", "a"}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=4, max_size=6).map(lambda cells: cells[: len(cells) // 2 * 2]))
def test_no_small_count_of_a_table_with_margins_follows(cells: list[int]) -> None:
    half = len(cells) // 2
    top, low = cells[:half], cells[half:]
    counts = {f"t{n}": count for n, count in enumerate(top)} | {f"l{n}": count for n, count in enumerate(low)}
    counts |= {f"c{n}": top[n] + low[n] for n in range(half)} | {"t": sum(top), "l": sum(low), "all": sum(cells)}
    sums = [(f"c{n}", [f"t{n}", f"l{n}"]) for n in range(half)]
    sums += [("t", [f"t{n}" for n in range(half)]), ("l", [f"l{n}" for n in range(half)]), ("all", ["t", "l"])]
    hidden = withheld(counts, sums)
    assert all(key in hidden for key, count in counts.items() if 0 < count < LEAST)
    determined = solved(counts, sums, hidden)
    free = {key for key in determined if any(
        other not in hidden and counts[other] > 0 for total, parts in sums if key in (total, *parts) for other in (total, *parts)
    )}  # fmt: skip
    assert not free, (counts, hidden)


def solved(counts: dict[str, int], sums: list[tuple[str, list[str]]], hidden: frozenset[str]) -> set[str]:
    """The withheld counts that the shown ones determine, by elimination in fractions: not as the rule does it."""
    order = sorted(hidden)
    rows = [
        [Fraction((key in parts) - (key == total)) for key in order]
        for total, parts in sums
        if any(key in hidden for key in (total, *parts))
    ]
    rank = 0
    for column in range(len(order)):
        pivot = next((n for n in range(rank, len(rows)) if rows[n][column]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        rows[rank] = [value / rows[rank][column] for value in rows[rank]]
        for n, row in enumerate(rows):
            if n != rank and row[column]:
                rows[n] = [a - row[column] * b for a, b in zip(row, rows[rank], strict=True)]
        rank += 1
    alone = [[n for n, value in enumerate(row) if value] for row in rows]
    return {order[found[0]] for found in alone if len(found) == 1}


def test_the_control_finds_what_is_told() -> None:
    counts = {"all": 15, "a": 1, "b": 9, "c": 5}
    assert solved(counts, [("all", ["a", "b", "c"])], frozenset({"a"})) == {"a"}
    assert tellable(counts, [("all", ["a", "b", "c"])], frozenset({"a"})) == {"a"}
    assert tellable(counts, [("all", ["a", "b", "c"])], withheld(counts, [("all", ["a", "b", "c"])])) == set()
