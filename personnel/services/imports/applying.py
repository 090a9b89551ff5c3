"""Writing a reviewed import: all of what was chosen, or nothing, in one transaction.

People who are new are entered many at a time; whoever the database refuses among them, and whoever is on record already,
goes row by row through the ordinary services, which say what is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import ApplicationError, Conflict, Refused
from core.services import audit
from organization.models import Unit, User
from personnel.models import Person
from personnel.models.imports import Import, ImportRow, ImportState, RowAction
from personnel.services.imports.entering import enter_new
from personnel.services.imports.reviewing import count, lock_open, refresh
from personnel.services.imports.states import file_states, written_between
from personnel.services.imports.watching import NOBODY, Watch
from personnel.services.imports.writing import entered_by, units_named, write_row

_TOLD = 10  # so many rows are named in a message


class _Failed(Exception):
    """Rows that a service refused, with what it said; leaving the transaction with it undoes everything."""

    def __init__(self, said: dict[int, list[str]]) -> None:
        super().__init__()
        self.said = said


class _Stale(Exception):
    """The records are not as they were when the rows were reviewed."""


def import_apply(
    *, actor: User | None, source: Import, expected: int, whole: bool = False, watch: Watch = NOBODY
) -> Import:
    """Write the rows that are ready, in one transaction: all of them, or nothing.

    expected: how many rows whoever confirms was told of. whole: refuse while any row still has an error. watch: who is
    told how far it is, and has the last word in the transaction. Raises Conflict where something has changed since the
    review, Refused with what the services said about rows (which then show it).
    """
    try:
        return _apply(actor=actor, source=source, expected=expected, whole=whole, watch=watch)
    except _Failed as failed:
        raise Refused(_note_failures(source, failed.said)) from failed
    except _Stale as stale:
        with transaction.atomic():  # so that the next look shows what is true now
            refresh(lock_open(actor, source.pk, job=watch.job), actor)
        raise Conflict(str(stale)) from stale


@transaction.atomic
def _apply(*, actor: User | None, source: Import, expected: int, whole: bool, watch: Watch) -> Import:
    source = lock_open(actor, source.pk, job=watch.job)
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
    units = units_named(ready, source)
    before = file_states([row.person_id for row in ready if row.person_id is not None])
    said = _write(actor, source, ready, units, watch)
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
    watch.finish(len(ready), [])
    return source


def _write(
    actor: User | None, source: Import, ready: Sequence[ImportRow], units: Mapping[str, Unit], watch: Watch
) -> dict[int, list[str]]:
    """Write the rows; what the services said of those that they refused."""
    said: dict[int, list[str]] = {}
    entered = enter_new(actor, source, [row for row in ready if row.action == RowAction.NEW], units, watch.tell)
    rest = sorted((row for row in ready if row.pk not in entered), key=lambda row: row.action != RowAction.NEW)
    people: dict[tuple[str, ...], Person] | None = None
    for done, row in enumerate(rest, start=len(entered) + 1):
        if people is None and row.action != RowAction.NEW:  # everybody new is on record by now
            people = entered_by(one for one in ready if one.action == RowAction.NEW)
        try:
            with transaction.atomic():
                write_row(actor, source, row, units, people)
        except ApplicationError as error:
            said[row.pk] = [str(one) for one in (error.errors if isinstance(error, Refused) else [error.message])]
        if done % 20 == 0:
            watch.tell(done)
    return said


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
        row.errors = sum(1 for finding in row.findings if finding["level"] == "ERROR")
        row.action = RowAction.ERROR
    ImportRow.objects.bulk_update(rows, ["findings", "errors", "action"])
    count(source)
    named = [
        _("%(sheet)s row %(row)s: %(message)s")
        % {"sheet": row.sheet, "row": row.number + 1, "message": "; ".join(said[row.pk])}
        for row in rows[:_TOLD]
    ]
    return [_("Nothing was written: %(count)s rows were refused.") % {"count": len(rows)}, *named]


__all__ = ["import_apply"]
