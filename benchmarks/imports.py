"""`python -m benchmarks.imports`: the review of workbooks of 300 × 30 and 5,000 × 30 cells, and what applying them takes.

An own PostgreSQL in a temporary folder. The time of a review is that of a clerk's upload: the check of the archive, the
parsing in a child, the reading of headings and cells, the comparison with what is on record, and the rows stored.
"""

from __future__ import annotations

import io
import json
import sys
import time
from datetime import date
from typing import Any

from benchmarks.alone import folder, installed

SIZES = {300: 3.0, 5_000: 15.0}  # people → seconds that a review may take
HEADERS = (
    "序号", "姓名", "身份证号", "性别", "出生日期", "民族", "籍贯", "政治面貌", "入党时间", "婚姻状况", "健康状况", "手机号码",
    "家庭住址", "户口所在地", "参加工作时间", "所属社区", "人员类别", "进入渠道", "入职日期", "合同开始", "合同期满", "职务",
    "任职日期", "学历", "学位", "学习形式", "毕业院校", "专业", "毕业时间", "年龄",
)  # fmt: skip


def workbook(people: int) -> bytes:
    """A roster as clerks keep it: a merged title, days as 1990.05, one person in twenty with a mistake."""
    import xlsxwriter

    from personnel.rules import check_digit

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    page = book.add_worksheet("花名册")
    page.merge_range(0, 0, 0, len(HEADERS) - 1, "社区工作者花名册")
    page.write_row(1, 0, HEADERS)
    for n in range(people):
        born = f"{1970 + n % 30}{1 + n % 12:02}{1 + n % 28:02}"
        first = f"340181{born}{(2 * (n // 420)) % 1000:03}"
        number = first + check_digit(first)
        if n % 20 == 7:
            number = number[:17] + ("0" if number[17] != "0" else "1")
        row: list[Any] = [
            n + 1, f"测{chr(0x4E00 + n % 5000)}{chr(0x5000 + n // 5000)}", number, "女", f"{born[:4]}.{born[4:6]}", "汉",
            "安徽巢湖", "中共党员" if n % 3 == 0 else "群众", "2010.07" if n % 3 == 0 else "", "已婚", "健康", 13800000000 + n,
            f"幸福路{n}号", "安徽省巢湖市", "2014.7", f"社区{n % 50:02}社区", "社区工作者", "公开招聘", "2020年7月1日", "2020.07.01",
            "2023-07-01", "社区工作人员", "2020.7", "大学" if n % 2 else "大专", "学士" if n % 2 else "", "全日制", "安徽大学",
            "社会工作", f"{int(born[:4]) + 22}.07", 2026 - int(born[:4]),
        ]  # fmt: skip
        page.write_row(n + 2, 0, row)
    book.close()
    return buffer.getvalue()


def street() -> Any:
    """A street of Chaohu with fifty communities, made once."""
    from organization.models import Unit, UnitKind
    from organization.services import unit_create

    parent = Unit.objects.filter(code="340181002000").first()
    if parent is None:
        for code, kind in (("34", UnitKind.PROVINCE), ("3401", UnitKind.CITY), ("340181", UnitKind.COUNTY), ("340181002", UnitKind.STREET)):  # fmt: skip
            parent = unit_create(
                actor=None, code=code, name=code, kind=kind, parent=parent, valid_from=date(2000, 1, 1)
            )
        for n in range(50):
            unit_create(
                actor=None, code=f"340181002{n + 1:03}", name=f"社区{n:02}社区", kind=UnitKind.COMMUNITY, parent=parent,
                valid_from=date(2000, 1, 1),
            )  # fmt: skip
    return parent


def measure(people: int) -> dict[str, Any]:
    from personnel.models import Person
    from personnel.services.imports import import_apply, import_start, import_undo, marked_copy

    unit, before = street(), Person.objects.count()
    data = workbook(people)
    found: dict[str, Any] = {"people": people, "columns": len(HEADERS), "kb": len(data) // 1024}

    def timed(name: str, act: Any) -> Any:
        begun = time.perf_counter()
        result = act()
        found[name] = round(time.perf_counter() - begun, 2)
        return result

    def review() -> Any:
        return import_start(actor=None, unit=unit, day=date(2026, 3, 1), file_name="b.xlsx", data=data)

    source = timed("review_seconds", review)
    found |= {"new": source.counts["NEW"], "wrong": source.counts["ERROR"]}
    timed("marked_copy_seconds", lambda: marked_copy(actor=None, source=source))
    timed("cell_seconds", lambda: _fix_a_cell(source))
    timed("apply_seconds", lambda: import_apply(actor=None, source=source, expected=source.counts["ready"]))
    again = timed("review_again_seconds", review)
    found["unchanged"] = again.counts["UNCHANGED"]
    timed("undo_seconds", lambda: import_undo(actor=None, source=source))
    assert Person.objects.count() == before
    return found


def _fix_a_cell(source: Any) -> None:
    """What a clerk waits for after putting one cell right."""
    from personnel.services.imports import import_fix

    row = source.rows.filter(action="ERROR").first()
    if row is not None:
        import_fix(actor=None, source=source, row=row, field="address", text="幸福路")


def measure_imports() -> list[dict[str, Any]]:
    """Seconds by act for every size; nobody is left behind."""
    measure(10)  # what is imported and connected once
    return [measure(people) for people in SIZES]


def met(results: list[dict[str, Any]]) -> bool:
    return all(found["review_seconds"] <= SIZES[found["people"]] for found in results)


def print_imports(results: list[dict[str, Any]]) -> None:
    print(f"{'import of':>10} {'review s':>9} {'goal':>6} {'a cell s':>9} {'marked s':>9} {'apply s':>8} {'undo s':>7}")
    for found in results:
        print(
            f"{found['people']:>10,} {found['review_seconds']:>9.2f} {SIZES[found['people']]:>6.0f} "
            f"{found['cell_seconds']:>9.2f} {found['marked_copy_seconds']:>9.2f} {found['apply_seconds']:>8.2f} "
            f"{found['undo_seconds']:>7.2f}"
        )


def main() -> int:
    with folder() as base, installed(base):
        results = measure_imports()
    print(json.dumps(results, ensure_ascii=False))
    print_imports(results)
    print("all goals met" if met(results) else "NOT ALL GOALS MET")
    return 0 if met(results) else 1


if __name__ == "__main__":
    sys.exit(main())
