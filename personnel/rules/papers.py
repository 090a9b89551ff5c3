"""Papers that file themselves: what an archive holds because something else was decided and closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper as it goes into the archives of some people.

    source: what it comes from ("assessment.2025"); an archive has one paper of a source, and filing it again corrects
    that one. category: of ArchiveCategory. day: of the paper, from which on it is in the file.
    """

    source: str
    category: str
    title: str
    day: date
    document: str = ""
    issuer: str = ""
