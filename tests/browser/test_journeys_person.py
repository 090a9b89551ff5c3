"""One person in a browser, by keyboard alone: entered, found, looked back at, printed; and a session that ends.

Each journey counts what a clerk does beyond typing the data itself; the budgets are part of the design.
"""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD, Installation, Visitor
from tests.browser.files import entered, number_of, photograph, somebody
from tests.timing import took

Visit = Callable[..., Visitor]
MOST_STEPS = 45  # keys and clicks beyond the data of a new person
MOST_SECONDS = 75


@dataclass
class Keys:
    """A keyboard that counts: `press` is a step, `type` is data."""

    page: Any
    steps: int = 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.steps += 1

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def to(self, selector: str) -> None:
        """Tab until an input has the focus, as somebody without a mouse does; each Tab is a step."""
        for _turn in range(60):
            if self.page.evaluate("s => document.activeElement.matches(s)", selector):
                return
            self.press("Tab")
        raise AssertionError(f"{selector} is not reached with Tab")


def test_from_the_login_to_the_first_thing_to_do(visit: Visit, browser: Any, installation: Installation) -> None:
    """Journey a: a contract that has run out is the first thing that waits, two clicks after the login page."""
    with somebody(browser, installation, "chaohu.clerk") as clerk:
        entered(clerk, "邰约", number_of("19880808", "914"), contract_end="2026-02-28")
    visitor = visit()
    page = visitor.page
    visitor.go("/login/")
    page.fill("#id_username", "chaohu.clerk")
    page.fill("#id_password", PASSWORD)
    page.click("main button[type=submit]")
    page.locator("section[aria-labelledby=todo] li", has_text="邰约").locator("a").click()
    page.wait_for_selector("h1:has-text('邰约')")  # two clicks; three are allowed
    visitor.go("/")
    groups = page.locator("section[aria-labelledby=todo] h3")
    assert groups.count() >= 1
    assert page.locator("section[aria-labelledby=recent] a").first.inner_text() == "邰约"
    lines = page.locator("section[aria-labelledby=quality] li a")
    assert lines.count() >= 3
    for number in range(lines.count()):
        link = page.locator("section[aria-labelledby=quality] li a").nth(number)
        promised = int(re.findall(r"\d+", link.inner_text())[0])
        link.click()
        page.wait_for_selector("#filters")
        said = re.sub(r"\d{4}-\d\d-\d\d", "", page.locator("p.count[role=status]").inner_text())
        assert int(re.findall(r"\d+", said)[0]) == promised
        visitor.go("/")
    assert not visitor.complaints


# A whole record, page by page: what a clerk types into each input; a number is the place of an option.
WHOLE: list[dict[str, str | int]] = [
    {
        "identity_number": number_of("19850611", "916"), "name": "司徒全", "phone": "13900002222", "ethnic_group": 1,
        "native_place": "安徽巢湖", "political_status": 1, "marital_status": 2, "work_started": "2007.7",
        "birth_place": "安徽巢湖", "party_joined": "2006.6", "health": 1, "professional_title": "社会工作师",
        "specialities": "社区矫正", "background": "退役军人", "union_joined": "2007.8",
        "household": 2, "household_address": "巢湖市亚父街道1号", "registered_residence": "340181002000",
        "lives_in": "340181002001", "other_phone": "0551-82345678", "address": "巢湖市亚父街道2号",
        "emergency_contact": "司徒母", "emergency_phone": "13900003333",
    },
    {
        "employment-unit": 2, "employment-start": "2010.3", "employment-entry_channel": 1,
        "employment-probation_end": "2010.9", "employment-contract_start": "2025.3.1",
        "employment-contract_end": "2028.3.1", "employment-batch": "2010年第一批",
        "employment-contract_number": "社2010-12", "tenure-title": 3, "tenure-start": "2015.5",
        "tenure-election": 1, "tenure-document": "亚党〔2015〕3号",
    },
    {
        "education-0-level": 3, "education-0-degree": 3, "education-0-study_mode": 1, "education-0-school": "安徽大学",
        "education-0-major": "社会工作", "education-0-start": "2003.9", "education-0-graduated": "2007.7",
        "education-0-number": "103571200705001234", "certificate-0-level": 2, "certificate-0-number": "3412345678",
        "certificate-0-issued": "2012.6", "certificate-0-registered_from": "2025.6",
        "certificate-0-registered_until": "2028.6", "party-0-joined": "2006.6.1", "party-0-confirmed": "2007.6.1",
    },
]  # fmt: skip


