"""What every endpoint for programs shares: one shape of errors, pages of rows, and no parameter that nobody reads.

Every refusal has the form {"error": {"code": …, "message": …, "fields": {name: [message, …]}}}. `code` is for the
program, `message` for whoever reads its log; `fields` is empty unless single values of the request are wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import exceptions, serializers, status, views
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import ApplicationError, Conflict, NotAllowed, NotFound

MOST = 500  # rows of one answer


class Conflicting(exceptions.APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class Refusing(exceptions.APIException):
    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "refused"


def answer(error: Exception) -> Exception:
    """The HTTP form of an error of the application or of Django; any other is returned as it is."""
    if isinstance(error, NotFound | Http404):
        return exceptions.NotFound(str(error) or None)
    if isinstance(error, NotAllowed | PermissionDenied):
        return exceptions.PermissionDenied(str(error) or None)
    if isinstance(error, Conflict):
        return Conflicting(str(error))
    if isinstance(error, ApplicationError):
        return Refusing(str(error))
    return error


def handle(exc: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's handler of exceptions: every refusal in the one shape; None for an error of the program."""
    error = answer(exc)
    response = views.exception_handler(error, context)
    if response is not None and isinstance(error, exceptions.APIException):
        response.data = {"error": described(error)}
    return response


def described(error: exceptions.APIException) -> dict[str, Any]:
    """{"code", "message", "fields"} of an error; wrong values are named one by one, also those of nested fields."""
    if not isinstance(error, exceptions.ValidationError):
        detail = error.detail
        code = getattr(detail, "code", error.default_code)
        return {"code": str(code), "message": str(detail), "fields": {}}
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


class Pages(LimitOffsetPagination):
    """`limit` rows from `offset` on: 50 unless asked for, never more than 500."""

    default_limit = 50
    max_limit = MOST

    def get_paginated_response_schema(self, schema: Any) -> dict[str, Any]:
        address = {"type": ["string", "null"], "format": "uri", "description": "null where there is no such page"}
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": {
                    "type": "integer",
                    "description": "all rows, not only those of this answer",
                    "examples": [412],
                },
                "next": address,
                "previous": address,
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": "limit",
                "in": "query",
                "required": False,
                "description": f"rows in the answer; {self.default_limit} unless given, {MOST} at most",
                "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": self.default_limit},
            },
            {
                "name": "offset",
                "in": "query",
                "required": False,
                "description": "rows to leave out before the first",
                "schema": {"type": "integer", "minimum": 0, "default": 0},
            },
        ]


class KnownParameters:
    """For view sets: a query parameter that nobody reads is refused; a typing error must not look like "all rows".

    `parameters` are those that a view reads itself; those of its filters and of its pages are found.
    """

    parameters: tuple[str, ...] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        known = set(self.parameters)
        if getattr(self, "action", "") == "list":
            known |= {"limit", "offset", *getattr(getattr(self, "filterset_class", None), "base_filters", ())}
        elif request.method not in ("GET", "HEAD", "OPTIONS"):
            known = set()
        if unknown := sorted(set(request.query_params) - known):
            names = ", ".join(sorted(known)) or "–"
            raise exceptions.ValidationError(
                {
                    name: [_("There is no such parameter here. Known are: %(names)s.") % {"names": names}]
                    for name in unknown
                }
            )


@extend_schema_field({"type": "string", "pattern": r"^\d{4}-\d{2}$", "examples": ["2026-01"]})
class MonthField(serializers.DateField):
    """The first day of a month, written 2026-01."""

    def __init__(self, **options: Any) -> None:
        super().__init__(format="%Y-%m", **options)


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {"type": "integer"},
        "description": "whole numbers of the run by name; money in fen",
        "examples": [{"people": 412, "left_out": 1}],
    }
)
class Totals(serializers.JSONField):
    """What a run's batches add up to."""


@extend_schema_field(
    {
        "type": "array",
        "description": "the versions of the rules that were used; sha256 is the hash of the file",
        "items": {
            "type": "object",
            "required": ["id", "place", "name", "version", "sha256"],
            "properties": {
                "id": {"type": "integer"},
                "place": {"type": "string"},
                "name": {"type": "string"},
                "name_en": {"type": "string"},
                "version": {"type": "string"},
                "sha256": {"type": "string"},
                "path": {"type": "string", "description": "the part of the tree of units for which it holds"},
            },
        },
    }
)
class Policies(serializers.JSONField):
    """Which rules a run used."""


@extend_schema_field(
    {
        "type": "array",
        "description": "codes with parameters, in the order in which they apply",
        "items": {
            "type": "object",
            "required": ["code", "params"],
            "properties": {"code": {"type": "string"}, "params": {"type": "object"}},
        },
    }
)
class Reasons(serializers.JSONField):
    """Why a result is what it is."""


REFUSALS = {
    "400": "The request is not as described; `fields` names what is wrong.",
    "401": "No token, or one that does not hold.",
    "403": "The user may not use the interface, or may not do this.",
    "404": "Not there, or not among the units of the user's grants.",
    "409": "The thing has changed meanwhile, or somebody else is at it.",
    "429": "Too many requests; the header Retry-After says for how many seconds to wait.",
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
            codes = (
                set(REFUSALS)
                - ({"409"} if method == "get" else set())
                - (set() if method == "post" or "{" in path else {"404"})
            )
            for code in sorted(codes):
                operation["responses"].setdefault(code, {"description": REFUSALS[code], "content": content})
    return result
