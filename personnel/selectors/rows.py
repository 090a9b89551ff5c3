"""Every row of one person's file in one question, however many tables there are."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from copy import copy
from datetime import date, datetime, time, timedelta
from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from core.crypto import EncryptedField
from organization.models import Unit, units_on
from personnel.models import (
    Archive,
    ArchiveItem,
    Custody,
    Employment,
    Loan,
    Person,
    PersonPast,
    Post,
    RowHistory,
    StoredFile,
    Tenure,
)
from personnel.rules.fields import SECTIONS, Section
from personnel.selectors.places import former_units_for_system

OTHERS: tuple[Any, ...] = (Person, PersonPast, Archive, ArchiveItem, Custody, Loan)


def tables_for_system() -> dict[str, tuple[Any, Section | None]]:
    """Every table of a file with its model and section."""
    found: dict[str, tuple[Any, Section | None]] = {}
    for section in SECTIONS.values():
        if section.rows:
            model = apps.get_model("personnel", section.model)
            found[model._meta.db_table] = (model, section)
    for model in OTHERS:
        found[model._meta.db_table] = (model, None)
    return found


def current_rows_for_system(person: int) -> dict[tuple[str, int], dict[str, Any]]:
    """Every row of a file as it is now, by table and number, as JSON has it; one query."""
    parts = []
    for table, (model, _section) in tables_for_system().items():
        names = {each.name for each in model._meta.get_fields()}
        if model is Person:
            condition = "id = %(person)s"
        elif "person" in names:
            condition = "person_id = %(person)s"
        elif "employment" in names:
            condition = "employment_id IN (SELECT id FROM personnel_employment WHERE person_id = %(person)s)"
        else:
            condition = "archive_id IN (SELECT id FROM personnel_archive WHERE person_id = %(person)s)"
        parts.append(f"SELECT '{table}', id, to_jsonb(t)::text FROM {table} t WHERE {condition}")
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), {"person": person})
        return {(table, row_id): json.loads(row) for table, row_id, row in cursor.fetchall()}


def replaced_people_for_system(person: Any, day: date) -> QuerySet[RowHistory]:
    """The rows of a person (a number, or a reference to one) that were replaced after a day, the first one first.

    That is the row which was on record when the day ended; where there is none, the present one was.
    """
    over = timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))
    return RowHistory.objects.filter(
        person_id=person, table_name=Person._meta.db_table, recorded_until__gte=over
    ).order_by("recorded_until", "pk")


def file_rows_for_system(person: Person, day: date) -> dict[Any, list[Any]]:
    """Every row of a file as instances by model, with their units, posts and files (without contents) at hand.

    A unit that has been renamed, moved or merged since the day is shown as it was on the day.
    The number of queries is the same for every file: the rows, the units, the posts and the files,
    and for a day that has passed where somebody worked then.
    """
    tables = tables_for_system()
    found: dict[Any, list[Any]] = defaultdict(list)
    for (table, _row_id), row in current_rows_for_system(person.pk).items():
        model = tables[table][0]
        if model is not Person:
            found[model].append(_instance(model, row))
    everything = [row for rows in found.values() for row in rows]
    posts = {post.pk: post for post in Post.objects.filter(pk__in=_numbers(everything, Post))}
    units = _units_on(_numbers([*everything, *posts.values()], Unit), day)
    for post in posts.values():
        Post._meta.get_field("unit").set_cached_value(post, units[post.unit_id])
    files = {
        file.pk: file for file in StoredFile.objects.filter(pk__in=_numbers(everything, StoredFile)).defer("content")
    }
    known: dict[Any, dict[int, Any]] = {
        Person: {person.pk: person}, Post: posts, Unit: units, StoredFile: files,
    } | {model: {row.pk: row for row in rows} for model, rows in found.items()}  # fmt: skip
    for row in everything:
        for field in row._meta.concrete_fields:
            other = known.get(field.related_model, {}).get(getattr(row, field.attname)) if field.is_relation else None
            if other is not None:
                field.set_cached_value(row, other)  # the number in the row stays the one that is stored
    _where_then(found, day)
    return found


def _where_then(found: dict[Any, list[Any]], day: date) -> None:
    """What a change of units has carried to another unit since the day is shown in the unit of the day."""
    rows = {(row._meta.db_table, row.pk): row for model in (Employment, Tenure) for row in found[model]}
    for (table, number), unit in former_units_for_system(rows, day).items():
        row = rows[table, number]
        if isinstance(row, Tenure):
            post = copy(row.post)
            Post._meta.get_field("unit").set_cached_value(post, unit)
            Tenure._meta.get_field("post").set_cached_value(row, post)
        else:
            Employment._meta.get_field("unit").set_cached_value(row, unit)


def _units_on(wanted: set[int], day: date) -> dict[int, Unit]:
    """Some units by number; in place of one whose row began after the day, its row of the day."""
    lineages = Unit.objects.filter(pk__in=wanted).values("lineage")
    rows = list(Unit.objects.filter(Q(pk__in=wanted) | (units_on(day) & Q(lineage__in=lineages))))
    then = {
        unit.first_row: unit
        for unit in rows
        if unit.valid_from <= day and (unit.valid_to is None or unit.valid_to > day)
    }
    return {
        unit.pk: then.get(unit.first_row, unit) if unit.valid_from > day else unit for unit in rows if unit.pk in wanted
    }


def _instance(model: Any, row: dict[str, Any]) -> Any:
    fields = model._meta.concrete_fields
    values = [
        value
        if value is None or field.is_relation
        else field.from_db_value(value, None, connection)
        if isinstance(field, EncryptedField)
        else field.to_python(value)
        for field in fields
        for value in [row[field.column]]
    ]
    return model.from_db(DEFAULT_DB_ALIAS, [field.attname for field in fields], values)


def _numbers(rows: Iterable[Any], model: Any) -> set[int]:
    """The numbers of another model's rows that some rows lead to."""
    return {
        number
        for row in rows
        for field in row._meta.concrete_fields
        if field.is_relation and field.related_model is model
        for number in [getattr(row, field.attname)]
        if number is not None
    }
