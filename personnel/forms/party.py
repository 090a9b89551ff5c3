"""Forms of party organisations: opening one in a unit, and the acts on one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from organization.models import Unit
from personnel.forms.archive import ArchiveForm
from personnel.forms.inputs import DayField
from personnel.models import HouseholdKind, PartyForm, PartyKind
from personnel.rules.party import LEVELS, UNIT_KINDS


def kinds_in(unit_kind: str) -> list[tuple[str, str]]:
    """The kinds of organisation that a kind of unit may have."""
    return [(kind.value, str(kind.label)) for kind in PartyKind if unit_kind in UNIT_KINDS[LEVELS[kind.value]]]


class PartyActForm(ArchiveForm):
    """An act on a party organisation: its day and the document it rests on come last."""

    day = DayField(label=_("First day of the change"))
    document = forms.CharField(label=_("Document"), required=False, max_length=100)

    def __init__(
        self, *args: Any, parents: Iterable[PartyForm] = (), units: Iterable[Unit] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields([name for name in self.fields if name not in ("day", "document")] + ["day", "document"])
        if "parent" in self.fields:
            choices = [("", "—"), *((str(one.organization_id), one.name) for one in parents)]
            self.fields["parent"].choices = choices  # type: ignore[attr-defined]
        if "units" in self.fields:
            self.fields["units"].choices = [(unit.code, unit.name) for unit in units]  # type: ignore[attr-defined]


class OpenPartyForm(PartyActForm):
    act, done = "open", _("The party organisation is open.")
    kind = forms.ChoiceField(label=_("Kind"))
    name = forms.CharField(label=_("Name"), max_length=100)
    parent = forms.ChoiceField(label=_("Belongs to"), required=False)

    def __init__(self, *args: Any, unit: Unit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = kinds_in(unit.kind)  # type: ignore[attr-defined]


class RenamePartyForm(PartyActForm):
    act, done = "rename", _("The party organisation has its new name.")
    name = forms.CharField(label=_("New name"), max_length=100)
    kind = forms.ChoiceField(label=_("Kind"), required=False)

    def __init__(self, *args: Any, level: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        same = [(kind.value, str(kind.label)) for kind in PartyKind if LEVELS[kind.value] == level]
        self.fields["kind"].choices = [("", "—"), *same]  # type: ignore[attr-defined]
        self.fields["kind"].help_text = _("Left empty, the kind stays.")


class MovePartyForm(PartyActForm):
    act, done = "move", _("The party organisation is moved.")
    parent = forms.ChoiceField(label=_("Belongs to"))
    unit = forms.CharField(
        label=_("Unit code"), required=False, max_length=15, help_text=_("Left empty, the unit stays.")
    )


class AreasPartyForm(PartyActForm):
    act, done = "areas", _("The estates are on record.")
    units = forms.MultipleChoiceField(
        label=_("Estates and grids"), required=False, widget=forms.CheckboxSelectMultiple()
    )


class HouseholdForm(PartyActForm):
    act, done = "household", _("The household is on record.")
    kind = forms.ChoiceField(label=_("Kind"), choices=HouseholdKind.choices)
    name = forms.CharField(label=pgettext_lazy("party", "Household"), max_length=100)
    person = forms.CharField(
        label=_("Identity number of who answers for it"),
        required=False,
        max_length=18,
        help_text=_("Of somebody on record; else write the name below."),
    )
    responsible = forms.CharField(label=_("Name of who answers for it"), required=False, max_length=50)


class HouseholdEndForm(PartyActForm):
    act, done = "household-end", _("The household has left.")
    household = forms.IntegerField(widget=forms.HiddenInput())


class ClosePartyForm(PartyActForm):
    act, done = "close", _("The party organisation is closed.")


PARTY_FORMS: dict[str, type[PartyActForm]] = {
    form.act: form
    for form in (RenamePartyForm, MovePartyForm, AreasPartyForm, HouseholdForm, HouseholdEndForm, ClosePartyForm)
}
