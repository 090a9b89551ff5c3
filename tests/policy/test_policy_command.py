"""`manage.py policy`: messages that can be acted on, exit codes, JSON, and the reference that is never stale."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from policy import selectors
from policy.models import PolicyVersion
from policy.rules.reading import NOT_BUILT, head
from policy.rules.reference import reference
from tests.policy.test_reading import CHILD, PARENT, SONGLING
from tests.policy.whole import WHOLE

POLICIES = sorted((Path(settings.BASE_DIR) / "policies").rglob("*.yaml"))


def run(*arguments: str, code: int = 0) -> tuple[str, str]:
    """What the command writes; `code` is the exit code that it must end with."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("policy", *arguments, stdout=out, stderr=err, no_color=True)
        ended = 0
    except CommandError as error:
        ended = error.returncode
        err.write(str(error))
    assert ended == code, err.getvalue()
    return out.getvalue(), err.getvalue()


@pytest.fixture
def files(tmp_path: Path):
    def write(name: str, text: str) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def test_a_good_file_says_what_it_holds(files) -> None:
    out, _err = run("check", files("songling/2022.yaml", SONGLING))
    assert "232762/2022 from 2022-01-01" in out
    assert "6 assumed, 0 left open" in out


def test_an_error_says_where_what_and_what_is_right(files) -> None:
    path = files(
        "a.yaml", WHOLE.replace("fact: service_years", "fact: servce_years").replace("mode: kept", "mode: keep")
    )
    _out, err = run("check", path, code=1)
    line = WHOLE[: WHOLE.index("fact: service_years")].count("\n") + 1
    assert f"{path}:{line}: pay.components.seniority.fact: there is no fact “servce_years”" in err
    assert "Did you mean: service_years" in err
    assert "Did you mean: kept" in err
    assert "Allowed: kept, recomputed" in err
    assert "2 errors in 1 of 1 files." in err


def test_errors_of_several_files_come_together(files) -> None:
    paths = [files(f"{n}.yaml", SONGLING.replace("kind: per_unit", f"kind: per_unt{n}")) for n in range(2)]
    _out, err = run("check", *paths, files("good.yaml", SONGLING), code=1)
    assert "2 errors in 2 of 3 files." in err


def test_errors_as_json(files) -> None:
    path = files("a.yaml", WHOLE.replace("mode: kept", "mode: keep"))
    out, _err = run("check", path, "--json", code=1)
    (result,) = json.loads(out)
    assert result["file"] == path
    assert result["errors"] == [
        {
            "file": path,
            "line": WHOLE[: WHOLE.index("mode: kept")].count("\n") + 1,
            "key": "scales.grade.mode",
            "code": "WORD",
            "message": "“keep” is none of the words that may stand here",
            "allowed": ["kept", "recomputed"],
            "nearest": "kept",
        }
    ]


def test_a_file_that_is_not_there(files) -> None:
    _out, err = run("check", "nowhere.yaml", code=1)
    assert "There is no file nowhere.yaml." in err


def test_a_parent_is_found_in_the_folder_beside(files) -> None:
    files("gansu/2023.yaml", PARENT)
    run("check", files("city/2023.yaml", CHILD))
    run("compare", files("city/2023.yaml", CHILD), files("gansu/2023.yaml", PARENT))


def test_without_the_parent_the_file_is_refused(files) -> None:
    _out, err = run("check", files("city/2023.yaml", CHILD), code=1)
    assert "there is no policy 62/2023" in err


@pytest.mark.django_db
def test_loading_takes_any_order_and_repeats_quietly(files) -> None:
    paths = [files("city/2023.yaml", CHILD), files("gansu/2023.yaml", PARENT)]
    out, _err = run("load", *paths)
    assert [line.split()[0] for line in out.splitlines()] == ["62/2023", "6210/2023-1"]
    out, _err = run("load", *paths, "--json")
    assert [(one["version"], one["new"]) for one in json.loads(out)] == [("62/2023", False), ("6210/2023-1", False)]
    assert PolicyVersion.objects.count() == 2


