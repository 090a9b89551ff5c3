"""The words for the codes that rules give. A label is a template for its params."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class ReasonCode(models.TextChoices):
    """Why somebody has the grade they have."""

    THRESHOLD = "THRESHOLD", _("The score reaches %(at_least)s, the threshold of this grade (%(path)s).")
    BELOW_ALL = "BELOW_ALL", _("The score reaches no threshold: the lowest grade (%(path)s).")
    SHARE = "SHARE", _("By rank, within the first %(upto)s of %(people)s (%(path)s).")
    SHARE_REST = "SHARE_REST", _("By rank: the grade of all whom no other share takes (%(path)s).")
    NO_GRADES = "NO_GRADES", _("This scheme gives a score and no grade.")
    BEST = "BEST", _("No better grade than this: %(path)s (%(cite)s) holds.")
    OVER_CAP = (
        "OVER_CAP",
        _("Over the cap: %(counted)s counted, at most %(at_most)s (%(percent)s %%) in the better grade."),
    )
    TIED = "TIED", _("Equal scores across the line: %(candidates)s people, %(places)s places; to be decided.")
    TIE_CHOSEN = "TIE_CHOSEN", _("Chosen among equal scores: %(reason)s")
    TIE_NOT_CHOSEN = "TIE_NOT_CHOSEN", _("Not chosen among equal scores: %(reason)s")
    NOT_GRADED = "NOT_GRADED", _("Gets no grade: %(path)s (%(cite)s) holds.")
    SPREAD = "SPREAD", _("The weight of what is missing was spread over the rest: %(inputs)s.")
    APPEAL = "APPEAL", _("Changed from %(old)s on appeal of %(day)s: %(answer)s")
    IMPORTED = "IMPORTED", _("Taken over from earlier records.")


class IssueCode(models.TextChoices):
    """Why somebody has no result."""

    MISSING_INPUT = "MISSING_INPUT", _("No “%(input)s” for %(period)s. Enter it, then start the evaluation again.")
    TOO_FEW_BALLOTS = "TOO_FEW_BALLOTS", _("“%(input)s” has %(count)s ballots and needs %(at_least)s.")
    MIX = "MIX", _("“%(input)s”: the kinds of raters are not mixed as the scheme asks (%(kind)s: %(share)s %%).")
    NO_BALLOT_LEFT = "NO_BALLOT_LEFT", _("“%(input)s”: no ballot is left after the highest and lowest are dropped.")
    UNSET_VALUE = "UNSET_VALUE", _("The policy leaves %(path)s open, and this person needs it.")
    UNCOVERED = "UNCOVERED", _("“%(input)s”: the policy has no row for this person.")
    NO_SCHEME = "NO_SCHEME", _("No yearly scheme of the policy fits this person.")
    ALREADY_CLOSED = "ALREADY_CLOSED", _("Has a closed result of %(year)s already.")
    TWO_EMPLOYMENTS = "TWO_EMPLOYMENTS", _("Two employments on the same day (%(first)s, %(second)s). End one of them.")
    SPLIT_MONTH = "SPLIT_MONTH", _("Two employments with a gap.")
    NO_POST = "NO_POST", _("Holds no post on %(day)s. Enter the post with its days.")
    NO_BIRTH_DATE = "NO_BIRTH_DATE", _("Has no date of birth on record. Enter it.")


class ConsequenceCode(models.TextChoices):
    """What may follow from a result; a policy may name others, which are shown as written."""

    REMINDER_TALK = "REMINDER_TALK", _("Reminder talk")
    OPEN_EXIT_CASE = "OPEN_EXIT_CASE", _("Exit case to be opened")
    NOT_RENEWED = "NOT_RENEWED", _("Contract is not renewed")
    REWARD = "REWARD", _("Reward")
    ALLOWANCE_REVIEW = "ALLOWANCE_REVIEW", _("Allowances to be reviewed")
    PAY_REVIEW = "PAY_REVIEW", _("Pay to be reviewed")


class DecisionCode(models.TextChoices):
    """The outputs of the annual review meeting; a policy may name others."""

    COMMITMENTS = "COMMITMENTS", _("Commitments")
    BASE_PAY = "BASE_PAY", _("Base pay")
    RETAIN = "RETAIN", _("Stays or leaves")


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "–"


def reason_text(code: str, params: Mapping[str, Any] | None = None) -> str:
    """A reason in the reader's language; a code without words is shown as it is."""
    for words in (ReasonCode, IssueCode, ConsequenceCode, DecisionCode):
        if code in words.values:
            return str(words(code).label) % _Blank(params or {})
    return code
