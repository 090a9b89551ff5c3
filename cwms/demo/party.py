"""Party organisations of the demonstration: one for each street and one for each community with people.

Branches of estates, groups of buildings and households are of estates that the demonstration does not have; they are
entered in the pages.
"""

from __future__ import annotations

from datetime import date

from cwms.demo.roster import Roster
from organization.models import Unit
from personnel.models import PartyForm, PartyOrganization

START = date(2021, 7, 1)  # after the places' last general elections


def load_party(roster: Roster, units: dict[str, Unit]) -> None:
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
