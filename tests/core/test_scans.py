"""Pictures and PDFs that must not be unpacked or opened, and the child that looks at them."""

from __future__ import annotations

import io
import socket
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image

from core.errors import Refused
from core.rules import scans
from core.rules.apart import Unreadable
from core.services.files import check_scan, made_photograph


def picture(size: tuple[int, int], kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("1" if kind == "PNG" else "L", size).save(buffer, kind)
    return buffer.getvalue()


def packed(objects: bytes) -> bytes:
    return b"%PDF-1.7\n1 0 obj <</Type /ObjStm /N 1>> stream\n" + zlib.compress(objects) + b"\nendstream endobj"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (picture((4000, 4000), "PNG"), "PIXELS"),
        (picture((10_000, 6_000), "JPEG"), "PIXELS"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "NO_PICTURE"),
        (b"%PDF-1.4 <</S /JavaScript /JS (app.alert(1))>>", "ACTIVE"),
        (b"%PDF-1.4 <</S /J#61vaScript>>", "ACTIVE"),
        (b"%PDF-1.4 <</Type /Filespec /EF <</F 3 0 R>>>> <</Type/EmbeddedFile>>", "ACTIVE"),
        (packed(b"<</S /Launch /F (cmd.exe)>>"), "ACTIVE"),
        (b"%PDF-1.4 trailer <</Encrypt 4 0 R>>", "PASSWORD"),
        (packed(b" " * (51 * 2**20)), "INFLATED"),
    ],
    ids=["png-bomb", "jpeg-bomb", "no-png", "script", "hidden-name", "file-in-file", "packed", "password", "pdf-bomb"],
)  # fmt: skip
def test_a_dangerous_scan_is_refused_by_name(data: bytes, code: str) -> None:
    assert len(data) < scans.MAX_BYTES
    with pytest.raises(Unreadable) as refused:
        scans.check_scan(data)
    assert refused.value.code == code
    with pytest.raises(Refused):
        check_scan(data)


@pytest.mark.parametrize("limit", ["MAX_PIXELS_WHOLE", "MAX_PIXELS"])
def test_the_limits_of_pixels_are_what_refuses(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    """The control: with a limit off its bomb passes."""
    kind, size = ("PNG", (4000, 4000)) if limit == "MAX_PIXELS_WHOLE" else ("JPEG", (10_000, 6_000))
    monkeypatch.setattr(scans, limit, 10**9)
    scans.check_scan(picture(size, kind))


def test_what_scanners_write_passes() -> None:
    for data in (
        b"%PDF-1.4\n1 0 obj\n",
        packed(b"<</Type /Page>>"),
        picture((2480, 3508), "PNG"),
        picture((9, 9), "JPEG"),
    ):
        check_scan(data)
    assert Image.open(io.BytesIO(made_photograph(picture((3000, 4000), "JPEG")))).size == (480, 640)


@pytest.mark.parametrize("act", ["socket.socket()", "open('/etc/hostname')", "bytearray(600 * 2**20)", "os.pipe()"])
@pytest.mark.parametrize("limited", [True, False])
def test_a_child_has_neither_files_nor_network_nor_much_memory(act: str, limited: bool) -> None:
    """Also the control: without the limits the same acts succeed."""
    assert socket
    begin = "limit_child()" if limited else "pass"
    code = f"import os, socket\nfrom core.rules.apart import limit_child\n{begin}\ntry:\n    {act}\nexcept (OSError, MemoryError):\n    os._exit(7)"
    done = subprocess.run([sys.executable, "-c", code], cwd=settings.BASE_DIR, check=False)
    assert done.returncode == (7 if limited else 0)


def test_files_are_kept_where_no_web_server_looks() -> None:
    """They are rows of the database; the roots of files that are served hold none."""
    roots = [Path(settings.STATIC_ROOT), *map(Path, settings.STATICFILES_DIRS)]
    assert not any(Path(settings.MEDIA_ROOT).is_relative_to(root) for root in roots)
