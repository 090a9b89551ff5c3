"""The words for the codes that the rules of pay and ladders give. A label is a template for its params."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from core.money import format_yuan
from policy.rules.document import Name, Policy

PAYERS = {
    "": _("payer not named"),
    "CITY": _("city"),
    "COUNTY": _("county"),
    "STREET": _("street"),
    "COMMUNITY": _("community"),
    "PROVINCE": _("province"),
}


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
    LEAVER_OWED = (
        "LEAVER_OWED",
        _(
            "No longer employed. The sealed months from %(from)s to %(to)s turn out to owe %(yuan)s yuan more. A run pays "
            "only those employed in its month: pay this outside the run."
        ),
    )
    LEAVER_OVERPAID = (
        "LEAVER_OVERPAID",
        _(
            "No longer employed. In the sealed months from %(from)s to %(to)s %(yuan)s yuan too much was paid. A run takes "
            "back only from those employed in its month: claim this outside the run."
        ),
    )
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


class StepKind(models.TextChoices):
    """One step of a line's arithmetic."""

    AMOUNT = "AMOUNT", _("amount %(value)s yuan%(facts)s")
    FACTOR = "FACTOR", _("× %(value)s%(facts)s")
    PERCENT = "PERCENT", _("× %(value)s %%%(facts)s")
    BASE = "BASE", _("%(ref)s %(yuan)s")
    UNITS = "UNITS", _("%(value)s units%(facts)s")
    AT_MOST_UNITS = "AT_MOST_UNITS", _("at most %(value)s units")
    AT_MOST_YUAN = "AT_MOST_YUAN", _("at most %(value)s yuan")
    MARK = "MARK", _("%(value)s yuan on passing%(facts)s")
    SHARE = "SHARE", _("of it %(value)s %%")
    REST = "REST", _("the rest after the other shares (%(value)s %%)")
    MANUAL = "MANUAL", _("entered by hand: %(yuan)s")
    NOT_ELIGIBLE = "NOT_ELIGIBLE", _("not for this person%(facts)s")
    STANDARD = "STANDARD", _("full month, rounded: %(yuan)s")
    DUE = "DUE", _("due for the days and the probation%(facts)s: %(yuan)s")
    MONTH = "MONTH", _("%(ref)s: %(yuan)s")
    CYCLE = "CYCLE", _("%(ref)s, whole: %(yuan)s")


_TWELFTHS = ("service_years", "continuous_years", "working_years", "post_years", "experience_years")


