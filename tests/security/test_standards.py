"""docs/security: every row says how it is met, and every test that it names is there."""

from __future__ import annotations

import ast
import csv
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATES = {"met", "partly", "open", "operation", "not applicable"}
TEST = re.compile(r"\btests/[\w/]+\.py::test_\w+")
LISTS = {"asvs": ("id", r"\d{1,2}\.\d{1,2}\.\d{1,2}"), "mlps": ("clause", r"8\.1\.4\.\d{1,2}(?: [a-g])?")}


def rows(name: str) -> list[dict[str, str]]:
    with (ROOT / f"docs/security/{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def names_in(file: str) -> frozenset[str]:
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def faults(row: dict[str, str], key: str, pattern: str) -> list[str]:
    """What is wrong with a row, in a few words each."""
    found = []
    if not re.fullmatch(pattern, row[key]):
        found.append("number")
    if row["status"] not in STATES:
        found.append("status")
    named = TEST.findall(row["proof"])
    reason = TEST.sub("", row["proof"]).strip(" —")
    if row["status"] == "met" and (not named or reason):
        found.append("met is shown by tests")
    if row["status"] != "met" and len(reason) < 4:
        found.append("a reason is missing")
    found += [f"no test {one}" for one in named if one.split("::")[1] not in names_in(one.split("::")[0])]
    return found


@pytest.mark.parametrize("name", LISTS)
def test_every_row_says_how_and_its_tests_are_there(name: str) -> None:
    key, pattern = LISTS[name]
    found = {row[key]: wrong for row in rows(name) if (wrong := faults(row, key, pattern))}
    assert found == {}
    numbers = [row[key] for row in rows(name)]
    assert len(numbers) == len(set(numbers))


def test_every_chapter_that_applies_is_there() -> None:
    """Without 10 (OAuth) and 17 (WebRTC), of which there is nothing."""
    asvs = rows("asvs")
    assert {int(row["id"].split(".")[0]) for row in asvs} == set(range(1, 17)) - {10}
    assert {row["level"] for row in asvs} == {"1", "2", "3"}
    assert len([row for row in asvs if row["level"] in "12"]) == 217
    assert {row["clause"].split()[0] for row in rows("mlps")} == {f"8.1.4.{n}" for n in range(1, 12)}


# Proofs whose guards are worth nothing to a reader before the same test has failed without them.
CONTROLLED = {1, 2, 3, 6, 7, 8, 9, 11, 12, 14, 16, 17, 18, 20, 22, 24, 26, 27, 29, 30, 36, 37}


def unproven(text: str) -> list[str]:
    """What is wrong with a table of proofs, in a few words each."""
    found, numbers = [], []
    for line in text.splitlines():
        if not (row := re.fullmatch(r"\| T(\d+) \| (.+?) \| (.*?) \| ?(.*?) ?\|", line)):
            continue
        number, tests, controls = int(row[1]), TEST.findall(row[3]), TEST.findall(row[4])
        numbers.append(number)
        if not tests:
            found.append(f"T{number} has no test")
        if number in CONTROLLED and not controls:
            found.append(f"T{number} has no control")
        found += [
            f"no test {one}" for one in tests + controls if one.split("::")[1] not in names_in(one.split("::")[0])
        ]
    if numbers != sorted(set(numbers)):
        found.append("order")
    return found + [f"T{number} is missing" for number in sorted(CONTROLLED - set(numbers))]


def test_every_proof_names_its_tests_and_its_control() -> None:
    text = (ROOT / "docs/security/proofs.md").read_text(encoding="utf-8")
    assert unproven(text) == []
    # The control.
    assert "T36 is missing" in unproven(text.replace("| T36 |", "| 36 |"))
    assert "no test tests/test_permissions.py::test_gone" in unproven(
        text.replace("::test_the_matrix ", "::test_gone ")
    )
    without = re.sub(r"(\| T29 .*\|).*\|$", r"\1 |", text, flags=re.MULTILINE)
    assert "T29 has no control" in unproven(without)


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"id": "V6.2.1"}, "number"),
        ({"status": "done"}, "status"),
        ({"proof": "tests/nowhere.py::test_nothing"}, "no test tests/nowhere.py::test_nothing"),
        (
            {"proof": "tests/security/test_standards.py::test_gone"},
            "no test tests/security/test_standards.py::test_gone",
        ),
        ({"proof": "believe me"}, "met is shown by tests"),
        ({"status": "open", "proof": ""}, "a reason is missing"),
    ],
)
def test_a_wrong_row_is_found(change: dict[str, str], wrong: str) -> None:
    """The control."""
    proof = "tests/security/test_standards.py::test_a_wrong_row_is_found"
    good = {"id": "6.2.1", "level": "1", "requirement": "x", "status": "met", "proof": proof}
    assert faults(good, *LISTS["asvs"]) == []
    assert wrong in faults(good | change, *LISTS["asvs"])
