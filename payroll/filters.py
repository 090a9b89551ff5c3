"""What the interface for programs can be asked to leave out."""

from __future__ import annotations

import django_filters
from django.utils.translation import gettext_lazy as _

from payroll.models import PaySlip


class SlipFilter(django_filters.FilterSet):  # type: ignore[misc]
    run = django_filters.NumberFilter(label=_("only the slips of this run"), field_name="run_id")
    person = django_filters.NumberFilter(label=_("only this person's slips"), field_name="person_id")

    class Meta:
        model = PaySlip
        fields = ("run", "person")
