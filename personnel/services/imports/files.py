"""Files in and out: parsed apart from this process, handed back with marks, the template."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Conflict
from core.rules.apart import Unreadable
from core.rules.workbook import MAX_BYTES
from core.services import audit
from core.services.files import file_refusal as refusal
from core.services.files import file_sheets as read_upload
from core.services.files import parse_apart
from organization.access import require
from organization.models import Permission, User
from personnel.models.imports import Import, ImportRow
from personnel.rules.fields import FIELDS
from personnel.rules.marking import Mark, TemplateColumn, template
from personnel.rules.review import ERROR
from personnel.rules.words import WORDS
from personnel.selectors.imports import KEPT_DAYS, finding_text_for_system, label_of_for_system

TEMPLATE_FIELDS = (
    "name", "identity_number", "sex", "birth_date", "ethnic_group", "political_status", "party_joined", "phone",
    "address", "employment.unit", "employment.category", "employment.entry_channel", "employment.start",
    "employment.contract_start", "employment.contract_end", "tenure.title", "tenure.start", "education.level",
    "education.degree", "education.study_mode", "education.school", "education.major", "education.graduated",
    "certificate.level", "certificate.number", "certificate.issued", "work_started", "marital_status", "health",
)  # fmt: skip
_EXAMPLES = {
    "name": "示例：王小芳", "identity_number": "11010519491231002X", "sex": "女", "birth_date": "1949-12-31",
    "ethnic_group": "汉族", "political_status": "中共党员", "phone": "13800138000", "employment.unit": "幸福社区",
    "employment.start": "2020-07-01", "employment.category": "社区工作者", "tenure.title": "工作人员",
    "education.level": "大学本科", "education.graduated": "2012-07",
}  # fmt: skip


def marked_copy(*, actor: User | None, source: Import) -> bytes:
    """Their own workbook (.xlsx): red cells, comments and a column of what is wrong. Raises Refused, Conflict."""
    if actor is not None:
        require(actor, Permission.CHANGE_PEOPLE, source.unit)
    if source.content is None:
        raise Conflict(_("The file “%(file)s” is no longer kept. Upload it again.") % {"file": source.file_name})
    rows = ImportRow.objects.filter(source=source).order_by("position")
    wanted = {
        "marks": [[mark.sheet, mark.row, mark.column, mark.text, mark.error] for mark in _marks(rows)],
        "headers": {one["sheet"]: one["bottom"] for one in source.sheets if one["state"] == "READ"},
        "title": "错误说明",
    }
    line = json.dumps(wanted).encode() + b"\n"
    try:
        content = base64.b64decode(parse_apart("personnel.rules.marking", line + bytes(source.content)), validate=True)
    except (Unreadable, binascii.Error) as error:
        raise Conflict(_("This file can't be marked. Correct it in the browser.")) from error
    audit(actor=actor, action="personnel.import.file_taken", obj=source, unit_code=source.unit.code)
    return content


def _marks(rows: Iterable[ImportRow]) -> list[Mark]:
    marks = []
    for row in rows:
        for finding in row.findings:
            if finding["level"] == "CHANGE":
                continue
            column = row.columns.get(finding["field"], -1) if finding["field"] else -1
            text = finding_text_for_system(finding)
            if column < 0 and finding["field"]:
                text = f"{label_of_for_system(finding['field'])}: {text}"
            marks.append(Mark(row.sheet, row.number, column, text, finding["level"] == ERROR))
    return marks


@transaction.atomic
def imports_forget(*, actor: User | None = None) -> int:
    """Remove what is older than `KEPT_DAYS`: the files, and what stood in their cells. Returns of how many imports.

    Counts, who did what and when stay; the records themselves have their own history.
    """
    old = list(
        Import.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
        .filter(created__lt=timezone.now() - timedelta(days=KEPT_DAYS), content__isnull=False)
        .defer("content")
    )
    ImportRow.objects.filter(source__in=old).update(raw={}, fixed={}, values={}, findings=[], diff={}, written=[])
    Import.objects.filter(pk__in=[source.pk for source in old]).update(content=None)
    for source in old:
        audit(actor=actor, action="personnel.import.forget", obj=source)
    return len(old)


def template_file(*, day_format: str = "2020-07-01") -> bytes:
    """An empty workbook for people, with dropdowns, a note and an example that an import leaves out."""
    columns = []
    for code in TEMPLATE_FIELDS:
        field = FIELDS[code]
        words = WORDS.get(field.codes or "", {})
        options = tuple(names[0] for names in words.values())
        columns.append(
            TemplateColumn(
                field.zh,
                _EXAMPLES.get(code, ""),
                options if len(options) <= 60 else (),
                22 if field.kind in ("identity", "text") else 13,
            )
        )
    note = (
        "填写说明：每人一行，从第 4 行填起；第 3 行是示例，导入时自动忽略。身份证号列为文本格式，请勿改为数字。"
        f"日期可写 {day_format}、2020.7、2020年7月、20200701。带下拉的列请选用列表中的词。空白表示不修改，不会清除已有内容。"
        "必填：姓名、身份证号（或性别和出生日期）、所属社区、人员类别、入职日期、职务。"
    )
    return template(columns, sheet="人员信息", note=note, options_sheet="选项")


__all__ = ["MAX_BYTES", "marked_copy", "read_upload", "refusal", "template_file"]
