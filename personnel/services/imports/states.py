"""What stands in somebody's file, row by row, so that what an import wrote can be told from what came later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.db import models

from personnel.models import Person

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
