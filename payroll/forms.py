"""What people type to start runs and to enter amounts: parsed and field-checked, nothing decided."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.money import parse_yuan
from core.periods import Month
from organization.access import units_for
from organization.models import Permission, User
from organization.selectors import units_list
from payroll.models import PromotionKind


def unit_choices(user: User, permission: str) -> list[tuple[str, str]]:
    """The user's own roots and what lies below, down to streets: what a run is started for."""
    roots = list(units_for(user, permission))
    below = units_list(user=user, permission=permission).filter(
        kind__in=("PROVINCE", "CITY", "COUNTY", "STREET", "COMMUNITY")
    )[:500]
    seen: dict[str, str] = {}
    for unit in [*roots, *below]:
        seen.setdefault(unit.code, f"{unit.name}（{unit.code}）")
    return list(seen.items())


class MonthField(forms.CharField):
    """A month as YYYY-MM (what `<input type="month">` sends)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            widget=forms.TextInput(attrs={"type": "month", "pattern": r"\d{4}-\d{2}", "placeholder": "2026-01"}),
            **kwargs,
        )

    def to_python(self, value: Any) -> Month | None:  # type: ignore[override]
        if value in self.empty_values:
            return None
        try:
            return Month.parse(str(value).strip())
        except ValueError as error:
            raise forms.ValidationError(_("Enter a month as year-month, for example 2026-01.")) from error


class PayRunForm(forms.Form):
    unit = forms.ChoiceField(label=_("Unit"), help_text=_("The run pays everybody in this unit and below it."))
    month = MonthField(label=_("Month"))
    dry_run = forms.BooleanField(
        label=_("Trial run"), required=False, help_text=_("Shows the differences and writes no slips.")
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = unit_choices(user, Permission.RUN_PAY)  # type: ignore[attr-defined]


class PromotionForm(forms.Form):
    unit = forms.ChoiceField(label=_("Unit"))
    day = forms.DateField(
        label=_("Day"),
        help_text=_("Reviews usually take effect on 1 January."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=PromotionKind.choices, initial=PromotionKind.REVIEW)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = unit_choices(user, Permission.RUN_PROMOTION)  # type: ignore[attr-defined]


class PromotionAloneForm(forms.Form):
    """A run about one person, where they are employed."""

    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=PromotionKind.choices,
        initial=PromotionKind.REVIEW,
        help_text=_(
            "A review follows a post that has changed; a conversion begins anew by the rules of a first value."
        ),
    )


class ConversionStepForm(forms.Form):
    document = forms.CharField(label=_("Document number"), max_length=100)


class LeaveOutForm(forms.Form):
    """Whom a conversion leaves out, and why; without a reason they are taken in again."""

    person = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label=_("left out because"), max_length=300, required=False)


class ReverseForm(forms.Form):
    reason = forms.CharField(label=_("why it is taken back"), max_length=300)


class DifferenceForm(forms.Form):
    """The filter of the page of differences; read from the address, so that a view of it can be sent on."""

    cause = forms.CharField(required=False)
    street = forms.CharField(required=False)
    order = forms.ChoiceField(
        required=False,
        choices=[("change", _("Largest change first")), ("unit", _("By unit")), ("name", _("By name"))],
    )


class ManualItemForm(forms.Form):
    line = forms.ChoiceField(label=_("Line"))
    month = MonthField(label=_("From month"))
    until = MonthField(label=_("Until (first month without it)"), required=False)
    amount = forms.CharField(label=_("Amount in yuan"))
    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, lines: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["line"].choices = lines  # type: ignore[attr-defined]

    def clean_amount(self) -> int:
        try:
            return int(parse_yuan(str(self.cleaned_data["amount"])))
        except ValueError as error:
            raise forms.ValidationError(_("Enter an amount in yuan with at most two decimals.")) from error
