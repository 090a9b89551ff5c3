"""Applicants for programs: entering, checking, reviewing and hiring them, as on the pages."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import (
    IDEMPOTENCY_KEY,
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
from core.api.acts import act
from organization.api.actors import Acting
from organization.models import Permission, User
from personnel.api.foresight import foreseen_answer, foresees
from recruitment import selectors, services
from recruitment.api.bodies import (
    DecideSerializer,
    FillInSerializer,
    HireSerializer,
    NewApplicantSerializer,
    ReasonSerializer,
    ReviewSerializer,
)
from recruitment.api.shapes import APPLICANT, ApplicantSerializer
from recruitment.models import Applicant, ApplicationState, PlanState
from recruitment.services.steps import locked_applicant, locked_plan

CHANGE = Permission.CHANGE_PEOPLE


_act = partial(act, shown=ApplicantSerializer, shown_example=APPLICANT)


class ApplicantFilter(django_filters.FilterSet):  # type: ignore[misc]
    recruitment = django_filters.NumberFilter(field_name="plan_id", min_value=1, help_text="number of the recruitment")
    line = django_filters.NumberFilter(field_name="position_id", min_value=1, help_text="number of the line")
    state = django_filters.ChoiceFilter(choices=ApplicationState.choices)

    class Meta:
        model = Applicant
        fields: tuple[str, ...] = ()


@extend_schema_view(
    list=extend_schema(summary="Applicants", examples=[OpenApiExample("a row", APPLICANT, response_only=True)]),
)
class ApplicantViewSet(Acting, KnownParameters, viewsets.GenericViewSet[Applicant]):
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
        examples=[OpenApiExample("an applicant", APPLICANT, response_only=True)],
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        return self._shown(request, selectors.applicant_for(user=request.user, number=int(pk)))

    @extend_schema(
        summary="Enter an application",
        request=NewApplicantSerializer,
        parameters=[IDEMPOTENCY_KEY, STATE],
        responses={201: ApplicantSerializer},
        examples=[
            OpenApiExample(
                "a graduate",
                {
                    "recruitment": 4, "line": 9, "name": "张三", "identity_number": "110105194912310021",
                    "education": "BACHELOR", "study_mode": "FULL_TIME", "graduated": "2024-07-01",
                },
                request_only=True,
            ),
            OpenApiExample("the application", APPLICANT | {"state": "ENTERED"}, response_only=True),
        ],
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """While the recruitment is announced, on one of the days of its notice; nobody applies twice."""
        asked = NewApplicantSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        plan = selectors.plan_for(user=request.user, number=values.pop("recruitment"), permission=CHANGE, near=False)
        position = selectors.position_for(user=request.user, plan=plan, number=values.pop("line"), permission=CHANGE)
        applied = values.pop("applied", None)

        def write() -> Response:
            made = services.applicant_enter(
                actor=self.actor, plan=plan, position=position, values=values, applied=applied
            )
            answer = self._shown(request, made, status.HTTP_201_CREATED)
            answer["Location"] = f"/api/v1/applicants/{made.pk}/"
            return answer

        return once(request, write)

    @_act("Say what a check by hand came to", DecideSerializer, {"admit": True, "reason": "学历已核实"})
    def decide(self, request: Request, pk: str) -> Response:
        """Of whoever meets a condition that the rules leave to a person to check."""
        return self._done(request, pk, DecideSerializer, services.applicant_decide)

    @_act("Enter the result of a review", ReviewSerializer, {"kind": "MEDICAL", "passed": True, "day": "2026-05-04"})
    def review(self, request: Request, pk: str) -> Response:
        """Medical, background or political; entered anew it takes the place of the one before."""
        return self._done(request, pk, ReviewSerializer, services.review_enter)

    @_act("Say that an applicant gives up", ReasonSerializer, {"reason": "已在别处就业"})
    def withdraw(self, request: Request, pk: str) -> Response:
        """Whoever comes next can take the place."""
        return self._done(request, pk, ReasonSerializer, services.applicant_withdraw)

    @_act(
        "Let somebody come up from the list", FillInSerializer, {"instead_of": 30, "reason": "已放弃"}, url_path="fill-in",
    )  # fmt: skip
    def fill_in(self, request: Request, pk: str) -> Response:
        """Whoever stands next below the line of a post, for somebody above it who dropped out."""

        def work(*, actor: User, applicant: Applicant, instead_of: int, reason: str) -> None:
            other = selectors.applicant_for(user=actor, number=instead_of, permission=CHANGE)
            services.fill_in(actor=actor, applicant=applicant, instead_of=other, reason=reason)

        return self._done(request, pk, FillInSerializer, work)

    @act(
        "Hire an applicant", HireSerializer, {"start": "2026-06-01"}, shown=ApplicantSerializer,
        shown_example={**APPLICANT, "state": "HIRED", "employment": 512}, names=("at the beginning of a month", "hired"),
    )  # fmt: skip
    def hire(self, request: Request, pk: str) -> Response:
        """The applicant becomes a person with an employment, by what the application says: exactly once."""
        return self._done(request, pk, HireSerializer, services.hire)

    @foresees("hiring an applicant", HireSerializer, {"start": "2026-06-01"}, url_path="hire/foresee")
    def hire_foresee(self, request: Request, pk: str) -> Response:
        """Of a newcomer."""
        found = selectors.applicant_for(user=request.user, number=int(pk), permission=CHANGE)
        asked = HireSerializer(data=request.data)
        asked.is_valid(raise_exception=True)

        def hired() -> object:
            done = services.hire(actor=self.actor, applicant=found, **asked.validated_data)
            return done.employment.person if done.employment is not None else None

        return foreseen_answer(
            request, person=None, units=[found.position.unit], day=asked.validated_data["start"], decide=hired
        )

    def _done(self, request: Request, pk: str, body: type[KnownFields], service: Callable[..., object]) -> Response:
        """An act on an applicant for a post in a unit whose people the caller may change, under the plan's lock."""
        found = selectors.applicant_for(user=request.user, number=int(pk), permission=CHANGE)
        asked = body(data=request.data)
        asked.is_valid(raise_exception=True)

        def write() -> Response:
            locked_plan(found.plan, *PlanState)
            again = locked_applicant(found)
            require_state(request, state_of(ApplicantSerializer(again).data))
            service(actor=self.actor, applicant=again, **asked.validated_data)
            return self._shown(request, selectors.applicant_for(user=request.user, number=int(pk)))

        return once(request, write)

    def _shown(self, request: Request, applicant: Applicant, code: int = status.HTTP_200_OK) -> Response:
        data = ApplicantSerializer(applicant).data
        return state_answer(request, data, state_of(data), code)
