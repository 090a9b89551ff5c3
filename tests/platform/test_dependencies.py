"""What may be installed, and how it is locked."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
LOCKED = {
    re.sub(r"[._]", "-", name).lower(): version
    for name, version in re.findall(r"^([\w.\-]+)==([\w.]+)", LOCK, re.MULTILINE)
}


def test_psycopg_3_is_not_installed() -> None:
    """Django prefers it without a word as soon as anything brings it along."""
    assert importlib.util.find_spec("psycopg") is None
    assert "psycopg" not in LOCKED
    assert importlib.util.find_spec("psycopg2") is not None  # the control: the driver that we mean is found this way
    assert "psycopg2-binary" in LOCKED


def test_every_package_is_locked_by_hash() -> None:
    entries = re.split(r"\n(?=\S)", LOCK.strip())
    packages = [entry for entry in entries if not entry.startswith("#")]
    assert len(packages) == len(LOCKED) > 50
    assert [entry.splitlines()[0] for entry in packages if "--hash=sha256:" not in entry] == []


def test_the_lock_names_no_address() -> None:
    assert not re.search(r"https?:|file:|--index|--find-links|@ ", LOCK)


def test_everything_asked_for_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = [
        *project["project"]["dependencies"],
        *(row for rows in project["dependency-groups"].values() for row in rows),
    ]
    names = {re.sub(r"[._]", "-", re.match(r"[\w.\-]+", row).group()).lower() for row in asked}
    assert len(names) > 25
    assert sorted(names - set(LOCKED)) == []
