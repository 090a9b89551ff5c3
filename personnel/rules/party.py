"""The tree of party organisations: which kinds stand on which level, and what may stand below what, and where."""

from __future__ import annotations

from collections.abc import Mapping

# Street (town) committee, organisation of a community, branch of an estate or grid, group of a building.
STREET, COMMUNITY, AREA, BUILDING = 1, 2, 3, 4
LEVELS: Mapping[str, int] = {
    "STREET_COMMITTEE": STREET,
    "COMMITTEE": COMMUNITY,
    "GENERAL_BRANCH": COMMUNITY,
    "BRANCH": COMMUNITY,
    "AREA_BRANCH": AREA,
    "AREA_GROUP": AREA,
    "BUILDING_GROUP": BUILDING,
}
# The kinds of unit that an organisation of a level may belong to. A branch of several estates belongs to their grid or
# community and has the estates that it covers beside it.
UNIT_KINDS: Mapping[int, tuple[str, ...]] = {
    STREET: ("STREET",),
    COMMUNITY: ("COMMUNITY",),
    AREA: ("GRID", "ESTATE", "COMMUNITY"),
    BUILDING: ("GRID", "ESTATE", "COMMUNITY"),
}


def faults_of(kind: str, unit_kind: str, unit_path: str, parent_level: int | None, parent_path: str) -> list[str]:
    """What is wrong with the place of an organisation, as codes.

    KIND: there is no such kind. UNIT: this kind of unit has no such organisation. ROOT, PARENT: only street committees
    stand on their own. LEVEL: what is above is not above. PLACE: the unit lies outside the unit of what is above.

    >>> faults_of("AREA_BRANCH", "STREET", "34/3401/", 4, "35/")
    ['UNIT', 'LEVEL', 'PLACE']
    """
    level = LEVELS.get(kind)
    if level is None:
        return ["KIND"]
    found = [] if unit_kind in UNIT_KINDS[level] else ["UNIT"]
    if parent_level is None:
        return found + (["PARENT"] if level != STREET else [])
    if level == STREET:
        return [*found, "ROOT"]
    found += [] if parent_level < level else ["LEVEL"]
    return found + ([] if unit_path.startswith(parent_path) else ["PLACE"])
