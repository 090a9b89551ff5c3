"""Forms about users and units: parsed and field-checked, nothing decided."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.rules.workbook import MAX_BYTES
from organization.models import FactKey, Permission, Role, Unit, UnitKind
from organization.rules.codes import OWN
from organization.rules.loading import day_of


class PasswordForm(forms.Form):
    """A new password, twice; whether it is good enough is the service's decision."""

    old = forms.CharField(
        label=_("Password until now"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "class": "form-control"}),
    )
    new = forms.CharField(
        label=_("New password"),
        widget=forms.PasswordInput(
            attrs={"autocomplete": "new-password", "class": "form-control", "aria-describedby": "rules"}
        ),
    )
    again = forms.CharField(
        label=_("New password again"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "form-control"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("new") and cleaned.get("again") and cleaned["new"] != cleaned["again"]:
            self.add_error("again", _("The two new passwords differ."))
        return cleaned


LINE = {"class": "form-control", "autocomplete": "off"}
MOST_CHOICES = 200  # a longer list is a field for the code


class DayField(forms.CharField):
    """A day in any way in which offices write one."""

    def __init__(self, **kwargs: Any) -> None:
        attributes = LINE | {"inputmode": "numeric", "placeholder": "2026-01-31", "maxlength": 20}
        super().__init__(widget=forms.TextInput(attrs=attributes), **kwargs)

    def to_python(self, value: Any) -> date | None:  # type: ignore[override]
        if value in self.empty_values:
            return None
        day = day_of(str(value).strip())
        if day is None:
            raise forms.ValidationError(_("“%(typed)s” is no day. Write it like 2026-01-31.") % {"typed": value})
        return day


def _line(label: Any, most: int, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=most, widget=forms.TextInput(attrs=LINE), **kwargs)


class DatedForm(forms.Form):
    """What every change of a unit has: its day and the document it rests on. They come last."""

    day = DayField(label=_("First day of the change"))
    document = _line(_("Document"), 200, required=False, help_text=_("The paper that orders it, with its number."))

    last = ("day", "document")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields([name for name in self.fields if name not in self.last] + list(self.last))


class AnnouncementForm(forms.Form):
    """What to tell whom, from which day until which."""

    unit = forms.ChoiceField(
        label=_("For everybody in"),
        widget=forms.Select(attrs={"class": "form-select"}),
        help_text=_("Whoever holds a role on this unit or below it finds the announcement on the workplace."),
    )
    text = forms.CharField(
        label=pgettext_lazy("announcement", "Text"),
        max_length=500,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 3}),
    )
    start = DayField(label=_("From"))
    end = DayField(label=_("Until"), help_text=_("The first day on which it is no longer shown."))

    def __init__(self, *args: Any, units: Iterable[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = [(unit.code, unit.name) for unit in units]  # type: ignore[attr-defined]


class UnitNewForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), widget=forms.Select(attrs={"class": "form-select"}))
    name = _line(pgettext_lazy("unit", "Name"), 100)
    name_en = _line(_("English name"), 100, required=False)
    code = _line(_("Code"), 15, required=False)
    valid_from = DayField(label=_("First day"))

    def __init__(self, *args: Any, kinds: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allowed = set(kinds)
        choices = [choice for choice in UnitKind.choices if choice[0] in allowed]
        self.fields["kind"].choices = choices  # type: ignore[attr-defined]
        if allowed <= set(OWN):
            self.fields["code"].help_text = _("Left empty, it gets the next number of its community.")
        else:
            self.fields["code"].help_text = _("The statistical code; zeros at its end may be left out.")


class RenameForm(DatedForm):
    name = _line(_("New name"), 100)
    name_en = _line(_("English name"), 100, required=False)


class CorrectForm(forms.Form):
    """What was typed wrong about a unit, with why, and what that rests on."""

    name = _line(pgettext_lazy("unit", "Name"), 100)
    name_en = _line(_("English name"), 100, required=False)
    code = _line(_("Code"), 15, help_text=_("Only while nothing hangs on the unit; later it changes its form instead."))
    kind = forms.ChoiceField(label=_("Kind"), widget=forms.Select(attrs={"class": "form-select"}))
    valid_from = DayField(label=_("First day"))
    reason = _line(
        pgettext_lazy("act", "Reason"), 200, help_text=_("Why was it wrong? The trail keeps what stood here.")
    )
    document = _line(_("Document"), 200, required=False, help_text=_("The paper that shows what is right."))

    def __init__(self, *args: Any, unit: Unit, **kwargs: Any) -> None:
        was = {"name": unit.name, "name_en": unit.name_en, "code": unit.short_code, "kind": unit.kind}
        kwargs["initial"] = was | {"valid_from": unit.valid_from.isoformat()}
        super().__init__(*args, **kwargs)
        kinds = OWN if unit.kind in OWN else (unit.kind,)
        self.fields["kind"].choices = [choice for choice in UnitKind.choices if choice[0] in kinds]  # type: ignore[attr-defined]

    @property
    def wrong(self) -> dict[str, Any]:
        """What is not as it was shown, by name."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name not in ("reason", "document")}


class UpgradeForm(DatedForm):
    code = _line(_("New code"), 15, help_text=_("The statistical code of the new form, such as a street's for a town."))
    name = _line(_("New name"), 100, required=False, help_text=_("Left empty, the name stays."))
    name_en = _line(_("English name"), 100, required=False)


class MoveForm(DatedForm):
    parent = forms.CharField(label=_("Becomes part of"))
    code = _line(_("New code"), 15, required=False, help_text=_("Left empty, the code stays."))

    def __init__(self, *args: Any, parents: list[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(parents) <= MOST_CHOICES:
            choices = [("", "")] + [(unit.code, f"{unit.name}（{unit.short_code}）") for unit in parents]
            self.fields["parent"].widget = forms.Select(attrs={"class": "form-select"}, choices=choices)
        else:
            self.fields["parent"].widget = forms.TextInput(attrs=LINE | {"inputmode": "numeric"})
            self.fields["parent"].help_text = _("The code of the unit.")


class MergeForm(DatedForm):
    units = forms.MultipleChoiceField(label=_("Is merged with"), widget=forms.CheckboxSelectMultiple())
    into = forms.ChoiceField(label=_("Goes on as"), required=False, widget=forms.Select(attrs={"class": "form-select"}))
    name = _line(_("Name of the new unit"), 100, required=False)
    code = _line(_("Code of the new unit"), 15, required=False, help_text=_("Grids and estates get it by themselves."))

    def __init__(self, *args: Any, unit: Unit, others: list[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(one.pk), f"{one.name}（{one.short_code}）") for one in others]
        self.fields["units"].choices = choices  # type: ignore[attr-defined]
        if not others:
            self.fields["units"].help_text = _("There is no other unit of this kind beside it. Move one here first.")
        own = (str(unit.pk), f"{unit.name}（{unit.short_code}）")
        self.fields["into"].choices = [("", _("a new unit")), own, *choices]  # type: ignore[attr-defined]


class SplitForm(DatedForm):
    parts = forms.CharField(
        label=_("Units that come out of it"),
        widget=forms.Textarea(attrs=LINE | {"rows": 4}),
        help_text=_("One a line: name, then a comma and the code. People and the units below go into the first."),
    )

    def clean_parts(self) -> list[tuple[str, str]]:
        lines = [line.strip() for line in self.cleaned_data["parts"].splitlines() if line.strip()]
        found = []
        for line in lines:
            name, _comma, code = line.replace("，", ",").partition(",")
            found.append((name.strip(), code.strip()))
        return found


class LoadForm(forms.Form):
    """A file of units."""

    file = forms.FileField(
        label=_("File"),
        help_text=format_lazy(
            _("A workbook (.xlsx, .xls) or a CSV (UTF-8 or GB 18030), at most {most} MB."), most=MAX_BYTES // 2**20
        ),
        widget=forms.FileInput(attrs={"class": "form-control", "accept": ".xlsx,.xls,.csv,.txt"}),
        allow_empty_file=True,
    )
    begin = DayField(
        label=_("First day of new units"), required=False, help_text=_("Of units whose row in the file gives none.")
    )


class LoadConfirmForm(forms.Form):
    """What was reviewed, sent back: the rows as they were read, and a digest of what they would do."""

    rows = forms.JSONField(widget=forms.HiddenInput())
    begin = DayField(required=False)
    seen = forms.CharField(max_length=64)
    file_name = forms.CharField(max_length=200, required=False)

    def clean_rows(self) -> list[list[str]]:
        rows = self.cleaned_data["rows"]
        if not isinstance(rows, list) or not all(
            isinstance(row, list) and all(isinstance(cell, str) for cell in row) for row in rows
        ):
            raise forms.ValidationError(_("What was reviewed did not come back whole. Choose the file again."))
        return rows


class CloseForm(forms.Form):
    day = DayField(label=_("First day on which it no longer holds"))


class FactForm(forms.Form):
    key = forms.ChoiceField(
        label=_("Fact"), choices=FactKey.choices, widget=forms.Select(attrs={"class": "form-select"})
    )
    value = forms.CharField(
        label=pgettext_lazy("fact", "Value"),
        max_length=15,
        widget=forms.TextInput(attrs=LINE | {"inputmode": "numeric"}),
    )
    day = DayField(label=_("As of"))
    source = _line(_("Source"), 200)


class UserNewForm(forms.Form):
    username = _line(_("User name"), 150, help_text=_("Letters, digits and @ . + - _; it can't be changed later."))
    display_name = _line(pgettext_lazy("person", "Name"), 60)
    unit = _line(
        _("Code of the unit"), 15, help_text=_("Where they are looked after. It allows nothing; roles are given apart.")
    )


class BasisForm(forms.Form):
    """What every change of a role has: why, and the paper that it rests on. They come last."""

    reason = _line(pgettext_lazy("act", "Reason"), 200, help_text=_("Why? The trail keeps it."))
    document = _line(_("Document"), 200, required=False, help_text=_("The paper that orders it, with its number."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        basis = ("reason", "document")
        self.order_fields([name for name in self.fields if name not in basis] + list(basis))


class GrantForm(BasisForm):
    username = _line(_("User name"), 150)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, widget=forms.Select(attrs={"class": "form-select"}))
    unit = _line(_("Code of the unit"), 15, help_text=_("The role reaches this unit and everything below it."))
    valid_from = DayField(label=_("First day"))
    valid_to = DayField(
        label=_("First day on which it no longer holds"), required=False, help_text=_("Left empty: after a year.")
    )


class GrantEndForm(BasisForm):
    day = DayField(label=_("First day on which it no longer holds"))


class GrantRenewForm(BasisForm):
    valid_to = DayField(label=_("First day on which it no longer holds"), help_text=_("A year further at most."))


# What a program can be let do; the rest is done on pages.
_OF_PROGRAMS = (
    Permission.VIEW_PEOPLE,
    Permission.CHANGE_PEOPLE,
    Permission.VIEW_RESULTS,
    Permission.VIEW_PAY,
    Permission.VIEW_QUOTA,
    Permission.VIEW_CASES,
    Permission.CHANGE_UNITS,
)


class TokenForm(forms.Form):
    username = _line(_("User name"), 150, help_text=_("Of a user with the role of a REST client."))
    label = _line(_("Label"), 60, help_text=_("Which program uses it."))
    days = forms.IntegerField(
        label=_("Days for which it holds"), min_value=1, widget=forms.NumberInput(attrs={"class": "form-control"})
    )
    permissions = forms.MultipleChoiceField(
        label=_("May be used to"),
        choices=[(one.value, one.label) for one in _OF_PROGRAMS],
        widget=forms.CheckboxSelectMultiple(),
        help_text=_("Never more than its user may do."),
    )


class TrailForm(forms.Form):
    """What of the trail is asked for; see TrailQuery. before: the number of the entry before which the page begins."""

    username = _line(_("User name"), 150, required=False)
    unit = _line(_("Code of the unit"), 15, required=False)
    action = _line(_("Action"), 80, required=False)
    kind = forms.ChoiceField(label=_("Thing"), required=False, widget=forms.Select(attrs={"class": "form-select"}))
    number = _line(_("Number of the thing"), 20, required=False)
    since = DayField(label=_("From"), required=False)
    until = DayField(label=_("Until"), required=False)
    before = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput())

    def __init__(self, *args: Any, kinds: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = sorted(kinds.items(), key=lambda pair: pair[1])
        self.fields["kind"].choices = [("", "—"), *named]  # type: ignore[attr-defined]


class WhyForm(forms.Form):
    """Who, what and with which thing; who may ask for nobody else has no field for the user."""

    username = _line(_("User name"), 150, required=False, help_text=_("Left empty: yourself."))
    permission = forms.ChoiceField(
        label=_("To do what"), choices=Permission.choices, widget=forms.Select(attrs={"class": "form-select"})
    )
    kind = forms.ChoiceField(label=_("With what"), widget=forms.Select(attrs={"class": "form-select"}))
    number = _line(_("Its number"), 18, help_text=_("The code of a unit; of anything else the number in its address."))

    def __init__(self, *args: Any, kinds: dict[str, str], others: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = list(kinds.items())  # type: ignore[attr-defined]
        if not others:
            del self.fields["username"]
