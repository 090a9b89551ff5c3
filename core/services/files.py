"""Files of others, parsed apart from this process: a hostile file ends a child, not the server."""

from __future__ import annotations

import json
import subprocess
import sys

from django.conf import settings

from core.errors import Refused
from core.models import FileProblem
from core.rules.workbook import Sheet, Unreadable, check, from_json, kind_of, read_file

SECONDS = 30


def file_refusal(error: Unreadable) -> Refused:
    """Why a file is not read, in words."""
    return Refused([str(FileProblem(error.code).label) % error.params])


def file_sheets(data: bytes) -> list[Sheet]:
    """The sheets of a file, checked as an archive here and parsed in a child with limits. Raises Refused."""
    try:
        check(data)
        if kind_of(data) == "text":
            return read_file(data)
        return from_json(parse_apart("core.rules.workbook", data))
    except Unreadable as error:
        raise file_refusal(error) from error


def parse_apart(module: str, data: bytes) -> bytes:
    """What a child makes of the data; it gets nothing of this process but them. Raises Unreadable."""
    try:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", module],
            input=data, capture_output=True, timeout=SECONDS, check=False, cwd=settings.BASE_DIR, env={},
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise Unreadable("TOO_SLOW") from error
    if done.returncode != 0:
        raise Unreadable("TOO_SLOW" if done.returncode < 0 or b"MemoryError" in done.stderr else "DAMAGED")
    if done.stdout.startswith(b'{"code"'):
        wrong = json.loads(done.stdout)
        raise Unreadable(wrong["code"], **wrong["params"])
    return done.stdout
