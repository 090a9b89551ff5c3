"""Telling programs that a route will go: RFC 9745 (Deprecation), RFC 8594 (Sunset) and the link to what comes after it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import wraps
from typing import Any

from django.utils.http import http_date
from drf_spectacular.utils import extend_schema


def retiring(*, since: date, until: date, instead: str) -> Callable[[Any], Any]:
    """For an action of a viewset: its answers say since when it is discouraged, from which day it may be gone, and the
    address that comes after it. The description marks it as deprecated.
    """

    def mark(action: Any) -> Any:
        @wraps(action)
        def answered(*args: Any, **kwargs: Any) -> Any:
            response = action(*args, **kwargs)
            response["Deprecation"] = f"@{_seconds(since)}"
            response["Sunset"] = http_date(_seconds(until))
            response["Link"] = f'<{instead}>; rel="successor-version"'
            return response

        return extend_schema(deprecated=True)(answered)

    return mark


def _seconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
