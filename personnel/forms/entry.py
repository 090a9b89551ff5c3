"""The pages on which a new person is entered: identity, employment and post, what else, check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

from personnel.forms.inputs import UnitChoices
from personnel.forms.sections import RegistryForm, model_of
from personnel.models import Person
from personnel.rules.fields import SECTIONS, Field, fields_of
from personnel.selectors.record import label_for_system

IDENTITY, WORK, MORE, CHECK = "identity", "work", "more", "check"
PAGES = (IDENTITY, WORK, MORE, CHECK)
# What most clerks have at hand comes first; the rest waits behind "More".
FIRST = (
    "identity_number", "name", "phone", "sex", "birth_date", "ethnic_group", "native_place", "political_status",
    "marital_status", "work_started",
)  # fmt: skip
MORE_SECTIONS = ("education", "certificate", "party", "resume", "family")  # of which rows can be added
OPEN_SECTIONS = ("education", "certificate", "party")  # shown with an empty row from the start
MOST_ROWS = 20
_WORK_FIRST = ("unit", "category", "start", "entry_channel", "probation_end", "contract_start", "contract_end")
_NOT_ENTERED = {
    "employment.end",
    "employment.end_reason",
    "employment.exit_code",
    "employment.destination",
    "employment.destination_kind",
    "tenure.end",
}


@dataclass
class Group:
    """A fieldset: its heading, its form, the inputs seen at once and those behind "More"."""

    section: str
    label: str
    form: RegistryForm
    first: tuple[str, ...] = ()
    number: int = 0

    @property
    def seen(self) -> list[Any]:
        return [self.form[name] for name in self.form.fields if not self.first or name in self.first]

    @property
    def behind(self) -> list[Any]:
        return [self.form[name] for name in self.form.fields if self.first and name not in self.first]

    @property
    def open(self) -> bool:
        """Whether something behind "More" is wrong or filled in."""
        return any(
            one.errors or one.value() not in (None, "", False) for one in self.behind if one.name != "document_type"
        )


@dataclass
class EntryPage:
    """A page with its groups, bound to what was typed (or unbound, where nothing has been yet)."""

    name: str
    groups: list[Group] = field(default_factory=list)

    def is_valid(self) -> bool:
        valid = [group.form.is_valid() for group in self.filled]  # every form says what is wrong with it
        return all(valid)

    @property
    def filled(self) -> list[Group]:
        """The groups that count: added rows in which nobody has typed anything do not."""
        return [group for group in self.groups if not (group.form.empty_permitted and group.form.empty)]

    @property
    def forms(self) -> list[RegistryForm]:
        return [group.form for group in self.groups]


def posted(values: Mapping[str, list[str]] | None) -> QueryDict | None:
    """What a draft has kept of a page, as a request would have brought it."""
    if values is None:
        return None
    data = QueryDict(mutable=True)
    for name, texts in values.items():
        data.setlist(name, list(texts))
    return data


def entry_pages(values: Mapping[str, Mapping[str, list[str]]], units: UnitChoices, today: date) -> dict[str, EntryPage]:
    """The three pages that take something, each bound to what the draft has of it."""
    return {
        IDENTITY: EntryPage(IDENTITY, list(_identity(posted_of(values, IDENTITY), units))),
        WORK: EntryPage(WORK, list(_work(posted_of(values, WORK), units, values))),
        MORE: EntryPage(MORE, list(_more(posted_of(values, MORE), units))),
    }


def posted_of(values: Mapping[str, Mapping[str, list[str]]], page: str) -> QueryDict | None:
    known = values.get(page)
    return posted({name: list(texts) for name, texts in known.items()}) if known is not None else None


def _fields(section: str, first: tuple[str, ...] = ()) -> list[Field]:
    known = [one for one in fields_of(section) if one.code not in _NOT_ENTERED]
    order = {name: place for place, name in enumerate(first)}
    return sorted(known, key=lambda one: order.get(one.attribute, len(order)))


class IdentityForm(RegistryForm):
    """Who somebody is. Sex and birth date may be left to the identity number; without one, both are needed."""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not data.get("identity_number"):
            for name in ("sex", "birth_date"):
                if not data.get(name) and name not in self.errors:
                    label = self.fields[name].label
                    self.add_error(name, _("Without an identity number, “%(field)s” is needed.") % {"field": label})
        return data


def _identity(data: QueryDict | None, units: UnitChoices) -> Iterator[Group]:
    fields = sorted(
        [*fields_of("identity"), *fields_of("contact")],
        key=lambda one: FIRST.index(one.code) if one.code in FIRST else len(FIRST),
    )
    extra: dict[str, forms.Field] = {
        "still_new": forms.CharField(
            label=_("Still a new person, because"),
            required=False,
            max_length=200,
            help_text=_("Needed where somebody of this name and birth date is on record."),
        )
    }
    form = IdentityForm(
        data, fields=fields, model=Person, units=units, extra=extra,
        initial={"document_type": "RESIDENT_ID", "ethnic_group": "", "certificate_exams_failed": 0},
        required={"name": True, "document_type": False, "certificate_exams_failed": False},
    )  # fmt: skip
    form.fields["sex"].help_text = form.fields["birth_date"].help_text = _("Empty: taken from the identity number.")
    form.fields["identity_number"].widget.attrs |= {"autofocus": True, "inputmode": "text"}
    yield Group(IDENTITY, label_for_system(SECTIONS["identity"]), form, FIRST)


class WorkForm(RegistryForm):
    """The employment; without a category somebody holds a post and is not employed."""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("category"):
            for name in ("unit", "start"):
                if not data.get(name) and name not in self.errors:
                    label = self.fields[name].label
                    self.add_error(name, _("An employment needs “%(field)s”.") % {"field": label})
        return data


class PostForm(RegistryForm):
    """The post; unit and day are those of the employment unless they are given."""


def _work(data: QueryDict | None, units: UnitChoices, values: Mapping[str, Any]) -> Iterator[Group]:
    default = units.default
    job = WorkForm(
        data, prefix="employment", fields=_fields("employment", _WORK_FIRST), model=model_of(SECTIONS["employment"]),
        units=units, initial={"unit": default, "category": "COMMUNITY_WORKER"},
        required={"unit": False, "category": False, "start": False, "employer": False},
    )  # fmt: skip
    job.fields["unit" if default is None else "start"].widget.attrs["autofocus"] = True
    job.fields["employer"].help_text = _("Empty: the unit itself.")
    job.fields["category"].help_text = _("“—”: holds a post and is not employed.")
    yield Group("employment", label_for_system(SECTIONS["employment"]), job, _WORK_FIRST)
    post = PostForm(
        data, prefix="tenure", fields=_fields("post"), model=model_of(SECTIONS["post"]), units=units,
        initial={"title": "STAFF", "full_time": True}, required={"title": False, "unit": False, "start": False},
    )  # fmt: skip
    post.fields["unit"].help_text = _("Empty: the unit of the employment.")
    post.fields["start"].help_text = _("Empty: the day on which the employment begins.")
    yield Group("post", label_for_system(SECTIONS["post"]), post, ("title", "unit", "start", "full_time", "document"))


def rows_of(data: QueryDict | None, section: str) -> int:
    """How many rows of a section the page has."""
    least = 1 if section in OPEN_SECTIONS else 0
    if data is None:
        return least
    try:
        return max(least, min(int(data.get(f"{section}-rows", "") or 0), MOST_ROWS))
    except ValueError:
        return least


def _more(data: QueryDict | None, units: UnitChoices) -> Iterator[Group]:
    for section in MORE_SECTIONS:
        spec = SECTIONS[section]
        for number in range(rows_of(data, section)):
            form = RegistryForm(
                data,
                prefix=f"{section}-{number}",
                fields=_fields(section),
                model=model_of(spec),
                units=units,
                empty_permitted=True,
                use_required_attribute=False,
            )
            if section == MORE_SECTIONS[0] and number == 0:
                next(iter(form.fields.values())).widget.attrs["autofocus"] = True
            yield Group(section, label_for_system(spec), form, number=number)
