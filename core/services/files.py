"""Files of others, parsed apart from this process: a hostile file ends a child, not the server."""

from __future__ import annotations

import json
import subprocess
import sys

from django.conf import settings

from core.errors import Refused
from core.models import FileProblem
from core.rules.apart import SECONDS, Unreadable
from core.rules.scans import media_type
from core.rules.workbook import Sheet, check, from_json


def file_refusal(error: Unreadable) -> Refused:
    """Why a file is not read, in words."""
    return Refused([str(FileProblem(error.code).label) % error.params])


def file_sheets(data: bytes) -> list[Sheet]:
    """The sheets of a file: its directory is checked here, all else happens in a child with limits. Raises Refused."""
    try:
        check(data)
        return from_json(parse_apart("core.rules.workbook", data))
    except Unreadable as error:
        raise file_refusal(error) from error


def made_photograph(data: bytes) -> bytes:
    """The JPEG that is kept of a photograph (JPEG or PNG), made in a child with limits. Raises Refused."""
    try:
        if not media_type(data).startswith("image/"):
            raise Unreadable("NO_PICTURE")
        return parse_apart("core.rules.scans", b"photo\n" + data)
    except Unreadable as error:
        raise file_refusal(error) from error


def check_scan(data: bytes) -> None:
    """Look into a scan (PDF, JPEG or PNG) in a child with limits. Raises Refused."""
    try:
        parse_apart("core.rules.scans", b"scan\n" + data)
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
