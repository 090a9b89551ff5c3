"""Values of the file as programs read and write them: made from the registry of fields, with its policy.

What the reader's roles don't see (`personnel.rules.disclosure`) is withheld on the record, what is masked until asked
for unless it is asked for: numbers keep their ends, everything else is null, and `masked` names them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db.models import Model
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from core.api import KnownFields
from core.errors import NotFound
from organization.access import get_unit_for
from organization.models import Permission, Unit
from personnel.models import Person, codes
from personnel.rules.disclosure import Sights
from personnel.rules.fields import SENSITIVE, Field, fields_of

DAY = OpenApiParameter("day", OpenApiTypes.DATE, description="the day, like 2026-01-31; today without it")
SINGLE = tuple(one for section in ("identity", "contact") for one in fields_of(section))
MASKED = tuple(one.code for one in SINGLE if one.sensitivity == SENSITIVE)
MASKABLE = frozenset({"identity_number", "phone", "other_phone", "emergency_phone"})


def day_of(request: Request) -> date | None:
    """The day that a program asks for, None without one. Raises ValidationError for what is no day."""
    typed = request.query_params.get("day", "")
    if not typed:
        return None
    try:
        day = parse_date(typed)
    except ValueError:
        day = None
    if day is None:
        raise ValidationError({"day": [_("“%(typed)s” is no day. Write it like 2026-01-31.") % {"typed": typed}]})
    return day


def unit_of_list(request: Request, code: str) -> Unit:
    """The unit that a list is narrowed to. Raises ValidationError for one that is not among the caller's."""
    try:
        return get_unit_for(request.user, Permission.VIEW_PEOPLE, code)
    except NotFound as error:
        raise ValidationError({"unit": [str(error)]}) from error


def today_or(request: Request) -> date:
    return day_of(request) or timezone.localdate()


def value_field(
    one: Field, model: type[Model], *, required: bool = False, read: bool = False
) -> serializers.Field[Any, Any, Any, Any]:
    """The serializer field of a field of the registry, as its column is."""
    words = f"{one.en} ({one.zh})" + ("" if one.sensitivity == "public" else f"; {one.sensitivity}")
    options: dict[str, Any] = {"help_text": words, "read_only": True} if read else {
        "help_text": words, "required": required,
    }  # fmt: skip
    if one.kind == "unit":
        if read:
            return serializers.CharField(
                source=f"{one.attribute}.code", default=None, allow_null=_may_be_none(model, one.attribute), **options
            )
        return serializers.CharField(allow_blank=not required, **options)
    column: Any = model._meta.get_field(one.attribute)
    withheld = read and one.code in MASKED
    options["allow_null"] = (column.null and not required) or withheld
    if one.kind in ("date", "month"):
        return serializers.DateField(**options)
    if one.kind == "yesno":
        return serializers.BooleanField(**options)
    if one.kind == "number":
        return serializers.IntegerField(**options, **({} if read else {"min_value": 0}))
    if one.kind == "code" and one.codes is not None:
        return serializers.ChoiceField(
            choices=getattr(codes, one.codes).choices, allow_blank=column.blank and not required, **options
        )
    if not read:
        options |= {"allow_blank": column.blank and not required, "max_length": column.max_length}
    return serializers.CharField(**options)


def _may_be_none(model: type[Model], attribute: str) -> bool:
    column: Any = model._meta.get_field(attribute)
    return bool(column.null)


def values_serializer(
    name: str,
    doc: str,
    fields: Iterable[Field],
    model: type[Model],
    *,
    required: Iterable[str] = (),
    more: Mapping[str, serializers.Field[Any, Any, Any, Any]] | None = None,
    read: bool = False,
    base: type[serializers.Serializer[Any]] = KnownFields,
) -> Any:
    """A serializer class with some fields of the registry, by attribute."""
    needed = set(required)
    made = {one.attribute: value_field(one, model, required=one.attribute in needed, read=read) for one in fields}
    return type(name, (base,), {"__doc__": doc, "__module__": __name__, **(more or {}), **made})


def example_of(serializer: type[serializers.Serializer[Any]], **known: Any) -> dict[str, Any]:
    """An answer for the OpenAPI document: the known values, and nothing in every other field of the registry."""
    empty = {name: None if one.allow_null else "" for name, one in serializer().fields.items()}
    return empty | known


def masked_number(number: str) -> str:
    """The ends of a number: 3401**********1234, 138****5678; nothing of a short one.

    >>> masked_number("13812345678")
    '138****5678'
    """
    if len(number) >= 15:
        return f"{number[:4]}{'*' * (len(number) - 8)}{number[-4:]}"
    return f"{number[:3]}****{number[-4:]}" if len(number) > 7 else "*" * len(number)


def disclosed(values: Mapping[str, Any], seen: Sights, *, revealed: bool = False) -> dict[str, Any]:
    """The values of a person as far as the reader sees them; `masked` names what is withheld."""
    shown, withheld = dict(values), [one.code for one in SINGLE if not seen[one.code].shown(revealed)]
    for code in withheld:
        number = shown[code] if code in MASKABLE and seen[code].sight else ""
        shown[code] = masked_number(number or "") or None
    return {**shown, "masked": withheld}


def row_disclosed(values: Mapping[str, Any], section: str, seen: Sights) -> dict[str, Any]:
    """A row of a section as far as the reader sees its fields; what is withheld is null."""
    withheld = {one.attribute for one in fields_of(section) if not seen[one.code].shown(False)}
    return {name: None if name in withheld else value for name, value in values.items()}


PersonSerializer = values_serializer(
    "PersonSerializer",
    "Single values of a person as on a day.",
    SINGLE,
    Person,
    read=True,
    base=serializers.Serializer,
    more={
        "id": serializers.IntegerField(read_only=True),
        "masked": serializers.ListField(
            child=serializers.ChoiceField(choices=MASKED),
            read_only=True,
            help_text="values that are withheld in this answer; ask for them with `unmasked`",
        ),
    },
)
