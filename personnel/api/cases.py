"""Cases for programs, with what only the file can do: opening one about somebody, and the order that changes the post."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from approvals import api
from approvals.models import MOVES, Case, CaseAct, CaseStep
from core.api import BIGGEST, IDEMPOTENCY_KEY, STATE, KnownFields, once
from core.errors import Refused
from organization.access import get_unit_for
from organization.models import Permission, Unit
from organization.selectors.units import CODE, units_named_for_system
from personnel.api.foresight import foreseen_shown, foresees
from personnel.models import Person, PlacementKind, PostTitle
from personnel.selectors.people import person_for
from personnel.services import appointment_carry_out, appointment_open, move_open
from personnel.services.foresight import change_foreseen
from personnel.services.moves import person_of_case


class NewCaseSerializer(KnownFields):
    """Somebody is to get a post or to lose it, or to move to another unit, for good or for a while."""

    person = serializers.IntegerField(min_value=1, max_value=BIGGEST, help_text="number of the person")
    unit = serializers.CharField(max_length=12, help_text="code of the unit; of a move, the one that they leave")
    act = serializers.ChoiceField(choices=(CaseAct.APPOINT, CaseAct.REMOVE, *MOVES))
    post = serializers.ChoiceField(
        choices=PostTitle.choices, required=False, help_text="APPOINT, REMOVE; of a TRANSFER what they take up there"
    )
    to_unit = serializers.CharField(
        max_length=12,
        required=False,
        help_text="TRANSFER, SECONDMENT: code of the receiving unit, which may be anybody's",
    )
    away = serializers.ChoiceField(
        choices=[one for one in PlacementKind.choices if one[0] != PlacementKind.HOME],
        required=False,
        help_text="SECONDMENT: its kind",
    )
    due_back = serializers.DateField(required=False, help_text="SECONDMENT: when they are expected back")
    reason = serializers.CharField(max_length=500)
    planned = serializers.DateField(required=False, allow_null=True, help_text="from when it should hold")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """What the act needs is there, and nothing of another act."""
        act = attrs["act"]
        needs = {"to_unit"} if act in MOVES else {"post"}
        takes = {
            CaseAct.TRANSFER: {"to_unit", "post"},
            CaseAct.SECONDMENT: {"to_unit", "away", "due_back"},
        }.get(act, {"post"})
        if act == CaseAct.SECONDMENT:
            needs |= {"away"}
        errors = {name: [_("%(act)s needs this.") % {"act": act}] for name in needs - attrs.keys()}
        strange = ({"post", "to_unit", "away", "due_back"} & attrs.keys()) - takes
        errors |= {name: [_("%(act)s has none of this.") % {"act": act}] for name in strange}
        if errors:
            raise serializers.ValidationError(errors)
        return attrs


def _receiving(code: str) -> Unit:
    """The unit of a code, wherever it lies. Raises Refused, by its name, for none."""
    found = units_named_for_system(code, 1) if CODE.fullmatch(code) else []
    if not found:
        text = _("There is no unit with the code %(code)s.") % {"code": code}
        raise Refused([text], {"to_unit": [text]})
    return found[0]


_NEW = {
    "person": 1207, "unit": "340181002001", "act": "APPOINT", "post": "PARTY_SECRETARY", "reason": "原书记退休",
}  # fmt: skip
_ORDER = {"values": {"order_number": "亚党〔2026〕31号", "effective_date": "2026-12-01"}}


class CaseViewSet(api.CaseViewSet):
    """Cases of the units in which the caller may look at them. An act rests on the state of the case (If-Match)."""

    @extend_schema(
        summary="Open a case about a person and a post",
        request=NewCaseSerializer,
        parameters=[IDEMPOTENCY_KEY, STATE],
        responses={201: api.CaseDetailSerializer},
        examples=[
            OpenApiExample(
                "a secretary",
                _NEW,
                request_only=True,
            ),
            OpenApiExample(
                "a transfer to another county",
                {
                    "person": 1207, "unit": "520602001001", "act": "TRANSFER", "to_unit": "520603001001", "post": "STAFF",
                    "reason": "随迁",
                },
                request_only=True,
            ),
            OpenApiExample("the case", api.DETAIL, response_only=True),
        ],
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """The rules must ask for one, of a move those of either unit; without, it is entered on the person's file."""
        person, unit, values = self._new(request)

        def write() -> Response:
            opens = move_open if values["act"] in MOVES else appointment_open
            case = opens(actor=self.actor, person=person, unit=unit, **values)
            answer = self.shown(request, self.one(str(case.pk)), status.HTTP_201_CREATED)
            answer["Location"] = f"/api/v1/cases/{case.pk}/"
            return answer

        return once(request, write)

    @foresees("the order of a case, if it were there", NewCaseSerializer, _NEW, detail=False)
    def foresee(self, request: Request) -> Response:
        """Of the decision that the case is about, as of the day that is planned or today; opening one changes neither."""
        person, unit, values = self._new(request)
        day = values.pop("planned", None) or timezone.localdate()
        del values["reason"]
        with transaction.atomic():
            found = change_foreseen(actor=self.actor, person=person, unit=unit, day=day, **values)
        return foreseen_shown(found)

    def _new(self, request: Request) -> tuple[Person, Unit, dict[str, Any]]:
        """Whom a new case is about, where they are and what is sent besides, after it is known that the caller may open it."""
        asked = NewCaseSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        unit = get_unit_for(request.user, Permission.TAKE_STREET_STEPS, values.pop("unit"))
        person = person_for(user=request.user, person_id=values.pop("person"))
        if values["act"] in MOVES:
            values["to_unit"] = _receiving(values["to_unit"])
        return person, unit, values

    @api.writes(
        "Take the last step: the order is there, and the post changes", api.StepSerializer,
        _ORDER,
    )  # fmt: skip
    def order(self, request: Request, pk: str) -> Response:
        """The case is closed and the posts change in one transaction."""

        def work(case: Case, step: CaseStep, body: dict[str, Any]) -> None:
            values, note = body.get("values", {}), body.get("note", "")
            appointment_carry_out(actor=self.actor, case=case, step=step.pk, values=values, note=note)

        return self.act(request, pk, api.StepSerializer, work)

    @foresees("the order of a case", api.StepSerializer, _ORDER, url_path="order/foresee")
    def order_foresee(self, request: Request, pk: str) -> Response:
        """As of the day from which it holds."""
        case, body = self.asked(request, pk, api.StepSerializer)
        values, step = body.get("values", {}), self.open_step(case)
        with transaction.atomic():
            found = change_foreseen(
                actor=self.actor, person=person_of_case(case), act=case.act, unit=case.unit, to_unit=case.to_unit,
                day=values.get("effective_date") or timezone.localdate(),
                decide=lambda: appointment_carry_out(
                    actor=self.actor, case=case, step=step.pk, values=values, note=body.get("note", "")
                ),
            )  # fmt: skip
        return foreseen_shown(found)
