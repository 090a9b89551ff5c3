"""Forms of handing over: one more thing, and who has taken a thing over. The rules are the services'."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from organization.forms import LINE
from personnel.forms.inputs import DayField
from personnel.models import HandoverKind


class HandoverAddForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=[("", "—"), *HandoverKind.choices], required=False)
    what = forms.CharField(label=_("What exactly"), max_length=200, required=False, widget=forms.TextInput(attrs=LINE))


class HandoverSignForm(forms.Form):
    receiver = forms.CharField(
        label=_("Taken over by"), max_length=60, required=False, widget=forms.TextInput(attrs=LINE)
    )
    day = DayField(label=_("Signed on"), required=False)
    left_open = forms.CharField(
        label=_("Or: why it stays open"), max_length=300, required=False, widget=forms.TextInput(attrs=LINE)
    )
