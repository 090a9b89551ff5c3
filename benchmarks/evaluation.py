"""The evaluation of a place, with all inputs, in the same house."""

from __future__ import annotations


def evaluate(place: str) -> float | None:
    return None
