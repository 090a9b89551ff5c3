"""A standard table as a printable form: A4 across, typeset by typst."""

from __future__ import annotations

import json

import typst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from reports.rules.tables import StandardTable, written

_TEMPLATE = """
#let data = json(bytes(sys.inputs.data))
#set page(paper: "a4", flipped: true, margin: (x: 1.2cm, y: 1.4cm), footer: [#set text(7.5pt); #data.mark #h(1fr) #context counter(page).display("1 / 1", both: true)])
#set text(font: ("Noto Serif CJK SC", "WenQuanYi Micro Hei", "Noto Sans CJK SC", "Source Han Serif SC", "Libertinus Serif"), size: data.size * 1pt, lang: data.lang)
#align(center)[#text(16pt, weight: "bold")[#data.title]]
#v(2mm)
#grid(columns: (1fr, auto), [#data.unit], [#data.time])
#v(1mm)
#table(
  columns: data.widths.map(width => width * 1fr),
  align: data.numbers.map(number => if number { right } else { left }),
  stroke: 0.4pt, inset: 1.2mm,
  table.header(..data.columns.map(text => table.cell(align: center, strong(text)))),
  ..data.rows.flatten(),
  ..data.total.map(text => strong(text)),
)
#for note in data.notes [#text(7.5pt)[#note] #linebreak()]
#v(5mm)
#grid(columns: (1fr, 1fr, 1fr), ..data.signed)
"""


def heading_lines(table: StandardTable) -> tuple[str, str, str]:
    """Title, unit and day or period, as they stand over the table."""
    unit = _("Unit: %(unit)s") % {"unit": table.unit}
    if table.since is not None:
        return table.title, unit, _("From %(first)s to %(last)s") % {"first": table.since, "last": table.day}
    return table.title, unit, _("As of %(day)s") % {"day": table.day}


def signed_line(maker: str, day: object) -> list[str]:
    """Who made the table, who answers for it, and when it was made."""
    return [
        _("Made by: %(name)s") % {"name": maker},
        _("Answerable: %(blank)s") % {"blank": "____________"},
        _("Made on: %(day)s") % {"day": day},
    ]


def table_document(table: StandardTable, *, maker: str, made: object, mark: str) -> bytes:
    """The PDF of a table in the reader's language. mark: the line of the export, on each page."""
    title, unit, time = heading_lines(table)
    width = sum(column.width for column in table.columns)
    data = {
        "lang": "zh" if (get_language() or "").startswith("zh") else "en",
        "size": 9 if width < 140 else 7.5 if width < 200 else 6,
        "title": title,
        "unit": unit,
        "time": time,
        "widths": [column.width for column in table.columns],
        "numbers": [column.number for column in table.columns],
        "columns": [column.heading for column in table.columns],
        "rows": [[written(cell) for cell in row] for row in table.rows],
        "total": [written(cell) for cell in table.total or ()],
        "notes": list(table.notes),
        "signed": signed_line(maker, made),
        "mark": mark,
    }
    return bytes(typst.compile(_TEMPLATE.encode(), sys_inputs={"data": json.dumps(data, ensure_ascii=False)}))
