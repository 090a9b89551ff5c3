"""The people whom a word in the search box of every page may mean, while it is typed."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from organization.access import asked_once, scope_for
from organization.models import Permission
from personnel.filters import PeopleFilter
from personnel.rules.listing import WORKING
from personnel.selectors.columns import lines_of
from personnel.selectors.listing import rows_for_system
from personnel.selectors.pages import page_for_system

MOST = 8
COLUMNS = ["name", "employment.unit", "tenure.title"]


@login_required
@require_POST
@asked_once()  # it is sent so that no log keeps the word, and changes nothing
def people_find(request: HttpRequest) -> HttpResponse:
    """The first people of the list that the same word gives, as links; nothing for an empty word. A fragment."""
    typed = request.POST.get("q", "").strip()
    day = timezone.localdate()
    asked = QueryDict(mutable=True)
    asked["q"] = typed
    found = PeopleFilter(
        asked, queryset=rows_for_system(scope_for(request.user, Permission.VIEW_PEOPLE), day, WORKING), day=day
    )
    lines, total = [], 0
    if typed and found.form.is_valid():
        page = page_for_system(found.found, size=MOST)
        lines, total = lines_of(page.rows, COLUMNS, day, user=request.user), page.total
    return render(request, "personnel/_found.html", {"lines": lines, "total": total, "typed": typed})
