"""The rosters of the five places; each reproduces the figures its article prints."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cwms.demo.places import chaohu, leshan, qingyang, songling, tongren
from cwms.demo.roster import Roster

ROSTERS: Mapping[str, Callable[[], Roster]] = {
    "chaohu": chaohu.roster,
    "songling": songling.roster,
    "tongren": tongren.roster,
    "leshan-shizhong": leshan.roster,
    "qingyang": qingyang.roster,
}
