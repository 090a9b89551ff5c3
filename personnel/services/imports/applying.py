"""Writing a reviewed import, all of it or none of what was chosen, through the ordinary services; and taking it back.

What an import wrote is known row by row, with the state in which it left each row. The undo compares: a row that is not
as the import left it was changed by somebody since, and is not taken back over their head.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models import ProtectedError, RestrictedError
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import ApplicationError, Conflict, Refused
from core.services import audit
from organization.access import require
from organization.models import Permission, Unit, User
from personnel.models import Employment, Person, PersonPast
from personnel.models.imports import Import, ImportRow, ImportState, RowAction
from personnel.rules.fields import FIELDS
from personnel.selectors.imports import UNDO_HOURS
from personnel.services.imports.matching import (
    CERTIFICATE,
    CORRECTED,
    EDUCATION,
    EMPLOYMENT,
    EMPLOYMENT_FILLED,
    PERSON_FIELDS,
    POST,
    OnRecord,
    certificate_of,
    education_of,
)
from personnel.services.imports.reviewing import count, defaults_of, lock_open, refresh
from personnel.services.people import person_change, person_correct, person_create
from personnel.services.sections import row_correct, section_add, section_end
from personnel.services.steps import name_writer

_TOLD = 10  # so many rows are named in a message


class _Failed(Exception):
    """Rows that a service refused, with what it said; leaving the transaction with it undoes everything."""

    def __init__(self, said: dict[int, list[str]]) -> None:
        super().__init__()
        self.said = said


class _Stale(Exception):
    """The records are not as they were when the rows were reviewed."""


def import_apply(*, actor: User | None, source: Import, expected: int, whole: bool = False) -> Import:
    """Write the rows that are ready, in one transaction: all of them, or nothing.

    expected: how many rows whoever confirms was told of. whole: refuse while any row still has an error. Raises Conflict
    where something has changed since the review, Refused with what the services said about rows (which then show it).
    """
    try:
        return _apply(actor=actor, source=source, expected=expected, whole=whole)
    except _Failed as failed:
        raise Refused(_note_failures(source, failed.said)) from failed
    except _Stale as stale:
        with transaction.atomic():  # so that the next look shows what is true now
            refresh(lock_open(actor, source.pk), actor)
        raise Conflict(str(stale)) from stale


@transaction.atomic
def _apply(*, actor: User | None, source: Import, expected: int, whole: bool) -> Import:
    source = lock_open(actor, source.pk)
    changed = refresh(source, actor)
    ready = list(
        ImportRow.objects.select_for_update(of=("self",))
        .filter(source=source, applied=False, left_out=False, action__in=(RowAction.NEW, RowAction.UPDATE))
        .select_related("person")
        .order_by("position")
    )
    if whole and source.counts["open"]:
        raise Refused(
            [
                _("%(count)s rows still have errors. Put them right or leave them out.")
                % {"count": source.counts["open"]}
            ]
        )
    if len(ready) != expected:
        raise _Stale(
            _("%(expected)s rows were to be applied, now it would be %(found)s: the records have changed. Look again.")
            % {"expected": expected, "found": len(ready)}
        )
    if any(row.action == RowAction.UPDATE for row in changed):
        raise _Stale(_("The records have changed since the review. Look again at the updates."))
    if not ready:
        raise Refused([_("There is nothing to apply.")])
    units = _units(ready, source)
    before = file_states([row.person_id for row in ready if row.person_id is not None])
    said: dict[int, list[str]] = {}
    for row in ready:
        try:
            with transaction.atomic():
                _write(actor, source, row, units)
        except ApplicationError as error:
            said[row.pk] = [str(one) for one in (error.errors if isinstance(error, Refused) else [error.message])]
    if said:
        raise _Failed(said)
    after = file_states([row.person_id for row in ready if row.person_id is not None])
    for row in ready:
        assert row.person_id is not None
        row.written = written_between(before.get(row.person_id, {}), after[row.person_id])
        row.applied = True
    ImportRow.objects.bulk_update(ready, ["written", "applied", "person"], batch_size=500)
    source.state, source.applied, source.applied_by = ImportState.APPLIED, timezone.now(), actor
    source.save(update_fields=["state", "applied", "applied_by"])
    count(source)
    audit(
        actor=actor,
        action="personnel.import.apply",
        obj=source,
        unit_code=source.unit.code,
        after={"file": source.file_name, "sha256": source.sha256, "rows": len(ready), **source.counts},
    )
    return source


@transaction.atomic
def _note_failures(source: Import, said: Mapping[int, Sequence[str]]) -> list[str]:
    """The rows show what the services said; a summary for whoever pressed the button."""
    rows = list(ImportRow.objects.filter(source=source, pk__in=said).order_by("position"))
    for row in rows:
        row.findings = [finding for finding in row.findings if finding["code"] != "REFUSED"] + [
            {"level": "ERROR", "code": "REFUSED", "field": "", "text": "", "value": None,
             "params": {"message": message}, "suggestions": []}
            for message in said[row.pk]
        ]  # fmt: skip
        row.action = RowAction.ERROR
    ImportRow.objects.bulk_update(rows, ["findings", "action"])
    count(source)
    named = [
        _("%(sheet)s row %(row)s: %(message)s")
        % {"sheet": row.sheet, "row": row.number + 1, "message": "; ".join(said[row.pk])}
        for row in rows[:_TOLD]
    ]
    return [_("Nothing was written: %(count)s rows were refused.") % {"count": len(rows)}, *named]


def _units(rows: Iterable[ImportRow], source: Import) -> dict[str, Unit]:
    codes = {
        value
        for row in rows
        for code, value in {**defaults_of(source), **row.values}.items()
        if code in FIELDS and FIELDS[code].kind == "unit"
    }
    units = Unit.objects.filter(code__in=codes, valid_from__lte=source.day).order_by("valid_from")
    return {unit.code: unit for unit in units}


# -- One row ------------------------------------------------------------------------------------------------------------


def _write(actor: User | None, source: Import, row: ImportRow, units: Mapping[str, Unit]) -> None:
    if row.action == RowAction.NEW:
        row.person = _create(actor, source, {**defaults_of(source), **row.values}, units)
    elif row.person is not None:
        _update(actor, source, row, row.person, units)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _create(actor: User | None, source: Import, values: Mapping[str, str], units: Mapping[str, Unit]) -> Person:
    unit = units[values["employment.unit"]]
    single = {code: values[code] for code in PERSON_FIELDS if code in values}
    person = person_create(
        actor=actor,
        unit=unit,
        name=single.pop("name"),
        sex=single.pop("sex", None),
        birth_date=_day(single.pop("birth_date", None)),
        identity_number=single.pop("identity_number", None),
        **single,
    )
    job: dict[str, Any] = {FIELDS[code].attribute: values[code] for code in EMPLOYMENT if code in values}
    job["unit"] = unit
    end, reason = _day(job.pop("end", None)), job.pop("end_reason", "")
    employment = section_add(actor=actor, person=person, section="employment", values=job)
    post: dict[str, Any] = {FIELDS[code].attribute: values[code] for code in POST if code in values}
    post["unit"] = units[post.get("unit", values["employment.unit"])]
    post.setdefault("start", values["employment.start"])
    removed = _day(post.pop("end", None)) or end
    tenure = section_add(actor=actor, person=person, section="post", values=post)
    _add_section(actor, person, "education", EDUCATION, values)
    _add_section(actor, person, "certificate", CERTIFICATE, values)
    if removed is not None:
        section_end(actor=actor, row=tenure, day=removed)
    if end is not None:
        section_end(actor=actor, row=employment, day=end, reason=reason)
    return person


def _add_section(
    actor: User | None, person: Person, section: str, codes: Iterable[str], values: Mapping[str, str]
) -> None:
    """A row of a section, if the file says enough for one."""
    own = {FIELDS[code].attribute: values[code] for code in codes if code in values}
    needed = {"education": ("level", "graduated"), "certificate": ("level", "number", "issued")}[section]
    if all(name in own for name in needed):
        section_add(actor=actor, person=person, section=section, values=own)


def _update(actor: User | None, source: Import, row: ImportRow, person: Person, units: Mapping[str, Unit]) -> None:
    """Only what the review showed as different is written."""
    reason = _("Import of %(file)s, row %(row)s") % {"file": source.file_name[:80], "row": row.number + 1}
    new = {code: pair[1] for code, pair in row.diff.items()}
    known = {code: pair[0] for code, pair in row.diff.items()}
    single = {code: value for code, value in new.items() if code in PERSON_FIELDS}
    changed_today = set(
        PersonPast.objects.filter(person=person, field__in=single, until=source.day).values_list("field", flat=True)
    )
    # What was not known before did not change on the day of the file; it was only not on record.
    corrected = {
        code: value for code, value in single.items() if code in CORRECTED or not known[code] or code in changed_today
    }
    changed = {code: value for code, value in single.items() if code not in corrected}
    if corrected:
        person_correct(actor=actor, person=person, values=corrected, reason=reason)
    if changed:
        person_change(actor=actor, person=person, day=source.day, values=changed)
    filled = {FIELDS[code].attribute: value for code, value in new.items() if code in EMPLOYMENT_FILLED}
    if filled:
        employment = _current(person, source.day)
        if employment is None:
            raise Conflict(_("%(person)s is not employed on %(day)s.") % {"person": person.name, "day": source.day})
        row_correct(actor=actor, row=employment, values=filled, reason=reason)
    found = OnRecord(person, educations=list(person.educations.order_by("graduated", "pk")),
                     certificates=list(person.certificates.order_by("issued", "pk")))  # fmt: skip
    for section, codes, old in (
        ("education", EDUCATION, education_of(row.values, found)),
        ("certificate", CERTIFICATE, certificate_of(row.values, found)),
    ):
        own = {FIELDS[code].attribute: new[code] for code in codes if code in new}
        if own and old is not None:
            row_correct(actor=actor, row=old, values=own, reason=reason)
        elif own:
            _add_section(actor, person, section, codes, row.values)


def _current(person: Person, day: date) -> Employment | None:
    rows = Employment.objects.filter(person=person, start__lte=day).order_by("-start", "-pk")
    return next((row for row in rows if row.end is None or row.end > day), None)


# -- What was written ---------------------------------------------------------------------------------------------------

States = dict[tuple[str, int], dict[str, Any]]


def _file_models() -> list[tuple[type[models.Model], str]]:
    """Every table of the file with its way to the person. What only repeats the others is left out."""
    found: list[tuple[type[models.Model], str]] = []
    for model in apps.get_app_config("personnel").get_models():
        if model.__name__ in ("Import", "ImportRow", "RowHistory", "Listing", "Draft"):
            continue
        names = {field.name: field for field in model._meta.concrete_fields}
        for way in ("person", "employment", "archive"):
            if way in names and names[way].is_relation:
                found.append((model, "person" if way == "person" else f"{way}__person"))
                break
    return found


def _state(row: models.Model) -> dict[str, Any]:
    fields = [field for field in row._meta.concrete_fields if not field.primary_key and not field.generated]
    return {
        field.attname: field.value_to_string(row) if field.value_from_object(row) is not None else None
        for field in fields
        if not isinstance(field, models.BinaryField)
    }


def file_states(people: Sequence[int]) -> dict[int, States]:
    """person → (model, number) → state, of everything in their files; one query a table."""
    found: dict[int, States] = {person: {} for person in people}
    for person in Person.objects.filter(pk__in=people):
        found[person.pk]["person", person.pk] = _state(person)
    for model, way in _file_models():
        rows = model._default_manager.filter(**{f"{way}__in": people}).annotate(_owner=models.F(f"{way}_id"))
        for row in rows:
            found[row._owner][str(model._meta.model_name), row.pk] = _state(row)
    return found


def written_between(before: States, after: States) -> list[dict[str, Any]]:
    """The rows that are new or different: model, number, the state before (None: there was none) and after."""
    return [
        {"model": key[0], "pk": key[1], "before": before.get(key), "after": state}
        for key, state in after.items()
        if before.get(key) != state
    ]


# -- The undo -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def import_undo(*, actor: User | None, source: Import, skip_changed: bool = False) -> tuple[int, list[str]]:
    """Take an applied import back, within a day. Returns how many rows were, and why others were not.

    Raises Conflict after that time, Refused where somebody has changed rows since, with the reasons; `skip_changed`
    takes back the others then.
    """
    source = Import.objects.select_for_update(of=("self",), no_key=True).select_related("unit").get(pk=source.pk)
    if actor is not None:
        require(actor, Permission.CHANGE_PEOPLE, source.unit)
    if source.state != ImportState.APPLIED or source.applied is None:
        raise Conflict(_("Nothing of this import is applied."))
    if timezone.now() - source.applied > timedelta(hours=UNDO_HOURS):
        raise Conflict(
            _(
                "An import can be undone for %(hours)s hours; this one was applied at %(at)s. Correct the records instead."
            )
            % {"hours": UNDO_HOURS, "at": timezone.localtime(source.applied).strftime("%Y-%m-%d %H:%M")}
        )
    rows = list(
        ImportRow.objects.select_for_update(of=("self",)).filter(source=source, applied=True).order_by("-position")
    )
    people = [row.person_id for row in rows if row.person_id is not None]
    known = [
        person.pk for person in Person.objects.select_for_update(of=("self",)).filter(pk__in=people).order_by("pk")
    ]
    now = file_states(known)
    refused = [reason for row in rows if (reason := _changed_since(row, now))]
    if refused and not skip_changed:
        raise Refused(
            [
                _("The import was not undone: %(count)s rows have changed since.") % {"count": len(refused)},
                *refused[:_TOLD],
            ]
        )
    back = [row for row in rows if not _changed_since(row, now)]
    name_writer(actor, "undo", _("Import of %(file)s undone") % {"file": source.file_name[:80]})
    _take_back(back)
    for row in back:
        row.applied, row.written, row.person, row.left_out = False, [], None, True
    ImportRow.objects.bulk_update(back, ["applied", "written", "person", "left_out"], batch_size=500)
    if not refused:
        source.state, source.undone = ImportState.UNDONE, timezone.now()
        source.save(update_fields=["state", "undone"])
    count(source)
    audit(
        actor=actor,
        action="personnel.import.undo",
        obj=source,
        unit_code=source.unit.code,
        after={"rows": len(back), "kept": len(refused)},
    )
    return len(back), refused


def _changed_since(row: ImportRow, now: Mapping[int, States]) -> str:
    """Why a row can't be taken back, or "": somebody changed, deleted or added something."""
    states = now.get(row.person_id or 0)
    place = {"sheet": row.sheet, "row": row.number + 1, "person": row.values.get("name", "")}
    if states is None:
        return _("%(sheet)s row %(row)s: %(person)s is no longer on record.") % place
    written = {(one["model"], one["pk"]): one for one in row.written}
    for key, one in written.items():
        if key not in states:
            return _("%(sheet)s row %(row)s: something of %(person)s was deleted since.") % place
        if states[key] != one["after"]:
            names = [name for name, value in states[key].items() if value != one["after"].get(name)]
            field = ", ".join(names[:3])
            return _("%(sheet)s row %(row)s: %(person)s was changed since (%(field)s).") % {**place, "field": field}
    made = written.get(("person", row.person_id or 0))
    if made is not None and made["before"] is None and states.keys() - written.keys():
        return _("%(sheet)s row %(row)s: the record of %(person)s was added to since.") % place
    return ""


