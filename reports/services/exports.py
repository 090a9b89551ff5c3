"""Tables of figures as files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from core.models import Export
from core.rules.sheets import Format, Heading, Table
from core.services.exports import export_write
from organization.models import User
from reports.indicators import DIMENSIONS
from reports.selectors.figures import Figure, Question, breakdown


@transaction.atomic
def breakdown_export(
    *, actor: User, question: Question, by: tuple[str, ...], file_format: Format, out: IO[bytes], query: str
) -> Export:
    """Write a breakdown as it is shown, its total last, to a workbook or a CSV, in Chinese.

    Raises like `breakdown`, and Refused past the exports of a day.
    """
    with translation.override("zh-hans"):
        found = breakdown(user=actor, question=question, by=by)
        names = [str(DIMENSIONS[code].name) for code in by]
        headings = [
            *names,
            str(question.indicator.name),
            _("Numerator"),
            _("Denominator"),
            _("Unit of the figure"),
            _("As of"),
        ]
        known_at = question.known_at and timezone.localtime(question.known_at).isoformat(timespec="seconds")
        if known_at:
            headings.append(_("As known on"))

        def line(words: Sequence[str], one: Figure) -> list[str]:
            return [*words, *_numbers(one), *([known_at] if known_at else [])]

        def rows() -> Iterator[list[str]]:
            for cell in found.cells:
                yield line(cell.labels, cell.figure)
            yield line([_("Total"), *[""] * (len(by) - 1)], found.total)

        return export_write(
            actor=actor,
            action="reports.breakdown_exported",
            kind="reports.breakdown",
            file_format=file_format,
            tables=[Table(str(question.indicator.name)[:31], [Heading(text) for text in headings], rows())],
            out=out,
            query=query,
            columns=[*by, "value", "numerator", "denominator"],
            sensitive=False,
            about={"indicator": question.indicator.code, "unit": question.unit.code, "day": str(question.day)}
            | ({"known_at": known_at} if known_at else {}),
        )


def _numbers(one: Figure) -> list[str]:
    if one.withheld:
        return ["*", "*", "*", "", one.question.day.isoformat()]
    numbers = ["" if number is None else str(number) for number in (one.value, one.numerator, one.denominator)]
    return [*numbers, str(one.question.indicator.measure.label), one.question.day.isoformat()]
