"""What people can be searched by: one FilterSet for the page and for programs."""

from __future__ import annotations

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from personnel.models import (
    Category,
    Certificate,
    CertificateLevel,
    Education,
    EducationLevel,
    Person,
    PoliticalStatus,
    Sex,
)

_SELECT = forms.Select(attrs={"class": "form-select"})


class PersonFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Filters of the list of people; everything given must hold."""

    q = django_filters.CharFilter(
        label=_("Name or pinyin"),
        method="by_name",
        widget=forms.TextInput(attrs={"class": "form-control", "type": "search"}),
    )
    unit = django_filters.CharFilter(
        label=_("Unit code"),
        method="by_unit",
        widget=forms.TextInput(attrs={"class": "form-control", "inputmode": "numeric"}),
    )
    category = django_filters.ChoiceFilter(label=_("Category"), choices=Category.choices, widget=_SELECT)
    sex = django_filters.ChoiceFilter(label=_("Sex"), choices=Sex.choices, widget=_SELECT)
    political_status = django_filters.ChoiceFilter(
        label=_("Political status"), choices=PoliticalStatus.choices, widget=_SELECT
    )
    certificate = django_filters.ChoiceFilter(
        label=_("Certificate"), choices=CertificateLevel.choices, method="by_certificate", widget=_SELECT
    )
    education = django_filters.ChoiceFilter(
        label=_("Education"), choices=EducationLevel.choices, method="by_education", widget=_SELECT
    )
    sort = django_filters.OrderingFilter(
        fields=(("name_pinyin", "name"), ("unit_path", "unit"), ("birth_date", "born"), ("entered", "entered")),
        widget=forms.HiddenInput,
    )

    class Meta:
        model = Person
        fields: tuple[str, ...] = ()

    def by_name(self, people: QuerySet[Person], name: str, value: str) -> QuerySet[Person]:
        value = value.strip()
        return people.filter(Q(name__contains=value) | Q(name_pinyin__istartswith=value))

    def by_unit(self, people: QuerySet[Person], name: str, value: str) -> QuerySet[Person]:
        return people.filter(Q(("unit_code__startswith", value.strip().rstrip("0") or value.strip())))

    def by_certificate(self, people: QuerySet[Person], name: str, value: str) -> QuerySet[Person]:
        return people.filter(Exists(Certificate.objects.filter(person=OuterRef("pk"), level=value)))

    def by_education(self, people: QuerySet[Person], name: str, value: str) -> QuerySet[Person]:
        return people.filter(Exists(Education.objects.filter(person=OuterRef("pk"), level=value)))
