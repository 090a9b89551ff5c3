"""Filters of cases for programs."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet

from approvals.models import Case, CaseState
from approvals.selectors import cases_list


class CaseFilter(django_filters.FilterSet):  # type: ignore[misc]
    """What the page of cases asks for; everything given must hold."""

    state = django_filters.ChoiceFilter(choices=CaseState.choices)
    procedure = django_filters.CharFilter(max_length=60, help_text="code of the procedure")
    unit = django_filters.CharFilter(
        max_length=60, help_text="code of a unit, with all below it, or a part of its name"
    )
    overdue = django_filters.BooleanFilter(help_text="true: only those whose day has passed")

    class Meta:
        model = Case
        fields: tuple[str, ...] = ()

    def filter_queryset(self, queryset: QuerySet[Case]) -> QuerySet[Case]:
        given: dict[str, Any] = {name: value for name, value in self.form.cleaned_data.items() if value}
        return cases_list(user=self.request.user, **given)
