"""Procedures of a policy: Chaohu's steps with their clauses, and what a comparison tells of a change."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy.rules.comparing import compare
from policy.rules.reading import PolicyErrors, read
from policy.rules.terms import Status

TEXT = (Path(__file__).resolve().parents[2] / "policies" / "chaohu" / "2023.yaml").read_text(encoding="utf-8")


@pytest.mark.requirement("CH-18", "CH-20")
def test_chaohu_appoints_its_secretaries_in_six_steps() -> None:
    one, _other = read(TEXT).procedures
    assert [(step.code, step.kind, step.cite) for step in one.steps] == [
        ("REPORT", "report", "CH-18"),
        ("INSPECTION", "inspection", "CH-19"),
        ("JOINT_REVIEW", "opinions", "CH-20"),
        ("NOTICE", "notice", "CH-21"),
        ("DECISION", "decision", "CH-22"),
        ("ORDER", "order", "CH-23"),
    ]
    asked = one.steps[2].departments
    assert asked is not None
    assert (asked.exactly, len(asked.of)) == (12, 12)
    days = one.steps[3].days
    assert days is not None
    assert (days.at_least, days.count) == (5, "natural")


def test_what_the_article_names_is_cited_and_the_rest_is_assumed() -> None:
    leaves = {leaf.path: leaf for leaf in read(TEXT).leaves}
    of = "procedures.appoint_secretary.steps.JOINT_REVIEW.departments.of."
    named = {
        path.removeprefix(of) for path, leaf in leaves.items() if path.startswith(of) and leaf.status is Status.CITED
    }
    assert named == {"DISCIPLINE", "POLICE", "PROCURATORATE", "COURT", "PETITIONS"}
    assert leaves["procedures.appoint_secretary.steps.NOTICE.days.at_least"].status is Status.CITED
    assert leaves["procedures.appoint_secretary.steps.NOTICE.days.count"].status is Status.ASSUMED


def test_a_mid_term_change_of_a_member_has_a_procedure_and_a_general_election_none() -> None:
    appoint, change = read(TEXT).procedures
    assert change.covers("APPOINT", "COMMITTEE_MEMBER", by_election=False)
    assert not change.covers("APPOINT", "COMMITTEE_MEMBER", by_election=True)
    assert appoint.covers("REMOVE", "PARTY_SECRETARY", by_election=True)
    assert not appoint.covers("APPOINT", "GRID_WORKER", by_election=False)


def test_a_comparison_tells_of_a_longer_notice() -> None:
    found = compare(read(TEXT), read(TEXT.replace("days: {at_least: 5,", "days: {at_least: 7,")))
    assert [(one.path, one.kind) for one in found] == [
        ("procedures.appoint_secretary.steps.NOTICE.days.at_least", "changed")
    ]


def test_a_department_that_is_left_open_counts_as_one() -> None:
    line = next(line for line in TEXT.splitlines() if line.strip().startswith("MARKET:"))
    policy = read(TEXT.replace(line, '            MARKET: {unset: "the article names 5 of the 12"}'))
    asked = policy.procedures[0].steps[2].departments
    assert asked is not None
    assert (len(asked.of), asked.of["MARKET"]) == (12, None)
    assert [leaf.path for leaf in policy.unset("procedures.appoint_secretary")] == [
        "procedures.appoint_secretary.steps.JOINT_REVIEW.departments.of.MARKET"
    ]


TONGREN = (Path(__file__).resolve().parents[2] / "policies" / "tongren" / "2024.yaml").read_text(encoding="utf-8")


@pytest.mark.requirement("TR-31")
def test_tongrens_moves_need_both_sides_beyond_the_street() -> None:
    moving = next(one for one in read(TONGREN).procedures if one.code == "moving")
    assert [(step.code, step.side) for step in moving.steps] == [
        ("REQUEST", "giving"),
        ("RELEASE", "giving"),
        ("ACCEPT", "receiving"),
        ("ORDER", "receiving"),
    ]
    assert moving.covers("TRANSFER", "STAFF", leaves={"community", "street"})
    assert not moving.covers("TRANSFER", "STAFF", leaves={"community"})
    assert not moving.covers("SECONDMENT", "", leaves={"community", "street"}, away="EXCHANGE")
    lends = read(
        TONGREN.replace("acts: [TRANSFER], beyond: street", "acts: [SECONDMENT], beyond: county, away: [EXCHANGE]")
    )
    lending = next(one for one in lends.procedures if one.code == "moving")
    assert lending.covers("SECONDMENT", "", leaves={"community", "street", "county"}, away="EXCHANGE")
    assert not lending.covers("SECONDMENT", "", leaves={"community", "street", "county"}, away="DRAFTED")
    assert not lending.covers("SECONDMENT", "", leaves={"community", "street"}, away="EXCHANGE")


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("acts: [EXIT]", "acts: [EXIT], beyond: street", "procedures.leaving.applies_to.beyond"),
        ("acts: [TRANSFER], beyond", "acts: [TRANSFER], away: [EXCHANGE], beyond", "procedures.moving.applies_to.away"),
        ("acts: [TRANSFER], beyond", "acts: [TRANSFER, EXIT], beyond", "procedures.moving.applies_to.acts"),
        (
            "by: {assumed: ORGANISATION_DEPARTMENT, because: 同上 — as above}, needs: [decision_number], other_than: [REPORT]",
            "by: ORGANISATION_DEPARTMENT, side: receiving, needs: [decision_number], other_than: [REPORT]",
            "procedures.leaving.steps.DECISION.side",
        ),
        ("from: fifth, to: fourth", "from: sixth, to: fourth", "employment.rises.fourth_from_fifth.from"),
    ],
)
def test_what_belongs_to_moves_alone_is_refused_elsewhere(old: str, new: str, path: str) -> None:
    assert TONGREN.count(old) == 1, old
    with pytest.raises(PolicyErrors) as error:
        read(TONGREN.replace(old, new))
    assert [one.key for one in error.value.errors] == [path]
