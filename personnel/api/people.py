"""People for programs: who is in the units of one's grants on a day, one person's values, and writing them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
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
from core.errors import Refused
from organization.access import get_unit_for
from organization.api.actors import actor_of
from organization.models import Permission
from organization.services import hold_tree
from personnel.api.foresight import foreseen_answer, foresees
from personnel.api.leaving import DispatchActions
from personnel.api.values import (
    DAY,
    MASKED,
    SINGLE,
    PersonSerializer,
    disclosed,
    example_of,
    today_or,
    unit_of_list,
    values_serializer,
)
from personnel.filters import PeopleFilter
from personnel.models import Employment, Listing, Looked, Person, Purpose, Tenure, codes
from personnel.rules.disclosure import Sights
from personnel.rules.fields import fields_of
from personnel.rules.listing import SORTS, STATES, WORKING
from personnel.selectors.columns import Facts, facts_for_system
from personnel.selectors.listing import people_rows
from personnel.selectors.people import person_for
from personnel.selectors.programs import person_on
from personnel.selectors.sights import sights_by_place, sights_of
from personnel.services import person_change, person_correct
from personnel.services.entry import person_enter
from personnel.services.showing import person_seen, person_unmask
from personnel.services.steps import lock_person, require_person

_COLUMNS = (
    "name", "sex", "birth_date", "political_status", "employment.unit", "employment.category", "employment.start",
    "tenure.title",
)  # fmt: skip
_VALUES = {one.code for one in SINGLE}
_SHOWN = {"titles": "tenure.title", "entered": "employment.start"} | {
    code.rpartition(".")[2]: code for code in _COLUMNS if code not in ("tenure.title", "employment.start")
}  # what a row calls a field
_PARTS = {"identity": "person", "contact": "person", "tenure": "post"}  # what the body calls a section
_EMPLOYMENT = [
    one
    for one in fields_of("employment")
    if one.attribute not in ("end", "end_reason", "exit_code", "destination", "destination_kind")
]
_POST = [one for one in fields_of("post") if one.attribute != "end"]


class PersonRowSerializer(serializers.Serializer[Listing]):
    """One row of the list: the person, and the employment (or the post held without one) that began last."""

    id = serializers.IntegerField(source="person_id", read_only=True)
    name = serializers.CharField(read_only=True)
    sex = serializers.ChoiceField(choices=codes.Sex.choices, allow_null=True, read_only=True)
    birth_date = serializers.DateField(allow_null=True, read_only=True)
    political_status = serializers.ChoiceField(choices=codes.PoliticalStatus.choices, allow_null=True, read_only=True)
    unit = serializers.CharField(read_only=True, help_text="code of the unit")
    unit_name = serializers.CharField(read_only=True)
    category = serializers.ChoiceField(
        choices=codes.Category.choices, allow_null=True, read_only=True, help_text="null: a post without an employment"
    )
    entered = serializers.DateField(read_only=True)
    titles = serializers.ListField(
        child=serializers.ChoiceField(choices=codes.PostTitle.choices),
        read_only=True,
        help_text="posts held on the day",
    )

    def to_representation(self, row: Listing) -> dict[str, Any]:
        facts: Facts = self.context["facts"]
        person, held = facts.people[row.person_id], facts.tenures.get(row.person_id, [])
        job = facts.employments.get(row.employment_id or 0)
        unit = job.unit if job else next(one.post.unit for one in held if one.pk == row.tenure_id)
        day = self.context["day"]
        shown = {
            "id": person.pk,
            "name": person.name,
            "sex": person.sex,
            "birth_date": person.birth_date,
            "political_status": person.political_status,
            "unit": unit.code,
            "unit_name": unit.name,
            "category": job.category if job else None,
            "entered": row.start,
            "titles": sorted({one.title for one in held if one.start <= day and (one.end is None or one.end > day)}),
        }
        seen: Sights = self.context["seen"](row.unit_path)
        if person.pk in facts.restricted:
            seen = seen.restricted(listed=True)
        withheld = {name for name, code in _SHOWN.items() if not seen[code].shown(False)}
        return {name: None if name in withheld else value for name, value in shown.items()}


PersonValuesSerializer = values_serializer("PersonValuesSerializer", "Single values by code.", SINGLE, Person)
NewPersonValuesSerializer = values_serializer(
    "NewPersonValuesSerializer",
    "Single values by code. Sex and birth date come from the identity number where they are not given.",
    SINGLE,
    Person,
    required=("name",),
)
FirstEmploymentSerializer = values_serializer(
    "FirstEmploymentSerializer",
    "The employment with which a person is entered; units by code.",
    _EMPLOYMENT,
    Employment,
    required=("unit", "category", "start"),
)
FirstPostSerializer = values_serializer(
    "FirstPostSerializer",
    "The post with which a person is entered; unit and day are those of the employment unless given.",
    _POST,
    Tenure,
    required=("title",),
)


class NewPersonSerializer(KnownFields):
    """A person is entered with an employment, a post, or both: a file belongs to a unit."""

    person = NewPersonValuesSerializer()
    employment = FirstEmploymentSerializer(required=False)
    post = FirstPostSerializer(required=False)
    still_new = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=200,
        help_text="why this is another person, where somebody of the same name and birth date is on record",
    )


class PersonChangeSerializer(KnownFields):
    """Values that are different from a day on."""

    day = serializers.DateField(help_text="the first day on which the new values hold")
    values = PersonValuesSerializer()
    document = serializers.CharField(required=False, allow_blank=True, max_length=100, help_text="what it rests on")


class PersonCorrectionSerializer(KnownFields):
    """Values that were wrong in the record."""

    reason = serializers.CharField(max_length=200, help_text="why the record was wrong")
    values = PersonValuesSerializer()
    document = serializers.CharField(required=False, allow_blank=True, max_length=100, help_text="what it rests on")


class DayFilter(DjangoFilterBackend):  # type: ignore[misc]
    """Filters that depend on the day of the list."""

    def get_filterset_kwargs(self, request: Request, queryset: QuerySet[Any], view: Any) -> dict[str, Any]:
        asked = {"day": view.day, "sort": request.query_params.get("sort", "")}
        return {**super().get_filterset_kwargs(request, queryset, view), **asked}


_STATE_OF_WORK = OpenApiParameter(
    "state", str, enum=STATES, default=WORKING, description="who is meant: working on the day, left, coming, or all"
)
_SORTS = [*SORTS, *(f"-{name}" for name in SORTS)]
_SORT = OpenApiParameter("sort", str, enum=_SORTS, default="name", description="the order; - before it turns it")
_UNIT = OpenApiParameter("unit", str, description="code of a unit: those in it and below")
_TYPED = [
    OpenApiParameter("q", str, description="a name, its pinyin or initials, or a whole identity or phone number"),
    OpenApiParameter("age_from", int, description="completed years on the day, at least"),
    OpenApiParameter("age_to", int, description="completed years on the day, at most"),
]
_UNMASKED = OpenApiParameter(
    "unmasked",
    bool,
    description="true: also what is sensitive, for those who may change the record; it is written down with the purpose",
)
_PURPOSE = [
    OpenApiParameter("purpose", str, enum=Purpose.values, description="what for; needed with `unmasked`"),
    OpenApiParameter("words", str, description="the purpose in words; needed with OTHER"),
]

_ROW = {
    "id": 1207, "name": "张三", "sex": "MALE", "birth_date": "1990-01-01", "political_status": "MASSES",
    "unit": "340181002008", "unit_name": "南苑社区", "category": "COMMUNITY_WORKER", "entered": "2021-07-01",
    "titles": ["STAFF"],
}  # fmt: skip
_ONE = example_of(
    PersonSerializer,
    id=1207,
    masked=list(MASKED),
    name="张三",
    sex="MALE",
    document_type="RESIDENT_ID",
    identity_number="1101**********002X",
    birth_date="1949-12-31",
    ethnic_group="01",
    political_status="MASSES",
    marital_status="20",
    work_started="2012-07-01",
    certificate_exams_failed=0,
    household="URBAN",
    phone="138****5678",
)
_NEW = {
    "person": {"name": "张三", "identity_number": "11010519491231002X", "phone": "13812345678"},
    "employment": {"unit": "340181002008", "category": "COMMUNITY_WORKER", "start": "2021-07-01"},
    "post": {"title": "STAFF"},
}


def _in_body(name: str) -> str:
    """The name of a value of a new person as it stands in the body; the service speaks of sections."""
    section, dot, value = name.partition(".")
    if not dot:
        return f"person.{name}" if name in _VALUES else name
    return "still_new" if value == "still_new" else f"{_PARTS.get(section, section)}.{value}".rstrip(".")


@extend_schema_view(
    list=extend_schema(
        summary="People of a day",
        parameters=[DAY, _UNIT, _STATE_OF_WORK, _SORT, *_TYPED],
        examples=[OpenApiExample("a row", _ROW, response_only=True)],
    ),
)
class PersonViewSet(DispatchActions, KnownParameters, viewsets.GenericViewSet[Any]):
    """The people in the units of the caller's grants. Writing needs the permission to change them."""

    serializer_class = PersonRowSerializer
    lookup_value_regex = r"\d{1,18}"
    action_parameters = {"list": ("day", "unit", "state", "sort"), "retrieve": ("day", "unmasked", "purpose", "words")}
    pagination_class = CursorPages
    filter_backends = (DayFilter,)
    filterset_class = PeopleFilter
    queryset = Listing.objects.none()

    def get_queryset(self) -> QuerySet[Listing]:
        asked = self.request.query_params
        state = asked.get("state", WORKING)
        if state not in STATES:
            raise ValidationError({"state": [", ".join(STATES)]})
        code = asked.get("unit", "")
        unit = unit_of_list(self.request, code) if code else None
        return people_rows(user=self.request.user, day=self.day, state=state, unit=unit)

    def cursor_order(self, request: Request) -> tuple[str, tuple[str, ...], bool]:
        sort = request.query_params.get("sort", "name")
        if sort not in _SORTS:
            raise ValidationError({"sort": [", ".join(_SORTS)]})
        return sort, SORTS[sort.lstrip("-")], sort.startswith("-")

    def list(self, request: Request) -> Response:
        self.day = today_or(request)
        rows: list[Listing] = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        facts = facts_for_system(rows, _COLUMNS, self.day)
        shown = PersonRowSerializer(
            rows, many=True, context={"facts": facts, "day": self.day, "seen": sights_by_place(user=request.user)}
        )
        return self.get_paginated_response(shown.data)

    @extend_schema(
        summary="One person, as on a day",
        parameters=[DAY, _UNMASKED, *_PURPOSE, IF_NONE_MATCH, STATE],
        filters=False,
        responses={200: PersonSerializer, 304: None},
        examples=[OpenApiExample("a person", _ONE, response_only=True)],
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        person = person_on(user=request.user, person_id=int(pk), day=today_or(request))
        unmasked = request.query_params.get("unmasked", "false")
        if unmasked not in ("true", "false"):
            raise ValidationError({"unmasked": ["true, false"]})
        if unmasked == "true":
            purpose, words = (request.query_params.get(name, "") for name in ("purpose", "words"))
            person_unmask(actor=request.user, person=person, purpose=purpose, words=words, what=Looked.PROGRAM)
        else:
            person_seen(actor=request.user, person=person, what=Looked.PROGRAM)
        return self._shown(request, person, unmasked=unmasked == "true")

    @extend_schema(
        summary="Enter a person with an employment or a post",
        request=NewPersonSerializer,
        parameters=[IDEMPOTENCY_KEY, STATE],
        responses={201: PersonSerializer},
        examples=[OpenApiExample("a new person", _NEW, request_only=True)],
    )
    def create(self, request: Request) -> Response:
        body = self._new(request)

        def write() -> Response:
            try:
                person = self._enter(body)
            except Refused as refused:
                raise Refused(refused.errors, {_in_body(n): t for n, t in refused.fields.items()}) from refused
            answer = self._shown(request, person_for(user=request.user, person_id=person.pk), created=True)
            answer["Location"] = f"{request.path}{person.pk}/"
            return answer

        return once(request, write)

    @foresees("entering a person with an employment or a post", NewPersonSerializer, _NEW, detail=False)
    def foresee(self, request: Request) -> Response:
        """Of a newcomer."""
        body = self._new(request)
        parts = [body.get("employment", {}), body.get("post", {})]
        return foreseen_answer(
            request, person=None, units=[part.get("unit") for part in parts],
            day=next((part["start"] for part in parts if part.get("start")), None), decide=lambda: self._enter(body),
        )  # fmt: skip

    def _enter(self, body: dict[str, Any]) -> Person:
        return person_enter(
            actor=actor_of(self.request),
            identity=body["person"],
            employment=body.get("employment"),
            post=body.get("post"),
            still_new=body.get("still_new", ""),
        )

    def _new(self, request: Request) -> dict[str, Any]:
        """What is sent of a newcomer, after it is known that the caller may change people in the units that it names."""
        asked = NewPersonSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        body: dict[str, Any] = asked.validated_data
        for part in ("employment", "post"):
            if body.get(part, {}).get("unit"):
                body[part]["unit"] = get_unit_for(request.user, Permission.CHANGE_PEOPLE, body[part]["unit"])
        values = body["person"]
        if not values.get("identity_number") and not (values.get("birth_date") and values.get("sex")):
            raise ValidationError(
                {"person": {"identity_number": [_("Give the identity number, or the birth date and the sex.")]}}
            )
        return body

    @extend_schema(
        summary="Values of a person change from a day on",
        request=PersonChangeSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY, STATE],
        responses={200: PersonSerializer},
        filters=False,
        examples=[
            OpenApiExample(
                "a marriage", {"day": "2026-05-01", "values": {"marital_status": "20"}, "document": "J340181-2026-000123"},
                request_only=True,
            )
        ],
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def change(self, request: Request, pk: str) -> Response:
        """What was so before stays on record with the day until which it was."""
        person, body = self._asked(request, pk, PersonChangeSerializer)
        return self._written(
            request,
            person,
            lambda locked: person_change(
                actor=request.user,
                person=locked,
                day=body["day"],
                values=body["values"],
                document=body.get("document", ""),
            ),
        )

    @extend_schema(
        summary="Values of a person were wrong",
        request=PersonCorrectionSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY, STATE],
        responses={200: PersonSerializer},
        filters=False,
        examples=[
            OpenApiExample(
                "a misread character", {"reason": "misread from the paper form", "values": {"name": "张珊"}},
                request_only=True,
            )
        ],
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def correct(self, request: Request, pk: str) -> Response:
        """The old row stays in the history, with the reason."""
        person, body = self._asked(request, pk, PersonCorrectionSerializer)
        return self._written(
            request,
            person,
            lambda locked: person_correct(
                actor=request.user,
                person=locked,
                values=body["values"],
                reason=body["reason"],
                document=body.get("document", ""),
            ),
        )

    def _asked(self, request: Request, pk: str, body: type[KnownFields]) -> tuple[Person, dict[str, Any]]:
        """The person and the body, after it is known that the caller may see the one and change it."""
        person = person_for(user=request.user, person_id=int(pk))
        require_person(request.user, person)
        asked = body(data=request.data)
        asked.is_valid(raise_exception=True)
        return person, asked.validated_data

    def _written(self, request: Request, person: Person, write: Any) -> Response:
        def locked() -> Response:
            hold_tree()
            found = lock_person(person)
            require_state(request, state_of(PersonSerializer(found).data))
            try:
                write(found)
            except Refused as refused:
                fields = {f"values.{n}" if n in _VALUES else n: t for n, t in refused.fields.items()}
                raise Refused(refused.errors, fields) from refused
            return self._shown(request, person_for(user=request.user, person_id=person.pk))

        return once(request, locked)

    def _shown(self, request: Request, person: Person, *, unmasked: bool = False, created: bool = False) -> Response:
        whole = PersonSerializer(person).data
        shown = disclosed(whole, sights_of(user=request.user, person=person), revealed=unmasked)
        code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return state_answer(request, shown, state_of(whole), code)
