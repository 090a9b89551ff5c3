"""The form that restricts a file, and the one that lifts it. The rules are the service's."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from personnel.forms.inputs import DayField
from personnel.services.restrictions import MOST_DOCUMENT, MOST_REASON


class LiftForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why?"), required=False, max_length=MOST_REASON, widget=forms.Textarea(attrs={"rows": 2})
    )
    document = forms.CharField(
        label=gettext_lazy("On what document?"),
        required=False,
        max_length=MOST_DOCUMENT,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class RestrictForm(LiftForm):
    start = DayField(label=gettext_lazy("From which day?"), required=False)
