"""Expressions of the database that populations, values and dimensions are written in."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import DateField, F, Func, IntegerField, TextField, Value

from reports.rules.bands import Bands


class WholeYears(Func):
    """Whole years from the second day to the first; somebody born on 29 February completes a year on 1 March."""

    template = "date_part('year', age(%(expressions)s))::int"
    output_field = IntegerField()


class InBand(Func):
    """The code of the band in which a number of years lies; null stays null."""

    template = "(%(codes)s)[width_bucket(%(expressions)s) + 1]"
    output_field = TextField()

    def __init__(self, years: Any, bands: Bands) -> None:
        super().__init__(
            years,
            Value(list(bands.edges), ArrayField(IntegerField())),
            codes="ARRAY[" + ",".join(f"'{code}'" for code in bands.codes) + "]",
        )


class Rank(Func):
    """The place of a code in the order of its codes, from 1."""

    template = "array_position(%(expressions)s::text)"
    output_field = IntegerField()

    def __init__(self, codes: list[str], field: str) -> None:
        super().__init__(Value(list(codes), ArrayField(TextField())), F(field))


class PathPart(Func):
    """The part of a path on a level: "34/3401/" has "3401" on level 2 and nothing on level 3."""

    function = "split_part"
    output_field = TextField()

    def __init__(self, path: str, level: int) -> None:
        super().__init__(F(path), Value("/"), Value(level))


class DayBefore(Func):
    template = "(%(expressions)s - 1)"
    output_field = DateField()
