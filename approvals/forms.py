"""Forms of cases: parsed and field-checked, nothing decided. What is missing is the services' to say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from approvals.models import Answer, CaseState, DayKind
from approvals.rules import VALUES
from organization.forms import LINE, DayField
from organization.models import User
from policy.rules.document import Step

SELECT = {"class": "form-select"}


def _line(label: Any, most: int = 100, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=most, widget=forms.TextInput(attrs=LINE), **more)


def _text(label: Any, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=500, widget=forms.Textarea(attrs=LINE | {"rows": 3}), **more)


def _number(label: Any) -> forms.IntegerField:
    attrs = LINE | {"inputmode": "numeric", "maxlength": 6}
    return forms.IntegerField(label=label, min_value=0, required=False, widget=forms.TextInput(attrs=attrs))


class StepForm(forms.Form):
    """What the open step needs; the values of other steps are left out."""

    group = _line(_("Inspection group"), 200, required=False)
    votes_for = _number(pgettext_lazy("votes", "For"))
    votes_against = _number(pgettext_lazy("votes", "Against"))
    votes_abstained = _number(pgettext_lazy("votes", "Abstained"))
    evaluation = _line(_("Result of the evaluation"), 200, required=False)
    meeting_day = DayField(label=_("Day of the meeting"), required=False)
    decision_number = _line(_("Number of the decision"), required=False)
    order_number = _line(_("Number of the order"), required=False)
    effective_date = DayField(label=_("In force from"), required=False)
    note = _text(_("Note"), required=False)

    def __init__(self, *args: Any, spec: Step, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        wanted = {name for need in spec.needs for name in VALUES.get(need, ())} | {"note"}
        for name in set(self.fields) - wanted:
            del self.fields[name]

    @property
    def given(self) -> dict[str, Any]:
        return {
            "values": {name: value for name, value in self.cleaned_data.items() if name != "note"},
            "note": self.cleaned_data["note"],
        }


class _Plain(forms.Form):
    """A form whose fields are the values that a service takes."""

    @property
    def given(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class DocumentForm(_Plain):
    number = _line(_("Document number"))
    day = DayField(label=_("Date of the document"))
    title = _line(_("Title of the document"), 200, required=False)


class ObjectionForm(_Plain):
    received = DayField(label=_("Received on"))
    source = _line(_("From whom"))
    text = _text(_("What was said"))


class SettleForm(_Plain):
    how = _text(_("How it was settled"))


class ReturnForm(_Plain):
    to = forms.ChoiceField(label=_("Back to"), widget=forms.Select(attrs=SELECT))
    reason = _text(pgettext_lazy("act", "Reason"))

    def __init__(self, *args: Any, steps: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = steps  # type: ignore[attr-defined]


class WithdrawForm(_Plain):
    reason = _text(pgettext_lazy("act", "Reason"))


class DelegateForm(forms.Form):
    """To whom the open step is handed; nobody takes it back."""

    to = forms.ChoiceField(label=_("Hand the step to"), required=False, widget=forms.Select(attrs=SELECT))

    def __init__(self, *args: Any, users: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.users = {str(user.pk): user for user in users}
        names = [(pk, user.display_name) for pk, user in self.users.items()]
        self.fields["to"].choices = [("", _("nobody in particular")), *names]  # type: ignore[attr-defined]

    @property
    def given(self) -> dict[str, Any]:
        return {"to": self.users.get(self.cleaned_data["to"])}


class OpinionForm(_Plain):
    """A department's answer."""

    answer = forms.ChoiceField(label=_("Answer"), choices=Answer.choices, widget=forms.RadioSelect)
    reason = _text(
        pgettext_lazy("act", "Reason"),
        required=False,
        help_text=_("Needed for an objection, and where more is needed."),
    )


class CasesForm(forms.Form):
    """What a list of cases is narrowed by."""

    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("all")), *CaseState.choices],
        widget=forms.Select(attrs=SELECT),
    )
    procedure = forms.ChoiceField(label=_("Procedure"), required=False, widget=forms.Select(attrs=SELECT))
    unit = _line(_("Unit"), 60, required=False)
    overdue = forms.BooleanField(label=_("only those whose day has passed"), required=False)

    def __init__(self, *args: Any, procedures: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["procedure"].choices = [("", _("all")), *procedures]  # type: ignore[attr-defined]


class DayForm(_Plain):
    """A day that is not what its weekday says."""

    day = DayField(label=_("Day"))
    kind = forms.ChoiceField(label=_("Kind of day"), choices=DayKind.choices, widget=forms.Select(attrs=SELECT))
    name = _line(_("What day this is"), 60)