def test_a_whole_record_is_entered_by_keyboard_alone(visit: Visit) -> None:
    """Journey b with everything: a field that is filled ends with its own Tab, every other key is a step."""
    visitor = visit("chaohu.clerk")
    page = visitor.page
    visitor.go("/people/new/")
    keys = Keys(page)
    began = time.monotonic()
    for number, data in enumerate(WHOLE):
        left = dict(data)
        while left:
            here = page.evaluate("document.activeElement.id.replace(/^id_/, '')")
            if here in left:
                given = left.pop(here)
                if isinstance(given, int):
                    for _turn in range(given):
                        page.keyboard.press("ArrowDown")
                else:
                    page.keyboard.press("Control+a")
                    keys.type(given)
                if left:
                    page.keyboard.press("Tab")
            elif page.evaluate("document.activeElement.matches('summary') && !document.activeElement.parentNode.open"):
                keys.press("Enter")
                keys.press("Tab")
            else:
                keys.press("Tab")
            assert keys.steps < 200, (here, left)
        if page.evaluate("document.activeElement.matches('select')"):
            keys.press("Tab")
        keys.press("Enter")
        page.wait_for_url(f"**page={('work', 'more', 'check')[number]}")
    assert page.locator("#errors").count() == 0, page.locator("#errors").inner_text()
    keys.press("Enter")
    page.wait_for_selector("h1:has-text('司徒全')")
    fields = sum(len(data) for data in WHOLE)
    seconds = time.monotonic() - began
    print(f"journey b, whole record: {fields} fields, {keys.steps} steps beyond the data")
    assert fields == 50
    assert keys.steps <= MOST_STEPS
    took("journey b, whole record", seconds, 240)
    assert not visitor.complaints


@pytest.mark.requirement("CH-01")
def test_a_new_person_is_entered_by_keyboard_alone(visit: Visit) -> None:
    visitor = visit("chaohu.clerk")
    page = visitor.page
    visitor.go("/people/")
    page.locator("main .actions a").first.focus()
    keys = Keys(page)
    began = time.monotonic()
    keys.press("Enter")
    page.wait_for_url("**/people/new/")
    keys.to("#id_identity_number")  # it has the focus already
    assert keys.steps == 1
    number = number_of("19930817", "902")
    keys.type(number)
    page.wait_for_selector("#says")
    assert "1993-08-17" in page.locator("#says").inner_text()
    keys.to("#id_name")
    keys.type("欧阳试")
    keys.to("#id_phone")
    keys.type("13900001234")
    keys.press("Enter")
    page.wait_for_url("**page=work")
    keys.to("#id_employment-unit")
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    keys.to("#id_employment-start")
    keys.type("2026.3")
    keys.press("Enter")
    page.wait_for_url("**page=more")
    keys.to("#id_education-0-level")
    keys.press("ArrowDown", "ArrowDown", "ArrowDown")
    keys.to("#id_education-0-graduated")
    keys.type("201507")
    keys.press("Enter")
    page.wait_for_url("**page=check")
    assert "欧阳试" in page.locator("main").inner_text()
    keys.press("Enter")
    page.wait_for_selector("h1:has-text('欧阳试')")
    seconds = time.monotonic() - began
    print(f"journey b: {keys.steps} steps beyond the data")
    assert keys.steps <= MOST_STEPS
    took("journey b", seconds, MOST_SECONDS)
    assert not visitor.complaints


