"""One person's working life on a page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from core.views import page
from personnel.models import Looked
from personnel.selectors import record_on
from personnel.selectors.sights import sights_of
from personnel.services.showing import person_seen
from personnel.views.withheld import withheld
from reports.selectors.career import career_of


@page
@require_GET
@withheld
def career(request: HttpRequest, person: int) -> HttpResponse:
    """A line a year, from the first employment on; that it was opened is on the trail."""
    record = record_on(user=request.user, person_id=person)
    person_seen(actor=request.user, person=record.person, what=Looked.RECORD, about={"part": "career"})
    seen = sights_of(user=request.user, person=record.person)
    years = career_of(user=request.user, record=record, seen=seen)
    return render(request, "reports/career.html", {"person": record.person, "years": years, "day": record.day})
