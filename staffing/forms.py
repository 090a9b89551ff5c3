"""Forms about approved seats: parsed and field-checked, nothing decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from organization.forms import LINE, DayField
from organization.models import Unit
from staffing.models import IssuerLevel


def _number(label: Any, **kwargs: Any) -> forms.IntegerField:
    kwargs = {"widget": forms.TextInput(attrs=LINE | {"inputmode": "numeric", "maxlength": 9})} | kwargs
    return forms.IntegerField(label=label, **kwargs)


class SharesForm(forms.Form):
    """A number for each unit directly below, and what stays with the unit itself; an empty one is 0."""

    def __init__(
        self, *args: Any, below: Iterable[Unit], seats: Mapping[int, int] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.below = list(below)
        for unit in self.below:
            self.fields[f"share_{unit.pk}"] = _number(unit.name, required=False, initial=(seats or {}).get(unit.pk))
        if self.below:
            self.fields["kept"] = _number(
                _("Kept, not shared out"), required=False, help_text=_("All shares and this add up to the whole.")
            )

    def share_fields(self) -> list[Any]:
        """The bound fields of the shares, for a page that sets them apart."""
        return [self[name] for name in self.fields if name.startswith("share_") or name == "kept"]

    def own_fields(self) -> list[Any]:
        return [self[name] for name in self.fields if not name.startswith("share_") and name != "kept"]

    @property
    def shares(self) -> dict[int, int]:
        """Seats by the number of the unit's row."""
        return {unit.pk: self.cleaned_data.get(f"share_{unit.pk}") or 0 for unit in self.below}

    @property
    def shared(self) -> bool:
        """Whether any share was typed at all."""
        return any(self.cleaned_data.get(f"share_{unit.pk}") is not None for unit in self.below)

    @property
    def kept(self) -> int:
        return self.cleaned_data.get("kept") or 0


class PlanForm(forms.Form):
    """What a document says of a unit's seats."""

    number = _number(_("Approved headcount"))
    document = forms.CharField(label=_("Document"), max_length=100, widget=forms.TextInput(attrs=LINE))
    issuer = forms.CharField(label=_("Issued by"), max_length=100, widget=forms.TextInput(attrs=LINE))
    level = forms.ChoiceField(
        label=_("Level of the issuer"),
        choices=IssuerLevel.choices,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    start = DayField(label=_("In force from"))


class PlanNewForm(SharesForm, PlanForm):
    """A plan and, if wanted, how it is shared out."""

    end = DayField(
        label=_("First day out of force"),
        required=False,
        help_text=_("Left empty, it holds until a new plan follows."),
    )


class PlanCloseForm(forms.Form):
    end = DayField(
        label=_("First day out of force"),
        help_text=_("Its own first day, if it was entered by mistake and never held."),
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Why more people than seats"),
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs=LINE | {"rows": 3}),
    )


class FreezeForm(forms.Form):
    """Seats that nobody may fill for a time."""

    number = _number(
        _("Seats that are frozen"), help_text=_("Whoever fills one of them stays; nobody follows when they leave.")
    )
    document = forms.CharField(label=_("Document"), max_length=100, widget=forms.TextInput(attrs=LINE))
    start = DayField(label=_("Frozen from"))
    end = DayField(
        label=_("First day on which they may be filled again"),
        required=False,
        help_text=_("Left empty, they stay frozen until the freeze is lifted."),
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=200, required=False, widget=forms.Textarea(attrs=LINE | {"rows": 3})
    )


class FreezeEndForm(forms.Form):
    end = DayField(
        label=_("First day on which they may be filled again"),
        help_text=_("The first day of the freeze, if it was entered by mistake and never held."),
    )
