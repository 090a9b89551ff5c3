"""Fields that several endpoints answer with, and bodies of which nothing is left unread."""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

BIGGEST = 2**63 - 1  # the largest number of a row


@extend_schema_field({"type": "string", "pattern": r"^\d{4}-\d{2}$", "examples": ["2026-01"]})
class MonthField(serializers.DateField):
    """The first day of a month, written 2026-01."""

    def __init__(self, **options: Any) -> None:
        super().__init__(format="%Y-%m", **options)


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {"type": "integer"},
        "description": "whole numbers of the run by name; money in fen",
        "examples": [{"people": 412, "left_out": 1}],
    }
)
class Totals(serializers.JSONField):
    """What a run's batches add up to."""


@extend_schema_field(
    {
        "type": "array",
        "description": "the versions of the rules that were used; sha256 is the hash of the file",
        "items": {
            "type": "object",
            "required": ["id", "place", "name", "version", "sha256"],
            "properties": {
                "id": {"type": "integer"},
                "place": {"type": "string"},
                "name": {"type": "string"},
                "name_en": {"type": "string"},
                "version": {"type": "string"},
                "sha256": {"type": "string"},
                "path": {"type": "string", "description": "the part of the tree of units for which it holds"},
            },
        },
    }
)
class Policies(serializers.JSONField):
    """Which rules a run used."""


@extend_schema_field(
    {
        "type": "array",
        "description": "codes with parameters, in the order in which they apply",
        "items": {
            "type": "object",
            "required": ["code", "params"],
            "properties": {"code": {"type": "string"}, "params": {"type": "object"}},
        },
    }
)
class Reasons(serializers.JSONField):
    """Why a result is what it is."""


@extend_schema_field({"type": "string", "contentEncoding": "base64"})
class FileField(serializers.CharField):
    """The bytes of a file, in base64. How many, the limit of bodies says; what they are, whoever reads them."""

    default_error_messages = {"base64": gettext_lazy("This is no base64.")}

    def to_internal_value(self, data: Any) -> Any:
        """The bytes. Raises ValidationError for what is no base64."""
        try:
            return b64decode(super().to_internal_value(data), validate=True)
        except (binascii.Error, ValueError):
            self.fail("base64")


class KnownFields(serializers.Serializer[Any]):
    """A body in which a name that nobody reads is refused: a typing error must not look like "leave it as it is".

    So is a value of another type than the described one: 17 is no name, and "17" no number.
    """

    def to_internal_value(self, data: Any) -> Any:
        """The values; what is unknown and what is wrong are named together."""
        wrong: dict[str, Any] = {}
        if isinstance(data, dict):
            written = {name: one for name, one in self.fields.items() if not one.read_only}
            names = ", ".join(sorted(written))
            text = _("There is no such field here. Known are: %(names)s.") % {"names": names}
            wrong = {name: [text] for name in sorted(str(name) for name in data.keys() - written.keys())}
            wrong |= {name: [text] for name, one in written.items() if (text := _other_type(one, data.get(name)))}
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if wrong and isinstance(error.detail, dict):
                raise serializers.ValidationError(wrong | error.detail) from error
            raise
        if wrong:
            raise serializers.ValidationError(wrong)
        return values


def _other_type(field: Any, value: Any) -> str:
    """What is wrong with the JSON type of a value that its field would quietly read as another; "" if nothing is."""
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        return next((text for one in value if (text := _other_type(field.child, one))), "")
    if value is None or isinstance(value, list | dict):
        return ""  # the field itself refuses it
    if isinstance(field, serializers.CharField | serializers.ChoiceField) and not isinstance(value, str):
        return _("This must be text, in quotation marks.")
    if isinstance(field, serializers.IntegerField) and not isinstance(value, int | float):
        return _("This must be a whole number, without quotation marks.")
    if isinstance(field, serializers.BooleanField) and not isinstance(value, bool):
        return _("This must be true or false, without quotation marks.")
    return ""
