"""Files of others, from bytes to cells: `core.rules.workbook`, under the name by which the rules of imports know it."""

from core.rules.workbook import (
    MAX_BYTES,
    Sheet,
    Unreadable,
    Value,
    address,
    check,
    decode,
    kind_of,
    letters,
    limit_child,
    read_file,
    read_text,
)

__all__ = [
    "MAX_BYTES",
    "Sheet",
    "Unreadable",
    "Value",
    "address",
    "check",
    "decode",
    "kind_of",
    "letters",
    "limit_child",
    "read_file",
    "read_text",
]
