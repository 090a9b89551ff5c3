"""What a file still lacks: single values, rows of sections, and papers of the archive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

# What everybody's file has, and what the file of somebody who works here has besides.
VALUES = ("identity_number", "sex", "birth_date", "ethnic_group", "political_status")
VALUES_IN_WORK = ("native_place", "work_started", "phone", "address", "photo")
SECTIONS_IN_WORK = ("education", "resume", "family")
# Four insurances and one fund; maternity is part of the medical insurance.
SCHEMES = ("PENSION", "MEDICAL", "WORK_INJURY", "UNEMPLOYMENT", "HOUSING_FUND")
_PARTY = frozenset({"PARTY_MEMBER", "PROBATIONARY_MEMBER"})


@dataclass(frozen=True)
class FileState:
    """What there is of a file on a day.

    values: codes of single values that are there. rows: code of a section with its rows on the day (those that hold,
    or have happened). schemes: insurances that hold. papers: categories of the archive with a paper, None without an
    archive. counted: employed in a category that is evaluated and paid here. working: holds an employment or a post.
    """

    day: date
    working: bool
    counted: bool
    values: frozenset[str]
    political_status: str | None = None
    rows: Mapping[str, int] = field(default_factory=dict)
    schemes: frozenset[str] = frozenset()
    pay_account: bool = False
    contract: bool = True
    checked: date | None = None
    worked_since: date | None = None
    papers: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """kind: value (code of a field), row (of a section), scheme (of insurance), check (a year), paper (of a category),
    archive ("")."""

    kind: str
    code: str


def missing_of(state: FileState) -> list[Missing]:
    """What the file lacks, in the order of the file; of somebody who has left, only who they are and their archive."""
    found = [Missing("value", code) for code in VALUES if code not in state.values]
    if state.working:
        found += [Missing("value", code) for code in VALUES_IN_WORK if code not in state.values]
        found += [Missing("row", code) for code in SECTIONS_IN_WORK if not state.rows.get(code)]
        if state.political_status in _PARTY and not state.rows.get("party"):
            found.append(Missing("row", "party"))
    if state.counted:
        if not state.contract:
            found.append(Missing("value", "employment.contract_start"))
        if not state.rows.get("area"):
            found.append(Missing("row", "area"))
        found += [Missing("scheme", code) for code in SCHEMES if code not in state.schemes]
        if not state.pay_account:
            found.append(Missing("row", "bank"))
        if state.checked is None or state.checked.year < state.day.year:
            found.append(Missing("check", str(state.day.year)))
    return found + _papers(state)


def _papers(state: FileState) -> list[Missing]:
    if state.papers is None:
        return [Missing("archive", "")]
    wanted = ["1"]
    if state.worked_since is not None and state.worked_since.year < state.day.year - 1:
        wanted.append("3")  # a whole year has been assessed
    if state.rows.get("education"):
        wanted.append("4")
    if state.political_status in _PARTY:
        wanted.append("6")
    if state.rows.get("honour"):
        wanted.append("7")
    if state.rows.get("discipline"):
        wanted.append("8")
    if state.rows.get("employment") or state.rows.get("post"):
        wanted.append("9")
    return [Missing("paper", code) for code in wanted if code not in state.papers]
