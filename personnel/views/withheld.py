"""What the record withholds of a file whose processing is restricted, until somebody has named a purpose."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from personnel.selectors.restrictions import restricted_for_system

_SHOWN = "shown"  # in the session: {number of a person: second until which their record lies open}
LASTS = 600  # seconds: as long as somebody reads what they opened


def note_shown(request: HttpRequest, number: int) -> None:
    """A purpose was named for this record, and is on the trail."""
    now = timezone.now().timestamp()
    still = {one: until for one, until in request.session.get(_SHOWN, {}).items() if until > now}
    request.session[_SHOWN] = still | {str(number): now + LASTS}


def withholds(request: HttpRequest, number: int) -> bool:
    """Whether the file is restricted and this session has named no purpose for it lately."""
    until = request.session.get(_SHOWN, {}).get(str(number), 0)
    return until <= timezone.now().timestamp() and bool(restricted_for_system([number]))


def withheld(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For a part of somebody's record: what the view shows, or, of a restricted file, that it is there for a purpose.

    The view is asked all the same, so that who may not look is told what they would be told otherwise.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, person: int, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = view(request, person, *args, **kwargs)
        if answer.status_code == 200 and withholds(request, person):
            return render(request, "personnel/_withheld.html", {"person": person})
        return answer

    return wrapped
