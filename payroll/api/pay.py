"""Pay runs and slips for programs: the same selectors, services and permissions as the pages."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import KnownFields, KnownParameters, MonthField, Policies, Totals
from core.periods import Month
from organization.access import get_unit_for
from organization.models import Permission
from payroll import tasks
from payroll.filters import SlipFilter
from payroll.models import PayRun, PaySlip
from payroll.selectors import runs, slips
from payroll.services.pay_runs import pay_run_start


class Sums(Totals):
    """The totals that are sums; what a run says of means and ranges has fields of its own."""

    def to_representation(self, value: Any) -> Any:
        return {key: number for key, number in value.items() if isinstance(number, int)}


class RangeSerializer(serializers.Serializer[Any]):
    least = serializers.IntegerField(help_text="in fen")
    most = serializers.IntegerField(allow_null=True, help_text="in fen; null: the rules have no upper end")


class MeanSerializer(serializers.Serializer[Any]):
    """A floor or ceiling of the mean pay over one unit; money in fen for one person."""

    limit = serializers.CharField(help_text="code of the limit in the rules of the place")
    name = serializers.CharField()
    cite = serializers.CharField(allow_blank=True, help_text="the clause")
    unit = serializers.CharField(help_text="code of the unit over which the mean is formed")
    over = serializers.ChoiceField(choices=("month", "year"), help_text="what the money is for: a month or a year")
    people = serializers.IntegerField()
    mean = serializers.IntegerField(help_text="of full-month pay")
    at_least = serializers.IntegerField(allow_null=True, help_text="the floor")
    at_most = serializers.IntegerField(allow_null=True, help_text="the ceiling")
    assumed = serializers.BooleanField(help_text="whether the bound rests on an assumed value")
    met = serializers.BooleanField(allow_null=True, help_text="null: the bound can't be told")
    short = serializers.IntegerField(help_text="how much the mean lies below the floor")
    above = serializers.IntegerField(help_text="how much the mean lies above the ceiling")
    observed = RangeSerializer(help_text="the lowest and highest full pay of a person in the unit")
    range = RangeSerializer(allow_null=True, help_text="the lowest and highest that the rules can give")


class RunSerializer(serializers.ModelSerializer[PayRun]):
    unit = serializers.CharField(source="unit.code", read_only=True)
    month = MonthField(read_only=True)
    totals = Sums(read_only=True)
    means = MeanSerializer(source="totals.means", many=True, read_only=True, default=())
    pay_range = RangeSerializer(
        source="totals.range",
        read_only=True,
        allow_null=True,
        default=None,
        help_text="full-month pay by the rules; null: can't be told",
    )
    policies = Policies(read_only=True)

    class Meta:
        model = PayRun
        fields = (
            "id", "unit", "month", "state", "dry_run", "fingerprint", "totals", "means", "pay_range", "policies",
            "created", "finished",
        )  # fmt: skip
        read_only_fields = fields


class NewRunSerializer(KnownFields):
    unit = serializers.CharField(help_text="code of the unit")
    month = serializers.RegexField(r"^\d{4}-\d{2}$", help_text="YYYY-MM")
    dry_run = serializers.BooleanField(default=False)


class LineSerializer(serializers.Serializer[Any]):
    """One line of a slip. Money in fen."""

    code = serializers.CharField(help_text="code of the component in the rules of the place")
    paid = serializers.BooleanField(help_text="whether the line counts towards gross")
    standard = serializers.IntegerField(help_text="the amount of a full month, in fen")
    amount = serializers.IntegerField(help_text="the amount of this month, in fen")
    assumed = serializers.BooleanField(help_text="whether a value that the rules leave open was assumed")


class SlipSerializer(serializers.ModelSerializer[PaySlip]):
    """Money in fen. `lines` carries the amounts by code."""

    run = serializers.IntegerField(source="run_id", read_only=True)
    person = serializers.IntegerField(source="person_id", read_only=True)
    name = serializers.CharField(source="person.name", read_only=True)
    unit = serializers.CharField(source="unit.code", read_only=True)
    month = MonthField(read_only=True)
    lines = serializers.SerializerMethodField()

    class Meta:
        model = PaySlip
        fields = ("run", "person", "name", "unit", "month", "gross", "arrears", "lines")
        read_only_fields = fields

    @extend_schema_field(LineSerializer(many=True))
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


@extend_schema_view(
    list=extend_schema(summary="Pay runs, newest first"),
    retrieve=extend_schema(summary="One pay run"),
)
class PayRunViewSet(KnownParameters, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[PayRun]):
    """Pay runs of the units in which the client may look at pay; POST starts one where the client may."""

    serializer_class = RunSerializer
    lookup_value_regex = r"\d+"
    queryset = PayRun.objects.none()

    def get_queryset(self) -> QuerySet[PayRun]:
        return runs.pay_runs(user=self.request.user)  # type: ignore[arg-type]

    @extend_schema(
        summary="Start a pay run",
        request=NewRunSerializer,
        responses={201: RunSerializer},
        examples=[OpenApiExample("a month", {"unit": "232762000000", "month": "2026-01"}, request_only=True)],
    )
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


@extend_schema_view(list=extend_schema(summary="Slips, newest month first"))
class PaySlipViewSet(KnownParameters, mixins.ListModelMixin, viewsets.GenericViewSet[PaySlip]):
    """Slips of the units in which the client may look at pay."""

    serializer_class = SlipSerializer
    filterset_class = SlipFilter
    queryset = PaySlip.objects.none()

    def get_queryset(self) -> QuerySet[PaySlip]:
        return slips.slips_list(user=self.request.user)  # type: ignore[arg-type]
