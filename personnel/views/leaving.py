"""What somebody hands over before they leave: the list, one more thing, and who has taken each over."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.errors import Conflict, Refused
from core.views import add_errors, page
from organization.models import Permission
from personnel.forms.leaving import HandoverAddForm, HandoverSignForm
from personnel.models import Looked
from personnel.selectors.leaving import handover_item_for, handover_of
from personnel.selectors.people import file_in
from personnel.services.leaving import handover_add, handover_begin, handover_sign
from personnel.services.showing import person_seen


@page
@require_http_methods(["GET", "POST"])
def handover(request: HttpRequest, number: int) -> HttpResponse:
    """The list of an employment. A POST begins it, adds a thing, or settles one (`item`)."""
    person, job, items = handover_of(user=request.user, number=number)
    act = request.POST.get("act", "")
    target = request.POST.get("item", "")
    form: Any = None
    status = 200
    if request.method == "POST" and job is not None:
        if act == "begin":
            handover_begin(actor=request.user, employment=job)  # type: ignore[arg-type]  # signed in
            return redirect("personnel:handover", number)
        if act not in ("add", "sign"):
            raise Http404
        form = (HandoverAddForm if act == "add" else HandoverSignForm)(request.POST, prefix=act + target)
        if form.is_valid():
            try:
                if act == "add":
                    handover_add(actor=request.user, employment=job, **form.cleaned_data)  # type: ignore[arg-type]
                else:
                    item = handover_item_for(
                        user=request.user, employment=job, number=int(target) if target.isdecimal() else 0
                    )
                    handover_sign(actor=request.user, item=item, **form.cleaned_data)  # type: ignore[arg-type]
            except (Refused, Conflict) as error:
                add_errors(form, error)
                status = 409 if isinstance(error, Conflict) else 422
            else:
                messages.success(request, _("It is on record."))
                return redirect("personnel:handover", number)
        else:
            status = 422
    if request.method == "GET":
        person_seen(actor=request.user, person=person, what=Looked.FORM, about={"section": "handover"})  # type: ignore[arg-type]
    context = {
        "person": person,
        "job": job,
        "rows": [
            (one, form if act == "sign" and target == str(one.pk) else HandoverSignForm(prefix=f"sign{one.pk}"))
            for one in items
        ],
        "open": sum(one.is_open for one in items),
        "add": form if act == "add" else HandoverAddForm(prefix="add"),
        "form": form,
        "target": target,
        "writable": file_in(user=request.user, person=person, permission=Permission.CHANGE_PEOPLE),
    }
    return render(request, "personnel/handover.html", context, status=status)
