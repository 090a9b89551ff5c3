"""Adding to a section of somebody's file, and changing, correcting, ending or withdrawing what is in it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.errors import ApplicationError, Conflict, NotAllowed, Refused
from organization.models import Permission, Unit
from personnel.forms import RegistryForm, UnitChoices, row_form, values_form
from personnel.models import Looked, Person
from personnel.rules.disclosure import Sights
from personnel.rules.fields import SECTIONS, fields_of
from personnel.selectors import record_on, row_for
from personnel.selectors.appointments import units_touched_for_system
from personnel.selectors.headcount import Effect, effect_for_system, held_for_system
from personnel.selectors.record import FileRecord, label_for_system
from personnel.selectors.sights import sights_of
from personnel.services import section_add
from personnel.services.entry import mark_of_row, person_write, row_write
from personnel.services.foresight import Foreseen, foreseen
from personnel.services.showing import person_seen
from personnel.services.steps import row_person
from personnel.views.record import ROW_SECTIONS, SINGLE, acts_of, record_address, refuse_reading_only
from personnel.views.session import signed_in


def _headings() -> dict[str, str]:
    return {
        "add": _("Add: %(section)s"),
        "change": _("Change from a day on: %(section)s"),
        "correct": _("Correct: %(section)s"),
        "end": _("End: %(section)s"),
        "withdraw": _("Withdraw: %(section)s"),
    }


def _hints() -> dict[str, str]:
    return {
        "add": "",
        "change": _("Something became different. What held before stays on record with its days."),
        "correct": _("What is on record is wrong and always was. The wrong row stays in the history, with the reason."),
        "end": _("It holds no longer. The row stays on record with its last day."),
        "withdraw": _("This row should never have been there. It goes, and stays in the history."),
    }


def _show(
    request: HttpRequest, person: Person, section: str, act: str, form: RegistryForm, *, seen: str = "",
    row: Any = None, status: int = 200, foreseen: Foreseen | None = None,
) -> HttpResponse:  # fmt: skip
    label = label_for_system(SECTIONS[section])
    context = {
        "person": person,
        "form": form,
        "errors": [form] if form.is_bound and form.errors else [],
        "act": act,
        "section": section,
        "heading": _headings()[act] % {"section": label},
        "hint": _hints()[act],
        "seen": seen,
        "row": row,
        "back": record_address(person.pk, section),
        "decides": _decides(section, act),
        "moves": section in ("employment", "placement") and act in ("add", "change"),
        "foreseen": foreseen,
        "effects": _effects(person, act, form, row) if section == "employment" and foreseen is None else [],
    }
    return render(request, "personnel/section_form.html", context, status=status)


def _effects(person: Person, act: str, form: RegistryForm, row: Any) -> list[Effect]:
    """What hiring somebody, or their leaving, makes of the approved seats, as of today."""
    today = timezone.localdate()
    if act == "add":
        unit = getattr(form, "cleaned_data", {}).get("unit") or person.belongs_to
        return effect_for_system(unit, today, 1) if isinstance(unit, Unit) else []
    if act == "end" and held_for_system(row, today) is not None:
        return effect_for_system(row.unit, today, -1)
    return []


def _decides(section: str, act: str) -> bool:
    """Whether an act is a decision that is shown with its effects before it is taken; a correction decides nothing."""
    return section in ("employment", "post", "placement") and act in ("add", "change", "end")


def _record(request: HttpRequest, number: int, section: str = "") -> FileRecord:
    """The record that is written to. section: the one of which the form shows what is on record."""
    record = record_on(user=request.user, person_id=number)
    refuse_reading_only(request, record)
    if section and request.method == "GET":
        person_seen(actor=request.user, person=record.person, what=Looked.FORM, about={"section": section})
    return record


def _writing(request: HttpRequest, person: Person, section: str) -> Sights:
    """What the user sees of the person; NotAllowed for who may write no field of the section."""
    seen = sights_of(user=request.user, person=person)
    if not any(seen[one.code].writes for one in fields_of(section)):
        raise NotAllowed(
            _("You may not write to “%(section)s” of %(person)s. Ask somebody whose role does.")
            % {"section": label_for_system(SECTIONS[section]), "person": person.name}
        )
    return seen


@signed_in
@require_http_methods(["GET", "POST"])
def row_new(request: HttpRequest, number: int, section: str) -> HttpResponse:
    """A new row of a section."""
    person = _record(request, number).person
    if section not in ROW_SECTIONS:
        raise Http404
    seen = _writing(request, person, section)
    form = row_form(
        request.POST or None, section=section, act="add", person=person, units=UnitChoices(request.user), seen=seen
    )
    if request.method == "GET" or not form.is_valid():
        return _show(request, person, section, "add", form, status=200 if request.method == "GET" else 422)
    values = form.given
    if section == "placement":
        values["employment"] = person.employments.get(pk=form.cleaned_data["employment"])

    def decide() -> object:
        return section_add(actor=request.user, person=person, section=section, values=values)

    if request.POST.get("go") == "check" and _decides(section, "add"):
        day = values.get("start") or timezone.localdate()
        places = units_touched_for_system(person, unit=values.get("unit"))
        told = foreseen(actor=request.user, person=person, units=places, day=day, decide=decide)
        return _show(request, person, section, "add", form, foreseen=told)
    try:
        decide()
    except (Refused, Conflict) as error:
        form.take(error)
        return _show(request, person, section, "add", form, status=_status(error))
    messages.success(request, _("It is on record."))
    return HttpResponseRedirect(record_address(number, section))


def _status(error: ApplicationError) -> int:
    return 409 if isinstance(error, Conflict) else 422


@signed_in
@require_http_methods(["GET", "POST"])
def row_act(request: HttpRequest, number: int, section: str, row: int, act: str) -> HttpResponse:
    """Change, correct, end or withdraw a row that is on record."""
    person = _record(request, number, section).person
    if section not in ROW_SECTIONS or act not in acts_of(section):
        raise Http404
    found = row_for(user=request.user, section=section, row_id=row, permission=Permission.VIEW_PEOPLE)
    if row_person(found).pk != person.pk:
        raise Http404
    seen = request.POST.get("seen") or mark_of_row(row=found)
    form = row_form(
        request.POST or None, section=section, act=act, person=person, units=UnitChoices(request.user), row=found,
        seen=_writing(request, person, section),
    )  # fmt: skip
    if request.method == "GET" or not form.is_valid():
        return _show(
            request, person, section, act, form, seen=seen, row=found, status=200 if request.method == "GET" else 422
        )
    data = form.cleaned_data
    if act in ("change", "correct") and not form.altered:
        form.add_error(None, _("Nothing is different from what is on record."))
        return _show(request, person, section, act, form, seen=seen, row=found, status=422)

    def decide() -> object:
        return row_write(
            actor=request.user,
            row=found,
            act=act,
            seen=seen,
            values=form.altered,
            day=data.get("day"),
            reason=data.get("reason", "") if "reason" in form.extra else "",
            document=data.get("document", "") if "document" in form.extra else "",
            destination=data.get("destination", "") if act == "end" else "",
            destination_kind=data.get("destination_kind", "") if act == "end" else "",
        )

    if request.POST.get("go") == "check" and _decides(section, act):
        places = units_touched_for_system(person, found, form.altered.get("unit"))
        leaves = found.unit if section == "employment" and act == "end" else None
        told = foreseen(actor=request.user, person=person, units=places, day=data["day"], decide=decide, leaves=leaves)
        return _show(request, person, section, act, form, seen=seen, row=found, foreseen=told)
    try:
        decide()
    except (Refused, Conflict) as error:
        form.take(error)
        return _show(request, person, section, act, form, seen=seen, row=found, status=_status(error))
    messages.success(request, _("It is on record."))
    return HttpResponseRedirect(record_address(number, section))


@signed_in
@require_http_methods(["GET", "POST"])
def values_act(request: HttpRequest, number: int, section: str, act: str) -> HttpResponse:
    """Change or correct single values of a person; `?only=phone` asks for one alone."""
    record = _record(request, number, section)
    if section not in SINGLE or act not in ("change", "correct"):
        raise Http404
    person = record.person
    seen = request.POST.get("seen") or mark_of_row(row=person)
    form = values_form(
        request.POST or None,
        section=section,
        act=act,
        values=record.values,
        units=UnitChoices(request.user),
        seen=_writing(request, person, section),
        only=request.GET.get("only", ""),
    )
    if request.method == "GET" or not form.is_valid():
        return _show(request, person, section, act, form, seen=seen, status=200 if request.method == "GET" else 422)
    try:
        person_write(
            actor=request.user,
            person=person,
            act=act,
            seen=seen,
            values=form.altered,
            day=form.cleaned_data.get("day"),
            reason=form.cleaned_data.get("reason", ""),
            document=form.cleaned_data.get("document", ""),
        )
    except (Refused, Conflict) as error:
        form.take(error)
        return _show(request, person, section, act, form, seen=seen, status=_status(error))
    messages.success(request, _("It is on record."))
    return HttpResponseRedirect(record_address(number, section))
