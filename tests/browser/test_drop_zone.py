"""The script of the input for scans: several files dropped or chosen, each with a category of its own."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.test_pages import FULL

PDF = "%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"
NAMES = ["扫描履历.pdf", "扫描毕业证.pdf", "扫描入党.pdf"]
INPUT = "#id_items-scans"
# What a hand does that lets files fall: the browser gives a page no other way to make them.
DROP = """([selector, names, content]) => {
  const carried = new DataTransfer();
  for (const name of names) { carried.items.add(new File([content + name], name, {type: "application/pdf"})); }
  const input = document.querySelector(selector);
  const zone = input.closest(".input") || input;
  const over = new DragEvent("dragover", {dataTransfer: carried, bubbles: true, cancelable: true});
  const fell = new DragEvent("drop", {dataTransfer: carried, bubbles: true, cancelable: true});
  return [zone.dispatchEvent(over), zone.dispatchEvent(fell)];
}"""


def test_dropped_scans_are_filed_each_in_its_category(visit: Callable[..., Visitor]) -> None:
    visitor = visit("chaohu.officer")
    page = visitor.page
    visitor.go(f"/people/{FULL}/archive/")
    page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true; })")
    assert page.evaluate(DROP, [INPUT, NAMES, PDF]) == [False, False]  # both are taken
    lines = page.locator(f"{INPUT} + ol li")
    expect(lines).to_have_count(3)
    assert [text.split()[0] for text in lines.all_inner_texts()] == NAMES
    for number, category in enumerate(("1", "4", "6")):
        choice = lines.nth(number).locator("select")
        assert choice.get_attribute("aria-label") == NAMES[number]
        choice.select_option(category)
    page.fill("#id_items-day", "2026-03-01")
    page.locator(f"form:has({INPUT}) .btn-primary").click()
    page.wait_for_load_state()
    for category, name in (("1", "扫描履历"), ("4", "扫描毕业证"), ("6", "扫描入党")):
        expect(page.locator(f"section[aria-labelledby=c{category}]")).to_contain_text(name)
    assert not visitor.complaints


def test_files_dropped_again_take_the_place_of_the_first(visit: Callable[..., Visitor]) -> None:
    visitor = visit("chaohu.officer")
    visitor.go(f"/people/{FULL}/archive/")
    page = visitor.page
    page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true; })")
    page.evaluate(DROP, [INPUT, ["一.pdf", "二.pdf"], PDF])
    expect(page.locator(f"{INPUT} + ol li")).to_have_count(2)
    page.evaluate(DROP, [INPUT, ["三.pdf"], PDF])
    expect(page.locator(f"{INPUT} + ol li")).to_have_count(1)
    assert page.evaluate("s => document.querySelector(s).files.length", INPUT) == 1
    page.evaluate(DROP, [INPUT, [], PDF])  # nothing fell: nothing changes
    assert page.evaluate("s => document.querySelector(s).files.length", INPUT) == 1
