"""The other sections of somebody's file: life, family, public roles, and what they get and answer for."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.crypto import BlindIndexField, EncryptedCharField, SealedCheck
from organization.models import DateRange, Unit
from personnel.models.codes import (
    AreaRole,
    CheckResult,
    DutyKind,
    FamilyRelation,
    FitVerdict,
    HonourLevel,
    InsuranceScheme,
    LeaveKind,
    NamedListKind,
    PoliticalStatus,
    PostTitle,
    PublicRoleKind,
    SupportKind,
    TreatmentLevel,
)
from personnel.models.people import Person, row_key
from personnel.models.ranges import one_at_a_time, range_check


class ResumeLine(models.Model):
    """A line of the résumé: somewhere, as something, from a day until another; months are their first days."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="resume_lines", verbose_name=_("person"))
    start = models.DateField(_("from"))
    end = models.DateField(_("until (first day on which it no longer holds)"), null=True, blank=True)
    organisation = models.CharField(_("where"), max_length=150)
    role = models.CharField(_("as what"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("line of the résumé")
        verbose_name_plural = _("résumé")
        default_permissions = ()
        constraints = [range_check("personnel_resume_range")]
        indexes = [models.Index(fields=["person", "start"], name="personnel_resume_by_person")]

    def __str__(self) -> str:
        return f"{self.start} {self.organisation}"


class FamilyMember(models.Model):
    key = row_key()
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="family", verbose_name=_("person"))
    relation = models.CharField(_("relation"), max_length=2, choices=FamilyRelation.choices)
    name = models.CharField(_("name"), max_length=50)
    birth_date = models.DateField(_("born"), null=True, blank=True)
    political_status = models.CharField(
        _("political status"), max_length=20, choices=PoliticalStatus.choices, blank=True
    )
    work = models.CharField(_("work"), max_length=150, blank=True)
    phone = EncryptedCharField(_("phone"), max_length=20, blank=True, row=("key", "person_id"))

    class Meta:
        verbose_name = _("family member")
        verbose_name_plural = _("family")
        default_permissions = ()
        constraints = [SealedCheck(fields=["phone"], name="personnel_family_sealed")]
        indexes = [models.Index(fields=["person"], name="personnel_family_by_person")]

    def __str__(self) -> str:
        return f"{self.get_relation_display()} {self.name}"


class PublicRole(models.Model):
    """两代表一委员: delegate of a party congress, deputy of a People's Congress, member of the CPPCC."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="public_roles", verbose_name=_("person"))
    kind = models.CharField(_("kind"), max_length=16, choices=PublicRoleKind.choices)
    level = models.CharField(_("level"), max_length=12, choices=HonourLevel.choices)
    term = models.CharField(_("term"), max_length=40, blank=True)
    start = models.DateField(_("from"))
    end = models.DateField(_("until (first day on which it no longer holds)"), null=True, blank=True)
    document = models.CharField(_("document"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("public role")
        verbose_name_plural = _("public roles")
        default_permissions = ()
        constraints = [
            range_check("personnel_public_role_range"),
            one_at_a_time(
                "personnel_public_role_once_at_a_time",
                ("person", "kind", "level"),
                _("This person already has this public role in these days."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.get_level_display()}"


class SpecialTreatment(models.Model):
    """A treatment for a time; `with_post`: it ends when the post of party secretary ends (副科级 in a term of office)."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="treatments", verbose_name=_("person"))
    level = models.CharField(_("level"), max_length=20, choices=TreatmentLevel.choices)
    start = models.DateField(_("from"))
    end = models.DateField(_("until (first day on which it no longer holds)"), null=True, blank=True)
    with_post = models.BooleanField(_("ends with the post"), default=False)
    document = models.CharField(_("document"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("special treatment")
        verbose_name_plural = _("special treatments")
        default_permissions = ()
        constraints = [
            range_check("personnel_treatment_range"),
            one_at_a_time(
                "personnel_treatment_once_at_a_time",
                ("person", "level"),
                _("This person already has this treatment in these days."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_level_display()} · {self.start}"


class NamedListEntry(models.Model):
    """Somebody's place on a named list (名单): `batch` says which issue of the list, as its document calls it (首批)."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="named_lists", verbose_name=_("person"))
    kind = models.CharField(_("named list"), max_length=24, choices=NamedListKind.choices)
    batch = models.CharField(_("batch"), max_length=40, blank=True)
    start = models.DateField(_("from"))
    end = models.DateField(_("until (first day on which it no longer holds)"), null=True, blank=True)
    document = models.CharField(_("document"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("place on a named list")
        verbose_name_plural = _("places on named lists")
        default_permissions = ()
        constraints = [
            range_check("personnel_named_list_range"),
            one_at_a_time(
                "personnel_named_list_once_at_a_time",
                ("person", "kind"),
                _("This person is on this list in these days already."),
            ),
        ]
        # The lists themselves: who is on one, by the day from which they are.
        indexes = [models.Index(fields=["kind", "start", "person"], name="personnel_named_list_by_kind")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.start}"


class DutyItem(models.Model):
    """An item of somebody's list of responsibilities or tasks (责任清单, 任务清单); it is open until its day `done`."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="duties", verbose_name=_("person"))
    kind = models.CharField(_("list of duties"), max_length=16, choices=DutyKind.choices)
    text = models.CharField(_("what there is to do"), max_length=200)
    start = models.DateField(_("from"))
    due = models.DateField(_("due on"), null=True, blank=True)
    done = models.DateField(_("done on"), null=True, blank=True)
    document = models.CharField(_("document"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("item of the lists of duties")
        verbose_name_plural = _("items of the lists of duties")
        default_permissions = ()
        constraints = [
            range_check("personnel_duty_range", end="done"),
            models.CheckConstraint(
                condition=Q(due__isnull=True) | Q(due__gte=F("start")),
                name="personnel_duty_due",
                violation_error_message=_("This would be due before it begins."),
            ),
            models.CheckConstraint(
                condition=~Q(text=""),
                name="personnel_duty_text",
                violation_error_message=_("Say what there is to do."),
            ),
        ]
        indexes = [models.Index(fields=["person", "start"], name="personnel_duty_by_person")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.text[:40]}"


class InsuranceEnrolment(models.Model):
    key = row_key()
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="insurances", verbose_name=_("person"))
    scheme = models.CharField(_("scheme"), max_length=12, choices=InsuranceScheme.choices)
    number = EncryptedCharField(_("number"), max_length=40, blank=True, row=("key", "person_id"))
    place = models.CharField(_("place"), max_length=100, blank=True)
    start = models.DateField(_("from"))
    end = models.DateField(_("until (first day on which it no longer holds)"), null=True, blank=True)

    class Meta:
        verbose_name = _("insurance enrolment")
        verbose_name_plural = _("insurance enrolments")
        default_permissions = ()
        constraints = [
            range_check("personnel_insurance_range"),
            SealedCheck(fields=["number"], name="personnel_insurance_sealed"),
            one_at_a_time(
                "personnel_insurance_one_of_a_scheme_at_a_time",
                ("person", "scheme"),
                _("This person is enrolled in this scheme in these days already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_scheme_display()} · {self.start}"


class BankAccount(models.Model):
    """Where money goes: `main` is where pay goes, one at a time. number_index tells who shares an account."""

    key = row_key()
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="bank_accounts", verbose_name=_("person"))
    bank = models.CharField(_("bank"), max_length=100)
    number = EncryptedCharField(
        _("account number"),
        max_length=34,
        row=("key", "person_id"),
        validators=[RegexValidator(r"^\d{8,34}\Z", _("An account number has 8 to 34 digits and nothing else."))],
    )
    number_index = BlindIndexField("number")
    holder = models.CharField(_("holder"), max_length=50, blank=True)
    main = models.BooleanField(_("pay goes here"), default=True)
    start = models.DateField(_("from"))
    end = models.DateField(_("until (first day on which it no longer holds)"), null=True, blank=True)

    class Meta:
        verbose_name = _("bank account")
        verbose_name_plural = _("bank accounts")
        default_permissions = ()
        constraints = [
            range_check("personnel_bank_account_range"),
            SealedCheck(fields=["number"], name="personnel_bank_account_sealed"),
            one_at_a_time(
                "personnel_bank_account_one_main_at_a_time",
                ("person",),
                _("This person's pay goes to another account in these days."),
                condition=Q(main=True),
            ),
        ]
        indexes = [
            models.Index(fields=["person"], name="personnel_bank_by_person"),
            models.Index(fields=["number_index"], name="personnel_bank_by_number"),
        ]

    def __str__(self) -> str:
        return f"{self.bank} · {self.masked_number}"

    @property
    def masked_number(self) -> str:
        """**** 1234."""
        return f"**** {self.number[-4:]}"


class PostFit(models.Model):
    """What a panel of three says of somebody and a post (人岗相适): what they can do and may become, which post they are
    meant for with which duties. The three: who leads the organisation department's side, the head of the street, and the
    leading secretary of a community."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="post_fits", verbose_name=_("person"))
    day = models.DateField(_("day"))
    department_leader = models.CharField(_("for the organisation department"), max_length=50)
    street_head = models.CharField(_("head of the street or town"), max_length=50)
    leading_secretary = models.CharField(_("leading secretary"), max_length=50)
    ability = models.CharField(_("what they can do"), max_length=300, blank=True)
    potential = models.CharField(_("what they may become"), max_length=300, blank=True)
    title = models.CharField(_("post meant for them"), max_length=24, choices=PostTitle.choices)
    duties = models.CharField(_("duties of the post"), max_length=300, blank=True)
    verdict = models.CharField(_("verdict"), max_length=16, choices=FitVerdict.choices)
    document = models.CharField(_("document"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("fit of a person and a post")
        verbose_name_plural = _("fits of people and posts")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["person", "day"], name="personnel_post_fit_once_a_day"),
            models.CheckConstraint(
                condition=~Q(department_leader="")
                & ~Q(street_head="")
                & ~Q(leading_secretary="")
                & ~Q(department_leader=F("street_head"))
                & ~Q(department_leader=F("leading_secretary"))
                & ~Q(street_head=F("leading_secretary")),
                name="personnel_post_fit_panel",
                violation_error_message=_("A panel has three members, each somebody else. Name all three."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.get_title_display()}"


class HealthCheck(models.Model):
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="health_checks", verbose_name=_("person"))
    day = models.DateField(_("day"))
    place = models.CharField(_("place"), max_length=100, blank=True)
    result = models.CharField(_("result"), max_length=10, choices=CheckResult.choices, blank=True)

    class Meta:
        verbose_name = _("health check")
        verbose_name_plural = _("health checks")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["person", "day"], name="personnel_health_check_once_a_day")]

    def __str__(self) -> str:
        return str(self.day)


class Leave(models.Model):
    """Leave from the first day away until the day back; `days` counts what is taken of an entitlement (half days)."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="leaves", verbose_name=_("person"))
    kind = models.CharField(_("kind"), max_length=12, choices=LeaveKind.choices)
    start = models.DateField(_("from"))
    end = models.DateField(_("back on"), null=True, blank=True)
    days = models.DecimalField(
        _("days"), max_digits=5, decimal_places=1, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    document = models.CharField(_("document"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("leave")
        verbose_name_plural = _("leave")
        default_permissions = ()
        constraints = [
            range_check("personnel_leave_range"),
            models.CheckConstraint(
                condition=Q(days__isnull=True) | Q(days__gte=0),
                name="personnel_leave_days",
                violation_error_message=_("Leave has no negative days."),
            ),
        ]
        indexes = [models.Index(fields=["person", "start"], name="personnel_leave_by_person")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.start}"


class SupportRecord(models.Model):
    """Care for somebody in work or after it; amount in fen."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="supports", verbose_name=_("person"))
    kind = models.CharField(_("kind"), max_length=12, choices=SupportKind.choices)
    day = models.DateField(_("day"))
    amount = models.BigIntegerField(_("amount (fen)"), default=0)
    giver = models.CharField(_("given by"), max_length=100, blank=True)
    remark = models.CharField(_("remark"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("support")
        verbose_name_plural = _("support")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gte=0),
                name="personnel_support_amount",
                violation_error_message=_("Support has no negative amount."),
            ),
        ]
        indexes = [models.Index(fields=["person", "day"], name="personnel_support_by_person")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.day}"


class ResponsibilityArea(models.Model):
    """The estate, grid or area that somebody answers for, and how; one person may have several."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="areas", verbose_name=_("person"))
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("area"))
    role = models.CharField(_("role"), max_length=14, choices=AreaRole.choices, default=AreaRole.DEDICATED)
    main_workplace = models.BooleanField(_("mainly works here"), default=False)
    start = models.DateField(_("from"))
    end = models.DateField(_("until (first day on which it no longer holds)"), null=True, blank=True)

    class Meta:
        verbose_name = _("area of responsibility")
        verbose_name_plural = _("areas of responsibility")
        default_permissions = ()
        constraints = [
            range_check("personnel_area_range"),
            one_at_a_time(
                "personnel_area_once_at_a_time",
                ("person", "unit", "role"),
                _("This person already has this area in these days."),
            ),
            ExclusionConstraint(
                name="personnel_area_one_main_workplace_at_a_time",
                expressions=[
                    (F("person"), RangeOperators.EQUAL),
                    (DateRange(F("start"), F("end")), RangeOperators.OVERLAPS),
                ],
                condition=Q(main_workplace=True),
                violation_error_message=_("This person mainly works elsewhere in these days."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} · {self.get_role_display()}"
