"""Units as programs read and write them: what is sent and what is answered."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.api import KnownFields
from organization.models import FactKey, Unit, UnitKind, widen
from organization.rules.codes import form_of

EXAMPLE = {
    "id": 31, "code": "340181002008", "name": "旗山社区", "name_en": "", "kind": "COMMUNITY", "form": "RESIDENTS",
    "parent": "340181002000", "path": ["340000000000", "340100000000", "340181000000", "340181002000", "340181002008"],
    "valid_from": "2020-01-01", "valid_to": None,
}  # fmt: skip
VALUES = {"residents": {"value": "6200", "day": "2025-12-31", "source": "统计年报"}}


class UnitSerializer(serializers.Serializer[Unit]):
    """One row of a unit: it holds from `valid_from` until the day before `valid_to`."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            "id": serializers.IntegerField(read_only=True, help_text="of this row; a change of the unit makes another"),
            "code": serializers.CharField(read_only=True),
            "name": serializers.CharField(read_only=True),
            "name_en": serializers.CharField(read_only=True),
            "kind": serializers.ChoiceField(choices=UnitKind.choices, read_only=True),
            "form": serializers.ChoiceField(
                choices=["", "SUBDISTRICT", "TOWN", "TOWNSHIP", "RESIDENTS", "VILLAGERS"],
                read_only=True,
                help_text="what the code says of the form of a street or a community",
            ),
            "parent": serializers.CharField(allow_null=True, read_only=True, help_text="code of the unit above"),
            "path": serializers.ListField(
                child=serializers.CharField(), read_only=True, help_text="codes from the province down to the unit"
            ),
            "valid_from": serializers.DateField(read_only=True),
            "valid_to": serializers.DateField(
                allow_null=True, read_only=True, help_text="the first day on which it no longer holds"
            ),
        }

    def to_representation(self, unit: Unit) -> dict[str, Any]:
        return {
            "id": unit.pk,
            "code": unit.code,
            "name": unit.name,
            "name_en": unit.name_en,
            "kind": unit.kind,
            "form": form_of(unit.kind, unit.code),
            "parent": unit.parent.code if unit.parent is not None else None,
            "path": [widen(short) for short in unit.path.rstrip("/").split("/")],
            "valid_from": unit.valid_from,
            "valid_to": unit.valid_to,
        }


class FactSerializer(serializers.Serializer[Any]):
    """A value, from which day on it is so, and who says so."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            "value": serializers.CharField(read_only=True),
            "day": serializers.DateField(read_only=True, help_text="from which day on it is so"),
            "source": serializers.CharField(read_only=True),
        }


class UnitWithFactsSerializer(UnitSerializer):
    """A unit with the newest value of each fact on the day (`facts` of the context: all of them, by day)."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return super().get_fields() | {"facts": serializers.DictField(child=FactSerializer(), read_only=True)}

    def to_representation(self, unit: Unit) -> dict[str, Any]:
        newest = {fact.key: fact for fact in self.context["facts"] if fact.day <= self.context["day"]}
        shown = {key: {"value": fact.value, "day": fact.day, "source": fact.source} for key, fact in newest.items()}
        return super().to_representation(unit) | {"facts": shown}


class SeriesRowSerializer(FactSerializer):
    """One value of the series of a fact."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        key = serializers.CharField(read_only=True, help_text=f"what is counted: {', '.join(FactKey.values)}, or other")
        return {"key": key} | super().get_fields()


class SeriesSerializer(serializers.Serializer[Any]):
    """Everything that is entered about a unit, by key and day."""

    results = SeriesRowSerializer(many=True, read_only=True)


class UnitsSerializer(serializers.Serializer[Any]):
    """Units that came out of one, in the order of the request."""

    results = UnitWithFactsSerializer(many=True, read_only=True)


class CodeField(serializers.CharField):
    """The code of a unit; zeros at its end may be left out."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=15, **options)


_DOCUMENT: dict[str, Any] = {
    "required": False,
    "allow_blank": True,
    "max_length": 200,
    "help_text": "the paper that orders it, with its number",
}
_NAME: dict[str, Any] = {"max_length": 100}
_OPTIONAL: dict[str, Any] = {"required": False, "allow_blank": True}


