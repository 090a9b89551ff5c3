"""Reviews of grades and conversions for programs: read, started, and taken to their end as on the pages."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import (
    BIGGEST,
    IDEMPOTENCY_KEY,
    IF_NONE_MATCH,
    STATE,
    KnownFields,
    KnownParameters,
    Policies,
    Totals,
    once,
    require_state,
    state_answer,
    state_of,
)
from core.api.acts import EmptySerializer, act
from core.models import RunState
from organization.access import get_unit_for, require
from organization.api.actors import Acting
from organization.models import Permission, Unit, widen
from organization.views.proof import recently_proven
from payroll import tasks
from payroll.filters import OutcomeFilter
from payroll.models import PromotionKind, PromotionOutcome, PromotionRun
from payroll.selectors import runs
from payroll.selectors.conversion import conversion_steps_for_system, left_out_by_hand_for_system
from payroll.services.conversion import conversion_leave_out, conversion_reverse, conversion_step, locked_review
from payroll.services.promotion import promotion_cancel, promotion_confirm, promotion_start
from personnel.models import Person
from personnel.selectors import person_for

Work = Callable[[PromotionRun, dict[str, Any]], object]

DETAIL: dict[str, Any] = {
    "id": 7, "unit": "520602000000", "day": "2026-01-01", "kind": "CONVERSION", "state": "READY",
    "fingerprint": "5f0d…", "totals": {"people": 412, "moves": 400, "stays": 12, "left_out": 1},
    "policies": [{"id": 3, "place": "5206", "name": "铜仁市", "version": "2024", "sha256": "9a1c…"}],
    "created": "2025-12-20T09:00:00+08:00", "finished": "2025-12-20T09:01:00+08:00",
    "person": None,
    "confirmed": None,
    "reversed_because": "",
    "steps": [
        {"code": "SURVEY", "name": "调研摸底", "cite": "TR-03", "document": "铜组〔2025〕8号", "taken": True, "follows": False},
        {"code": "COMPLETION", "name": "完成套改", "cite": "TR-03", "document": "", "taken": False, "follows": True},
    ],
    "exceptions": [{"person": 17, "reason": "借调期间暂不套改"}],
}  # fmt: skip


class PromotionRunSerializer(serializers.ModelSerializer[PromotionRun]):
    unit = serializers.CharField(source="unit.code", read_only=True)
    totals = Totals(read_only=True)
    policies = Policies(read_only=True)

    class Meta:
        model = PromotionRun
        fields: tuple[str, ...] = (
            "id", "unit", "day", "kind", "state", "fingerprint", "totals", "policies", "created", "finished",
        )  # fmt: skip
        read_only_fields = fields


class ConversionStepSerializer(serializers.Serializer[Any]):
    """A step of a conversion, by the rules of the place."""

    code = serializers.CharField(read_only=True, source="spec.code")
    name = serializers.CharField(read_only=True)
    cite = serializers.CharField(read_only=True, help_text="the clause")
    document = serializers.CharField(read_only=True, source="taken.document", default="", help_text="what it rests on")
    taken = serializers.SerializerMethodField()
    follows = serializers.BooleanField(read_only=True, help_text="whether it is the one to be taken now")

    def get_taken(self, step: Any) -> bool:
        return step.taken is not None


class ExceptionSerializer(serializers.Serializer[Any]):
    """Somebody whom a conversion leaves out."""

    person = serializers.IntegerField(read_only=True, help_text="number of the person")
    reason = serializers.CharField(read_only=True)


class PromotionRunDetailSerializer(PromotionRunSerializer):
    """With all that the ETag stands for."""

    person = serializers.SerializerMethodField(help_text="number of the person whom alone it is about")
    steps = serializers.SerializerMethodField(
        help_text="of a conversion, in their order; the last one is its confirmation"
    )
    exceptions = serializers.SerializerMethodField(help_text="of a conversion")

    class Meta(PromotionRunSerializer.Meta):
        fields = (
            *PromotionRunSerializer.Meta.fields, "person", "confirmed", "reversed_because", "steps", "exceptions",
        )  # fmt: skip
        read_only_fields = fields

    def get_person(self, run: PromotionRun) -> int | None:
        return runs.person_of_run_for_system(run)

    @extend_schema_field(ConversionStepSerializer(many=True))
    def get_steps(self, run: PromotionRun) -> Any:
        return ConversionStepSerializer(conversion_steps_for_system(run), many=True).data

    @extend_schema_field(ExceptionSerializer(many=True))
    def get_exceptions(self, run: PromotionRun) -> Any:
        return ExceptionSerializer(left_out_by_hand_for_system(run), many=True).data


OUTCOME: dict[str, Any] = {
    "run": 7, "person": 17, "name": "田茂林", "unit": "520602001003", "scale": "GRADE", "old": None, "new": 12,
    "effective": "2026-01-01", "moves": True, "code": "PLACED", "reason": "套改：起点 10，2 年折合 2 级，加分项 0 级；按岗位区间调整 0 级。",
    "year_before": 4320000, "year_after": 4754508, "left_out": "",
}  # fmt: skip


class PromotionOutcomeSerializer(serializers.ModelSerializer[PromotionOutcome]):
    """What a run means for one person on one scale, also for who stays. Money in fen."""

    run = serializers.IntegerField(source="run_id", read_only=True)
    person = serializers.IntegerField(source="person_id", read_only=True, help_text="number of the person")
    name = serializers.CharField(source="person.name", read_only=True)
    unit = serializers.CharField(source="unit.code", read_only=True)
    scale = serializers.CharField(read_only=True, help_text="code of the scale in the rules of the place")
    old = serializers.IntegerField(read_only=True, allow_null=True, help_text="null: none before")
    new = serializers.IntegerField(read_only=True, allow_null=True, help_text="null: none by the rules")
    moves = serializers.BooleanField(read_only=True, help_text="whether the run changes their value")
    code = serializers.CharField(read_only=True, help_text="of the reason")
    reason = serializers.CharField(read_only=True, help_text="in words, also why somebody stays")
    year_before = serializers.IntegerField(
        source="old_year", read_only=True, allow_null=True, help_text="pay of a year as it is; null: not worked out"
    )
    year_after = serializers.IntegerField(
        source="new_year", read_only=True, allow_null=True, help_text="pay of a year by the new value"
    )
    left_out = serializers.CharField(read_only=True, help_text="why a conversion leaves them out")

    class Meta:
        model = PromotionOutcome
        fields = tuple(OUTCOME)
        read_only_fields = fields


class NewPromotionSerializer(KnownFields):
    """A review of a unit, or of one person in the unit in which they are employed today: one of the two is given."""

    unit = serializers.RegexField(r"^\d{2,12}$", required=False, help_text="code of the unit")
    person = serializers.IntegerField(
        required=False, min_value=1, max_value=BIGGEST, help_text="number of the person whom alone it is about"
    )
    day = serializers.DateField(help_text="from which the values hold; usually 1 January")
    kind = serializers.ChoiceField(choices=PromotionKind.choices, default=PromotionKind.REVIEW.value)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("unit" in attrs) == ("person" in attrs):
            raise ValidationError({"unit": [_("Name either a unit or a person.")]})
        return attrs


class ConfirmSerializer(KnownFields):
    document = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=100,
        help_text="number of the document on which the last step of a conversion rests",
    )  # fmt: skip


class TakeConversionStepSerializer(KnownFields):
    code = serializers.CharField(max_length=40, help_text="code of the step that follows")
    document = serializers.CharField(max_length=100, help_text="number of the document on which it rests")


class LeaveOutSerializer(KnownFields):
    person = serializers.IntegerField(min_value=1, max_value=BIGGEST, help_text="number of the person")
    reason = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=300, help_text="without one they are taken in again"
    )


class ReverseSerializer(KnownFields):
    reason = serializers.CharField(max_length=300, help_text="why it is taken back")


_act = partial(
    act, shown=PromotionRunDetailSerializer, shown_example=DETAIL, names=("what is sent", "the run as it is then")
)


@extend_schema_view(
    list=extend_schema(summary="Promotion runs, newest first"),
)
class PromotionRunViewSet(Acting, KnownParameters, mixins.ListModelMixin, viewsets.GenericViewSet[PromotionRun]):
    """Reviews of grades and conversions in the units in which the client may look at pay."""

    serializer_class = PromotionRunSerializer
    lookup_value_regex = r"\d{1,18}"
    queryset = PromotionRun.objects.none()

    def get_queryset(self) -> QuerySet[PromotionRun]:
        return runs.promotion_runs(user=self.actor)

    @extend_schema(
        summary="One promotion run",
        parameters=[IF_NONE_MATCH, STATE],
        filters=False,
        responses={200: PromotionRunDetailSerializer, 304: None},
        examples=[OpenApiExample("a conversion", DETAIL, response_only=True)],
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        return self._shown(request, self.get_object())

    @extend_schema(
        summary="Start a promotion run",
        request=NewPromotionSerializer,
        parameters=[IDEMPOTENCY_KEY, STATE],
        responses={201: PromotionRunDetailSerializer},
        examples=[
            OpenApiExample(
                "a conversion", {"unit": "520602000000", "day": "2026-01-01", "kind": "CONVERSION"}, request_only=True
            ),
            OpenApiExample("the run", DETAIL | {"state": "RUNNING", "steps": [], "exceptions": []}, response_only=True),
        ],
    )
    def create(self, request: Request) -> Response:
        """A review of everybody in a unit, or of one person; it is worked out meanwhile, and somebody else confirms it."""
        asked = NewPromotionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        unit, person = self._about(values.pop("unit", None), values.pop("person", None))

        def write() -> Response:
            run = promotion_start(actor=self.actor, unit=unit, person=person, **values)
            tasks.start_promotion_run.delay_on_commit(run.pk)
            answer = self._shown(request, run, status.HTTP_201_CREATED)
            answer["Location"] = f"/api/v1/promotion-runs/{run.pk}/"
            return answer

        return once(request, write)

    @_act("Confirm a promotion run", ConfirmSerializer, {"document": "铜组〔2026〕1号"})
    def confirm(self, request: Request, pk: str) -> Response:
        """The values hold from their days on. Not by who started it."""
        self._require_proof(request)
        return self._done(request, pk, ConfirmSerializer, promotion_confirm, Permission.CONFIRM_PROMOTION)

    @_act("Cancel a promotion run", EmptySerializer, {})
    def cancel(self, request: Request, pk: str) -> Response:
        """While it is not confirmed; what it worked out stays to be read."""
        return self._done(request, pk, EmptySerializer, promotion_cancel, Permission.RUN_PROMOTION)

    @_act(
        "Take the next step of a conversion",
        TakeConversionStepSerializer,
        {"code": "SURVEY", "document": "铜组〔2025〕8号"},
    )
    def step(self, request: Request, pk: str) -> Response:
        """Each on its document; the last one is taken by confirming the run."""
        return self._done(request, pk, TakeConversionStepSerializer, conversion_step, Permission.RUN_PROMOTION)

    @_act(
        "Leave somebody out of a conversion",
        LeaveOutSerializer,
        {"person": 17, "reason": "借调期间暂不套改"},
        url_path="leave-out",
    )
    def leave_out(self, request: Request, pk: str) -> Response:
        """Without a reason they are taken in again."""
        return self._done(request, pk, LeaveOutSerializer, conversion_leave_out, Permission.RUN_PROMOTION)

    @_act("Take a confirmed conversion back", ReverseSerializer, {"reason": "套改政策适用有误"})
    def reverse(self, request: Request, pk: str) -> Response:
        """Its values go and those before them go on. Not by who confirmed it."""
        self._require_proof(request)
        return self._done(request, pk, ReverseSerializer, conversion_reverse, Permission.CONFIRM_PROMOTION)

    def _about(self, code: str | None, number: int | None) -> tuple[Unit, Person | None]:
        """The unit of a run that the caller may start, and the person whom alone it is about."""
        if code is not None:
            return get_unit_for(self.actor, Permission.RUN_PROMOTION, widen(code)), None
        person = person_for(user=self.actor, person_id=number or 0)
        job = runs.job_today_for_system(person)
        if job is None:
            raise ValidationError({"person": [_("%(person)s is employed nowhere today.") % {"person": person.name}]})
        require(self.actor, Permission.RUN_PROMOTION, job.unit)
        return job.unit, person

    def _require_proof(self, request: Request) -> None:
        """As on the pages: who comes with a session has shown lately who they are; a token shows it at every request."""
        if request.auth is None and not recently_proven(request._request):
            message = _("Confirm with your password first that it is you, at %(path)s.")
            raise PermissionDenied(message % {"path": reverse("proof")}, code="proof")

    def _shown(self, request: Request, run: PromotionRun, code: int = status.HTTP_200_OK) -> Response:
        data = PromotionRunDetailSerializer(run).data
        return state_answer(request, data, state_of(data), code)

    def _done(
        self,
        request: Request,
        pk: str,
        body: type[KnownFields],
        service: Callable[..., object],
        permission: Permission,
    ) -> Response:
        """A service of runs that takes what was sent, for who holds a permission, on the state that was read."""
        found = self.get_object()
        require(self.actor, permission, found.unit)
        asked = body(data=request.data)
        asked.is_valid(raise_exception=True)

        def locked() -> Response:
            run = locked_review(found, *RunState)
            require_state(request, state_of(PromotionRunDetailSerializer(run).data))
            service(actor=self.actor, run=run, **asked.validated_data)
            return self._shown(request, self.get_object())

        return once(request, locked)


@extend_schema_view(
    list=extend_schema(
        summary="What promotion runs mean for each person, newest run first",
        examples=[OpenApiExample("somebody converted", OUTCOME, response_only=True)],
    ),
)
class PromotionOutcomeViewSet(
    Acting, KnownParameters, mixins.ListModelMixin, viewsets.GenericViewSet[PromotionOutcome]
):
    """Outcomes with their reasons, of the units in which the client may look at pay."""

    serializer_class = PromotionOutcomeSerializer
    filterset_class = OutcomeFilter
    queryset = PromotionOutcome.objects.none()

    def get_queryset(self) -> QuerySet[PromotionOutcome]:
        return runs.promotion_outcomes(user=self.actor)
