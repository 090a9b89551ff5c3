from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personnel.rules import IdentityNumber, IdentityProblem, check_digit, read_identity_number


@pytest.mark.parametrize("region", ["340181", "330213", "520602", "520603", "621002", "370785", "232762"])
def test_numbers_of_every_place_are_read_also_of_places_that_tables_lack(region: str) -> None:
    first = f"{region}19900501123"
    read = read_identity_number(first + check_digit(first))
    assert read == IdentityNumber(first + check_digit(first), region, date(1990, 5, 1), "MALE")


def test_the_published_example_of_the_standard() -> None:
    assert check_digit("11010519491231002") == "X"
    assert read_identity_number(" 11010519491231002x ") == IdentityNumber(
        "11010519491231002X", "110105", date(1949, 12, 31), "FEMALE"
    )


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        ("11010519491231002", IdentityProblem("LENGTH", {"found": "11010519491231002"})),
        ("", IdentityProblem("LENGTH", {"found": ""})),
        ("1101051949123100AX", IdentityProblem("LENGTH", {"found": "1101051949123100AX"})),
        ("110105194912310021", IdentityProblem("CHECK_DIGIT", {"expected": "X", "found": "1"})),
    ],
)
def test_what_is_wrong_is_named(number: str, problem: IdentityProblem) -> None:
    assert read_identity_number(number) == problem


def test_a_date_that_is_none_is_named() -> None:
    first = "34018119900230123"
    assert read_identity_number(first + check_digit(first)) == IdentityProblem("BIRTH_DATE", {"found": "19900230"})


@given(st.integers(0, 99999), st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(tail: int, place: int, shift: int) -> None:
    first = f"340181199001{tail:05d}"
    number = first + check_digit(first)
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    read = read_identity_number(wrong)
    assert isinstance(read, IdentityProblem)
    assert read.code == "CHECK_DIGIT"
