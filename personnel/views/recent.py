"""Whom a user looked at last: numbers in a cookie of their own browser, so that looking writes nothing."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

COOKIE = "recent"
MOST = 8
KEPT = 30 * 24 * 3600  # seconds


def seen_numbers(request: HttpRequest) -> list[int]:
    """The people whom this user looked at last, the last one first. Others who use the same browser have their own."""
    owner, _colon, numbers = request.COOKIES.get(COOKIE, "").partition(":")
    if owner != str(request.user.pk):
        return []
    return [int(text) for text in numbers.split(".")[:MOST] if text.isdecimal() and len(text) < 12]


def note_seen(request: HttpRequest, response: HttpResponse, number: int) -> None:
    """This user has looked at somebody."""
    numbers = [number, *(one for one in seen_numbers(request) if one != number)][:MOST]
    response.set_cookie(
        COOKIE,
        f"{request.user.pk}:{'.'.join(map(str, numbers))}",
        max_age=KEPT,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
