"""Ratios as offices print them: per cent with one decimal, rounded half up, from whole numbers alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal


def per_cent(part: int, whole: int) -> Decimal | None:
    """`part` of `whole` in per cent with one decimal, half up; None of nothing.

    >>> per_cent(152, 290), per_cent(1, 16), per_cent(0, 0)
    (Decimal('52.4'), Decimal('6.3'), None)
    """
    if whole <= 0:
        return None
    return Decimal((2_000 * part + whole) // (2 * whole)).scaleb(-1)


@dataclass(frozen=True, slots=True)
class Crossing:
    """How many people sit in the two committees of communities: in either, in each, in both of one community."""

    members: int
    party: int
    committee: int
    both: int


def crossing_of(seats: Iterable[tuple[int, int, str]]) -> Crossing:
    """Counts people once, wherever and how often they sit.

    seats: (person, community, body), body being PARTY or COMMITTEE. Who sits in the party organisation of one community
    and in the residents' committee of another is in either of them and crosses nothing.
    """
    bodies: dict[tuple[int, int], set[str]] = {}
    for person, community, body in seats:
        bodies.setdefault((person, community), set()).add(body)
    in_body = {
        body: {person for (person, _community), held in bodies.items() if body in held}
        for body in ("PARTY", "COMMITTEE")
    }
    both = {person for (person, _community), held in bodies.items() if held >= {"PARTY", "COMMITTEE"}}
    return Crossing(
        members=len(in_body["PARTY"] | in_body["COMMITTEE"]),
        party=len(in_body["PARTY"]),
        committee=len(in_body["COMMITTEE"]),
        both=len(both),
    )


# The denominator of each definition (personnel.models.CrossDefinition); the numerator is always `both`.
DENOMINATORS = {"OF_MEMBERS": "members", "OF_PARTY": "party", "OF_COMMITTEE": "committee"}
