"""Which papers somebody's archive has to hold by itself: asked of the apps above, which register when the program starts.

So an archive that is opened late holds what was closed before, although this app knows neither results nor pay.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from personnel.rules.papers import Paper

Papers = Mapping[Paper, Sequence[int]]  # each paper with the people into whose archives it goes


@dataclass
class Sources:
    """The hooks of the apps above, by app: the papers of one person."""

    papers: dict[str, Callable[[int], Papers]] = field(default_factory=dict)

    def of_person_for_system(self, person_id: int) -> Papers:
        found: dict[Paper, Sequence[int]] = {}
        for app in sorted(self.papers):
            found |= self.papers[app](person_id)
        return found


sources = Sources()
