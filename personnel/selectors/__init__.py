"""Reads of people: lists and records for a user, and the frames of facts that every computation starts from."""

from personnel.selectors.facts import day_facts_for_system, month_facts_for_system
from personnel.selectors.history import HistoryEntry, history_of
from personnel.selectors.people import PersonRecord, people_list, person_for, person_record, titles_for_system
from personnel.selectors.record import FileRecord, MissingItem, missing_items, record_on, row_for

__all__ = [
    "FileRecord",
    "HistoryEntry",
    "MissingItem",
    "PersonRecord",
    "day_facts_for_system",
    "history_of",
    "missing_items",
    "month_facts_for_system",
    "people_list",
    "person_for",
    "person_record",
    "record_on",
    "row_for",
    "titles_for_system",
]
