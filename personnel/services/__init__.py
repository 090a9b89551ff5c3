"""Writes of people, employments, posts and files. `actor=None` is the system itself: set-up commands, never a face."""

from personnel.services.appointments import appointment_carry_out, appointment_open
from personnel.services.archive import (
    archive_item_add,
    archive_lend,
    archive_open,
    archive_return,
    custody_hand_over,
    photo_set,
)
from personnel.services.custody import custody_name, follow_posts
from personnel.services.employment import (
    BODY_OF_TITLE,
    SINGLE_HOLDER,
    employment_end,
    employment_start,
    employment_transfer,
    tenure_end,
    tenure_start,
)
from personnel.services.exits import exit_open, exit_open_by_rule
from personnel.services.file import certificate_add, discipline_add, education_add, honour_add
from personnel.services.moves import move_open
from personnel.services.party import (
    household_add,
    household_end,
    party_areas_set,
    party_close,
    party_move,
    party_open,
    party_rename,
)
from personnel.services.people import person_change, person_correct, person_create
from personnel.services.ratios import cross_definition_set
from personnel.services.sections import row_correct, row_withdraw, section_add, section_change, section_end

__all__ = [
    "BODY_OF_TITLE",
    "SINGLE_HOLDER",
    "appointment_carry_out",
    "appointment_open",
    "archive_item_add",
    "archive_lend",
    "archive_open",
    "archive_return",
    "certificate_add",
    "cross_definition_set",
    "custody_hand_over",
    "custody_name",
    "discipline_add",
    "education_add",
    "employment_end",
    "employment_start",
    "employment_transfer",
    "exit_open",
    "exit_open_by_rule",
    "follow_posts",
    "honour_add",
    "household_add",
    "household_end",
    "move_open",
    "party_areas_set",
    "party_close",
    "party_move",
    "party_open",
    "party_rename",
    "person_change",
    "person_correct",
    "person_create",
    "photo_set",
    "row_correct",
    "row_withdraw",
    "section_add",
    "section_change",
    "section_end",
    "tenure_end",
    "tenure_start",
]
