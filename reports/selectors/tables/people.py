"""Tables of people in post: the roster (花名册), what they are like (结构统计), and who came and went (社工变动)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.errors import Refused
from organization.access import scope_for
from organization.models import Permission, User
from personnel.models import EducationLevel, EndReason, EntryChannel, Listing
from personnel.rules.listing import COLUMNS, valid_columns
from personnel.selectors.columns import lines_of as cells_of
from reports.indicators import DIMENSIONS, INDICATORS
from reports.rules.rounding import half_up
from reports.rules.tables import WITHHELD, Cell, Column, StandardTable, added, balance, number, totalled, value
from reports.selectors.direct import rows_for_system
from reports.selectors.figures import Figure, by_shapes, people_behind
from reports.selectors.tables.kinds import Key, TableQuestion, by_unit, lines_for_system, of_whole

# The columns of the roster as districts keep it, as far as lists have them.
ROSTER = (
    "name", "sex", "birth_date", "identity_number", "political_status", "education.level", "education.school",
    "education.study_mode", "employment.batch", "employment.start", "employment.unit", "employment.category",
    "tenure.title", "certificate.level", "employment.contract_end",
)  # fmt: skip
MOST = 100_000  # people of one roster
_CHUNK = 2_000
_COLLEGE = EducationLevel.values[: EducationLevel.values.index(EducationLevel.COLLEGE) + 1]
_DIMENSIONS = ("sex", "age", "education", "political_status", "certificate")


def roster(user: User, question: TableQuestion) -> StandardTable:
    """Everybody whom “community workers in post” counts, a row each, with as much of each column as the user sees.

    Raises NotAllowed for who may not see the people, Refused for more than MOST.
    """
    columns = valid_columns(question.columns or ROSTER)
    behind = people_behind(user=user, question=question.of("workers"))
    jobs = behind.order_by().values_list("pk", flat=True)
    found = Listing.objects.filter(employment__in=jobs).order_by("unit_path", "sort_name", "person_id")
    count = found.count()
    if count > MOST:
        raise Refused(_("A roster has %(most)s people at most. Choose a unit below.") % {"most": f"{MOST:,}"})
    first, most = question.part or (0, count)
    rows = list(found[first : first + most])
    chinese = get_language() == "zh-hans"
    lines = [
        line
        for begin in range(0, len(rows), _CHUNK)
        for line in cells_of(rows[begin : begin + _CHUNK], columns, question.day, user=user, official=chinese)
    ]
    return StandardTable(
        "roster",
        _("Roster of community workers"),
        question.unit.name,
        question.unit.code,
        question.day,
        None,
        [
            Column(_("No."), width=6),
            *(Column(COLUMNS[code].zh if chinese else COLUMNS[code].en, number=False, width=_width(code)) for code in columns),
        ],
        [[n, *line.cells] for n, line in enumerate(lines, start=first + 1)],
        None,
        [str(line.person_id) for line in lines],
        [_("People: %(count)s") % {"count": count}],
        count,
    )  # fmt: skip


def _width(code: str) -> int:
    return {"identity_number": 20, "education.school": 18, "employment.unit": 18}.get(code, 12)


def structure(user: User, question: TableQuestion) -> StandardTable:
    """Community workers by sex, age, education, political status and certificate, for each unit below."""
    workers = question.of("workers")
    ages = question.of("mean_age")
    people, age, mean, *by_dimension = by_shapes(
        user=user,
        asked=[
            (workers, ("unit",)),
            (ages, ("unit",)),
            (ages, ()),
            *((workers, ("unit", name)) for name in _DIMENSIONS),
        ],
    )
    parts = dict(zip(_DIMENSIONS, by_dimension, strict=True))
    shown = {name: _codes(name, (key[1] for key in found)) for name, found in parts.items()}
    lines = lines_for_system(question, (key[0] for key in people))
    columns = [
        Column(_("Unit"), number=False, width=20),
        Column(_("People")),
        Column(_("Mean age")),
        Column(_("College or above")),
        Column(_("Of all (%)")),
    ]
    whole: dict[int, Callable[[], Cell]] = {
        1: lambda: number(of_whole(user, workers)[()]),
        3: lambda: _graduates(of_whole(user, workers, "education"), ()),
    }
    for name in _DIMENSIONS:
        words = dict(DIMENSIONS[name].labels)
        for code in shown[name]:
            whole[len(columns)] = _whole(user, question, name, code)
            columns.append(
                Column(str(words.get(code, code)) or _("not on record"), str(DIMENSIONS[name].name), width=9)
            )
    rows: list[list[Cell]] = [
        [
            line.name,
            number(people.get((line.key,))),
            value(age.get((line.key,))),
            _graduates(parts["education"], (line.key,)),
            None,
            *(number(parts[name].get((line.key, code))) for name in _DIMENSIONS for code in shown[name]),
        ]
        for line in lines
    ]
    total = totalled(rows, _("Total"), whole)
    total[2] = value(mean.get(()))
    for row in (*rows, total):
        row[4] = _share(row[3], row[1])
    return StandardTable(
        "structure", _("Structure of community workers"), question.unit.name, question.unit.code, question.day, None,
        columns, rows, total, [line.code for line in lines],
        [str(INDICATORS["workers"].population.text)],
    )  # fmt: skip


def _graduates(by_education: Mapping[Key, Figure], key: Key) -> Cell:
    """Those of a breakdown by education who have graduated from junior college or above."""
    return added(number(by_education.get((*key, code))) for code in _COLLEGE)


def _share(part: Cell, whole: Cell) -> Cell:
    """A share in per cent with two decimals, as it is printed beside its counts."""
    if WITHHELD in (part, whole):
        return WITHHELD
    return half_up(100 * part, whole, 2) if isinstance(part, int) and isinstance(whole, int) else None


def _whole(user: User, question: TableQuestion, dimension: str, code: str) -> Callable[[], Cell]:
    return lambda: number(of_whole(user, question.of("workers"), dimension).get((code,)))


def _codes(dimension: str, occurring: Iterable[str]) -> list[str]:
    """The codes of a dimension that occur, in their order; last what is not on record. Bands and sexes all."""
    seen = set(occurring)
    known = [code for code, _label in DIMENSIONS[dimension].labels]
    every = [code for code in known if dimension in ("sex", "age") or code in seen]
    return [*every, *sorted(seen - set(known))]


def turnover(user: User, question: TableQuestion) -> StandardTable:
    """Who was there before the period, came by which channel, left for which reason, moved between units, and is there
    at its end. Every line adds up: before + came + moved in − left − moved out = at the end.

    Who may not see the people isn't told the moves: with them each number that is withheld could be worked out.
    """
    ends, begins = question.of("workers"), question.of("workers")
    begins = replace(begins, day=question.since - timedelta(days=1), since=question.since - timedelta(days=1))
    before = by_unit(user, begins)
    after, came, left = by_shapes(
        user=user,
        asked=[
            (ends, ("unit",)),
            (question.of("hires"), ("unit", "entry_channel")),
            (question.of("leavers"), ("unit", "end_reason")),
        ],
    )
    names = scope_for(user, Permission.VIEW_PEOPLE).covers(question.unit.path)
    moved_in, moved_out = _moves(question)
    channels = _occurring(EntryChannel.values, came)
    reasons = _occurring(EndReason.values, left)
    lines = lines_for_system(question, {*(key[0] for key in (*before, *after, *came, *left)), *moved_in, *moved_out})
    joined, gone = _("Added"), _("Less")
    columns = [
        Column(_("Unit"), number=False, width=20),
        Column(_("At the beginning")),
        *(Column(_word(EntryChannel, code), joined) for code in channels),
        Column(_("moved in"), joined),
        *(Column(_word(EndReason, code), gone) for code in reasons),
        Column(_("moved out"), gone),
        Column(_("At the end")),
    ]
    rows: list[list[Cell]] = [
        [
            line.name,
            number(before.get((line.key,))),
            *(number(came.get((line.key, code))) for code in channels),
            moved_in.get(line.key, 0) if names else WITHHELD,
            *(number(left.get((line.key, code))) for code in reasons),
            moved_out.get(line.key, 0) if names else WITHHELD,
            number(after.get((line.key,))),
        ]
        for line in lines
    ]
    return StandardTable(
        "turnover", _("Changes of community workers"), question.unit.name, question.unit.code, question.day,
        question.since, columns, rows, totalled(rows, _("Total")), [line.code for line in lines],
        [
            _("At the beginning: at the end of %(day)s.") % {"day": begins.day},
            _("Who moves between two units of this table stands in both lines, so that every line adds up."),
        ],
    )  # fmt: skip


def _occurring(known: Iterable[str], found: Mapping[Key, object]) -> list[str]:
    seen = {key[1] for key in found}
    known = list(known)
    return [*(code for code in known if code in seen), *sorted(seen - set(known))]


def _word(codes: type[EntryChannel] | type[EndReason], code: str) -> str:
    return str(codes(code).label) if code else _("not on record")


def _moves(question: TableQuestion) -> tuple[dict[str, int], dict[str, int]]:
    """By what the path of the unit below goes on with."""
    first = replace(question.of("workers").span, day=question.since - timedelta(days=1))
    last, level = question.of("workers").span, question.unit.path.count("/")
    workers = INDICATORS["workers"]
    before, after = (
        rows_for_system(workers, span).order_by().values_list("person_id", "place") for span in (first, last)
    )
    came, left = (
        rows_for_system(INDICATORS[code], last).order_by().values_list("person_id", "place")
        for code in ("hires", "leavers")
    )

    def below(rows: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
        return [(person, place.split("/")[level]) for person, place in rows]

    return balance(below(before.difference(after)), below(after.difference(before)), below(came), below(left))
