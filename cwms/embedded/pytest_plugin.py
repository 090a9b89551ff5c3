"""A throw-away PostgreSQL for a test run, unless DATABASE_URL names one; the workers of a parallel run share it."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Any

import pytest

from cwms.embedded.postgres import APP, TEST, Server, die_with_parent
from cwms.translations import compile_stale

_server: Server | None = None

# Folders whose tests share servers or a browser of their own: one process of a parallel run takes them all. Said by
# name because xdist_group is without effect with pytest 9.2 (pytest-xdist issue 1386).
TOGETHER = ("tests/chaos/", "tests/browser/")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    global _server
    compile_stale()
    os.environ.setdefault("CWMS_LANGUAGE", "en")  # tests read messages in the language of the source
    if "DATABASE_URL" in os.environ:
        return
    base = Path(tempfile.mkdtemp(prefix="cwms-test-"))
    base.chmod(0o755)
    _server = Server(base / "pg", conf=TEST, preexec=die_with_parent(signal.SIGINT)).start()
    os.environ["DATABASE_URL"] = _server.url()
    os.environ["CWMS_EMBEDDED"] = "1"
    os.environ["CWMS_WALLS_ROLE"] = APP  # what tests ask the web for, the policies of its role let through or keep back
    os.environ["CWMS_VAR"] = str(base / "var")


def pytest_unconfigure(config: pytest.Config) -> None:
    global _server
    if _server is not None and not hasattr(config, "workerinput"):
        _server.stop()
        shutil.rmtree(_server.base.parent, ignore_errors=True)
        _server = None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Tests one by one to whoever is free, the folders of TOGETHER as a whole and first."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist is not typed here
        def _split_scope(self, nodeid: str) -> str:
            return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid)

    return Scheduling(config, log)
