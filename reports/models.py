"""Figures of today and tomorrow that are kept: roll-ups of the tree (docs/decisions/0054-roll-ups.md)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class RollupDay(models.Model):
    """A day whose figures are kept, as soon as all of its units are counted.

    form: what the numbers mean, a digest of the queries that they come from: rows of another one are never read.
    reached: how far down the list of units the count is, None once it is through.
    """

    day = models.DateField(_("day"), unique=True)
    form = models.CharField(_("form"), max_length=64)
    reached = models.TextField(_("counted so far"), db_collation="C", null=True, default="")
    counted = models.DateTimeField(_("counted at"), null=True)

    class Meta:
        verbose_name = _("day of kept figures")
        verbose_name_plural = _("days of kept figures")
        default_permissions = ()

    def __str__(self) -> str:
        return self.day.isoformat()


class Rollup(models.Model):
    """The numbers of one population in one unit: of the people placed in the unit itself, and of the units below.

    `own` and `below` are {dimension: {code: numbers}}, with the whole under "": {"": numbers}; the numbers stand in the
    order of the population's indicators (selectors.rollups). `below` is always the sum of the rows whose `parent` this unit is.
    """

    day = models.DateField(_("day"))
    unit_path = models.TextField(db_collation="C")
    parent = models.TextField(db_collation="C")
    population = models.CharField(_("population"), max_length=20)
    own = models.JSONField(_("of the unit itself"), null=True)
    below = models.JSONField(_("of the units below"), null=True)

    class Meta:
        verbose_name = _("kept figures")
        verbose_name_plural = _("kept figures")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["day", "unit_path", "population"], name="reports_rollup_once"),
        ]
        indexes = [models.Index(fields=["day", "parent"], name="reports_rollup_parent")]

    def __str__(self) -> str:
        return f"{self.day} · {self.unit_path} · {self.population}"


class StaleUnit(models.Model):
    """A unit in which something counted has changed since it was counted; written by triggers alone.

    The mark commits with the change, so that whoever sees the one sees the other. `transaction` is the number of the
    transaction that made it: each marks a unit once, and none waits for another.
    """

    unit_path = models.TextField(db_collation="C")
    transaction = models.BigIntegerField()

    class Meta:
        verbose_name = _("unit to count again")
        verbose_name_plural = _("units to count again")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["unit_path", "transaction"], name="reports_staleunit_once"),
        ]

    def __str__(self) -> str:
        return self.unit_path
