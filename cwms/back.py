"""Where a page goes back to."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme


def target_of(request: HttpRequest) -> str:
    """Where the user came from, as the page was told; "" if that is none of our own pages."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    own = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if own else ""


def back(request: HttpRequest, fallback: str = "workplace") -> HttpResponse:
    """To where the user came from, else to the route `fallback`."""
    return redirect(target_of(request) or fallback)
