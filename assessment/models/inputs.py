"""The ledger of points and the ballots of ratings."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from personnel.models import Person


class PointEntry(models.Model):
    """Points somebody was given on a day for an item of the catalogue. Append-only: a mistake is taken back by an entry.

    points: in 1/10000. `reverses` is the entry that this one takes back, with the opposite points.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="points", verbose_name=_("person"))
    day = models.DateField(_("day"))
    item = models.CharField(_("item"), max_length=40)
    points = models.IntegerField(_("points (1/10000)"))
    note = models.CharField(_("evidence"), max_length=200, blank=True)
    reverses = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reversed_by",
        verbose_name=_("takes back"),
    )
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("entered by")
    )
    entered = models.DateTimeField(_("entered at"), auto_now_add=True)

    class Meta:
        verbose_name = _("entry of points")
        verbose_name_plural = _("entries of points")
        ordering = ["-day", "-id"]
        default_permissions = ()
        indexes = [models.Index(fields=["person", "day"], name="assessment_point_person_day")]

    def __str__(self) -> str:
        return f"{self.person} · {self.day} · {self.item}"


class ArraySum(Func):
    """The sum of an int[], by an immutable function of the database (migration 0001)."""

    function = "assessment_sum"
    output_field = models.BigIntegerField()


class ArrayLength(Func):
    function = "cardinality"
    output_field = models.IntegerField()


class Rating(models.Model):
    """What one group of raters gave one person for one period of a scheme: a ballot each, in 1/100 of a point.

    kinds: the kind of rater of each ballot, in the same order, where the scheme asks for a mix; else null.
    total and count are worked out by the database, so that ballots need not be read to take their mean.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="ratings", verbose_name=_("person"))
    scheme = models.CharField(_("scheme"), max_length=40)
    period = models.CharField(_("period"), max_length=20)
    raters = models.CharField(_("raters"), max_length=40)
    ballots = ArrayField(models.IntegerField(), verbose_name=_("ballots (1/100)"))
    kinds = ArrayField(models.CharField(max_length=40), null=True, blank=True, verbose_name=_("kinds of raters"))
    total = models.GeneratedField(
        expression=ArraySum("ballots"), output_field=models.BigIntegerField(), db_persist=True
    )
    count = models.GeneratedField(
        expression=ArrayLength("ballots"), output_field=models.IntegerField(), db_persist=True
    )
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("entered by")
    )
    entered = models.DateTimeField(_("entered at"), auto_now=True)

    class Meta:
        verbose_name = _("rating")
        verbose_name_plural = _("ratings")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["person", "scheme", "period", "raters"], name="assessment_rating_once"),
            models.CheckConstraint(
                condition=Q(ballots__len__gt=0) & Q(ballots__0__isnull=False), name="assessment_rating_has_ballots"
            ),
            models.CheckConstraint(
                condition=Q(kinds__isnull=True) | Q(kinds__len=F("ballots__len")), name="assessment_rating_kinds_match"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.scheme} {self.period} · {self.raters}"
