"""What the code of a unit says: its level, what it may belong to, and the form that the statistical division gives it.

A code has twelve digits, two for the province, two for the city, two for the county, three for the street or town and
three for the community; grids and estates have three more of their own.
"""

from __future__ import annotations

from collections.abc import Iterable

DIGITS = {"PROVINCE": 2, "CITY": 4, "COUNTY": 6, "STREET": 9, "COMMUNITY": 12, "GRID": 15, "ESTATE": 15}
OWN = ("GRID", "ESTATE")  # their codes are the place's own

# A county may stand directly below its province, a street directly below a city that has no counties.
PARENTS: dict[str, tuple[str, ...]] = {
    "PROVINCE": (),
    "CITY": ("PROVINCE",),
    "COUNTY": ("CITY", "PROVINCE"),
    "STREET": ("COUNTY", "CITY"),
    "COMMUNITY": ("STREET",),
    "GRID": ("COMMUNITY",),
    "ESTATE": ("COMMUNITY",),
}


def children_of(kind: str) -> tuple[str, ...]:
    """The kinds of unit that may stand directly below one of this kind, highest first."""
    return tuple(child for child, parents in PARENTS.items() if kind in parents)


def form_of(kind: str, code: str) -> str:
    """What the code says about the form of a unit: SUBDISTRICT, TOWN, TOWNSHIP, RESIDENTS, VILLAGERS, or "".

    In the statistical division the third part of a street's code is 001-099 for a street office (街道), 100-199 for a
    town (镇) and 200-399 for a township (乡); a community's last part is 001-199 for a residents' committee and 200-399
    for a villagers' committee.
    """
    if kind == "STREET":
        number = int(code[6:9])
        return (
            "SUBDISTRICT"
            if 1 <= number < 100
            else "TOWN"
            if 100 <= number < 200
            else "TOWNSHIP"
            if 200 <= number < 400
            else ""
        )
    if kind == "COMMUNITY":
        number = int(code[9:12])
        return "RESIDENTS" if 1 <= number < 200 else "VILLAGERS" if 200 <= number < 400 else ""
    return ""


def code_faults(kind: str, code: str, parent_kind: str | None, parent_code: str) -> list[str]:
    """What is wrong with the full code of a unit below its parent, as codes of faults.

    KIND: no such kind; PLACE: this kind doesn't stand there; DIGITS: the code has another length or level than the
    kind; PREFIX: the code does not begin with the parent's.
    """
    if kind not in PARENTS:
        return ["KIND"]
    faults = []
    allowed = PARENTS[kind]
    if (parent_kind or None) not in (allowed or (None,)):
        faults.append("PLACE")
    length = DIGITS[kind]
    ascii_digits = code.isascii() and code.isdigit()
    if (
        not ascii_digits
        or len(code) != max(length, 12)
        or (length <= 12 and code[length:].strip("0"))
        or (length > 2 and not code[_start(length) : length].strip("0"))
    ):
        faults.append("DIGITS")
    if parent_code and not faults and not code.startswith(parent_code[: min(DIGITS.get(parent_kind or "", 12), 12)]):
        faults.append("PREFIX")
    return faults


def _start(length: int) -> int:
    """Where the digits of a level begin."""
    return {4: 2, 6: 4, 9: 6, 12: 9, 15: 12}[length]


def next_code(parent_code: str, used: Iterable[str]) -> str:
    """The next free code of a grid or an estate: the community's and the number after the highest that was ever used.

    A number is never given twice, so that a code in an old paper means one thing. Empty when 999 is used.
    """
    numbers = [int(code[12:]) for code in used if len(code) == 15 and code.startswith(parent_code)]
    number = max(numbers, default=0) + 1
    return f"{parent_code}{number:03}" if number <= 999 else ""