def _take_back(rows: Sequence[ImportRow]) -> None:
    """Delete what was made, the dependent first, and put back what was changed. The history keeps all of it."""
    made: dict[str, list[int]] = {}
    for row in rows:
        for one in row.written:
            if one["before"] is None:
                made.setdefault(one["model"], []).append(one["pk"])
            else:
                _put_back(one)
    ImportRow.objects.filter(pk__in=[row.pk for row in rows]).update(person=None)
    rest: list[Any] = []
    for _attempt in range(4):  # what rests on another row goes before it
        left: dict[str, list[int]] = {}
        for model, numbers in sorted(made.items(), key=lambda item: item[0] == "person"):
            try:
                with transaction.atomic():
                    apps.get_model("personnel", model)._default_manager.filter(pk__in=numbers).delete()
            except ProtectedError as error:
                left[model], rest = numbers, list(error.protected_objects)
            except RestrictedError as error:
                left[model], rest = numbers, list(error.restricted_objects)
        made = left
        if not made:
            return
    raise Refused(
        [
            _("Other records rest on what was imported by now, so nothing was undone: %(records)s.")
            % {"records": "; ".join(f"{one._meta.verbose_name} {one}" for one in rest[:_TOLD])}
        ]
    )


def _put_back(one: Mapping[str, Any]) -> None:
    found = apps.get_model("personnel", one["model"])._default_manager.filter(pk=one["pk"])
    fields = {field.attname: field for field in found.model._meta.concrete_fields}
    found.update(
        **{
            name: None if value is None else fields[name].to_python(value)
            for name, value in one["before"].items()
            if one["after"].get(name) != value and name in fields
        }
    )


__all__ = ["import_apply", "import_undo"]
