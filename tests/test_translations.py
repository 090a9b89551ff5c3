"""Chinese is complete: every text translated, none by guess, with the same placeholders; and the pages speak it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest
from django.test import Client

from tests.test_architecture import ORDER

ROOT = Path(__file__).resolve().parent.parent
CHINESE = ROOT / "locale/zh_Hans/LC_MESSAGES/django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|%%")
# What is the same in both languages.
SAME = {"CWMS", "PDF", "API", "Δ"}


def catalogue() -> polib.POFile:
    return polib.pofile(str(CHINESE))


def texts(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def faults(entries: list[polib.POEntry]) -> list[str]:
    """What is wrong with translations, one line each."""
    found = []
    for entry in entries:
        source = entry.msgid_plural or entry.msgid
        for text in texts(entry):
            if not text.strip():
                found.append(f"not translated: {source}")
            elif entry.fuzzy:
                found.append(f"guessed: {source}")
            elif sorted(set(PLACEHOLDER.findall(text))) != sorted(set(PLACEHOLDER.findall(source))):
                found.append(f"placeholders: {source} → {text}")
            elif "|" in text and "|" not in source:
                found.append(f"two forms in one: {source} → {text}")
            elif text == source and re.search("[A-Za-z]{2}", PLACEHOLDER.sub("", source)) and source not in SAME:
                found.append(f"still English: {source}")
    return found


def test_chinese_is_complete() -> None:
    entries = list(catalogue())
    assert len(entries) > 900
    assert faults(entries) == []


def test_faults_are_found() -> None:
    wrong = [
        polib.POEntry(msgid="People", msgstr=""),
        polib.POEntry(msgid="%(n)s people", msgstr="人"),
        polib.POEntry(msgid="Name", msgstr="姓名", flags=["fuzzy"]),
        polib.POEntry(msgid="day", msgid_plural="days", msgstr_plural={0: "天|天"}),
        polib.POEntry(msgid="Grade", msgstr="Grade"),
    ]
    assert [fault.split(":")[0] for fault in faults(wrong)] == [
        "not translated", "placeholders", "guessed", "two forms in one", "still English",
    ]  # fmt: skip


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="xgettext is not on this machine")
def test_the_catalogue_has_every_text_of_the_source(tmp_path: Path) -> None:
    target = tmp_path / "tree"
    for name in (*ORDER, "templates"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__", "*.csv"))
    (target / "locale").mkdir()
    for name in ("manage.py", "pyproject.toml"):
        shutil.copy(ROOT / name, target / name)
    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "-l", "zh_Hans", "--no-location", "-e", "html,py,txt"],
        cwd=target, check=True, capture_output=True,
    )  # fmt: skip
    fresh = {entry.msgid for entry in polib.pofile(str(target / "locale/zh_Hans/LC_MESSAGES/django.po"))}
    assert fresh - {entry.msgid for entry in catalogue()} == set()


@pytest.mark.django_db
def test_the_pages_speak_chinese_first_and_english_on_request(client: Client, settings) -> None:
    settings.LANGUAGE_CODE = "zh-hans"
    assert "用户名" in client.get("/login/").content.decode()
    client.cookies["django_language"] = "en"
    assert "User name" in client.get("/login/").content.decode()


ALIAS = re.compile(r"^from django\.utils\.translation import (?:.*, )?(p?gettext\w*|n\w*gettext\w*) as (\w+)", re.M)


def unseen_names(source: str) -> list[str]:
    """Names under which a source imports functions of translation, and by which nobody extracts their texts."""
    return [name for _function, name in ALIAS.findall(source) if name != "_"]


def test_no_text_is_translated_by_a_name_that_extraction_does_not_know() -> None:
    found = {
        str(path.relative_to(ROOT)): names
        for app in ORDER
        for path in sorted((ROOT / app).rglob("*.py"))
        if (names := unseen_names(path.read_text(encoding="utf-8")))
    }
    assert found == {}
    assert unseen_names("from django.utils.translation import gettext as _t\n") == ["_t"]
