"""Arithmetic of the personnel file: what the number of an identity document says about a person.

Identity cards (GB 11643-1999), the residence permits for people of Hong Kong, Macao and Taiwan, and the permanent
residence cards for foreigners of 2023 share one form: six digits of a place, the birth date, three digits whose last is
odd for men, and a check digit. Foreigners' older cards have three letters of a country and twelve digits.
"""

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
    """code: LENGTH (params: found), CHECK_DIGIT (expected, found), BIRTH_DATE (found), PREFIX (found, expected)."""

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


# The first digits of each document's numbers; an identity card may begin with any place.
PREFIXES: dict[str, tuple[str, ...]] = {
    "HK_MACAO_RESIDENCE": ("810000", "820000"),
    "TAIWAN_RESIDENCE": ("830000",),
    "FOREIGN_RESIDENCE": ("9",),
}
_OLD_FOREIGN_CARD = re.compile(r"[A-Z]{3}\d{12}")


def document_of(text: str) -> str:
    """The kind of document that a number's first digits speak for; what is no number at all counts as an identity card.

    >>> document_of("830000199201300022")
    'TAIWAN_RESIDENCE'
    """
    number = text.strip().upper()
    if _OLD_FOREIGN_CARD.fullmatch(number):
        return "FOREIGN_RESIDENCE"
    return next((kind for kind, prefixes in PREFIXES.items() if number.startswith(prefixes)), "RESIDENT_ID")


def read_document_number(document_type: str, text: str) -> IdentityNumber | IdentityProblem | None:
    """Read the number of a document; None for a foreigner's older card, which says neither birth date nor sex for sure.

    >>> read_document_number("TAIWAN_RESIDENCE", "11010519491231002X")
    IdentityProblem(code='PREFIX', params={'found': '110105', 'expected': '830000'})
    """
    number = text.strip().upper()
    if document_type == "FOREIGN_RESIDENCE" and _OLD_FOREIGN_CARD.fullmatch(number):
        return None
    read = read_identity_number(number)
    prefixes = PREFIXES.get(document_type, ())
    if isinstance(read, IdentityNumber) and prefixes and not number.startswith(prefixes):
        return IdentityProblem("PREFIX", {"found": number[:6], "expected": "/".join(prefixes)})
    return read
