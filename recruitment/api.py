"""Recruitments for programs: plans with their lines, applicants, marks, rankings and hires, as on the pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers, viewsets
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
from core.errors import NotFound
from organization.models import Permission
from recruitment import selectors, services
from recruitment.models import Applicant, ApplicationState, Plan, PlanState
from recruitment.services.steps import locked_applicant, locked_plan

CHANGE = Permission.CHANGE_PEOPLE


def _text(text: str = "", **more: Any) -> serializers.CharField:
    return serializers.CharField(read_only=True, help_text=text, **more)


def _number(text: str = "", **more: Any) -> serializers.IntegerField:
    return serializers.IntegerField(read_only=True, help_text=text, **more)


def _day(text: str = "") -> serializers.DateField:
    return serializers.DateField(read_only=True, allow_null=True, help_text=text)


class RecruitmentSerializer(serializers.Serializer[Any]):
    """A recruitment as a row of a list."""

    id = _number()
    unit = _text("code of the unit that holds it", source="unit.code")
    unit_name = _text(source="unit.name")
    year = _number()
    batch = _number()
    title = _text()
    state = _text(", ".join(PlanState))
    document = _text("what fixes the plan")
    notice_day = _day()
    applications_from = _day()
    applications_until = _day()
    published_on = _day("names are public from")
    published_until = _day("names are public until")


class RecruitmentLineSerializer(serializers.Serializer[Any]):
    """So many posts in a unit."""

    id = _number()
    unit = _text("code of the unit", source="unit.code")
    unit_name = _text(source="unit.name")
    name = _text("of the post")
    category = _text()
    proposed = _number("posts")
    approved = _number("posts; null while it isn't fixed", allow_null=True)
    applied = _number("people")
    admitted = _number("people")
    hired = _number("people")


class RecruitmentDetailSerializer(RecruitmentSerializer):
    """A recruitment with its lines in the caller's units."""

    lines = RecruitmentLineSerializer(many=True, read_only=True)
    ranking = _number("number of the newest ranking; null without one", allow_null=True)


class ApplicantSerializer(serializers.Serializer[Any]):
    """An application; the identity number is masked, as on the page."""

    id = _number()
    recruitment = _number("number of the recruitment", source="plan_id")
    line = _number("number of the line", source="position_id")
    unit = _text("code of the unit", source="position.unit.code")
    number = _number("within the recruitment")
    name = _text()
    sex = _text(allow_null=True)
    identity_number = _text("masked", source="masked_identity_number")
    education = _text(allow_null=True)
    study_mode = _text(allow_null=True)
    certificate = _text(allow_null=True)
    state = _text(", ".join(ApplicationState))
    failed = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="conditions that aren't met"
    )
    open = serializers.ListField(child=serializers.CharField(), read_only=True, help_text="conditions to check by hand")
    reason = _text()
    employment = _number("number of the employment of whoever is hired", source="employment_id", allow_null=True)


class StandingSerializer(serializers.Serializer[Any]):
    """Where an applicant stands. Points in 1/10,000."""

    applicant = _number(source="applicant_id")
    number = _number(source="applicant.number")
    name = _text(source="applicant.name")
    line = _number("number of the line", source="position_id")
    standing = _text("RANKED, FAILED, ABSENT, MISSING, NOT_INVITED")
    total = _number("1/10,000 of a point", allow_null=True)
    place = _number(allow_null=True)
    side = _text("IN, OUT, UNDECIDED; empty for whoever is not ranked")
    by = _text("what decided among equals")


class RankingSerializer(serializers.Serializer[Any]):
    """A ranking with the rows of the caller's units."""

    number = _number()
    made_at = serializers.DateTimeField(read_only=True)
    rows = StandingSerializer(many=True, read_only=True)


class MarkRowSerializer(KnownFields):
    number = serializers.IntegerField(min_value=1, max_value=999_999, help_text="of the applicant")
    marks = serializers.ListField(
        child=serializers.RegexField(r"^(\d{1,3}(\.\d{1,2})?|缺考)$", max_length=6),
        min_length=1,
        max_length=40,
        help_text="a mark a column, 0 to 100, or 缺考 for who was absent",
    )


class MarksSerializer(KnownFields):
    part = serializers.CharField(max_length=40, help_text="code of the part of the examination")
    rows = MarkRowSerializer(many=True, allow_empty=False, max_length=10_000)  # type: ignore[call-arg]


class EmptySerializer(KnownFields):
    """Nothing has to be said."""


class HireSerializer(KnownFields):
    start = serializers.DateField(help_text="first day of the employment")
    probation_end = serializers.DateField(required=False, help_text="first day after probation")
    contract_start = serializers.DateField(required=False)
    contract_end = serializers.DateField(required=False)
    still_new = serializers.CharField(
        max_length=200, required=False, help_text="why this is nobody on record, where somebody alike is"
    )


