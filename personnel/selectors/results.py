"""What closed results say of people, for conditions of rising and moving: asked of the app above that keeps them.

This app knows no results; assessment registers when the program starts, as it does for papers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from policy.rules.document import Policy
from policy.rules.facts import Facts

Reader = Callable[[Facts, Policy, int, Collection[str]], Facts]


@dataclass
class Results:
    """The hook: adds the columns of results up to a year that are among some needs to facts of people."""

    reader: Reader | None = None

    def added_for_system(self, facts: Facts, policy: Policy, up_to_year: int, needs: Collection[str]) -> Facts:
        """The facts with what results say; as they are where nobody keeps results."""
        return facts if self.reader is None else self.reader(facts, policy, up_to_year, needs)


results = Results()
