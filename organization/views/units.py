"""Pages of units: parse, one selector or service, render."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from core.errors import Conflict, NotFound, Refused
from core.views import add_errors, page
from organization.access import get_unit_for, may_somewhere, require, scope_for
from organization.forms import (
    CloseForm,
    CorrectForm,
    FactForm,
    MergeForm,
    MoveForm,
    RenameForm,
    SplitForm,
    UnitNewForm,
    UpgradeForm,
)
from organization.models import Permission, Unit
from organization.rules.codes import PARENTS, children_of
from organization.rules.loading import day_of
from organization.selectors.pages import (
    Branch,
    concerned_for_system,
    unit_on,
    unit_page,
    unit_tree,
    units_to_choose,
)
from organization.services import (
    Part,
    fact_enter,
    unit_close,
    unit_correct,
    unit_create,
    unit_move,
    unit_rename,
    unit_split,
    unit_upgrade,
    units_merge,
)


def _day(request: HttpRequest) -> tuple[date, str]:
    """The day the page is of, and what is wrong with what was typed."""
    typed = request.GET.get("day", "").strip()
    day = day_of(typed) if typed else timezone.localdate()
    if day is None:
        return timezone.localdate(), _("“%(typed)s” is no day. Write it like 2026-01-31.") % {"typed": typed}
    return day, ""


@dataclass(frozen=True, slots=True)
class Node:
    """A unit of the tree page with the link that opens or closes it."""

    unit: Unit
    toggle: str
    children: list[Node] | None


@page
@require_GET
def units(request: HttpRequest) -> HttpResponse:
    """The tree of a day; each unit is opened by a link, so that it works without JavaScript."""
    day, wrong_day = _day(request)
    opened = [int(word) for word in request.GET.get("open", "").split(".") if word.isascii() and word.isdigit()]
    opened = [number for number in opened if number < 2**63][:200]
    typed = request.GET.get("day", "")

    def node(branch: Branch) -> Node:
        others = [number for number in opened if number != branch.unit.pk]
        wanted = others if branch.children is not None else [*others, branch.unit.pk]
        query = {"open": ".".join(map(str, wanted))} | ({"day": typed} if typed else {})
        toggle = f"?{urlencode(query)}" if branch.opens else ""
        return Node(branch.unit, toggle, None if branch.children is None else [node(one) for one in branch.children])

    nodes = [node(branch) for branch in unit_tree(user=request.user, day=day, open_units=opened)]
    context = {"nodes": nodes, "day": day, "wrong_day": wrong_day, "open": request.GET.get("open", ""), "typed": typed}
    context["may_load"] = may_somewhere(request.user, Permission.CHANGE_UNITS)
    return render(request, "organization/units.html", context)


@page
@require_GET
def unit(request: HttpRequest, number: int) -> HttpResponse:
    """One unit as of a day."""
    day, wrong_day = _day(request)
    found = unit_page(user=request.user, number=number, day=day)
    context = {
        "page": found,
        "unit": found.unit,
        "day": day,
        "wrong_day": wrong_day,
        "typed": request.GET.get("day", ""),
        "today": timezone.localdate(),
        "pays": scope_for(request.user, Permission.SEAL_PAY).covers(found.unit.path),
        "may_add": found.may_change and bool(children_of(found.unit.kind)),
    }
    return render(request, "organization/unit.html", context)


def _own(request: HttpRequest, number: int) -> Unit:
    """The unit of today if the user may change it. Raises NotFound, NotAllowed."""
    found = unit_on(user=request.user, number=number, day=timezone.localdate())
    require(request.user, Permission.CHANGE_UNITS, found)
    return found


def _rehearsed(form: Form, work: Callable[[], Any]) -> bool:
    """Whether the change would be accepted: it is made and undone, and what stands in its way goes to the form."""
    try:
        with transaction.atomic():
            work()
            transaction.set_rollback(True)
    except (Refused, Conflict, NotFound) as error:
        add_errors(form, error)
    return not form.errors


def _form_page(request: HttpRequest, unit: Unit, form: Form, title: str, **more: Any) -> HttpResponse:
    context = {"unit": unit, "form": form, "title": title} | more
    return render(request, "organization/form.html", context, status=422 if form.errors else 200)


def _change(
    request: HttpRequest,
    unit: Unit,
    form: Form,
    title: str,
    work: Callable[[dict[str, Any]], Unit],
    done: str,
    *,
    concerned: Callable[[dict[str, Any]], list[Unit]] | None = None,
    grants_stay: bool = True,
) -> HttpResponse:
    """A change in two steps: the form, then how many people it concerns; nothing is done before the second."""
    if request.method == "POST" and form.is_valid() and _rehearsed(form, lambda: work(form.cleaned_data)):
        if request.POST.get("confirm") == "1":
            try:
                changed = work(form.cleaned_data)
            except (Refused, Conflict) as error:
                add_errors(form, error)
            else:
                messages.success(request, done % {"unit": changed.name})
                return redirect("organization:unit", number=changed.pk)
        else:
            units = concerned(form.cleaned_data) if concerned is not None else [unit]
            day = min(form.cleaned_data["day"], timezone.localdate())
            context = {
                "unit": unit,
                "units": units,
                "form": form,
                "title": title,
                "concerned": concerned_for_system(units, day),
                "grants_stay": grants_stay,
                "sent": [(key, value) for key in form.fields for value in request.POST.getlist(key)],
                "shown": [(field.label, _shown(form, field.name)) for field in form if _shown(form, field.name)],
            }
            return render(request, "organization/confirm.html", context)
    return _form_page(request, unit, form, title, two_steps=True)


def _shown(form: Form, name: str) -> str:
    """What was entered, in the words of the choices."""
    value, choices = form.cleaned_data.get(name), dict(getattr(form.fields[name].widget, "choices", ()))
    if name == "parts":
        return " · ".join(" ".join(part).strip() for part in value)
    if isinstance(value, list):
        return ", ".join(str(choices.get(one, one)) for one in value)
    return str(choices.get(value, value)) if value else ""


@page
@require_http_methods(["GET", "POST"])
def unit_new(request: HttpRequest, number: int) -> HttpResponse:
    parent = _own(request, number)
    kinds = children_of(parent.kind)
    form = UnitNewForm(request.POST or None, kinds=kinds)
    if request.method == "POST" and form.is_valid():
        try:
            made = unit_create(actor=request.user, parent=parent, **form.cleaned_data)
        except (Refused, Conflict) as error:
            add_errors(form, error)
        else:
            messages.success(request, _("%(unit)s is created.") % {"unit": made.name})
            return redirect("organization:unit", number=made.pk)
    return _form_page(request, parent, form, _("New unit in %(unit)s") % {"unit": parent.name})


@page
@require_http_methods(["GET", "POST"])
def rename(request: HttpRequest, number: int) -> HttpResponse:
    unit = _own(request, number)
    form = RenameForm(request.POST or None)
    title = _("Rename %(unit)s") % {"unit": unit.name}
    return _change(
        request, unit, form, title, lambda data: unit_rename(actor=request.user, unit=unit, **data), _("Now %(unit)s.")
    )


@page
@require_http_methods(["GET", "POST"])
def correct(request: HttpRequest, number: int) -> HttpResponse:
    """What was typed wrong is put right: nothing about the unit changes on any day."""
    unit = _own(request, number)
    form = CorrectForm(request.POST or None, unit=unit)
    if request.method == "POST" and form.is_valid():
        said = {"reason": form.cleaned_data["reason"], "document": form.cleaned_data["document"]}
        try:
            changed = unit_correct(actor=request.user, unit=unit, **form.wrong, **said)
        except (Refused, Conflict) as error:
            add_errors(form, error)
        else:
            messages.success(request, _("%(unit)s is put right.") % {"unit": changed.name})
            return redirect("organization:unit", number=changed.pk)
    return _form_page(request, unit, form, _("Correct %(unit)s") % {"unit": unit.name})


@page
@require_http_methods(["GET", "POST"])
def upgrade(request: HttpRequest, number: int) -> HttpResponse:
    unit = _own(request, number)
    form = UpgradeForm(request.POST or None)
    title = _("Change the form of %(unit)s") % {"unit": unit.name}
    return _change(
        request,
        unit,
        form,
        title,
        lambda data: unit_upgrade(actor=request.user, unit=unit, **data),
        _("%(unit)s has its new form and code."),
    )


@page
@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, number: int) -> HttpResponse:
    unit = _own(request, number)
    kinds = PARENTS[unit.kind]
    parents = units_to_choose(user=request.user, permission=Permission.CHANGE_UNITS, kinds=kinds)
    form = MoveForm(request.POST or None, parents=[one for one in parents if one.pk != unit.parent_id])

    def work(data: dict[str, Any]) -> Unit:
        parent = get_unit_for(request.user, Permission.CHANGE_UNITS, data["parent"])
        return unit_move(
            actor=request.user,
            unit=unit,
            parent=parent,
            day=data["day"],
            document=data["document"],
            code=data["code"],
        )

    title = _("Move %(unit)s") % {"unit": unit.name}
    return _change(request, unit, form, title, work, _("%(unit)s is moved."))


@page
@require_http_methods(["GET", "POST"])
def merge(request: HttpRequest, number: int) -> HttpResponse:
    unit = _own(request, number)
    found = units_to_choose(user=request.user, permission=Permission.CHANGE_UNITS, kinds=[unit.kind])
    others = [one for one in found if one.pk != unit.pk and _beside(one, unit)]
    form = MergeForm(request.POST or None, unit=unit, others=others)
    by_number = {str(one.pk): one for one in [unit, *others]}

    def chosen(data: dict[str, Any]) -> list[Unit]:
        return [unit, *(by_number[key] for key in data["units"])]

    def work(data: dict[str, Any]) -> Unit:
        return units_merge(
            actor=request.user,
            units=chosen(data),
            into=by_number.get(data["into"]),
            name=data["name"],
            code=data["code"],
            day=data["day"],
            document=data["document"],
        )

    title = _("Merge %(unit)s with others") % {"unit": unit.name}
    done = _("The units are merged into %(unit)s.")
    return _change(request, unit, form, title, work, done, concerned=chosen, grants_stay=False)


def _beside(one: Unit, unit: Unit) -> bool:
    return one.parent is not None and unit.parent is not None and one.parent.path == unit.parent.path


@page
@require_http_methods(["GET", "POST"])
def split(request: HttpRequest, number: int) -> HttpResponse:
    unit = _own(request, number)
    form = SplitForm(request.POST or None)

    def work(data: dict[str, Any]) -> Unit:
        parts = [Part(name, code) for name, code in data["parts"]]
        made = unit_split(actor=request.user, unit=unit, day=data["day"], parts=parts, document=data["document"])
        return made[0]

    title = _("Split %(unit)s") % {"unit": unit.name}
    return _change(request, unit, form, title, work, _("Split; the people are in %(unit)s."), grants_stay=False)


@page
@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, number: int) -> HttpResponse:
    unit = _own(request, number)
    form = CloseForm(request.POST or None)
    title = _("Close %(unit)s") % {"unit": unit.name}
    return _change(
        request,
        unit,
        form,
        title,
        lambda data: unit_close(actor=request.user, unit=unit, day=data["day"]),
        _("%(unit)s is closed."),
    )


@page
@require_http_methods(["GET", "POST"])
def facts(request: HttpRequest, number: int) -> HttpResponse:
    """Enter a number of a unit; the next one is entered on the same page, with day and source kept."""
    unit = _own(request, number)
    form = FactForm(request.POST or None, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        try:
            fact = fact_enter(actor=request.user, unit=unit, **form.cleaned_data)
        except (Refused, Conflict) as error:
            add_errors(form, error)
        else:
            kept = urlencode({"day": fact.day, "source": fact.source})
            messages.success(request, _("Entered: %(value)s.") % {"value": fact.value})
            return redirect(f"{request.path}?{kept}")
    series = unit_page(user=request.user, number=unit.pk, day=timezone.localdate()).series
    title = _("Numbers of %(unit)s") % {"unit": unit.name}
    return _form_page(request, unit, form, title, series=series)
