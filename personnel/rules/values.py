"""Single values as text and back: what is kept of a value that no longer holds."""

from __future__ import annotations

from datetime import date
from typing import Any

from personnel.rules.fields import FIELDS

# Single values whose absence is null in the record, not an empty text.
_NULL = frozenset({"sex", "political_status", "identity_number"})


def text_of(value: Any) -> str:
    """A value as it is kept: dates as 2026-01-31, nothing as ""."""
    return "" if value is None else str(value)


def value_of(field_code: str, text: str) -> Any:
    """The value of a field whose text was kept.

    >>> value_of("party_joined", "2015-07-01")
    datetime.date(2015, 7, 1)
    """
    kind = FIELDS[field_code].kind
    if kind in ("date", "month"):
        return date.fromisoformat(text) if text else None
    if kind == "number":
        return int(text or 0)
    return None if not text and field_code in _NULL else text
