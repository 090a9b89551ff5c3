"""One value for many people: what is going to happen is shown whole before it does."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.errors import ApplicationError, NotAllowed
from organization.access import may_somewhere
from organization.models import Permission
from personnel.forms import BulkForm, UnitChoices
from personnel.forms.sections import BULK_FIELDS, bulk_choices
from personnel.selectors.columns import lines_of
from personnel.selectors.pages import ordered_for_system
from personnel.services.entry import MOST_AT_ONCE, mark_of_people, people_change
from personnel.views.people import Question, ask, chips_of, link_of
from personnel.views.session import signed_in

SAMPLES = 10
COLUMNS = ("name", "employment.unit", "employment.category", "tenure.title")


@signed_in
@require_http_methods(["GET", "POST"])
def people_bulk(request: HttpRequest) -> HttpResponse:
    """The list of the address, counted, in words, with ten of its people; the POST says what was confirmed."""
    if not may_somewhere(request.user, Permission.CHANGE_PEOPLE):
        raise NotAllowed(_("You may not change people. Ask somebody who holds a role that allows it."))
    question = ask(request)
    code = request.GET.get("field", "")
    code = code if code in BULK_FIELDS else ""
    form: BulkForm | None = None
    if code:
        form = BulkForm(request.POST if request.method == "POST" else None, code=code, units=UnitChoices(request.user))
    if request.method == "GET" or form is None or not form.is_valid():
        return _show(request, question, form, code, 200 if request.method == "GET" else 422)
    people = _people(question)
    try:
        count = people_change(
            actor=request.user,
            people=people,
            count=int(request.POST["count"]) if request.POST.get("count", "").isdigit() else -1,
            mark=request.POST.get("mark", ""),
            field=code,
            value=form.altered[form.registry[0].attribute],
            day=form.cleaned_data.get("day"),
            reason=form.cleaned_data.get("reason", ""),
            document=form.cleaned_data.get("document", ""),
        )
    except ApplicationError as error:
        form.take(error)
        return _show(request, question, form, code, 409)
    messages.success(request, _("%(count)s people were changed.") % {"count": count})
    return HttpResponseRedirect(f"{reverse('personnel:people')}{link_of(request.GET, field=None)}")


def _people(question: Question) -> list[int]:
    """The numbers of everybody in the list; one more than go is enough to refuse."""
    return sorted(set(question.rows.order_by().values_list("person_id", flat=True)[: MOST_AT_ONCE + 1]))


def _show(request: HttpRequest, question: Question, form: BulkForm | None, code: str, status: int) -> HttpResponse:
    people = _people(question)
    samples = list(ordered_for_system(question.rows, question.sort)[:SAMPLES])
    context = {
        "form": form,
        "errors": [form] if form is not None and form.is_bound and form.errors else [],
        "wrong": question.errors,
        "count": len(people),
        "too_many": len(people) > MOST_AT_ONCE,
        "most": MOST_AT_ONCE,
        "mark": mark_of_people(people=people),
        "chips": chips_of(request.GET, question),
        "lines": lines_of(samples, COLUMNS, question.day, user=request.user),
        "more": max(len(people) - len(samples), 0),
        "choices": [(value, label, value == code) for value, label in bulk_choices()],
        "field": code,
        "day": question.day,
        "query": link_of(request.GET, field=code or None),
        "kept": [(name, value) for name, values in request.GET.lists() if name != "field" for value in values if value],
        "back": f"{reverse('personnel:people')}{link_of(request.GET, field=None)}",
    }
    return render(request, "personnel/bulk.html", context, status=status)
