"""What the interface for programs can be asked to leave out."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from payroll.models import LEFT_OUT, MOVED, PaySlip, PromotionOutcome


class SlipFilter(django_filters.FilterSet):  # type: ignore[misc]
    run = django_filters.NumberFilter(label=_("only the slips of this run"), field_name="run_id")
    person = django_filters.NumberFilter(label=_("only this person's slips"), field_name="person_id")

    class Meta:
        model = PaySlip
        fields = ("run", "person")


class OutcomeFilter(django_filters.FilterSet):  # type: ignore[misc]
    run = django_filters.NumberFilter(label=_("only the outcomes of this run"), field_name="run_id")
    person = django_filters.NumberFilter(label=_("only this person's outcomes"), field_name="person_id")
    moves = django_filters.BooleanFilter(
        label=_("true: only who rises, falls or gets a first value; false: only who stays"), method="only_moves"
    )
    left_out = django_filters.BooleanFilter(
        label=_("true: only exceptions and who gets no value by the rules; false: only the others"),
        method="only_left_out",
    )

    class Meta:
        model = PromotionOutcome
        fields = ("run", "person", "moves", "left_out")

    def only_moves(self, rows: QuerySet[PromotionOutcome], _name: str, value: bool) -> QuerySet[PromotionOutcome]:
        return rows.filter(MOVED if value else ~MOVED)

    def only_left_out(self, rows: QuerySet[PromotionOutcome], _name: str, value: bool) -> QuerySet[PromotionOutcome]:
        return rows.filter(LEFT_OUT if value else ~LEFT_OUT)
