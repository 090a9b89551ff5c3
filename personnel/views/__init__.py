"""Pages of the personnel file: parse, one selector or service, render."""

from personnel.views.people import (
    people,
    people_columns,
    people_export_file,
    people_filter_delete,
    people_filter_save,
    people_search,
)
from personnel.views.record import person

__all__ = [
    "people",
    "people_columns",
    "people_export_file",
    "people_filter_delete",
    "people_filter_save",
    "people_search",
    "person",
]