def test_what_is_kept_and_what_is_sent_do_not_overtake_each_other(visit: Visit) -> None:
    """The draft is kept while Enter is pressed, and the answer with its next version is slow: the page waits for it.

    Sent without it, the page would be taken for that of another window and refused.
    """
    visitor = visit("chaohu.clerk")
    page = visitor.page
    held: list[Any] = []
    sent: list[str] = []

    def hold(route: Any) -> None:
        if route.request.method == "POST":
            held.append(route)
        else:
            route.continue_()

    page.route("**/people/drafts/", hold)
    page.on("request", lambda one: sent.append(one.url) if one.method == "POST" and one.url.endswith("/new/") else None)
    visitor.go("/people/new/")
    with page.expect_request(lambda one: one.method == "POST" and "drafts" in one.url):
        page.fill("#id_identity_number", number_of("19930821", "912"))
    page.fill("#id_name", "令狐慢")
    with page.expect_response(lambda one: one.request.method == "GET" and "drafts" in one.url):
        page.keyboard.press("Enter")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert (len(held), sent) == (1, [])
    held[0].continue_()
    page.wait_for_url("**page=work")
    assert len(sent) == 1
    visitor.go("/")
    page.locator("section[aria-labelledby=drafts] button.btn-outline-danger").first.click()


def test_a_double_is_shown_before_the_second_field_is_typed(visit: Visit) -> None:
    """The number of the journey before (entered here if that did not run) is typed again."""
    visitor = visit("chaohu.clerk")
    page = visitor.page
    number = number_of("19930818", "904")
    for turn in range(2):
        visitor.go("/people/new/")
        page.wait_for_selector("#id_identity_number:focus")
        page.keyboard.type(number)
        if turn:
            began = time.monotonic()
            page.wait_for_selector(".likeness a.btn-primary")
            print(f"duplicate shown after {1000 * (time.monotonic() - began):.0f} ms")
            assert page.locator("#id_name").input_value() == ""
            break
        page.fill("#id_name", "司马重")
        page.click("button.btn-primary[value=next]")
        page.wait_for_url("**page=work")
        page.locator("#id_employment-unit option").nth(2).evaluate("option => { option.selected = true; }")
        page.fill("#id_employment-start", "2026-03-01")
        page.click("button.btn-primary[value=next]")
        page.wait_for_url("**page=more")
        page.click("button.btn-primary[value=next]")
        page.wait_for_url("**page=check")
        page.click("button[value=save]")
        page.wait_for_selector("h1:has-text('司马重')")
    page.click(".likeness a.btn-primary")
    page.wait_for_selector("h1:has-text('司马重')")
    assert not visitor.complaints


def test_a_new_person_without_javascript(visit: Visit) -> None:
    visitor = visit("chaohu.clerk", javascript=False)
    page = visitor.page
    visitor.go("/people/new/")
    page.fill("#id_identity_number", number_of("19930819", "906"))
    page.fill("#id_name", "诸葛静")
    page.click("button.btn-primary[value=next]")
    page.select_option("#id_employment-unit", index=2)
    page.fill("#id_employment-start", "2026年3月1日")
    page.click("button.btn-primary[value=next]")
    page.click("button[value=row-education]")
    expect(page.locator("#id_education-1-level")).to_have_count(1)
    page.click("button.btn-primary[value=next]")
    page.click("button[value=save]")
    assert page.locator("h1").inner_text() == "诸葛静"


def test_a_session_that_ends_loses_no_field(visit: Visit) -> None:
    visitor = visit("chaohu.clerk")
    page = visitor.page
    visitor.go("/people/new/")
    typed = {
        "#id_identity_number": number_of("19930820", "908"),
        "#id_name": "上官云",
        "#id_phone": "13900004321",
        "#id_native_place": "安徽巢湖",
    }
    for selector, text in typed.items():
        page.fill(selector, text)
    page.wait_for_selector("#saved:not(:empty)")
    page.context.clear_cookies(name="sessionid")
    page.context.clear_cookies(name="csrftoken")
    page.click("button.btn-primary[value=next]")
    page.wait_for_selector("dialog[open]")
    assert {selector: page.locator(selector).input_value() for selector in typed} == typed
    page.fill("#again_username", "chaohu.clerk")
    page.fill("#again_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**page=work")
    visitor.go(page.url.removeprefix(visitor.url).replace("page=work", "page=identity"))
    assert {selector: page.locator(selector).input_value() for selector in typed} == typed
    visitor.go("/")
    page.locator("section[aria-labelledby=drafts] button.btn-outline-danger").first.click()
    assert "上官云" not in page.locator("main").inner_text()


