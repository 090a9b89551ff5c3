"""Party organisations: the tree of a unit, and one organisation with the acts on it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.errors import Conflict, NotAllowed, NotFound, Refused
from organization.access import get_unit_for, may, require
from organization.models import Permission, Unit
from organization.selectors.pages import unit_on
from personnel.forms.party import PARTY_FORMS, OpenPartyForm, PartyActForm
from personnel.selectors.party import (
    PartyPage,
    estates_for_system,
    household_for_system,
    parents_for,
    party_get,
    party_page,
    party_tree,
    person_of_number,
)
from personnel.selectors.ratios import cross_appointments
from personnel.services import (
    household_add,
    household_end,
    party_areas_set,
    party_close,
    party_move,
    party_open,
    party_rename,
)
from personnel.views.record import asked_day
from personnel.views.session import signed_in


@signed_in
@require_http_methods(["GET", "POST"])
def party(request: HttpRequest, number: int) -> HttpResponse:
    """The organisations of a unit on a day, and the ratio of cross-appointments; a POST opens one in the unit."""
    day, wrong_day = asked_day(request)
    unit = unit_on(user=request.user, number=number, day=day)
    require(request.user, Permission.VIEW_PEOPLE, unit)
    writable = may(request.user, Permission.CHANGE_PEOPLE, unit)
    form, status = _open_form(request, unit), 200
    if request.method == "POST":
        if not writable:
            raise NotAllowed(_("You may not change the party organisations of %(unit)s.") % {"unit": unit.name})
        status = 422
        if form.is_valid():
            data = dict(form.cleaned_data)
            try:
                above = data.pop("parent")
                parent = party_get(user=request.user, number=int(above)).organization if above else None
                made = party_open(actor=request.user, unit=unit, parent=parent, **data)
            except (Refused, Conflict) as error:
                form.take(error)
                status = 409 if isinstance(error, Conflict) else 422
            else:
                messages.success(request, form.done)
                return HttpResponseRedirect(reverse("personnel:party_organization", args=[made.pk]))
    context = {
        "unit": unit,
        "day": day,
        "typed": request.GET.get("day", ""),
        "wrong_day": wrong_day,
        "tree": party_tree(user=request.user, unit=unit, day=day),
        "ratios": [one for one in cross_appointments(user=request.user, unit=unit, day=day) if one.denominator],
        "form": form if writable and form.fields["kind"].choices else None,  # type: ignore[attr-defined]
        "errors": [form] if form.errors else [],
    }
    return render(request, "personnel/party.html", context, status=status)


def _open_form(request: HttpRequest, unit: Unit) -> OpenPartyForm:
    today = timezone.localdate()
    parents = parents_for(user=request.user, unit=unit, day=today)
    data = request.POST if request.method == "POST" else None
    return OpenPartyForm(data, unit=unit, parents=parents, initial={"day": today.isoformat()})


@signed_in
@require_http_methods(["GET", "POST"])
def party_organization(request: HttpRequest, number: int) -> HttpResponse:
    """One organisation; a POST does one of the acts of PARTY_FORMS."""
    day, wrong_day = asked_day(request)
    page = party_page(user=request.user, number=number, day=day)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    sent: PartyActForm | None = None
    status = 200
    if request.method == "POST":
        if not page.may_change:
            raise NotAllowed(_("You may not change %(name)s.") % {"name": page.node.form.name})
        if act not in PARTY_FORMS:
            return HttpResponseRedirect(reverse("personnel:party_organization", args=[number]))
        sent = _forms(request, page, act)[act]
        status = 422
        if sent.is_valid():
            try:
                _do(request, act, dict(sent.cleaned_data), page)
            except (Refused, Conflict) as error:
                sent.take(error)
                status = 409 if isinstance(error, Conflict) else 422
            else:
                messages.success(request, sent.done)
                return HttpResponseRedirect(reverse("personnel:party_organization", args=[number]))
    forms = _forms(request, page, "") if page.may_change else {}
    if sent is not None:
        forms[act] = sent
    context = {
        "page": page,
        "form": page.node.form,
        "unit": page.node.form.unit,
        "day": day,
        "typed": request.GET.get("day", ""),
        "wrong_day": wrong_day,
        "acts": [(forms[name], label) for name, label in _labels(page).items() if name in forms],
        "end_form": forms.get("household-end"),
        "act": act,
        "errors": [sent] if sent is not None and sent.errors else [],
    }
    return render(request, "personnel/party_organization.html", context, status=status)


def _labels(page: PartyPage) -> dict[str, str]:
    labels = {
        "household": _("Add a household"),
        "areas": _("Say which estates it covers"),
        "rename": _("Rename it"),
        "move": _("Move it"),
        "close": _("Close it"),
    }
    hidden = {"areas"} if page.node.organization.level != 3 else set()
    hidden |= {"move"} if page.node.organization.level == 1 else set()
    return {act: label for act, label in labels.items() if act not in hidden}


def _forms(request: HttpRequest, page: PartyPage, sent: str) -> dict[str, PartyActForm]:
    """The forms of all acts as they are first shown, or the one that was sent."""
    unit, organization = page.node.form.unit, page.node.organization
    today = timezone.localdate()
    initial: dict[str, Any] = {
        "day": today.isoformat(),
        "name": "",
        "units": [area.unit.code for area in page.areas],
    }
    parents = parents_for(user=request.user, unit=unit, day=today, level=organization.level)
    estates = estates_for_system(unit=unit, day=today) if organization.level == 3 else []
    found: dict[str, PartyActForm] = {}
    for act, kind in PARTY_FORMS.items():
        if sent and act != sent:
            continue
        more: dict[str, Any] = {"level": organization.level} if act == "rename" else {}
        data = request.POST if act == sent else None
        found[act] = kind(data, prefix=act, parents=parents, units=estates, initial=initial, **more)
    return found


def _do(request: HttpRequest, act: str, data: dict[str, Any], page: PartyPage) -> None:
    """The one service of an act."""
    user, organization = request.user, page.node.organization
    day, document = data["day"], data["document"]
    if act == "rename":
        party_rename(
            actor=user, organization=organization, day=day, name=data["name"], kind=data["kind"], document=document
        )
    elif act == "move":
        unit = get_unit_for(user, Permission.CHANGE_PEOPLE, data["unit"]) if data["unit"] else None
        parent = party_get(user=user, number=int(data["parent"])).organization
        party_move(actor=user, organization=organization, day=day, parent=parent, unit=unit, document=document)
    elif act == "areas":
        units = [get_unit_for(user, Permission.CHANGE_PEOPLE, code) for code in data["units"]]
        party_areas_set(actor=user, organization=organization, day=day, units=units, document=document)
    elif act == "household":
        household_add(
            actor=user,
            organization=organization,
            kind=data["kind"],
            name=data["name"],
            day=day,
            person=_person(request, data["person"]) if data["person"] else None,
            responsible=data["responsible"],
            document=document,
        )
    elif act == "household-end":
        household = household_for_system(organization=organization, number=data["household"])
        household_end(actor=user, household=household, day=day, document=document)
    else:
        party_close(actor=user, organization=organization, day=day, document=document)


def _person(request: HttpRequest, typed: str) -> Any:
    """Somebody among the user's people. Raises Refused beside the input."""
    try:
        return person_of_number(user=request.user, number=typed)
    except NotFound as error:
        raise Refused([str(error)], {"person": [str(error)]}) from error
