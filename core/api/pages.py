"""Rows of a list in pages, and no parameter that nobody reads."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.core.exceptions import ValidationError as ModelError
from django.db.models import F, Model, Q, QuerySet
from django.utils.translation import gettext as _
from django_filters import BooleanFilter, NumberFilter
from rest_framework import exceptions
from rest_framework.pagination import BasePagination, LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

USUAL, MOST = 50, 100  # rows of one answer
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_LIMIT = {
    "name": "limit",
    "in": "query",
    "required": False,
    "description": f"rows in the answer; {USUAL} unless given, {MOST} at most",
    "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
}


def whole_number(request: Request, name: str, *, usual: int, least: int, most: int) -> int:
    """The parameter as it was asked for, `usual` where it was not; ValidationError outside [least, most]."""
    typed = request.query_params.get(name)
    if typed is None:
        return usual
    if typed.isascii() and typed.isdecimal() and len(typed) < 20 and least <= int(typed) <= most:
        return int(typed)
    raise exceptions.ValidationError(
        {
            name: [
                _("“%(typed)s” is no number from %(least)s to %(most)s.")
                % {"typed": typed, "least": least, "most": most}
            ]
        }
    )


class Pages(LimitOffsetPagination):
    """`limit` rows from `offset` on: 50 unless asked for, never more than 100."""

    default_limit, max_limit = USUAL, MOST
    parameters = ("limit", "offset")

    def get_limit(self, request: Request) -> int:
        return whole_number(request, "limit", usual=USUAL, least=1, most=MOST)

    def get_offset(self, request: Request) -> int:
        return whole_number(request, "offset", usual=0, least=0, most=10**9)

    def get_paginated_response_schema(self, schema: Any) -> dict[str, Any]:
        address = {"type": ["string", "null"], "format": "uri", "description": "null where there is no such page"}
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": {
                    "type": "integer",
                    "description": "all rows, not only those of this answer",
                    "example": 412,
                },
                "next": {**address, "example": "https://cwms.example/api/v1/payslips/?limit=50&offset=50"},
                "previous": {**address, "example": None},
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            _LIMIT,
            {
                "name": "offset",
                "in": "query",
                "required": False,
                "description": "rows to leave out before the first",
                "schema": {"type": "integer", "minimum": 0, "maximum": 10**9, "default": 0},
            },
        ]


class CursorPages(BasePagination):
    """`limit` rows from behind (or, going back, before) a row: what is written meanwhile shifts nobody to another page.

    The view says the order: `cursor_order(request)` gives its name, the columns (the last of which tells two rows
    apart, none of which is ever null) and whether it goes down. A cursor holds for the order it was made in.
    """

    parameters = ("limit", "cursor")

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.request = request
        self.name, self.keys, down = view.cursor_order(request)
        size = whole_number(request, "limit", usual=USUAL, least=1, most=MOST)
        back, values = self._read(request.query_params.get("cursor", ""), queryset.model)
        turned = down != back
        rows = _beyond(queryset, self.keys, values, turned)
        order = [F(key).desc() if turned else F(key).asc() for key in self.keys]
        found = list(rows.order_by(*order)[: size + 1])
        more, found = len(found) > size, found[:size]
        if back:
            found.reverse()
        before, behind = (more, True) if back else (bool(values), more)
        self.previous = self._link(found[0], back=True) if found and before else None
        self.next = self._link(found[-1], back=False) if found and behind else None
        return found

    def _link(self, row: Any, *, back: bool) -> str:
        raw = json.dumps([self.name, int(back), *(getattr(row, key) for key in self.keys)], default=str)
        cursor = urlsafe_b64encode(raw.encode()).decode().rstrip("=")
        return str(replace_query_param(self.request.build_absolute_uri(), "cursor", cursor))

    def _read(self, cursor: str, model: type[Model]) -> tuple[bool, tuple[Any, ...]]:
        if not cursor:
            return False, ()
        try:
            name, back, *values = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            if name != self.name or back not in (0, 1):
                raise ValueError
            fields: list[Any] = [model._meta.get_field(key) for key in self.keys]
            typed = tuple(one.to_python(value) for one, value in zip(fields, values, strict=True))
            if any(value is None for value in typed):
                raise ValueError
        except (ValueError, TypeError, ModelError, FieldDoesNotExist) as error:
            raise exceptions.ValidationError(
                {"cursor": [_("This cursor is of another list or another order. Begin again without it.")]}
            ) from error
        return bool(back), typed

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self.next, "previous": self.previous, "results": data})

    def get_paginated_response_schema(self, schema: Any) -> dict[str, Any]:
        address = {"type": ["string", "null"], "format": "uri", "description": "null where there is no such page"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": {**address, "example": "https://cwms.example/api/v1/people/?cursor=WyJuYW1lIiwwXQ"},
                "previous": {**address, "example": None},
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            _LIMIT,
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "description": "where the page begins: taken from `next` or `previous`, never made up",
                "schema": {"type": "string"},
            },
        ]


def _beyond(rows: QuerySet[Any], keys: tuple[str, ...], values: tuple[Any, ...], down: bool) -> QuerySet[Any]:
    """The rows behind some values in an order; the first key alone bounds the range of its index."""
    if not values:
        return rows
    strict, bound = ("lt", "lte") if down else ("gt", "gte")
    condition = Q(pk__in=[])
    for n, (key, value) in enumerate(zip(keys, values, strict=True)):
        condition |= Q(**dict(zip(keys[:n], values[:n], strict=True)), **{f"{key}__{strict}": value})
    return rows.filter(condition, **{f"{keys[0]}__{bound}": values[0]})


class KnownParameters:
    """For view sets: a query parameter that nobody reads is refused; a typing error must not look like "all rows".

    So is one without a value, and one whose value a filter would pass over in silence.
    `parameters` are those that a view reads itself, `action_parameters` those that one action of it reads; those of its
    filters and of its pages are found.
    """

    parameters: tuple[str, ...] = ()
    action_parameters: Mapping[str, tuple[str, ...]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        action = getattr(self, "action", "") or ""
        if not action:
            return  # there is no such method here, whatever else is asked for
        known = {*self.parameters, *self.action_parameters.get(action, ())}
        if action == "list":
            known |= {*getattr(getattr(self, "pagination_class", None), "parameters", ())}
            known |= {*getattr(getattr(self, "filterset_class", None), "base_filters", ())}
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
        if wrong := {name: [text] for name, text in self._unread(request)}:
            raise exceptions.ValidationError(wrong)

    def _unread(self, request: Request) -> Iterator[tuple[str, str]]:
        filters = getattr(getattr(self, "filterset_class", None), "base_filters", {})
        for name, values in request.query_params.lists():
            read_by = filters.get(name)
            if "" in values:
                yield name, _("There is no value here. Leave a parameter out that nothing is asked of.")
            elif isinstance(read_by, BooleanFilter) and not {*values} <= {"true", "false"}:
                yield name, _("“%(typed)s” is neither true nor false.") % {"typed": values[-1]}
            elif isinstance(read_by, NumberFilter) and not all(_WHOLE.fullmatch(value) for value in values):
                yield name, _("“%(typed)s” is no whole number.") % {"typed": values[-1]}
