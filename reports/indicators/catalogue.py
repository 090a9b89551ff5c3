"""Every indicator, by its code. A code never changes its meaning: what is defined anew gets a new one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.lookups import In, LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from organization.models import Permission
from personnel.models import (
    AreaRole,
    Body,
    CertificateLevel,
    Completion,
    Education,
    EducationLevel,
    Honour,
    HonourLevel,
    PoliticalStatus,
    PostTitle,
    PublicRole,
    ResponsibilityArea,
    Sex,
    SpecialTreatment,
    StudyMode,
)
from reports.indicators.dimensions import age, certificate, education, political_status
from reports.indicators.kinds import Aggregate, Indicator, Measure, Span
from reports.indicators.populations import (
    COMMITTEE,
    DIPLOMAS,
    EMPLOYED,
    GRID_LEADERS,
    HIRES,
    IN_PARTY,
    IN_RESIDENTS,
    LEAVERS,
    PAY_LINES,
    PAY_SHARES,
    RESERVE,
    RESULTS,
    RISEN,
    SEATED,
    SECRETARIES,
    SLIPS,
    TAKEN,
    TRAINED,
    TRAININGS,
    WORKERS,
    committee_seats,
    holding,
    sits,
)
from training.models import TrainingRecord

PERSON = OuterRef("person_id")
_COLLEGE = EducationLevel.values[: EducationLevel.values.index(EducationLevel.COLLEGE) + 1]
_BACHELOR = EducationLevel.values[: EducationLevel.values.index(EducationLevel.BACHELOR) + 1]
_COUNTY_AND_ABOVE = HonourLevel.values[: HonourLevel.values.index(HonourLevel.COUNTY) + 1]
_PARTY = (PoliticalStatus.PARTY_MEMBER, PoliticalStatus.PROBATIONARY_MEMBER)

Condition = Callable[[Span], Q]


def _one_of(expression: Callable[[], Any], codes: Any) -> Condition:
    """The condition that an expression has one of some values; nothing on record fulfils it never."""
    return lambda span: Q(In(expression(), list(codes)))


def _sits_in_both(span: Span) -> Q:
    """In the party organisation and in the residents' committee of one community."""
    other = committee_seats(span.day).filter(
        body=Body.COMMITTEE, person_id=OuterRef("person_id"), post__unit__lineage=OuterRef("post__unit__lineage")
    )
    return Q(Exists(committee_seats(span.day).filter(Exists(other), person_id=PERSON, body=Body.PARTY)))


def _directs_too(span: Span) -> Q:
    return Q(
        Exists(
            committee_seats(span.day).filter(
                body=Body.COMMITTEE,
                title=PostTitle.COMMITTEE_DIRECTOR,
                person_id=PERSON,
                post__unit__lineage=OuterRef("post__unit__lineage"),
            )
        )
    )


def _honoured(span: Span) -> Q:
    return Q(Exists(Honour.objects.filter(person_id=PERSON, day__lte=span.day, level__in=_COUNTY_AND_ABOVE)))


def _has_role(span: Span) -> Q:
    return Q(Exists(PublicRole.objects.filter(holding(span.day), person_id=PERSON)))


def _is_treated(span: Span) -> Q:
    return Q(Exists(SpecialTreatment.objects.filter(holding(span.day), person_id=PERSON)))


def _trained_this_year(span: Span) -> Q:
    in_year = {"started__gte": date(span.day.year, 1, 1), "started__lte": span.day}
    return Q(Exists(TrainingRecord.objects.filter(person_id=PERSON, **in_year)))


def _areas(span: Span, **of: Any) -> Any:
    return ResponsibilityArea.objects.filter(holding(span.day), person_id=PERSON, **of)


def _heads(span: Span) -> Q:
    return Q(Exists(_areas(span, role=AreaRole.AREA_HEAD)))


def _has_area(span: Span) -> Q:
    return Q(Exists(_areas(span)))


def _areas_headed(span: Span) -> Any:
    """How many, nothing for none: who heads no area is no part of the mean."""
    headed = _areas(span, role=AreaRole.AREA_HEAD).order_by().values("person_id")
    return Subquery(headed.annotate(areas=Count("pk")).values("areas"))


def _full_time_graduate(span: Span) -> Q:
    return Q(
        Exists(
            Education.objects.filter(
                person_id=PERSON,
                graduated__lte=OuterRef("at"),
                completion=Completion.GRADUATED,
                study_mode=StudyMode.FULL_TIME,
                level__in=_BACHELOR,
            )
        )
    )


def _share(code: str, name: Any, definition: Any, population: Any, condition: Condition, part: Any) -> Indicator:
    return Indicator(
        code, name, definition, population, Aggregate.SHARE, Measure.PER_CENT, part, population.text, condition
    )


