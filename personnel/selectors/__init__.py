"""Reads of people: lists and records for a user, and the frames of facts that every computation starts from."""

from personnel.selectors.facts import day_facts_for_system, month_facts_for_system
from personnel.selectors.people import PersonRecord, people_list, person_for, person_record, titles_for_system

__all__ = [
    "PersonRecord",
    "day_facts_for_system",
    "month_facts_for_system",
    "people_list",
    "person_for",
    "person_record",
    "titles_for_system",
]
