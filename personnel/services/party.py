"""Writes of party organisations: open, rename, move, close; the estates of a branch; households."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.errors import NotFound, Refused
from core.services import audit
from organization.access import require
from organization.models import Permission, Unit, User
from organization.services import hold_tree, newest_row
from personnel.models import (
    HouseholdKind,
    PartyArea,
    PartyForm,
    PartyHousehold,
    PartyKind,
    PartyOrganization,
    Person,
    PoliticalStatus,
)
from personnel.rules.party import AREA, LEVELS, faults_of
from personnel.services.steps import columns_of, name_writer, refuse, save_checked, state_of


@transaction.atomic
def party_open(
    *,
    actor: User | None,
    kind: str,
    name: str,
    unit: Unit,
    parent: PartyOrganization | None,
    day: date,
    document: str = "",
) -> PartyOrganization:
    """From `day` on there is a party organisation in a unit, below another; only street committees have none above.

    Raises Refused with everything that is wrong, by attribute, Conflict for a name or place that is taken.
    """
    _authorise(actor, unit)
    hold_tree()
    unit, first_day = newest_row(unit)
    above = _locked(parent) if parent is not None else None
    errors = _place_errors(kind, name, unit, above, day)
    if day < first_day or (unit.valid_to is not None and unit.valid_to <= day):
        errors.setdefault("day", []).append(_("%(unit)s does not exist on %(day)s.") % {"unit": unit.name, "day": day})
    refuse(errors)
    name_writer(actor, "party.open", document=document)
    made = PartyOrganization.objects.create(level=LEVELS[kind], start=day)
    form = PartyForm(
        organization=made,
        kind=kind,
        level=made.level,
        name=name.strip(),
        parent=above,
        unit=unit,
        start=day,
        document=document.strip(),
    )
    save_checked(form)
    _audit(actor, "open", form, unit)
    return made


@transaction.atomic
def party_rename(
    *, actor: User | None, organization: PartyOrganization, day: date, name: str, kind: str = "", document: str = ""
) -> PartyForm:
    """From `day` on it has another name, or is another kind of the same level (a branch that becomes a general branch)."""
    return _reform(
        actor, organization, day, "rename", {"name": name.strip()} | ({"kind": kind} if kind else {}), document
    )


@transaction.atomic
def party_move(
    *,
    actor: User | None,
    organization: PartyOrganization,
    day: date,
    parent: PartyOrganization | None,
    unit: Unit | None = None,
    document: str = "",
) -> PartyForm:
    """From `day` on it belongs to another organisation, and to another unit if one is given; what is below it goes along.

    The actor may change people where it was and where it goes.
    """
    changes: dict[str, Any] = {"parent": parent}
    if unit is not None:
        _authorise(actor, unit)
        changes["unit"] = newest_row(unit)[0]
    return _reform(actor, organization, day, "move", changes, document)


@transaction.atomic
def party_close(
    *, actor: User | None, organization: PartyOrganization, day: date, document: str = ""
) -> PartyOrganization:
    """It no longer is from `day` on. Refused while something below it still is; its estates are free from that day."""
    _authorise(actor, _last_form(organization).unit)
    hold_tree()
    organization = _locked(organization)
    form = _open_form(organization, day)
    still = Q(end__isnull=True) | Q(end__gt=day)
    errors = [
        _("%(name)s still belongs to it on %(day)s. Close or move it first.") % {"name": below.name, "day": day}
        for below in PartyForm.objects.filter(still, parent=organization).order_by("name")[:20]
    ]
    households = organization.households.filter(still).count()
    if households:
        errors.append(
            ngettext(
                "%(number)s household is still with %(name)s on %(day)s. End it first.",
                "%(number)s households are still with %(name)s on %(day)s. End them first.",
                households,
            )
            % {"number": households, "name": form.name, "day": day}
        )
    if errors:
        raise Refused(errors)
    before = state_of(form, columns_of(form))
    name_writer(actor, "party.close", document=document)
    PartyArea.objects.filter(still, organization=organization).update(end=day)
    form.end = day
    save_checked(form)
    organization.end = day
    organization.save(update_fields=["end"])
    _audit(actor, "close", form, form.unit, before)
    return organization


@transaction.atomic
def party_areas_set(
    *, actor: User | None, organization: PartyOrganization, day: date, units: Iterable[Unit], document: str = ""
) -> list[PartyArea]:
    """From `day` on a branch covers these estates and no others; what stays keeps its days.

    Raises Refused for what is no branch, no estate or grid, or outside its unit; Conflict for another branch's estate.
    """
    _authorise(actor, _last_form(organization).unit)
    hold_tree()
    organization = _locked(organization)
    form = _last_form(organization)
    _refuse_outside(organization, form.name, day)
    wanted = {one.first_row: one for one in (newest_row(unit)[0] for unit in units)}
    within = form.unit if form.unit.kind == "COMMUNITY" or form.unit.parent is None else form.unit.parent
    errors = [
        _("%(unit)s is no estate or grid of %(community)s.") % {"unit": unit.name, "community": within.name}
        for unit in wanted.values()
        if unit.kind not in ("ESTATE", "GRID") or not unit.path.startswith(within.path)
    ]
    if organization.level != AREA:
        errors.append(_("Only branches of estates and grids cover estates; %(name)s is none.") % {"name": form.name})
    refuse({"units": errors})
    name_writer(actor, "party.areas", document=document)
    still = Q(end__isnull=True) | Q(end__gt=day)
    kept = set()
    for row in PartyArea.objects.filter(still, organization=organization).select_related("unit"):
        if row.unit.first_row in wanted and row.start <= day:
            kept.add(row.unit.first_row)
        else:
            row.end = max(day, row.start)
            save_checked(row)
    for number, unit in wanted.items():
        if number not in kept:
            row = PartyArea(organization=organization, unit=unit, start=day, document=document.strip())
            save_checked(row)
    rows = list(PartyArea.objects.filter(still, organization=organization).order_by("unit__path"))
    audit(
        actor=actor,
        action="personnel.party.areas",
        obj=form,
        unit_code=form.unit.code,
        after={"day": str(day), "units": sorted(unit.code for unit in wanted.values()), "document": document},
    )
    return rows


@transaction.atomic
def household_add(
    *,
    actor: User | None,
    organization: PartyOrganization,
    kind: str,
    name: str,
    day: date,
    person: Person | None = None,
    responsible: str = "",
    document: str = "",
) -> PartyHousehold:
    """From `day` on a household is with an organisation; a person on record or a name answers for it.

    Raises Refused for what is missing and for a party member's household of somebody on record as none.
    """
    _authorise(actor, _last_form(organization).unit)
    organization = _locked(organization)
    form = _last_form(organization)
    _refuse_outside(organization, form.name, day)
    errors: dict[str, list[str]] = {}
    if kind not in HouseholdKind.values:
        errors["kind"] = [_("“%(kind)s” is no kind of household.") % {"kind": kind}]
    if not name.strip():
        errors["name"] = [_("Say which household it is.")]
    if person is None and not responsible.strip():
        errors["responsible"] = [_("Say who answers for it.")]
    members = (PoliticalStatus.PARTY_MEMBER, PoliticalStatus.PROBATIONARY_MEMBER, None, "")
    if person is not None and kind == HouseholdKind.MEMBERS and person.political_status not in members:
        errors["person"] = [
            _("%(person)s is on record as “%(status)s”; this is a household of a party member.")
            % {"person": person.name, "status": person.get_political_status_display()}
        ]
    refuse(errors)
    row = PartyHousehold(
        organization=organization,
        kind=kind,
        name=name.strip(),
        person=person,
        responsible=responsible.strip() if person is None else "",
        start=day,
        document=document.strip(),
    )
    save_checked(row)
    _audit(actor, "household_add", row, form.unit)
    return row


@transaction.atomic
def household_end(*, actor: User | None, household: PartyHousehold, day: date, document: str = "") -> PartyHousehold:
    """The household is no longer with its organisation from `day` on."""
    organization = household.organization
    _authorise(actor, _last_form(organization).unit)
    _locked(organization)
    household = PartyHousehold.objects.select_for_update(of=("self",), no_key=True).get(pk=household.pk)
    if day < household.start or (household.end is not None and household.end <= day):
        message = _("%(name)s is with it from %(start)s to %(end)s; %(day)s is not inside.") % {
            "name": household.name,
            "start": household.start,
            "end": household.end or "…",
            "day": day,
        }
        refuse({"day": [message]})
    before = state_of(household, columns_of(household))
    name_writer(actor, "party.household_end", document=document)
    household.end = day
    save_checked(household)
    _audit(actor, "household_end", household, _last_form(organization).unit, before)
    return household


# -- Steps ------------------------------------------------------------------------------------------------------------


def _authorise(actor: User | None, unit: Unit) -> None:
    if actor is not None:
        require(actor, Permission.CHANGE_PEOPLE, unit)


def _locked(organization: PartyOrganization) -> PartyOrganization:
    found = PartyOrganization.objects.select_for_update(no_key=True).filter(pk=organization.pk).first()
    if found is None:
        raise NotFound(_("There is no such party organisation."))
    return found


def _last_form(organization: PartyOrganization) -> PartyForm:
    found = (
        PartyForm.objects.filter(organization=organization).select_related("unit__parent").order_by("-start").first()
    )
    if found is None:
        raise NotFound(_("There is no such party organisation."))
    return found


def _open_form(organization: PartyOrganization, day: date) -> PartyForm:
    """The last form, which a change on `day` ends. Refused for days before it or after the end."""
    form = _last_form(organization)
    if day < form.start or (form.end is not None and form.end <= day):
        message = _("%(name)s is what it is from %(start)s to %(end)s; %(day)s is not inside.") % {
            "name": form.name,
            "start": form.start,
            "end": form.end or "…",
            "day": day,
        }
        refuse({"day": [message]})
    return form


def _refuse_outside(organization: PartyOrganization, name: str, day: date) -> None:
    """What hangs on an organisation begins while there is one."""
    if day < organization.start or (organization.end is not None and organization.end <= day):
        message = _("%(name)s exists from %(start)s to %(end)s; %(day)s is not inside.") % {
            "name": name,
            "start": organization.start,
            "end": organization.end or "…",
            "day": day,
        }
        refuse({"day": [message]})


def _place_errors(kind: str, name: str, unit: Unit, above: PartyOrganization | None, day: date) -> dict[str, list[str]]:
    over = _last_form(above) if above is not None else None
    words = {"name": name.strip(), "unit": unit.name, "above": over.name if over is not None else "", "day": day}
    texts = {
        "KIND": ("kind", _("“%(kind)s” is no kind of party organisation.") % {"kind": kind}),
        "UNIT": ("unit", _("%(unit)s is not the kind of unit that has such a party organisation.") % words),
        "ROOT": ("parent", _("The committee of a street stands on its own here.")),
        "PARENT": ("parent", _("Say to which party organisation it belongs.")),
        "LEVEL": ("parent", _("%(name)s can't belong to %(above)s, which is not on a higher level.") % words),
        "PLACE": ("unit", _("%(unit)s lies outside the unit of %(above)s.") % words),
    }
    errors: dict[str, list[str]] = {}
    for fault in faults_of(
        kind,
        unit.kind,
        unit.path,
        above.level if above is not None else None,
        over.unit.path if over is not None else "",
    ):
        field, text = texts[fault]
        errors.setdefault(field, []).append(text)
    if not name.strip():
        errors["name"] = [_("Give the party organisation its name.")]
    if above is not None and over is not None and (day < above.start or (above.end is not None and above.end <= day)):
        errors.setdefault("parent", []).append(_("%(above)s does not exist on %(day)s.") % words)
    return errors


def _reform(
    actor: User | None,
    organization: PartyOrganization,
    day: date,
    act: str,
    changes: dict[str, Any],
    document: str,
) -> PartyForm:
    """The form ends on the day and another begins."""
    _authorise(actor, _last_form(organization).unit)
    hold_tree()
    over = changes.get("parent")
    for one in sorted(filter(None, (organization, over)), key=lambda row: row.pk):  # two moves never wait in a ring
        _locked(one)
    organization.refresh_from_db()
    form = _open_form(organization, day)
    fresh = PartyForm(
        organization=organization,
        kind=changes.get("kind", form.kind),
        level=organization.level,
        name=changes.get("name", form.name),
        parent=changes.get("parent", form.parent),
        unit=changes.get("unit", form.unit),
        start=day,
        document=document.strip(),
    )
    errors = _place_errors(fresh.kind, fresh.name, fresh.unit, fresh.parent, day)
    if fresh.kind in PartyKind.values and LEVELS[fresh.kind] != organization.level:
        errors = {"kind": [_("%(name)s stays on its level. Close it and open another.") % {"name": form.name}]}
    if day == form.start:
        errors.setdefault("day", []).append(
            _("%(name)s became what it is on %(day)s. Choose a later day.") % {"name": form.name, "day": day}
        )
    if "unit" in changes:
        outside = PartyForm.objects.filter(Q(end__isnull=True) | Q(end__gt=day), parent=organization).exclude(
            unit__path__startswith=fresh.unit.path
        )
        errors.setdefault("unit", []).extend(
            _("%(name)s below it lies outside %(unit)s. Move it first.") % {"name": one.name, "unit": fresh.unit.name}
            for one in outside.order_by("name")[:20]
        )
    same = (fresh.kind, fresh.name, fresh.parent_id, fresh.unit_id) == (
        form.kind, form.name, form.parent_id, form.unit_id,
    )  # fmt: skip
    if same:
        errors.setdefault("name" if act == "rename" else "parent", []).append(
            _("%(name)s is so already.") % {"name": form.name}
        )
    refuse(errors)
    before = state_of(form, columns_of(form))
    name_writer(actor, f"party.{act}", document=document)
    form.end = day
    form.save(update_fields=["end"])
    save_checked(fresh)
    _audit(actor, act, fresh, fresh.unit, before)
    return fresh


def _audit(actor: User | None, act: str, row: Any, unit: Unit, before: dict[str, Any] | None = None) -> None:
    audit(
        actor=actor,
        action=f"personnel.party.{act}",
        obj=row,
        unit_code=unit.code,
        before=before,
        after=state_of(row, columns_of(row)),
    )
