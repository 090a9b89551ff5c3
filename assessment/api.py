"""Evaluations and yearly results for programs: the same selectors, services and permissions as the pages."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from assessment import selectors, tasks
from assessment.filters import EvaluationFilter, ResultFilter
from assessment.models import AnnualResult, Evaluation
from assessment.services import evaluation_start
from core.api import KnownFields, KnownParameters, Policies, Reasons, Totals
from organization.access import get_unit_for
from organization.models import Permission


class EvaluationSerializer(serializers.ModelSerializer[Evaluation]):
    unit = serializers.CharField(source="unit.code", read_only=True)
    totals = Totals(read_only=True)
    policies = Policies(read_only=True)

    class Meta:
        model = Evaluation
        fields = (
            "id",
            "unit",
            "cycle",
            "period",
            "state",
            "fingerprint",
            "totals",
            "policies",
            "created",
            "finished",
            "confirmed",
            "closed",
        )
        read_only_fields = fields


class NewEvaluationSerializer(KnownFields):
    unit = serializers.CharField(help_text="code of the unit")
    period = serializers.CharField(help_text="2025, 2025-H1, 2025-Q3, 2025-03")


class ResultSerializer(serializers.ModelSerializer[AnnualResult]):
    """Scores in 1/10000 of a point. `reasons` are codes with parameters."""

    person = serializers.IntegerField(source="person_id", read_only=True)
    name = serializers.CharField(source="person.name", read_only=True)
    unit = serializers.CharField(source="unit.code", read_only=True)
    evaluation = serializers.IntegerField(source="evaluation_id", read_only=True, allow_null=True)
    reasons = Reasons(read_only=True)

    class Meta:
        model = AnnualResult
        fields = (
            "id",
            "person",
            "name",
            "unit",
            "year",
            "evaluation",
            "scheme",
            "grade",
            "merit",
            "score",
            "rank",
            "assumed",
            "source",
            "state",
            "reasons",
        )
        read_only_fields = fields


@extend_schema_view(
    list=extend_schema(summary="Evaluations, newest first"),
    retrieve=extend_schema(summary="One evaluation", filters=False),
)
class EvaluationViewSet(
    KnownParameters, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Evaluation]
):
    """Evaluations of the units in which the client may look at results; POST starts one where the client may."""

    serializer_class = EvaluationSerializer
    filterset_class = EvaluationFilter
    lookup_value_regex = r"\d+"
    queryset = Evaluation.objects.none()

    def get_queryset(self) -> QuerySet[Evaluation]:
        return selectors.evaluations_list(user=self.request.user)  # type: ignore[arg-type]

    @extend_schema(
        summary="Start an evaluation",
        request=NewEvaluationSerializer,
        responses={201: EvaluationSerializer},
        examples=[OpenApiExample("a year", {"unit": "340181000000", "period": "2025"}, request_only=True)],
    )
    def create(self, request: Request) -> Response:
        asked = NewEvaluationSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        run = evaluation_start(
            actor=request.user,  # type: ignore[arg-type]
            unit=get_unit_for(request.user, Permission.RUN_EVALUATION, asked.validated_data["unit"]),
            period=asked.validated_data["period"],
        )
        tasks.start_evaluation.delay_on_commit(run.pk)  # type: ignore[attr-defined]
        return Response(EvaluationSerializer(run).data, status=status.HTTP_201_CREATED)


@extend_schema_view(
    list=extend_schema(summary="Yearly results"),
    retrieve=extend_schema(summary="One yearly result", filters=False),
)
class ResultViewSet(
    KnownParameters, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[AnnualResult]
):
    """Yearly results of people in the units in which the client may look at results."""

    serializer_class = ResultSerializer
    filterset_class = ResultFilter
    lookup_value_regex = r"\d+"
    queryset = AnnualResult.objects.none()

    def get_queryset(self) -> QuerySet[AnnualResult]:
        return selectors.results_list(user=self.request.user)  # type: ignore[arg-type]
