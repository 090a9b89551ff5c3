"""The data map: for every field that says something of a person, what for, on which basis, how sensitive, how long.

Read from data_map.yaml, which is data; the models say which fields there are. docs/security/data-map.csv is made of both.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db.models import Model
from ruamel.yaml import YAML

APPS = (
    "core", "organization", "policy", "approvals", "staffing", "personnel", "training", "assessment", "payroll", "recruitment", "reports",
)  # fmt: skip
KINDS = ("general", "sensitive", "technical")
SOURCE = Path(__file__).with_name("data_map.yaml")
DOCUMENT = SOURCE.parents[1] / "docs" / "security" / "data-map.csv"


@dataclass(frozen=True, slots=True)
class Entry:
    """A field of a table. kind: general | sensitive | technical. basis and kept: keys of the map's lists."""

    table: str
    field: str
    kind: str
    purpose: str
    basis: str
    kept: str


@cache
def whole() -> Mapping[str, Any]:
    """The file as it is written."""
    found: Mapping[str, Any] = YAML(typ="safe").load(SOURCE)
    return found


def entries() -> Iterator[Entry]:
    """Every field of every table of people, in the order of the file."""
    for table, about in whole()["tables"].items():
        for kind in KINDS:
            for field in (about.get(kind) or "").split():
                yield Entry(table, field, kind, about["purpose"], about["basis"], about["kept"])


def models() -> list[type[Model]]:
    """The models of the project's own apps; a view has nothing that its tables don't have."""
    every = apps.get_models(include_auto_created=True)
    return [model for model in every if model._meta.app_label in APPS and model._meta.managed]


def faults(found: Iterable[type[Model]]) -> list[str]:
    """What is wrong with the map for some models: fields that it doesn't have, twice, or any more; unknown words."""
    data, wrong = whole(), []
    there = {model._meta.label_lower: {one.name for one in model._meta.concrete_fields} for model in found}
    mapped: dict[str, list[str]] = {}
    for one in entries():
        mapped.setdefault(one.table, []).append(one.field)
        if one.basis not in data["bases"] or one.kept not in data["retentions"] or one.purpose not in data["purposes"]:
            wrong.append(f"{one.table}.{one.field}: no such basis, retention or purpose")
    for table, fields in there.items():
        if table in data["nobody"]:
            wrong += [f"{table}: both of people and of nobody"] if table in mapped else []
            continue
        listed = mapped.get(table, [])
        wrong += [f"{table}.{name}: not in the map" for name in sorted(fields - set(listed))]
        wrong += [f"{table}.{name}: gone" for name in sorted(set(listed) - fields)]
        wrong += [f"{table}.{name}: twice" for name in sorted({one for one in listed if listed.count(one) > 1})]
    return wrong + [f"{table}: gone" for table in sorted((set(mapped) | set(data["nobody"])) - set(there))]


def document() -> str:
    """The map as a table (CSV): a row a field that says something of a person."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["table", "field", "class", "purpose", "basis", "kept"])
    for one in entries():
        if one.kind != "technical":
            kept = whole()["retentions"][one.kept]["words"][0]
            writer.writerow([one.table, one.field, one.kind, one.purpose, f"PIPL {one.basis}", kept])
    return out.getvalue()
