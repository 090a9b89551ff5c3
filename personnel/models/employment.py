"""Employments, posts and who holds them."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from organization.models import DateRange, Unit
from personnel.models.codes import (
    Body,
    Category,
    Destination,
    Election,
    EndReason,
    EntryChannel,
    Establishment,
    PlacementKind,
    PostTitle,
)
from personnel.models.people import Person
from personnel.models.ranges import range_check


class Employment(models.Model):
    """A person works for an employer, in a category, for a range of days.

    `employer` signs and pays; `unit` is the community (or street) that manages the person and in which they work.
    `unit_path` repeats the unit's path, so that a scope is one range of one index.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="employments", verbose_name=_("person"))
    employer = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("employer"))
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    unit_path = models.TextField(db_collation="C", editable=False)
    category = models.CharField(_("category"), max_length=24, choices=Category.choices)
    entry_channel = models.CharField(
        _("entry channel"), max_length=24, choices=EntryChannel.choices, null=True, blank=True
    )
    start = models.DateField(_("from"))
    end = models.DateField(_("until (first day on which it no longer holds)"), null=True, blank=True)
    probation_end = models.DateField(_("first day after probation"), null=True, blank=True)
    contract_start = models.DateField(_("contract from"), null=True, blank=True)
    contract_end = models.DateField(_("contract until"), null=True, blank=True)
    establishment = models.CharField(
        _("establishment"), max_length=20, choices=Establishment.choices, null=True, blank=True
    )
    recruiter = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("recruited by")
    )
    batch = models.CharField(_("recruitment batch"), max_length=60, blank=True, default="", db_default="")
    contract_number = models.CharField(_("contract number"), max_length=60, blank=True, default="", db_default="")
    destination = models.CharField(_("destination"), max_length=100, blank=True, default="", db_default="")
    destination_kind = models.CharField(
        _("kind of destination"), max_length=20, choices=Destination.choices, blank=True, default="", db_default=""
    )
    document = models.CharField(_("document"), max_length=100, blank=True, default="", db_default="")
    end_reason = models.CharField(_("reason of leaving"), max_length=20, choices=EndReason.choices, blank=True)
    # The code of the place's own list (policy section `exits`); end_reason is what it counts as.
    exit_code = models.CharField(_("reason by the rules"), max_length=40, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("employment")
        verbose_name_plural = _("employments")
        default_permissions = ()
        constraints = [
            range_check("personnel_employment_range"),
            models.CheckConstraint(
                condition=Q(contract_end__isnull=True)
                | Q(contract_start__isnull=True)
                | Q(contract_end__gte=F("contract_start")),
                name="personnel_employment_contract_range",
            ),
            ExclusionConstraint(
                name="personnel_employment_one_of_a_category_at_a_time",
                expressions=[
                    (F("person"), RangeOperators.EQUAL),
                    (F("category"), RangeOperators.EQUAL),
                    (DateRange(F("start"), F("end")), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("This person already has an employment of this category in these days."),
            ),
        ]
        indexes = [
            models.Index(fields=["unit_path", "start", "end"], name="personnel_employment_by_unit"),
            models.Index(fields=["person", "start", "end"], name="personnel_employment_by_person"),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.unit} · {self.start}–{self.end or ''}"


class Placement(models.Model):
    """Who manages somebody and where they are used, for a range of days inside an employment.

    HOME is the ordinary state (recruited by the district, managed by the street, used by the community); the other
    kinds lead away from it for a while, and who is away still counts at home. `place` names what is no unit here.
    `due`: when somebody who is away is expected back; the placement goes on until their return is entered.
    A trigger keeps a placement inside its employment.
    """

    employment = models.ForeignKey(
        Employment, on_delete=models.PROTECT, related_name="placements", verbose_name=_("employment")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=PlacementKind.choices)
    manager = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("managed by")
    )
    work_unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("works in")
    )
    place = models.CharField(_("place outside"), max_length=100, blank=True)
    start = models.DateField(_("from"))
    end = models.DateField(_("until (first day on which it no longer holds)"), null=True, blank=True)
    due = models.DateField(_("expected back on"), null=True, blank=True)
    document = models.CharField(_("document"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("placement")
        verbose_name_plural = _("placements")
        default_permissions = ()
        constraints = [
            range_check("personnel_placement_range"),
            models.CheckConstraint(
                condition=Q(work_unit__isnull=False) | ~Q(place=""),
                name="personnel_placement_somewhere",
                violation_error_message=_("Say where the person works: a unit, or a place outside."),
            ),
            models.CheckConstraint(
                condition=Q(due__isnull=True) | (Q(due__gt=F("start")) & ~Q(kind=PlacementKind.HOME)),
                name="personnel_placement_due",
                violation_error_message=_(
                    "Somebody who is away is expected back after the first day; at home nobody is."
                ),
            ),
            ExclusionConstraint(
                name="personnel_placement_one_home_at_a_time",
                expressions=[
                    (F("employment"), RangeOperators.EQUAL),
                    (DateRange(F("start"), F("end")), RangeOperators.OVERLAPS),
                ],
                condition=Q(kind=PlacementKind.HOME),
                violation_error_message=_("This employment has another home in these days."),
            ),
        ]
        indexes = [
            models.Index(fields=["employment", "start"], name="personnel_placement_by_job"),
            # Who is expected back is asked by the day, among the few who are away.
            models.Index(
                fields=["due"],
                condition=Q(end__isnull=True, due__isnull=False),
                name="personnel_placement_due_back",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.work_unit or self.place} · {self.start}"


class Post(models.Model):
    """A seat in a body of a unit, whether somebody holds it or not."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="posts", verbose_name=_("unit"))
    body = models.CharField(_("body"), max_length=10, choices=Body.choices)
    title = models.CharField(_("title"), max_length=24, choices=PostTitle.choices)
    single_holder = models.BooleanField(_("one holder at a time"), default=False)

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["unit", "body", "title"], name="personnel_post_once"),
            # What a tenure repeats of its post must be its post's: the tenure refers to all four together.
            models.UniqueConstraint(fields=["id", "body", "title", "single_holder"], name="personnel_post_with_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} · {self.get_title_display()}"


class Tenure(models.Model):
    """A person holds a post for a range of days, by a document of appointment.

    `body`, `title` and `single_holder` repeat the post's: the first two so that the posts of many people are read from
    one table, the last for the constraint. A foreign key over all of them (in the migration) keeps them equal.
    `home_organization`: where a member who registers where they live (双报到) belongs, outside this register.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="tenures", verbose_name=_("person"))
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="tenures", verbose_name=_("post"))
    body = models.CharField(max_length=10, choices=Body.choices, editable=False)
    title = models.CharField(max_length=24, choices=PostTitle.choices, editable=False)
    single_holder = models.BooleanField(editable=False)
    start = models.DateField(_("from"))
    end = models.DateField(_("until (first day on which it no longer holds)"), null=True, blank=True)
    full_time = models.BooleanField(_("full time"), default=True)
    election = models.CharField(
        _("elected how"), max_length=16, choices=Election.choices, blank=True, default="", db_default=""
    )
    appointed_as = models.CharField(_("category entered by the appointment"), max_length=40, null=True, blank=True)
    home_organization = models.CharField(
        _("party organisation of the workplace"), max_length=100, blank=True, default="", db_default=""
    )
    document = models.CharField(_("document"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("tenure")
        verbose_name_plural = _("tenures")
        default_permissions = ()
        constraints = [
            range_check("personnel_tenure_range"),
            ExclusionConstraint(
                name="personnel_tenure_one_holder_at_a_time",
                expressions=[
                    (F("post"), RangeOperators.EQUAL),
                    (DateRange(F("start"), F("end")), RangeOperators.OVERLAPS),
                ],
                condition=Q(single_holder=True),
                violation_error_message=_("Somebody else holds this post in these days."),
            ),
            ExclusionConstraint(
                name="personnel_tenure_once_at_a_time",
                expressions=[
                    (F("person"), RangeOperators.EQUAL),
                    (F("post"), RangeOperators.EQUAL),
                    (DateRange(F("start"), F("end")), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("This person already holds this post in these days."),
            ),
        ]
        indexes = [models.Index(fields=["person", "start", "end"], name="personnel_tenure_by_person")]

    def __str__(self) -> str:
        return f"{self.person} · {self.post}"
