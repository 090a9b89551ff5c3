"""Rows written by COPY come back as they were, whatever stands in them."""

from __future__ import annotations

import polars as pl
import pytest
from django.db import connection

from core.services.tables import copy_rows, csv_array, csv_element, csv_elements, csv_rows, csv_text

NASTY = ['a"b', "a\\b", "a,b", "{x}", "NULL", "", "' OR 1=1 --", "\\.", "一·二", 'q""', "\\N", " spaced "]

pytestmark = pytest.mark.django_db


def _back(frame: pl.DataFrame, columns: list[pl.Expr]) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE copied (n bigint, word text, words text[], numbers bigint[]) ON COMMIT DROP")
    copy_rows("copied", ("n", "word", "words", "numbers"), csv_rows(columns, frame), csv=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT n, word, words, numbers FROM copied ORDER BY n")
        return list(cursor.fetchall())


def test_every_text_and_every_gap_comes_back() -> None:
    words = [*NASTY, None]
    frame = pl.DataFrame(
        {
            "n": range(len(words)),
            "word": words,
            "other": words[::-1],
            "a": [None if n % 2 else n for n in range(len(words))],
            "b": [None if n % 3 else -n for n in range(len(words))],
            "c": [None] * len(words),
        },
        schema_overrides={"c": pl.Int64},
    )
    back = _back(
        frame,
        [
            pl.col("n"),
            csv_text(pl.col("word")),
            *csv_array([csv_element(pl.col("word")), csv_element(pl.col("other")), csv_element(pl.col("word"))]),
            *csv_array([pl.col("a"), pl.col("b"), pl.col("c")]),
        ],
    )
    assert back == [
        (n, word, [word, other, word], [a, b, None])
        for n, word, other, a, b in frame.select("n", "word", "other", "a", "b").iter_rows()
    ]


@pytest.mark.parametrize(
    "words", [["A_1", None, "2025=QUALIFIED"], ["a", "null", "b"], ["a", "", None], ["a b", "{", "x"]]
)
def test_codes_go_as_they_stand_and_other_texts_quoted(words: list[str | None]) -> None:
    frame = pl.DataFrame({"n": range(3), "word": words})
    elements = csv_elements([frame["word"]])
    back = _back(frame, [pl.col("n"), csv_text(pl.col("word")), *csv_array(elements), *csv_array([])])
    assert [row[2] for row in back] == [[word] for word in words]


def test_arrays_of_one_and_of_none() -> None:
    frame = pl.DataFrame({"n": [1, 2], "word": ["x", None]})
    back = _back(
        frame, [pl.col("n"), csv_text(pl.col("word")), *csv_array([csv_element(pl.col("word"))]), *csv_array([])]
    )
    assert back == [(1, "x", ["x"], []), (2, None, [None], [])]


def test_a_line_break_can_not_begin_another_row() -> None:
    frame = pl.DataFrame({"n": [1], "word": ["a\r\nb\tc"]})
    back = _back(frame, [pl.col("n"), csv_text(pl.col("word")), *csv_array([]), *csv_array([pl.col("n")])])
    assert back == [(1, "a  b c", [], [1])]
