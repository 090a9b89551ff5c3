"""Every page in two sizes, two languages and two themes: no barrier that axe knows, no overflow, no complaint.

The pages are of kinds (a list, a record, a form…). Each page is looked at at least once, and each kind in all eight
looks; that finds what every page in every look would, in a third of the time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Installation, Visitor
from tests.browser.files import end_employment, entered, number_of, reviewed, somebody

AXE = Path(__file__).resolve().parent.parent / "vendor/axe-core/4.14.1/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES = {"desk": (1366, 768), "phone": (390, 844)}
LOOKS = list(product(SIZES, ("zh-hans", "en"), ("light", "dark")))
FULL = 111  # somebody of the demonstration with rows in most sections and an archive
SETTLED = "() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')"

Act = Callable[[Any], None]


@dataclass(frozen=True)
class Look:
    """A page and who opens it. act: what they do there before it is looked at. fails: the answer is an error page."""

    user: str | None
    path: str
    act: Act | None = None
    fails: bool = False


def send(selector: str = "#entry .formbar .btn-primary", **typed: str) -> Act:
    """Type into inputs (by id, "__" for "-") and send the form, which comes back with what is wrong."""

    def act(page: Any) -> None:
        for name, text in typed.items():
            page.fill(f"[id='id_{name.replace('__', '-')}']", text)
        page.click(selector)
        page.wait_for_selector("#errors")

    return act


def opened(page: Any) -> None:
    """Everything that can be opened is open."""
    page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true; })")


def unmasked(page: Any) -> None:
    page.select_option("#reveal [name=purpose]", "CHECK")
    page.click("#reveal button")
    page.wait_for_load_state()


def searched(page: Any) -> None:
    page.click("#search")
    page.keyboard.type("bai")
    page.wait_for_selector("#found a")


def inside(*steps: str, sent: bool = False) -> Act:
    """From the tree of units: into the first street, its first community, then along links (by the end of their
    address); `sent`: the empty form is sent there, which comes back with what is wrong.
    """

    def act(page: Any) -> None:
        page.click("nav.unit-tree li li a:not(.toggle) >> nth=0")
        for step in steps:
            page.click("table th a >> nth=0" if step == "below" else f"main a[href$='/{step}/']")
        page.wait_for_load_state()
        if sent:
            page.click("main form[method=post] button[type=submit]")
            page.wait_for_selector("#errors")

    return act


def to(*parts: str) -> Act:
    """Along the first link of the page with each of these in its address."""

    def act(page: Any) -> None:
        for part in parts:
            page.click(f"main a[href*='{part}'] >> nth=0")
            page.wait_for_load_state()

    return act


def loading(text: str, shown: str) -> Act:
    """A file of units is chosen and read."""

    def act(page: Any) -> None:
        data = {"name": "单位.csv", "mimeType": "text/csv", "buffer": text.encode("gb18030")}
        page.set_input_files("#id_file", data)
        page.click("main form[method=post] button[type=submit]")
        page.wait_for_selector(shown)

    return act


UNITS = (
    "代码,名称,类型,起始日期,常住人口,统计日期,来源\n340181002090,东塘社区,社区,2020-01-01,6200,2025-12-31,统计年报\n"
)
CLERK, OFFICER = "chaohu.clerk", "chaohu.officer"
# Pages with data, empty pages and pages with an error, by kind. {leaver}, {sparse}: people entered for these tests.
KINDS: dict[str, list[Look]] = {
    "around": [
        Look(None, "/login/"),
        Look(None, "/login/", send("main button[type=submit]", username="nobody", password="wrong")),
        Look(OFFICER, "/password/"),
        Look(OFFICER, "/people/999999/", fails=True),
    ],
    "workplace": [
        Look(OFFICER, "/"),
        Look(CLERK, "/"),
        Look("chaohu.approver", "/"),
        Look("chaohu.security", "/"),
        Look(CLERK, "/", searched),
    ],
    "list": [
        Look(OFFICER, "/people/"),
        Look(OFFICER, "/people/", opened),
        Look(OFFICER, "/people/?q=bai&sex=FEMALE&unit=340181&sort=-born"),
        Look(OFFICER, "/people/?q=nobody-of-this-name"),
        Look(OFFICER, "/people/?day=2026-13-99"),
        Look(OFFICER, "/people/?unit=nowhere&age_from=x"),
        Look(CLERK, "/people/?state=left"),
        Look(CLERK, "/people/?day=2023-06-01&state=all&category=COMMUNITY_WORKER", opened),
    ],
    "record": [
        Look(OFFICER, f"/people/{FULL}/"),
        Look(OFFICER, f"/people/{FULL}/", opened),
        Look(OFFICER, "/people/20/?day=2021-06-01"),
        Look(OFFICER, "/people/20/?day=2023-02-30"),
        Look(CLERK, "/people/{leaver}/"),
        Look(CLERK, "/people/{sparse}/"),
        Look(CLERK, "/people/20/", unmasked),
        Look(OFFICER, f"/people/{FULL}/?kind=WORK"),
    ],
    "archive": [
        Look(OFFICER, "/people/{sparse}/archive/"),
        Look(OFFICER, "/people/{sparse}/archive/", send("#open ~ form .btn-primary", open__opened="never")),
        Look(OFFICER, f"/people/{FULL}/archive/"),
        Look(OFFICER, f"/people/{FULL}/archive/", opened),
        Look(OFFICER, f"/people/{FULL}/archive/", send("#new-item ~ form .btn-primary", item__day="1990")),
        Look("chaohu.auditor", f"/people/{FULL}/archive/"),
    ],
    "history": [
        Look(OFFICER, "/people/20/history/"),
        Look(CLERK, "/people/{leaver}/history/"),
        Look(OFFICER, "/people/20/history/?section=employment"),
    ],
    "section": [
        Look(CLERK, "/people/20/education/add/"),
        Look(CLERK, "/people/20/education/add/", send(graduated="1990")),
        Look(CLERK, "/people/20/post/add/", send()),
        Look(CLERK, "/people/20/values/identity/correct/"),
        Look(CLERK, "/people/20/values/identity/correct/", send(birth_date="1999-02-30")),
        Look(CLERK, "/people/20/values/contact/change/", send(phone="12")),
        Look(CLERK, "/people/20/", lambda page: page.click("section[aria-labelledby=employment] a[href$='/change/']")),
        Look(CLERK, "/people/20/", lambda page: page.click("a[href$='/withdraw/'] >> nth=0")),
        Look(CLERK, "/people/20/", lambda page: page.click("a[href*='/employment/'][href$='/end/'] >> nth=0")),
    ],
    "entry": [
        Look(CLERK, "/people/new/"),
        Look(CLERK, "/people/new/", opened),
        Look(CLERK, "/people/new/", send(identity_number="340181199308179021", birth_date="1990")),
        Look(CLERK, "/people/new/?page=work"),
        Look(CLERK, "/people/new/?page=work", send(employment__start="2026.13")),
        Look(CLERK, "/people/new/?page=more"),
        Look(CLERK, "/people/new/?page=more", send(education__0__graduated="1990")),
        Look(CLERK, "/people/new/?page=check"),
    ],
    "units": [
        Look(OFFICER, "/units/"),
        Look(CLERK, "/units/?day=1999-01-01"),
        Look(OFFICER, "/units/?day=2026-13-99"),
        Look(OFFICER, "/units/", inside()),
        Look(CLERK, "/units/", inside()),
        Look(OFFICER, "/units/", inside("below")),
        Look(OFFICER, "/units/999999/", fails=True),
    ],
    "unit": [
        *[
            Look(OFFICER, "/units/", inside("below", act, sent=sent))
            for act in ("new", "rename", "move", "merge", "split", "upgrade", "close", "facts")
            for sent in (False, True)
        ],
    ],
    "units from a file": [
        Look(OFFICER, "/units/load/"),
        Look(OFFICER, "/units/load/", send("main form[method=post] button[type=submit]")),
        Look(OFFICER, "/units/load/", loading(UNITS, "#changes")),
        Look(OFFICER, "/units/load/", loading(UNITS.replace("6200", "x"), "#errors")),
    ],
    "bulk": [
        Look(CLERK, "/people/change/"),
        Look(CLERK, "/people/change/?field=political_status&unit=340181002"),
        Look(
            CLERK, "/people/change/?field=political_status&unit=340181002", send("main form[method=post] .btn-primary")
        ),
        Look(CLERK, "/people/change/?q=nobody-of-this-name"),
    ],
    "import": [
        Look(CLERK, "/people/import/"),
        Look(CLERK, "/people/import/", send("main form[enctype] .btn-primary", text="不是花名册")),
        Look(CLERK, "/people/import/{review}/"),
        Look(CLERK, "/people/import/{review}/?tab=WARNING", opened),
        Look(CLERK, "/people/import/{review}/?tab=NEW", opened),
        Look(CLERK, "/people/import/{review}/?tab=UPDATE"),
        Look(CLERK, "/people/import/{review}/?tab=UNCHANGED"),
        Look(CLERK, "/people/import/{review}/columns/"),
    ],
    "runs": [
        Look(OFFICER, "/pay/"),
        Look(OFFICER, "/pay/2/"),
        Look(OFFICER, "/pay/2/differences/"),
        Look(OFFICER, "/payslips/20/2026-01/"),
        Look(OFFICER, "/evaluations/"),
        Look(OFFICER, "/evaluations/5/"),
        Look(OFFICER, "/promotions/"),
        Look(OFFICER, "/promotions/1/"),
    ],
    "account": [
        Look(OFFICER, "/sessions/"),
        Look(OFFICER, "/proof/"),
        Look(OFFICER, "/second-factor/"),
        Look(OFFICER, "/exports/"),
        Look(OFFICER, "/exports/?code=AAAA-BBBB-CCCC", fails=True),
        Look("chaohu.sysadmin", "/"),
        Look("chaohu.sysadmin", "/announcements/"),
        Look("chaohu.sysadmin", "/announcements/", send("main form[method=post] .btn-primary", start="nie")),
    ],
    "headcount and party": [
        Look(OFFICER, "/staffing/"),
        Look(OFFICER, "/staffing/", to("/people/")),
        Look(OFFICER, "/staffing/", to("/plans/")),
        Look(OFFICER, "/units/", inside("party")),
        Look(OFFICER, "/units/", inside("below", "party")),
        Look(OFFICER, "/units/", inside("cross-appointments")),
        Look(OFFICER, "/units/", inside("correct")),
        Look(OFFICER, "/units/", inside("correct", sent=True)),
        Look("chaohu.finance", "/units/", inside("accounts")),
    ],
    "results and slips": [
        Look(OFFICER, "/evaluations/5/issues/"),
        Look(OFFICER, "/evaluations/5/consequences/"),
        Look(OFFICER, "/evaluations/5/", to("/pools/")),
        Look(OFFICER, "/evaluations/5/", to("/pools/", "/results/")),
        Look(OFFICER, "/manual-items/20/"),
    ],
    "begun": [Look(OFFICER, "/pay/new/"), Look(OFFICER, "/evaluations/new/"), Look(OFFICER, "/promotions/new/")],
    "rules": [Look(OFFICER, "/rules/"), Look(OFFICER, "/rules/1/")],
}


def visits() -> Iterator[tuple[Look, tuple[str, str, str]]]:
    """Every page with a look, so that each page has one and each kind has all."""
    for pages in KINDS.values():
        for number in range(max(len(pages), len(LOOKS))):
            yield pages[number % len(pages)], LOOKS[number % len(LOOKS)]


@pytest.fixture(scope="module")
def people(browser: Any, installation: Installation) -> dict[str, int]:
    """Numbers of what these tests enter: people, one who has left and one of whom hardly anything is known; an import."""
    with somebody(browser, installation, "chaohu.clerk") as visitor:
        one, other = (
            entered(visitor, "赵离", number_of("19910203", "910")),
            entered(visitor, "少", number_of("19920304", "912")),
        )
        end_employment(visitor, one)
        return {"leaver": one, "sparse": other, "review": reviewed(visitor)}


def findings(page: Any) -> list[str]:
    """What axe finds, as "rule: element"."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.evaluate("rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES)
    return [
        f"{violation['id']}: {node['html'][:140]}" for violation in result["violations"] for node in violation["nodes"]
    ]