class NewUnitSerializer(KnownFields):
    """A unit below another; the code may be left out of a grid or an estate, which get the next of their community."""

    kind = serializers.ChoiceField(choices=[choice for choice in UnitKind.choices if choice[0] != UnitKind.PROVINCE])
    parent = CodeField(help_text="code of the unit above")  # type: ignore[assignment]
    code = CodeField(default="", allow_blank=True, help_text="the statistical code; zeros at its end may be left out")
    name = serializers.CharField(**_NAME)
    name_en = serializers.CharField(default="", allow_blank=True, **_NAME)
    valid_from = serializers.DateField(help_text="the first day")
    valid_to = serializers.DateField(
        required=False, allow_null=True, default=None, help_text="the first day on which it no longer holds"
    )


class ChangeSerializer(KnownFields):
    """What every change has: its day and its document."""

    day = serializers.DateField(help_text="the first day of the change")
    document = serializers.CharField(**_DOCUMENT)


class RenameSerializer(ChangeSerializer):
    """From a day on it has another name."""

    name = serializers.CharField(**_NAME)
    name_en = serializers.CharField(**_OPTIONAL, **_NAME)


class MoveSerializer(ChangeSerializer):
    """From a day on it is part of another unit, with everything below it."""

    parent = CodeField(help_text="code of the unit that it becomes part of")  # type: ignore[assignment]
    code = CodeField(**_OPTIONAL, help_text="its new code; without it the code stays")


class UpgradeSerializer(ChangeSerializer):
    """From a day on it has another form, and so another code."""

    code = CodeField(help_text="the code of the new form")
    name = serializers.CharField(**_OPTIONAL, **_NAME, help_text="without it the name stays")
    name_en = serializers.CharField(**_OPTIONAL, **_NAME)


class MergeSerializer(ChangeSerializer):
    """From a day on it and others are one: one of them that goes on, or a new unit of a name."""

    units = serializers.ListField(
        child=CodeField(), min_length=1, max_length=200, help_text="codes of the others that are merged with it"
    )
    into = CodeField(**_OPTIONAL, help_text="code of the one that goes on as it is; without it there is a new unit")
    name = serializers.CharField(**_OPTIONAL, **_NAME, help_text="name of the new unit")
    name_en = serializers.CharField(**_OPTIONAL, **_NAME)
    code = CodeField(**_OPTIONAL, help_text="code of the new unit; grids and estates get it by themselves")


class PartSerializer(KnownFields):
    """A unit that comes out of a split."""

    name = serializers.CharField(**_NAME)
    name_en = serializers.CharField(default="", allow_blank=True, **_NAME)
    code = CodeField(default="", allow_blank=True, help_text="grids and estates get it by themselves")
    children = serializers.ListField(
        child=CodeField(), default=list, max_length=2000, help_text="codes of the units below that become part of it"
    )


class SplitSerializer(ChangeSerializer):
    """From a day on it is several; people and what nobody names go into the first."""

    parts = PartSerializer(many=True, min_length=2, max_length=200)  # type: ignore[call-arg]


class CloseSerializer(KnownFields):
    """From a day on it no longer holds."""

    day = serializers.DateField(help_text="the first day on which it no longer holds")


class UnitCorrectionSerializer(KnownFields):
    """What was wrong in the record; what is left out stays as it is."""

    reason = serializers.CharField(max_length=200, help_text="why the record was wrong")
    document = serializers.CharField(**_DOCUMENT)
    name = serializers.CharField(required=False, **_NAME)
    name_en = serializers.CharField(**_OPTIONAL, **_NAME)
    valid_from = serializers.DateField(required=False, help_text="the first day; not of a row that a change began")
    code = serializers.CharField(
        required=False, max_length=15, help_text="while nothing hangs on the unit; later that is a change of form"
    )
    kind = serializers.ChoiceField(choices=UnitKind.choices, required=False, help_text="a grid or an estate")


class NewFactSerializer(KnownFields):
    """A value, from which day on it is so, and who says so. The same fact of the same day is corrected."""

    key = serializers.CharField(max_length=30, help_text=f"what is counted: {', '.join(FactKey.values)}, or other")
    value = serializers.CharField(max_length=60, help_text="a whole number, or for other keys a word")
    day = serializers.DateField(help_text="from which day on it is so")
    source = serializers.CharField(max_length=200, help_text="where the value comes from")  # type: ignore[assignment]
