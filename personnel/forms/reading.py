"""What somebody says before they are shown what is masked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import Refused
from personnel.models import Purpose
from personnel.services.showing import MOST_WORDS, purpose_given


class PurposeForm(forms.Form):
    """Why, from a short list, with words where the list doesn't say it."""

    purpose = forms.ChoiceField(label=gettext_lazy("What for?"), required=False)
    words = forms.CharField(
        label=gettext_lazy("In words"),
        required=False,
        max_length=MOST_WORDS,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["purpose"].choices = [("", _("— choose —")), *Purpose.choices]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The rule is the service's; here it is only put beside the inputs."""
        given: dict[str, Any] = super().clean() or {}
        try:
            purpose_given(given.get("purpose", ""), given.get("words", ""))
        except Refused as refused:
            for name, texts in refused.fields.items():
                if name not in self.errors:
                    self.add_error(name, [str(text) for text in texts])
        return given
