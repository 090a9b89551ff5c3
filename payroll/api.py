"""Pay runs, slips and promotion runs for programs: the same selectors, services and permissions as the pages."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.exceptions import APIException, PermissionDenied, ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import ApplicationError, Conflict, NotAllowed, NotFound
from core.periods import Month
from organization.access import get_unit_for, may_somewhere
from organization.models import Permission
from payroll import tasks
from payroll.models import PayRun, PaySlip, PromotionRun
from payroll.selectors import runs, slips
from payroll.services.pay_runs import pay_run_start


class MayUseInterface(BasePermission):
    """Only those who hold the interface permission somewhere; which rows they see is the selectors' business."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return may_somewhere(request.user, Permission.USE_API)


def answer(error: ApplicationError) -> APIException:
    """The HTTP form of an application error."""
    if isinstance(error, NotFound):
        from rest_framework.exceptions import NotFound as Missing

        return Missing(str(error))
    if isinstance(error, NotAllowed):
        return PermissionDenied(str(error))
    if isinstance(error, Conflict):
        conflict = APIException(str(error))
        conflict.status_code = status.HTTP_409_CONFLICT
        return conflict
    return ValidationError({"errors": str(error).splitlines()})


class Answers:
    """Turns application errors into answers."""

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(answer(exc) if isinstance(exc, ApplicationError) else exc)  # type: ignore[misc]


class RunSerializer(serializers.ModelSerializer[PayRun]):
    unit = serializers.CharField(source="unit.code", read_only=True)
    month = serializers.DateField(format="%Y-%m", read_only=True)

    class Meta:
        model = PayRun
        fields = ("id", "unit", "month", "state", "dry_run", "fingerprint", "totals", "policies", "created", "finished")
        read_only_fields = fields


class NewRunSerializer(serializers.Serializer[Any]):
    unit = serializers.CharField(help_text="code of the unit")
    month = serializers.RegexField(r"^\d{4}-\d{2}$", help_text="YYYY-MM")
    dry_run = serializers.BooleanField(default=False)


class SlipSerializer(serializers.ModelSerializer[PaySlip]):
    """Money in fen. `lines` carries the amounts by code."""

    run = serializers.IntegerField(source="run_id", read_only=True)
    person = serializers.IntegerField(source="person_id", read_only=True)
    name = serializers.CharField(source="person.name", read_only=True)
    unit = serializers.CharField(source="unit.code", read_only=True)
    month = serializers.DateField(format="%Y-%m", read_only=True)
    lines = serializers.SerializerMethodField()

    class Meta:
        model = PaySlip
        fields = ("run", "person", "name", "unit", "month", "gross", "arrears", "lines")
        read_only_fields = fields

    def get_lines(self, slip: PaySlip) -> list[dict[str, Any]]:
        return [
            {
                "code": line["code"],
                "paid": line["paid"],
                "standard": standard,
                "amount": amount,
                "assumed": bool(slip.assumed >> n & 1),
            }
            for n, (line, standard, amount) in enumerate(zip(slip.run.lines, slip.standards, slip.amounts, strict=True))
        ]


class PromotionRunSerializer(serializers.ModelSerializer[PromotionRun]):
    unit = serializers.CharField(source="unit.code", read_only=True)

    class Meta:
        model = PromotionRun
        fields = ("id", "unit", "day", "kind", "state", "fingerprint", "totals", "policies", "created", "finished")
        read_only_fields = fields


class PayRunViewSet(Answers, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[PayRun]):
    """Pay runs of the units in which the client may look at pay; POST starts one where the client may."""

    permission_classes = (MayUseInterface,)
    serializer_class = RunSerializer
    lookup_value_regex = r"\d+"
    queryset = PayRun.objects.none()

    def get_queryset(self) -> QuerySet[PayRun]:
        return runs.pay_runs(user=self.request.user)  # type: ignore[arg-type]

    @extend_schema(request=NewRunSerializer, responses={201: RunSerializer})
    def create(self, request: Request) -> Response:
        asked = NewRunSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            month = Month.parse(asked.validated_data["month"])
        except ValueError as error:
            raise ValidationError({"month": [str(error)]}) from error
        run = pay_run_start(
            actor=request.user,  # type: ignore[arg-type]
            unit=get_unit_for(request.user, Permission.RUN_PAY, asked.validated_data["unit"]),
            month=month,
            dry_run=asked.validated_data["dry_run"],
        )
        tasks.start_pay_run.delay_on_commit(run.pk)
        return Response(RunSerializer(run).data, status=status.HTTP_201_CREATED)


@extend_schema(
    parameters=[
        OpenApiParameter("run", int, description="only the slips of this run", required=False),
        OpenApiParameter("person", int, description="only this person's slips", required=False),
    ]
)
class PaySlipViewSet(Answers, mixins.ListModelMixin, viewsets.GenericViewSet[PaySlip]):
    """Slips of the units in which the client may look at pay."""

    permission_classes = (MayUseInterface,)
    serializer_class = SlipSerializer
    queryset = PaySlip.objects.none()

    def get_queryset(self) -> QuerySet[PaySlip]:
        number, person = (self.request.query_params.get(key, "") for key in ("run", "person"))
        return slips.slips_list(
            user=self.request.user,  # type: ignore[arg-type]
            run=int(number) if number.isdecimal() else None,
            person_id=int(person) if person.isdecimal() else None,
        )


class PromotionRunViewSet(
    Answers, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[PromotionRun]
):
    permission_classes = (MayUseInterface,)
    serializer_class = PromotionRunSerializer
    lookup_value_regex = r"\d+"
    queryset = PromotionRun.objects.none()

    def get_queryset(self) -> QuerySet[PromotionRun]:
        return runs.promotion_runs(user=self.request.user)  # type: ignore[arg-type]
