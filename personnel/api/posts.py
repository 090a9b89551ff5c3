"""Posts for programs: the seats of units, who holds them on a day, and which are empty."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
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
    state_of,
)
from core.errors import NotFound, Refused
from organization.access import get_unit_for, require
from organization.models import Permission, widen
from organization.services import hold_tree
from personnel.api.foresight import foreseen_answer, foresees
from personnel.api.rows import UnitFilter
from personnel.api.values import example_of, today_or, values_serializer
from personnel.models import Body, Person, Post, PostTitle, Tenure
from personnel.rules.fields import fields_of
from personnel.selectors.appointments import units_touched_for_system
from personnel.selectors.people import person_for
from personnel.selectors.seats import seat_again_for_system, seat_for, seats_list, with_holders_for_system
from personnel.services import section_add, tenure_end
from personnel.services.seats import locked_seat, seat_create

_DAY = OpenApiParameter("day", OpenApiTypes.DATE, description="the day, like 2026-01-31; today without it")
_OF_SEAT = ("title", "unit")


class HolderSerializer(serializers.Serializer[Tenure]):
    tenure = serializers.IntegerField(source="id", read_only=True, help_text="number under /tenures/")
    person = serializers.IntegerField(source="person_id", read_only=True)
    name = serializers.CharField(source="person.name", read_only=True)
    start = serializers.DateField(read_only=True)
    end = serializers.DateField(allow_null=True, read_only=True, help_text="the first day on which it no longer holds")
    full_time = serializers.BooleanField(read_only=True)


class PostSerializer(serializers.Serializer[Post]):
    """A seat in a body of a unit, whether somebody holds it on the day or not."""

    id = serializers.IntegerField(read_only=True)
    unit = serializers.CharField(source="unit.code", read_only=True, help_text="code of the unit")
    unit_name = serializers.CharField(source="unit.name", read_only=True)
    body = serializers.ChoiceField(choices=Body.choices, read_only=True)
    title = serializers.ChoiceField(choices=PostTitle.choices, read_only=True)
    single_holder = serializers.BooleanField(read_only=True, help_text="one holder at a time")
    empty = serializers.BooleanField(read_only=True, help_text="nobody holds it on the day")
    holders = HolderSerializer(many=True, read_only=True)


class NewPostSerializer(KnownFields):
    """The unit by its code."""

    unit = serializers.CharField(max_length=15, help_text="code of the unit")
    title = serializers.ChoiceField(choices=PostTitle.choices)


AppointmentSerializer = values_serializer(
    "AppointmentSerializer",
    "Who takes up the post, and from which day.",
    [one for one in fields_of("post") if one.attribute not in _OF_SEAT],
    Tenure,
    required=("start",),
    more={"person": serializers.IntegerField(min_value=1, help_text="number of the person")},
)


class VacatingSerializer(KnownFields):
    """From a day on somebody no longer holds the post."""

    day = serializers.DateField(help_text="the first day on which it is no longer held")
    person = serializers.IntegerField(
        min_value=1, required=False, help_text="number of the person; needed where several hold the post"
    )
    document = serializers.CharField(required=False, allow_blank=True, max_length=100, help_text="what it rests on")


class PostFilter(UnitFilter):
    """What seats can be searched by; everything given must hold."""

    unit_path = "unit__path"
    title = filters.ChoiceFilter(label="post", choices=PostTitle.choices)
    body = filters.ChoiceFilter(label="body", choices=Body.choices)
    empty = filters.BooleanFilter(label="true: only seats that nobody holds on the day; false: only held ones")

    class Meta:
        model = Post
        fields: tuple[str, ...] = ()


_HOLDER = {
    "tenure": 3102, "person": 1207, "name": "张三", "start": "2021-07-01", "end": None, "full_time": True,
}  # fmt: skip
_HELD = example_of(
    PostSerializer, id=410, unit="340181002008", unit_name="南苑社区", body="PARTY", title="PARTY_SECRETARY",
    single_holder=True, empty=False, holders=[_HOLDER],
)  # fmt: skip
_EMPTY = _HELD | {"id": 411, "title": "DEPUTY_SECRETARY", "single_holder": False, "empty": True, "holders": []}
_APPOINT = {"person": 1207, "start": "2026-02-06", "document": "街〔2026〕3号"}
_VACATE = {"day": "2026-10-01"}
_ANSWERS = [
    OpenApiExample("a post that is held", _HELD, response_only=True),
    OpenApiExample("an empty one", _EMPTY, response_only=True),
]


@extend_schema_view(
    list=extend_schema(summary="Posts of units, with who holds them on a day", parameters=[_DAY], examples=_ANSWERS)
)
class PostViewSet(KnownParameters, viewsets.GenericViewSet[Post]):
    """The seats in the units of the caller's grants, as the units are by now. Writing needs the permission to change people there. A write acts
    on the seat as it is today, whatever day was read: its ETag is that of today."""

    serializer_class = PostSerializer
    lookup_value_regex = r"\d{1,18}"
    action_parameters = {"list": ("day",), "retrieve": ("day",)}
    pagination_class = CursorPages
    filterset_class = PostFilter
    queryset = Post.objects.none()

    def get_queryset(self) -> QuerySet[Post]:
        return seats_list(user=self.request.user, day=today_or(self.request))

    def cursor_order(self, request: Request) -> tuple[str, tuple[str, ...], bool]:
        return "", ("id",), False

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        rows = with_holders_for_system(page or [], today_or(request))
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    @extend_schema(
        summary="One post",
        parameters=[_DAY, IF_NONE_MATCH, STATE],
        filters=False,
        responses={200: PostSerializer, 304: None},
        examples=_ANSWERS,
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        return self._shown(request, seat_for(user=request.user, number=int(pk), day=today_or(request)))

    @extend_schema(
        summary="A unit gets a post",
        request=NewPostSerializer,
        parameters=[IDEMPOTENCY_KEY, STATE],
        responses={201: PostSerializer},
        examples=[
            OpenApiExample("a deputy", {"unit": "340181002008", "title": "DEPUTY_SECRETARY"}, request_only=True),
            _ANSWERS[1],
        ],
    )
    def create(self, request: Request) -> Response:
        """It stands empty until somebody is appointed; an appointment to a post that a unit lacks makes it, too."""
        asked = NewPostSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        unit = get_unit_for(request.user, Permission.CHANGE_PEOPLE, widen(asked.validated_data["unit"]))

        def write() -> Response:
            made = seat_create(actor=request.user, unit=unit, title=asked.validated_data["title"])
            return self._shown(request, _today(made.pk), status.HTTP_201_CREATED)

        return once(request, write)

    @extend_schema(
        summary="Appoint somebody to a post",
        request=AppointmentSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY, STATE],
        responses={200: PostSerializer},
        examples=[
            OpenApiExample("from a day on", _APPOINT, request_only=True),
            _ANSWERS[0],
        ],
    )
    @action(detail=True, methods=["post"])
    def appoint(self, request: Request, pk: str) -> Response:
        """The answer is the post as it is today: somebody who takes it up later does not hold it yet."""
        seat, values = self._asked(request, pk, AppointmentSerializer)
        person = person_for(user=request.user, person_id=values.pop("person"))
        return self._written(request, seat, self._appoint(person, values))

    @foresees("appointing somebody to a post", AppointmentSerializer, _APPOINT, url_path="appoint/foresee")
    def appoint_foresee(self, request: Request, pk: str) -> Response:
        """Of an appointment."""
        seat, values = self._asked(request, pk, AppointmentSerializer)
        person = person_for(user=request.user, person_id=values.pop("person"))
        write = self._appoint(person, values)
        return foreseen_answer(
            request, person=person, units=units_touched_for_system(person, unit=seat.unit), day=values["start"],
            decide=lambda: write(_today(seat.pk)),
        )  # fmt: skip

    def _appoint(self, person: Person, values: dict[str, Any]) -> Callable[[Post], object]:
        return lambda found: section_add(
            actor=self.request.user,
            person=person,
            section="post",
            values=values | {"unit": found.unit, "title": found.title},
        )

    @extend_schema(
        summary="Somebody gives up a post",
        request=VacatingSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY, STATE],
        responses={200: PostSerializer},
        examples=[OpenApiExample("at the end of a term", _VACATE, request_only=True), _ANSWERS[1]],
    )
    @action(detail=True, methods=["post"])
    def vacate(self, request: Request, pk: str) -> Response:
        """What somebody enjoys as a secretary ends with the last such post."""
        seat, body = self._asked(request, pk, VacatingSerializer)

        def write(found: Post) -> None:
            tenure_end(
                actor=request.user, tenure=_holder(found, body), end=body["day"], document=body.get("document", "")
            )

        return self._written(request, seat, write)

    @foresees("somebody gives up a post", VacatingSerializer, _VACATE, url_path="vacate/foresee")
    def vacate_foresee(self, request: Request, pk: str) -> Response:
        """Of a removal."""
        seat, body = self._asked(request, pk, VacatingSerializer)
        held = _holder(_today(seat.pk), body)
        return foreseen_answer(
            request, person=held.person, units=units_touched_for_system(held.person, held), day=body["day"],
            decide=lambda: tenure_end(
                actor=request.user, tenure=held, end=body["day"], document=body.get("document", "")
            ),
        )  # fmt: skip

    def _shown(self, request: Request, seat: Post, code: int = status.HTTP_200_OK) -> Response:
        data = PostSerializer(seat).data
        answer = state_answer(request, data, state_of(data), code)
        if code == status.HTTP_201_CREATED:
            answer["Location"] = f"/api/v1/posts/{seat.pk}/"
        return answer

    def _asked(self, request: Request, pk: str, body: type[KnownFields]) -> tuple[Post, dict[str, Any]]:
        """The seat and the body, after it is known that the caller may see the one and change who holds it."""
        seat = seat_for(user=request.user, number=int(pk), day=timezone.localdate())
        require(request.user, Permission.CHANGE_PEOPLE, seat.unit)
        asked = body(data=request.data)
        asked.is_valid(raise_exception=True)
        return seat, dict(asked.validated_data)

    def _written(self, request: Request, seat: Post, write: Callable[[Post], None]) -> Response:
        """`write` on the seat as it is under its lock; the answer is the seat after it."""

        def locked() -> Response:
            hold_tree()
            locked_seat(seat.pk)
            found = _today(seat.pk)
            require_state(request, state_of(PostSerializer(found).data))
            write(found)
            return self._shown(request, _today(seat.pk))

        return once(request, locked)


def _holder(seat: Any, body: dict[str, Any]) -> Tenure:
    """Whose post ends. Raises NotFound for nobody, Refused where several hold it and none is named."""
    holders: list[Tenure] = [one for one in seat.holders if body.get("person") in (None, one.person_id)]
    if not holders:
        raise NotFound(_("Nobody of that number holds this post today."))
    if len(holders) > 1:
        raise Refused(
            [_("%(count)s people hold this post. Say whose post ends.") % {"count": len(holders)}],
            {"person": [_("Say whose post ends.")]},
        )
    return holders[0]


def _today(number: int) -> Post:
    return seat_again_for_system(number, timezone.localdate())
