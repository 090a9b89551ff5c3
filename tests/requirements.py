"""Which requirement is proven by which test: `python -m tests.requirements` lists the rows without one.

A test proves a row by `@pytest.mark.requirement("CH-45")`; a worked case by `requirements: [CH-45]` in its YAML file.
The rows are in docs/requirements.csv.
"""

from __future__ import annotations

import ast
import csv
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parent.parent


def rows() -> dict[str, dict[str, str]]:
    """The requirement rows by id."""
    with (ROOT / "docs/requirements.csv").open(encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def marked_in(path: Path) -> Iterator[tuple[str, str]]:
    """(requirement, test) for each mark in a test module, on functions, classes and the module (`pytestmark`)."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and ast.unparse(node.func).endswith("mark.requirement")):
            continue
        for argument in node.args:
            if isinstance(argument, ast.Constant):
                yield str(argument.value), f"{path.relative_to(ROOT)}:{node.lineno}"


def cases_in(path: Path) -> Iterator[tuple[str, str]]:
    """(requirement, case) for each worked case of a YAML file."""
    document = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    for case in document if isinstance(document, list) else document.get("cases", []):
        for requirement in case.get("requirements", []):
            yield str(requirement), f"{path.relative_to(ROOT)}: {case.get('name', '?')}"


def proofs() -> dict[str, list[str]]:
    """Tests and cases by the requirement that they prove."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for requirement, place in marked_in(path):
            found[requirement].append(place)
    for path in sorted((ROOT / "tests/cases").rglob("*.yaml")):
        for requirement, place in cases_in(path):
            found[requirement].append(place)
    return dict(found)


def main() -> int:
    known, proven = rows(), proofs()
    unknown = sorted(set(proven) - set(known))
    for requirement in unknown:
        print(f"{requirement}: no such row, named in {', '.join(proven[requirement])}")
    for requirement, row in known.items():
        if requirement not in proven:
            print(f"{requirement}  {row['kind']:5}  {row['must']}")
    print(f"{len(set(proven) & set(known))} of {len(known)} requirement rows have a proving test.")
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
