"""What programs are shown of recruitments, each with an example."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from rest_framework import serializers

from recruitment.models import ApplicationState, PlanState


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
    instead_of = _number("number of the applicant for whom they came up", source="instead_of_id", allow_null=True)
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


def _rate(text: str = "", **more: Any) -> serializers.DecimalField:
    return serializers.DecimalField(8, 1, read_only=True, allow_null=True, help_text=text, **more)


class IntakeGroupSerializer(serializers.Serializer[Any]):
    """People as of the day of the batch's first hire."""

    people = _number()
    mean_age = _rate("years; of those whose date of birth is on record")
    aged = _number("people whose date of birth is on record")
    college = _number("people with junior college or above")
    college_share = _rate("per cent")
    certified = _number("people with a certificate of social work")
    certified_share = _rate("per cent")


class IntakeSerializer(serializers.Serializer[Any]):
    """A batch beside those who served; changes are those hired less those who served."""

    recruitment = _number("number of the recruitment", source="plan.pk")
    title = _text(source="plan.title")
    day = serializers.DateField(read_only=True, source="compared.day", help_text="of the first hire")
    hired = IntakeGroupSerializer(source="compared.hired")
    serving = IntakeGroupSerializer(source="compared.serving")
    age_change = _rate("years", source="compared.age_change")
    college_change = _rate("percentage points", source="compared.college_change")
    certified_change = _rate("percentage points", source="compared.certified_change")


PLAN = {
    "id": 4, "unit": "340181000000", "unit_name": "巢湖市", "year": 2026, "batch": 1, "title": "2026年公开招聘",
    "state": "RANKED", "document": "巢组通〔2026〕5号", "notice_day": "2026-03-02", "applications_from": "2026-03-02",
    "applications_until": "2026-03-20", "published_on": None, "published_until": None,
}  # fmt: skip
LINE = {
    "id": 9, "unit": "340181002001", "unit_name": "东风社区", "name": "社区工作者", "category": "COMMUNITY_WORKER",
    "proposed": 2, "approved": 2, "applied": 11, "admitted": 8, "hired": 0,
}  # fmt: skip
# A file of one applicant.
FILE = b64encode("岗位代码,姓名,身份证号\n1,张三,110105194912310021\n".encode()).decode()
DETAIL = {**PLAN, "lines": [LINE], "ranking": 1}
NEW = PLAN | {
    "state": "PROPOSED", "document": "", "notice_day": None, "applications_from": None, "applications_until": None, "lines": [],
    "ranking": None,
}  # fmt: skip
APPLICANT = {
    "id": 31, "recruitment": 4, "line": 9, "unit": "340181002001", "number": 7, "name": "张三", "sex": "FEMALE",
    "identity_number": "3401**********1234", "education": "BACHELOR", "study_mode": "FULL_TIME", "certificate": None,
    "state": "ADMITTED", "failed": [], "open": [], "reason": "", "instead_of": None,
    "employment": None,
}  # fmt: skip
INTAKE = {
    "recruitment": 4, "title": "2026年公开招聘", "day": "2026-06-01",
    "hired": {"people": 3, "mean_age": "29.3", "aged": 3, "college": 3, "college_share": "100.0", "certified": 1,
              "certified_share": "33.3"},
    "serving": {"people": 40, "mean_age": "38.5", "aged": 40, "college": 34, "college_share": "85.0", "certified": 10,
                "certified_share": "25.0"},
    "age_change": "-9.2", "college_change": "15.0", "certified_change": "8.3",
}  # fmt: skip
RANKING = {
    "number": 1, "made_at": "2026-04-20T10:00:00+08:00",
    "rows": [
        {"applicant": 31, "number": 7, "name": "张三", "line": 9, "standing": "RANKED", "total": 823500, "place": 1,
         "side": "IN", "by": ""}
    ],
}  # fmt: skip
