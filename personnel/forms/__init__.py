"""What people type into the personnel file: inputs and forms made from the registry of fields; nothing decided."""

from personnel.forms.archive import ARCHIVE_FORMS, ArchiveForm
from personnel.forms.entry import PAGES, EntryPage, entry_pages
from personnel.forms.inputs import DayField, UnitChoices
from personnel.forms.reading import PurposeForm
from personnel.forms.sections import BulkForm, RegistryForm, row_form, values_form

__all__ = [
    "ARCHIVE_FORMS",
    "PAGES",
    "ArchiveForm",
    "BulkForm",
    "DayField",
    "EntryPage",
    "PurposeForm",
    "RegistryForm",
    "UnitChoices",
    "entry_pages",
    "row_form",
    "values_form",
]
