"""Steps that the services of units share: the lock of the tree, reading a unit again, and what must follow it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Conflict, Refused
from core.services.runs import lock
from organization.access import after
from organization.models import Grant, SuccessionKind, Unit, UnitFact, UnitSuccession, User, units_on
from organization.rules.codes import code_faults
from organization.selectors.above import above

TREE = "organization.tree"

Wrong = tuple[str, str]  # the value that is wrong ("": no single one), and what is wrong with it


def hold_tree() -> None:
    """For whatever plans or writes by the paths of units: nobody moves a unit until the end of the transaction."""
    lock(TREE, shared=True)


def take_tree() -> None:
    """For whatever moves units: waits until nobody plans or writes by their paths, and keeps others waiting."""
    lock(TREE)


def newest_row(unit: Unit) -> tuple[Unit, date]:
    """What a unit is by now, whichever of its rows was given, and its first day: for what goes on from here."""
    rows = list(Unit.objects.filter(lineage=unit.first_row).order_by("valid_from"))
    return rows[-1], rows[0].valid_from


def locked(unit: Unit) -> Unit:
    return Unit.objects.select_for_update(of=("self",), no_key=True).select_related("parent").get(pk=unit.pk)


def unit_state(unit: Unit) -> dict[str, Any]:
    return {
        "code": unit.code,
        "name": unit.name,
        "kind": unit.kind,
        "path": unit.path,
        "valid_from": str(unit.valid_from),
        "valid_to": str(unit.valid_to) if unit.valid_to else None,
    }


def day_errors(unit: Unit, day: date) -> list[Wrong]:
    """Why a change can't begin on the day: the unit has to have held the day before and to hold on the day."""
    if former := former_errors(unit):
        return former
    if unit.valid_from < day and (unit.valid_to is None or day < unit.valid_to):
        return []
    text = _("%(unit)s holds from %(from)s to %(to)s. Choose a day after the first and before the last.")
    return [("day", text % {"unit": unit.name, "from": unit.valid_from, "to": unit.valid_to or "…"})]


def former_errors(unit: Unit) -> list[Wrong]:
    """A row that has been followed by another of the same unit is history: what is open hangs onto the newest."""
    newest, _first = newest_row(unit)
    if newest.pk == unit.pk:
        return []
    text = _("%(unit)s goes on as %(other)s (%(code)s) from %(from)s on. Enter the change there.")
    words = {"unit": unit.name, "other": newest.name, "code": newest.code, "from": newest.valid_from}
    return [("", text % words)]


def not_yet_errors(day: date) -> list[Wrong]:
    """People change their unit when it is written down, so that can't be before the day."""
    if day <= timezone.localdate():
        return []
    text = _("%(day)s is still to come. Enter this on its day or later; the day itself stays right.")
    return [("day", text % {"day": day})]


def code_errors(kind: str, code: str, parent: Unit | None, name: str, *, prefix: bool = True) -> list[Wrong]:
    """What is wrong with a code for a unit of a kind below its parent, in words."""
    words = {"code": code, "unit": name, "parent": parent.name if parent else ""}
    texts = {
        "KIND": _("“%(kind)s” is no kind of unit.") % {"kind": kind},
        "PLACE": _("%(unit)s can't stand directly below %(parent)s: their kinds don't follow each other.") % words
        if parent is not None
        else _("%(unit)s needs a unit that it is part of; only provinces have none.") % words,
        "DIGITS": _(
            "“%(code)s” is no code for this kind of unit. Province 2 digits, city 4, county 6, street 9, community 12; a "
            "grid or an estate has its community's 12 and 3 of its own."
        )
        % words,
        "PREFIX": _("The code %(code)s of %(unit)s does not begin with the code of %(parent)s.") % words,
    }
    faults = code_faults(kind, code, parent.kind if parent else None, parent.code if parent else "")
    places = {"KIND": "kind", "PLACE": "kind", "DIGITS": "code", "PREFIX": "code"}
    return [(places[fault], texts[fault]) for fault in faults if prefix or fault != "PREFIX"]


