"""Plans of recruitment for programs: their lines, steps, marks and rankings, as on the pages."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import status, viewsets
from rest_framework.decorators import action
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
from core.api.acts import EmptySerializer, act
from core.errors import NotFound, Refused
from organization.access import get_unit_for
from organization.api.actors import Acting
from organization.models import Permission, widen
from recruitment import selectors, services
from recruitment.api.bodies import (
    AnnounceSerializer,
    ApplicantsFileSerializer,
    CutSerializer,
    DaySerializer,
    EqualsSerializer,
    FixSerializer,
    LineNumberSerializer,
    MarksSerializer,
    NewRecruitmentSerializer,
    ProposedLineSerializer,
    ReasonSerializer,
)
from recruitment.api.shapes import (
    DETAIL,
    FILE,
    INTAKE,
    NEW,
    PLAN,
    RANKING,
    IntakeSerializer,
    RankingSerializer,
    RecruitmentDetailSerializer,
    RecruitmentLineSerializer,
    RecruitmentSerializer,
)
from recruitment.models import Plan, PlanState, Position
from recruitment.services.steps import locked_plan

CHANGE, COUNTY = Permission.CHANGE_PEOPLE, Permission.TAKE_COUNTY_STEPS
Work = Callable[[Plan, dict[str, Any]], object]


_act = partial(act, shown=RecruitmentDetailSerializer, shown_example=DETAIL)


@extend_schema_view(
    list=extend_schema(
        summary="Recruitments, the newest first", examples=[OpenApiExample("a row", PLAN, response_only=True)]
    ),
)
class RecruitmentViewSet(Acting, KnownParameters, viewsets.GenericViewSet[Plan]):
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
        examples=[OpenApiExample("a recruitment", DETAIL, response_only=True)],
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        return self._shown(request, selectors.plan_for(user=request.user, number=int(pk)))

    @extend_schema(
        summary="Begin a plan of recruitment",
        request=NewRecruitmentSerializer,
        parameters=[IDEMPOTENCY_KEY, STATE],
        responses={201: RecruitmentDetailSerializer},
        examples=[
            OpenApiExample(
                "a batch", {"unit": "340181000000", "year": 2026, "title": "2026年公开招聘"}, request_only=True
            ),
            OpenApiExample("the plan", NEW, response_only=True),
        ],
    )
    def create(self, request: Request) -> Response:
        """The next batch of the year. Units propose its lines."""
        asked = NewRecruitmentSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        unit = get_unit_for(request.user, CHANGE, widen(values.pop("unit")))

        def write() -> Response:
            plan = services.plan_start(actor=self.actor, unit=unit, **values)
            answer = self._shown(request, plan, status.HTTP_201_CREATED)
            answer["Location"] = f"/api/v1/recruitments/{plan.pk}/"
            return answer

        return once(request, write)

    @_act(
        "Propose posts in a unit", ProposedLineSerializer, {"unit": "340181002001", "name": "社区工作者", "number": 2}
    )
    def propose(self, request: Request, pk: str) -> Response:
        """No more than are vacant there and above, after what open plans have taken."""

        def work(plan: Plan, body: dict[str, Any]) -> None:
            unit = get_unit_for(request.user, CHANGE, widen(body.pop("unit")))
            services.position_propose(actor=self.actor, plan=plan, unit=unit, **body)

        return self._done(request, pk, ProposedLineSerializer, work, near=True)

    @_act("Take a proposed line back", LineNumberSerializer, {"line": 9})
    def withdraw(self, request: Request, pk: str) -> Response:
        """Before the plan is fixed, by whoever proposes for the unit."""

        def work(plan: Plan, body: dict[str, Any]) -> None:
            services.position_withdraw(actor=self.actor, position=self._line(plan, body["line"], CHANGE))

        return self._done(request, pk, LineNumberSerializer, work, near=True)

    @_act(
        "Fix the plan", FixSerializer,
        {"document": "巢组通〔2026〕5号", "approved": [{"line": 9, "number": 2}]},
    )  # fmt: skip
    def fix(self, request: Request, pk: str) -> Response:
        """A number for each proposed line, 0 for none."""

        def work(plan: Plan, body: dict[str, Any]) -> None:
            approved = {one["line"]: one["number"] for one in body["approved"]}
            services.plan_fix(actor=self.actor, plan=plan, document=body["document"], approved=approved)

        return self._done(request, pk, FixSerializer, work, COUNTY)

    @_act(
        "Announce it", AnnounceSerializer,
        {"notice": "公告", "day": "2026-03-02", "applications_from": "2026-03-02", "applications_until": "2026-03-20"},
    )  # fmt: skip
    def announce(self, request: Request, pk: str) -> Response:
        """From now on applications are entered."""
        return self._done(request, pk, AnnounceSerializer, self._by(services.plan_announce), COUNTY)

    @_act(
        "Take the applications of a file",
        ApplicantsFileSerializer,
        {"file": FILE},
        url_path="import",
        url_name="import",
    )
    def take_file(self, request: Request, pk: str) -> Response:
        """All of them or none: what is wrong comes at once, under `file`, each with its row and column."""

        def work(plan: Plan, body: dict[str, Any]) -> None:
            try:
                services.applicants_import(actor=self.actor, plan=plan, data=body["file"])
            except Refused as refused:
                raise Refused(refused.errors, {"file": refused.errors}) from refused

        return self._done(request, pk, ApplicantsFileSerializer, work)

    @_act("Cut posts", CutSerializer, {"line": 9, "number": 1, "reason": "报名人数不足"})
    def cut(self, request: Request, pk: str) -> Response:
        """Fewer than were fixed, because too few have applied."""

        def work(plan: Plan, body: dict[str, Any]) -> None:
            services.position_cut(actor=self.actor, position=self._line(plan, body.pop("line"), COUNTY), **body)

        return self._done(request, pk, CutSerializer, work, COUNTY)

    @_act("Screen whoever has applied", EmptySerializer, {})
    def screen(self, request: Request, pk: str) -> Response:
        """By the conditions of the rules; who fails one is not admitted, and which is told with the applicant."""
        return self._done(request, pk, EmptySerializer, self._by(services.applicants_screen))

    @_act("Make the names public", DaySerializer, {"day": "2026-05-06"})
    def publish(self, request: Request, pk: str) -> Response:
        """Of whoever is inside the cut line and has passed the reviews."""
        return self._done(request, pk, DaySerializer, self._by(services.names_publish), COUNTY)

    @_act("Finish it", EmptySerializer, {})
    def close(self, request: Request, pk: str) -> Response:
        """Nobody is hired by it any more."""
        return self._done(request, pk, EmptySerializer, self._by(services.plan_close), COUNTY)

    @_act("Call it off", ReasonSerializer, {"reason": "编制调整"})
    def cancel(self, request: Request, pk: str) -> Response:
        """The posts that it has taken are vacant again."""
        return self._done(request, pk, ReasonSerializer, self._by(services.plan_cancel), COUNTY)

    @_act(
        "Enter the marks of a part", MarksSerializer,
        {"part": "written", "rows": [{"number": 7, "marks": ["82.5"]}, {"number": 8, "marks": ["缺考"]}]},
    )  # fmt: skip
    def marks(self, request: Request, pk: str) -> Response:
        """All of them or none; whoever has marks of this part already gets the new ones."""

        def work(plan: Plan, body: dict[str, Any]) -> None:
            grid = "\n".join("\t".join([str(row["number"]), *row["marks"]]) for row in body["rows"])
            services.marks_enter(actor=self.actor, plan=plan, part=body["part"], text=grid)

        return self._done(request, pk, MarksSerializer, work)

    @_act("Work out the ranking by the marks of now", EmptySerializer, {})
    def rank(self, request: Request, pk: str) -> Response:
        """It is kept with its rules; a new one changes nothing of it."""
        return self._done(request, pk, EmptySerializer, self._by(services.ranking_make))

    @_act("Put equals in order", EqualsSerializer, {"line": 9, "numbers": [12, 7], "reason": "现场抽签"})
    def equals(self, request: Request, pk: str) -> Response:
        """Those who are equal across the cut line of a post; the ranking is made anew by it."""

        def work(plan: Plan, body: dict[str, Any]) -> None:
            position = self._line(plan, body.pop("line"), CHANGE)
            services.equals_order(actor=self.actor, plan=plan, position=position, **body)

        return self._done(request, pk, EqualsSerializer, work)

    @extend_schema(
        summary="The newest ranking",
        responses={200: RankingSerializer},
        examples=[OpenApiExample("a ranking", RANKING, response_only=True)],
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

    @extend_schema(
        summary="Each batch beside those who served when it came",
        responses={200: IntakeSerializer(many=True)},
        examples=[OpenApiExample("a batch", [INTAKE], response_only=True)],
        filters=False,
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def intake(self, request: Request, pk: str) -> Response:
        """The batches of the unit up to this one, the oldest first, ten at most."""
        plan = selectors.plan_for(user=request.user, number=int(pk), permission=Permission.VIEW_PEOPLE)
        return Response(IntakeSerializer(selectors.intake_of(user=request.user, plan=plan), many=True).data)

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

    def _shown(self, request: Request, plan: Plan, code: int = status.HTTP_200_OK) -> Response:
        data = self._data(plan)
        return state_answer(request, data, state_of(data), code)

    def _line(self, plan: Plan, number: int, permission: Permission) -> Position:
        return selectors.position_for(user=self.actor, plan=plan, number=number, permission=permission)

    def _by(self, service: Callable[..., object]) -> Work:
        """A service of plans that takes what was sent as it is."""

        def work(plan: Plan, body: dict[str, Any]) -> None:
            service(actor=self.actor, plan=plan, **body)

        return work

    def _done(
        self,
        request: Request,
        pk: str,
        body: type[KnownFields],
        work: Work,
        permission: Permission = CHANGE,
        *,
        near: bool = False,
    ) -> Response:
        """An act on a recruitment of a unit on which the caller holds a permission, under its lock.

        near: also on one that only concerns the caller's units.
        """
        found = selectors.plan_for(user=request.user, number=int(pk), permission=permission, near=near)
        asked = body(data=request.data)
        asked.is_valid(raise_exception=True)

        def locked() -> Response:
            plan = locked_plan(found, *PlanState)
            require_state(request, state_of(self._data(plan)))
            work(plan, dict(asked.validated_data))
            return self._shown(request, selectors.plan_for(user=request.user, number=int(pk), permission=permission))

        return once(request, locked)
