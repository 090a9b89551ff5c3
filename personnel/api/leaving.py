"""Leaving for programs: what somebody hands over, and where their archive goes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import (
    BIGGEST,
    IF_NONE_MATCH,
    STATE,
    KnownFields,
    once,
    require_state,
    state_answer,
    state_of,
)
from core.api.acts import EmptySerializer, act
from organization.api.actors import actor_of
from personnel.models import ArchiveDispatch, Employment, HandoverItem, HandoverKind, Looked, Person
from personnel.selectors.leaving import (
    archive_away_for_system,
    archive_of_for_system,
    dispatches_of_for_system,
    handover_item_for,
    handover_items_for_system,
)
from personnel.selectors.people import person_for
from personnel.selectors.restrictions import restricted_for_system
from personnel.services.leaving import (
    archive_come_back,
    archive_dispatch,
    archive_receipt,
    handover_add,
    handover_begin,
    handover_sign,
)
from personnel.services.showing import person_seen
from personnel.services.steps import lock_person, require_person

# Not told while the processing of a file is restricted.
_WORDS = ("what", "receiver", "left_open", "destination", "number", "receipt")


class HandoverItemSerializer(serializers.Serializer[HandoverItem]):
    """One thing that is handed over before somebody leaves."""

    id = serializers.IntegerField(read_only=True)
    kind = serializers.CharField(read_only=True, help_text=", ".join(HandoverKind))
    what = serializers.CharField(read_only=True, allow_null=True, help_text="what exactly; null while restricted")
    receiver = serializers.CharField(read_only=True, allow_null=True, help_text="who took it over")
    signed = serializers.DateField(read_only=True, allow_null=True, help_text="when it was taken over")
    left_open = serializers.CharField(read_only=True, allow_null=True, help_text="why it stays open")
    open = serializers.BooleanField(
        read_only=True, source="is_open", help_text="neither taken over nor left open for a reason"
    )


class DispatchSerializer(serializers.Serializer[ArchiveDispatch]):
    """An archive that was sent to whoever keeps it from then on."""

    id = serializers.IntegerField(read_only=True)
    destination = serializers.CharField(read_only=True, allow_null=True, help_text="null while restricted")
    number = serializers.CharField(read_only=True, allow_null=True, help_text="of the dispatch")
    sent = serializers.DateField(read_only=True)
    receipt = serializers.CharField(read_only=True, allow_null=True)
    received = serializers.DateField(read_only=True, allow_null=True)
    returned = serializers.DateField(read_only=True, allow_null=True, help_text="when it came back")


class ThingSerializer(KnownFields):
    kind = serializers.ChoiceField(choices=HandoverKind.choices)
    what = serializers.CharField(max_length=200, help_text="what exactly is handed over")


class SignSerializer(KnownFields):
    """It is taken over by somebody on a day, or it stays open for a reason."""

    item = serializers.IntegerField(min_value=1, max_value=BIGGEST, help_text="number of the thing")
    receiver = serializers.CharField(max_length=60, required=False)
    day = serializers.DateField(required=False)
    left_open = serializers.CharField(max_length=300, required=False)


class SendSerializer(KnownFields):
    destination = serializers.CharField(max_length=100, help_text="who keeps the archive from now on")
    number = serializers.CharField(max_length=60, help_text="of the dispatch")
    sent = serializers.DateField()


class ReceiptSerializer(KnownFields):
    receipt = serializers.CharField(max_length=100, help_text="its number, or who signed it")
    day = serializers.DateField()


class BackSerializer(KnownFields):
    day = serializers.DateField(help_text="when the archive came back")


ITEM = {
    "id": 12, "kind": "FILES", "what": "网格台账", "receiver": "李四", "signed": "2026-11-20", "left_open": "", "open": False,
}  # fmt: skip
DISPATCH = {
    "id": 3, "destination": "巢湖市人才服务中心", "number": "巢档转〔2026〕7号", "sent": "2026-11-20", "receipt": "",
    "received": None, "returned": None,
}  # fmt: skip


def _shown(request: Request, person: Person, rows: list[Any], shape: type[serializers.Serializer[Any]]) -> Response:
    """The rows with the state that they are in; without their words while the processing of the file is restricted."""
    data: list[dict[str, Any]] = [dict(one) for one in shape(rows, many=True).data]
    state = state_of(data)
    if restricted_for_system([person.pk]):
        data = [{name: None if name in _WORDS else value for name, value in one.items()} for one in data]
    return state_answer(request, data, state)


def _list(
    summary: str, shape: type[serializers.Serializer[Any]], example: dict[str, Any], **route: Any
) -> Callable[[Any], Any]:
    def described(method: Any) -> Any:
        return extend_schema(
            summary=summary,
            parameters=[IF_NONE_MATCH, STATE],
            filters=False,
            responses={200: shape(many=True), 304: None},
            examples=[OpenApiExample("a row", [example], response_only=True)],
        )(action(detail=True, methods=["get"], pagination_class=None, **route)(method))

    return described


_LIST = ("what is sent", "the list")
_handover = partial(act, shown=HandoverItemSerializer, shown_example=ITEM, names=_LIST, many=True)
_dispatch = partial(act, shown=DispatchSerializer, shown_example=DISPATCH, names=_LIST, many=True)


class HandoverActions:
    """What is handed over before an employment ends; of a view set whose `_one` finds the employment."""

    _one: Callable[[str], Employment]

    @_list("What is handed over before an employment ends", HandoverItemSerializer, ITEM)
    def handover(self, request: Request, pk: str) -> Response:
        """Empty before the list is begun."""
        job = self._one(pk)
        person_seen(actor=actor_of(request), person=job.person, what=Looked.PROGRAM, about={"section": "handover"})
        return _shown(request, job.person, handover_items_for_system(job), HandoverItemSerializer)

    @_handover("Begin the list", EmptySerializer, {}, url_path="handover/begin")
    def handover_begin(self, request: Request, pk: str) -> Response:
        """A thing for each kind that the place's rules name; what is there stays."""
        return self._handed(
            request, pk, EmptySerializer, lambda job, body: handover_begin(actor=actor_of(request), employment=job)
        )

    @_handover(
        "Put a thing on the list", ThingSerializer, {"kind": "FILES", "what": "网格台账"}, url_path="handover/add"
    )
    def handover_add(self, request: Request, pk: str) -> Response:
        """What else there is to hand over."""
        return self._handed(
            request,
            pk,
            ThingSerializer,
            lambda job, body: handover_add(actor=actor_of(request), employment=job, **body),
        )

    @_handover(
        "Say who took a thing over, or why it stays open", SignSerializer,
        {"item": 12, "receiver": "李四", "day": "2026-11-20"}, url_path="handover/sign",
    )  # fmt: skip
    def handover_sign(self, request: Request, pk: str) -> Response:
        """Once only. Whoever leaves may go when nothing is open."""

        def work(job: Employment, body: dict[str, Any]) -> None:
            number = body.pop("item")
            found = handover_item_for(user=request.user, employment=job, number=number)
            handover_sign(actor=actor_of(request), item=found, **body)

        return self._handed(request, pk, SignSerializer, work)

    def _handed(
        self, request: Request, pk: str, body: type[KnownFields], work: Callable[[Employment, dict[str, Any]], object]
    ) -> Response:
        job = self._one(pk)
        require_person(request.user, job.person)
        asked = body(data=request.data)
        asked.is_valid(raise_exception=True)

        def locked() -> Response:
            lock_person(job.person)
            require_state(
                request,
                state_of([dict(o) for o in HandoverItemSerializer(handover_items_for_system(job), many=True).data]),
            )
            work(job, dict(asked.validated_data))
            return _shown(request, job.person, handover_items_for_system(job), HandoverItemSerializer)

        return once(request, locked)