_COLLEGE_OR_ABOVE = _one_of(education, _COLLEGE)
_GRADUATES = _("those of them who have graduated from junior college or above by the day")
_AGES: dict[str, Any] = {
    "aggregate": Aggregate.MEAN,
    "measure": Measure.YEARS,
    "numerator": _("the sum of their ages in whole years on the day"),
    "value": lambda span: age(),
}
_PAY: dict[str, Any] = {
    "measure": Measure.YUAN,
    "value": lambda span: F("gross"),
    "scale": 100,
    "names": Permission.VIEW_PAY,
}
_LINE = _PAY | {"value": lambda span: F("amount")}
_SHARE = _LINE | {"scale": 10_000}  # parts of a line are not rounded before the sum
_GROSS = _("the sum of their gross pay")

_EVERY = (
    Indicator("workers", _("Community workers in post"), _("How many community workers there are on the day."), WORKERS),
    Indicator(
        "employed", _("People employed"), _("How many people are employed on the day, in whatever category."), EMPLOYED
    ),
    Indicator(
        "occupied", _("Occupied seats"), _("How many people fill an approved seat on the day."), SEATED,
        names=Permission.VIEW_PEOPLE,
    ),
    Indicator(
        "approved", _("Approved seats"),
        _("The seats that the plan of the unit gives it on the day; where none names it, the sum of those below it."),
        SEATED, Aggregate.OF_UNIT, Measure.APPROVED, fact=("approved_seats",), policy=("quota",), names="",
    ),
    Indicator(
        "computed", _("Seats by the rules"),
        _("The number of seats that the rules of the place give the unit for what is on record of it on the day: of a range the most, of “at least” the least."),
        SEATED, Aggregate.OF_UNIT, Measure.APPROVED, fact=("computed_seats",), policy=("quota",), names="",
    ),
    Indicator(
        "seats_used", _("Use of approved seats"), _("The people who fill seats ÷ the seats approved for the unit."),
        SEATED, Aggregate.PER_FACT, Measure.PER_CENT, SEATED.text,
        _("the seats of the plan that holds for the unit on the day"), fact=("approved_seats",), times=100,
        policy=("quota",),
    ),
    Indicator(
        "per_10000", _("Community workers per 10,000 residents"),
        _("The people who fill seats × 10,000 ÷ the urban residents of the unit; where they aren't on record, all residents."),
        SEATED, Aggregate.PER_FACT, Measure.PER_10000, SEATED.text,
        _("the newest number of residents of the unit on the day"), fact=("urban_residents", "residents"), times=10_000,
        policy=("quota",),
    ),
    Indicator(
        "mean_age", _("Mean age of community workers"),
        _("The mean of whole years of age on the day, of all whose date of birth is on record."), WORKERS,
        denominator=WORKERS.text, **_AGES,
    ),
    _share(
        "women", _("Share of women"), _("Women among community workers."), WORKERS,
        lambda span: Q(person__sex=Sex.FEMALE), _("the women among them"),
    ),
    _share(
        "college", _("Share with college or above"), _("Community workers with junior college or above."), WORKERS,
        _COLLEGE_OR_ABOVE, _GRADUATES,
    ),
    _share(
        "party_members", _("Share of party members"), _("Party members, also on probation, among community workers."),
        WORKERS, _one_of(political_status, _PARTY), _("those of them who are in the party on the day"),
    ),
    _share(
        "certified", _("Share with a certificate of social work"),
        _("Community workers with a professional certificate of social work of any level."), WORKERS,
        _one_of(certificate, CertificateLevel.values), _("those of them with a certificate issued by the day"),
    ),
    Indicator(
        "committee", _("Members of the two committees"), _("How many people sit in the two committees on the day."),
        COMMITTEE,
    ),
    Indicator(
        "committee_party", _("Members of party organisations"),
        _("How many people sit in the party organisation of a community."), COMMITTEE,
        condition=lambda span: sits(span, Body.PARTY),
    ),
    Indicator(
        "committee_residents", _("Members of residents' committees"),
        _("How many people sit in the residents' committee of a community."), COMMITTEE,
        condition=lambda span: sits(span, Body.COMMITTEE),
    ),
    Indicator(
        "secretaries", _("Party secretaries of communities"), _("How many communities have a party secretary."),
        SECRETARIES, measure=Measure.SEATS,
    ),
    Indicator(
        "one_hand", _("Both offices in one hand"),
        _("Of the party secretaries of communities, those who also direct the residents' committee of the same community."),
        SECRETARIES, Aggregate.SHARE, Measure.PER_CENT, _("those who direct the residents' committee too"),
        SECRETARIES.text, _directs_too,
    ),
    _share(
        "cross_of_members", _("Cross-appointments, of all members"),
        _("Who sits in both committees of one community ÷ who sits in either."), COMMITTEE, _sits_in_both,
        _("those who sit in both of one community"),
    ),
    Indicator(
        "cross_of_party", _("Cross-appointments, of party organisations"),
        _("Who sits in both committees of one community ÷ who sits in a party organisation."), IN_PARTY,
        Aggregate.SHARE, Measure.PER_CENT, _("those who sit in both of one community"), IN_PARTY.text, _sits_in_both,
    ),
    Indicator(
        "cross_of_residents", _("Cross-appointments, of residents' committees"),
        _("Who sits in both committees of one community ÷ who sits in a residents' committee."), IN_RESIDENTS,
        Aggregate.SHARE, Measure.PER_CENT, _("those who sit in both of one community"), IN_RESIDENTS.text,
        _sits_in_both,
    ),
    Indicator(
        "committee_mean_age", _("Mean age of the two committees"),
        _("The mean of whole years of age on the day, of all members whose date of birth is on record."), COMMITTEE,
        denominator=COMMITTEE.text, **_AGES,
    ),
    _share(
        "committee_college", _("Share of the two committees with college or above"),
        _("Members of the two committees with junior college or above."), COMMITTEE, _COLLEGE_OR_ABOVE, _GRADUATES,
    ),
    Indicator(
        "grid_leaders", _("Grids with a leader"), _("How many grids have a leader on the day."), GRID_LEADERS,
        measure=Measure.SEATS,
    ),
    Indicator(
        "area_heads", _("Heads of areas"), _("How many of the people employed head an area on the day, each counted once."),
        EMPLOYED, condition=_heads,
    ),
    Indicator(
        "areas_per_head", _("Areas per head"), _("The mean of the areas that each head of areas answers for on the day."),
        EMPLOYED, Aggregate.MEAN, Measure.AREAS, _("the areas that have a head"), _("the heads of areas"),
        value=_areas_headed,
    ),
    _share(
        "with_area", _("Share with an area of their own"),
        _("Community workers who answer for an area of responsibility on the day."), WORKERS, _has_area,
        _("those of them with an area, in whatever role"),
    ),
    Indicator("hires", _("Hires"), _("How many people were hired in the period."), HIRES),
    Indicator(
        "hires_mean_age", _("Mean age of those hired"), _("The mean of whole years of age on the day of hire."), HIRES,
        denominator=HIRES.text, **(_AGES | {"numerator": _("the sum of their ages in whole years on the day of hire")}),
    ),
    Indicator(
        "hires_full_time", _("Hires with full-time studies"),
        _("How many of those hired had graduated from full-time undergraduate studies or above by the day of hire."),
        HIRES, condition=_full_time_graduate,
    ),
    Indicator(
        "trainings", _("Training, person-times"),
        _("How often somebody took part in a training that began in the period: each of its people counts once for it."),
        TRAININGS, measure=Measure.TIMES,
    ),
    Indicator(
        "trained", _("People trained"),
        _("How many people had a training that began in the period, each counted once."), TRAINED,
    ),
    _share(
        "trained_share", _("Coverage of training"),
        _("Community workers with a training that has begun in the year of the day by then."), WORKERS,
        _trained_this_year, _("those of them with a training that began in this year, on the day at the latest"),
    ),
    Indicator(
        "diplomas", _("Diplomas earned in service"),
        _("How many studies in service somebody graduated from in the period."), DIPLOMAS,
    ),
    Indicator(
        "seats_taken", _("Seats in the two committees taken"),
        _("How many seats in the two committees somebody took in the period, whatever seat they had before."),
        TAKEN, measure=Measure.SEATS,
    ),
    Indicator(
        "risen", _("Came into the two committees"),
        _("How many people came into the two committees in the period; by category, what they were the day before."),
        RISEN,
    ),
    Indicator("leavers", _("Leavers"), _("How many people left in the period."), LEAVERS),
    Indicator(
        "public_roles", _("Delegates and deputies"),
        _("Community workers who on the day are delegates to a party congress, deputies to a People's Congress or members of the CPPCC."),
        WORKERS, condition=_has_role,
    ),
    Indicator(
        "honoured", _("Honoured by the county or above"),
        _("Community workers honoured by a county or above on or before the day, each counted once."), WORKERS,
        condition=_honoured,
    ),
    Indicator(
        "treated", _("With special treatment"), _("Community workers who enjoy a special treatment on the day."),
        WORKERS, condition=_is_treated,
    ),
    Indicator("reserve", _("Reserve for the two committees"), _("How many people are on the list on the day."), RESERVE),
    _share(
        "reserve_young", _("Share of the reserve up to 45"), _("People of the reserve who are 45 or younger."), RESERVE,
        lambda span: Q(LessThanOrEqual(age(), 45)), _("those of them who are 45 or younger on the day"),
    ),
    _share(
        "reserve_college", _("Share of the reserve with college or above"),
        _("People of the reserve with junior college or above."), RESERVE, _COLLEGE_OR_ABOVE, _GRADUATES,
    ),
    Indicator(
        "results", _("Yearly results"), _("How many people have a closed result of the year."), RESULTS,
        names=Permission.VIEW_RESULTS, policy=("assessment",),
    ),
    Indicator(
        "excellent", _("Share of excellent results"), _("Results with the grade “excellent” among those with a grade or without."),
        RESULTS, Aggregate.SHARE, Measure.PER_CENT, _("those of them that are excellent"), RESULTS.text,
        lambda span: Q(grade="EXCELLENT"), names=Permission.VIEW_RESULTS, policy=("assessment",),
    ),
    Indicator(
        "excellent_places", _("Places for excellent results"),
        _("How many results may be excellent by the caps of the closed evaluations of the year, where the rules have any."),
        RESULTS, Aggregate.OF_UNIT, fact=("excellent_places",), names=Permission.VIEW_RESULTS, policy=("assessment",),
    ),
    Indicator(
        "pay_mean", _("Mean monthly pay"), _("The mean of the gross pay of sealed payslips of the month."), SLIPS,
        Aggregate.MEAN, numerator=_GROSS, denominator=SLIPS.text, policy=("pay",), **_PAY,
    ),
    Indicator(
        "pay_least", _("Least monthly pay"), _("The least gross pay of a sealed payslip of the month."), SLIPS,
        Aggregate.LEAST, policy=("pay",), **_PAY,
    ),
    Indicator(
        "pay_most", _("Highest monthly pay"), _("The highest gross pay of a sealed payslip of the month."), SLIPS,
        Aggregate.MOST, policy=("pay",), **_PAY,
    ),
    Indicator(
        "pay_sum", _("Sum of monthly pay"), _("The sum of the gross pay of sealed payslips of the month."), SLIPS,
        Aggregate.SUM, policy=("pay",), **_PAY,
    ),
    Indicator(
        "pay_lines", _("Lines of pay"),
        _("How many paid lines the sealed payslips of the month have; by line, how many people have it: of a floor, how many were lifted to it."),
        PAY_LINES, policy=("pay",), names=Permission.VIEW_PAY,
    ),
    Indicator(
        "pay_line_mean", _("Mean of a line of pay"), _("The mean of a line of pay, of those who have it."), PAY_LINES,
        Aggregate.MEAN, numerator=_("the sum of the lines"), denominator=PAY_LINES.text, policy=("pay",), **_LINE,
    ),
    Indicator(
        "pay_line_least", _("Least of a line of pay"), _("The least amount of a line of pay, of those who have it."),
        PAY_LINES, Aggregate.LEAST, policy=("pay",), **_LINE,
    ),
    Indicator(
        "pay_line_most", _("Highest of a line of pay"), _("The highest amount of a line of pay."), PAY_LINES,
        Aggregate.MOST, policy=("pay",), **_LINE,
    ),
    Indicator(
        "pay_line_sum", _("Sum of a line of pay"), _("The sum of the paid lines; of all lines, the gross pay."),
        PAY_LINES, Aggregate.SUM, policy=("pay",), **_LINE,
    ),
    Indicator(
        "pay_share_mean", _("Mean that a payer bears"), _("The mean of what a payer bears of somebody's pay."),
        PAY_SHARES, Aggregate.MEAN, numerator=_("the sum of the shares"), denominator=PAY_SHARES.text, policy=("pay",),
        **_SHARE,
    ),
    Indicator(
        "pay_share_least", _("Least that a payer bears"), _("The least that a payer bears of somebody's pay."),
        PAY_SHARES, Aggregate.LEAST, policy=("pay",), **_SHARE,
    ),
    Indicator(
        "pay_share_most", _("Most that a payer bears"), _("The most that a payer bears of somebody's pay."),
        PAY_SHARES, Aggregate.MOST, policy=("pay",), **_SHARE,
    ),
    Indicator(
        "pay_share_sum", _("Sum that payers bear"), _("What payers bear together; of all payers, the gross pay."),
        PAY_SHARES, Aggregate.SUM, policy=("pay",), **_SHARE,
    ),
)  # fmt: skip

INDICATORS: dict[str, Indicator] = {one.code: one for one in _EVERY}
