"""The source does nothing that is known to end badly (ruff's S rules and those of rules.py), and says no secret."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.security.rules import RULES, Rule, broken

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("core", "organization", "policy", "staffing", "personnel", "training", "assessment", "payroll", "cwms")

# What breaks a rule for a reason. An entry that nothing needs any more fails.
EXCEPTIONS: dict[tuple[str, str], str] = {
    ("sql-format", "assessment/selectors/papers.py"): "a condition that stands in the file itself",
    ("sql-request", "personnel/selectors/pages.py"): "the query comes from Django, the names are of a table of the file",
    **{
        ("weak-random", f"cwms/demo/{name}.py"): "people of the demonstration are made up, the same ones each time"
        for name in (
            "names", "roster", "places/chaohu", "places/leshan", "places/qingyang", "places/songling", "places/tongren",
        )
    },
}  # fmt: skip

DECLARED_BAD = (
    'class Meta:\n    fields = "__all__"',
    "@csrf_exempt\ndef view(request): ...",
    "import pickle",
    "from marshal import loads",
)
DECLARED_GOOD = (
    'class Meta:\n    fields = ["name"]',
    "@csrf_protect\ndef view(request): ...",
    "import json",
)
SECRET = re.compile(
    r"-----BEGIN (?:RSA |EC |OPENSSH )?PRIVATE KEY|AKIA[0-9A-Z]{16}|gh[pousr]_[0-9A-Za-z]{36}|xox[baprs]-[0-9A-Za-z-]{20}"
    r"|(?:password|passwd|secret|token)\s*[:=]\s*[\"'][A-Za-z0-9+/_\-]{24,}[\"']",
    re.IGNORECASE,
)


def sources() -> list[Path]:
    return [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")) if "migrations" not in path.parts]


def test_the_rules_are_many_and_have_names_of_their_own() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES) >= 25


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_each_rule_finds_its_bad_example_and_not_the_good_one(rule: Rule) -> None:
    assert rule.name in {name for name, _line in broken(rule.bad)}
    assert rule.name not in {name for name, _line in broken(rule.good)}


@pytest.mark.parametrize("source", DECLARED_BAD)
def test_what_is_declared_is_found(source: str) -> None:
    assert [name for name, _line in broken(source)] == ["declared"]


@pytest.mark.parametrize("source", DECLARED_GOOD)
def test_what_is_declared_well_is_left(source: str) -> None:
    assert broken(source) == []


def test_the_source_breaks_none() -> None:
    found = {
        (name, path.relative_to(ROOT).as_posix()): line
        for path in sources()
        for name, line in broken(path.read_text(encoding="utf-8"))
    }
    assert {key: line for key, line in found.items() if key not in EXCEPTIONS} == {}
    assert set(EXCEPTIONS) <= set(found), "nothing needs this exception any more"


def test_every_silenced_warning_of_ruff_says_why() -> None:
    """`# noqa: S123 - why`, and no `noqa` without a rule."""
    found = []
    for path in sources():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            note = re.search(r"#\s*noqa(?P<rules>:\s*[A-Z0-9, ]+)?(?P<why>.*)", line)
            if note and (
                not note["rules"] or (re.search(r"\bS\d{3}", note["rules"]) and len(note["why"].strip(" -#")) < 10)
            ):
                found.append(f"{path.relative_to(ROOT)}:{number}")
    assert found == []


def test_bandits_rules_are_on_and_find_nothing() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    assert "S" in settings["select"]
    assert {rule for rule in settings["ignore"] if rule.startswith(("S1", "S3"))} == {"S101"}
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", *ROOMS],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_no_template_turns_escaping_off() -> None:
    found = [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "templates").rglob("*.html"))
        if re.search(r"\|\s*(?:safe|safeseq)\b|{%\s*autoescape off", path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_no_template_has_a_script_or_style_of_its_own() -> None:
    """The content security policy would refuse them; here it is found before anybody looks."""
    inline = re.compile(
        r"<script(?![^>]*\ssrc=)(?![^>]*type=\"application/json\")|\sstyle=|<style|\son[a-z]+=|javascript:"
    )
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in sorted((ROOT / "templates").rglob("*.html"))
        if (match := inline.search(re.sub(r"{%.*?%}", "", path.read_text(encoding="utf-8"))))
    ]
    assert found == []


def test_no_script_keeps_anything_in_the_browser() -> None:
    """What is kept there outlives the session, for whoever sits down next."""
    kept = re.compile(r"\b(?:localStorage|sessionStorage|indexedDB|caches|serviceWorker|document\.cookie)\b")
    scripts = sorted((ROOT / "static" / "cwms").glob("*.js"))
    assert len(scripts) >= 5
    assert [path.name for path in scripts if kept.search(path.read_text(encoding="utf-8"))] == []
    assert kept.search("window.localStorage.setItem('x', 1)")  # the control


@pytest.mark.parametrize("bad", ["|safe", "autoescape off", "x" * 30])
def test_secrets_are_recognised(bad: str) -> None:
    """The control of the next one."""
    assert bool(SECRET.search(f'password = "{bad}"')) == (bad == "x" * 30)


def test_no_secret_is_in_the_source() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{text[: match.start()].count(chr(10)) + 1}"
        for folder in (*ROOMS, "templates", "static/cwms", "deploy", "docs")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.is_file() and path.suffix in {".py", ".html", ".js", ".sh", ".yml", ".yaml", ".md", ".toml"}
        for text in [path.read_text(encoding="utf-8")]
        for match in [SECRET.search(text)]
        if match
    ]
    assert found == []
