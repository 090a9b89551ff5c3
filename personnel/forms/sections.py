"""Forms of a section of the file, made from the registry: one for each act (add, change, correct, end, withdraw)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from django import forms
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.errors import ApplicationError, Refused
from organization.models import Unit
from personnel.forms.inputs import DayField, NumberField, UnitChoices, UnitField, YuanField
from personnel.models import Employment, Person, codes
from personnel.rules.disclosure import Sights
from personnel.rules.fields import FIELDS, SECTIONS, Field, Section, fields_of
from personnel.selectors.employing import exit_choices_for_system
from personnel.selectors.record import label_for_system, masked_words_for_system

REMOVED = "-"  # typed where a masked value is to be taken away
ADD, CHANGE, CORRECT, END, WITHDRAW = "add", "change", "correct", "end", "withdraw"
# Needed by the services although the row itself has a default or another name for them.
_NEEDED = {"tenure.title", "tenure.unit", "tenure.start", "employment.unit"}
# What the services work out or what belongs to the end of a row alone.
_ONLY_AT_THE_END = {
    "employment.end",
    "employment.end_reason",
    "employment.exit_code",
    "employment.destination",
    "employment.destination_kind",
}
_OWN_UNIT = {"employment.unit", "tenure.unit", "area.unit"}  # must be the user's own; others may lie above


def _column(model: type[Model], attribute: str) -> Any:
    try:
        return model._meta.get_field(attribute)
    except FieldDoesNotExist:
        return None


def input_of(
    one: Field, model: type[Model], *, units: UnitChoices, required: bool | None = None, current: Any = None
) -> forms.Field:
    """The input of a field, as its kind and its column want it."""
    column = _column(model, one.attribute)
    if required is None:
        required = one.code in _NEEDED or (
            column is not None and not column.blank and not column.null and not column.has_default()
        )
    label = label_for_system(one)
    common: dict[str, Any] = {"label": label, "required": required}
    if one.kind in ("date", "month"):
        return DayField(month=one.kind == "month", **common)
    if one.kind == "yesno":
        return forms.BooleanField(label=label, required=False, initial=bool(column.get_default()) if column else False)
    if one.codes is not None:
        choices = [*([] if required and current else [("", "—")]), *getattr(codes, one.codes).choices]
        return forms.ChoiceField(choices=choices, **common)
    if one.kind == "unit" or (column is not None and column.is_relation):
        return UnitField(
            choices=units,
            wide=one.code not in _OWN_UNIT,
            current=current if isinstance(current, Unit) else None,
            **common,
        )
    if one.kind == "money":
        return YuanField(**common)
    if one.kind == "number":
        if column is not None and column.get_internal_type() == "DecimalField":
            return forms.DecimalField(min_value=0, decimal_places=column.decimal_places, localize=False, **common)
        return forms.IntegerField(min_value=0, **common)
    longest = getattr(column, "max_length", None)
    if one.kind in ("identity", "phone"):
        attrs = {"autocomplete": "off", "spellcheck": "false"}
        return NumberField(max_length=(longest or 40) + 12, widget=forms.TextInput(attrs=attrs), **common)
    area = forms.Textarea(attrs={"rows": 2}) if (longest or 0) > 150 else forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(max_length=longest, widget=area, **common)


def _keep(field: forms.Field, mask: str) -> None:
    """Make an input of one whose value is on record and not shown: empty keeps the value, REMOVED takes it away."""
    read = field.clean

    def clean(value: Any) -> Any:
        return REMOVED if str(value or "").strip() == REMOVED else read(value)

    field.clean = clean  # type: ignore[method-assign]
    field.required = False
    if isinstance(field, forms.ChoiceField):
        known = [(str(code), str(label)) for code, label in cast(Any, field.choices) if code != ""]
        field.choices = [("", _("— as on record —")), *known, (REMOVED, _("— remove —"))]
        field.help_text = _("On record and masked. It stays unless you choose another.")
        return
    field.help_text = _("On record: %(mask)s. Leave it empty to keep that; a single - removes it.") % {"mask": mask}


class RegistryForm(forms.Form):
    """A form of some fields of the registry; the inputs carry the attributes as names.

    initial: by attribute. extra: inputs that are no fields of the registry (day, document, reason), shown behind them.
    kept: attribute → mask, of fields whose value stands on record but not in the form: an empty input keeps it.
    """

    def __init__(
        self,
        data: Any = None,
        *,
        fields: Iterable[Field],
        model: type[Model],
        units: UnitChoices,
        initial: Mapping[str, Any] | None = None,
        extra: Mapping[str, forms.Field] | None = None,
        required: Mapping[str, bool] | None = None,
        kept: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        kept = kept or {}
        shown = {name: value for name, value in (initial or {}).items() if name not in kept}
        super().__init__(data, initial=shown, **kwargs)
        self.kept = frozenset(kept)
        self.registry = tuple(fields)
        for one in self.registry:
            current = (initial or {}).get(one.attribute)
            self.fields[one.attribute] = input_of(
                one, model, units=units, current=current, required=(required or {}).get(one.attribute)
            )
        for name, mask in kept.items():
            _keep(self.fields[name], mask)
        self.extra = tuple(extra or ())
        for name, field in (extra or {}).items():
            self.fields[name] = field

    @property
    def given(self) -> dict[str, Any]:
        """What was typed, by attribute, without what was left empty."""
        return {
            one.attribute: value
            for one in self.registry
            for value in [self.cleaned_data.get(one.attribute)]
            if value not in (None, "") and not (value is False and one.attribute not in self.changed_data)
        }

    @property
    def altered(self) -> dict[str, Any]:
        """What is not as it was shown, by attribute; emptied ones are ""."""
        return {
            one.attribute: "" if value is None else value
            for one in self.registry
            if one.attribute in self.changed_data
            for value in [self.cleaned_data.get(one.attribute)]
            if one.attribute not in self.kept or value not in (None, "")
        } | {name: "" for name in self.kept if self.cleaned_data.get(name) == REMOVED}

    @property
    def empty(self) -> bool:
        """Nobody has typed anything into it (what was filled in beforehand counts as nothing)."""
        return not self.has_changed()

    def take(self, error: ApplicationError) -> None:
        """Put what a service has said beside the inputs that it speaks of, the rest above."""
        beside = error.fields if isinstance(error, Refused) else {}
        placed: set[str] = set()
        for name, messages in beside.items():
            if name in self.fields:
                for message in messages:
                    self.add_error(name, str(message))
                    placed.add(str(message))
        rest = error.errors if isinstance(error, Refused) else str(error).splitlines()
        for message in rest:
            if str(message) not in placed:
                self.add_error(None, str(message))


# -- Extra inputs -----------------------------------------------------------------------------------------------------


def _day(label: str, help_text: str = "") -> DayField:
    return DayField(label=label, help_text=help_text)


def _document() -> forms.CharField:
    return forms.CharField(
        label=_("Document it rests on"),
        required=False,
        max_length=100,
        help_text=_("Number or title, like 社发〔2026〕5号."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


def _reason(help_text: str) -> forms.CharField:
    return forms.CharField(
        label=pgettext("act", "Reason"),
        max_length=200,
        help_text=help_text,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


def _employment(person: Person) -> forms.ChoiceField:
    jobs = person.employments.select_related("unit").order_by("-start", "-pk")
    choices = [(str(job.pk), f"{job.unit.name} · {job.get_category_display()} · {job.start}") for job in jobs]
    return forms.ChoiceField(label=_("Employment"), choices=choices)


# -- Forms of the acts ------------------------------------------------------------------------------------------------


def model_of(section: Section) -> type[Model]:
    return cast(type[Model], apps.get_model("personnel", section.model))


def row_form(
    data: Any = None, *, section: str, act: str, person: Person, units: UnitChoices, seen: Sights, row: Any = None
) -> RegistryForm:
    """The form of an act on a row of a section (of a new row, for "add"). `act` must be one that the section knows.

    seen: what the writer sees of the person, and may write; a value that isn't seen is kept unless another is typed.
    """
    spec = SECTIONS[section]
    model = model_of(spec)
    fields = list(fields_of(section))
    extra: dict[str, forms.Field] = {}
    has_document = any(one.attribute == "document" for one in fields)
    if act == ADD:
        fields = [one for one in fields if one.code not in _ONLY_AT_THE_END]
        if section == "placement":
            extra["employment"] = _employment(person)
    elif act == CHANGE:
        moved = {spec.start, spec.end, "document"}
        fields = [one for one in fields if one.attribute not in moved and one.code not in _ONLY_AT_THE_END]
        extra |= {
            "day": _day(_("From this day on"), _("The old row ends on this day, and the new one begins.")),
            "document": _document(),
        }
    elif act == CORRECT:
        extra["reason"] = _reason(_("Why was it wrong? The old row stays in the history."))
        if not has_document:
            extra["document"] = _document()
    elif act == END:
        fields = []
        extra["day"] = _day(_("Ends on"), _("The first day on which it no longer holds."))
        if section == "employment":
            reasons = [("", "—"), *exit_choices_for_system(row.unit, timezone.localdate())]
            extra["reason"] = forms.ChoiceField(label=_("Reason of leaving"), choices=reasons)
            extra["destination_kind"] = forms.ChoiceField(
                label=_("Where they go"), choices=[("", "—"), *codes.Destination.choices], required=False
            )
            extra["destination"] = forms.CharField(label=_("Destination"), required=False, max_length=100)
        extra["document"] = _document()
    else:
        fields = []
        extra["reason"] = _reason(_("Why should this row never have been there? It stays in the history."))
    fields = [one for one in fields if seen[one.code].writes]
    initial = {} if row is None or act == END else {one.attribute: value_of_row(row, one) for one in fields}
    required = {"employer": False} if act == ADD and section == "employment" else {}
    return RegistryForm(
        data, fields=fields, model=model, units=units, initial=initial, extra=extra, required=required,
        kept=_kept(fields, initial, seen),
    )  # fmt: skip


def _kept(fields: Iterable[Field], values: Mapping[str, Any], seen: Sights) -> dict[str, str]:
    """Attribute → mask of what is on record and not shown to the writer."""
    return {
        one.attribute: masked_words_for_system(one, str(values[one.attribute]))
        for one in fields
        if not seen[one.code].shown(False) and values.get(one.attribute) not in (None, "")
    }


def value_of_row(row: Any, one: Field) -> Any:
    if one.attribute == "unit" and not hasattr(row, "unit_id"):
        return row.post.unit
    return getattr(row, one.attribute)


def values_form(
    data: Any = None,
    *,
    section: str,
    act: str,
    values: Mapping[str, Any],
    units: UnitChoices,
    seen: Sights,
    only: str = "",
) -> RegistryForm:
    """The form of single values of a person. `only`: the code of the one field that is meant, "" for all."""
    fields = [one for one in fields_of(section) if only in ("", one.code) and seen[one.code].writes]
    if act == CHANGE:
        extra: dict[str, forms.Field] = {
            "day": _day(_("Holds from"), _("What held before is kept with this day.")),
            "document": _document(),
        }
    else:
        extra = {
            "reason": _reason(_("Why was it wrong? The old row stays in the history.")),
            "document": _document(),
        }
    initial = {one.attribute: values.get(one.code) for one in fields}
    return RegistryForm(
        data, fields=fields, model=Person, units=units, initial=initial, extra=extra,
        required={"name": True, "document_type": True, "certificate_exams_failed": True},
        kept=_kept(fields, initial, seen),
    )  # fmt: skip


# -- Many at once -----------------------------------------------------------------------------------------------------

# What is worth changing for many at once: single values, and values of the employment that holds.
BULK_FIELDS = (
    "political_status", "union_joined", "household", "lives_in", "professional_title",
    "employment.contract_start", "employment.contract_end", "employment.contract_number", "employment.probation_end",
    "employment.entry_channel", "employment.batch", "employment.employer", "employment.recruiter",
)  # fmt: skip


def bulk_choices() -> list[tuple[str, str]]:
    return [(code, label_for_system(FIELDS[code])) for code in BULK_FIELDS]


class BulkForm(RegistryForm):
    """The new value of one field for many people, from a day on (single values) or with a reason (employments)."""

    def __init__(self, data: Any = None, *, code: str, units: UnitChoices, **kwargs: Any) -> None:
        one = FIELDS[code]
        of_person = "." not in code
        extra: dict[str, forms.Field] = (
            {"day": _day(_("Holds from"), _("What held before is kept with this day."))}
            if of_person
            else {"reason": _reason(_("Why is it entered? The old rows stay in the history."))}
        )
        super().__init__(
            data,
            fields=[one],
            model=Person if of_person else Employment,
            units=units,
            required={one.attribute: True},
            extra=extra | {"document": _document()},
            **kwargs,
        )
        self.code = code
