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
    """A body in which a name that nobody reads is refused: a typing error must not look like "leave it as it is"."""

    def to_internal_value(self, data: Any) -> Any:
        """The values; what is unknown and what is wrong are named together."""
        unknown: dict[str, Any] = {}
        if isinstance(data, dict):
            known = {name for name, one in self.fields.items() if not one.read_only}
            names = ", ".join(sorted(known))
            text = _("There is no such field here. Known are: %(names)s.") % {"names": names}
            unknown = {name: [text] for name in sorted(str(name) for name in data.keys() - known)}
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if unknown and isinstance(error.detail, dict):
                raise serializers.ValidationError(unknown | error.detail) from error
            raise
        if unknown:
            raise serializers.ValidationError(unknown)
        return values