def faults_of(visitor: Visitor, look: Look, path: str) -> list[str]:
    """What is wrong with a page as it is looked at."""
    visitor.complaints.clear()
    visitor.go(path)
    visitor.page.wait_for_function(SETTLED)
    if look.act is not None:
        look.act(visitor.page)
        visitor.page.wait_for_load_state()
        visitor.page.wait_for_function(SETTLED)
    found = findings(visitor.page)
    overflow = visitor.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    if overflow > 0:
        found.append(f"overflows by {overflow} px")
    expected = ("404",) if look.fails else ("400", "409", "422") if look.act is not None else ()
    return found + [text for text in visitor.complaints if not any(code in text for code in expected)]


@pytest.mark.parametrize(("size", "language", "theme"), LOOKS)
def test_no_barrier_no_overflow_no_complaint(
    visit: Callable[..., Visitor], people: dict[str, int], size: str, language: str, theme: str
) -> None:
    faults: dict[str, list[str]] = {}
    visitors: dict[str | None, Visitor] = {}
    for look, wanted in visits():
        if wanted != (size, language, theme):
            continue
        if look.user not in visitors:
            visitors[look.user] = visit(look.user, size=SIZES[size], language=language, theme=theme)
        path = look.path.format(**people)
        if found := faults_of(visitors[look.user], look, path):
            faults[f"{path} {'after an act' if look.act else ''}"] = found
    assert faults == {}


