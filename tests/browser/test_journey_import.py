"""A street's own workbook, three hundred rows and twenty-three mistakes, from the menu to the file of people and back.

Clicks are counted: what is pressed on the way from the menu to the review, and what each mistake takes.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter
from playwright.sync_api import expect

from personnel.rules.identity import check_digit
from tests.browser.conftest import Visitor
from tests.browser.test_pages import findings
from tests.timing import took

Visit = Callable[..., Visitor]
ROWS = 300
MOST_CLICKS = 5
MOST_SECONDS = 6 * 60  # for all mistakes
HEADERS = (
    "序号", "姓名", "身份证号", "性别", "出生日期", "民族", "政治面貌", "手机号码", "所属社区", "人员类别", "入职日期",
    "职务", "学历", "毕业时间", "毕业院校",
)  # fmt: skip
FIRST = 3  # the row of the first person, from 1: a title over merged cells, then the headings
COLUMN = {header: "ABCDEFGHIJKLMNO"[index] for index, header in enumerate(HEADERS)}
# Row → heading, what stands there, what is typed instead (None: a suggestion is pressed, "": the row is left out).
Mistake = tuple[str, str, str | None]
MISTAKES: dict[int, Mistake] = {
    5: ("学历", "大学本可", "大学本科"), 17: ("学历", "大学本可", "大学本科"), 29: ("学历", "大学本可", "大学本科"),
    41: ("学历", "大学本可", "大学本科"), 53: ("学历", "研究生班", "研究生"), 65: ("入职日期", "2015-02-30", None),
    77: ("入职日期", "去年夏天", "2015-07"), 89: ("入职日期", "2015.13", "2015.12"), 101: ("入职日期", "2015", "2015.6"),
    113: ("手机号码", "1380013800", "13800138001"), 125: ("手机号码", "12345", "13800138002"),
    137: ("手机号码", "13800138000/13900139000", None), 149: ("民族", "火星族", "汉族"), 161: ("职务", "董事长", "社区工作人员"),
    173: ("政治面貌", "革命群体", "群众"), 185: ("性别", "男", None), 197: ("身份证号", "5.10E+17", ""),
    209: ("身份证号", "1101051949123100", ""), 221: ("毕业时间", "明年", "2012-07"), 233: ("人员类别", "外星人员", "社区工作者"),
    245: ("所属社区", "月球背面社区", ""), 257: ("出生日期", "1960-02-02", None), 269: ("入职日期", "1960-01-01", "2016-01-01"),
}  # fmt: skip
assert len(MISTAKES) == 23


def rows_of(communities: list[str], order: int) -> list[list[Any]]:
    """People without a fault, then the mistakes."""
    found = []
    for n in range(ROWS):
        born = f"{1970 + n % 25}{1 + n % 12:02}{1 + n % 28:02}"
        digits = f"340181{born}{order + 2 * (n // 100):03}"
        person = dict(
            zip(
                HEADERS,
                (n + 1, f"导{chr(0x5E00 + n)}{chr(0x5F00 + n)}", digits + check_digit(digits), "女",
                 f"{born[:4]}.{born[4:6]}.{born[6:]}", "汉", "群众", f"139{order:03}{n:05}", communities[n % len(communities)],
                 "社区工作者", "2015年6月1日", "社区工作人员", "大专", f"{int(born[:4]) + 22}.07", "安徽大学"),
                strict=True,
            )
        )  # fmt: skip
        if n + FIRST in MISTAKES:
            heading, text, _right = MISTAKES[n + FIRST]
            person[heading] = text
        found.append([person[heading] for heading in HEADERS])
    return found


def workbook(folder: Path, communities: list[str], order: int) -> Path:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    page = book.add_worksheet("花名册")
    page.merge_range(0, 0, 0, len(HEADERS) - 1, "社区工作者花名册")
    page.write_row(1, 0, HEADERS)
    for number, row in enumerate(rows_of(communities, order), start=2):
        page.write_row(number, 0, row)
    book.close()
    path = folder / "花名册.xlsx"
    path.write_bytes(buffer.getvalue())
    return path


@dataclass
class Hand:
    """A hand that counts its clicks."""

    page: Any
    clicks: int = 0

    def click(self, selector: str) -> None:
        self.page.locator(selector).first.click()
        self.clicks += 1

    def choose(self, selector: str, path: Path) -> None:
        self.page.set_input_files(selector, path)
        self.clicks += 1


def communities_of(visitor: Visitor) -> list[str]:
    """The communities that the clerk may enter people in."""
    visitor.go("/people/new/?page=work")
    names = visitor.page.locator("#id_employment-unit option").all_inner_texts()
    return [name.split("·")[-1].strip() for name in names if "社区" in name]


def upload(visitor: Visitor, path: Path) -> Hand:
    visitor.go("/")
    hand = Hand(visitor.page)
    hand.click("nav a[href='/people/']")
    hand.click("main a[href='/people/import/']")
    hand.choose("#id_file", path)
    hand.click("main form[enctype] button[type=submit]")
    visitor.page.wait_for_url("**/import/*/")
    visitor.page.wait_for_load_state()
    return hand


def counts(page: Any) -> dict[str, int]:
    names, numbers = page.locator("#do dt").all_inner_texts(), page.locator("#do dd").all_inner_texts()
    return {name: int(number) for name, number in zip(names, numbers, strict=True)}


def finished(page: Any, text: str) -> None:
    """Many rows are written by a worker; the page follows by itself."""
    expect(page.locator(".alert-success")).to_contain_text(text, timeout=60_000)
    page.wait_for_load_state()


def no_barrier(visitor: Visitor) -> None:
    visitor.page.wait_for_load_state("networkidle")
    assert findings(visitor.page) == []
    assert visitor.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_a_dirty_workbook_is_put_right_applied_and_taken_back(visit: Visit, tmp_path: Path) -> None:
    visitor = visit("chaohu.clerk")
    page = visitor.page
    path = workbook(tmp_path, communities_of(visitor), 802)
    hand = upload(visitor, path)
    assert hand.clicks <= MOST_CLICKS
    first = page.url
    assert counts(page) == {"错误": 23, "警告": 0, "新增": 277, "更新": 0, "无变化": 0}
    located = set(page.locator("tbody p.field-error .tabular").all_inner_texts())
    assert located == {f"花名册!{COLUMN[heading]}{row}" for row, (heading, _text, _right) in MISTAKES.items()}
    no_barrier(visitor)

    began = time.monotonic()
    page.keyboard.press("F8")
    assert page.evaluate("document.activeElement.value") == "大学本可"
    expect(page.locator("tr", has_text="!M5").locator("button[name=alike]")).to_contain_text("4")
    page.fill("tr:has-text('!M5') input[name=text]", "大学本科")
    page.click("tr:has-text('!M5') button[name=alike]")  # the same in 4 cells
    page.wait_for_load_state()
    expect(page.locator("#do dd").first).to_have_text("19")
    for row, (heading, text, right) in MISTAKES.items():
        if text == "大学本可":
            continue
        line = page.locator(f"tr:has(td:text-is('花名册!{row}'))")
        if right == "":
            line.locator("form[action$='/rows/'] button").click()
            page.wait_for_load_state()
            continue
        said = counts(page)["错误"]
        form = line.locator("form[action$='/fix/']").first
        if right is None:
            form.locator("button[name=suggestion]").first.click()
        else:
            form.locator("input[name=text]").fill(right)
            form.locator("input[name=text]").press("Enter")
        expect(page.locator("#do dd").first).to_have_text(str(said - 1), timeout=10_000)
        assert heading in COLUMN
    took("an import's mistakes mended", time.monotonic() - began, MOST_SECONDS)
    visitor.go(first.removeprefix(visitor.url))
    assert counts(page)["错误"] == 3  # left out by choice
    assert counts(page)["新增"] == 297
    page.click("#do form[action$='/apply/'] button")
    finished(page, "297")
    no_barrier(visitor)

    again = upload(visitor, path)
    assert again.clicks <= MOST_CLICKS
    found = counts(page)
    assert (found["新增"], found["更新"]) == (0, 0)  # a mistake of the file is still one, and changes nothing
    assert page.locator("#do form[action$='/apply/']").count() == 0

    page.goto(first)
    page.click("#do form[action$='/undo/'] button >> nth=0")
    finished(page, "297")
    upload(visitor, path)
    assert counts(page)["新增"] == 277
    assert visitor.complaints == []


def test_their_own_workbook_comes_back_marked_is_put_right_and_uploaded_again(visit: Visit, tmp_path: Path) -> None:
    visitor = visit("chaohu.clerk")
    page = visitor.page
    upload(visitor, workbook(tmp_path, communities_of(visitor), 812))
    with page.expect_download() as download:
        page.click("a[href$='/file/']")
    marked = tmp_path / "marked.xlsx"
    download.value.save_as(marked)
    book = openpyxl.load_workbook(marked)
    sheet = book["花名册"]
    for row, (heading, _text, right) in MISTAKES.items():
        cell = sheet[f"{COLUMN[heading]}{row}"]
        assert cell.comment is not None, f"{heading} {row}"
        if right:
            cell.value = right
    book.save(marked)
    upload(visitor, marked)
    left = [right for _heading, _text, right in MISTAKES.values() if not right]
    found = counts(page)
    assert (found["错误"], found["新增"]) == (len(left), ROWS - len(left))


def test_the_review_works_without_a_script(visit: Visit, tmp_path: Path) -> None:
    visitor = visit("chaohu.clerk", javascript=False)
    page = visitor.page
    upload(visitor, workbook(tmp_path, communities_of(visitor), 822))
    page.fill("tr:has-text('!M53') input[name=text]", "研究生")
    page.click("tr:has-text('!M53') form[action$='/fix/'] button.btn-primary")
    page.wait_for_load_state()
    assert counts(page)["错误"] == 22
    assert page.locator("#next-error").get_attribute("href") == f"#{page.locator('tbody tr').first.get_attribute('id')}"
    page.click("#do form[action$='/apply/'] button")
    page.wait_for_load_state()
    for _turn in range(60):
        if page.locator(".alert-success").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    assert "278" in page.locator(".alert-success").inner_text()
    page.click("#do form[action$='/undo/'] button >> nth=0")
    page.wait_for_load_state()
