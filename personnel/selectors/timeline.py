"""What happened in somebody's working life, and what comes next: from a record that has been read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from personnel.models import CustodianKind, PersonPast
from personnel.rules.fields import FIELDS, SECTIONS
from personnel.selectors.record import FileRecord, SectionRow, label_for_system

# The kinds by which a timeline can be filtered, and the sections that each shows.
KINDS: dict[str, tuple[str, ...]] = {
    "work": ("employment", "placement", "post", "post_fit", "area", "duty"),
    "learning": ("education", "certificate"),
    "party": ("party", "public_role"),
    "honours": ("honour", "treatment", "named_list"),
    "discipline": ("discipline",),
    "care": ("leave", "health_check", "support", "insurance"),
    "file": ("archive", "change"),
}


def kind_names_for_system() -> dict[str, str]:
    """The kinds with their words, in the order in which they are offered."""
    return {
        "work": _("Work and posts"),
        "learning": _("Education and certificates"),
        "party": _("Party and public roles"),
        "honours": _("Honours"),
        "discipline": _("Discipline"),
        "care": _("Leave, health and care"),
        "file": _("The file itself"),
    }


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened on a day; `anchor` is the section of the page that has more. sensitive: not for all."""

    day: date
    kind: str
    anchor: str
    text: str
    document: str = ""
    sensitive: bool = False


def timeline_for_system(record: FileRecord) -> list[Event]:
    """Everything of a record that has a day, newest first; one query for the earlier values."""
    found: list[Event] = []
    for kind, sections in KINDS.items():
        for section in sections:
            for row in record.sections.get(section, ()):
                found += _events(kind, section, row, record.day)
    if record.archive is not None:
        archive = record.archive
        found.append(Event(archive.archive.opened, "file", "archive", _("Archive opened")))
        for one in archive.custodies:
            name = CustodianKind(one.kind).label
            found.append(
                Event(
                    one.start,
                    "file",
                    "archive",
                    _("Kept by %(name)s: %(unit)s") % {"name": name, "unit": one.unit.name},
                )
            )
        for loan in archive.loans:
            found.append(Event(loan.start, "file", "archive", _("Lent to %(name)s") % {"name": loan.borrower}))
            if loan.end is not None:
                found.append(Event(loan.end, "file", "archive", _("Back from %(name)s") % {"name": loan.borrower}))
    for past in PersonPast.objects.filter(person=record.person, until__lte=record.day).order_by("until"):
        known = FIELDS.get(past.field)
        if known is not None:
            text = _("%(field)s changed") % {"field": label_for_system(known)}
            found.append(Event(past.until, "file", known.section, text, past.document))
    return sorted((one for one in found if one.day <= record.day), key=lambda one: one.day, reverse=True)


def _events(kind: str, section: str, row: SectionRow, day: date) -> list[Event]:
    spec = SECTIONS[section]
    label = label_for_system(spec)
    document = str(getattr(row.row, "document", "") or "")
    sensitive = section in ("discipline", "health_check", "support")
    skipped = {spec.start, spec.end, "document"}
    words = "，" if label == spec.zh else ", "
    what = words.join(
        cell.text for cell in row.cells[:5]
        if cell.text and cell.field.attribute not in skipped and cell.field.kind in ("code", "unit", "text")
        and cell.field.sensitivity != "sensitive"
    )  # fmt: skip
    events = []
    start = getattr(row.row, spec.start) if spec.start else None
    if start is not None and start <= day:
        text = _("%(section)s: %(what)s") % {"section": label, "what": what} if what else label
        events.append(Event(start, kind, section, text, document, sensitive))
    end = getattr(row.row, spec.end) if spec.end else None
    if end is not None and end <= day:
        text = (
            _("%(section)s ended: %(what)s") % {"section": label, "what": what}
            if what
            else _("%(section)s ended") % {"section": label}
        )
        events.append(Event(end, kind, section, text, "", sensitive))
    return events


def deadlines_for_system(record: FileRecord) -> list[Event]:
    """The days that are still to come after the day of the record, the next first; asks nothing."""
    found: list[Event] = []

    def note(day: date | None, anchor: str, text: str) -> None:
        if day is not None and day > record.day:
            found.append(Event(day, "", anchor, text))

    for one in record.holding("employment"):
        note(one.row.probation_end, "employment", _("probation ends"))
        note(one.row.contract_end, "employment", _("contract ends"))
        note(one.row.end, "employment", _("employment ends"))
    for one in record.holding("post"):
        note(one.row.end, "post", _("post ends"))
    for one in record.holding("placement"):
        note(one.row.end, "placement", _("placement ends"))
        note(one.row.due, "placement", _("expected back"))
    for one in record.sections["certificate"]:
        note(one.row.registered_until, "certificate", _("registration of the certificate ends"))
    for one in record.holding("leave"):
        note(one.row.end, "leave", _("back from leave"))
    for one in record.holding("treatment"):
        note(one.row.end, "treatment", _("special treatment ends"))
    for one in record.holding("duty"):
        note(one.row.due, "duty", _("due: %(what)s") % {"what": one.row.text})
    if record.archive is not None and record.archive.lent is not None:
        note(record.archive.lent.due, "archive", _("lent archive is due"))
    return sorted(found, key=lambda event: event.day)
