"""One person's record."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from personnel.selectors import person_record


@login_required
@require_GET
def person(request: HttpRequest, number: int) -> HttpResponse:
    """One person's record."""
    record = person_record(user=request.user, person_id=number)
    events = sorted(
        [
            *((entry.start, _("Employed: %(unit)s") % {"unit": entry.unit.name}) for entry in record.employments),
            *(
                (entry.end, _("Left: %(unit)s") % {"unit": entry.unit.name})
                for entry in record.employments
                if entry.end
            ),
            *(
                (entry.start, _("Post: %(post)s") % {"post": entry.post.get_title_display()})
                for entry in record.tenures
            ),
            *(
                (entry.issued, _("Certificate: %(level)s") % {"level": entry.get_level_display()})
                for entry in record.certificates
            ),
            *(
                (entry.graduated, _("Graduated: %(level)s") % {"level": entry.get_level_display()})
                for entry in record.educations
            ),
            *(
                (entry.day, _("Honour: %(title)s") % {"title": entry.title or entry.get_kind_display()})
                for entry in record.honours
            ),
            *(
                (entry.start, _("Discipline: %(kind)s") % {"kind": entry.get_kind_display()})
                for entry in record.disciplines
            ),
        ],
        key=lambda event: event[0],
        reverse=True,
    )
    return render(request, "personnel/person.html", {"record": record, "person": record.person, "events": events})
