"""Units for programs: those in the units of the caller's grants, as of a day, and every change of one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import (
    IDEMPOTENCY_KEY,
    IF_MATCH,
    IF_NONE_MATCH,
    STATE,
    CursorPages,
    KnownFields,
    KnownParameters,
    once,
    require_state,
    state_answer,
)
from core.errors import NotFound
from organization.access import get_unit_for, require
from organization.api.answers import body_of, child_number, data_of, unit_shown, unit_state_of
from organization.api.bodies import (
    EXAMPLE,
    VALUES,
    CloseSerializer,
    MergeSerializer,
    MoveSerializer,
    NewFactSerializer,
    NewUnitSerializer,
    RenameSerializer,
    SeriesSerializer,
    SplitSerializer,
    UnitCorrectionSerializer,
    UnitSerializer,
    UnitsSerializer,
    UnitWithFactsSerializer,
    UpgradeSerializer,
)
from organization.models import Permission, Unit, UnitKind, widen
from organization.rules.loading import day_of
from organization.selectors import children_on_for_system, unit_by_code_for_system, units_ever_list, units_list
from organization.services import (
    Part,
    fact_enter,
    unit_close,
    unit_correct,
    unit_create,
    unit_move,
    unit_rename,
    unit_split,
    unit_upgrade,
    units_merge,
)
from organization.services.steps import take_tree

_DAY = OpenApiParameter("day", OpenApiTypes.DATE, description="the day, like 2026-01-31; today without it")
_IF_ALL_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="the ETags of all units that are merged, with commas between; if one of them is in another state by "
    "now, nothing is written",
)
_SERIES = {"results": [{"key": "residents", **VALUES["residents"]}]}


def _sent(what: str, /, **body: Any) -> list[OpenApiExample]:
    """An example of a body, and of the unit that is answered."""
    answered = OpenApiExample("the unit", EXAMPLE | {"facts": VALUES}, response_only=True)
    return [OpenApiExample(what, body, request_only=True), answered]


class UnitFilter(django_filters.FilterSet):  # type: ignore[misc]
    kind = django_filters.ChoiceFilter(choices=UnitKind.choices, help_text="only units of this kind")
    parent = django_filters.CharFilter(method="below", help_text="code of the unit directly above")

    def below(self, queryset: QuerySet[Unit], name: str, value: str) -> QuerySet[Unit]:
        return queryset.filter(parent__code=widen(value))


@extend_schema_view(
    list=extend_schema(
        summary="Units that hold on a day",
        parameters=[_DAY],
        examples=[OpenApiExample("a row", EXAMPLE, response_only=True)],
    ),
)
class UnitViewSet(KnownParameters, mixins.ListModelMixin, viewsets.GenericViewSet[Unit]):
    """The units of the caller's grants and all below them, in the order of the tree. Writing needs the permission to
    change units. A write acts on the unit as it is today, whatever day was read."""

    serializer_class = UnitSerializer
    lookup_field = "code"
    lookup_url_kwarg = "pk"
    lookup_value_regex = r"\d{1,15}"
    action_parameters = {"list": ("day",), "retrieve": ("day",)}
    pagination_class = CursorPages
    filterset_class = UnitFilter
    queryset = Unit.objects.none()

    def get_queryset(self) -> QuerySet[Unit]:
        units = units_list(user=self.request.user, permission=Permission.VIEW_PEOPLE, day=self._day())
        return units.select_related("parent")

    def cursor_order(self, request: Request) -> tuple[str, tuple[str, ...], bool]:
        return "path", ("path", "id"), False

    def _day(self) -> date:
        typed = self.request.query_params.get("day", "")
        day = day_of(typed) if typed else timezone.localdate()
        if day is None:
            raise ValidationError({"day": [_("“%(typed)s” is no day. Write it like 2026-01-31.") % {"typed": typed}]})
        return day

    @extend_schema(
        summary="The unit of a code on a day, with its numbers",
        parameters=[_DAY, IF_NONE_MATCH, STATE],
        filters=False,
        responses={200: UnitWithFactsSerializer, 304: None},
        examples=[OpenApiExample("a unit", EXAMPLE | {"facts": VALUES}, response_only=True)],
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        unit = self.get_queryset().filter(code=widen(pk)).first()
        if unit is None:
            raise NotFound(_("There is no such unit."))
        return unit_shown(request, unit, day=self._day())

    @extend_schema(
        summary="A unit below another begins",
        request=NewUnitSerializer,
        parameters=[IDEMPOTENCY_KEY, STATE],
        filters=False,
        responses={201: UnitWithFactsSerializer},
        examples=_sent(
            "a community",
            kind="COMMUNITY", parent="340181002", code="340181002008", name="旗山社区", valid_from="2020-01-01",
        ),
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """The permission to change units is needed in the unit above."""
        body = body_of(NewUnitSerializer, request)
        parent = get_unit_for(request.user, Permission.CHANGE_UNITS, body.pop("parent"))

        def write() -> Response:
            unit = unit_create(actor=request.user, parent=parent, **body)
            return unit_shown(request, unit, status.HTTP_201_CREATED)

        return once(request, write)

    @extend_schema(
        summary="A unit gets another name",
        request=RenameSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY, STATE],
        responses={200: UnitWithFactsSerializer},
        examples=_sent("by a decision", day="2026-07-01", name="旗山北社区", document="民〔2026〕9号"),
    )
    @action(detail=True, methods=["post"])
    def rename(self, request: Request, pk: str) -> Response:
        """The row of the former name ends; people, posts, grants and numbers go along with the new one."""
        return self._written(
            request, pk, RenameSerializer, lambda unit, body: unit_rename(actor=request.user, unit=unit, **body)
        )

    @extend_schema(
        summary="A unit was wrong in the record",
        request=UnitCorrectionSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY, STATE],
        responses={200: UnitWithFactsSerializer},
        examples=_sent("a misprint", reason="misprint in the list", name="旗山社区"),
    )
    @action(detail=True, methods=["post"])
    def correct(self, request: Request, pk: str) -> Response:
        """Nothing about the unit itself changes on any day; a new name is a rename, another code a new form."""
        return self._written(
            request,
            pk,
            UnitCorrectionSerializer,
            lambda unit, body: unit_correct(actor=request.user, unit=unit, **body),
        )

    @extend_schema(
        summary="A unit becomes part of another",
        request=MoveSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY, STATE],
        responses={200: UnitWithFactsSerializer},
        examples=_sent("to another street", day="2026-07-01", parent="340181003", document="民〔2026〕3号"),
    )
    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: str) -> Response:
        """Everything below it, people, posts, grants and numbers go along; what is sealed or closed keeps its place.

        The permission to change units is needed in both places.
        """

        def write(unit: Unit, body: dict[str, Any]) -> Unit:
            parent = get_unit_for(request.user, Permission.CHANGE_UNITS, body.pop("parent"))
            return unit_move(actor=request.user, unit=unit, parent=parent, **body)

        return self._written(request, pk, MoveSerializer, write)

    @extend_schema(
        summary="A unit gets another form and code",
        request=UpgradeSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY, STATE],
        responses={200: UnitWithFactsSerializer},
        examples=_sent("a town becomes a street", day="2026-07-01", code="340181004", name="散兵街道"),
    )
    @action(detail=True, methods=["post"])
    def upgrade(self, request: Request, pk: str) -> Response:
        """The answer has the new code, and Location the address under which the unit is found from now on."""
        return self._written(
            request, pk, UpgradeSerializer, lambda unit, body: unit_upgrade(actor=request.user, unit=unit, **body)
        )

    @extend_schema(
        summary="A unit ends",
        request=CloseSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY, STATE],
        responses={200: UnitWithFactsSerializer},
        examples=_sent("from a day on", day="2026-10-01"),
    )
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        """Refused while something is below it or somebody works there; a merge takes both along."""
        return self._written(
            request, pk, CloseSerializer, lambda unit, body: unit_close(actor=request.user, unit=unit, **body)
        )

    @extend_schema(
        summary="Units become one",
        request=MergeSerializer,
        parameters=[_IF_ALL_MATCH, IDEMPOTENCY_KEY, STATE],
        responses={200: UnitWithFactsSerializer, 201: UnitWithFactsSerializer},
        examples=_sent(
            "two grids", day="2026-07-01", units=["340181002008002"], name="第一网格", document="松网格〔2026〕1号"
        ),
    )
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, pk: str) -> Response:
        """The answer is the unit that they are: 201 with a new one, 200 with `into`, which goes on as it is.

        People, posts and units below go along. Numbers stay with the units that end, and so do grants.
        """

        def write(unit: Unit, body: dict[str, Any]) -> Response:
            units = {unit.code: unit}
            for code in body.pop("units"):
                units.setdefault(widen(code), self._own(request, code))
            for one in units.values():
                require_state(request, unit_state_of(one))
            into = widen(body.pop("into")) if body.get("into") else ""
            if into and into not in units:
                raise ValidationError({"into": [_("Choose one of the units that are merged.")]})
            goes_on = units.get(into)
            made = units_merge(actor=request.user, units=list(units.values()), into=goes_on, **body)
            return unit_shown(request, made, status.HTTP_200_OK if goes_on else status.HTTP_201_CREATED)

        return self._written(request, pk, MergeSerializer, write)

    @extend_schema(
        summary="A unit becomes several",
        request=SplitSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY],
        responses={201: UnitsSerializer},
        examples=[
            OpenApiExample(
                "into two",
                {
                    "day": "2026-07-01",
                    "parts": [
                        {"name": "旗山社区", "code": "340181002008"},
                        {"name": "花园社区", "code": "340181002030", "children": ["340181002008002"]},
                    ],
                },
                request_only=True,
            ),
            OpenApiExample("the units", {"results": [EXAMPLE | {"facts": {}}]}, response_only=True),
        ],
    )
    @action(detail=True, methods=["post"])
    def split(self, request: Request, pk: str) -> Response:
        """People go into the first part; give them to the others afterwards, by transfers."""

        def write(unit: Unit, body: dict[str, Any]) -> Response:
            below = children_on_for_system(unit, body["day"])
            parts = [
                Part(
                    one["name"],
                    one["code"],
                    one["name_en"],
                    tuple(child_number(unit, below, code) for code in one["children"]),
                )
                for one in body.pop("parts")
            ]
            made = unit_split(actor=request.user, unit=unit, parts=parts, **body)
            return Response({"results": [data_of(one)[0] for one in made]}, status=status.HTTP_201_CREATED)

        return self._written(request, pk, SplitSerializer, write)

    @extend_schema(
        summary="Numbers of a unit, of all days",
        parameters=[IF_NONE_MATCH, STATE],
        responses={200: SeriesSerializer, 304: None},
        examples=[OpenApiExample("residents", _SERIES, response_only=True)],
    )
    @action(detail=True, methods=["get"])
    def facts(self, request: Request, pk: str) -> Response:
        """Everything that is entered, with its source, by key and day. The ETag is the unit's."""
        unit = self._one(pk)
        _unit, etag, facts = data_of(unit)
        rows = [{"key": one.key, "value": one.value, "day": one.day, "source": one.source} for one in facts]
        return state_answer(request, {"results": rows}, etag)

    @extend_schema(
        summary="A number of a unit is entered",
        request=NewFactSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY, STATE],
        responses={200: UnitWithFactsSerializer},
        examples=_sent("residents", key="residents", value="6200", day="2025-12-31", source="统计年报"),
    )
    @facts.mapping.post
    def facts_enter(self, request: Request, pk: str) -> Response:
        """The same fact of the same day is corrected; the answer is the unit."""

        def write(unit: Unit, body: dict[str, Any]) -> Unit:
            fact_enter(actor=request.user, unit=unit, **body)
            return unit

        return self._written(request, pk, NewFactSerializer, write)

    def _one(self, code: str) -> Unit:
        """The unit as it is today, or the nearest to that: one to come, one that has ended. Raises NotFound."""
        unit = unit_by_code_for_system(units_ever_list(user=self.request.user), code)
        if unit is None:
            raise NotFound(_("There is no such unit."))
        return unit

    def _own(self, request: Request, code: str) -> Unit:
        unit = self._one(code)
        require(request.user, Permission.CHANGE_UNITS, unit)
        return unit

    def _written(
        self,
        request: Request,
        code: str,
        serializer: type[KnownFields],
        write: Callable[[Unit, dict[str, Any]], Unit | Response],
    ) -> Response:
        """`write` on the unit as it is under the lock of the tree; the answer is the unit that it returns."""
        self._own(request, code)
        body = body_of(serializer, request)

        def locked() -> Response:
            take_tree()
            unit = self._own(request, code)
            require_state(request, unit_state_of(unit))
            written = write(unit, body)
            return written if isinstance(written, Response) else unit_shown(request, written)

        return once(request, locked)
