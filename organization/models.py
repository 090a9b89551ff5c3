"""Units, the people who log in, and what they may do where.

Codes of units are those of the national statistical division (twelve digits: 2 province, 2 city, 2 county, 3 street,
3 community); a grid or an estate adds three digits of its own to its community's code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _
from guardian.models import UserObjectPermissionBase


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


class Permission(models.TextChoices):
    """What one may do with the people and runs of a unit and of all below it: codenames on Unit."""

    VIEW_PEOPLE = "view_people", _("Look at people and their records")
    CHANGE_PEOPLE = "change_people", _("Change people's records")
    RUN_EVALUATION = "run_evaluation", _("Start evaluations")
    CONFIRM_EVALUATION = "confirm_evaluation", _("Confirm and close evaluations")
    VIEW_RESULTS = "view_results", _("Look at evaluation results")
    RUN_PAY = "run_pay", _("Start pay runs")
    SEAL_PAY = "seal_pay", _("Approve and seal pay runs")
    VIEW_PAY = "view_pay", _("Look at payslips")
    RUN_PROMOTION = "run_promotion", _("Start promotion reviews")
    CONFIRM_PROMOTION = "confirm_promotion", _("Confirm promotion reviews")
    VIEW_AUDIT = "view_audit", _("Look at the audit trail")
    USE_API = "use_api", _("Use the programming interface")
    CHANGE_GRANTS = "change_grants", _("Create users and give and take grants")
    CHANGE_UNITS = "change_units", _("Create, rename and close units")


class Role(models.TextChoices):
    STREET_CLERK = "STREET_CLERK", _("Street clerk")
    STREET_APPROVER = "STREET_APPROVER", _("Street approver")
    ORG_OFFICER = "ORG_OFFICER", _("Organisation department officer")
    ORG_APPROVER = "ORG_APPROVER", _("Organisation department approver")
    FINANCE = "FINANCE", _("Finance")
    AUDITOR = "AUDITOR", _("Auditor")
    SYSTEM_ADMIN = "SYSTEM_ADMIN", _("System administrator")
    SECURITY_ADMIN = "SECURITY_ADMIN", _("Security administrator")
    WORKER = "WORKER", _("Worker")
    REST_CLIENT = "REST_CLIENT", _("REST client")


_P = Permission

# Which role may do what. A worker's own records need no grant on a unit; finance seals what others have started.
ROLE_PERMISSIONS: Mapping[str, frozenset[str]] = {
    Role.STREET_CLERK: frozenset(
        {_P.VIEW_PEOPLE, _P.CHANGE_PEOPLE, _P.RUN_EVALUATION, _P.VIEW_RESULTS, _P.RUN_PAY, _P.VIEW_PAY}
    ),
    Role.STREET_APPROVER: frozenset({_P.VIEW_PEOPLE, _P.CONFIRM_EVALUATION, _P.VIEW_RESULTS, _P.VIEW_PAY}),
    Role.ORG_OFFICER: frozenset(
        {
            _P.VIEW_PEOPLE,
            _P.CHANGE_PEOPLE,
            _P.RUN_EVALUATION,
            _P.VIEW_RESULTS,
            _P.RUN_PAY,
            _P.VIEW_PAY,
            _P.RUN_PROMOTION,
        }
    ),
    Role.ORG_APPROVER: frozenset(
        {_P.VIEW_PEOPLE, _P.CONFIRM_EVALUATION, _P.VIEW_RESULTS, _P.VIEW_PAY, _P.CONFIRM_PROMOTION}
    ),
    Role.FINANCE: frozenset({_P.VIEW_PEOPLE, _P.VIEW_PAY, _P.SEAL_PAY}),
    Role.AUDITOR: frozenset({_P.VIEW_PEOPLE, _P.VIEW_RESULTS, _P.VIEW_PAY, _P.VIEW_AUDIT}),
    Role.SYSTEM_ADMIN: frozenset({_P.CHANGE_UNITS}),
    Role.SECURITY_ADMIN: frozenset({_P.CHANGE_GRANTS}),
    Role.WORKER: frozenset(),
    Role.REST_CLIENT: frozenset({_P.USE_API, _P.VIEW_PEOPLE, _P.VIEW_RESULTS, _P.VIEW_PAY}),
}

# Roles of different families exclude each other at the same time: the three administrators and the business are four.
ROLE_FAMILIES: Mapping[str, str] = {
    Role.AUDITOR: "AUDIT",
    Role.SYSTEM_ADMIN: "SYSTEM",
    Role.SECURITY_ADMIN: "SECURITY",
}
BUSINESS = "BUSINESS"


def role_family(role: str) -> str:
    return ROLE_FAMILIES.get(role, BUSINESS)


class User(AbstractUser):
    """Somebody who logs in. What they may do comes from grants on units alone; the flags of Django give nothing."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    display_name = models.CharField(_("name"), max_length=60)
    must_change_password = models.BooleanField(_("must change the password"), default=False)

    REQUIRED_FIELDS = ["display_name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self) -> str:
        return self.display_name or self.username

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name


class Unit(models.Model):
    """A place in the tree of administration, as it was in a range of days; a renamed or moved unit is a new row.

    `path` holds the codes of all ancestors and the unit itself, without trailing zeros, each closed by a slash:
    "34/3401/340181/340181002/340181002008/". In collation C everything below a unit is the range
    [path, path with its last slash replaced by the next character), which an ordinary index answers.
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
        indexes = [models.Index(fields=["path"], name="organization_unit_path")]

    def __str__(self) -> str:
        return self.name

    @property
    def short_code(self) -> str:
        """The digits that say something: 340181000000 is 340181."""
        return shorten(self.code)


class UnitFact(models.Model):
    """A number or a word about a unit from a day on (residents, households, its own grade), with its source."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="facts", verbose_name=_("unit"))
    key = models.CharField(_("fact"), max_length=30)
    day = models.DateField(_("from"))
    value = models.CharField(_("value"), max_length=60)
    source = models.CharField(_("source"), max_length=100, blank=True)

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
    """The full code of a short one: "340181" → "340181000000"."""
    return code if len(code) >= 12 else code.ljust(12, "0")


class Grant(models.Model):
    """A user's role on a unit and everything below it, for a range of days."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="grants", verbose_name=_("user")
    )
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="grants", verbose_name=_("unit"))
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    family = models.CharField(max_length=10, editable=False)
    valid_from = models.DateField(_("from"))
    valid_to = models.DateField(_("until (first day on which it no longer holds)"), null=True, blank=True)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("granted by"),
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="organization_grant_range"
            ),
            models.CheckConstraint(
                condition=Q(role=Role.AUDITOR, family="AUDIT")
                | Q(role=Role.SYSTEM_ADMIN, family="SYSTEM")
                | Q(role=Role.SECURITY_ADMIN, family="SECURITY")
                | (~Q(role__in=[Role.AUDITOR, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN]) & Q(family=BUSINESS)),
                name="organization_grant_family_of_role",
            ),
            ExclusionConstraint(
                name="organization_grant_excluded_roles",
                expressions=[
                    (F("user"), RangeOperators.EQUAL),
                    (F("family"), RangeOperators.NOT_EQUAL),
                    (DateRange(F("valid_from"), F("valid_to")), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("The administrator roles exclude each other and every business role."),
            ),
            ExclusionConstraint(
                name="organization_grant_once",
                expressions=[
                    (F("user"), RangeOperators.EQUAL),
                    (F("unit"), RangeOperators.EQUAL),
                    (F("role"), RangeOperators.EQUAL),
                    (DateRange(F("valid_from"), F("valid_to")), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} · {self.unit}"


class UnitUserObjectPermission(UserObjectPermissionBase):
    """One permission of one user on one unit, worked out from the grants by the services that change those.

    Guardian's direct foreign-key form: deleting the unit deletes the row, so that a re-used key inherits nothing. A row
    says what; the grants behind it say when, and access.py asks both at every use: what rests on a grant that has run
    out is worth nothing although the row is still there. Guardian's own `has_perm` knows no dates: only access.py asks.
    """

    content_object = models.ForeignKey(Unit, on_delete=models.CASCADE)

    class Meta(UserObjectPermissionBase.Meta):
        default_permissions = ()
        indexes = [models.Index(fields=["user", "permission"], name="organization_unitperm_user")]


def token_digest(token: str) -> str:
    """What is stored of a token: SHA-256 as 64 hexadecimal characters. A token of 256 random bits needs no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


class ApiToken(models.Model):
    """What a program shows instead of a password: "prefix.secret", of which only the prefix and a hash are kept."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens", verbose_name=_("user")
    )
    label = models.CharField(_("label"), max_length=60)
    prefix = models.CharField(_("prefix"), max_length=8, unique=True, db_collation="C")
    digest = models.CharField(max_length=64, editable=False)
    created = models.DateTimeField(_("created"))
    expires = models.DateTimeField(_("holds until"))
    last_used = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("token")
        verbose_name_plural = _("tokens")
        ordering = ["-created", "-id"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(prefix__regex=r"^[0-9a-f]{8}$"), name="organization_token_prefix"),
            models.CheckConstraint(condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="organization_token_digest"),
            models.CheckConstraint(condition=Q(expires__gt=F("created")), name="organization_token_range"),
        ]

    def __str__(self) -> str:
        return f"{self.prefix} · {self.user} · {self.label}"
