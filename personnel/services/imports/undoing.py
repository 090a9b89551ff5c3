"""Taking an import back.

What an import wrote is known row by row, with the state in which it left each row. The undo compares: a row that is not
as the import left it was changed by somebody since, and is not taken back over their head.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import ProtectedError, RestrictedError
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Conflict, Refused
from core.services import audit
from organization.access import require
from organization.models import Permission, User
from personnel.models import Person
from personnel.models.imports import Import, ImportRow, ImportState
from personnel.selectors.imports import UNDO_HOURS
from personnel.services.imports.reviewing import count, refuse_while_working
from personnel.services.imports.states import States, file_states
from personnel.services.imports.watching import NOBODY, Watch
from personnel.services.steps import name_writer

_TOLD = 10  # so many rows are named in a message


@transaction.atomic
def import_undo(
    *, actor: User | None, source: Import, skip_changed: bool = False, watch: Watch = NOBODY
) -> tuple[int, list[str]]:
    """Take an applied import back, within a day. Returns how many rows were, and why others were not.

    Raises Conflict after that time, Refused where somebody has changed rows since, with the reasons; `skip_changed`
    takes back the others then.
    """
    refuse_while_working(source.pk, watch.job)
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
    ImportRow.objects.filter(pk__in=[row.pk for row in back]).update(applied=False, written=[], left_out=True)
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
    watch.finish(len(back), refused)
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
    row = apps.get_model("personnel", one["model"])._default_manager.get(pk=one["pk"])
    fields = {field.attname: field for field in row._meta.concrete_fields}
    for name, value in one["before"].items():
        if one["after"].get(name) != value and name in fields:
            setattr(row, name, None if value is None else fields[name].to_python(value))
    row.save()


__all__ = ["import_undo"]
