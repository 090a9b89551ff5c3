"""Writes of people, employments, posts and files. `actor=None` is the system itself: set-up commands, never a face."""

from personnel.services.employment import (
    BODY_OF_TITLE,
    SINGLE_HOLDER,
    employment_end,
    employment_start,
    tenure_end,
    tenure_start,
)
from personnel.services.file import certificate_add, discipline_add, education_add, honour_add
from personnel.services.people import person_create

__all__ = [
    "BODY_OF_TITLE",
    "SINGLE_HOLDER",
    "certificate_add",
    "discipline_add",
    "education_add",
    "employment_end",
    "employment_start",
    "honour_add",
    "person_create",
    "tenure_end",
    "tenure_start",
]