def test_every_kind_of_page_is_seen_in_every_look() -> None:
    for kind, pages in KINDS.items():
        seen = [(look, how) for look, how in visits() if look in pages]
        assert {how for _look, how in seen} == set(LOOKS), kind
        assert all(any(look is page for look, _how in seen) for page in pages), kind


def test_axe_finds_a_barrier_where_one_is(visit: Callable[..., Visitor]) -> None:
    """The control: a field without a label is found."""
    visitor = visit()
    visitor.go("/login/")
    visitor.page.evaluate("document.querySelector('label[for=id_username]').remove()")
    assert any(fault.startswith("label:") for fault in findings(visitor.page))


def weight_of(visitor: Visitor, path: str, *, cold: bool = True) -> float:
    """Bytes that travel for a page; cold: its parts are nowhere kept yet."""
    session = visitor.page.context.new_cdp_session(visitor.page)
    session.send("Network.enable")
    if cold:
        session.send("Network.clearBrowserCache")
    weights: list[float] = []
    session.on("Network.loadingFinished", lambda event: weights.append(event["encodedDataLength"]))
    visitor.go(path)
    visitor.page.wait_for_load_state("networkidle")
    session.detach()
    return sum(weights)


def test_a_cold_page_is_light(visit: Callable[..., Visitor]) -> None:
    """The list, the record with what it fetches, and the form."""
    visitor = visit("chaohu.officer")
    weights = {path: weight_of(visitor, path) for path in ("/people/", f"/people/{FULL}/", "/people/new/", "/")}
    print(weights)
    assert all(20_000 < weight <= 110_000 for weight in weights.values()), weights
    again = {path: weight_of(visitor, path, cold=False) for path in weights}
    print(again)
    assert all(500 < weight <= 15_000 for weight in again.values()), again
