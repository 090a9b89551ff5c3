"""The list of requirements and the tests that prove them stay in step."""

from pathlib import Path

from tests import requirements


def test_every_named_requirement_exists() -> None:
    unknown = set(requirements.proofs()) - set(requirements.rows())
    assert unknown == set()


def test_rows_are_unique_and_complete() -> None:
    rows = requirements.rows()
    assert len(rows) == 229
    assert all(row["must"] for row in rows.values())


def test_a_mark_is_found_in_a_module(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(requirements, "ROOT", tmp_path)
    module = tmp_path / "test_x.py"
    module.write_text('import pytest\n@pytest.mark.requirement("CH-45", "CH-46")\ndef test_cap(): ...\n')
    assert [found for found, _ in requirements.marked_in(module)] == ["CH-45", "CH-46"]
