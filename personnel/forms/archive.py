"""Forms of the archive: opening, papers, hand-over, loans, the photograph."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from personnel.forms.inputs import DayField
from personnel.models import ArchiveCategory, CustodianKind

ACCEPTED = ".pdf,.jpg,.jpeg,.png"


class ArchiveForm(forms.Form):
    """A form of the archive: the name of its act, and what a service said put beside the inputs."""

    act = ""
    done: Any = ""

    def take(self, error: Any) -> None:
        beside = getattr(error, "fields", {})
        placed = {str(text) for name, texts in beside.items() if name in self.fields for text in texts}
        for name, texts in beside.items():
            if name in self.fields:
                for text in texts:
                    self.add_error(name, str(text))
        for text in getattr(error, "errors", None) or str(error).splitlines():
            if str(text) not in placed:
                self.add_error(None, str(text))


class OpenForm(ArchiveForm):
    act, done = "open", _("The archive is open.")
    opened = DayField(label=_("Opened on"))
    number = forms.CharField(
        label=_("Archive number"), required=False, max_length=40, help_text=_("Empty: the next number is given out.")
    )
    shelf = forms.CharField(label=_("Where it stands"), required=False, max_length=60)


class ItemForm(ArchiveForm):
    act, done = "item", _("The paper is filed.")
    category = forms.ChoiceField(
        label=pgettext_lazy("paper", "Category"), choices=[("", "—"), *ArchiveCategory.choices]
    )
    title = forms.CharField(label=_("Title"), max_length=150)
    day = DayField(label=pgettext_lazy("paper", "Day"))
    document = forms.CharField(label=_("Document number"), required=False, max_length=100)
    issuer = forms.CharField(label=_("Issued by"), required=False, max_length=100)
    pages = forms.IntegerField(label=pgettext_lazy("paper", "Pages"), min_value=1, max_value=9999, initial=1)
    file = forms.FileField(
        label=_("Scan"),
        required=False,
        help_text=_("PDF, JPEG or PNG, 10 MB at most."),
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
    )


class SeveralFiles(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files; the value is the list of them."""

    widget = SeveralFiles

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = (data or [None]) if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(one, initial) for one in given]


class ItemsForm(ArchiveForm):
    """Several scans at once: each becomes a paper with the name of its file, in its own category.

    Without a script all get the category that is chosen for all; with one, each file has a choice `category-<n>`.
    """

    act, done = "items", _("The papers are filed.")
    category = forms.ChoiceField(
        label=_("Category of all files that have none of their own"), choices=[("", "—"), *ArchiveCategory.choices],
    )  # fmt: skip
    day = DayField(label=_("Day of the papers"))
    scans = FilesField(
        label=_("Scans"),
        help_text=_("Several at once: choose them together, or drop them here. PDF, JPEG or PNG, 10 MB each at most."),
        widget=SeveralFiles(attrs={"accept": ACCEPTED, "multiple": True, "data-drop": ""}),
    )

    MOST = 30

    def clean_scans(self) -> list[Any]:
        files: list[Any] = self.cleaned_data["scans"]
        if len(files) > self.MOST:
            raise forms.ValidationError(
                _("%(count)s files are more than the %(most)s that go at once.")
                % {"count": len(files), "most": self.MOST}
            )
        return files

    def category_of(self, number: int) -> str:
        """The category of a file, as chosen beside it, else the one of all."""
        own = self.data.get(f"{self.prefix}-category-{number}", "")
        return str(own if own in ArchiveCategory.values else self.cleaned_data["category"])


class HandOverForm(ArchiveForm):
    act, done = "hand-over", _("The hand-over is on record.")
    day = DayField(label=_("Handed over on"))
    received_by = forms.CharField(label=_("Received by"), max_length=60)


class CustodianForm(ArchiveForm):
    act, done = "custodian", _("Who keeps the archive is on record.")
    kind = forms.ChoiceField(label=_("Kept by"), choices=[("", "—"), *CustodianKind.choices])
    day = DayField(label=_("From"))


class DispatchForm(ArchiveForm):
    act, done = "dispatch", _("The dispatch is on record.")
    destination = forms.CharField(label=_("Sent to"), max_length=100)
    number = forms.CharField(label=_("Dispatch number"), max_length=60)
    sent = DayField(label=_("Sent on"))


class ReceiptForm(ArchiveForm):
    act, done = "receipt", _("The receipt is on record.")
    receipt = forms.CharField(label=_("Receipt"), max_length=100, help_text=_("Its number, or who signed it."))
    day = DayField(label=_("Received on"))


class BackForm(ArchiveForm):
    act, done = "back", _("The archive is back.")
    day = DayField(label=_("Came back on"))


class LendForm(ArchiveForm):
    act, done = "lend", _("The archive is lent out.")
    borrower = forms.CharField(label=_("Borrower"), max_length=60)
    organisation = forms.CharField(label=_("Of"), required=False, max_length=100)
    purpose = forms.CharField(label=_("Purpose"), max_length=150)
    approved_by = forms.CharField(label=_("Approved by"), required=False, max_length=60)
    start = DayField(label=_("Lent on"))
    due = DayField(label=_("Due on"))


class ReturnForm(ArchiveForm):
    act, done = "return", _("The archive is back.")
    day = DayField(label=_("Came back on"))


class PhotoForm(ArchiveForm):
    act, done = "photo", _("The photograph is kept.")
    photo = forms.FileField(
        label=_("Photograph"),
        help_text=_("JPEG or PNG, 10 MB at most. It is turned upright and made small."),
        widget=forms.FileInput(attrs={"accept": ".jpg,.jpeg,.png", "capture": "environment"}),
    )


ARCHIVE_FORMS: dict[str, type[ArchiveForm]] = {
    form.act: form
    for form in (
        OpenForm,
        ItemForm,
        ItemsForm,
        HandOverForm,
        CustodianForm,
        DispatchForm,
        ReceiptForm,
        BackForm,
        LendForm,
        ReturnForm,
        PhotoForm,
    )
}
