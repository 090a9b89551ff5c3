"""What people can be searched by: one FilterSet for the page and for programs."""

from __future__ import annotations

import re
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, NullIf
from django.db.models.lookups import IsNull
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from personnel.models import (
    Category,
    Certificate,
    CertificateLevel,
    Completion,
    Education,
    EducationLevel,
    EndReason,
    EntryChannel,
    NamedListEntry,
    NamedListKind,
    Person,
    PersonPast,
    PoliticalStatus,
    PostTitle,
    Sex,
)
from personnel.models.lists import Listing
from personnel.models.ranges import holding
from personnel.rules.listing import FIRST_DAY, LAST_DAY, Searched, born_between, read_search
from personnel.selectors.listing import HoldsPost, lacking_for_system
from personnel.selectors.pages import Dates, Part, Parts
from personnel.selectors.restrictions import holding_for_system

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
        return people.filter(
            Exists(Education.objects.filter(person=OuterRef("pk"), level=value, completion=Completion.GRADUATED))
        )


# -- The list of people (of `Listing`) ---------------------------------------------------------------------------------

_TEXT = {"class": "form-control"}
_DAY = {"class": "form-control", "inputmode": "numeric", "autocomplete": "off", "placeholder": "2026-01-31"}
_DAY_FORMS = ["%Y-%m-%d", "%Y.%m.%d", "%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日"]


# What a record may lack (LACKING), with the words for it.
MISSING = {
    "photo": _("photograph"),
    "identity_number": _("identity number"),
    "phone": _("mobile phone"),
    "education": _("education"),
    "archive": _("archive"),
}


def _any(label: Any, choices: Any) -> django_filters.MultipleChoiceFilter:
    return django_filters.MultipleChoiceFilter(
        label=label, choices=choices, method="nothing", widget=forms.CheckboxSelectMultiple
    )


def _bound(label: Any, field: str, lookup: str, open_end: bool = False) -> django_filters.DateFilter:
    return django_filters.DateFilter(
        label=label,
        field_name=field,
        lookup_expr=lookup,
        input_formats=_DAY_FORMS,
        widget=forms.DateInput(attrs=_DAY),
        method="known" if open_end else None,
    )


# A number in a question is named by its digest: ~i… an identity number, ~p… a telephone. No address and no log of
# requests, saved filter or audit entry has the number itself.
_HIDDEN = {"i": "identity_number", "p": "phone"}
# Orders by what is shown of everybody.
SHOWN_SORTS = ("", "name", "unit")
_TOKEN = re.compile(r"~([ip])([\w-]{22})")


def without_numbers(typed: str) -> str:
    """What was typed into the one box, with a number replaced by its digest.

    A number of another kind (of an account, or beside a name) finds nobody, and stands in no address either: it goes as
    an identity number that nobody has.
    """
    searched = read_search(typed) if typed and not _TOKEN.fullmatch(typed) else None
    if searched is None or searched.kind == "NOTHING":
        return typed
    if searched.kind == "WORD" and not re.search(r"\d{7}", searched.value):
        return typed
    letter = "p" if searched.kind == "PHONE" else "i"
    index: Any = Person._meta.get_field(f"{_HIDDEN[letter]}_index")
    return f"~{letter}{index.digest_of(searched.value)}"


