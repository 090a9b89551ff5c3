"""What figures can be broken down by: for every row exactly one value, "" where nothing is on record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Min, OuterRef, Subquery, TextField, Value
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from organization.access import touching
from payroll.models import GradeSpan, PayRun
from payroll.models.wording import PAYERS
from personnel.models import (
    COUNTED_CATEGORIES,
    Category,
    Certificate,
    CertificateLevel,
    Completion,
    Degree,
    Education,
    EducationLevel,
    Election,
    Employment,
    EndReason,
    EntryChannel,
    PersonPast,
    PoliticalStatus,
    PostTitle,
    Sex,
    Tenure,
)
from reports.indicators.expressions import InBand, PathPart, Rank, WholeYears
from reports.indicators.kinds import Aggregate, Indicator, Population, Span
from reports.indicators.populations import holding
from reports.rules.bands import AGE_BANDS, AGE_BANDS_CIVIL, SERVICE_BANDS, Bands
from training.models import TrainingMode

PERSON, AT = OuterRef("person_id"), OuterRef("at")


@dataclass(frozen=True)
class Dimension:
    """A breakdown. labels: the words of its codes in their order; codes without any stand for themselves.

    words: those of codes that differ between places. of: the populations that have it; empty for all but plain ones.
    """

    code: str
    name: Any
    definition: Any
    expression: Callable[[Population, Span], Any]
    labels: tuple[tuple[str, Any], ...] = ()
    of: tuple[str, ...] = ()
    words: Callable[[Span], dict[str, str]] | None = None

    def words_of(self, span: Span) -> dict[str, str]:
        """The words of its codes."""
        return {code: str(label) for code, label in self.labels} | (self.words(span) if self.words else {})

    def is_of(self, population: Population) -> bool:
        return population.code in self.of or not (self.of or population.plain)


def age() -> Any:
    return WholeYears(F("at"), F("person__birth_date"))


def years_of_service() -> Any:
    first = (
        Employment.objects.filter(person_id=PERSON, category__in=COUNTED_CATEGORIES)
        .order_by()
        .values("person_id")
        .annotate(first=Min("start"))
        .values("first")
    )
    return WholeYears(F("at"), Subquery(first))


def political_status() -> Any:
    past = PersonPast.objects.filter(person_id=PERSON, field="political_status", until__gt=AT).order_by("until")
    return Coalesce(Subquery(past.values("value")[:1]), F("person__political_status"))


def education() -> Any:
    """The highest level that somebody has graduated from by the day."""
    rows = Education.objects.filter(person_id=PERSON, graduated__lte=AT, completion=Completion.GRADUATED)
    return Subquery(rows.order_by(Rank(EducationLevel.values, "level")).values("level")[:1])


def _degree() -> Any:
    rows = Education.objects.filter(
        person_id=PERSON, graduated__lte=AT, completion=Completion.GRADUATED, degree__isnull=False
    )
    return Subquery(rows.order_by(Rank(Degree.values, "degree")).values("degree")[:1])


def certificate() -> Any:
    rows = Certificate.objects.filter(person_id=PERSON, issued__lte=AT)
    return Subquery(rows.order_by(Rank(CertificateLevel.values, "level")).values("level")[:1])


def _post() -> Any:
    rows = Tenure.objects.filter(holding(AT), person_id=PERSON)
    return Subquery(rows.order_by(Rank(PostTitle.values, "title")).values("title")[:1])


def _grade() -> Any:
    rows = GradeSpan.objects.filter(holding(AT), person_id=PERSON).order_by("scale")
    return Subquery(rows.annotate(text=Cast("value", TextField())).values("text")[:1])


def _of_employment(field: str) -> Callable[[Population, Span], Any]:
    def expression(population: Population, span: Span) -> Any:
        if population.employed:
            return F(field)
        rows = Employment.objects.filter(holding(AT), person_id=PERSON).order_by("-start", "-pk")
        return Subquery(rows.values(field)[:1])

    return expression


def _plain(make: Callable[[], Any]) -> Callable[[Population, Span], Any]:
    return lambda population, span: make()


def _bands(bands: Bands) -> tuple[tuple[str, Any], ...]:
    return tuple((code, code.replace("-", "–")) for code in bands.codes)


def _level(population: Population, span: Span) -> Any:
    return PathPart("place", span.path.count("/") + 1)


def _lines_of_pay(span: Span) -> dict[str, str]:
    """The names of lines in the rules by which the month was paid."""
    runs = PayRun.objects.filter(touching([span.path]), month=span.day.replace(day=1), state="SEALED").order_by("pk")
    name = "name" if get_language() == "zh-hans" else "name_en"
    return {line["code"]: line[name] for lines in runs.values_list("lines", flat=True) for line in lines}


_EVERY = (
    Dimension("unit", _("Unit"), _("the units directly below; empty: the unit itself"), _level),
    Dimension("sex", _("Sex"), _("as on record"), lambda p, s: F("person__sex"), tuple(Sex.choices)),
    Dimension(
        "category", _("Category"), _("of the employment on the day"), _of_employment("category"), tuple(Category.choices)
    ),
    Dimension(
        "entry_channel", _("Entry channel"), _("how the employment on the day was entered"),
        _of_employment("entry_channel"), tuple(EntryChannel.choices),
    ),
    Dimension(
        "post", _("Posts"), _("the weightiest of the posts held on the day, so that everybody counts once"),
        _plain(_post), tuple(PostTitle.choices),
    ),
    Dimension(
        "age", _("Age"), _("whole years on the day, in the bands of organisation departments"),
        lambda p, s: InBand(age(), AGE_BANDS), _bands(AGE_BANDS),
    ),
    Dimension(
        "age_civil", _("Age (civil affairs)"), _("whole years on the day, in the bands of civil affairs"),
        lambda p, s: InBand(age(), AGE_BANDS_CIVIL), _bands(AGE_BANDS_CIVIL),
    ),
    Dimension(
        "education", _("Highest education"), _("the highest level graduated from by the day"),
        _plain(education), tuple(EducationLevel.choices),
    ),
    Dimension("degree", _("Degree"), _("the highest degree by the day"), _plain(_degree), tuple(Degree.choices)),
    Dimension(
        "political_status", _("Political status"), _("as it was on the day"),
        _plain(political_status), tuple(PoliticalStatus.choices),
    ),
    Dimension(
        "certificate", _("Certificate"), _("the highest certificate issued by the day"),
        _plain(certificate), tuple(CertificateLevel.choices),
    ),
    Dimension(
        "grade", _("Value on the ladder"), _("the value on the ladder on the day; of several ladders the first by code"),
        _plain(_grade),
    ),
    Dimension(
        "service", _("Years of service"),
        _("whole years since the first such employment on record, breaks included"),
        lambda p, s: InBand(years_of_service(), SERVICE_BANDS), _bands(SERVICE_BANDS),
    ),
    Dimension(
        "batch", _("Recruitment batch"), _("as entered with the employment"), lambda p, s: F("batch"), (), ("hires",)
    ),
    Dimension(
        "end_reason", _("Reason of leaving"), _("why the employment ended"), lambda p, s: F("end_reason"),
        tuple(EndReason.choices), ("leavers",),
    ),
    Dimension(
        "destination", _("Destination"), _("where leavers went, as entered"), lambda p, s: F("destination"), (),
        ("leavers",),
    ),
    Dimension(
        "training_mode", _("Mode of training"), _("as entered with the training"), lambda p, s: F("mode"),
        tuple(TrainingMode.choices), ("trainings",),
    ),
    Dimension(
        "seat", _("Seat"), _("the office of the seat that is taken"), lambda p, s: F("title"), tuple(PostTitle.choices),
        ("taken", "risen"),
    ),
    Dimension(
        "election", _("Elected how"), _("as entered with the seat that is taken"), lambda p, s: F("election"),
        tuple(Election.choices), ("taken", "risen"),
    ),
    Dimension(
        "result", _("Yearly result"), _("the grade of the closed yearly result"), lambda p, s: F("grade"), (),
        ("results",),
    ),
    Dimension(
        "component", _("Line of pay"), _("the line of the payslip, by its code in the rules of the place"),
        lambda p, s: F("code"), (), ("pay_lines",), _lines_of_pay,
    ),
    Dimension(
        "payer", _("Payer"), _("who bears it by the rules of the place"), lambda p, s: F("payer"), (), ("pay_shares",),
        lambda span: {code: str(name) for code, name in PAYERS.items()},
    ),
)  # fmt: skip

DIMENSIONS: dict[str, Dimension] = {one.code: one for one in _EVERY}


def known(expression: Any) -> Any:
    """The same with "" for nothing on record."""
    return Coalesce(expression, Value(""), output_field=TextField())


def has_dimension(indicator: Indicator, code: str) -> bool:
    """Whether an indicator can be broken down by a dimension."""
    if code not in DIMENSIONS:
        return False
    if indicator.aggregate in (Aggregate.PER_FACT, Aggregate.OF_UNIT):
        return code == "unit"
    return code == "unit" or DIMENSIONS[code].is_of(indicator.population)
