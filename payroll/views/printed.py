"""The payslip as a printable form: A4, one person and month, typeset by typst."""

from __future__ import annotations

import json

import typst
from django.utils.translation import gettext as _

from core.money import format_yuan
from payroll.selectors.slips import ShownSlip

_TEMPLATE = """
#let data = json(bytes(sys.inputs.data))
#set page(paper: "a4", margin: 2cm, footer: [#set text(8pt); #data.footer #h(1fr) #context counter(page).display("1 / 1", both: true)])
#set text(font: ("Noto Serif CJK SC", "WenQuanYi Micro Hei", "Noto Sans CJK SC", "Source Han Serif SC", "Libertinus Serif"), size: 10pt, lang: data.lang)
#align(center)[#text(16pt, weight: "bold")[#data.title]]
#v(4mm)
#grid(columns: (1fr, 1fr), row-gutter: 3mm, ..data.head.map(pair => [#strong(pair.at(0)): #pair.at(1)]))
#v(4mm)
#table(
  columns: (1fr, auto, 2.2fr),
  align: (left, right, left),
  stroke: 0.4pt,
  table.header(..data.columns.map(text => strong(text))),
  ..data.lines.flatten(),
)
#v(4mm)
#align(right)[#text(12pt, weight: "bold")[#data.total]]
#v(10mm)
#grid(columns: (1fr, 1fr), [#data.signed: ______________], [#data.date: ______________])
"""


def payslip_document(slip: ShownSlip, language: str) -> bytes:
    """The PDF of a shown slip, in the language of the reader; a line on an assumed value carries an asterisk."""
    lines = [
        [
            line.name + (" *" if line.assumed else ""),
            format_yuan(line.amount) if line.paid else f"({format_yuan(line.standard)})",
            "; ".join(step.text for step in line.steps),
        ]
        for line in slip.lines
    ]
    lines += [
        [_("Arrears %(month)s %(line)s") % {"month": one.month, "line": one.name}, format_yuan(one.amount), ""]
        for one in slip.arrears
    ]
    data = {
        "lang": "zh" if language.startswith("zh") else "en",
        "title": _("Payslip"),
        "head": [
            [_("Name"), slip.person_name],
            [_("Unit"), slip.unit_name],
            [_("Month"), f"{slip.month:%Y-%m}"],
            [_("Rules"), f"{slip.policy_name} {slip.policy_version}"],
        ],
        "columns": [_("Line"), _("Amount (yuan)"), _("How it came about")],
        "lines": lines,
        "total": f"{_('Together')} {format_yuan(slip.gross + slip.arrears_sum)}",
        "signed": _("Received by"),
        "date": _("Date"),
        "footer": (_("* rests on an assumed value of the policy") + " · " if slip.has_assumed else "")
        + _("run %(run)s, fingerprint %(fingerprint)s") % {"run": slip.run, "fingerprint": slip.fingerprint[:16]},
    }
    return bytes(typst.compile(_TEMPLATE.encode(), sys_inputs={"data": json.dumps(data, ensure_ascii=False)}))
