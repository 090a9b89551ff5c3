"""Reads of party organisations: the tree of a unit on a day, counts by kind, one organisation with its past."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import CharField, Count, F, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from core.errors import NotFound
from organization.access import Viewer, after, require, scope_for
from organization.models import STREET_DIGITS, Permission, Unit, UnitKind, path_above, units_on
from personnel.models import (
    COUNTED_CATEGORIES,
    Employment,
    HouseholdKind,
    PartyArea,
    PartyForm,
    PartyHousehold,
    PartyKind,
    PartyOrganization,
    Person,
    PostTitle,
    Tenure,
)
from personnel.models.ranges import holding
from personnel.rules.party import AREA, COMMUNITY
from personnel.selectors.people import person_for
from personnel.selectors.units import Holder

MOST = 400  # organisations on one page; units of more show the upper levels


@dataclass(frozen=True, slots=True)
class PartyCount:
    """How many of a kind there are in and below a unit.

    kind: of PartyKind, of HouseholdKind, "ESTATES" covered, or "GUESTS": organisations elsewhere whose members register here.
    """

    kind: str
    label: str
    number: int


@dataclass(frozen=True, slots=True)
class PartyNode:
    """An organisation on a day. secretaries: who holds its post; workers: those of them who are employed as workers."""

    organization: PartyOrganization
    form: PartyForm
    depth: int
    secretaries: list[Holder]
    workers: frozenset[int]
    below: int
    households: int

    @property
    def has_secretary(self) -> bool:
        """Whether the post of a secretary belongs to this level of organisation (streets keep theirs elsewhere)."""
        return self.organization.level in (COMMUNITY, AREA)


@dataclass(frozen=True, slots=True)
class PartyTree:
    """The organisations of a unit on a day, from above; `left_out`: lower ones that are too many for one page."""

    counts: list[PartyCount]
    nodes: list[PartyNode]
    left_out: int
    led_by_workers: int
    without_secretary: int


@dataclass(frozen=True, slots=True)
class PartyPage:
    node: PartyNode
    forms: list[PartyForm]
    above: PartyForm | None
    below: list[PartyForm]
    areas: list[PartyArea]
    households: list[PartyHousehold]
    holds: bool
    may_change: bool


def _inside(unit: Unit, prefix: str = "unit__") -> Q:
    return Q(**{f"{prefix}path__gte": unit.path, f"{prefix}path__lt": after(unit.path)})


def party_counts(*, user: Viewer, unit: Unit, day: date) -> list[PartyCount]:
    """How many organisations of each kind, estates covered and households there are in and below a unit on a day.

    Nothing for who may not look at people there. One query; kinds of which there are none are left out.
    """
    if not scope_for(user, Permission.VIEW_PEOPLE).covers(unit.path):
        return []
    return _counts(unit, day)


def unit_party(user: Viewer, unit: Unit, day: date) -> list[PartyCount]:
    """`party_counts` for the page of a unit."""
    return party_counts(user=user, unit=unit, day=day)


def _counts(unit: Unit, day: date) -> list[PartyCount]:
    """One query: forms, households and members who register here by kind, and the estates that are covered.

    An estate is covered by the organisation of its own or by one that covers more.
    """
    forms = PartyForm.objects.filter(holding(day), _inside(unit)).order_by()
    homes = PartyHousehold.objects.filter(holding(day), organization__in=forms.values("organization")).order_by()
    areas = PartyArea.objects.filter(holding(day), _inside(unit), unit__kind=UnitKind.ESTATE).order_by()
    own = forms.filter(level=AREA, unit__kind=UnitKind.ESTATE)
    guests = (
        Tenure.objects.filter(holding(day), _inside(unit, "post__unit__"), title=PostTitle.REGISTERED_MEMBER)
        .exclude(home_organization="")
        .order_by()
    )
    lineage = Cast("unit__lineage", CharField())
    rows = _tagged(forms, "form", "kind", Count("pk")).union(
        _tagged(homes, "home", "kind", Count("pk")),
        _tagged(areas, "area", lineage, Count("pk")),
        _tagged(own, "area", lineage, Count("pk")),
        _tagged(guests, "guest", "home_organization", Count("person", distinct=True)),
        all=True,
    )
    numbers: dict[str, dict[str, int]] = {"form": {}, "home": {}, "area": {}, "guest": {}}
    for what, key, number in rows:
        numbers[what][key] = number
    found = [PartyCount(kind.value, str(kind.label), numbers["form"].get(kind.value, 0)) for kind in PartyKind]
    found.append(PartyCount("ESTATES", _("estates covered by branches"), len(numbers["area"])))
    found += [PartyCount(kind.value, str(kind.label), numbers["home"].get(kind.value, 0)) for kind in HouseholdKind]
    found.append(PartyCount("GUESTS", _("organisations whose members register here"), len(numbers["guest"])))
    return [one for one in found if one.number]


def _tagged(rows: QuerySet[Any], what: str, key: Any, number: Any) -> QuerySet[Any, Any]:
    """(what, key, how many rows of it)."""
    named = rows.annotate(what=Value(what, CharField()), key=F(key) if isinstance(key, str) else key)
    found: QuerySet[Any, Any] = named.values("what", "key").annotate(number=number).values_list("what", "key", "number")
    return found


def party_tree(*, user: Viewer, unit: Unit, day: date) -> PartyTree:
    """The organisations in and below a unit on a day, each below its own. Raises NotFound, NotAllowed.

    A constant number of queries. More than MOST: whole levels are left out, from the lowest.
    """
    require(user, Permission.VIEW_PEOPLE, unit)
    counts = _counts(unit, day)
    forms = list(
        PartyForm.objects.filter(holding(day), _inside(unit))
        .select_related("organization", "unit")
        .order_by("name", "pk")
    )
    shown = forms
    while len(shown) > MOST and len({form.level for form in shown}) > 1:
        lowest = max(form.level for form in shown)
        shown = [form for form in shown if form.level < lowest]
    secretaries, workers = _secretaries(forms, day)
    nodes = _in_order(shown[:MOST], _numbers(shown[:MOST], day), secretaries, workers)
    led = [secretaries.get(form.organization_id, []) for form in forms if form.level == AREA]
    return PartyTree(
        counts=counts,
        nodes=nodes,
        left_out=len(forms) - len(nodes),
        led_by_workers=sum(1 for held in led if any(one.person_id in workers for one in held)),
        without_secretary=sum(
            1 for form in forms if form.level in (COMMUNITY, AREA) and not secretaries.get(form.organization_id)
        ),
    )


def _in_order(
    forms: list[PartyForm],
    numbers: dict[int, tuple[int, int]],
    secretaries: dict[int, list[Holder]],
    workers: frozenset[int],
) -> list[PartyNode]:
    """Each organisation behind the one that it belongs to; what hangs on nothing shown begins on the left."""
    own = {form.organization_id for form in forms}
    below: dict[int | None, list[PartyForm]] = {}
    for form in sorted(forms, key=lambda one: (one.level, one.unit.path, one.name)):
        below.setdefault(form.parent_id if form.parent_id in own else None, []).append(form)
    nodes: list[PartyNode] = []
    stack = [(form, 0) for form in reversed(below.get(None, []))]
    while stack:
        form, depth = stack.pop()
        number = form.organization_id
        nodes.append(
            PartyNode(
                form.organization, form, depth, secretaries.get(number, []), workers, *numbers.get(number, (0, 0))
            )
        )
        stack += [(one, depth + 1) for one in reversed(below.get(number, []))]
    return nodes


def _numbers(forms: Iterable[PartyForm], day: date) -> dict[int, tuple[int, int]]:
    """By organisation: how many hang on it, and how many households."""
    own = [form.organization_id for form in forms]
    below = dict(
        PartyForm.objects.filter(holding(day), parent__in=own).order_by().values_list("parent").annotate(Count("pk"))
    )
    houses = dict(
        PartyHousehold.objects.filter(holding(day), organization__in=own)
        .order_by()
        .values_list("organization")
        .annotate(Count("pk"))
    )
    return {number: (below.get(number, 0), houses.get(number, 0)) for number in own}


def _secretaries(forms: Iterable[PartyForm], day: date) -> tuple[dict[int, list[Holder]], frozenset[int]]:
    """Who holds the post of each organisation on the day: of a community in its unit, of a branch in its unit or estates.

    Also the people among them who are employed in a category that counts. Three queries.
    """
    places: dict[tuple[int, str], list[int]] = {}
    titles = {COMMUNITY: PostTitle.PARTY_SECRETARY.value, AREA: PostTitle.BRANCH_SECRETARY.value}
    branches: dict[int, int] = {}
    for form in forms:
        if form.level in titles:
            places.setdefault((form.unit.first_row, titles[form.level]), []).append(form.organization_id)
        if form.level == AREA:
            branches[form.organization_id] = form.unit.first_row
    areas = PartyArea.objects.filter(holding(day), organization__in=list(branches)).values_list(
        "organization", "unit__lineage"
    )
    for organization, lineage in areas:
        if lineage != branches[organization]:
            places.setdefault((lineage, titles[AREA]), []).append(organization)
    tenures = Tenure.objects.filter(
        holding(day), title__in=titles.values(), post__unit__lineage__in={lineage for lineage, _title in places}
    ).values_list("post__unit__lineage", "title", "person_id", "person__name", "start")
    found: dict[int, list[Holder]] = {}
    for lineage, title, person, name, start in tenures.order_by("start", "pk"):
        for organization in places.get((lineage, title), []):
            found.setdefault(organization, []).append(Holder(person, name, start))
    people = {holder.person_id for held in found.values() for holder in held}
    workers = Employment.objects.filter(holding(day), person__in=people, category__in=COUNTED_CATEGORIES)
    return found, frozenset(workers.values_list("person_id", flat=True))


def party_get(*, user: Viewer, number: int) -> PartyForm:
    """The last form of an organisation in the user's units, with organisation and unit. Raises NotFound."""
    rows = PartyForm.objects.filter(organization=number).select_related("organization", "unit__parent")
    form = scope_for(user, Permission.VIEW_PEOPLE).filter(rows, "unit__path").order_by("-start").first()
    if form is None:
        raise NotFound(_("There is no such party organisation."))
    return form


