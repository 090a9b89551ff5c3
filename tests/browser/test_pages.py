"""Every page in two sizes, two languages and two themes: no barrier that axe knows, no overflow, no complaint."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Visitor

AXE = Path(__file__).resolve().parent.parent / "vendor/axe-core/4.14.1/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES = {"desk": (1366, 768), "phone": (390, 844)}
LOOKS = [("zh-hans", "light"), ("en", "dark")]

# Pages with data, empty pages and pages with an error, and who opens them.
PAGES = [
    (None, "/login/"),
    ("chaohu.officer", "/"),
    ("chaohu.officer", "/password/"),
    ("chaohu.officer", "/people/"),
    ("chaohu.officer", "/people/?q=nobody-of-this-name"),
    ("chaohu.officer", "/people/?day=2026-13-99"),
    ("chaohu.officer", "/people/20/"),
    ("chaohu.officer", "/people/20/?day=2023-06-01"),
    ("chaohu.officer", "/people/20/?day=2023-02-30"),
    ("chaohu.officer", "/people/20/history/"),
    ("chaohu.officer", "/people/20/archive/"),
    ("chaohu.clerk", "/people/new/"),
    ("chaohu.clerk", "/people/new/?page=work"),
    ("chaohu.clerk", "/people/new/?page=more"),
    ("chaohu.clerk", "/people/new/?page=check"),
    ("chaohu.clerk", "/people/change/?field=political_status&unit=340181002"),
    ("chaohu.clerk", "/people/change/?q=nobody-of-this-name"),
    ("chaohu.clerk", "/people/20/education/add/"),
    ("chaohu.clerk", "/people/20/values/identity/correct/"),
    ("chaohu.clerk", "/people/20/values/contact/change/"),
    ("chaohu.officer", "/pay/"),
    ("chaohu.officer", "/pay/new/"),
    ("chaohu.officer", "/pay/2/"),
    ("chaohu.officer", "/pay/2/differences/"),
    ("chaohu.officer", "/payslips/20/2026-01/"),
    ("chaohu.officer", "/evaluations/"),
    ("chaohu.officer", "/evaluations/new/"),
    ("chaohu.officer", "/evaluations/5/"),
    ("chaohu.officer", "/promotions/"),
    ("chaohu.officer", "/promotions/new/"),
    ("chaohu.officer", "/promotions/1/"),
    ("chaohu.officer", "/rules/"),
    ("chaohu.officer", "/rules/1/"),
    ("chaohu.officer", "/people/999999/"),
]


def findings(page: Any) -> list[str]:
    """What axe finds, as "rule: element"."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.evaluate("rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES)
    return [
        f"{violation['id']}: {node['html'][:140]}" for violation in result["violations"] for node in violation["nodes"]
    ]


@pytest.mark.parametrize("size", list(SIZES))
@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_no_barrier_no_overflow_no_complaint(
    visit: Callable[..., Visitor], size: str, language: str, theme: str
) -> None:
    faults: dict[str, list[str]] = {}
    visitors: dict[str | None, Visitor] = {}
    for username, path in PAGES:
        if username not in visitors:
            visitors[username] = visit(username, size=SIZES[size], language=language, theme=theme)
        visitor = visitors[username]
        visitor.complaints.clear()
        answer = visitor.go(path)
        visitor.page.wait_for_load_state("networkidle")
        found = findings(visitor.page)
        overflow = visitor.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if overflow > 0:
            found.append(f"overflows by {overflow} px")
        expected_failure = answer.status == 404
        found += [text for text in visitor.complaints if not (expected_failure and "404" in text)]
        if found:
            faults[path] = found
    assert faults == {}


def test_axe_finds_a_barrier_where_one_is(visit: Callable[..., Visitor]) -> None:
    """The control: a field without a label is found."""
    visitor = visit()
    visitor.go("/login/")
    visitor.page.evaluate("document.querySelector('label[for=id_username]').remove()")
    assert any(fault.startswith("label:") for fault in findings(visitor.page))


def test_a_cold_page_is_light(visit: Callable[..., Visitor]) -> None:
    visitor = visit("chaohu.clerk")
    session = visitor.page.context.new_cdp_session(visitor.page)
    session.send("Network.enable")
    session.send("Network.clearBrowserCache")
    weights: list[float] = []
    session.on("Network.loadingFinished", lambda event: weights.append(event["encodedDataLength"]))
    visitor.go("/people/")
    visitor.page.wait_for_load_state("networkidle")
    assert 0 < sum(weights) <= 110_000
