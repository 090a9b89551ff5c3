"""What can be wrong with a policy file: a code with parameters, where, what is allowed, and the nearest spelling.

The words are labels of `policy.models.PolicyErrorCode`; a test compares the two lists.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class PolicyError:
    """One error: `file` and `line` (from 1), the key path, the code with its parameters, and what would be right."""

    line: int
    key: str
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
    allowed: tuple[str, ...] = ()
    nearest: str | None = None
    file: str = ""


class PolicyErrors(Exception):
    """Everything that is wrong with a file, in the order of its lines."""

    def __init__(self, errors: Iterable[PolicyError]) -> None:
        self.errors: tuple[PolicyError, ...] = tuple(errors)
        super().__init__("; ".join(f"{e.file}:{e.line}: {e.key}: {e.code} {dict(e.params)}" for e in self.errors[:20]))


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """The allowed word that was most probably meant, or None; upper and lower case are forgiven."""
    candidates = list(allowed)
    folded = {candidate.casefold(): candidate for candidate in reversed(candidates)}
    plain = word.casefold().replace("-", "_").replace(" ", "_")
    if plain in folded:
        return folded[plain]
    found = difflib.get_close_matches(plain, list(folded), n=1, cutoff=0.6)
    return folded[found[0]] if found else None
