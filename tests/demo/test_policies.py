"""The policy files of the five places: every value has its source, and what is open says so."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings

from policy.rules.document import Policy
from policy.rules.reading import read
from policy.rules.terms import Status

FILES = sorted((settings.BASE_DIR / "policies").glob("*/*.yaml"))
FOLDERS = {"62/2023": "gansu/2023.yaml"}


def policy(path: Path) -> Policy:
    return read(
        path.read_text(encoding="utf-8"),
        name=path.name,
        parents=lambda reference: (settings.BASE_DIR / "policies" / FOLDERS[reference]).read_text(encoding="utf-8"),
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_every_value_is_cited_or_assumed_with_a_reason_or_left_open_with_a_text(path: Path) -> None:
    document = policy(path)
    with (settings.BASE_DIR / "docs" / "requirements.csv").open(encoding="utf-8", newline="") as file:
        sources = {row["id"] for row in csv.DictReader(file)} | {source.code for source in document.documents}
    sources |= {"GS"}  # the province's, in the city's file
    assert document.leaves
    for leaf in document.leaves:
        if leaf.status is Status.CITED:
            assert leaf.cite in sources, leaf.path
        else:
            assert leaf.because, leaf.path


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_a_policy_holds_in_2025_and_2026_and_has_names_in_both_languages(path: Path) -> None:
    document = policy(path)
    assert document.effective.from_ <= date(2025, 1, 1)
    assert document.effective.to is None
    names = [document.name]
    names += [post.name for post in document.posts if post.name]
    names += [scale.name for scale in document.scales.values()]
    names += [component.name for component in document.pay.components] if document.pay else []
    names += [grade.name for grade in document.assessment.grades] if document.assessment else []
    for name in names:
        assert name.zh
        assert name.en
        assert name.zh != name.en


def test_what_the_articles_leave_open_is_unset_by_name() -> None:
    # Of seven and six reasons of leaving (CH-37, SL-14) none is printed; what recruitment leaves open has its own tests.
    assert [len(policy(path).unset("exits")) for path in FILES if path.parent.name in ("chaohu", "songling")] == [7, 6]
    # Chaohu's measures have twelve articles, of which neither title nor subject is printed (CH-36).
    assert [len(policy(path).unset("documents")) for path in FILES if path.parent.name == "chaohu"] == [12 * 2]
    own_tests = ("documents", "exits", "recruitment")
    by_place = {
        path.parent.name: [leaf.path for leaf in policy(path).unset() if leaf.path.partition(".")[0] not in own_tests]
        for path in FILES
    }
    assert by_place["chaohu"] == ["pay.components.certificate.amount.of.SENIOR"]
    assert by_place["songling"] == by_place["leshan-shizhong"] == []
    assert by_place["tongren"] == ["employment.rises.fourth_from_fifth.when"]
    assert by_place["qingyang"] == [f"pay.components.grade_pay.amount.values.{grade}" for grade in range(1, 19)]
