"""One line of the log for each record, whatever stands in it."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys

import pytest

from core.views import download
from cwms.logs import Json, Plain

FORGED = "x\n2026-01-01 00:00:00 WARNING cwms.audit: end of the audit chain 1\u2028\x1b[2K"


def written(formatter: logging.Formatter, message: str, *, trace: bool = False) -> str:
    record = logging.LogRecord("cwms", logging.WARNING, "", 0, "said %s", (message,), None)
    if trace:
        try:
            raise ValueError(message)
        except ValueError:
            record.exc_info = sys.exc_info()
    return formatter.format(record)


def plain() -> Plain:
    return Plain("{levelname} {name}: {message}", style="{")


def test_a_message_is_one_line() -> None:
    assert written(plain(), FORGED) == (
        r"WARNING cwms: said x\n2026-01-01 00:00:00 WARNING cwms.audit: end of the audit chain 1\u2028\x1b[2K"
    )
    assert written(plain(), "巢湖市 100 %") == "WARNING cwms: said 巢湖市 100 %"


def test_without_the_guard_there_would_be_two() -> None:
    """The control."""
    bare = logging.Formatter("{levelname} {name}: {message}", style="{")
    assert len(written(bare, FORGED).splitlines()) > 1


def test_programs_read_an_object_a_line() -> None:
    line = written(Json(), FORGED, trace=True)
    assert len(line.splitlines()) == 1
    read = json.loads(line)
    assert (read["level"], read["logger"], read["message"]) == ("WARNING", "cwms", "said " + FORGED)
    assert read["at"].endswith("+00:00")
    assert "ValueError" in read["trace"]
    assert "trace" not in json.loads(written(Json(), "x"))


def test_a_download_has_a_name_of_ours_whatever_is_in_it() -> None:
    answer = download(b"x", "text/csv; charset=utf-8", '名单"\r\nX-Evil: 1.csv')
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''%E5%90%8D%E5%8D%95%22")
    assert "\n" not in answer.headers["Content-Disposition"]
    assert "X-Evil" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("kind", ["plain", "json"])
def test_standard_error_is_where_lines_go(kind: str) -> None:
    """As the settings make it, in a process of its own."""
    say = "import sys, logging, django; django.setup(); logging.getLogger('cwms.test').warning('said %s', sys.argv[1])"
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "cwms.settings", "CWMS_LOGS": kind}
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", say, FORGED], env=environment, capture_output=True, text=True, check=True
    )
    [line] = ended.stderr.splitlines()
    if kind == "json":
        assert json.loads(line)["message"] == "said " + FORGED
    else:
        assert line.endswith(
            r"WARNING cwms.test: said x\n2026-01-01 00:00:00 WARNING cwms.audit: end of the audit chain 1\u2028\x1b[2K"
        )
    assert ended.stdout == ""
