"""Programs: a client made from the description of the interface has the figures, and so has the example of the README."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from pytest_django.live_server_helper import LiveServer

from organization.models import Role, Unit, User
from organization.services import grant_give, token_give
from personnel.models import Person

Hire = Callable[..., Person]
ROOT = Path(__file__).resolve().parents[2]
CONFIG = """
post_hooks: []
literal_enums: true
content_type_overrides:
  application/vnd.openxmlformats-officedocument.spreadsheetml.sheet: application/octet-stream
"""


@pytest.fixture(autouse=True, scope="session")
def static_files() -> None:
    """The folder of which the server warns where it isn't there; it stays empty."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The package that openapi-python-client makes of the description; it warns of nothing."""
    folder = tmp_path_factory.mktemp("client")
    (folder / "config.yaml").write_text(CONFIG)
    run(sys.executable, "manage.py", "spectacular", "--format", "openapi-json", "--file", str(folder / "schema.json"))
    said = run(
        str(Path(sys.executable).parent / "openapi-python-client"), "generate", "--meta", "none", "--fail-on-warning",
        "--path", str(folder / "schema.json"), "--config", str(folder / "config.yaml"),
        "--output-path", str(folder / "cwms_client"),
    )  # fmt: skip
    assert "Warning" not in said
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.split(".")[0] == "cwms_client"]:
        del sys.modules[name]


def run(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def token(units: dict[str, Unit], hire: Hire) -> str:
    """A program that has the statistics of a county in which five people work, one of them hired in 2025."""
    for name in ("甲", "乙", "丙", "丁"):
        hire(name)
    hire("戊", start=Person.objects.get(name="甲").employments.get().start.replace(year=2025))
    user = User.objects.create(username="program", display_name="程序")
    grant_give(actor=None, user=user, unit=units["340181"], role=Role.STATISTICS_CLIENT)
    return token_give(actor=None, user=user, label="t")[1]


def operation(name: str) -> Any:
    return importlib.import_module(f"cwms_client.api.v1.v1_statistics_{name}_retrieve")


@pytest.mark.django_db(transaction=True)
def test_a_made_client_has_catalogue_value_breakdown_and_series(
    library: Path, token: str, live_server: LiveServer
) -> None:
    package = importlib.import_module("cwms_client")
    days = {"unit": "340181", "day": date.fromisoformat("2025-12-31")}
    with package.AuthenticatedClient(base_url=live_server.url, token=token) as client:
        catalogue = operation("catalogue").sync(client=client)
        assert {"workers", "hires", "mean_age"} <= {one.code for one in catalogue.results}
        (value,) = operation("values").sync(client=client, indicator="workers", **days).results
        assert (value.numerator, value.value, value.unit_name, value.withheld) == (5, "5", "巢湖市", False)
        table = operation("breakdown").sync(client=client, indicator="workers", by="sex", **days)
        assert [(row.codes, row.numerator) for row in table.results] == [(["FEMALE"], 5)]
        series = operation("series").sync(
            client=client, indicator="workers", since=date.fromisoformat("2024-01-01"), step="year", **days
        )
        assert [(str(one.day), one.numerator) for one in series.results] == [("2024-12-31", 4), ("2025-12-31", 5)]
        refused = operation("values").sync_detailed(client=client, indicator="nobody", unit="1")
        assert refused.status_code == 400
        assert set(refused.parsed.error.fields.to_dict()) == {"indicator", "unit"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_example_of_the_readme_runs(name: str, token: str, live_server: LiveServer, tmp_path: Path) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    (example,) = [block for block in re.findall(r"```python\n(.*?)```", text, re.S) if "statistics" in block]
    assert len(example.splitlines()) <= 12
    script = tmp_path / "example.py"
    script.write_text(example.replace("http://127.0.0.1:8000", live_server.url), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False, env={**os.environ, "TOKEN": token}
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"\b5\b", done.stdout), done.stdout
