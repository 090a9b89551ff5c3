"""Ratios of the two committees, each with the definition that it was worked out by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q
from django.db.models.functions import Length

from organization.access import Viewer, after, require
from organization.models import Permission, Unit, UnitFact, UnitKind
from personnel.models import Body, CrossDefinition, Tenure
from personnel.rules.ratios import DENOMINATORS, Crossing, crossing_of, per_cent

FACT = "cross_appointment"  # the fact of a unit that says which definition it reports by


@dataclass(frozen=True, slots=True)
class CrossRatio:
    """A cross-appointment ratio: `ratio` in per cent with one decimal, None where nobody sits; `own`: the unit reports by it."""

    definition: str
    text: str
    numerator: int
    denominator: int
    ratio: Decimal | None
    own: bool
    source: str


def cross_appointment(*, user: Viewer, unit: Unit, day: date, definition: str = "") -> CrossRatio:
    """The ratio of a unit on a day by a definition; without one, by the unit's own, else of all members.

    Raises NotFound or NotAllowed for who may not look at the unit's people. Two or three queries.
    """
    require(user, Permission.VIEW_PEOPLE, unit)
    ratios = {one.definition: one for one in _ratios(unit, day)}
    if definition:
        return ratios[CrossDefinition(definition).value]
    return next((one for one in ratios.values() if one.own), ratios[CrossDefinition.OF_MEMBERS.value])


def cross_appointments(*, user: Viewer, unit: Unit, day: date) -> list[CrossRatio]:
    """The ratio of a unit on a day by every definition. Raises like `cross_appointment`."""
    require(user, Permission.VIEW_PEOPLE, unit)
    return _ratios(unit, day)


def _ratios(unit: Unit, day: date) -> list[CrossRatio]:
    counts, chosen = _crossing(unit, day), _own(unit, day)
    found = []
    for definition in CrossDefinition:
        whole = getattr(counts, DENOMINATORS[definition.value])
        own = chosen is not None and chosen.value == definition.value
        found.append(
            CrossRatio(
                definition.value,
                str(definition.label),
                counts.both,
                whole,
                per_cent(counts.both, whole),
                own,
                chosen.source if own and chosen is not None else "",
            )
        )
    return found


def _crossing(unit: Unit, day: date) -> Crossing:
    """Seats in communities alone: the posts of an estate's branch are of no committee."""
    seats = Tenure.objects.filter(
        Q(end__isnull=True) | Q(end__gt=day),
        start__lte=day,
        body__in=(Body.PARTY, Body.COMMITTEE),
        post__unit__kind=UnitKind.COMMUNITY,
        post__unit__path__gte=unit.path,
        post__unit__path__lt=after(unit.path),
    )
    return crossing_of(seats.values_list("person_id", "post__unit__lineage", "body"))


def _own(unit: Unit, day: date) -> UnitFact | None:
    """The newest word of the unit, or of the nearest one above it, on which definition it reports by."""
    parts = unit.path.rstrip("/").split("/")
    paths = ["/".join(parts[: n + 1]) + "/" for n in range(len(parts))]
    facts = UnitFact.objects.filter(
        key=FACT, day__lte=day, unit__path__in=paths, value__in=CrossDefinition.values
    ).order_by(Length("unit__path").desc(), "-day")
    return facts.first()
