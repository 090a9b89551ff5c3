"""Forms of a request for a correction, and of its decision."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy

from personnel.forms.inputs import UnitChoices
from personnel.forms.sections import input_of, model_of
from personnel.rules.fields import SECTIONS, Field
from personnel.services.corrections import MOST

_PLAIN = forms.TextInput(attrs={"autocomplete": "off"})


class CorrectionForm(forms.Form):
    """Which value is wrong, what it should be, and on what document. The rules are the service's."""

    what = forms.ChoiceField(label=gettext_lazy("Which value is wrong?"))
    stated = forms.CharField(
        label=gettext_lazy("What should it be?"), max_length=MOST["stated"], required=False, widget=_PLAIN
    )
    document = forms.CharField(
        label=gettext_lazy("On what document?"),
        help_text=gettext_lazy("The identity card, a certificate, a decision: with its number or day."),
        max_length=MOST["document"],
        required=False,
        widget=_PLAIN,
    )

    def __init__(self, data: Any = None, *, choices: list[tuple[str, list[tuple[str, str]]]], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["what"].choices = [("", "—"), *choices]  # type: ignore[attr-defined]

    @property
    def target(self) -> tuple[str, int | None]:
        """The code of the field and the number of the row."""
        code, _dash, row = self.cleaned_data["what"].partition("-")
        return code, int(row) if row else None


class GrantForm(forms.Form):
    """The value as it goes on record, in the field's own input."""

    def __init__(self, data: Any = None, *, one: Field, units: UnitChoices, current: Any, stated: str) -> None:
        super().__init__(data)
        field = input_of(one, model_of(SECTIONS[one.section]), units=units, current=current)
        field.label = gettext_lazy("Goes on record as")
        if isinstance(field, forms.ChoiceField):
            labels = {str(label): code for code, label in cast(Any, field.choices)}
            field.initial = labels.get(stated, stated if stated in labels.values() else "")
        elif not isinstance(field, forms.BooleanField):
            field.initial = stated
        self.fields["value"] = field


class RefuseForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why the record stays as it is"),
        max_length=MOST["reason"],
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
