"""Every field of a person is in the data map, and the map says nothing of what isn't there."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.db import models
from django.test import Client
from django.test.utils import isolate_apps
from django.utils.translation import override

from cwms import data_map
from cwms.data_map import DOCUMENT, document, entries, faults, whole
from personnel.rules.fields import FIELDS, SECTIONS, SENSITIVE


def test_every_field_of_a_person_is_in_the_map() -> None:
    assert faults(data_map.models()) == []


@isolate_apps("personnel")
def test_what_is_not_in_the_map_is_found() -> None:
    """The control: a new table with a field, and a field less in a known one."""

    class Blood(models.Model):
        group = models.CharField(max_length=3)

        class Meta:
            app_label = "personnel"

        def __str__(self) -> str:
            return self.group

    found = faults([*data_map.models(), Blood])
    assert found == ["personnel.blood.group: not in the map", "personnel.blood.id: not in the map"]
    less = [model for model in data_map.models() if model._meta.label_lower != "personnel.healthcheck"]
    assert faults(less) == ["personnel.healthcheck: gone"]


def test_each_entry_has_purpose_basis_class_and_retention() -> None:
    data = whole()
    for one in entries():
        assert all((one.purpose, one.basis, one.kind, one.kept)), one
    assert all(len(words) == 2 and all(words) for words in data["bases"].values())
    assert all(len(one["words"]) == 2 for one in data["retentions"].values())


def test_what_the_registry_calls_sensitive_is_sensitive_here() -> None:
    kinds = {(one.table, one.field): one.kind for one in entries()}
    for code, field in FIELDS.items():
        if field.sensitivity == SENSITIVE:
            assert kinds[f"personnel.{SECTIONS[field.section].model.lower()}", field.attribute] == "sensitive", code


def test_the_document_is_made_of_the_map() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "manage.py data_map writes it"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_page_shows_the_map(db: None, language: str) -> None:
    client = Client(headers={"Accept-Language": language})
    client.cookies["django_language"] = language
    client.force_login(get_user_model().objects.create(username="u"))
    with override(language):  # an answer leaves its language behind; this puts back what was before
        answer = client.get("/data-map/")
        fewer = client.get("/data-map/?sensitive=1")
    assert answer.status_code == 200
    tables = {one.table for one in entries() if one.kind != "technical"}
    assert len(answer.context["tables"]) == len(tables)
    assert ("发放薪酬" if language == "zh-hans" else "payment") in answer.content.decode()
    assert fewer.context["fields"] < answer.context["fields"]
