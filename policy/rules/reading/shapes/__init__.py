"""The keys of a policy file that do more than fill the field of their name: short forms, and two fields under one key.

Each module registers its shapes with `blocks` when it is imported.
"""

from policy.rules.reading.shapes import (
    archives,
    assessment,
    check,
    employment,
    pay,
    place,
    procedures,
    quota,
    recruitment,
    scales,
)

__all__ = [
    "archives",
    "assessment",
    "check",
    "employment",
    "pay",
    "place",
    "procedures",
    "quota",
    "recruitment",
    "scales",
]