def party_page(*, user: Viewer, number: int, day: date) -> PartyPage:
    """One organisation on a day with its past, what is below it and its households. Raises NotFound."""
    last = party_get(user=user, number=number)
    forms = list(
        PartyForm.objects.filter(organization=number).select_related("organization", "unit").order_by("-start")
    )
    form = next((one for one in forms if one.start <= day), forms[-1])
    secretaries, workers = _secretaries([form], day)
    households = list(
        PartyHousehold.objects.filter(holding(day), organization=number).select_related("person").order_by("name", "pk")
    )
    below = list(PartyForm.objects.filter(holding(day), parent=number).order_by("level", "name"))
    above = PartyForm.objects.filter(holding(day), organization=form.parent_id).first() if form.parent_id else None
    node = PartyNode(form.organization, form, 0, secretaries.get(number, []), workers, len(below), len(households))
    return PartyPage(
        node=node,
        forms=forms,
        above=above,
        below=below,
        areas=list(
            PartyArea.objects.filter(holding(day), organization=number).select_related("unit").order_by("unit__path")
        ),
        households=households,
        holds=form.start <= day and (form.end is None or form.end > day),
        may_change=scope_for(user, Permission.CHANGE_PEOPLE).covers(last.unit.path),
    )


def parents_for(*, user: Viewer, unit: Unit, day: date, level: int = 4) -> list[PartyForm]:
    """The organisations that one of a level in a unit may belong to: those of its street that the user sees."""
    street = path_above(unit.path, STREET_DIGITS)
    forms = PartyForm.objects.filter(
        holding(day), unit__path__gte=street, unit__path__lt=after(street), level__lt=level
    ).select_related("organization", "unit")
    scope = scope_for(user, Permission.VIEW_PEOPLE)
    return list(scope.filter(forms, "unit__path").order_by("level", "unit__path", "name")[:MOST])