_PLAN = {
    "id": 4, "unit": "340181000000", "unit_name": "巢湖市", "year": 2026, "batch": 1, "title": "2026年公开招聘",
    "state": "RANKED", "document": "巢组通〔2026〕5号", "notice_day": "2026-03-02", "applications_from": "2026-03-02",
    "applications_until": "2026-03-20", "published_on": None, "published_until": None,
}  # fmt: skip
_LINE = {
    "id": 9, "unit": "340181002001", "unit_name": "东风社区", "name": "社区工作者", "category": "COMMUNITY_WORKER",
    "proposed": 2, "approved": 2, "applied": 11, "admitted": 8, "hired": 0,
}  # fmt: skip
_DETAIL = {**_PLAN, "lines": [_LINE], "ranking": 1}
_APPLICANT = {
    "id": 31, "recruitment": 4, "line": 9, "unit": "340181002001", "number": 7, "name": "张三", "sex": "FEMALE",
    "identity_number": "3401**********1234", "education": "BACHELOR", "study_mode": "FULL_TIME", "certificate": None,
    "state": "ADMITTED", "failed": [], "open": [], "reason": "", "employment": None,
}  # fmt: skip
_RANKING = {
    "number": 1, "made_at": "2026-04-20T10:00:00+08:00",
    "rows": [
        {"applicant": 31, "number": 7, "name": "张三", "line": 9, "standing": "RANKED", "total": 823500, "place": 1,
         "side": "IN", "by": ""}
    ],
}  # fmt: skip


@extend_schema_view(
    list=extend_schema(
        summary="Recruitments, the newest first", examples=[OpenApiExample("a row", _PLAN, response_only=True)]
    ),
)
class RecruitmentViewSet(KnownParameters, viewsets.GenericViewSet[Plan]):
    """Recruitments that concern the caller's units."""

    lookup_value_regex = r"\d{1,18}"
    pagination_class = CursorPages
    serializer_class: Any = RecruitmentSerializer
    queryset = Plan.objects.none()

    def get_queryset(self) -> QuerySet[Plan]:
        return selectors.plans_list(user=self.request.user)

    def cursor_order(self, request: Request) -> tuple[str, tuple[str, ...], bool]:
        return "", ("id",), True

    def list(self, request: Request) -> Response:
        rows = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response(RecruitmentSerializer(rows, many=True).data)

    @extend_schema(
        summary="One recruitment with its lines",
        parameters=[IF_NONE_MATCH, STATE],
        responses={200: RecruitmentDetailSerializer, 304: None},
        examples=[OpenApiExample("a recruitment", _DETAIL, response_only=True)],
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        return self._shown(request, selectors.plan_for(user=request.user, number=int(pk)))

    @extend_schema(
        summary="Enter the marks of a part",
        request=MarksSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY, STATE],
        responses={200: RecruitmentDetailSerializer},
        examples=[
            OpenApiExample(
                "two applicants",
                {"part": "written", "rows": [{"number": 7, "marks": ["82.5"]}, {"number": 8, "marks": ["缺考"]}]},
                request_only=True,
            ),
            OpenApiExample("the recruitment", _DETAIL, response_only=True),
        ],
    )
    @action(detail=True, methods=["post"])
    def marks(self, request: Request, pk: str) -> Response:
        """All of them or none; whoever has marks of this part already gets the new ones."""

        def work(plan: Plan, body: dict[str, Any]) -> None:
            grid = "\n".join("\t".join([str(row["number"]), *row["marks"]]) for row in body["rows"])
            services.marks_enter(actor=request.user, plan=plan, part=body["part"], text=grid)

        return self._act(request, pk, MarksSerializer, work)

    @extend_schema(
        summary="Work out the ranking by the marks of now",
        request=EmptySerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY, STATE],
        responses={200: RecruitmentDetailSerializer},
        examples=[
            OpenApiExample("nothing", {}, request_only=True),
            OpenApiExample("the recruitment", _DETAIL, response_only=True),
        ],
    )
    @action(detail=True, methods=["post"])
    def rank(self, request: Request, pk: str) -> Response:
        """It is kept with its rules; a new one changes nothing of it."""

        def work(plan: Plan, body: dict[str, Any]) -> None:
            services.ranking_make(actor=request.user, plan=plan)

        return self._act(request, pk, EmptySerializer, work)

    @extend_schema(
        summary="The newest ranking",
        responses={200: RankingSerializer},
        examples=[OpenApiExample("a ranking", _RANKING, response_only=True)],
        filters=False,
    )
    @action(detail=True, methods=["get"])
    def ranking(self, request: Request, pk: str) -> Response:
        """By line and place; 404 before there is one."""
        plan = selectors.plan_for(user=request.user, number=int(pk), permission=Permission.VIEW_PEOPLE)
        newest, rows = selectors.ranking_for(user=request.user, plan=plan)
        if newest is None:
            raise NotFound(_("There is no ranking yet."))
        return Response(RankingSerializer({"number": newest.number, "made_at": newest.made_at, "rows": rows}).data)

    def _data(self, plan: Plan) -> dict[str, Any]:
        newest, _rows = selectors.ranking_for(user=self.request.user, plan=plan)
        found: dict[str, Any] = {
            **RecruitmentSerializer(plan).data,
            "lines": RecruitmentLineSerializer(
                selectors.positions_of(user=self.request.user, plan=plan), many=True
            ).data,
            "ranking": newest.number if newest is not None else None,
        }
        return found

    def _shown(self, request: Request, plan: Plan) -> Response:
        data = self._data(plan)
        return state_answer(request, data, state_of(data))

    def _act(
        self, request: Request, pk: str, body: type[KnownFields], work: Callable[[Plan, dict[str, Any]], object]
    ) -> Response:
        """An act on a recruitment whose people the caller may change, under its lock."""
        found = selectors.plan_for(user=request.user, number=int(pk), permission=CHANGE, near=False)
        asked = body(data=request.data)
        asked.is_valid(raise_exception=True)

        def locked() -> Response:
            plan = locked_plan(found, *PlanState)
            require_state(request, state_of(self._data(plan)))
            work(plan, dict(asked.validated_data))
            return self._shown(request, selectors.plan_for(user=request.user, number=int(pk)))

        return once(request, locked)


