"""One shape of every refusal: {"error": {"code": …, "message": …, "fields": {name: [message, …]}}}.

`code` is for the program, `message` for whoever reads its log; `fields` is empty unless single values of the request
are wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, status, views
from rest_framework.response import Response

from core.errors import ApplicationError, Conflict, NotAllowed, NotFound, NotRecorded, Refused
from core.services.repeats import KeyReused

RETRY_SECONDS = 5


class Conflicting(exceptions.APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class Refusing(exceptions.APIException):
    """The application refuses; `fields` has what belongs to single values of the request."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "refused"

    def __init__(self, detail: Any = None, fields: Mapping[str, list[Any]] | None = None) -> None:
        super().__init__(detail)
        self.fields = {name: [str(text) for text in texts] for name, texts in (fields or {}).items()}


class Reused(exceptions.APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "key_reused"


class NoState(exceptions.APIException):
    """A write that does not say which state of the thing it rests on."""

    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_code = "precondition_required"


class OtherState(exceptions.APIException):
    """The thing is in another state than the write rests on; the answer has the state that it is in."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_code = "changed"

    def __init__(self, detail: Any, etag: str) -> None:
        super().__init__(detail)
        self.etag = etag


class Busy(exceptions.APIException):
    """The database ended a statement that took or waited too long, or can't be reached. Nothing was written."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "busy"
    wait = RETRY_SECONDS  # becomes the header Retry-After


class Unrecorded(exceptions.APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "not_recorded"


def answer(error: Exception) -> Exception:
    """The HTTP form of an error of the application or of Django; any other is returned as it is."""
    if isinstance(error, NotFound | Http404):
        return exceptions.NotFound(str(error) or None)
    if isinstance(error, NotAllowed | PermissionDenied):
        return exceptions.PermissionDenied(str(error) or None)
    if isinstance(error, Conflict):
        return Conflicting(str(error))
    if isinstance(error, KeyReused):
        return Reused(str(error))
    if isinstance(error, OperationalError):
        return Busy(_("This took too long or somebody else is at it. Nothing was written; ask again, or for less."))
    if isinstance(error, Refused):
        return Refusing(str(error), error.fields)
    if isinstance(error, NotRecorded):
        return Unrecorded(str(error))
    if isinstance(error, ApplicationError):
        return Refusing(str(error))
    return error


def handle(exc: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's handler of exceptions: every refusal in the one shape; None for an error of the program."""
    error = answer(exc)
    response = views.exception_handler(error, context)
    if response is not None and isinstance(error, exceptions.APIException):
        response.data = {"error": described(error)}
        if isinstance(error, OtherState):
            response["ETag"] = error.etag
    return response


def described(error: exceptions.APIException) -> dict[str, Any]:
    """{"code", "message", "fields"} of an error; wrong values are named one by one, also those of nested fields."""
    if not isinstance(error, exceptions.ValidationError):
        detail = error.detail
        code = getattr(detail, "code", error.default_code)
        return {"code": str(code), "message": str(detail), "fields": getattr(error, "fields", {})}
    fields = dict(_flat(error.detail))
    general = fields.pop("", [])
    lines = general + [f"{name}: {text}" for name, texts in fields.items() for text in texts]
    return {"code": "invalid", "message": "\n".join(lines), "fields": fields}


def _flat(detail: Any, name: str = "") -> list[tuple[str, list[str]]]:
    if isinstance(detail, Mapping):
        found = []
        for key, value in detail.items():
            inner = "" if key == "non_field_errors" else str(key)
            found += _flat(value, ".".join(part for part in (name, inner) if part))
        return found
    texts = detail if isinstance(detail, list) else [detail]
    return [(name, [str(text) for text in texts])]


ABOUT_ONE = "x-about-one"  # an operation that names one thing in its question, and not in its address
REFUSALS = {
    "400": "The request is not as described; `fields` names what is wrong.",
    "401": "No token, or one that does not hold.",
    "403": "The user may not use the interface, or may not do this.",
    "404": "Not there, or not among the units of the user's grants.",
    "409": "The thing has changed meanwhile, or somebody else is at it.",
    "405": "There is no such method here.",
    "406": "The answer can't be given in what Accept asks for; it is application/json.",
    "412": "The thing is in another state than If-Match names; the header ETag has the one it is in.",
    "413": "The body is too large.",
    "415": "The body is no application/json.",
    "422": "The Idempotency-Key was used for another request.",
    "428": "If-Match is missing; read the thing first and send its ETag.",
    "429": "Too many requests; the header Retry-After says for how many seconds to wait.",
    "503": "It took too long or somebody else is at it; nothing was written. Retry-After says when to ask again.",
}


def describe_refusals(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """drf-spectacular's last step: the shape of errors, and which of them each operation may answer."""
    result.setdefault("components", {}).setdefault("schemas", {})["Error"] = {
        "type": "object",
        "description": "Every refusal has this form.",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["code", "message", "fields"],
                "properties": {
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                    "fields": {
                        "type": "object",
                        "additionalProperties": {"type": "array", "items": {"type": "string"}},
                    },
                },
            }
        },
        "example": {
            "error": {
                "code": "invalid",
                "message": "month: “2026-13” is no month.",
                "fields": {"month": ["“2026-13” is no month."]},
            }
        },
    }
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            about_one = operation.pop(ABOUT_ONE, False) or "{" in path
            headers = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "header"}
            codes = (
                set(REFUSALS)
                - ({"409"} if method == "get" else set())
                - (set() if method == "post" or about_one else {"404"})
                - (set() if "If-Match" in headers else {"412", "428"})
                - (set() if "Idempotency-Key" in headers else {"422"})
                - (set() if "requestBody" in operation else {"413", "415"})
            )
            _close_body(operation, result["components"]["schemas"])
            for code in sorted(codes):
                operation["responses"].setdefault(code, {"description": REFUSALS[code], "content": content})
    return result


def _close_body(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Bodies take no names but those described, which is refused at run time too (KnownFields)."""
    for one in operation.get("requestBody", {}).get("content", {}).values():
        name = one["schema"].get("$ref", "").rpartition("/")[2]
        if name in schemas and schemas[name].get("type") == "object":
            schemas[name].setdefault("additionalProperties", False)