def estates_for_system(*, unit: Unit, day: date) -> list[Unit]:
    """The estates and grids of the community that a unit is or lies in, on a day."""
    community = unit if unit.kind == UnitKind.COMMUNITY or unit.parent is None else unit.parent
    found = Unit.objects.filter(
        units_on(day), path__gt=community.path, path__lt=after(community.path), kind__in=("ESTATE", "GRID")
    )
    return list(found.order_by("kind", "name")[:MOST])


def household_for_system(*, organization: PartyOrganization, number: int) -> PartyHousehold:
    """A household of an organisation that the user has been shown. Raises NotFound."""
    found = PartyHousehold.objects.filter(organization=organization, pk=number).select_related("organization").first()
    if found is None:
        raise NotFound(_("There is no such household."))
    return found


def person_of_number(*, user: Viewer, number: str) -> Person:
    """Somebody among the user's people by identity number. Raises NotFound."""
    found = Person.objects.filter(identity_number=number.strip().upper()).values_list("pk", flat=True).first()
    if found is None:
        raise NotFound(_("Nobody with this identity number is among your people."))
    try:
        return person_for(user=user, person_id=found)
    except NotFound as error:
        raise NotFound(_("Nobody with this identity number is among your people.")) from error


def party_forms_list(*, user: Viewer, day: date) -> QuerySet[PartyForm]:
    """The organisations in the user's units as they are on a day."""
    forms = PartyForm.objects.filter(holding(day)).select_related("organization", "unit")
    return scope_for(user, Permission.VIEW_PEOPLE).filter(forms, "unit__path")
