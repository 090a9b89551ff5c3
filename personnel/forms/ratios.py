"""The form of the definition by which a unit reports a ratio."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from personnel.forms.inputs import DayField
from personnel.models import CrossDefinition


class CrossDefinitionForm(forms.Form):
    definition = forms.ChoiceField(
        label=_("Definition"), choices=CrossDefinition.choices, widget=forms.RadioSelect(), initial=""
    )
    day = DayField(label=_("Holds from"))
    source = forms.CharField(
        label=_("Who says so"),
        max_length=200,
        help_text=_("The paper that defines the ratio; everybody who reads the figure sees it."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "form-control"}),
    )
