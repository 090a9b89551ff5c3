"""What people choose and paste to import: parsed and field-checked, nothing decided."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.rules.workbook import MAX_BYTES
from organization.access import units_for
from organization.models import Permission, User
from personnel.models import Category
from personnel.rules.dates import DayRead, read_day


class DayField(forms.CharField):
    """A day in any way a clerk writes it; empty is today."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return timezone.localdate()
        read = read_day(text, latest=timezone.localdate().year + 1)
        if not isinstance(read, DayRead):
            raise forms.ValidationError(_("“%(typed)s” is no day. Write it like 2026-01-31.") % {"typed": text})
        if read.day > timezone.localdate():
            raise forms.ValidationError(_("A file can't say what will be true later. Give today or a day before."))
        return read.day


class ImportForm(forms.Form):
    """A file or pasted cells, for a unit, as of a day."""

    unit = forms.ChoiceField(
        label=_("Unit"),
        help_text=_("Everybody in the file works in this unit or below it."),
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    file = forms.FileField(
        label=_("File"),
        required=False,
        help_text=_(".xlsx, .xls or .csv, up to 10 MB. Your own columns and titles may stay as they are."),
        widget=forms.FileInput(attrs={"class": "form-control", "accept": ".xlsx,.xls,.csv,.txt"}),
    )
    text = forms.CharField(
        label=_("Or paste cells here, with their headings"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 4, "spellcheck": "false"}),
    )
    day = DayField(
        label=_("As of"),
        required=False,
        help_text=_("The day on which the file is true; empty: today."),
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    category = forms.ChoiceField(
        label=_("Category of new people, where the file does not say"),
        required=False,
        choices=[("", "—"), *Category.choices],
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.units = {unit.code: unit for unit in units_for(user, Permission.CHANGE_PEOPLE)[:200]}
        self.fields["unit"].choices = [(unit.code, unit.name) for unit in self.units.values()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        upload = cleaned.get("file")
        if upload is None and not cleaned.get("text", "").strip():
            self.add_error("file", _("Choose a file, or paste cells."))
        if upload is not None and upload.size > MAX_BYTES:
            self.add_error("file", _("The file is larger than 10 MB. Save it without pictures, or in parts."))
        return cleaned
