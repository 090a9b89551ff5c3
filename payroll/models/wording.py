"""The words for the codes that the rules of pay and ladders give. A label is a template for its params."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _


class LeftOutCode(models.TextChoices):
    """Why somebody has no slip."""

    TWO_EMPLOYMENTS = (
        "TWO_EMPLOYMENTS",
        _(
            "Two open employments: %(first)s from %(first_from)s and %(second)s from %(second_from)s. End the one that "
            "no longer holds."
        ),
    )
    SPLIT_MONTH = (
        "SPLIT_MONTH",
        _("Two employments in the month, until %(first_to)s and from %(second_from)s. Pay the month by hand."),
    )
    NO_POST = "NO_POST", _("Holds no post on %(day)s. Enter the post with its days.")
    NO_BIRTH_DATE = "NO_BIRTH_DATE", _("Has no date of birth on record. Enter it.")
    UNSET_VALUE = (
        "UNSET_VALUE",
        _("%(name)s needs a value that the rules leave open (%(path)s: %(because)s). Set it in a new version."),
    )
    NO_ROW = (
        "NO_ROW",
        _("%(name)s has no row that fits (no grade, or a case that the rules do not cover). Check the record."),
    )
    LIMIT_BLOCKS = "LIMIT_BLOCKS", _("%(limit)s does not allow this pay. Check the record or the rules.")
    PAID_ELSEWHERE = "PAID_ELSEWHERE", _("Has a slip of %(month)s in run %(run)s already.")


class CauseCode(models.TextChoices):
    """Why somebody's pay differs from the month before; facts name themselves."""

    JOINED = "JOINED", _("new")
    LEFT = "LEFT", _("gone")
    POLICY = "POLICY", _("rules changed")
    INDEX = "INDEX", _("index changed")
    DAYS = "DAYS", _("days paid")
    CYCLE = "CYCLE", _("paid in this month only")
    MANUAL = "MANUAL", _("entered by hand")


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "–"


def worded(code: str, params: Mapping[str, Any] | None, *words: type[models.TextChoices]) -> str:
    """A code with its params in the reader's language; a code without words is shown as it is."""
    for choices in words:
        if code in choices.values:
            return str(choices(code).label) % _Blank(params or {})
    return code


class LadderCode(models.TextChoices):
    """Why somebody has, gets or keeps a value on a ladder."""

    IMPORTED = "IMPORTED", _("Taken over from earlier records.")


def ladder_text(code: str, params: Mapping[str, Any] | None) -> str:
    return worded(code, params, LadderCode, LeftOutCode)


def left_out_text(code: str, params: Mapping[str, Any] | None) -> str:
    return worded(code, params, LeftOutCode)


def cause_name(code: str) -> str:
    """A cause in a word or two: one of ours, or the name of the fact that changed."""
    if code in CauseCode.values:
        return str(CauseCode(code).label)
    from django.utils.translation import get_language

    from policy.rules.facts import VOCABULARY

    fact = VOCABULARY.get(code)
    if fact is None:
        return _t("post") if code == "post" else code
    return fact.zh if str(get_language()).startswith("zh") else fact.en
