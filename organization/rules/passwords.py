"""What a password has to be: two profiles, each for its own readers.

`mlps3` is what assessors of 等保 level 3 look for (length, kinds of characters, renewal, no reuse); `modern` is NIST SP
800-63B and OWASP ASVS 5.0 (length, nothing that is guessed first, no renewal by the calendar). docs/decisions/0029.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST = 128
CONTEXT = ("cwms", "shequ", "社区", "社工", "password", "mima", "密码")  # what is guessed first here
KINDS = {
    "small letters": re.compile(r"[a-z]"),
    "capital letters": re.compile(r"[A-Z]"),
    "digits": re.compile(r"[0-9]"),
    "others": re.compile(r"[^a-zA-Z0-9]"),
}


@dataclass(frozen=True, slots=True)
class Profile:
    """shortest: characters. kinds: of the four of KINDS at least so many. days: renewal, None for never.
    kept: this one and so many before it are not taken again, 0 for no memory."""

    shortest: int
    kinds: int
    days: int | None
    kept: int


PROFILES: Mapping[str, Profile] = {
    "mlps3": Profile(shortest=10, kinds=3, days=90, kept=5),
    "modern": Profile(shortest=12, kinds=0, days=None, kept=1),
}


def kinds_in(password: str) -> int:
    return sum(bool(pattern.search(password)) for pattern in KINDS.values())


def context_words(*names: str) -> tuple[str, ...]:
    """What a password of somebody with these names must not contain, in small letters."""
    parts = {part for name in names for part in re.split(r"[\s._@+\-]+", name.lower())}
    own = {word for word in {*parts, *(name.lower() for name in names)} if len(word) >= (5 if word.isascii() else 2)}
    return tuple(sorted({*CONTEXT, *own}))


def faults_of(profile: Profile, password: str, words: Iterable[str]) -> list[str]:
    """Which rules a password breaks, of "shortest", "longest", "kinds" and "words"; characters are counted, not bytes."""
    found = []
    if len(password) < profile.shortest:
        found.append("shortest")
    if len(password) > LONGEST:
        found.append("longest")
    if kinds_in(password) < profile.kinds:
        found.append("kinds")
    lowered = password.lower()
    if any(word in lowered for word in words):
        found.append("words")
    return found


def too_old(profile: Profile, chosen: datetime | None, moment: datetime) -> bool:
    """Whether a password chosen at a moment has to be renewed; one of which that is not known has not."""
    return profile.days is not None and chosen is not None and moment - chosen >= timedelta(days=profile.days)
