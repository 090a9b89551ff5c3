"""Who keeps the archives: the section `archives` of a policy, what it says of posts held, and what is refused in it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from policy.models import PolicyErrorCode
from policy.rules.comparing import compare
from policy.rules.custody import custodian_of
from policy.rules.document import Policy
from policy.rules.facts import POST_TITLES
from policy.rules.reading import PolicyError, PolicyErrors, read
from policy.rules.reading.blocks import CHECKS
from policy.rules.terms import Status
from tests.policies import read_all

HEAD = """\
schema: 1
place: "340181"
name: 某市
version: "1"
effective: {from: 2024-01-01, cite: T}
"""
LINES = """\
archives:
  custody:
    - {when: {posts_held: {any_of: [PARTY_SECRETARY, DEPUTY_SECRETARY]}}, at: ORGANISATION_DEPARTMENT, cite: A-1}
    - {at: STREET, cite: A-2}
"""


def kept(policy: Policy, *posts: str) -> str | None:
    line = custodian_of(policy, posts)
    return line.at if line is not None else None


def errors_of(text: str) -> list[PolicyError]:
    with pytest.raises(PolicyErrors) as caught:
        read(text, name="file.yaml")
    return list(caught.value.errors)


@pytest.mark.requirement("CH-39")
def test_chaohus_department_keeps_the_archives_of_secretaries_and_of_nobody_else() -> None:
    chaohu = read_all()["chaohu/2023"]
    assert {title: kept(chaohu, title) for title in POST_TITLES} == {
        title: "ORGANISATION_DEPARTMENT" if title == "PARTY_SECRETARY" else "STREET" for title in POST_TITLES
    }
    assert kept(chaohu) == "STREET"
    assert kept(chaohu, "COMMITTEE_DIRECTOR", "PARTY_SECRETARY") == "ORGANISATION_DEPARTMENT"
    said = [leaf for leaf in chaohu.leaves if leaf.path.startswith("archives.")]
    assert said
    assert {(leaf.status, leaf.cite) for leaf in said} == {(Status.CITED, "CH-39")}


@pytest.mark.parametrize("name", ["songling/2022", "leshan-shizhong/2024", "tongren/2024", "qingyang/2023"])
def test_where_the_article_does_not_say_it_every_value_is_assumed_with_its_reason(name: str) -> None:
    said = [leaf for leaf in read_all()[name].leaves if leaf.path.startswith("archives.")]
    assert said
    assert all(leaf.status == Status.ASSUMED and leaf.because for leaf in said)


def test_a_place_that_says_nothing_names_nobody() -> None:
    assert read_all()["gansu/2023"].archives is None
    assert kept(read_all()["gansu/2023"], "PARTY_SECRETARY") is None


def test_the_first_line_that_holds_decides() -> None:
    policy = read(HEAD + LINES)
    assert [kept(policy, post) for post in ("DEPUTY_SECRETARY", "STAFF")] == ["ORGANISATION_DEPARTMENT", "STREET"]
    turned = HEAD + LINES.replace("any_of", "none_of")
    assert [kept(read(turned), post) for post in ("DEPUTY_SECRETARY", "STAFF")] == ["STREET", "ORGANISATION_DEPARTMENT"]
    nobody = read(HEAD + LINES.replace("{any_of: [PARTY_SECRETARY, DEPUTY_SECRETARY]}", "NONE"))
    assert [kept(nobody), kept(nobody, "STAFF")] == ["ORGANISATION_DEPARTMENT", "STREET"]


def test_whom_no_line_is_about_has_no_custodian_by_the_rules() -> None:
    text = HEAD + LINES.replace("    - {at: STREET, cite: A-2}\n", "")
    assert kept(read(text), "STAFF") is None


@pytest.mark.parametrize(
    ("section", "path"),
    [
        (LINES.replace("at: STREET", "at: {unset: 没有写明}"), "archives.custody.2.at"),
        ("archives:\n  custody: {unset: 没有写明}\n", "archives.custody"),
        ("archives: {unset: 没有写明}\n", "archives"),
    ],
    ids=["a custodian", "the lines", "the section"],
)
def test_what_is_left_open_is_named_and_gives_nobody(section: str, path: str) -> None:
    policy = read(HEAD + section)
    assert [(leaf.path, leaf.because) for leaf in policy.unset("archives")] == [(path, "没有写明")]
    assert kept(policy, "STAFF") is None


def test_leaving_out_and_leaving_open_compare_as_different() -> None:
    found = compare(read(HEAD), read(HEAD + "archives: {unset: 没有写明}\n"))
    assert [(one.path, one.kind) for one in found] == [("archives", "added")]
    found = compare(read(HEAD + LINES), read(HEAD + LINES.replace("at: STREET", "at: ORGANISATION_DEPARTMENT")))
    assert [(one.path, one.kind) for one in found] == [("archives.custody.2.at", "changed")]


FIRST = "{when: {posts_held: {any_of: [PARTY_SECRETARY, DEPUTY_SECRETARY]}}, at: ORGANISATION_DEPARTMENT, cite: A-1}"
BAD: list[tuple[str, str, str, str, int, str | None]] = [
    # what stands in LINES, what stands there instead, code, key, line of the file, nearest right spelling
    ("posts_held: {any_of: [PARTY_SECRETARY, DEPUTY_SECRETARY]}", "category: GRID_WORKER", "FACT_NOT_HERE", "archives.custody.1", 8, None),
    ("posts_held: {any_of: [PARTY_SECRETARY, DEPUTY_SECRETARY]}", "service_years: 3", "FACT_NOT_HERE", "archives.custody.1", 8, None),
    ("posts_held: {any_of", "any: [{age: {at_least: 50}}], posts_held: {any_of", "FACT_NOT_HERE", "archives.custody.1", 8, None),
    ("DEPUTY_SECRETARY]", "DEPUTY_SECRETRY]", "UNKNOWN_CODE", "archives.custody.1.when.posts_held.any_of.2", 8, "DEPUTY_SECRETARY"),
    ("at: STREET", "at: STRET", "WORD", "archives.custody.2.at", 9, "STREET"),
    ("at: STREET", "at: COMMUNITY", "WORD", "archives.custody.2.at", 9, None),
    ("{at: STREET, cite: A-2}", "{when: {posts_held: STAFF}}", "MISSING_KEY", "archives.custody.2", 9, None),
    ("{at: STREET, cite: A-2}", "{at: STREET, by: STREET}", "UNKNOWN_KEY", "archives.custody.2.by", 9, None),
    (FIRST, "{at: ORGANISATION_DEPARTMENT}", "NOT_THE_LAST", "archives.custody.1", 8, None),
    (FIRST, "{when: {}, at: ORGANISATION_DEPARTMENT}", "NOT_THE_LAST", "archives.custody.1", 8, None),
    (FIRST, "{unset: 书记档案由谁保管没有写明}", "UNSET_NOT_ALLOWED", "archives.custody.1", 8, None),
    ("{posts_held: {any_of: [PARTY_SECRETARY, DEPUTY_SECRETARY]}}", "{unset: 没有写明}", "UNSET_NOT_ALLOWED", "archives.custody.1.when", 8, None),
    ("[PARTY_SECRETARY, DEPUTY_SECRETARY]", "{unset: 没有写明}", "UNSET_NOT_ALLOWED", "archives.custody.1.when", 8, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "code", "key", "line", "right"), BAD, ids=[f"{c[2]}-{n}" for n, c in enumerate(BAD)]
)
def test_what_can_not_be_followed_is_refused_with_its_line(
    old: str, new: str, code: str, key: str, line: int, right: str | None
) -> None:
    assert LINES.count(old) == 1
    errors = errors_of(HEAD + LINES.replace(old, new))
    assert [(one.code, one.key, one.line, one.nearest) for one in errors] == [(code, key, line, right)]
    assert PolicyErrorCode.in_words(errors[0])


@pytest.mark.parametrize(
    ("section", "code"),
    [
        ("archives:\n  custody: []\n", "EMPTY_LIST"),
        ("archives: {}\n", "MISSING_KEY"),
        ("archives: [STREET]\n", "WRONG_TYPE"),
    ],
)
def test_a_section_without_lines_is_refused(section: str, code: str) -> None:
    assert [error.code for error in errors_of(HEAD + section)] == [code]


@pytest.mark.parametrize("model", ["Custodian", "Archives"])
def test_without_the_checks_such_files_would_be_read(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a line that is never asked, and a condition on what custody can't follow."""
    import policy.rules.document as d

    nothing: Callable[..., None] = lambda *_given: None  # noqa: E731
    monkeypatch.setitem(CHECKS, getattr(d, model), nothing)
    bad = {
        "Custodian": ("posts_held: {any_of: [PARTY_SECRETARY, DEPUTY_SECRETARY]}", "category: GRID_WORKER"),
        "Archives": (FIRST, "{at: ORGANISATION_DEPARTMENT}"),
    }[model]
    assert read(HEAD + LINES.replace(*bad)).archives is not None
