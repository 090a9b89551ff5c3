"""Rules of the personnel file: identity numbers, dates, names, fields. Pure functions without a database."""

from personnel.rules.identity import (
    IdentityNumber,
    IdentityProblem,
    check_digit,
    document_of,
    read_document_number,
    read_identity_number,
)

__all__ = [
    "IdentityNumber",
    "IdentityProblem",
    "check_digit",
    "document_of",
    "read_document_number",
    "read_identity_number",
]