@pytest.mark.django_db
def test_a_changed_text_is_not_loaded_under_the_same_version(files) -> None:
    run("load", files("a.yaml", SONGLING))
    _out, err = run("load", files("a.yaml", SONGLING.replace("amount: 35", "amount: 36")), code=1)
    assert "A loaded version never changes" in err


@pytest.mark.django_db
def test_an_update_leaves_alone_what_is_loaded_and_says_so(files) -> None:
    path = files("songling/2022.yaml", SONGLING)
    run("load", path)
    files("songling/2022.yaml", SONGLING + "\n# another note\n")
    _out, err = run("load", "--keep", path)
    assert "232762/2022 was loaded with an earlier text" in err
    assert PolicyVersion.objects.get(place="232762").text == SONGLING


@pytest.mark.django_db
def test_what_is_loaded_word_for_word_is_not_read_again(files, monkeypatch) -> None:
    """Each start does this for every file, and reading is what takes long."""
    path = files("songling/2022.yaml", SONGLING)
    run("load", "--keep", path)
    read: list[str] = []
    monkeypatch.setattr(selectors, "head", lambda text: read.append(text) or head(text))
    out, _err = run("load", "--keep", path, "--json")
    assert [(one["version"], one["new"]) for one in json.loads(out)] == [("232762/2022", False)]
    assert read == []
    run("load", path)  # the control: this way of looking sees a reading
    assert read == [SONGLING]


@pytest.mark.django_db
def test_a_file_with_errors_is_reported_and_not_loaded(files) -> None:
    _out, err = run("load", files("a.yaml", SONGLING.replace("kind: per_unit", "kind: per_units")), code=1)
    assert "Did you mean: per_unit" in err
    assert PolicyVersion.objects.count() == 0


@pytest.mark.django_db
def test_comparing_a_file_with_a_loaded_version(files) -> None:
    run("load", files("a.yaml", SONGLING))
    changed = files("b.yaml", SONGLING.replace("amount: 35", "amount: 40"))
    out, _err = run("compare", "232762/2022", changed)
    assert "pay.components.hygiene.amount\n    35 (SL-33)  →  40 (SL-33)" in out
    assert "1 values differ." in out
    run("compare", "232762/2022", changed, "--exit-code", code=1)
    out, _err = run("compare", "232762/2022", changed, "--json")
    (row,) = json.loads(out)
    assert (row["path"], row["kind"], row["old"]["value"], row["new"]["value"]) == (
        "pay.components.hygiene.amount",
        "changed",
        "35",
        "40",
    )
    _out, err = run("compare", "232762/1999", changed, code=1)
    assert "232762/1999 is neither a file nor a loaded version" in err


@pytest.mark.django_db
def test_showing_what_is_in_force(files) -> None:
    run("load", files("a.yaml", SONGLING))
    out, _err = run("show", "232762", "--day", "2024-05-01")
    assert "松岭区 232762/2022" in out
    assert "pay.components.post.amount.of.chief = 700 (assumed: no amounts printed)" in out
    out, _err = run("show", "232762100002", "--day", "2024-05-01", "--json")
    data = json.loads(out)
    assert (data["version"], data["assumed"]) == ("232762/2022", 6)
    assert {"path": "pay.components.hygiene.amount", "value": "35"}.items() <= next(
        value for value in data["values"] if value["path"] == "pay.components.hygiene.amount"
    ).items()
    _out, err = run("show", "232762", "--day", "2021-12-31", code=1)
    assert "No policy is in force for 232762 on 2021-12-31" in err


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_files_of_the_project_are_in_order(path: Path) -> None:
    run("check", str(path))


def test_the_reference_is_current() -> None:
    assert (Path(settings.BASE_DIR) / "docs" / "policy.md").read_text(encoding="utf-8") == reference(), (
        "run: manage.py policy docs"
    )
    run("docs", "--check")


def test_the_reference_names_every_section_key_and_fact() -> None:
    text = reference()
    from policy.rules.facts import VOCABULARY

    for fact in VOCABULARY:
        assert f"`{fact}`" in text or f"`{fact.split('.')[0]}.<kind>`" in text
    for section in NOT_BUILT:
        assert f"`{section}`" in text
    for key in ("restarts_after", "workdays_21_75", "passed_before", "left_over", "rank_in", "to_100", "uses_years"):
        assert key in text
