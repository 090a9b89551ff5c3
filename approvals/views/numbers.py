"""What the pages of cases share: numbers of rows."""

from __future__ import annotations


def number_of(text: str | None) -> int:
    """A row's number as a page sent it; 0, which no row has, for anything else."""
    return int(text) if text and text.isdecimal() and len(text) < 18 else 0
