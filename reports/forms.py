"""What is asked of the figures, read from the words of an address: everything that is wrong is said at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import NotFound, Refused
from organization.access import Viewer
from organization.forms import LINE
from organization.models import Unit
from organization.rules.loading import day_of
from personnel.rules.listing import COLUMNS
from reports.indicators import DIMENSIONS, INDICATORS, Indicator
from reports.indicators.dimensions import has_dimension
from reports.models import AsOf, Every, Output
from reports.rules.series import MONTHS, MOST, points
from reports.selectors.figures import Question, unit_asked
from reports.selectors.known import known_since_for_system
from reports.selectors.tables import TableQuestion

NAMES = ("indicator", "unit", "day", "since", "known_at")
LONGEST = 100  # years that a period may have
SELECT = {"class": "form-select"}


class SaveForm(forms.Form):
    """A name for the table of a page."""

    name = forms.CharField(label=gettext_lazy("Name of the report"), max_length=60, widget=forms.TextInput(attrs=LINE))
    keep_day = forms.BooleanField(
        label=gettext_lazy("Always of these days (otherwise of the day on which it is run)"), required=False
    )
    shared = forms.BooleanField(
        label=gettext_lazy("For everybody who may look at the statistics of this unit"), required=False
    )


class ScheduleForm(forms.Form):
    """When a report is made by itself. The service says what of it is wrong together."""

    every = forms.ChoiceField(
        label=gettext_lazy("How often"),
        choices=[("", gettext_lazy("never by itself")), *Every.choices],
        required=False,
        widget=forms.Select(attrs=SELECT),
    )
    on_day = forms.IntegerField(
        label=gettext_lazy("Day of the month"),
        required=False,
        help_text=gettext_lazy("From 1 to 28."),
        widget=forms.TextInput(attrs=LINE | {"inputmode": "numeric", "maxlength": 2}),
    )
    as_of = forms.ChoiceField(
        label=gettext_lazy("Of which day"), choices=AsOf.choices, required=False, widget=forms.Select(attrs=SELECT)
    )
    output = forms.ChoiceField(label=gettext_lazy("File"), choices=Output.choices, widget=forms.Select(attrs=SELECT))


@dataclass
class Asked:
    """A checked question. within: filters by code of dimension."""

    indicators: list[Indicator]
    unit: Unit
    day: date
    since: date
    known_at: datetime | None = None
    by: tuple[str, ...] = ()
    within: dict[str, str] = field(default_factory=dict)
    step: str = "month"

    @property
    def of_today(self) -> bool:
        """Whether the answer rests on the records of now alone, in the shape in which they are kept."""
        today = timezone.localdate()
        return self.known_at is None and self.day == today and self.since == date(today.year, 1, 1)

    def question(self, indicator: Indicator | None = None) -> Question:
        return Question(indicator or self.indicators[0], self.unit, self.day, self.since, self.known_at)

    def questions(self) -> list[Question]:
        return [self.question(one) for one in self.indicators]


def read_question(
    given: Mapping[str, str], user: Viewer, *, many: bool = False, by: bool = False, step: bool = False
) -> Asked:
    """The question of the parameters of an address; what is not given has its usual value.

    indicator: a code, or with `many` several with commas between; "workers" unless given. unit: the highest of the
    user's. day: today. since: 1 January of the day's year. known_at: now; a day stands for its end. by: up to two
    dimensions with a comma between, "unit" unless given. step: month, quarter or year. Any dimension may be given with
    a code as a filter. Raises Refused with everything that is wrong, by name of the parameter.
    """
    faults: dict[str, list[str]] = {}
    day = _day(given, "day", timezone.localdate(), faults)
    since = _day(given, "since", date(day.year, 1, 1), faults)
    if "since" not in faults and since > day:
        faults.setdefault("since", []).append(
            _("The period begins on %(since)s, after its last day %(day)s.") % {"since": since, "day": day}
        )
    indicators = _indicators(given.get("indicator", ""), many, faults)
    dimensions = _by(given.get("by", ""), indicators, faults) if by else ()
    within = {code: given[code] for code in DIMENSIONS if code != "unit" and given.get(code)}
    for code in within:
        if any(not has_dimension(one, code) for one in indicators):
            faults.setdefault(code, []).append(_("This figure is not broken down by “%(code)s”.") % {"code": code})
        elif DIMENSIONS[code].labels and within[code] not in dict(DIMENSIONS[code].labels):
            faults.setdefault(code, []).append(
                _("“%(typed)s” is none of %(known)s.")
                % {"typed": within[code], "known": ", ".join(dict(DIMENSIONS[code].labels))}
            )
    wanted = given.get("step", "") or "year"
    if step and wanted not in MONTHS:
        faults.setdefault("step", []).append(
            _("“%(typed)s” is none of %(known)s.") % {"typed": wanted, "known": ", ".join(MONTHS)}
        )
    elif step and not faults.get("since") and len(points(since, day, wanted)) > MOST:
        faults.setdefault("since", []).append(
            _("A series has %(most)s points at most. Choose a later beginning or a longer step.") % {"most": MOST}
        )
    known_at = _known_at(given.get("known_at", "").strip(), faults)
    unit: Unit | None = None
    try:
        unit = unit_asked(user=user, code=given.get("unit", ""), day=day, known_at=known_at)
    except NotFound as error:
        faults.setdefault("unit", []).append(str(error))
    if faults or unit is None:
        raise Refused([text for texts in faults.values() for text in texts], faults)
    return Asked(indicators, unit, day, since, known_at, dimensions, within, wanted)


def read_table(given: Mapping[str, str], columns: Sequence[str], user: Viewer) -> TableQuestion:
    """The question of a standard table: unit, day and since as for figures. columns: codes of a roster's.

    Raises Refused with everything that is wrong, by name of the parameter.
    """
    faults: dict[str, list[str]] = {}
    asked = None
    try:
        asked = read_question({name: given.get(name, "") for name in ("unit", "day", "since")}, user)
    except Refused as error:
        faults = {name: [str(text) for text in texts] for name, texts in error.fields.items()}
    unknown = [code for code in columns if code not in COLUMNS]
    if unknown:
        faults["columns"] = [_("A roster has no column “%(code)s”.") % {"code": ", ".join(unknown)}]
    if faults or asked is None:
        raise Refused([text for texts in faults.values() for text in texts], faults)
    return TableQuestion(asked.unit, asked.day, asked.since, tuple(columns))


def _day(given: Mapping[str, str], name: str, usual: date, faults: dict[str, list[str]]) -> date:
    typed = given.get(name, "").strip()
    day = day_of(typed) if typed else usual
    if day is None or abs(day.year - timezone.localdate().year) > LONGEST:
        faults.setdefault(name, []).append(_("“%(typed)s” is no day. Write it like 2026-01-31.") % {"typed": typed})
        return usual
    return day


def _known_at(typed: str, faults: dict[str, list[str]]) -> datetime | None:
    """The moment of a day (its end, of today now) or of a time, of the country where it names no other."""
    if not typed:
        return None
    now = timezone.now()
    day, moment = day_of(typed), None
    if day is not None:
        moment = timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min)) if day < date.max else None
        if day == timezone.localdate():
            moment = now
    else:
        try:
            moment = parse_datetime(typed)
        except ValueError:
            moment = None
        if moment is not None and timezone.is_naive(moment):
            moment = timezone.make_aware(moment)
    since = known_since_for_system()
    if moment is None:
        text = _("“%(typed)s” is no day and no time. Write it like 2026-01-31 or 2026-01-31T16:30.") % {"typed": typed}
    elif moment > now:
        text = _("“%(typed)s” is still to come: what will be known then, nobody knows yet.") % {"typed": typed}
    elif since is None or moment < since:
        text = _("What was known before %(since)s is not on record. Ask for that moment or a later one.") % {
            "since": timezone.localtime(since).strftime("%Y-%m-%dT%H:%M:%S") if since else _("today")
        }
    else:
        return moment
    faults.setdefault("known_at", []).append(text)
    return None


def _indicators(typed: str, many: bool, faults: dict[str, list[str]]) -> list[Indicator]:
    usual = [code for code in INDICATORS if not INDICATORS[code].population.events] if many else ["workers"]
    codes = [code for one in typed.split(",") if (code := one.strip(" "))] if typed else usual
    unknown = [code for code in codes if code not in INDICATORS]
    if unknown or not codes or (len(codes) > 1 and not many):
        faults.setdefault("indicator", []).append(
            _("“%(typed)s” is no indicator. The catalogue has their codes.") % {"typed": ", ".join(unknown) or typed}
        )
        return []
    return [INDICATORS[code] for code in dict.fromkeys(codes)]


def _by(typed: str, indicators: list[Indicator], faults: dict[str, list[str]]) -> tuple[str, ...]:
    codes = tuple(dict.fromkeys(code.strip() for code in typed.split(",") if code.strip())) or ("unit",)
    for code in codes:
        if any(not has_dimension(one, code) for one in indicators) or code not in DIMENSIONS:
            faults.setdefault("by", []).append(_("This figure is not broken down by “%(code)s”.") % {"code": code})
    if len(codes) > 2:
        faults.setdefault("by", []).append(_("A figure is broken down by two dimensions at most."))
    return codes
