"""The personnel file as a printable form: A4, one person as of a day, typeset by typst."""

from __future__ import annotations

import json
from typing import Any

import typst
from django.utils.translation import gettext as _

from personnel.models import ArchiveCategory
from personnel.selectors.record import FileRecord

_TEMPLATE = """
#let data = json(bytes(sys.inputs.data))
#set page(paper: "a4", margin: (x: 1.8cm, y: 1.8cm), footer: [#set text(8pt); #data.footer #h(1fr) #context counter(page).display("1 / 1", both: true)])
#set text(font: ("Noto Serif CJK SC", "WenQuanYi Micro Hei", "Noto Sans CJK SC", "Source Han Serif SC", "Libertinus Serif"), size: 9.5pt, lang: data.lang)
#set par(leading: 0.5em)
#align(center)[#text(16pt, weight: "bold")[#data.title]]
#v(2mm)
#grid(columns: (1fr, auto), gutter: 4mm,
  grid(columns: (auto, 1fr, auto, 1fr), row-gutter: 2.5mm, column-gutter: 3mm,
    ..data.head.map(pair => (strong(pair.at(0)), pair.at(1))).flatten()),
  if data.photo != none { image(bytes(data.photo), width: 25mm) } else { [] },
)
#for section in data.sections {
  v(2mm)
  block(breakable: false, below: 1.5mm)[#text(11pt, weight: "bold")[#section.label]]
  for row in section.rows {
    block(width: 100%, stroke: 0.4pt + gray, inset: 2mm, below: 1.5mm, breakable: false)[
      #if row.state != "" [#text(8pt, fill: gray)[#row.state]#linebreak()]
      #grid(columns: (auto, 1fr, auto, 1fr), row-gutter: 2mm, column-gutter: 3mm,
        ..row.cells.map(pair => (strong(pair.at(0)), pair.at(1))).flatten())]
  }
}
"""


def file_document(record: FileRecord, head: Any, sections: list[Any], photo: bytes | None, language: str) -> bytes:
    """The PDF of a record as it is shown, in the language of the reader; sections without anything are left out."""
    states = {"PAST": _("no longer holds"), "COMING": _("begins later")}
    shown = []
    for section in sections:
        if section.single:
            cells = [[label, text] for _code, label, text in section.cells if text]
            rows = [{"state": "", "cells": cells}] if cells else []
        else:
            rows = [
                {"state": states.get(row.state, ""), "cells": [list(cell) for cell in row.cells]}
                for row in section.rows
            ]
        if rows:
            shown.append({"label": section.label, "rows": rows})
    if record.archive is not None:
        papers = [
            {
                "state": str(ArchiveCategory(code).label),
                "cells": [[f"{item.day}", f"{item.title} {item.document}".strip()] for item in items],
            }
            for code, items in record.archive.items.items()
            if items
        ]
        if papers:
            shown.append({"label": _("Archive %(number)s") % {"number": record.archive.archive.number}, "rows": papers})
    values = record.values
    data = {
        "lang": "zh" if language.startswith("zh") else "en",
        "title": _("Personnel file"),
        "photo": list(photo) if photo is not None else None,
        "head": [
            [_("Name"), str(values["name"])],
            [_("Unit"), head.unit or "—"],
            [_("Posts"), head.post or "—"],
            [_("Category"), head.category or "—"],
            [_("Age"), str(head.age) if head.age is not None else "—"],
            [_("Employed since"), str(head.since) if head.since else "—"],
        ],
        "sections": shown,
        "footer": _("%(name)s, as of %(day)s") % {"name": values["name"], "day": record.day},
    }
    return bytes(typst.compile(_TEMPLATE.encode(), sys_inputs={"data": json.dumps(data, ensure_ascii=False)}))
