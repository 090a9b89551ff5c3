"""Recruitment of a policy: what the five places print, what stays open, and how a county changes its city's section."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy.rules.comparing import compare
from policy.rules.document import Policy
from policy.rules.reading import read
from policy.rules.terms import Status
from tests.policy.whole import WHOLE

POLICIES = Path(__file__).resolve().parents[2] / "policies"


def policy_of(place: str, version: str) -> Policy:
    def text(folder: str, name: str) -> str:
        return (POLICIES / folder / f"{name}.yaml").read_text(encoding="utf-8")

    return read(
        text(place, version), parents=lambda reference: text("gansu", "2023") if reference == "62/2023" else None
    )


def test_chaohu_examines_whoever_comes_in_and_puts_the_certificate_first() -> None:
    policy = policy_of("chaohu", "2023")
    section = policy.recruitment
    assert section is not None
    assert section.entry is not None
    assert (section.entry.exam_required, section.entry.except_, section.entry.cite) == (
        True,
        ("ELECTED", "APPOINTED"),
        "CH-12",
    )
    assert list(section.organisers) == ["ORGANISATION_DEPARTMENT", "CIVIL_AFFAIRS"]
    assert section.ties == ("certificate", "written")
    leaves = {leaf.path: leaf for leaf in policy.leaves}
    assert (leaves["recruitment.ties.1"].status, leaves["recruitment.ties.1"].cite) == (Status.CITED, "CH-15")
    assert leaves["recruitment.ties.2"].status is Status.ASSUMED
    assert [leaf.path for leaf in policy.unset("recruitment")] == ["recruitment.hard"]


def test_leshan_has_nine_hard_conditions_of_which_two_are_printed() -> None:
    policy = policy_of("leshan-shizhong", "2024")
    section = policy.recruitment
    assert section is not None
    assert [one.code for one in section.hard] == ["EDUCATION", "AGE", "C3", "C4", "C5", "C6", "C7", "C8", "C9"]
    assert [leaf.path for leaf in policy.unset("recruitment")] == [f"recruitment.hard.C{n}.when" for n in range(3, 10)]
    assert {one.cite for one in section.hard} == {"LS-02"}
    assert [one.code for one in section.soft] == ["ABILITY", "CHARACTER"]
    assert section.planning is not None
    assert (section.planning.proposes, section.planning.consolidates, section.planning.every) == (
        "community",
        "county",
        "year",
    )


def test_songling_has_six_standards_whose_texts_are_open() -> None:
    policy = policy_of("songling", "2022")
    assert policy.recruitment is not None
    assert len(policy.recruitment.hard) == 6
    assert len(policy.unset("recruitment.hard")) == 6


def test_tongren_plans_by_batch_in_a_frame_of_the_city_and_qingyang_screens_politically() -> None:
    tongren, qingyang = policy_of("tongren", "2024").recruitment, policy_of("qingyang", "2023").recruitment
    assert tongren is not None
    assert tongren.planning is not None
    assert qingyang is not None
    assert (tongren.planning.frame, tongren.planning.consolidates, tongren.planning.every) == (
        "city",
        "county",
        "batch",
    )
    assert qingyang.reviews[0] == "POLITICAL"


@pytest.mark.parametrize(
    ("place", "version"),
    [("chaohu", "2023"), ("leshan-shizhong", "2024"), ("songling", "2022"), ("tongren", "2024"), ("qingyang", "2023")],
)
def test_the_weights_of_each_place_are_known_to_be_assumed(place: str, version: str) -> None:
    policy = policy_of(place, version)
    assert policy.recruitment is not None
    assert policy.recruitment.exam is not None
    weights = [part.weight for part in policy.recruitment.exam.parts]
    assert sum(leaf.number for leaf in weights) == 100
    assert {leaf.status for leaf in weights} == {Status.ASSUMED}


def test_a_county_changes_single_conditions_of_its_citys() -> None:
    child = """
schema: 1
place: "34018101"
name: 某区
version: "2024"
effective: {from: 2024-01-01}
extends: "340181/2024"
recruitment: {hard: [{code: AGE, name: 年龄, when: {age: {at_most: 30}}}], notice: {days: 7, count: natural}}
"""
    policy = read(child, parents=lambda reference: WHOLE)
    section = policy.recruitment
    assert section is not None
    assert section.notice is not None
    assert section.exam is not None
    assert [one.code for one in section.hard] == ["AGE", "CONDUCT"]
    assert section.notice.days == 7
    leaves = {leaf.path: leaf for leaf in policy.leaves}
    assert str(leaves["recruitment.hard.AGE.when.age.at_most"].value) == "30"
    assert section.exam.parts[0].weight.number == 60


def test_a_comparison_tells_of_a_changed_weight() -> None:
    other = WHOLE.replace("weight: 60, pass: 60", "weight: 50, pass: 60").replace(
        "weight: 40, judges", "weight: 50, judges"
    )
    assert [(one.path, one.kind) for one in compare(read(WHOLE), read(other))] == [
        ("recruitment.exam.parts.written.weight", "changed"),
        ("recruitment.exam.parts.interview.weight", "changed"),
    ]


@pytest.mark.requirement("SL-12")
def test_songlings_measures_are_on_record_with_their_aspects_and_items() -> None:
    """8 aspects and 27 items; every value of the file cites a row of them or says that it is assumed or open."""
    policy = policy_of("songling", "2022")
    document = policy.documents[0]
    assert (document.code, document.level) == ("SL", "county")
    assert "8 aspects and 27 items" in (document.note or "")
    cited = [leaf.cite for leaf in policy.leaves if leaf.status is Status.CITED]
    assert len(cited) > 20
    assert all((cite or "").startswith("SL") for cite in cited)
