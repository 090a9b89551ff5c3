"""Columns whose values are sealed to their row.

A caller sees plain values: `person.phone` opens, `person.phone = "…"` is sealed on the way to the database, and what was
not changed is written back as it was. A value is opened when it is asked for, so a list pays for the numbers it shows.

The row is named by a field that has its value before the insert (`key`, a UUID). What has no row can't be sealed:
`QuerySet.update(phone="…")` is refused. Values of `values_list` stay sealed.

`filter(phone="…")` and `phone__in` go by the digest that a `BlindIndexField` beside keeps. There is nothing to compare or
sort by else, and such look-ups are refused by Django as unsupported.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from django.core.exceptions import FieldError
from django.db import models
from django.db.models.lookups import IsNull, Lookup
from django.db.models.query_utils import DeferredAttribute
from django.db.models.signals import pre_save

from core.crypto.ring import key_ring
from core.crypto.sealing import BadSeal, mask

_LOOSE = re.compile(r"[\s\-]")


def normalised(value: str) -> str:
    """A number as it is looked up: without spaces and dashes, in capitals."""
    return _LOOSE.sub("", value).upper()


class Sealed(str):
    """A value as the database has it. `data` and `value` are what is inside, once somebody has asked."""

    data: bytes | None = None
    value: Any = None

    def __repr__(self) -> str:
        return "<sealed>"


class _Opening(DeferredAttribute):
    """Opens what is asked for, and keeps the sealed form of what is set again unchanged."""

    field: Any

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        if self.field.attname not in instance.__dict__:
            super().__get__(instance, cls)
        kept = instance.__dict__[self.field.attname]
        return self.field.opened_in(instance, kept) if isinstance(kept, Sealed) else kept

    def __set__(self, instance: Any, value: Any) -> None:
        kept = instance.__dict__.get(self.field.attname)
        if isinstance(kept, Sealed) and not isinstance(value, Sealed):
            try:
                if self.field.opened_in(instance, kept) == value:
                    return
            except BadSeal:
                pass  # whoever writes a new value need not be able to read the damaged one
        instance.__dict__[self.field.attname] = value


class _IsSealed(Lookup):
    """The shape of a sealed value: what a constraint of the database can see of it."""

    lookup_name = "sealed"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        left, params = self.process_lhs(compiler, connection)
        return f"left({left}, 3) IN ('', 'v1|')", list(params)


class _ByDigest(Lookup):
    """Equality by the digest beside the value; nothing at all is found by an empty one."""

    lookup_name = "exact"
    prepare_rhs = False

    def _left(self, compiler: Any, field: Any) -> str:
        sql, _params = compiler.compile(models.expressions.Col(self.lhs.alias, field))
        return str(sql)

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        field = self.lhs.output_field
        if field.is_empty(self.rhs):
            return f"{self._left(compiler, field)} = ''", []
        if field.blind_index is None:
            raise FieldError(f"{field} is sealed and has no index: nothing is found by its value.")
        left = self._left(compiler, field.blind_index)  # false, not unknown, where there is none: for exclude()
        return f"({left} = %s AND {left} IS NOT NULL)", [field.blind_index.digest_of(self.rhs)]


class _InByDigest(_ByDigest):
    lookup_name = "in"

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        blind = self.lhs.output_field.blind_index
        digests = sorted({blind.digest_of(value) for value in self.rhs if value})
        return f"{self._left(compiler, blind)} = ANY(%s)", [digests]


class EncryptedField(models.Field):  # type: ignore[type-arg]
    """What sealed columns share. row: the attributes that name the row, and have their values before it is inserted."""

    descriptor_class = _Opening
    blind_index: BlindIndexField | None = None

    def __init__(self, *args: Any, row: Iterable[str] = ("key",), **kwargs: Any) -> None:
        self.row = tuple(row)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        if self.row != ("key",):
            kwargs["row"] = self.row
        return name, path, args, kwargs

    def db_type(self, connection: Any) -> str:
        return "text"

    def cast_db_type(self, connection: Any) -> str:
        return "text"

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "in":
            return _InByDigest if self.blind_index is not None else None
        return {"exact": _ByDigest, "isnull": IsNull, "sealed": _IsSealed}.get(lookup_name)

    def get_transform(self, lookup_name: str) -> Any:
        return None

    # -- what is inside ------------------------------------------------------------------------------------------

    def encode(self, value: Any) -> bytes:
        return str(value).encode()

    def decode(self, data: bytes) -> Any:
        return data.decode()

    def is_empty(self, value: Any) -> bool:
        """There is nothing to hide: kept as an empty text."""
        return bool(value == "")

    def empty(self) -> Any:
        return ""

    def is_secret(self, instance: models.Model) -> bool:
        return True

    def place(self, of: Callable[[str], Any]) -> str:
        """Where a value stands: table.column|row."""
        return f"{self.model._meta.db_table}.{self.column}|{'|'.join(str(of(name)) for name in self.row)}"

    def opened_in(self, instance: models.Model, kept: Sealed) -> Any:
        if kept.data is None:
            kept.data = key_ring().unseal(kept, self.place(lambda name: getattr(instance, name)))
            kept.value = self.decode(kept.data)
        return kept.value

    def opened_from(self, row: Mapping[str, Any]) -> Any:
        """The value of a row that is given by its columns, as the history keeps it."""
        kept = row.get(self.attname)
        if not isinstance(kept, str) or not kept.startswith("v1|"):
            return kept
        return self.decode(key_ring().unseal(kept, self.place(lambda name: row[name])))

    def sealed_in(self, instance: models.Model) -> Any:
        """The value as it goes to the database; the one that is there already if it has not changed."""
        kept = instance.__dict__.get(self.attname)
        if kept is None or hasattr(kept, "resolve_expression") or (isinstance(kept, Sealed) and kept.data is None):
            return kept
        value = kept.value if isinstance(kept, Sealed) else kept
        if self.is_empty(value):
            return Sealed("")
        if not self.is_secret(instance):
            return Sealed(value)
        data = self.encode(value)
        if isinstance(kept, Sealed) and kept.data == data:
            return kept
        sealed = Sealed(key_ring().seal(data, self.place(lambda name: getattr(instance, name))))
        sealed.data, sealed.value = data, value
        instance.__dict__[self.attname] = sealed
        return sealed

    # -- to and from the database --------------------------------------------------------------------------------

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if value is None:
            return None
        return Sealed(value) if value.startswith("v1|") else self.unsealed(value)

    def unsealed(self, value: str) -> Any:
        return self.empty() if value == "" else value

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        return self.sealed_in(model_instance)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        if value is None or hasattr(value, "as_sql"):
            return value
        if isinstance(value, Sealed):
            return str.__str__(value)
        if self.is_empty(value):
            return ""
        raise TypeError(f"{self} is sealed to its row: write it through the row, not by an update of many.")

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return self.get_db_prep_save(value, connection)


class EncryptedCharField(EncryptedField, models.CharField):  # type: ignore[type-arg]
    """A number or a short text. max_length, validators and forms are of what is inside."""


class SometimesEncryptedField(EncryptedCharField):
    """A text that is secret only in some rows: `secret_if(row)` says in which. The others are looked up as usual."""

    def __init__(self, *args: Any, secret_if: Callable[[Any], bool] | None = None, **kwargs: Any) -> None:
        self.secret_if = secret_if
        super().__init__(*args, **kwargs)

    def is_secret(self, instance: models.Model) -> bool:
        return self.secret_if is None or self.secret_if(instance)

    def get_lookup(self, lookup_name: str) -> Any:
        return models.CharField.get_lookup(self, lookup_name) or super().get_lookup(lookup_name)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return value


class EncryptedJSONField(EncryptedField, models.JSONField):
    """Any JSON, sealed as a whole; what equals the default is kept as an empty text."""

    def empty(self) -> Any:
        return self.get_default()

    def is_empty(self, value: Any) -> bool:
        return not value and type(value) is type(self.get_default())

    def encode(self, value: Any) -> bytes:
        return json.dumps(value, cls=self.encoder, ensure_ascii=False, separators=(",", ":")).encode()

    def decode(self, data: bytes) -> Any:
        return json.loads(data, cls=self.decoder)

    def get_internal_type(self) -> str:
        return "TextField"

    def db_check(self, connection: Any) -> None:
        return None


class EncryptedBinaryField(EncryptedField, models.BinaryField):  # type: ignore[type-arg]
    """The content of a file."""

    def db_type(self, connection: Any) -> str:
        return "bytea"

    def encode(self, value: Any) -> bytes:
        return bytes(value)

    def decode(self, data: bytes) -> bytes:
        return data

    def is_empty(self, value: Any) -> bool:
        return False

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return None if value is None else Sealed(bytes(value).decode())

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        kept = super().get_db_prep_save(value, connection)
        return kept.encode() if isinstance(kept, str) else kept


class _Digest(DeferredAttribute):
    """The digest of what stands beside it now."""

    field: Any

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        return self if instance is None else self.field.digest_of(getattr(instance, self.field.of))

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value  # so that it counts as loaded


class BlindIndexField(models.CharField):  # type: ignore[type-arg]
    """The keyed digest of a sealed value of the same row (`of`), for equality and uniqueness; null where it is empty."""

    descriptor_class = _Digest

    def __init__(self, of: str = "", **kwargs: Any) -> None:
        self.of = of
        kwargs |= {"max_length": 22, "null": True, "editable": False, "db_collation": "C"}
        super().__init__(**kwargs)

    def deconstruct(self) -> Any:
        name, path, _args, kwargs = super().deconstruct()
        return name, path, [self.of], kwargs

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        cls._meta.get_field(self.of).blind_index = self
        pre_save.connect(_refuse_half, sender=cls)

    def digest_of(self, value: str | None) -> str | None:
        if not value:
            return None
        return key_ring().digest(normalised(value), f"{self.model._meta.db_table}.{self.of}")

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        return getattr(model_instance, self.attname)


def _refuse_half(sender: Any, update_fields: Any = None, **kwargs: Any) -> None:
    """A value is not written without its digest."""
    if update_fields is None:
        return
    for field in sender._meta.concrete_fields:
        if isinstance(field, BlindIndexField) and (field.of in update_fields) != (field.name in update_fields):
            raise TypeError(f"{field.of} and {field.name} are written together.")


class EncryptedQuerySet(models.QuerySet[Any]):
    """A queryset whose `bulk_update` takes sealed columns."""

    def bulk_update(self, objs: Any, fields: Any, batch_size: int | None = None) -> int:
        rows = list(objs)
        sealed = [field for field in encrypted_fields(self.model) if field.name in fields]
        kept = []
        for field in sealed:
            for row in rows:
                value = field.sealed_in(row)
                kept.append((row, field.attname, row.__dict__[field.attname]))
                row.__dict__[field.attname] = models.Value(value, output_field=field)
        try:
            return super().bulk_update(rows, fields, batch_size)
        finally:
            for row, name, value in kept:
                row.__dict__[name] = value


class SealedCheck(models.CheckConstraint):
    """The database refuses a value of these columns that is not sealed (raw SQL, a forgotten field class)."""

    def __init__(self, *, fields: Iterable[str], name: str, unless: models.Q | None = None) -> None:
        self.fields, self.unless = tuple(fields), unless
        sealed = models.Q(*((f"{field}__sealed", True) for field in self.fields))
        super().__init__(condition=sealed if unless is None else unless | sealed, name=name)

    def deconstruct(self) -> Any:
        unless = {} if self.unless is None else {"unless": self.unless}
        return "core.crypto.SealedCheck", (), {"fields": self.fields, "name": self.name, **unless}

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: Any = None) -> None:
        """Values are sealed on the way to the database."""


def encrypted_fields(model: type[models.Model]) -> Iterator[EncryptedField]:
    """The sealed columns of a model."""
    return (field for field in model._meta.concrete_fields if isinstance(field, EncryptedField))


def told(field: Any, value: Any) -> str:
    """What the trail may say of a sealed value: its ends, and a digest that tells whether two are the same."""
    if not value:
        return ""
    column = f"{field.model._meta.db_table}.{field.column}"
    return f"{mask(str(value))} #{key_ring().digest(normalised(str(value)), column)}"