def test_a_photograph_is_taken_with_a_telephone(visit: Visit, browser: Any, installation: Installation) -> None:
    """Upright, small and without what the telephone wrote into it, on the record and on paper; the old one is kept."""
    with somebody(browser, installation, "chaohu.clerk") as clerk:
        number = entered(clerk, "荆照", number_of("19890909", "918"))
    visitor = visit("chaohu.clerk", size=(390, 844))
    page = visitor.page
    visitor.go(f"/people/{number}/")
    before = len(page.request.get(f"{visitor.url}/people/{number}/pdf/").body())
    page.click("#missing ~ ul a[href$='#photo']")
    field = page.locator("#id_photo-photo")
    assert (field.get_attribute("capture"), field.get_attribute("accept")) == ("environment", ".jpg,.jpeg,.png")
    field.set_input_files(
        {"name": "large.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff" + bytes(11_000_000)}
    )
    page.click("#photo ~ form button")
    page.wait_for_selector("#errors")
    visitor.complaints.clear()  # the browser tells of the answer 422
    seen = []
    for turned in (True, False):
        field.set_input_files({"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": photograph(turned=turned)})
        page.click("#photo ~ form button")
        page.wait_for_selector("main [role=status]")
        visitor.go(f"/people/{number}/")
        shown = page.locator("img.photo")
        seen.append(shown.get_attribute("src"))
        size = shown.evaluate("async one => { await one.decode(); return [one.naturalWidth, one.naturalHeight]; }")
        assert size == ([480, 640] if turned else [480, 360])
        content = page.request.get(f"{visitor.url}{seen[-1]}").body()
        assert len(content) <= 200_000
        assert b"Testphone" in photograph()
        assert b"Testphone" not in content
        with Image.open(io.BytesIO(content)) as image:
            red, _green, blue = image.getpixel((size[0] // 4, size[1] // 4))  # the half that was red
            assert red > 200 > blue
            red, _green, blue = image.getpixel((3 * size[0] // 4, size[1] // 4))
            assert (blue < 100) is turned  # upright, the red half is the upper one
        visitor.go(f"/people/{number}/archive/")
    assert len(page.request.get(f"{visitor.url}/people/{number}/pdf/").body()) > before + 1_000
    visitor.go(f"/people/{number}/history/")
    assert page.locator(f"a[href='{seen[0]}']").count() >= 1
    assert page.request.get(f"{visitor.url}{seen[0]}").status == 200
    assert not visitor.complaints


def test_one_file_is_found_looked_back_at_and_printed(visit: Visit, installation: Installation) -> None:
    """From Ctrl+K and three letters to the record, a past day in one step, and the print."""
    visitor = visit("chaohu.officer")
    page = visitor.page
    visitor.go("/people/")
    page.locator("tbody th a").first.wait_for()
    keys = Keys(page)
    began = time.monotonic()
    keys.press("Control+k")
    keys.type("bai")
    page.locator("#found a").first.wait_for()
    keys.press("ArrowDown", "Enter")
    page.wait_for_selector("#timeline")
    seconds = time.monotonic() - began
    print(f"journey i: {keys.steps} keys beyond three letters")
    assert keys.steps <= 3
    took("journey i, record open", seconds, 2)
    address = page.url.split("#")[0]
    keys = Keys(page)
    page.click("#id_day")  # one click and the day
    keys.type("2023-06-01")
    keys.press("Enter")
    page.wait_for_selector("text=2023-06-01")
    assert keys.steps == 1
    expect(page.locator("main .alert-info")).to_have_count(1)
    began = time.monotonic()
    answer = page.request.get(f"{address}pdf/?day={date(2023, 6, 1)}")
    seconds = time.monotonic() - began
    assert answer.body()[:5] == b"%PDF-"
    took("journey i, print", seconds, 1)
    page.goto(f"{address}history/")
    assert page.locator("h1").is_visible()
    page.goto(f"{address}archive/")
    assert page.locator("h1").is_visible()
    assert not visitor.complaints
