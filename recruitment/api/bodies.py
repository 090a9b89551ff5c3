"""What programs send to recruitments: parsed and field-checked, nothing decided."""

from __future__ import annotations

from rest_framework import serializers

from core.api import BIGGEST, FileField, KnownFields
from personnel.models import Category, CertificateLevel, Degree, EducationLevel, PoliticalStatus, StudyMode
from recruitment.models import ReviewKind


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


class HireSerializer(KnownFields):
    start = serializers.DateField(help_text="first day of the employment")
    probation_end = serializers.DateField(required=False, help_text="first day after probation")
    contract_start = serializers.DateField(required=False)
    contract_end = serializers.DateField(required=False)
    still_new = serializers.CharField(
        max_length=200, required=False, help_text="why this is nobody on record, where somebody alike is"
    )


class NewRecruitmentSerializer(KnownFields):
    unit = serializers.CharField(max_length=12, help_text="code of the unit that holds it")
    year = serializers.IntegerField(min_value=2000, max_value=2999)
    title = serializers.CharField(max_length=100)


class ProposedLineSerializer(KnownFields):
    unit = serializers.CharField(max_length=12, help_text="code of the unit in which posts are vacant")
    name = serializers.CharField(max_length=60, help_text="of the post")
    number = serializers.IntegerField(min_value=1, max_value=9_999, help_text="posts")
    category = serializers.ChoiceField(choices=Category.choices, required=False)
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)


class ApprovedSerializer(KnownFields):
    line = serializers.IntegerField(min_value=1, max_value=BIGGEST, help_text="number of the line")
    number = serializers.IntegerField(min_value=0, max_value=9_999, help_text="posts")


class LineNumberSerializer(KnownFields):
    line = serializers.IntegerField(min_value=1, max_value=BIGGEST, help_text="number of the line")


class CutSerializer(LineNumberSerializer):
    number = serializers.IntegerField(min_value=0, max_value=9_999, help_text="posts that remain; 0 calls the line off")
    reason = serializers.CharField(max_length=200)


class ApplicantsFileSerializer(KnownFields):
    file = FileField(help_text="xlsx, xls, ods or csv, with the headings of the page, in base64")


class EqualsSerializer(LineNumberSerializer):
    numbers = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=999_999),
        min_length=2,
        max_length=100,
        help_text="of the applicants who are equal, all of them, in the order that was decided",
    )
    reason = serializers.CharField(max_length=200, help_text="how it was decided")


class FixSerializer(KnownFields):
    document = serializers.CharField(max_length=100, help_text="what fixes the plan")
    approved = ApprovedSerializer(many=True, allow_empty=False, max_length=2_000)  # type: ignore[call-arg]


class AnnounceSerializer(KnownFields):
    notice = serializers.CharField(max_length=5_000)
    day = serializers.DateField(help_text="of the announcement")
    applications_from = serializers.DateField()
    applications_until = serializers.DateField()


class DaySerializer(KnownFields):
    day = serializers.DateField(help_text="names are public from")


class ReasonSerializer(KnownFields):
    reason = serializers.CharField(max_length=200)


class FillInSerializer(ReasonSerializer):
    instead_of = serializers.IntegerField(
        min_value=1, max_value=BIGGEST, help_text="number (id) of the applicant who drops out"
    )


class DecideSerializer(ReasonSerializer):
    admit = serializers.BooleanField()


class ReviewSerializer(KnownFields):
    kind = serializers.ChoiceField(choices=ReviewKind.choices)
    passed = serializers.BooleanField()
    day = serializers.DateField()
    document = serializers.CharField(max_length=100, required=False, allow_blank=True)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, help_text="why they didn't pass")


class NewApplicantSerializer(KnownFields):
    """What an application says; sex and date of birth are read off the identity number."""

    recruitment = serializers.IntegerField(min_value=1, max_value=BIGGEST, help_text="number of the recruitment")
    line = serializers.IntegerField(min_value=1, max_value=BIGGEST, help_text="number of the line")
    name = serializers.CharField(max_length=50)
    identity_number = serializers.CharField(max_length=18)
    phone = serializers.CharField(max_length=20, required=False)
    political_status = serializers.ChoiceField(choices=PoliticalStatus.choices, required=False)
    education = serializers.ChoiceField(choices=EducationLevel.choices, required=False)
    degree = serializers.ChoiceField(choices=Degree.choices, required=False)
    study_mode = serializers.ChoiceField(choices=StudyMode.choices, required=False)
    school = serializers.CharField(max_length=100, required=False)
    major = serializers.CharField(max_length=100, required=False)
    graduated = serializers.DateField(required=False)
    certificate = serializers.ChoiceField(choices=CertificateLevel.choices, required=False)
    certificate_number = serializers.CharField(max_length=40, required=False)
    certificate_issued = serializers.DateField(required=False)
    work_started = serializers.DateField(required=False)
    experience_months = serializers.IntegerField(
        min_value=0, max_value=999, required=False, help_text="months of community work"
    )
    applied = serializers.DateField(
        required=False, help_text="the day on which it came in, one of those announced; today without it"
    )