class DispatchActions:
    """Where the archive of somebody who has left was sent; of a view set of people."""

    @_list("Where an archive was sent", DispatchSerializer, DISPATCH)
    def dispatches(self, request: Request, pk: str) -> Response:
        """The newest first."""
        person = person_for(user=request.user, person_id=int(pk))
        person_seen(actor=actor_of(request), person=person, what=Looked.PROGRAM, about={"section": "archive"})
        return _shown(request, person, dispatches_of_for_system(person), DispatchSerializer)

    @_dispatch(
        "Send an archive away", SendSerializer,
        {"destination": "巢湖市人才服务中心", "number": "巢档转〔2026〕7号", "sent": "2026-11-20"}, url_path="dispatches/send",
    )  # fmt: skip
    def dispatches_send(self, request: Request, pk: str) -> Response:
        """Of somebody who has left, to whoever keeps it from now on."""
        return self._sent(
            request, pk, SendSerializer,
            lambda person, body: archive_dispatch(actor=actor_of(request), archive=archive_of_for_system(person), **body),
        )  # fmt: skip

    @_dispatch(
        "Enter the receipt", ReceiptSerializer, {"receipt": "回执12号", "day": "2026-11-21"}, url_path="dispatches/receipt"
    )  # fmt: skip
    def dispatches_receipt(self, request: Request, pk: str) -> Response:
        """Whoever the archive was sent to has it."""
        return self._sent(
            request, pk, ReceiptSerializer,
            lambda person, body: archive_receipt(actor=actor_of(request), dispatch=archive_away_for_system(person), **body),
        )  # fmt: skip

    @_dispatch("Say that an archive came back", BackSerializer, {"day": "2026-11-21"}, url_path="dispatches/back")
    def dispatches_back(self, request: Request, pk: str) -> Response:
        """It wasn't taken, or who had left has come again."""
        return self._sent(
            request, pk, BackSerializer,
            lambda person, body: archive_come_back(actor=actor_of(request), dispatch=archive_away_for_system(person), **body),
        )  # fmt: skip

    def _sent(
        self, request: Request, pk: str, body: type[KnownFields], work: Callable[[Person, dict[str, Any]], object]
    ) -> Response:
        person = person_for(user=request.user, person_id=int(pk))
        require_person(request.user, person)
        asked = body(data=request.data)
        asked.is_valid(raise_exception=True)

        def locked() -> Response:
            lock_person(person)
            require_state(
                request,
                state_of([dict(o) for o in DispatchSerializer(dispatches_of_for_system(person), many=True).data]),
            )
            work(person, dict(asked.validated_data))
            return _shown(request, person, dispatches_of_for_system(person), DispatchSerializer)

        return once(request, locked)
