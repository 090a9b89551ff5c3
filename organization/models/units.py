"""Units: places in the tree of administration, what is known of them, and what became of them.

Codes of units are those of the national statistical division (twelve digits: 2 province, 2 city, 2 county, 3 street,
3 community); a grid or an estate adds three digits of its own to its community's code.
"""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from organization.models.roles import Permission


class DateRange(Func):
    """PostgreSQL's daterange(from, to): half open; an empty end is no end."""

    function = "daterange"


class UnitKind(models.TextChoices):
    PROVINCE = "PROVINCE", _("Province")
    CITY = "CITY", _("City")
    COUNTY = "COUNTY", _("County or district")
    STREET = "STREET", _("Street or town")
    COMMUNITY = "COMMUNITY", _("Community")
    GRID = "GRID", _("Grid")
    ESTATE = "ESTATE", _("Residential estate")


class Unit(models.Model):
    """A place in the tree of administration, as it was in a range of days; a renamed or moved unit is a new row.

    `path` holds the codes of all ancestors and the unit itself, without trailing zeros, each closed by a slash:
    "34/3401/340181/340181002/340181002008/". In collation C everything below a unit is the range
    [path, path with its last slash replaced by the next character), which an ordinary index answers.

    `origin` is the first row of the same unit, null in that row itself; `lineage` (the number of the first row) is the
    same in all rows of one unit, whatever it was called, wherever it belonged and whichever code it had.
    """

    code = models.CharField(_("code"), max_length=15, db_collation="C")
    name = models.CharField(_("name"), max_length=100)
    name_en = models.CharField(_("English name"), max_length=100, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=UnitKind.choices)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("part of")
    )
    path = models.TextField(_("path"), db_collation="C", editable=False)
    valid_from = models.DateField(_("from"))
    valid_to = models.DateField(_("until (first day on which it no longer holds)"), null=True, blank=True)
    origin = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="later"
    )
    lineage = models.GeneratedField(
        expression=Coalesce("origin_id", "id"), output_field=models.BigIntegerField(), db_persist=True
    )

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        ordering = ["path"]
        default_permissions = ()
        permissions = [(permission.value, str(permission.value)) for permission in Permission]
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=r"^\d{12}(\d{3})?$"), name="organization_unit_code_digits"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")), name="organization_unit_range"
            ),
            models.CheckConstraint(
                condition=Q(kind=UnitKind.PROVINCE, parent__isnull=True)
                | (~Q(kind=UnitKind.PROVINCE) & Q(parent__isnull=False)),
                name="organization_unit_only_provinces_are_roots",
            ),
            ExclusionConstraint(
                name="organization_unit_one_of_a_code_at_a_time",
                expressions=[
                    (F("code"), RangeOperators.EQUAL),
                    (DateRange(F("valid_from"), F("valid_to")), RangeOperators.OVERLAPS),
                ],
            ),
            ExclusionConstraint(
                name="organization_unit_one_of_a_path_at_a_time",
                expressions=[
                    (F("path"), RangeOperators.EQUAL),
                    (DateRange(F("valid_from"), F("valid_to")), RangeOperators.OVERLAPS),
                ],
            ),
        ]
        indexes = [
            models.Index(fields=["path"], name="organization_unit_path"),
            models.Index(fields=["lineage"], name="organization_unit_lineage"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def short_code(self) -> str:
        """The digits that say something: 340181000000 is 340181."""
        return shorten(self.code)

    @property
    def first_row(self) -> int:
        """The number of the unit's first row: `lineage`, without asking the database for it."""
        return self.origin_id or self.pk


class SuccessionKind(models.TextChoices):
    RENAME = "RENAME", _("Renamed")
    MOVE = "MOVE", _("Moved")
    UPGRADE = "UPGRADE", _("Changed in form")
    MERGE = "MERGE", _("Merged")
    SPLIT = "SPLIT", _("Split")


class UnitSuccession(models.Model):
    """What became of a unit on a day, by which document: one row for each pair of before and after."""

    before = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="successors", verbose_name=_("before"))
    after = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="predecessors", verbose_name=_("after"))
    kind = models.CharField(_("what happened"), max_length=10, choices=SuccessionKind.choices)
    day = models.DateField(_("day"))
    document = models.CharField(_("document"), max_length=200, blank=True)
    recorded_at = models.DateTimeField(auto_now_add=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("succession of units")
        verbose_name_plural = _("successions of units")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["before", "after"], name="organization_succession_once"),
            models.CheckConstraint(condition=~Q(before=F("after")), name="organization_succession_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.before} → {self.after} {self.day}"


class FactKey(models.TextChoices):
    """What is counted of a unit. Other words are possible; these have a name in the pages."""

    RESIDENTS = "residents", _("Residents")
    REGISTERED = "registered_residents", _("Registered residents")
    URBAN_RESIDENTS = "urban_residents", _("Urban residents")
    HOUSEHOLDS = "households", _("Households")
    GRIDS = "grids", _("Grids")
    QUOTA = "approved_quota", _("Approved headcount")
    BRANCH_STAR = "branch_star", _("Stars of the party branch")
    BUILDINGS = "buildings", _("Residential buildings")
    ESTATES = "estates", _("Residential estates")
    PROPERTY_COMPANIES = "property_companies", _("Property companies")
    OWNERS_COMMITTEES = "owners_committees", _("Owners' committees")
    SOCIAL_ORGANISATIONS = "social_organisations", _("Social organisations")
    SERVICE_SPOTS = "service_spots", _("Service spots")
    PARTY_MEMBERS = "party_members", _("Party members")


class UnitFact(models.Model):
    """A number or a word about a unit from a day on (residents, households, its own grade), with its source."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="facts", verbose_name=_("unit"))
    key = models.CharField(_("fact"), max_length=30)
    day = models.DateField(_("from"))
    value = models.CharField(_("value"), max_length=60)
    source = models.CharField(_("source"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("fact of a unit")
        verbose_name_plural = _("facts of units")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["unit", "key", "day"], name="organization_unit_fact_once"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} · {self.key} {self.value}"


def units_on(day: date) -> Q:
    """The condition that a unit holds on a day."""
    return Q(valid_from__lte=day) & (Q(valid_to__isnull=True) | Q(valid_to__gt=day))


def shorten(code: str) -> str:
    """The significant digits of a unit code, in whole levels: "340181000000" → "340181"."""
    if len(code) > 12:
        return code
    for length in (2, 4, 6, 9):
        if not code[length:].strip("0"):
            return code[:length]
    return code


def widen(code: str) -> str:
    """The full code of a short one: "340181" → "340181000000".

    A NUL, which is in no code and which the database can't even be asked for, becomes a sign that is in none either.
    """
    code = code.replace("\0", "\ufffd")
    return code if len(code) >= 12 else code.ljust(12, "0")


COUNTY_DIGITS, STREET_DIGITS = 6, 9  # of the last part of their paths


def path_above(path: str, digits: int) -> str:
    """The path of the county or street that a path lies in; the path itself where it lies above that level."""
    return "".join(part + "/" for part in path.rstrip("/").split("/") if len(part) <= digits)
