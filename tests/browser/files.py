"""People entered for the tests of pages, as a clerk without JavaScript enters them, and what their papers are made of."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from PIL import Image

from personnel.rules.identity import check_digit
from tests.browser.conftest import Installation, Visitor, log_in


def number_of(day: str, order: str) -> str:
    """An identity number of Chaohu for a birth date (YYYYMMDD) and an order number, with its check digit."""
    digits = f"340181{day}{order}"
    return digits + check_digit(digits)


@contextmanager
def somebody(browser: Any, installation: Installation, username: str) -> Iterator[Visitor]:
    """A user in a browser of their own, without JavaScript."""
    context = browser.new_context(java_script_enabled=False)
    visitor = Visitor(context.new_page(), installation.url, [])
    log_in(visitor, installation, username)
    yield visitor
    context.close()


def entered(visitor: Visitor, name: str, number: str, *, contract_end: str = "") -> int:
    """Enter somebody with the least that the pages ask for, or find who has been entered; returns the number."""
    page = visitor.page
    visitor.go(f"/people/?state=all&q={number}")
    if page.locator("tbody th a").count() == 0:
        visitor.go("/people/new/")
        page.fill("#id_identity_number", number)
        page.fill("#id_name", name)
        page.click(".formbar button[value=next]")
        page.select_option("#id_employment-unit", index=2)
        page.fill("#id_employment-start", "2024-03-01")
        if contract_end:
            page.locator("main details summary").first.click()
            page.fill("#id_employment-contract_start", "2024-03-01")
            page.fill("#id_employment-contract_end", contract_end)
        page.click(".formbar button[value=next]")
        page.click(".formbar button[value=next]")
        page.click("button[value=save]")
    else:
        page.click("tbody th a")
    found = re.search(r"/people/(\d+)/", page.url)
    assert found, page.url
    return int(found[1])


def reviewed(visitor: Visitor) -> int:
    """An import of four pasted rows in review, one of them wrong twice, one with a warning; returns its number."""
    page = visitor.page
    visitor.go("/people/new/?page=work")
    names = page.locator("#id_employment-unit option").all_inner_texts()
    community = next(name.split("·")[-1].strip() for name in names if "社区" in name)
    rows = ["姓名,身份证号,学历,手机号码,所属社区,人员类别,入职日期,职务,从前的一列"]
    for order, name, level, phone in (
        ("914", "核一", "大学本科", "13900009141"),
        ("916", "核二", "大学本可", "12345"),
        ("918", "核三", "大专", "13900009181"),
        ("920", "示例：王小芳", "大专", "13900009201"),
    ):
        started = "15.6.1" if order == "918" else "2015年6月1日"
        number = number_of("19910203", order)
        rows.append(f"{name},{number},{level},{phone},{community},社区工作者,{started},社区工作人员,x")
    visitor.go("/people/import/")
    page.fill("#id_text", "\n".join(rows))
    page.click("main form[enctype] button[type=submit]")
    page.wait_for_url("**/import/*/")
    return int(page.url.rstrip("/").rsplit("/", 1)[1])


def end_employment(visitor: Visitor, person: int) -> None:
    """They have resigned, and hold no post any more."""
    page = visitor.page
    for section in ("post", "employment"):
        visitor.go(f"/people/{person}/")
        link = page.locator(f"a[href*='/{section}/'][href$='/end/']")
        if link.count():
            link.first.click()
            page.fill("#id_day", "2026-06-01")
            if section == "employment":
                page.select_option("#id_reason", "RESIGNED")
            page.click("#entry .formbar button")


def photograph(*, width: int = 1600, height: int = 1200, turned: bool = True) -> bytes:
    """A JPEG as a telephone writes it: lying on its side, with the place and the camera in its metadata."""
    picture = Image.new("RGB", (width, height), "white")
    picture.paste("red", (0, 0, width // 2, height))  # the left half is red: upright, it is the top
    exif = Image.Exif()
    if turned:
        exif[0x0112] = 6  # turn it by 90° to the right
    exif[0x010F] = "Testphone"
    exif.get_ifd(0x8825)[1] = "N"
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()
