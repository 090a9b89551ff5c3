"""Forms of recruitment: parsed and field-checked, nothing decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from organization.forms import LINE, DayField
from organization.models import Unit
from personnel.models import (
    Category,
    CertificateLevel,
    Degree,
    EducationLevel,
    PoliticalStatus,
    StudyMode,
)
from recruitment.models import Applicant, Position, ReviewKind


def _text(label: Any, most: int, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=most, widget=forms.TextInput(attrs=LINE), **kwargs)


def _area(label: Any, most: int, rows: int = 3, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=most, widget=forms.Textarea(attrs=LINE | {"rows": rows}), **kwargs)


def _number(label: Any, **kwargs: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, widget=forms.TextInput(attrs=LINE | {"inputmode": "numeric", "maxlength": 6}), **kwargs
    )


def _choice(label: Any, choices: Iterable[tuple[Any, Any]], *, empty: bool = False, **kwargs: Any) -> forms.ChoiceField:
    found = [("", "—"), *choices] if empty else list(choices)
    return forms.ChoiceField(
        label=label, choices=found, required=not empty, widget=forms.Select(attrs={"class": "form-select"}), **kwargs
    )


class PlanStartForm(forms.Form):
    """The unit is one of those on which somebody may begin a plan."""

    unit = _choice(_("Organised by"), ())
    year = _number(_("Year"))
    title = _text(_("Title"), 100)

    def __init__(self, *args: Any, units: Iterable[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.units = {str(unit.pk): unit for unit in units}
        self.fields["unit"].choices = [(key, unit.name) for key, unit in self.units.items()]  # type: ignore[attr-defined]


class LineForm(forms.Form):
    unit = _text(_("Unit (code)"), 12)
    name = _text(_("Post to be filled"), 60)
    number = _number(_("Posts"))
    category = _choice(_("Category"), Category.choices)
    reason = _text(_("Reason"), 200, required=False)


class FixForm(forms.Form):
    """A number for each proposed line."""

    document = _text(_("Document that fixes the plan"), 100)

    def __init__(self, *args: Any, positions: Iterable[Position], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.positions = list(positions)
        for one in self.positions:
            self.fields[f"approved_{one.pk}"] = _number(f"{one.unit.name} · {one.name}", initial=one.proposed)

    @property
    def approved(self) -> dict[int, int]:
        return {one.pk: self.cleaned_data[f"approved_{one.pk}"] for one in self.positions}


class AnnounceForm(forms.Form):
    notice = _area(_("Notice"), 5000, rows=8)
    day = DayField(label=_("Announced on"))
    applications_from = DayField(label=_("Applications from"))
    applications_until = DayField(label=_("Applications until"))


class PublishForm(forms.Form):
    day = DayField(label=_("Names public from"))


class ReasonForm(forms.Form):
    reason = _area(_("Reason"), 200)


class CutForm(ReasonForm):
    number = _number(_("Posts that remain"))


class ApplicantForm(forms.Form):
    """What an application says; the post is one of the plan's."""

    position = _choice(_("Post applied for"), ())
    name = _text(_("Name"), 50)
    identity_number = _text(_("Identity number"), 18)
    phone = _text(_("Mobile phone"), 20, required=False)
    political_status = _choice(_("Political status"), PoliticalStatus.choices, empty=True)
    education = _choice(_("Education"), EducationLevel.choices, empty=True)
    degree = _choice(_("Degree"), Degree.choices, empty=True)
    study_mode = _choice(_("Mode of study"), StudyMode.choices, empty=True)
    school = _text(_("School"), 100, required=False)
    major = _text(_("Major"), 100, required=False)
    graduated = DayField(label=_("Graduated"), required=False)
    certificate = _choice(_("Certificate"), CertificateLevel.choices, empty=True)
    certificate_number = _text(_("Certificate number"), 40, required=False)
    certificate_issued = DayField(label=_("Certificate issued"), required=False)
    work_started = DayField(label=_("Started work"), required=False)
    experience_months = _number(_("Months of community work"), required=False)
    applied = DayField(
        label=_("Came in on"), required=False,
        help_text=_("Left empty, it came in today. It has to be one of the days that the notice has announced."),
    )  # fmt: skip

    def __init__(self, *args: Any, positions: Iterable[Position], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.positions = {str(one.pk): one for one in positions if one.posts}
        self.fields["position"].choices = [(key, str(one)) for key, one in self.positions.items()]  # type: ignore[attr-defined]


class FileForm(forms.Form):
    file = forms.FileField(
        label=_("File of applicants"),
        widget=forms.FileInput(attrs={"class": "form-control", "accept": ".xlsx,.xls,.ods,.csv"}),
    )


class MarksForm(forms.Form):
    part = _choice(_("Part of the examination"), ())
    grid = _area(
        _("Marks"), 200_000, rows=14,
        help_text=_("Paste from a table: the applicant's number, then a mark a column; 缺考 for who was absent."),
    )  # fmt: skip

    def __init__(self, *args: Any, parts: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["part"].choices = list(parts)  # type: ignore[attr-defined]


class EqualsForm(forms.Form):
    numbers = _text(_("Applicants' numbers in their order"), 200)
    reason = _area(_("How it was decided"), 200)

    def clean_numbers(self) -> list[int]:
        words = self.cleaned_data["numbers"].replace("，", " ").replace(",", " ").replace("、", " ").split()
        if not all(word.isdecimal() for word in words):
            raise forms.ValidationError(_("Write numbers with spaces between them, such as 12 7."))
        return [int(word) for word in words]


class DecideForm(forms.Form):
    admit = _choice(_("Decision"), (("yes", _("Admit")), ("no", _("Don't admit"))))
    reason = _area(_("What was checked"), 200)


class ReviewForm(forms.Form):
    kind = _choice(_("Review"), ReviewKind.choices)
    passed = _choice(_("Result"), (("yes", _("Passed")), ("no", _("Not passed"))))
    day = DayField(label=_("Day"))
    document = _text(_("Document"), 100, required=False)
    note = _text(_("Note"), 200, required=False)


class FillInForm(forms.Form):
    instead_of = _choice(_("Instead of"), ())
    reason = _area(_("Reason"), 200)

    def __init__(self, *args: Any, others: Iterable[Applicant], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.others = {str(one.pk): one for one in others}
        self.fields["instead_of"].choices = [(key, f"{one.number} {one.name}") for key, one in self.others.items()]  # type: ignore[attr-defined]


class HireForm(forms.Form):
    start = DayField(label=_("First day of the employment"))
    probation_end = DayField(label=_("First day after probation"), required=False)
    contract_start = DayField(label=_("Contract from"), required=False)
    contract_end = DayField(label=_("Contract until"), required=False)
    still_new = _text(
        _("Why this is nobody on record"), 200, required=False,
        help_text=_("Only where somebody of the same name and date of birth is on record."),
    )  # fmt: skip
