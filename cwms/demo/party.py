"""Party organisations of the demonstration: one for each street and one for each community with people.

In the first such community of every street there are all levels below as well: an estate, its branch, the group of a
building, and the households that somebody of the community answers for.
"""

from __future__ import annotations

from datetime import date

from cwms.demo.roster import Roster, Worker
from organization.models import Unit, UnitKind
from personnel.models import PartyForm, PartyHousehold, PartyOrganization, Person

START = date(2021, 7, 1)  # after the places' last general elections


def load_party(roster: Roster, units: dict[str, Unit], people: list[tuple[Person, Worker]]) -> None:
    """Writes the organisations of the communities in which somebody works, and of the streets above them."""
    communities = sorted({worker.unit for worker in roster.workers})
    streets = sorted({code[:9] for code in communities})
    made = PartyOrganization.objects.bulk_create(
        [PartyOrganization(level=1, start=START) for _code in streets]
        + [PartyOrganization(level=2, start=START) for _code in communities]
    )
    by_code = dict(zip([*streets, *communities], made, strict=True))
    PartyForm.objects.bulk_create(
        [
            PartyForm(
                organization=by_code[code],
                kind="STREET_COMMITTEE",
                level=1,
                name=f"{units[code].name}{'党工委' if units[code].name.endswith('街道') else '党委'}",
                unit=units[code],
                start=START,
            )
            for code in streets
        ]
        + [
            PartyForm(
                organization=by_code[code],
                kind="COMMITTEE",
                level=2,
                name=f"{units[code].name}党委",
                parent=by_code[code[:9]],
                unit=units[code],
                start=START,
            )
            for code in communities
        ]
    )
    first = {code[:9]: code for code in reversed(communities)}
    _load_estates([units[code] for code in first.values()], [by_code[code] for code in first.values()], people)


def _load_estates(
    communities: list[Unit], committees: list[PartyOrganization], people: list[tuple[Person, Worker]]
) -> None:
    """An estate in each of some communities, with what there is of the party in it."""
    estates = Unit.objects.bulk_create(  # numbered from 901 on: where there are grids, they are 001 and on
        Unit(
            code=f"{community.code}901", name=f"{community.name.removesuffix('社区')}花园小区", kind=UnitKind.ESTATE,
            parent=community, path=f"{community.path}{community.code}901/", valid_from=community.valid_from,
        )
        for community in communities
    )  # fmt: skip
    branches = PartyOrganization.objects.bulk_create(PartyOrganization(level=3, start=START) for _estate in estates)
    groups = PartyOrganization.objects.bulk_create(PartyOrganization(level=4, start=START) for _estate in estates)
    places = list(zip(communities, committees, estates, branches, groups, strict=True))
    PartyForm.objects.bulk_create(
        form
        for _community, committee, estate, branch, group in places
        for form in (
            PartyForm(
                organization=branch, kind="AREA_BRANCH", level=3, name=f"{estate.name}党支部", parent=committee,
                unit=estate, start=START,
            ),
            PartyForm(
                organization=group, kind="BUILDING_GROUP", level=4, name="1号楼党小组", parent=branch, unit=estate,
                start=START,
            ),
        )
    )  # fmt: skip
    here: dict[str, list[Person]] = {}
    for person, worker in people:
        if worker.end is None:
            here.setdefault(worker.unit, []).append(person)
    PartyHousehold.objects.bulk_create(
        PartyHousehold(
            organization=group, kind=kind, name=f"1号楼{number + 1}01户", person=person, start=START,
        )
        for community, _committee, _estate, _branch, group in places
        for number, (kind, person) in enumerate(
            zip(("MEMBERS", "CONTACT", "CONTACT"), here.get(community.short_code, ()), strict=False)
        )
    )  # fmt: skip
