"""Bodies of requests: JSON alone, of a size and a depth that nobody's program needs more of."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.parsers import JSONParser

MAX_DEPTH = 20  # lists and objects within each other


class TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


class Body(JSONParser):
    """CWMS_API_BODY_BYTES at most, read no further than that whatever the request says of its length."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        most = settings.CWMS_API_BODY_BYTES
        data = stream.read(most + 1)
        if len(data) > most:
            raise TooLarge(_("The body is larger than %(most)s bytes. Send it in parts.") % {"most": most})
        too_deep = exceptions.ParseError(
            _("The body has more than %(most)s levels of lists and objects within each other.") % {"most": MAX_DEPTH}
        )
        try:
            parsed = super().parse(io.BytesIO(data), media_type, dict(parser_context or {}))
        except RecursionError as error:
            raise too_deep from error
        if _deeper(parsed, MAX_DEPTH):
            raise too_deep
        return parsed


def _deeper(value: Any, most: int) -> bool:
    level = [value]
    for _depth in range(most):
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True
