"""Cases for programs: the same selectors, services and refusals as the pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.api.shapes import (
    CaseDetailSerializer,
    CaseReturnSerializer,
    CaseSerializer,
    CaseWithdrawalSerializer,
    DelegationSerializer,
    NewCaseDocumentSerializer,
    NewObjectionSerializer,
    SettlementSerializer,
    StepSerializer,
)
from approvals.filters import CaseFilter
from approvals.models import Case, CaseStep, NoticeObjection, Opinion
from approvals.selectors import (
    CaseRow,
    StepView,
    case_for,
    cases_list,
    rows_for_system,
    steps_of_case,
    takers_of,
)
from approvals.services import (
    case_delegate,
    case_return,
    case_withdraw,
    document_attach,
    objection_log,
    objection_settle,
    opinion_settle,
    step_take,
)
from approvals.services.cases import case_lock, require_step
from core.api import (
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
from core.errors import Conflict, NotFound, Refused
from organization.access import require
from organization.api.actors import Acting
from organization.models import Permission, User


def _user(user: User | None) -> str | None:
    return user.username if user is not None else None


def case_shown(row: CaseRow) -> dict[str, Any]:
    """A line of the list, as CaseSerializer describes it."""
    case, step = row.case, row.step
    opened = None
    if step is not None:
        opened = {
            "code": step.code, "name": str(step.spec.name), "party": step.party, "since": step.opened_at, "due": step.due,
            "overdue": row.overdue, "holder": _user(step.holder), "answered": row.answered, "asked": len(row.opinions),
        }  # fmt: skip
    return {
        "id": case.pk, "procedure": case.procedure, "act": case.act, "unit": case.unit.code, "unit_name": case.unit.name,
        "to_unit": case.to_unit and case.to_unit.code, "to_unit_name": case.to_unit.name if case.to_unit else "",
        "away": case.away, "due_back": case.due_back, "post": case.post, "person": case.subject_name, "reason": case.reason, "planned": case.planned,
        "state": case.state, "opened_by": _user(case.opened_by), "opened_at": case.opened_at,
        "closed_at": case.closed_at, "closing": case.closing, "step": opened,
    }  # fmt: skip


def steps_shown(views: Iterable[StepView]) -> list[dict[str, Any]]:
    """Every step that came up, in the order in which it did."""
    found = []
    for view in views:
        for row in view.rows:
            departments = view.spec.departments.of if view.spec.departments is not None else {}
            found.append(
                {
                    "id": row.pk, "position": row.position, "code": row.code, "name": str(view.spec.name),
                    "party": row.party, "state": row.state, "since": row.opened_at, "due": row.due,
                    "holder": _user(row.holder), "taken_by": _user(row.taken_by), "taken_at": row.taken_at,
                    "values": {name: str(value) for name, value in row.values.items()}, "note": row.note,
                    "documents": list(row.documents.all()), "objections": list(row.objections.all()),
                    "opinions": [
                        {
                            "id": one.pk, "department": one.department,
                            "name": str(departments.get(one.department) or one.department), "answer": one.answer,
                            "reason": one.reason, "given_at": one.given_at, "settled": one.settled,
                        }
                        for one in row.opinions.all()
                    ],
                }
            )  # fmt: skip
    return sorted(found, key=lambda one: one["id"])


_CASE = {
    "id": 42, "procedure": "appoint_secretary", "act": "APPOINT", "unit": "340181002001", "unit_name": "东风社区",
    "to_unit": None, "to_unit_name": "", "away": "", "due_back": None, "post": "PARTY_SECRETARY", "person": "陈明", "reason": "原书记退休", "planned": None, "state": "OPEN",
    "opened_by": "yafu.clerk", "opened_at": "2026-11-02T09:00:00+08:00", "closed_at": None, "closing": "",
    "step": {
        "code": "INSPECTION", "name": "组织考察", "party": "ORGANISATION_DEPARTMENT", "since": "2026-11-03T10:00:00+08:00",
        "due": None, "overdue": False, "holder": None, "answered": 0, "asked": 0,
    },
}  # fmt: skip
_STEP = {
    "id": 310, "position": 2, "code": "INSPECTION", "name": "组织考察", "party": "ORGANISATION_DEPARTMENT", "state": "OPEN",
    "since": "2026-11-03T10:00:00+08:00", "due": None, "holder": None, "taken_by": None, "taken_at": None, "values": {},
    "note": "", "documents": [], "objections": [], "opinions": [],
}  # fmt: skip
DETAIL = {**_CASE, "summary": {"name": "陈明", "sex": "女"}, "steps": [_STEP], "missing": ["检查组"]}


writes = partial(act, shown=CaseDetailSerializer, shown_example=DETAIL, names=("asked", "the case"))


@extend_schema_view(
    list=extend_schema(
        summary="Cases, the newest first", examples=[OpenApiExample("a row", _CASE, response_only=True)]
    ),
)
class CaseViewSet(Acting, KnownParameters, viewsets.GenericViewSet[Case]):
    """Cases of the units in which the caller may look at them. An act rests on the state of the case (If-Match)."""

    lookup_value_regex = r"\d{1,18}"
    pagination_class = CursorPages
    filterset_class = CaseFilter
    serializer_class: Any = CaseSerializer
    queryset = Case.objects.none()

    def get_queryset(self) -> QuerySet[Case]:
        return cases_list(user=self.request.user)

    def cursor_order(self, request: Request) -> tuple[str, tuple[str, ...], bool]:
        return "", ("id",), True

    def list(self, request: Request) -> Response:
        rows = rows_for_system(self.paginate_queryset(self.filter_queryset(self.get_queryset())) or [])
        return self.get_paginated_response(CaseSerializer([case_shown(row) for row in rows], many=True).data)

    @extend_schema(
        summary="One case with its steps",
        parameters=[IF_NONE_MATCH, STATE],
        responses={200: CaseDetailSerializer, 304: None},
        examples=[OpenApiExample("a case", DETAIL, response_only=True)],
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        return self.shown(request, self.one(pk))

    @writes("Take the open step", StepSerializer, {"values": {"group": "王一、李二", "votes_for": 38}})
    def take(self, request: Request, pk: str) -> Response:
        """Every step but the last, which is taken together with what it changes, and those that departments answer."""

        def work(case: Case, step: CaseStep, body: dict[str, Any]) -> None:
            values = body.get("values", {})
            step_take(actor=self.actor, case=case, step=step.pk, values=values, note=body.get("note", ""))

        return self.act(request, pk, StepSerializer, work)

    @writes(
        "Send it back to an earlier step", CaseReturnSerializer, {"to": "REPORT", "reason": "材料不全"},
        url_path="return", url_name="return",
    )  # fmt: skip
    def send_back(self, request: Request, pk: str) -> Response:
        """That step and those after it are taken again. To which steps, the rules say."""

        def work(case: Case, step: CaseStep, body: dict[str, Any]) -> None:
            case_return(actor=self.actor, case=case, step=step.pk, **body)

        return self.act(request, pk, CaseReturnSerializer, work)

    @writes("Withdraw it", CaseWithdrawalSerializer, {"reason": "本人放弃"})
    def withdraw(self, request: Request, pk: str) -> Response:
        """The street that opened it does."""

        def work(case: Case, step: CaseStep, body: dict[str, Any]) -> None:
            case_withdraw(actor=self.actor, case=case, **body)

        return self.act(request, pk, CaseWithdrawalSerializer, work, Permission.TAKE_STREET_STEPS)

    @writes("Hand the open step to somebody", DelegationSerializer, {"to": "yafu.approver"})
    def delegate(self, request: Request, pk: str) -> Response:
        """From then on nobody else takes it."""

        def work(case: Case, step: CaseStep, body: dict[str, Any]) -> None:
            to = None
            if body["to"] is not None:
                takers = takers_of(user=self.actor, case=case, step=step)
                to = next((one for one in takers if one.username == body["to"]), None)
                if to is None:
                    text = _("“%(user)s” is nobody who may take this step.") % {"user": body["to"]}
                    raise Refused([text], {"to": [text]})
            case_delegate(actor=self.actor, case=case, step=step.pk, to=to)

        return self.act(request, pk, DelegationSerializer, work)

    @writes(
        "Attach a document to the open step",
        NewCaseDocumentSerializer,
        {"number": "亚党〔2026〕30号", "day": "2026-11-01"},
        url_path="documents",
        url_name="documents",
    )
    def attach(self, request: Request, pk: str) -> Response:
        """By number and date."""

        def work(case: Case, step: CaseStep, body: dict[str, Any]) -> None:
            document_attach(actor=self.actor, case=case, step=step.pk, **body)

        return self.act(request, pk, NewCaseDocumentSerializer, work)

    @writes(
        "Write down an objection to the notice", NewObjectionSerializer,
        {"received": "2026-11-05", "source": "居民", "text": "年龄不符"}, url_path="objections", url_name="objections",
    )  # fmt: skip
    def object_to(self, request: Request, pk: str) -> Response:
        """The case waits until it is settled."""

        def work(case: Case, step: CaseStep, body: dict[str, Any]) -> None:
            objection_log(actor=self.actor, case=case, step=step.pk, **body)

        return self.act(request, pk, NewObjectionSerializer, work)

    @writes("Settle an objection", SettlementSerializer, {"opinion": 77, "how": "已核实，不影响任职"})
    def settle(self, request: Request, pk: str) -> Response:
        """Of a department, or to a notice."""

        def work(case: Case, step: CaseStep, body: dict[str, Any]) -> None:
            kind: Any = Opinion if "opinion" in body else NoticeObjection
            number = body.get("opinion", body.get("objection"))
            found = kind.objects.filter(pk=number, step__case=case).select_related("step__case").first()
            if found is None:
                raise NotFound(_("There is nothing to settle here."))
            if kind is Opinion:
                opinion_settle(actor=self.actor, opinion=found, how=body["how"])
            else:
                objection_settle(actor=self.actor, objection=found, how=body["how"])

        return self.act(request, pk, SettlementSerializer, work)

    def one(self, pk: str) -> Case:
        return case_for(user=self.request.user, number=int(pk))

    def _data(self, case: Case) -> dict[str, Any]:
        views = steps_of_case(user=self.request.user, case=case)
        shown = case_shown(rows_for_system([case])[0])
        current = next((one for one in views if one.is_open), None)
        missing = current.missing if current is not None else []
        found: dict[str, Any] = CaseDetailSerializer(
            {**shown, "summary": case.summary, "steps": steps_shown(views), "missing": missing}
        ).data
        return found

    @staticmethod
    def _state(data: dict[str, Any]) -> str:
        """What a day changes by itself is no other state: what is missing, and whether the last day has passed."""
        step = data["step"] and {name: value for name, value in data["step"].items() if name != "overdue"}
        return state_of({**data, "missing": None, "step": step})

    def shown(self, request: Request, case: Case, code: int = status.HTTP_200_OK) -> Response:
        data = self._data(case)
        return state_answer(request, data, self._state(data), code)

    def act(
        self,
        request: Request,
        pk: str,
        body: type[KnownFields],
        work: Callable[[Case, CaseStep, dict[str, Any]], object],
        permission: str = "",
    ) -> Response:
        """One act on the open step, under the lock of its case; the answer is the case as it is then.

        permission: who may; without one, whoever takes the open step.
        """
        found, asked = self.asked(request, pk, body, permission)

        def locked() -> Response:
            case = case_lock(found)
            current = self.open_step(case)
            require_state(request, self._state(self._data(self.one(pk))))
            work(case, current, asked)
            return self.shown(request, self.one(pk))

        return once(request, locked)

    def asked(
        self, request: Request, pk: str, body: type[KnownFields], permission: str = ""
    ) -> tuple[Case, dict[str, Any]]:
        """The case and the body, after it is known that the caller may do this to the one."""
        found = self.one(pk)
        step = found.steps.filter(state="OPEN").first()
        if step is None or permission:
            require(self.actor, permission or Permission.TAKE_STREET_STEPS, found.unit)
        else:
            step.case = found
            require_step(self.actor, found, step)
        asked = body(data=request.data)
        asked.is_valid(raise_exception=True)
        return found, dict(asked.validated_data)

    @staticmethod
    def open_step(case: Case) -> CaseStep:
        """Raises Conflict where the case is closed."""
        found = case.steps.filter(state="OPEN").first()
        if found is None:
            raise Conflict(_("The case of %(person)s is closed.") % {"person": case.subject_name})
        found.case = case
        return found
