"""Rules of the personnel file: identity numbers, dates, names, fields. Pure functions without a database."""

from personnel.rules.identity import IdentityNumber, IdentityProblem, check_digit, read_identity_number

__all__ = ["IdentityNumber", "IdentityProblem", "check_digit", "read_identity_number"]