class ApplicantFilter(django_filters.FilterSet):  # type: ignore[misc]
    recruitment = django_filters.NumberFilter(field_name="plan_id", min_value=1, help_text="number of the recruitment")
    line = django_filters.NumberFilter(field_name="position_id", min_value=1, help_text="number of the line")
    state = django_filters.ChoiceFilter(choices=ApplicationState.choices)

    class Meta:
        model = Applicant
        fields: tuple[str, ...] = ()


@extend_schema_view(
    list=extend_schema(summary="Applicants", examples=[OpenApiExample("a row", _APPLICANT, response_only=True)]),
)
class ApplicantViewSet(KnownParameters, viewsets.GenericViewSet[Applicant]):
    """Applicants for posts in the units in which the caller may look at people."""

    lookup_value_regex = r"\d{1,18}"
    pagination_class = CursorPages
    filterset_class = ApplicantFilter
    serializer_class = ApplicantSerializer
    queryset = Applicant.objects.none()

    def get_queryset(self) -> QuerySet[Applicant]:
        return selectors.applicants_list(user=self.request.user)

    def cursor_order(self, request: Request) -> tuple[str, tuple[str, ...], bool]:
        return "", ("id",), False

    def list(self, request: Request) -> Response:
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response(ApplicantSerializer(rows, many=True).data)

    @extend_schema(
        summary="One applicant",
        parameters=[IF_NONE_MATCH, STATE],
        responses={200: ApplicantSerializer, 304: None},
        examples=[OpenApiExample("an applicant", _APPLICANT, response_only=True)],
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        return self._shown(request, selectors.applicant_for(user=request.user, number=int(pk)))

    @extend_schema(
        summary="Hire an applicant",
        request=HireSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY, STATE],
        responses={200: ApplicantSerializer},
        examples=[
            OpenApiExample("at the beginning of a month", {"start": "2026-06-01"}, request_only=True),
            OpenApiExample("hired", {**_APPLICANT, "state": "HIRED", "employment": 512}, response_only=True),
        ],
    )
    @action(detail=True, methods=["post"])
    def hire(self, request: Request, pk: str) -> Response:
        """The applicant becomes a person with an employment, by what the application says: exactly once."""
        found = selectors.applicant_for(user=request.user, number=int(pk), permission=CHANGE)
        asked = HireSerializer(data=request.data)
        asked.is_valid(raise_exception=True)

        def write() -> Response:
            locked_plan(found.plan, *PlanState)
            again = locked_applicant(found)
            require_state(request, state_of(ApplicantSerializer(again).data))
            services.hire(actor=request.user, applicant=again, **asked.validated_data)
            return self._shown(request, selectors.applicant_for(user=request.user, number=int(pk)))

        return once(request, write)

    def _shown(self, request: Request, applicant: Applicant) -> Response:
        data = ApplicantSerializer(applicant).data
        return state_answer(request, data, state_of(data))
