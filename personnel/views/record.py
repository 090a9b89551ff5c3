"""One person's record as of any day, its history, and its print."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from core.errors import NotAllowed
from core.views import download
from organization.access import may_somewhere, scope_for
from organization.models import Permission
from personnel.forms import PurposeForm
from personnel.forms.inputs import day_message
from personnel.models import CustodianKind, Looked, Person
from personnel.rules.dates import DayProblem, read_day
from personnel.rules.disclosure import Sights
from personnel.rules.fields import SECTIONS, fields_of
from personnel.selectors import history_of, record_on
from personnel.selectors.history import Difference
from personnel.selectors.people import file_in
from personnel.selectors.record import (
    Cell,
    FileRecord,
    SectionRow,
    label_for_system,
    masked_words_for_system,
    missing_of_for_system,
)
from personnel.selectors.restrictions import restriction_of_for_system
from personnel.selectors.scans import file_for
from personnel.selectors.sights import sights_of
from personnel.selectors.timeline import KINDS, Event, deadlines_for_system, kind_names_for_system, timeline_for_system
from personnel.services.showing import person_seen, person_unmask
from personnel.views.printed import file_document
from personnel.views.recent import note_seen
from personnel.views.withheld import note_shown

SINGLE = ("identity", "contact")  # sections of single values
# Sections in which an act on a row has its own page and rules; acts that a section knows beyond correct and withdraw.
ROW_SECTIONS = tuple(code for code, section in SECTIONS.items() if section.rows)


@dataclass(frozen=True)
class ShownRow:
    """A row of a section as it is shown: its cells in words, masked where they must be, and the acts it allows."""

    pk: int
    state: str
    cells: list[tuple[str, str]]
    acts: tuple[str, ...]


@dataclass(frozen=True)
class ShownSection:
    """A section of the page. cells: its single values; rows: its rows, the holding ones first; once: has one row at most."""

    code: str
    label: str
    cells: list[tuple[str, str, str]]
    rows: list[ShownRow]
    may_add: bool
    single: bool


def asked_day(request: HttpRequest) -> tuple[date, str]:
    """The day that a record is asked for (today unless given), and what is wrong with what was typed."""
    typed = request.GET.get("day", "").strip()
    if not typed:
        return timezone.localdate(), ""
    read = read_day(typed)
    if isinstance(read, DayProblem):
        return timezone.localdate(), day_message(read)
    return read.day, ""


def may_change(request: HttpRequest, record: FileRecord) -> bool:
    """Whether the user may write to this record: somebody who works or has worked in a unit of theirs."""
    scope = scope_for(request.user, Permission.CHANGE_PEOPLE)
    paths = [row.row.unit_path for row in record.sections["employment"]]
    paths += [row.row.post.unit.path for row in record.sections["post"]]
    if not paths:  # nothing was yet on that day, or there is neither employment nor post
        return file_in(user=request.user, person=record.person, permission=Permission.CHANGE_PEOPLE)
    return any(scope.covers(path) for path in paths)


def sees(seen: Sights, section: str) -> bool:
    """Whether a reader sees anything of a section; what is no section of the registry (the archive) is seen by all."""
    return section not in SECTIONS or seen.sees(one.code for one in fields_of(section))


def acts_of(section: str) -> tuple[str, ...]:
    return (*(("change", "end") if SECTIONS[section].end else ()), "correct", "withdraw")


def _seen(cells: Iterable[Cell], seen: Sights, revealed: bool) -> list[Cell]:
    """The cells that are there for a reader, with their words or a mask."""
    return [
        cell
        if seen[cell.field.code].shown(revealed)
        else replace(cell, text=masked_words_for_system(cell.field, cell.text))
        for cell in cells
        if seen[cell.field.code].sight
    ]


def _row(one: SectionRow, seen: Sights, revealed: bool, writable: bool) -> ShownRow:
    cells = [(cell.label, cell.text) for cell in _seen(one.cells, seen, revealed) if cell.text]
    acts = acts_of(one.section.code) if writable else ()
    if one.state == "PAST":
        acts = tuple(act for act in acts if act in ("correct", "withdraw"))
    return ShownRow(one.pk, one.state, cells, acts)


def shown_sections(record: FileRecord, seen: Sights, *, revealed: bool, may_write: bool) -> list[ShownSection]:
    """The sections as far as the reader sees their fields. may_write: the page offers acts where fields may be written."""
    found = []
    for code, section in SECTIONS.items():
        writable = may_write and any(seen[one.code].writes for one in fields_of(code))
        if not section.rows:
            cells = [(cell.field.code, cell.label, cell.text) for cell in _seen(record.cells(code), seen, revealed)]
            found.append(ShownSection(code, label_for_system(section), cells, [], False, True))
            continue
        order = {"HOLDS": 0, "COMING": 1, "PAST": 2}
        rows = sorted(record.sections[code], key=lambda one: order[one.state]) if sees(seen, code) else []
        shown = [_row(one, seen, revealed, writable) for one in rows]
        once = code == "party" and bool(rows)
        found.append(ShownSection(code, label_for_system(section), [], shown, writable and not once, False))
    return found


@dataclass(frozen=True)
class Head:
    """What stands above a record: the answers that are asked for most."""

    unit: str
    post: str
    category: str
    age: int | None
    since: date | None
    years: int | None
    left: date | None


def head_of(record: FileRecord) -> Head:
    jobs = [one.row for one in record.holding("employment")]
    before = [one.row for one in record.sections["employment"] if one.state == "PAST"]
    posts = [one.row for one in record.holding("post")]
    job = next(iter(jobs), None)
    unit = job.unit.name if job else posts[0].post.unit.name if posts else ""
    starts = [row.start for row in (*jobs, *before)]
    since = min(starts, default=None) if jobs else None
    born = record.values["birth_date"]
    return Head(
        unit=unit,
        post=("、" if str(get_language()).startswith("zh") else ", ").join(
            str(row.get_title_display()) for row in posts
        ),
        category=str(job.get_category_display()) if job else "",
        age=_years(born, record.day) if born else None,
        since=since,
        years=_years(since, record.day) if since else None,
        left=max((row.end for row in before if row.end), default=None) if not jobs and not posts else None,
    )


def _years(start: date, day: date) -> int:
    return day.year - start.year - ((day.month, day.day) < (start.month, start.day))


def _told(event: Event, seen: Sights, revealed: bool) -> bool:
    """Whether an event may be told: each says something of what its section shows."""
    if event.anchor not in SECTIONS or SECTIONS[event.anchor].rows is False:
        return True
    fields = fields_of(event.anchor)
    return all(seen[one.code].shown(revealed) for one in fields) if event.sensitive else sees(seen, event.anchor)


@login_required
@require_http_methods(["GET", "POST"])
def person(request: HttpRequest, number: int) -> HttpResponse:
    """The record of a person as of a day; that it was opened is on the trail before anything of it is shown.

    A POST names a purpose and shows what is masked, to those who may change the record.
    """
    day, wrong_day = asked_day(request)
    today = timezone.localdate()
    record = record_on(user=request.user, person_id=number, day=day)
    seen = sights_of(user=request.user, person=record.person)
    asking = PurposeForm(request.POST if request.method == "POST" else None)
    open_ = request.method == "POST" and asking.is_valid()
    if open_:
        person_unmask(actor=request.user, person=record.person, **asking.cleaned_data)
        note_shown(request, number)
    else:
        person_seen(actor=request.user, person=record.person, what=Looked.RECORD, about={"day": str(day)})
    writable = may_change(request, record)
    wanted = [kind for kind in request.GET.getlist("kind") if kind in KINDS]
    events = [
        one for one in timeline_for_system(record) if (not wanted or one.kind in wanted) and _told(one, seen, open_)
    ]
    archive = record.archive
    restriction = restriction_of_for_system(record.person)
    hides = restriction is not None and restriction.start <= today and not open_
    asked = f"?day={day:%Y-%m-%d}" if day != today else ""
    context = {
        "record": record,
        "person": record.person,
        "name": record.values["name"],
        "photo": None if hides else record.values["photo"],
        "head": head_of(record),
        "sections": shown_sections(record, seen, revealed=open_, may_write=writable),
        "missing": missing_of_for_system(record),
        "deadlines": deadlines_for_system(record)[:6],
        "custodian": archive.custodian if archive else None,
        "custodian_kind": CustodianKind(archive.custodian.kind).label if archive and archive.custodian else "",
        "lent": archive.lent if archive else None,
        "events": events,
        "years": list(dict.fromkeys(one.day.year for one in events)),
        "kinds": [(code, label, code in wanted) for code, label in kind_names_for_system().items()],
        "day": day,
        "is_today": day == today,
        "differing": len(record.differing),
        "wrong_day": wrong_day,
        "asked": asked,
        "writable": writable,
        "proposes": day == today and may_somewhere(request.user, Permission.TAKE_STREET_STEPS),
        "reviews": day == today and may_somewhere(request.user, Permission.RUN_PROMOTION),
        "open": open_,
        "reveals": seen.reveals(),
        "restriction": restriction,
        "hides": hides,
        "sees_readers": may_somewhere(request.user, Permission.VIEW_AUDIT),
        "asking": asking,
    }
    response = render(request, "personnel/person.html", context, status=422 if asking.errors else 200)
    note_seen(request, response, number)
    return response


@login_required
@require_GET
def person_history(request: HttpRequest, number: int) -> HttpResponse:
    """Who changed what of a record, when, why, and on what document."""
    record = record_on(user=request.user, person_id=number)
    person_seen(actor=request.user, person=record.person, what=Looked.HISTORY)
    seen = sights_of(user=request.user, person=record.person)
    entries = [one for one in history_of(user=request.user, person_id=number) if sees(seen, one.section)]
    sections = list(dict.fromkeys((one.section or one.table, one.section_text) for one in entries))
    wanted = request.GET.get("section", "")
    shown = [one for one in entries if wanted in ("", one.section or one.table)]
    lines = [
        (
            one,
            [
                (each.label, _hidden(each, each.before, seen), _hidden(each, each.after, seen), each.file)
                for each in one.differences
                if each.field is None or seen[each.field.code].sight
            ],
        )
        for one in shown
    ]
    context = {
        "person": record.person,
        "lines": lines,
        "sections": [(code, label, code == wanted) for code, label in sections],
        "wanted": wanted,
    }
    return render(request, "personnel/person_history.html", context)


def _hidden(difference: Difference, text: str, seen: Sights) -> str:
    field = difference.field
    return text if field is None or seen[field.code].shown(False) else masked_words_for_system(field, text)


@login_required
@require_http_methods(["GET", "POST"])
def person_pdf(request: HttpRequest, number: int) -> HttpResponse:
    """The file as PDF. GET: sensitive values masked; POST: written out for a purpose, for those who may change them."""
    day, _wrong = asked_day(request)
    record = record_on(user=request.user, person_id=number, day=day)
    open_ = request.method == "POST"
    if open_:
        purpose, words = request.POST.get("purpose", ""), request.POST.get("words", "")
        person_unmask(actor=request.user, person=record.person, purpose=purpose, words=words, what=Looked.PRINT)
    else:
        person_seen(actor=request.user, person=record.person, what=Looked.PRINT, about={"day": str(day)})
    photo = None
    if record.values["photo"]:
        photo = bytes(file_for(user=request.user, person_id=number, file_id=record.values["photo"]).content)
    seen = sights_of(user=request.user, person=record.person)
    sections = shown_sections(record, seen, revealed=open_, may_write=False)
    content = file_document(record, head_of(record), sections, photo, str(get_language()))
    return download(content, "application/pdf", f"file-{number}-{day:%Y%m%d}.pdf", inline=True)


@login_required
@require_GET
def person_file(request: HttpRequest, number: int, file: int) -> HttpResponse:
    """A scan or the photograph; it is served from here alone, to those who may look at the person."""
    found = file_for(user=request.user, person_id=number, file_id=file)
    person_seen(actor=request.user, person=Person(pk=number), what=Looked.FILE, about={"file": found.pk})
    ending = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}.get(found.media_type, "bin")
    return download(bytes(found.content), found.media_type, f"{found.sha256[:12]}.{ending}")


def record_address(number: int, section: str) -> str:
    return f"{reverse('personnel:person', args=[number])}#{section}"


def refuse_reading_only(request: HttpRequest, record: FileRecord) -> None:
    """For pages on which one writes: NotAllowed for who may only look."""
    if not may_change(request, record):
        raise NotAllowed(
            _("You may not change the record of %(person)s: they work in no unit of yours.")
            % {"person": record.person.name}
        )
