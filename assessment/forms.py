"""What people type to start, decide, confirm and close: parsed and field-checked, nothing decided."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assessment.models import Consequence, TieDecision
from assessment.rules.periods import parse
from organization.models import Permission, User
from organization.selectors import units_list
from personnel.models import Person


def _control(widget: forms.Widget) -> forms.Widget:
    name = "form-select" if isinstance(widget, forms.Select) else "form-control"
    widget.attrs.setdefault("class", name)
    return widget


class EvaluationForm(forms.Form):
    unit = forms.ChoiceField(
        label=_("Unit"),
        help_text=_("Everybody in this unit and below it is evaluated."),
        widget=_control(forms.Select()),
    )
    period = forms.CharField(
        label=_("Period"),
        help_text=_("A year (2025); or a quarter (2025-Q3), a half-year (2025-H1), a month (2025-03)."),
        widget=_control(forms.TextInput()),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = units_list(user=user, permission=Permission.RUN_EVALUATION).filter(
            kind__in=("PROVINCE", "CITY", "COUNTY", "STREET", "COMMUNITY")
        )[:500]
        choices = [(unit.code, f"{unit.name}（{unit.code}）") for unit in units]
        self.fields["unit"].choices = choices  # type: ignore[attr-defined]

    def clean_period(self) -> str:
        try:
            return parse(str(self.cleaned_data["period"])).code
        except ValueError as error:
            raise forms.ValidationError(
                _("Write a year (2025), half-year (2025-H1), quarter (2025-Q3) or month (2025-03).")
            ) from error


class TieForm(forms.Form):
    chosen = forms.MultipleChoiceField(
        label=_("Who is above the line"), required=False, widget=forms.CheckboxSelectMultiple()
    )
    reason = forms.CharField(
        label=_("On what the choice rests"), widget=_control(forms.Textarea(attrs={"rows": 2})), max_length=500
    )

    def __init__(self, *args: Any, tie: TieDecision, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = dict(Person.objects.filter(pk__in=tie.candidates).values_list("pk", "name"))
        self.fields["chosen"].choices = [(str(pk), names.get(pk, str(pk))) for pk in tie.candidates]  # type: ignore[attr-defined]

    def clean_chosen(self) -> list[int]:
        return [int(pk) for pk in self.cleaned_data["chosen"]]


class NoteForm(forms.Form):
    note = forms.CharField(label=_("Reason"), widget=_control(forms.TextInput()), max_length=500)


class CloseForm(forms.Form):
    waive_appeals = forms.CharField(
        label=_("Why the days for appeals need not be waited for"),
        required=False,
        max_length=500,
        widget=_control(forms.TextInput()),
    )


class ConsequenceForm(NoteForm):
    state = forms.ChoiceField(
        label=_("State"),
        choices=[(s.value, s.label) for s in (Consequence.State.DONE, Consequence.State.DROPPED)],
        widget=_control(forms.Select()),
    )
