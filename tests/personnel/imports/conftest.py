from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest
import xlsxwriter

from organization.models import Role, Unit, User
from organization.services import grant_give
from personnel.models import Import
from personnel.rules import check_digit
from personnel.services.imports import import_start

DAY = date(2026, 3, 1)
HEADERS = (
    "姓名", "身份证号", "性别", "出生日期", "民族", "政治面貌", "手机号码", "所属社区", "人员类别", "入职日期", "职务",
    "学历", "毕业时间", "毕业院校", "社会工作者职业资格", "证书编号", "发证日期", "家庭住址",
)  # fmt: skip


def identity(place: str = "340181", born: str = "19900501", order: str = "002") -> str:
    """A valid number; an even `order` is a woman's."""
    first = place + born + order
    return first + check_digit(first)


def person_row(n: int, **changed: Any) -> dict[str, Any]:
    """Somebody without a fault; everybody is another."""
    born = f"{1970 + n % 30}{1 + n % 12:02}{1 + n % 28:02}"
    row: dict[str, Any] = {
        "姓名": f"测{chr(0x4E00 + n % 3000)}{chr(0x5000 + n // 3000)}",
        "身份证号": identity(born=born, order=f"{(2 * n) % 1000:03}"),
        "性别": "女",
        "出生日期": f"{born[:4]}-{born[4:6]}-{born[6:]}",
        "民族": "汉族",
        "政治面貌": "中共党员" if n % 3 == 0 else "群众",
        "手机号码": f"138{n:08}",
        "所属社区": "旗山社区" if n % 2 else "裕溪河畔社区",
        "人员类别": "社区工作者",
        "入职日期": "2020-07-01",
        "职务": "社区工作人员",
        "学历": "大学本科",
        "毕业时间": f"{int(born[:4]) + 22}-07-01",
        "毕业院校": "安徽大学",
        "社会工作者职业资格": "",
        "证书编号": "",
        "发证日期": "",
        "家庭住址": f"亚父街道{n}号",
    }
    return row | changed


def workbook(rows: Sequence[Sequence[Any]], sheet: str = "花名册") -> bytes:
    """A workbook whose cells hold these values as they are (a number is a number, a text a text)."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_numbers": False, "strings_to_formulas": False})
    page = book.add_worksheet(sheet)
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if isinstance(value, str) and value:
                page.write_string(r, c, value)
            elif value not in ("", None):
                page.write(r, c, value)
    book.close()
    return buffer.getvalue()


def roster(people: Sequence[dict[str, Any]], headers: Sequence[str] = HEADERS) -> bytes:
    return workbook([list(headers), *([one.get(header, "") for header in headers] for one in people)])


def rewritten(data: bytes, part: str, old: bytes, new: bytes) -> bytes:
    """The archive with something else in one of its parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            content = source.read(entry.filename)
            target.writestr(entry.filename, content.replace(old, new) if entry.filename.endswith(part) else content)
    return buffer.getvalue()


@pytest.fixture
def clerk(units: dict[str, Unit]) -> User:
    user = User.objects.create(username="clerk", display_name="街道办事员")
    grant_give(actor=None, user=user, unit=units["340181002"], role=Role.STREET_CLERK)
    return user


@pytest.fixture
def upload(units: dict[str, Unit], clerk: User) -> Callable[..., Import]:
    def make(data: bytes, **fields: Any) -> Import:
        wanted = {"actor": clerk, "unit": units["340181002"], "day": DAY, "file_name": "花名册.xlsx", "data": data}
        return import_start(**(wanted | fields))

    return make