def fact_text(name: str, value: Any) -> str:
    """The value of a fact in the reader's language; a code that has no words is shown as it is."""
    if value is None:
        return gettext("none")
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if (name in _TWELFTHS or name.endswith("_years")) and isinstance(value, int):
        if value % 12:
            return gettext("%(years)s years %(months)s months") % {"years": value // 12, "months": value % 12}
        return gettext("%(years)s years") % {"years": value // 12}
    if isinstance(value, list):
        return "、".join(code_name(str(code)) for code in value)
    return code_name(str(value))


class PolicyWords:
    """The words that a policy has for its own posts, classes, grades and scales, in the reader's language."""

    def __init__(self, policy: Policy) -> None:
        chinese = str(get_language()).startswith("zh")

        def said(name: Name | None, code: str) -> str:
            return code if name is None else name.zh if chinese else name.en

        self.facts = {code: said(scale.name, code) for code, scale in policy.scales.items()}
        self.codes: dict[tuple[str, str], str] = {}
        for name, rows in (("post", policy.posts), *policy.classes.items()):
            self.codes |= {(name, row.code): said(row.name, row.code) for row in rows}
        grades = policy.assessment.grades if policy.assessment else ()
        self.grades = {grade.code: said(grade.name, grade.code) for grade in grades}

    def fact(self, name: str) -> str:
        return self.facts.get(name) or cause_name(name)

    def value(self, name: str, value: Any) -> str:
        if isinstance(value, str):
            if name.startswith(("annual_grade", "grade.")):
                return self.grades.get(value, value)
            if (name, value) in self.codes:
                return self.codes[name, value]
        return fact_text(name, value)

    def told(self, facts: Iterable[tuple[str, Any]]) -> tuple[tuple[str, Any], ...]:
        """Facts with their values as a reader says them."""
        return tuple((self.fact(name), self.value(name, value)) for name, value in facts)


def code_name(code: str) -> str:
    """The words that the records have for a code."""
    from personnel import models as records

    for choices in (
        records.Sex,
        records.CertificateLevel,
        records.EducationLevel,
        records.PostTitle,
        records.Category,
        records.EntryChannel,
        records.PoliticalStatus,
    ):
        if code in choices.values:
            return str(choices(code).label)
    return code


def step_text(kind: str, value: Any, facts: Any, ref: str) -> str:
    """A step of an explanation in words, with its numbers."""
    if kind not in StepKind.values:
        return kind
    seen = ", ".join(f"{cause_name(name)} {fact_text(name, found)}" for name, found in facts)
    params = {
        "value": "" if value is None else _decimal(value),
        "yuan": "" if value is None else format_yuan(int(value)),
        "facts": gettext(" (%(facts)s)") % {"facts": seen} if seen else "",
        "ref": ref,
    }
    return str(StepKind(kind).label) % params


def _decimal(value: Any) -> str:
    number = Decimal(value.numerator) / Decimal(value.denominator)
    return f"{round(number, 6).normalize():f}"


class _Blank(dict[str, Any]):
    """Params for a template: what is missing, null or empty is a dash."""

    def __getitem__(self, key: str) -> Any:
        value = self.get(key)
        return "–" if value is None or value == "" else value


def worded(code: str, params: Mapping[str, Any] | None, *words: type[models.TextChoices]) -> str:
    """A code with its params in the reader's language; a code without words is shown as it is."""
    for choices in words:
        if code in choices.values:
            return str(choices(code).label) % _Blank(params or {})
    return code


class LadderCode(models.TextChoices):
    """Why somebody has, gets or keeps a value on a ladder."""

    IMPORTED = "IMPORTED", _("Taken over from earlier records.")
    PLACED = (
        "PLACED",
        _(
            "Placed: %(from)s to begin with, %(steps)s for %(years)s years, %(credits)s for credits; cut to the range by %(cut)s."
        ),
    )
    RECOMPUTED = (
        "RECOMPUTED",
        _("Worked out anew: %(from)s to begin with, %(steps)s for %(years)s years, %(credits)s for credits."),
    )
    SAME = "SAME", _("Worked out anew with the same value.")
    NO_RANGE = "NO_RANGE", _("The post has no range on this ladder: no value.")
    UNSET_VALUE = "UNSET_VALUE", _("Needs a value that the rules leave open (%(path)s). Set it in a new version.")
    NOT_DUE = "NOT_DUE", _("Not up for review on this day.")
    RESULT_OPEN = "RESULT_OPEN", _("Waits: the yearly result is not closed yet.")
    AT_TOP = "AT_TOP", _("At the top of the range (%(high)s).")
    AT_BOTTOM = "AT_BOTTOM", _("At the bottom of the range (%(low)s).")
    COUNTING = (
        "COUNTING",
        _(
            "%(counted)s of %(needed)s years count up to %(year)s (not counted: %(skipped)s); next step on %(next)s at the earliest."
        ),
    )
    STAYS = "STAYS", _("No move of the ladder applies.")
    ROSE = "ROSE", _("%(move)s: rises.")
    FELL = "FELL", _("%(move)s: falls.")
    POST_CHANGED = "POST_CHANGED", _("The post has changed; the range is now %(low)s to %(high)s.")
    PROBATION_OVER = "PROBATION_OVER", _("Probation is over: what it took off comes back.")
    CREDITED = "CREDITED", _("A credit earned since then.")


def ladder_text(code: str, params: Mapping[str, Any] | None) -> str:
    return worded(code, params, LadderCode, LeftOutCode)


def left_out_text(code: str, params: Mapping[str, Any] | None) -> str:
    params = {name: code_name(value) if isinstance(value, str) else value for name, value in (params or {}).items()}
    return worded(code, params, LeftOutCode)


def cause_name(code: str) -> str:
    """A cause in a word or two: one of ours, or the name of the fact that changed."""
    if code in CauseCode.values:
        return str(CauseCode(code).label)
    from django.utils.translation import get_language

    from policy.rules.facts import VOCABULARY

    fact = VOCABULARY.get(code)
    if fact is None:
        return gettext("post") if code == "post" else code
    return fact.zh if str(get_language()).startswith("zh") else fact.en
