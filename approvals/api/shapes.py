"""What programs send and are sent of cases."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from approvals.models import Answer
from core.api import BIGGEST, KnownFields


def _text(text: str = "", **more: Any) -> serializers.CharField:
    return serializers.CharField(read_only=True, help_text=text, **more)


def _moment(text: str = "", **more: Any) -> serializers.DateTimeField:
    return serializers.DateTimeField(read_only=True, help_text=text, **more)


class OpinionSerializer(serializers.Serializer[Any]):
    """What a department was asked and has answered."""

    id = serializers.IntegerField(read_only=True)
    department = _text("code of the department")
    name = _text("its name in the rules")
    answer = _text("NO_OBJECTION, OBJECTION, MORE_NEEDED; empty: none yet")
    reason = _text()
    given_at = _moment(allow_null=True)
    settled = _text("how an objection was settled")


class CaseDocumentSerializer(serializers.Serializer[Any]):
    number = _text()
    day = serializers.DateField(read_only=True)
    title = _text()


class NoticeObjectionSerializer(serializers.Serializer[Any]):
    """What somebody said against a public notice."""

    id = serializers.IntegerField(read_only=True)
    received = serializers.DateField(read_only=True)
    source: Any = _text("from whom")
    text = _text()
    settled = _text("how it was settled; empty: not yet")


class CaseStepSerializer(serializers.Serializer[Any]):
    """A step as it came up; sent back, it comes up again as another one."""

    id = serializers.IntegerField(read_only=True)
    position = serializers.IntegerField(read_only=True, help_text="its place in the procedure, from 1")
    code = _text()
    name = _text("its name in the rules")
    party = _text("who takes it: STREET_PARTY_COMMITTEE, ORGANISATION_DEPARTMENT, DEPARTMENTS")
    state = _text("OPEN, TAKEN, RETURNED, DROPPED")
    since = _moment()
    due = serializers.DateField(read_only=True, allow_null=True, help_text="its last day")
    holder = _text("user to whom it was handed", allow_null=True)
    taken_by = _text(allow_null=True)
    taken_at = _moment(allow_null=True)
    values = serializers.DictField(child=serializers.CharField(), read_only=True, help_text="what it needed, as given")
    note = _text()
    documents = CaseDocumentSerializer(many=True, read_only=True)
    objections = NoticeObjectionSerializer(many=True, read_only=True)
    opinions = OpinionSerializer(many=True, read_only=True)


class OpenStepSerializer(serializers.Serializer[Any]):
    """In whose hands a case is."""

    code = _text()
    name = _text("its name in the rules")
    party = _text("who takes it")
    since = _moment()
    due = serializers.DateField(read_only=True, allow_null=True, help_text="its last day")
    overdue = serializers.BooleanField(read_only=True)
    holder = _text("user to whom it was handed", allow_null=True)
    answered = serializers.IntegerField(read_only=True, help_text="departments that have answered")
    asked = serializers.IntegerField(read_only=True, help_text="departments that are asked")


class CaseSerializer(serializers.Serializer[Any]):
    """A case as a row of a list."""

    id = serializers.IntegerField(read_only=True)
    procedure = _text("code of the procedure")
    act = _text("APPOINT, REMOVE, EXIT, TRANSFER or SECONDMENT")
    unit = _text("code of the unit")
    unit_name = _text()
    to_unit = _text("of a move: code of the receiving unit", allow_null=True)
    to_unit_name = _text()
    away = _text("of a secondment: its kind")
    due_back = serializers.DateField(read_only=True, allow_null=True, help_text="of a secondment: expected back on")
    post = _text("code of the post; empty for an exit or a move")
    person = _text("name of the person")
    reason = _text()
    planned = serializers.DateField(read_only=True, allow_null=True, help_text="from when the post should change")
    state = _text("OPEN, DONE, WITHDRAWN")
    opened_by = _text("user; null for what the system opened", allow_null=True)
    opened_at = _moment()
    closed_at = _moment(allow_null=True)
    closing = _text("why it was withdrawn")
    step = OpenStepSerializer(read_only=True, allow_null=True, help_text="the open step; null once it is closed")


class CaseDetailSerializer(CaseSerializer):
    """A case with its steps."""

    summary = serializers.DictField(
        child=serializers.CharField(), read_only=True, help_text="what departments are told of the person"
    )
    steps = CaseStepSerializer(many=True, read_only=True)
    missing = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="what the open step still needs, in words"
    )


class QuestionSerializer(serializers.Serializer[Any]):
    """What a department is asked: the summary of the person, and nothing else of the file."""

    id = serializers.IntegerField(read_only=True)
    department = _text("code of the department")
    act = _text("APPOINT, REMOVE, EXIT, TRANSFER or SECONDMENT")
    post = _text("code of the post; empty for an exit or a move")
    unit = _text("code of the unit")
    unit_name = _text()
    person = _text("name of the person")
    summary = serializers.DictField(child=serializers.CharField(), read_only=True)
    open = serializers.BooleanField(read_only=True, help_text="whether the answer is waited for")
    answer = _text("NO_OBJECTION, OBJECTION, MORE_NEEDED; empty: none yet")
    reason = _text()


class StepValuesSerializer(KnownFields):
    """What the open step needs; which of them, the rules say."""

    group = serializers.CharField(max_length=200, required=False)
    votes_for = serializers.IntegerField(min_value=0, max_value=999999, required=False)
    votes_against = serializers.IntegerField(min_value=0, max_value=999999, required=False)
    votes_abstained = serializers.IntegerField(min_value=0, max_value=999999, required=False)
    evaluation = serializers.CharField(max_length=200, required=False)
    meeting_day = serializers.DateField(required=False)
    decision_number = serializers.CharField(max_length=100, required=False)
    order_number = serializers.CharField(max_length=100, required=False)
    effective_date = serializers.DateField(required=False)


class StepSerializer(KnownFields):
    values = StepValuesSerializer(required=False)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class CaseReturnSerializer(KnownFields):
    to = serializers.CharField(max_length=60, help_text="code of the step that is taken again")
    reason = serializers.CharField(max_length=500)


class CaseWithdrawalSerializer(KnownFields):
    reason = serializers.CharField(max_length=500)


class DelegationSerializer(KnownFields):
    to = serializers.CharField(max_length=150, allow_null=True, help_text="user; null takes it back")


class NewCaseDocumentSerializer(KnownFields):
    number = serializers.CharField(max_length=100)
    day = serializers.DateField()
    title = serializers.CharField(max_length=200, required=False, allow_blank=True)


class NewObjectionSerializer(KnownFields):
    received = serializers.DateField()
    source: Any = serializers.CharField(max_length=100, help_text="from whom")
    text = serializers.CharField(max_length=500)


class SettlementSerializer(KnownFields):
    """Either an opinion of a department or an objection to a notice."""

    opinion = serializers.IntegerField(min_value=1, max_value=BIGGEST, required=False)
    objection = serializers.IntegerField(min_value=1, max_value=BIGGEST, required=False)
    how = serializers.CharField(max_length=500)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("opinion" in attrs) == ("objection" in attrs):
            raise serializers.ValidationError(_("Name an opinion or an objection, one of them."))
        return attrs


class AnswerSerializer(KnownFields):
    answer = serializers.ChoiceField(choices=Answer.choices)
    reason = serializers.CharField(
        max_length=500, required=False, allow_blank=True, help_text="needed with anything but NO_OBJECTION"
    )
