"""Arithmetic of the personnel file: what an identity number says about a person (GB 11643-1999)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


@dataclass(frozen=True)
class IdentityNumber:
    """What an identity number says: the place of first registration, the birth date and the sex."""

    number: str
    region: str
    birth_date: date
    sex: str


@dataclass(frozen=True)
class IdentityProblem:
    """code: LENGTH, CHECK_DIGIT (params: expected, found), BIRTH_DATE (params: found)."""

    code: str
    params: dict[str, str]


def check_digit(first_seventeen: str) -> str:
    return _CHECKS[sum(int(digit) * weight for digit, weight in zip(first_seventeen, _WEIGHTS, strict=True)) % 11]


def read_identity_number(text: str) -> IdentityNumber | IdentityProblem:
    """Read a number; spaces around it and a small x do not matter.

    The place is not looked up: tables of places are never complete, and a number from a dissolved county is valid.

    >>> read_identity_number("11010519491231002X").sex
    'FEMALE'
    >>> read_identity_number("110105194912310021")
    IdentityProblem(code='CHECK_DIGIT', params={'expected': 'X', 'found': '1'})
    """
    number = text.strip().upper()
    if not re.fullmatch(r"\d{17}[\dX]", number):
        return IdentityProblem("LENGTH", {"found": number})
    expected = check_digit(number[:17])
    if number[17] != expected:
        return IdentityProblem("CHECK_DIGIT", {"expected": expected, "found": number[17]})
    try:
        birth_date = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return IdentityProblem("BIRTH_DATE", {"found": number[6:14]})
    return IdentityNumber(number, number[:6], birth_date, "MALE" if int(number[16]) % 2 else "FEMALE")
