"""Versions of the rules of places, dated indices, and the words of what can be wrong with a policy file."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language, gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from policy.rules.document import Policy
from policy.rules.document.blocks import Name
from policy.rules.reading import Found, PolicyError, read

if TYPE_CHECKING:
    from psycopg2.extras import DateRange

_documents: dict[str, Policy] = {}  # by sha256: a text never changes, so what was read from it never goes stale
_KEPT = 64


def named(name: Name) -> str:
    """A name of the rules in the reader's language."""
    return name.zh if get_language() == "zh-hans" else name.en


class VersionStatus(models.TextChoices):
    IN_FORCE = "IN_FORCE", _("in force in its range of days")
    WITHDRAWN = "WITHDRAWN", _("withdrawn, replaced by a correction")


class PolicyVersion(models.Model):
    """The rules of a place in one version, as loaded. The text never changes: a correction is a new version.

    Only two things can happen to a row, and a trigger refuses everything else: its open end is closed by the version
    that follows, or it is withdrawn because a correction replaces it.
    """

    place = models.CharField(_("place"), max_length=12)
    version = models.CharField(_("version"), max_length=40)
    name = models.CharField(_("name"), max_length=120)
    name_en = models.CharField(_("name in English"), max_length=120)
    effective: models.Field[DateRange, DateRange] = DateRangeField(_("days in force"))
    published = models.DateField(_("made public on"), null=True, blank=True)
    sha256 = models.CharField(_("fingerprint"), max_length=64, unique=True)
    text = models.TextField(_("text"))
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("extends")
    )
    status = models.CharField(_("status"), max_length=10, choices=VersionStatus.choices, default=VersionStatus.IN_FORCE)
    loaded_at = models.DateTimeField(_("loaded at"), auto_now_add=True)
    reason = models.TextField(_("reason of the correction"), blank=True)

    class Meta:
        verbose_name = _("policy version")
        verbose_name_plural = _("policy versions")
        ordering = ["place", "effective"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["place", "version"], name="policy_version_once"),
            models.CheckConstraint(condition=Q(place__regex=r"^[0-9]{2,12}$"), name="policy_place_is_digits"),
            models.CheckConstraint(
                condition=Q(effective__isempty=False) & Q(effective__lower_inf=False), name="policy_range_begins"
            ),
            ExclusionConstraint(
                name="policy_versions_apart",
                expressions=[("place", RangeOperators.EQUAL), ("effective", RangeOperators.OVERLAPS)],
                condition=Q(status="IN_FORCE"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def reference(self) -> str:
        """How `extends` and commands name it."""
        return f"{self.place}/{self.version}"

    @property
    def first_day(self) -> date:
        first: date = self.effective.lower
        return first

    @property
    def document(self) -> Policy:
        """The rules in normal form; read once for each text and process."""
        found = _documents.get(self.sha256)
        if found is None:
            found = read(self.text, name=self.reference, parents=self.text_above)
            if len(_documents) >= _KEPT:
                _documents.pop(next(iter(_documents)))
            _documents[self.sha256] = found
        return found

    def text_above(self, reference: str) -> str | None:
        """The text of a version that this one extends, directly or further up."""
        above = self.parent
        while above is not None:
            if above.reference == reference:
                return above.text
            above = above.parent
        return None


class IndexValue(models.Model):
    """A figure of an index made public after the policy was written: it counts beside the policy's own series."""

    place = models.CharField(_("place"), max_length=12)
    index = models.CharField(_("index"), max_length=60)
    unit_code = models.CharField(_("unit"), max_length=12, blank=True)
    year = models.PositiveSmallIntegerField(_("year"), null=True, blank=True)
    day = models.DateField(_("from the day"), null=True, blank=True)
    value = models.DecimalField(_("value"), max_digits=14, decimal_places=4)
    published = models.DateField(_("made public on"))
    source = models.CharField(_("source"), max_length=200)
    entered_at = models.DateTimeField(_("entered at"), auto_now_add=True)

    class Meta:
        verbose_name = _("value of an index")
        verbose_name_plural = _("values of indices")
        ordering = ["place", "index", "unit_code", "year", "day"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(year__isnull=False, day__isnull=True) | Q(year__isnull=True, day__isnull=False),
                name="policy_index_year_or_day",
            ),
            models.UniqueConstraint(
                fields=["place", "index", "unit_code", "year", "day"],
                name="policy_index_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place} {self.index} {self.year or self.day}: {self.value}"


class PolicyErrorCode(models.TextChoices):
    """What can be wrong with a policy file. Labels are templates for the parameters of `PolicyError`."""

    YAML_SYNTAX = "YAML_SYNTAX", _("this is not valid YAML: %(problem)s")
    EMPTY_FILE = "EMPTY_FILE", _("the file is empty")
    SEVERAL_DOCUMENTS = (
        "SEVERAL_DOCUMENTS",
        _("a second document begins here (---); write one file a place and version"),
    )
    TAG = "TAG", _("tags such as %(tag)s are not used in policies")
    CIRCLE = "CIRCLE", _("this anchor contains itself")
    MERGE = "MERGE", _("<< must name a mapping, not %(found)s")
    KEY_NOT_PLAIN = "KEY_NOT_PLAIN", _("a key must be a plain word or number")
    COMMA_IN_TEXT = (
        "COMMA_IN_TEXT",
        _("the text before “%(found)s” was cut at a comma; put the whole text in quotes"),
    )
    DUPLICATE_KEY = "DUPLICATE_KEY", _("“%(found)s” stands here twice; the first is on line %(first)s")
    SCHEMA = "SCHEMA", _("this program does not know schema %(found)s")
    SECTION_NOT_BUILT = (
        "SECTION_NOT_BUILT",
        _("the section “%(found)s” is not built yet; nothing would happen with it. Take it out until it is"),
    )
    UNKNOWN_KEY = "UNKNOWN_KEY", _("there is no key “%(found)s” here")
    MISSING_KEY = "MISSING_KEY", _("the key “%(missing)s” is missing")
    KEY_NOT_FOR_KIND = (
        "KEY_NOT_FOR_KIND",
        _("“%(found)s” does not belong to %(word_key)s: %(kind)s (it belongs to %(kinds)s)"),
    )
    ONE_OF = "ONE_OF", _("exactly one of these is needed here; found: %(found)s")
    WRONG_TYPE = "WRONG_TYPE", _("expected %(expected)s, found %(found)s")
    QUOTES = "QUOTES", _("expected text, found %(found)s; put it in quotes")
    CODE = "CODE", _("expected a code (letters, digits, _ and -), found %(found)s")
    WORD = "WORD", _("“%(found)s” is none of the words that may stand here")
    NOT_BOOLEAN = "NOT_BOOLEAN", _("“%(found)s” is a word, not yes or no; write true or false")
    NOT_A_DATE = "NOT_A_DATE", _("expected a day such as 2024-01-31, found %(found)s")
    NO_SUCH_DAY = "NO_SUCH_DAY", _("there is no day %(day)s in month %(month)s of every year")
    WHOLE_NUMBER = "WHOLE_NUMBER", _("%(value)s: a whole number from %(least)s on is needed here")
    TOO_LARGE = "TOO_LARGE", _("%(value)s is too large; %(most)s is the most")
    NEGATIVE = "NEGATIVE", _("%(value)s is below zero")
    NOT_POSITIVE = "NOT_POSITIVE", _("%(value)s: a number above zero is needed here")
    MONEY_DECIMALS = "MONEY_DECIMALS", _("%(value)s yuan has more than two decimals; money ends at the fen")
    PERCENT = "PERCENT", _("%(value)s is no percentage; it lies outside 0 to 100")
    SCORE = "SCORE", _("%(value)s is no score; it lies outside 0 to 100")
    BASIS_POINTS = "BASIS_POINTS", _("%(value)s: rates are whole basis points from 0 to 10000 (800 is 8 %%)")
    MONTH = "MONTH", _("%(value)s is no month; months are 1 to 12")
    EMPTY_LIST = "EMPTY_LIST", _("nothing is listed here; leave the key out, or say {unset: why}")
    LISTED_TWICE = "LISTED_TWICE", _("the same entry is listed twice")
    DUPLICATE_CODE = "DUPLICATE_CODE", _("the code “%(found)s” is used twice; the first is on line %(first)s")
    NAME_TAKEN = "NAME_TAKEN", _("“%(found)s” is already the name of a fact; choose another")
    PLACE_CODE = (
        "PLACE_CODE",
        _('“%(found)s” is no place; write the significant digits of its unit code, such as "340181"'),
    )
    EFFECTIVE_ORDER = "EFFECTIVE_ORDER", _("the version ends on %(last)s, before or when it begins (%(first)s)")
    EXTENDS_FORM = "EXTENDS_FORM", _("“%(found)s”: write place/version, such as 62/2023")
    EXTENDS_UNKNOWN = "EXTENDS_UNKNOWN", _("there is no policy %(found)s; check or load that file first")
    EXTENDS_BROKEN = "EXTENDS_BROKEN", _("the policy %(found)s has %(count)s errors of its own; put them right first")
    EXTENDS_CIRCLE = "EXTENDS_CIRCLE", _("the files extend each other in a circle: %(found)s")
    CHOICE_OUTSIDE = (
        "CHOICE_OUTSIDE",
        _("%(value)s is outside of what %(parent)s leaves to choose: %(low)s to %(high)s"),
    )
    ASSUMED_WITHOUT_BECAUSE = (
        "ASSUMED_WITHOUT_BECAUSE",
        _("an assumed value needs its reason: {assumed: …, because: …}"),
    )
    BECAUSE_WITHOUT_ASSUMED = (
        "BECAUSE_WITHOUT_ASSUMED",
        _("a reason belongs to an assumed value: {assumed: …, because: …}"),
    )
    VALUE_AND_ASSUMED = "VALUE_AND_ASSUMED", _("a value is either cited (value) or assumed, not both")
    UNSET_WITHOUT_TEXT = "UNSET_WITHOUT_TEXT", _("say what is missing and why: {unset: text}")
    UNSET_NOT_ALLOWED = (
        "UNSET_NOT_ALLOWED",
        _("this can't be left open, nothing could be worked out; leave it out for the default, or assume a value"),
    )
    CHOOSE_FORM = "CHOOSE_FORM", _("write {choose: [low, high]} with two numbers; found %(found)s")
    CHOOSE_ORDER = "CHOOSE_ORDER", _("the lower bound %(low)s is above the upper bound %(high)s")
    UNKNOWN_FACT = "UNKNOWN_FACT", _("there is no fact “%(found)s”")
    FACT_LATER = (
        "FACT_LATER",
        _(
            "“%(fact)s” is worked out only after this section; the order is posts, classes, service, scales, results, pay"
        ),
    )
    FACT_NOT_OF_APPLICANTS = (
        "FACT_NOT_OF_APPLICANTS",
        _("nobody knows “%(fact)s” of somebody who only applies; ask about what an application says"),
    )
    FACT_NOT_HERE = "FACT_NOT_HERE", _("“%(fact)s” is not known here; only facts of what is counted may be asked for")
    FACT_TWICE = "FACT_TWICE", _("“%(fact)s” is named twice")
    UNKNOWN_CODE = "UNKNOWN_CODE", _("“%(found)s” is no code of “%(fact)s”")
    UNKNOWN_INDEX = "UNKNOWN_INDEX", _("there is no index “%(found)s” in `indices`")
    UNKNOWN_COMPONENT = "UNKNOWN_COMPONENT", _("there is no component “%(found)s”")
    COMPONENT_LATER = (
        "COMPONENT_LATER",
        _("“%(found)s” comes later or is this line itself; a component refers only to earlier ones"),
    )
    UNKNOWN_SCHEME = "UNKNOWN_SCHEME", _("there is no scheme “%(found)s”")
    SCHEME_LATER = "SCHEME_LATER", _("“%(found)s” comes later; a scheme takes its inputs from earlier ones")
    UNKNOWN_INPUT = "UNKNOWN_INPUT", _("this scheme has no input “%(found)s”")
    UNKNOWN_GRADE = "UNKNOWN_GRADE", _("there is no grade “%(found)s” in assessment.grades")
    UNKNOWN_RATERS = "UNKNOWN_RATERS", _("nobody knows raters “%(found)s”")
    UNKNOWN_ABSENCE = "UNKNOWN_ABSENCE", _("there is no kind of absence “%(found)s”")
    UNKNOWN_OPERATOR = "UNKNOWN_OPERATOR", _("“%(found)s” is no test of “%(fact)s”")
    OPERATOR_KIND = "OPERATOR_KIND", _("“%(operator)s” can't be asked of “%(fact)s”, which is %(kind)s")
    LIST_NEEDS_OPERATOR = (
        "LIST_NEEDS_OPERATOR",
        _("a list needs a word that says how it is meant: any_of, all_of, none_of"),
    )
    ALL_IS_A_MAPPING = "ALL_IS_A_MAPPING", _("the lines of a mapping must all hold anyway; write them side by side")
    EMPTY_TEST = "EMPTY_TEST", _("this tests nothing")
    NONE_HAS_NO_ORDER = (
        "NONE_HAS_NO_ORDER",
        _("NONE stands in no order, so “%(operator)s” NONE says nothing; use is: NONE"),
    )
    WITHIN_TWO_DAYS = "WITHIN_TWO_DAYS", _("within needs two days: [first, last]")
    WITHIN_ORDER = "WITHIN_ORDER", _("the first day %(first)s is after the last day %(last)s")
    WINDOW = "WINDOW", _("%(times)s times can't happen in the last %(in_last)s years")
    FIGURE_FORM = "FIGURE_FORM", _("this is no figure: %(found)s")
    SEVERAL_FACTS = "SEVERAL_FACTS", _("several facts go with `of` only, not with `%(form)s`")
    NUMBER_IN_TABLE = "NUMBER_IN_TABLE", _("“%(fact)s” is a number; a table by number is written with bands or values")
    NOT_BY_NUMBER = "NOT_BY_NUMBER", _("`%(form)s` needs a number, and “%(fact)s” is none; write `of`")
    NOT_BY_FACT = "NOT_BY_FACT", _("no table can be made by “%(fact)s” (%(kind)s)")
    NOT_A_NUMBER_FACT = "NOT_A_NUMBER_FACT", _("“%(fact)s” is no number (%(kind)s)")
    OPEN_CASE = "OPEN_CASE", _("the table by “%(fact)s” has no row for: %(missing)s; add the rows, or `else`")
    OPEN_BELOW = (
        "OPEN_BELOW",
        _("nothing is said for “%(fact)s” %(how)s %(edge)s; add a lower band, or `else`"),
    )
    ELSE_TWICE = "ELSE_TWICE", _("`else` stands both inside the rows and beside them")
    ELSE_BESIDE = "ELSE_BESIDE", _("`else` stands beside `%(form)s`, not among its bands")
    BAND_EDGE = "BAND_EDGE", _("“%(found)s” is no number; bands are written {from: figure}")
    EMPTY_BANDS = "EMPTY_BANDS", _("no bands are listed")
    NOT_ASCENDING = "NOT_ASCENDING", _("%(edge)s comes after %(before)s; write the numbers in ascending order")
    OUTSIDE_SCALE = "OUTSIDE_SCALE", _("%(value)s is no value of “%(scale)s”, which has 1 to %(values)s")
    OF_YEAR_MISSING = "OF_YEAR_MISSING", _("“%(index)s” is listed by year; say which: of_year")
    OF_YEAR_OF_DATED = "OF_YEAR_OF_DATED", _("“%(index)s” is listed by day; it takes the day, without of_year")
    UNIT_CODE = "UNIT_CODE", _("“%(found)s” is no unit code; a series split by units has their codes as keys")
    SERIES_YEAR = "SERIES_YEAR", _("“%(found)s” is no year, and the index is keyed: year")
    SERIES_DAY = "SERIES_DAY", _("“%(found)s” is no day such as 2021-04-01, and the index is keyed: date")
    PROBATION_LONG = (
        "PROBATION_LONG",
        _("%(months)s months of probation are more than the law allows for a contract of %(years)s years: %(most)s"),
    )
    RESTARTS_AFTER = "RESTARTS_AFTER", _("say after how many months: {restarts_after: {months: 6}}")
    RANGE_FORM = "RANGE_FORM", _("a range is written [low, high]; found %(found)s")
    RANGE_ORDER = "RANGE_ORDER", _("the range begins at %(low)s and ends at %(high)s, which is lower")
    RANGE_OUTSIDE = "RANGE_OUTSIDE", _("the range %(low)s to %(high)s goes beyond the %(values)s values of the scale")
    FLOOR_WITHOUT_RANGE = "FLOOR_WITHOUT_RANGE", _("there is no floor without a `range`; add one, or give a figure")
    TABLE_BESIDE = "TABLE_BESIDE", _("a table goes with do: table only, not with do: %(do)s")
    MANUAL_MOVE = "MANUAL_MOVE", _("a manual move is entered as a case; it counts no years")
    PAYERS = "PAYERS", _("the payers' percentages add to %(total)s, not to 100")
    PROBATION_FORM = "PROBATION_FORM", _("say what is paid while on probation: full, none or {percent: 90}")
    AT_MOST_FORM = "AT_MOST_FORM", _("say of what: {units: …} or {yuan: …}")
    CAP_FORM = "CAP_FORM", _("a cap is a share: {percent: 30}")
    CAP_WITHOUT_GRADING = "CAP_WITHOUT_GRADING", _("a cap needs grades; add `grading`")
    SHARES = "SHARES", _("the shares add to %(total)s, not to 100")
    WEIGHTS = "WEIGHTS", _("the weights add to %(total)s, not to 100")
    SPLIT_OF_ONE = "SPLIT_OF_ONE", _("one component is split, not several")
    PAID_IN_MONTHLY = "PAID_IN_MONTHLY", _("what is paid every month has no months of payment")
    MEAN_ONLY_REPORTED = "MEAN_ONLY_REPORTED", _("a mean is only reported; “%(action)s” would need a person")
    THRESHOLD_ORDER = (
        "THRESHOLD_ORDER",
        _("%(better)s begins at %(score)s; %(worse)s must begin lower, grades are listed best first"),
    )
    DEPARTMENTS = "DEPARTMENTS", _("%(wanted)s departments are asked for and %(found)s are listed")
    STEP_NOT_EARLIER = "STEP_NOT_EARLIER", _("“%(found)s” is no step before “%(step)s”")
    LAST_STEP = (
        "LAST_STEP",
        _("“%(step)s” is of the kind %(found)s; the last step is an order or an approve, and no other is"),
    )
    NOT_THE_LAST = (
        "NOT_THE_LAST",
        _("this line is for everybody, so that those after it are never asked; put it last, or give it a `when`"),
    )
    PROCEDURE_TWICE = (
        "PROCEDURE_TWICE",
        _("%(act)s of %(post)s has a procedure already: “%(first)s”; one act about one post has one"),
    )

    @classmethod
    def in_words(cls, error: PolicyError) -> str:
        """What is wrong, in the reader's language, without place and suggestions."""
        return str(cls(error.code).label) % {key: _shown(key, value) for key, value in error.params.items()}


class FoundKind(models.TextChoices):
    """What stands in a policy file where something else belongs."""

    MAPPING = "mapping", _("a mapping (%(text)s)")
    EMPTY_MAPPING = "empty_mapping", _("an empty mapping")
    LIST = "list", _("a list of %(text)s")
    NOTHING = "nothing", _("nothing")
    TEXT = "text", _("the text “%(text)s”")
    YESNO = "yesno", _("the yes/no value %(text)s")
    DATE = "date", _("the date %(text)s")
    NUMBER = "number", _("the number %(text)s")


# What the reader expects somewhere, in the words of the source language; translated when shown.
EXPECTED = (
    gettext_noop("a code"),
    gettext_noop("a condition (fact: test)"),
    gettext_noop("a list"),
    gettext_noop("a list of conditions"),
    gettext_noop("a list, or rows (number: figure)"),
    gettext_noop("a mapping (key: value)"),
    gettext_noop("a name, or {zh: …, en: …}"),
    gettext_noop("a number"),
    gettext_noop("a payer, or {payer: percent}"),
    gettext_noop("a series (year or day: value)"),
    gettext_noop("bands (from: figure)"),
    gettext_noop("decide, or a list of inputs"),
    gettext_noop("one value"),
    gettext_noop("rows (code: figure)"),
    gettext_noop("text"),
    gettext_noop("true or false"),
    gettext_noop("below"),
    gettext_noop("up to"),
)


def _shown(key: str, value: object) -> object:
    """A parameter of an error as people read it."""
    if isinstance(value, Found):
        return str(FoundKind(value.kind).label) % {"text": value.text}
    if isinstance(value, Decimal):
        return format(value, "f")
    return gettext(value) if key in ("expected", "how") and isinstance(value, str) else value