def path_errors(path: str, unit_name: str, own: int | None = None) -> list[Wrong]:
    """Whether a place in the tree belonged to a unit that goes on elsewhere: its grants still reach its old place."""
    for row in Unit.objects.filter(path=path):
        if own is not None and row.first_row == own:
            continue
        newest = Unit.objects.filter(lineage=row.first_row).order_by("-valid_from").first()
        if newest is not None and newest.path != path and newest.valid_to is None:
            text = _("The code of %(unit)s belonged to %(other)s, which goes on under %(code)s. Choose another code.")
            return [("code", text % {"unit": unit_name, "other": newest.name, "code": newest.code})]
    return []


def below_on(unit: Unit, day: date) -> list[Unit]:
    """The units below a unit that hold on a day, in the order of the tree, locked."""
    return list(
        Unit.objects.select_for_update(of=("self",), no_key=True)
        .filter(units_on(day), path__gt=unit.path, path__lt=after(unit.path))
        .order_by("path")
    )


def later_errors(unit: Unit, day: date) -> list[Wrong]:
    """Rows in or below the unit that begin on the day or later: a change of the day before would contradict them."""
    rows = Unit.objects.filter(path__gte=unit.path, path__lt=after(unit.path), valid_from__gte=day).order_by("path")
    text = _("%(unit)s is written down from %(from)s on, after this day. Choose a later day.")
    return [("day", text % {"unit": row.name, "from": row.valid_from}) for row in rows[:20]]


def refuse(errors: Iterable[Wrong]) -> None:
    """Raise Refused with everything that was found, if anything was, by the value that is wrong."""
    fields: dict[str, list[str]] = {}
    found = list(errors)
    for name, text in found:
        if name:
            fields.setdefault(name, []).append(text)
    if found:
        raise Refused([text for _name, text in found], fields)


def refuse_open_runs(paths: list[str]) -> None:
    """An open run is a picture of the tree; it has to be ended before the tree changes under it."""
    found = above.runs_in_the_way(paths)
    if found:
        raise Conflict("\n".join(found))


def follow_all(*, actor: User | None, moved: Mapping[int, Unit], day: date, same_unit: bool) -> dict[str, int]:
    """Point everything that is open at the rows that go on; returns how many of what.

    `moved` has the number of a row that ended and the unit that goes on; what still points at earlier rows of the same
    unit goes along. With `same_unit` (renamed, moved) facts and grants follow too. A grant does not go into a unit made
    of several or into a part of one: it would reach other people than it was given for.
    """
    lineages = {row.first_row: moved[row.pk] for row in Unit.objects.filter(pk__in=moved)}
    every = {
        pk: lineages[lineage]
        for pk, lineage in Unit.objects.filter(lineage__in=lineages).values_list("pk", "lineage")
        if pk != lineages[lineage].pk
    }
    counts: dict[str, int] = {}
    if same_unit:
        counts["grants"] = _repoint(
            Grant._meta.db_table, "unit_id", every, "(t.valid_to IS NULL OR t.valid_to > %(today)s)"
        )
        _repoint("organization_unituserobjectpermission", "content_object_id", every)
        _repoint(User._meta.db_table, "unit_id", every)
        counts["facts"] = _repoint(UnitFact._meta.db_table, "unit_id", every)
    return counts | above.follow(actor=actor, moved=every, day=day)


def _repoint(table: str, column: str, moved: Mapping[int, Unit], condition: str = "true") -> int:
    """Let rows point at the unit that goes on; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE {table} t SET {column} = m.new FROM unnest(%(old)s::bigint[], %(new)s::bigint[]) AS m(old, new)
                 WHERE t.{column} = m.old AND {condition}""",
            {"old": list(moved), "new": [unit.pk for unit in moved.values()], "today": timezone.localdate()},
        )
        return int(cursor.rowcount)


def write_down(
    *, actor: User | None, before: Unit, after_: Unit, kind: SuccessionKind, day: date, document: str
) -> UnitSuccession:
    return UnitSuccession.objects.create(
        before=before, after=after_, kind=kind, day=day, document=document.strip(), recorded_by=actor
    )
