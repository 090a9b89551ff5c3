"""One set of filters for the page and the interface of programs."""

from __future__ import annotations

import django_filters
from django.utils.translation import gettext_lazy as _

from assessment.models import AnnualResult, Evaluation
from core.models import RunState


class EvaluationFilter(django_filters.FilterSet):  # type: ignore[misc]
    year = django_filters.NumberFilter(label=_("Year"))
    state = django_filters.ChoiceFilter(label=_("State"), choices=RunState.choices)
    unit = django_filters.CharFilter(label=_("Unit code"), field_name="unit__code", lookup_expr="startswith")

    class Meta:
        model = Evaluation
        fields = ("year", "state", "unit")


class ResultFilter(django_filters.FilterSet):  # type: ignore[misc]
    year = django_filters.NumberFilter(label=_("Year"))
    person = django_filters.NumberFilter(label=_("Person"), field_name="person_id")
    grade = django_filters.CharFilter(label=_("Grade"))
    evaluation = django_filters.NumberFilter(label=_("Evaluation"), field_name="evaluation_id")

    class Meta:
        model = AnnualResult
        fields = ("year", "person", "grade", "evaluation")
