"""States of things (ETag, If-None-Match, If-Match) and writes that may be sent again (Idempotency-Key)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.errors import NoState, OtherState
from core.services.repeats import Kept, answer_once

KEY = re.compile(r"[!-~]{8,100}")

STATE = OpenApiParameter(
    "ETag", str, OpenApiParameter.HEADER, response=["200", "201"], description="the state of the thing, for If-Match"
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="an ETag; while the thing is still in that state, the answer is 304 without a body",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="the ETag of the thing as it was read; if it is in another state by now, nothing is written",
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="8 to 100 characters of the program's own choice, new for each write. Sent again within 24 hours with "
    "the same body, nothing is written and the first answer comes again; refusals are not kept",
)


def plain(data: Any) -> Any:
    """What a serializer gives, as it looks once it has been sent."""
    return json.loads(JSONRenderer().render(data) or b"null")


def state_of(data: Any) -> str:
    """The ETag of a representation. Keyed, so that what is masked in an answer can't be guessed from it."""
    text = json.dumps(plain(data), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return state_of_text(text.encode())


def state_of_text(text: bytes) -> str:
    """The ETag of an answer as it is sent, keyed likewise."""
    return '"' + salted_hmac("core.api.state", text, algorithm="sha256").hexdigest()[:32] + '"'


def _named(header: str) -> list[str]:
    return re.findall(r'(?:W/)?"[^"]*"|\*', header)


def knows_state(request: Request, etag: str) -> bool:
    """Whether the program has this state already, so that it needs no body."""
    known = {one.removeprefix("W/") for one in _named(request.headers.get("If-None-Match", ""))}
    return request.method in ("GET", "HEAD") and bool(known & {etag, "*"})


def state_answer(request: Request, data: Any, etag: str, code: int = status.HTTP_200_OK) -> Response:
    """The answer with its ETag; 304 without a body where the program has this state already."""
    if knows_state(request, etag):
        return Response(status=status.HTTP_304_NOT_MODIFIED, headers={"ETag": etag})
    return Response(data, status=code, headers={"ETag": etag})


def require_state(request: Request, etag: str) -> None:
    """The write rests on the state that the thing is in; to be asked under its lock.

    Raises NoState (428) where the program names none ("*" names none either), OtherState (412) where it names another.
    """
    named = [one for one in _named(request.headers.get("If-Match", "")) if one != "*"]
    if not named:
        raise NoState(_("Send the header If-Match with the ETag of what you have read."))
    if etag not in named:
        raise OtherState(_("This has changed since you read it. Read it again, and write on that."), etag)


def once(request: Request, write: Callable[[], Response]) -> Response:
    """One write in one transaction; with an Idempotency-Key, the first answer again for the same request again.

    Whoever may not do this any more has to be refused before.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        with transaction.atomic():
            return write()
    if not KEY.fullmatch(key):
        raise ValidationError({"Idempotency-Key": [_("A key has 8 to 100 visible ASCII characters.")]})

    def answered() -> Kept:
        response = write()
        headers = {name: response[name] for name in ("ETag", "Location") if name in response}
        return Kept(response.status_code, plain(response.data), headers)

    kept, again = answer_once(
        user_id=int(request.user.pk or 0),
        key=key,
        route=f"{request.method} {request.path}",
        request=plain(request.data),
        now=timezone.now(),
        answer=answered,
    )
    headers = kept.headers | ({"Idempotent-Replayed": "true"} if again else {})
    return Response(kept.body, status=kept.status, headers=headers)