class PeopleFilter(django_filters.FilterSet):  # type: ignore[misc]
    """The query form of the list of people, over `Listing`; everything given must hold, of a list any one may.

    `day` is the day that the list is of. The unit and the state are not among these: they say whose list it is, and
    are given to `people_rows`. What is held on a day (posts) or since a day (education, certificates) is found by its
    code first, and compared with the record where the code alone can't say.

    sort: the order that the list is going to have. Whose file is restricted is found by name and unit, which are shown,
    and by a whole number; a filter or an order by anything else leaves them out, in the rows as in their count.
    """

    q = django_filters.CharFilter(
        label=_("Name, pinyin, identity or phone number"),
        method="nothing",
        max_length=60,
        widget=forms.TextInput(attrs={"class": "form-control", "type": "search", "autocomplete": "off"}),
    )
    category = _any(_("Category"), [*Category.choices, ("NONE", _("post without employment"))])
    title = _any(_("Posts"), PostTitle.choices)
    together = django_filters.ChoiceFilter(
        label=_("Posts together"),
        choices=[("all", _("all of those chosen at once"))],
        empty_label=_("any of those chosen"),
        method="nothing",
        widget=_SELECT,
    )
    sex = django_filters.ChoiceFilter(label=_("Sex"), choices=Sex.choices, method="nothing", widget=_SELECT)
    political_status = _any(_("Political status"), PoliticalStatus.choices)
    education = _any(_("Highest education"), EducationLevel.choices)
    certificate = _any(_("Certificate"), CertificateLevel.choices)
    entry_channel = _any(_("Entry channel"), EntryChannel.choices)
    missing = _any(pgettext_lazy("filter", "Missing"), list(MISSING.items()))
    left_for = _any(_("Left because"), EndReason.choices)
    named_list = _any(_("On a list"), NamedListKind.choices)
    age_from = django_filters.NumberFilter(
        label=_("Age from"), method="nothing", min_value=0, max_value=150, decimal_places=0,
        widget=forms.NumberInput(attrs=_TEXT),
    )  # fmt: skip
    age_to = django_filters.NumberFilter(
        label=_("Age to"), method="nothing", min_value=0, max_value=150, decimal_places=0,
        widget=forms.NumberInput(attrs=_TEXT),
    )  # fmt: skip
    entered_from = _bound(_("Entered from"), "start", "gte")
    entered_to = _bound(_("Entered to"), "start", "lte")
    probation_from = _bound(_("Probation ends from"), "probation_end", "gte", True)
    probation_to = _bound(_("Probation ends to"), "probation_end", "lte")
    contract_from = _bound(_("Contract ends from"), "contract_end", "gte", True)
    contract_to = _bound(_("Contract ends to"), "contract_end", "lte")

    class Meta:
        model = Listing
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, day: date, sort: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.day, self.sort = day, sort
        self.parts = Parts([])

    @property
    def found(self) -> Parts:
        """The rows that fit, in parts for `page_for_system`."""
        return self.parts if self.qs is not None else Parts([])

    def nothing(self, rows: QuerySet[Listing], name: str, value: Any) -> QuerySet[Listing]:
        """These are taken together below: the index answers one question of many words better than many of one."""
        return rows

    def known(self, rows: QuerySet[Listing], name: str, value: date) -> QuerySet[Listing]:
        """From a day on; who has no such day at all has the last one in the listing, and is not meant."""
        return rows.filter(**{f"{name}__gte": value, f"{name}__lt": LAST_DAY})

    def filter_queryset(self, queryset: QuerySet[Listing]) -> QuerySet[Listing]:
        given = self.form.cleaned_data
        words: list[str] = []
        if self._by_what_is_hidden(given):
            queryset = queryset.filter(~Exists(holding_for_system().filter(person=OuterRef("person_id"))))
        hidden = _TOKEN.fullmatch(without_numbers(given.get("q") or ""))
        searched = read_search(given["q"]) if given.get("q") and not hidden else None
        if searched is not None and searched.kind == "NOTHING":
            return queryset.none()
        if hidden:
            found = {f"{_HIDDEN[hidden[1]]}_index": hidden[2]}
            queryset = queryset.filter(person_id__in=Person.objects.filter(**found).values("pk"))
        today = self.day == timezone.localdate()
        for name, letter in (
            ("category", "K"), ("title", "T"), ("sex", "S"), ("political_status", "P" if today else "Q"),
            ("education", "H" if today else "E"), ("certificate", "C"), ("entry_channel", "N"),
        ):  # fmt: skip
            values = [given[name]] if isinstance(given.get(name), str) else given.get(name) or []
            chosen = [f"'{letter}/{value}'" for value in values if value]
            if name == "title" and given.get("together"):
                words += chosen
            elif chosen:
                words.append(f"({' | '.join(chosen)})")
        rows = self._fitting(queryset, given)
        self.parts = _parts(rows, words, searched, self._dates(given))
        if searched is not None and searched.kind == "WORD":
            words.append(searched.words)
        return rows.filter(words__matches=" & ".join(words)) if words else rows

    def _by_what_is_hidden(self, given: dict[str, Any]) -> bool:
        """Whether a filter or the order goes by more than the list shows of a file whose processing is restricted."""
        if self.sort.lstrip("-") not in SHOWN_SORTS:
            return True
        return any(given[name] not in (None, "", []) for name in given if name not in ("q", "together"))

    def _fitting(self, queryset: QuerySet[Listing], given: dict[str, Any]) -> QuerySet[Listing]:
        """The rows that fit in all that is not asked of their words."""
        rows: QuerySet[Listing] = super().filter_queryset(queryset)
        today = self.day == timezone.localdate()
        titles = given.get("title") or []
        for wanted in [[title] for title in titles] if given.get("together") else [titles] * bool(titles):
            # IS NOT NULL is expected to leave nearly all: the codes have chosen already, and the number of rows is right
            holds = Q(IsNull(NullIf(HoldsPost(wanted, self.day), Value(False)), False))
            if today:  # who has begun and has no end holds it, and nobody needs to look
                certainly = " | ".join(f"'O/{title}'" for title in wanted)
                holds = Q(words__matches=certainly) | holds
            rows = rows.filter(holds)
        if given.get("left_for"):
            rows = rows.filter(employment__end_reason__in=given["left_for"])
        if given.get("named_list"):
            on_list = NamedListEntry.objects.filter(holding(self.day), kind__in=given["named_list"])
            rows = rows.filter(person_id__in=on_list.values("person_id"))
        if given.get("missing"):
            rows = rows.filter(reduce(or_, (lacking_for_system(what, self.day) for what in given["missing"])))
        if not today:
            rows = self._as_of_day(rows, given)
        return self._by_age(rows, given)

    def _as_of_day(self, rows: QuerySet[Listing], given: dict[str, Any]) -> QuerySet[Listing]:
        """The codes of a listing say what somebody has by now; on another day, the record says what they had."""
        if given.get("political_status"):
            past = PersonPast.objects.filter(
                person_id=OuterRef("person_id"), field="political_status", until__gt=self.day
            ).order_by("until")
            was = Coalesce(Subquery(past.values("value")[:1]), F("person__political_status"))
            rows = rows.alias(status_then=was).filter(status_then__in=given["political_status"])
        if given.get("certificate"):
            rows = rows.filter(
                Exists(
                    Certificate.objects.filter(
                        person_id=OuterRef("person_id"), level__in=given["certificate"], issued__lte=self.day
                    )
                )
            )
        if levels := given.get("education"):
            had = Education.objects.filter(
                person_id=OuterRef("person_id"), graduated__lte=self.day, completion=Completion.GRADUATED
            )
            condition = Q(pk__in=[])
            for level in levels:
                higher = EducationLevel.values[: EducationLevel.values.index(level)]
                condition |= Q(Exists(had.filter(level=level))) & ~Q(Exists(had.filter(level__in=higher)))
            rows = rows.filter(condition)
        return rows

    def _dates(self, given: dict[str, Any]) -> Dates:
        """What is asked of dates, as ranges of the columns of a listing."""
        dates: Dates = {}
        for name, key in (("entered", "start"), ("probation", "probation_end"), ("contract", "contract_end")):
            bounds = given.get(f"{name}_from"), given.get(f"{name}_to")
            if any(bounds):
                dates[key] = bounds
        youngest, oldest = given.get("age_from"), given.get("age_to")
        if youngest is not None or oldest is not None:
            dates["born"] = born_between(self.day, *(None if age is None else int(age) for age in (youngest, oldest)))
        return dates

    def _by_age(self, rows: QuerySet[Listing], given: dict[str, Any]) -> QuerySet[Listing]:
        youngest, oldest = (None if given.get(n) is None else int(given[n]) for n in ("age_from", "age_to"))
        if youngest is None and oldest is None:
            return rows
        earliest, before = born_between(self.day, youngest, oldest)
        if before is not None:
            rows = rows.filter(born__lt=before)
        return rows.filter(born__gte=earliest) if earliest is not None else rows.filter(born__gt=FIRST_DAY)


def _parts(rows: QuerySet[Listing], words: list[str], searched: Searched | None, dates: Dates) -> Parts:
    """The same rows in parts none of which overlap, each of which has an index that is quick for it."""

    def part(condition: Q, *more: str, names: tuple[str, str] | None = None) -> Part:
        return Part(rows.filter(condition), " & ".join([*words, *more]), names)

    if searched is None or searched.kind != "WORD":
        return Parts([part(Q())], rare=searched is not None, dates=dates)
    if not searched.begins:
        return Parts([part(Q(), searched.words)], rare=True)
    value = searched.value
    names = None if searched.begins == "first" else (value, f"{value}{{")
    begins = Q(first=value) if names is None else Q(sort_name__gte=names[0], sort_name__lt=names[1])
    return Parts([part(begins, names=names), part(~begins, searched.inner_words)], dates=dates)
