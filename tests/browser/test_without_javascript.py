"""The personnel file on a computer whose browser runs no JavaScript: found, filtered, edited, filed, changed at once.

Entering somebody new without it stands among the journeys of a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Installation, Visitor
from tests.browser.files import entered, number_of, photograph, somebody

SHOWN = "tbody th a"


@pytest.fixture
def clerk(browser: Any, installation: Installation) -> Iterator[Visitor]:
    with somebody(browser, installation, "chaohu.clerk") as visitor:
        yield visitor


def total(page: Any) -> int:
    """What the line above the list says."""
    said = re.sub(r"\d{4}-\d\d-\d\d", "", page.locator("p.count[role=status]").inner_text())
    return int(re.findall(r"\d+", said)[0])


def test_the_list_is_searched_filtered_sorted_kept_and_exported(clerk: Visitor) -> None:
    page = clerk.page
    page.fill("#search", "shi")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=shi")
    assert 0 < total(page) == page.locator(SHOWN).count() < 40
    page.click("#filters a")
    everybody = total(page)
    assert everybody > 100
    page.locator("form.panel details summary").click()
    page.check("input[name=political_status][value=PARTY_MEMBER]")
    page.fill("#id_age_to", "40")
    page.click("form.panel button[type=submit]")
    expect(page.locator("#filters a")).to_have_count(2)
    members = total(page)
    assert 0 < members < everybody
    page.click("thead th a >> nth=2")
    expect(page.locator("thead th[aria-sort=ascending]")).to_have_count(1)
    assert total(page) == members
    page.locator(".tool summary").nth(0).click()
    page.fill("#filter_name", "年轻党员")
    page.click(".tool[open] form:has(#filter_name) button")
    expect(page.locator("main [role=status].alert-success")).to_have_count(1)
    clerk.go("/people/")
    page.locator(".tool summary").nth(0).click()
    page.click("a.what:has-text('年轻党员')")
    assert total(page) == members
    page.locator(".tool summary").nth(2).click()
    with page.expect_download() as download:
        page.click(".tool[open] form button")
    assert download.value.suggested_filename.endswith(".xlsx")
    page.locator(".tool summary").nth(0).click()
    page.click(".tool[open] .btn-outline-danger")
    clerk.go("/people/")
    page.click("a[rel=next]")
    expect(page.locator(SHOWN)).not_to_have_count(0)
    page.click("a[rel=prev]")
    assert page.locator(SHOWN).count() == 50


def test_a_record_is_changed_corrected_added_to_and_filed(clerk: Visitor) -> None:
    page = clerk.page
    number = entered(clerk, "廉无", number_of("19900110", "920"))
    clerk.go(f"/people/{number}/values/contact/change/")
    page.fill("#id_phone", "12")
    page.click("#entry .formbar button")
    expect(page.locator("#errors")).to_have_count(1)
    page.fill("#id_phone", "13900007777")
    page.fill("#id_day", "2026.11.1")
    page.click("#entry .formbar button")
    page.wait_for_url(f"**/people/{number}/#contact")
    assert "139****7777" in page.locator("section[aria-labelledby=contact]").inner_text()
    clerk.go(f"/people/{number}/education/add/")
    page.select_option("#id_level", index=3)
    page.fill("#id_graduated", "2012年7月")
    page.click("#entry .formbar button")
    assert "2012-07" in page.locator("section[aria-labelledby=education]").inner_text()
    page.click("section[aria-labelledby=education] a[href$='/correct/']")
    page.fill("#id_graduated", "2013.7")
    page.fill("#id_reason", "毕业证书为准")
    page.click("#entry .formbar button")
    assert "2013-07" in page.locator("section[aria-labelledby=education]").inner_text()
    page.fill("#id_day", "2025.1.1")
    page.click(".asof button")
    expect(page.locator("main .alert-info")).to_have_count(1)
    clerk.go(f"/people/{number}/archive/")
    page.click("#open ~ form button")
    page.set_input_files("#id_photo-photo", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photograph()})
    page.click("#photo ~ form button")
    expect(page.locator("img.photo")).to_have_count(1)
    page.select_option("#id_item-category", index=4)
    page.fill("#id_item-title", "毕业证书")
    page.fill("#id_item-day", "2013.7.1")
    page.set_input_files("#id_item-file", {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%"})
    page.click("#new-item ~ form button")
    expect(page.locator("a[href*='/files/']")).to_have_count(1)
    clerk.go(f"/people/{number}/history/")
    assert "毕业证书为准" in page.locator("main table").inner_text()


def test_many_are_changed_at_once(clerk: Visitor) -> None:
    page = clerk.page
    entered(clerk, "牟批", number_of("19900111", "922"))
    clerk.go("/people/?q=牟批")
    page.click(".actions a[href*='/people/change/']")
    page.select_option("#id_which", "household")
    page.click("form[method=get].panel button")
    page.select_option("#id_household", index=1)
    page.fill("#id_day", "2026.11.1")
    assert page.locator("#who ~ ul li").count() == 1
    page.click("#entry .formbar button")
    page.wait_for_url("**/people/?q=*")
    expect(page.locator("main [role=status].alert-success")).to_have_count(1)
    assert total(page) == 1
