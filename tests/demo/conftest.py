from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings

from cwms.demo.load import load_roster
from cwms.demo.places import ROSTERS
from cwms.demo.roster import Roster
from policy.services import policy_load

PARENTS = {"qingyang": "gansu"}


@pytest.fixture
def place(db) -> Callable[[str], Roster]:
    """Loads a place's policy and records."""

    def load(name: str) -> Roster:
        for folder in filter(None, (PARENTS.get(name), name)):
            for path in sorted((settings.BASE_DIR / "policies" / folder).glob("*.yaml")):
                policy_load(actor=None, text=path.read_text(encoding="utf-8"), name=path.name)
        roster = ROSTERS[name]()
        assert load_roster(roster)
        return roster

    return load
