"""The year-end chain in a browser: from the first log-in to a sealed run and a slip that explains itself."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD, Installation, Visitor

Visit = Callable[..., Visitor]


def test_make_run_says_where_who_and_what_first(installation: Installation) -> None:
    assert installation.url in installation.greeting
    assert all(name in installation.greeting for name in ("chaohu.clerk", "chaohu.finance", "songling.officer"))


def test_the_first_password_has_to_be_changed(visit: Visit, installation: Installation) -> None:
    visitor = visit()
    page = visitor.page
    visitor.go("/people/")
    assert "/login/" in page.url
    page.fill("#id_username", "qingyang.approver")
    page.fill("#id_password", "not it")
    page.click("main button[type=submit]")
    assert page.locator("#errors").is_visible()
    page.fill("#id_password", installation.users["qingyang.approver"])
    page.click("main button[type=submit]")
    assert "/password/" in page.url
    visitor.go("/people/")
    assert "/password/" in page.url, "nothing else before the password is changed"
    page.fill("#id_old", installation.users["qingyang.approver"])
    page.fill("#id_new", "1234567890")
    page.fill("#id_again", "1234567890")
    page.click("main button[type=submit]")
    page.locator("#errors li").first.wait_for()
    page.fill("#id_old", installation.users["qingyang.approver"])
    page.fill("#id_new", PASSWORD)
    page.fill("#id_again", PASSWORD)
    page.click("main button[type=submit]")
    assert "/password/" not in page.url


def test_from_the_list_to_the_record_and_back(visit: Visit) -> None:
    visitor = visit("chaohu.officer")
    page = visitor.page
    page.click("nav.menu a[href='/people/']")
    said = page.locator("p.count").inner_text()
    count = next(int(number) for number in re.findall(r"\d+", re.sub(r"\d{4}-\d\d-\d\d", "", said)))
    assert count > 500
    page.locator("#id_q").fill("bai")
    page.click("form[role=search] .query button[type=submit]")
    page.locator("tbody tr").first.wait_for()
    expect(page.locator("#filters a")).to_have_count(1)
    name = page.locator("tbody th a").first.inner_text()
    page.locator("tbody th a").first.click()
    assert page.locator("h1").inner_text() == name
    page.wait_for_selector("#results")
    assert not visitor.complaints


def test_a_run_is_started_by_one_and_sealed_by_another(visit: Visit, installation: Installation) -> None:
    """Leshan's February: started in the browser, computed by the worker, watched, sealed by finance."""
    officer = visit("leshan-shizhong.officer")
    page = officer.page
    officer.go("/pay/new/")
    page.select_option("[name=unit]", "511102000000")
    page.fill("[name=month]", "2026-02")
    page.click("main form button[type=submit].btn-primary")
    page.wait_for_url(re.compile(r"/pay/\d+/"))
    address = page.url.removeprefix(installation.url)
    page.wait_for_selector("code", timeout=60_000)  # the fingerprint: all batches are done
    expect(page.locator(f"form[action$='{address}seal/']"), "nobody seals what they started").to_have_count(0)
    assert not officer.complaints

    finance = visit("leshan-shizhong.finance")
    page = finance.page
    expect(page.locator(f"a[href='{address}']"), "it waits on the workplace").to_have_count(1)
    finance.go(f"{address}differences/")
    unexplained = page.locator("dl.cards dd").nth(6).inner_text().strip()
    assert unexplained == "0"
    finance.go(address)
    page.click(f"form[action$='{address}seal/'] button")
    finance.go(address)
    expect(page.locator(f"form[action$='{address}seal/']")).to_have_count(0)

    page.locator("table a[href*='/payslips/']").first.click()
    page.locator("table.payslip tbody tr").first.wait_for()
    page.locator("table.payslip summary").first.click()
    assert page.locator("table.payslip details[open] ol li").first.is_visible()
    assert not finance.complaints


def test_an_evaluation_waits_for_what_is_missing_and_is_confirmed_by_a_second_person(visit: Visit) -> None:
    approver = visit("leshan-shizhong.approver")
    page = approver.page
    approver.go("/evaluations/")
    page.locator("tbody a").first.click()
    assert page.locator("h1").inner_text().strip()
    assert not approver.complaints


def test_a_refusal_names_every_missing_value(visit: Visit) -> None:
    """Qingyang's pay run can't be started; the page says which eighteen values are open."""
    visitor = visit("qingyang.officer")
    page = visitor.page
    visitor.go("/pay/new/")
    page.select_option("[name=unit]", "621000000000")
    page.fill("[name=month]", "2026-03")
    page.click("main form button[type=submit].btn-primary")
    text = page.locator("#errors").inner_text()
    assert all(f"pay.components.grade_pay.amount.values.{grade}:" in text for grade in range(1, 19))


@pytest.mark.parametrize("path", ["/", "/people/", "/pay/", "/evaluations/", "/promotions/", "/rules/"])
def test_pages_work_without_javascript(visit: Visit, path: str) -> None:
    visitor = visit("chaohu.officer", javascript=False)
    answer = visitor.go(path)
    assert answer.status == 200
    assert visitor.page.locator("h1").inner_text().strip()
