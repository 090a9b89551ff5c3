"""The pages around the apps: log-in, first password, workplace, language and theme."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django.views.defaults import page_not_found, server_error

from approvals.selectors import steps_waiting
from assessment.selectors.todo import evaluations_waiting
from core.errors import Refused
from core.rules import due_groups
from cwms import sessions
from cwms.back import back, target_of
from cwms.introduction import lines_for
from cwms.shell import THEMES
from organization.forms import PasswordForm
from organization.models import Permission
from organization.rules.passwords import too_old
from organization.selectors import announcements_for, permissions_of, roles_of, roots_list
from organization.services import user_change_password
from organization.services.passwords import password_rules, profile
from payroll.selectors.todo import runs_waiting
from personnel.filters import MISSING
from personnel.selectors.drafts import drafts_list
from personnel.selectors.imports import imports_waiting
from personnel.selectors.workplace import MOST_DUE, SOON, people_met, quality_of
from personnel.views.recent import seen_numbers
from reports.selectors.saved import reports_waiting

# Whoever may have something in the inbox.
CASES = frozenset({Permission.TAKE_STREET_STEPS, Permission.TAKE_COUNTY_STEPS})
YEAR = 365 * 24 * 3600


def due_names() -> dict[str, str]:
    return {
        "overdue": _("Overdue"),
        "today": _("Due today"),
        "this week": _("Due this week"),
        "later": _("Due later"),
        "no day": _("Without a set day"),
    }


@login_required
def workplace(request: HttpRequest) -> HttpResponse:
    """What waits for the user, what they have started, and where they may work."""
    user = request.user
    may = permissions_of(user=user)
    met = people_met(user=user, numbers=seen_numbers(request))
    todo = [
        *met.due,
        *evaluations_waiting(user=user),
        *runs_waiting(user=user),
        *imports_waiting(user=user),
        *reports_waiting(user=user),
    ]
    waiting = [entry for entry in todo if not entry.mine]
    quality = quality_of(user=user) if Permission.VIEW_PEOPLE in may else None
    cases = steps_waiting(user=user, today=timezone.localdate()) if CASES & may else None
    context: dict[str, Any] = {
        "cases": sum(cases.values()) if cases is not None else None,
        "cases_overdue": (cases or {}).get("overdue", 0),
        "waiting": len(waiting),
        "more_due": timezone.localdate() + SOON if len(met.due) == MOST_DUE else None,
        "groups": [(due_names()[name], found) for name, found in due_groups(waiting, timezone.localdate()).items()],
        "mine": [entry for entry in todo if entry.mine],
        "drafts": list(drafts_list(user=user)),
        "introduction": lines_for(roles_of(user=user)) if user.introduced is None else (),
        "announcements": list(announcements_for(user=user)),
        "may_announce": Permission.CHANGE_ANNOUNCEMENTS in may,
        "units": roots_list(user=user),
        "may_view": quality is not None,
        "people": quality.people if quality else None,
        "counted": quality.counted if quality else None,
        "lacking": (
            [(what, MISSING[what], count) for what, count in quality.lacking]
            if quality and Permission.CHANGE_PEOPLE in may
            else []
        ),
        "recent": met.seen,
    }
    return render(request, "cwms/workplace.html", context)


@login_required
def password(request: HttpRequest) -> HttpResponse:
    """Change one's own password; the first one has to be changed before anything else."""
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = user_change_password(actor=request.user, old=form.cleaned_data["old"], new=form.cleaned_data["new"])
        except Refused as refused:
            for error in refused.errors:
                form.add_error(None, str(error))
        else:
            update_session_auth_hash(request, user)
            messages.success(request, _("Your password is changed."))
            return back(request)
    first = request.user.must_change_password
    status = 200 if not form.errors else 422
    context = {
        "form": form,
        "first": first,
        "old": too_old(profile(), request.user.password_chosen, sessions.now()),
        "rules": password_rules(user=request.user),
        "next": target_of(request),
    }
    return render(request, "registration/password.html", context, status=status)


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Chinese or English, remembered in a cookie."""
    wanted = request.POST.get("language", "")
    response = back(request)
    if wanted in dict(settings.LANGUAGES):
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, wanted, max_age=YEAR, samesite="Lax", httponly=True)
    return response


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Light, dark, or as the device is set."""
    wanted = request.POST.get("theme", "")
    response = back(request)
    if wanted in THEMES:
        response.set_cookie("theme", wanted, max_age=YEAR, samesite="Lax", httponly=True)
    return response


@require_GET
def health(request: HttpRequest) -> HttpResponse:
    """For load balancers: the application and its database answer."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain; charset=utf-8")


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No such address: a page for people, the one shape of errors for programs."""
    if request.path.startswith("/api/"):
        text = _("There is no such address. The document /api/schema/ lists those there are.")
        return JsonResponse({"error": {"code": "not_found", "message": text, "fields": {}}}, status=404)
    return page_not_found(request, exception)


def failed(request: HttpRequest) -> HttpResponse:
    """An error of the program, which is in the log; programs get the one shape."""
    if request.path.startswith("/api/"):
        text = _("The program has failed; the administrator finds the reason in its log.")
        return JsonResponse({"error": {"code": "error", "message": text, "fields": {}}}, status=500)
    return server_error(request)
