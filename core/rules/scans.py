"""Photographs and scans of papers, looked at by what they hold; to be run in a child (core/services/files.py).

A photograph is made anew from its pixels. A scan is kept as it came, so what acts by itself when it is opened is refused:
programs, forms that send, files within files, passwords. Both raise `Unreadable`: NO_PICTURE, PIXELS(limit),
ACTIVE(part), PASSWORD, INFLATED(limit).
"""

from __future__ import annotations

import io
import re
import sys
import zlib
from collections.abc import Iterator

from PIL import Image, ImageOps, JpegImagePlugin, PngImagePlugin, TiffImagePlugin

from core.rules.apart import Unreadable, answer, limit_child

MAX_BYTES = 10 * 2**20
MAX_PIXELS = 50_000_000  # of a JPEG, which is unpacked at an eighth of its width
MAX_PIXELS_WHOLE = 12_000_000  # of a PNG, which is unpacked whole: 48 MB
MAX_INFLATED = 50 * 2**20  # of the objects of a PDF
PHOTO_SIZE = (480, 640)  # width and height in pixels, at most

# The first bytes of the kinds of file that are taken.
_KINDS = ((b"%PDF-", "application/pdf"), (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))
# An action names its kind, so a script is found by /JavaScript; /JS alone stands in packed pixels by chance.
_ACTIVE = re.compile(rb"/(JavaScript|Launch|EmbeddedFiles?|RichMedia|SubmitForm|ImportData)(?!\w)")
_LOCKED = re.compile(rb"/Encrypt(?![\w])")
_PIECE = 2**18
_HEX = re.compile(rb"#([0-9A-Fa-f]{2})")
_OBJECTS = re.compile(rb"/ObjStm(?![\w]).{0,2000}?stream\r?\n", re.DOTALL)


# What Pillow would otherwise look for when it is needed, which is when the child may open no file any more.
Image.preinit()
_READ_EARLY = TiffImagePlugin


def media_type(data: bytes) -> str:
    """application/pdf, image/jpeg or image/png by the first bytes; "" for any other."""
    return next((kind for start, kind in _KINDS if data.startswith(start)), "")


def photograph(data: bytes) -> bytes:
    """A JPEG of 480 × 640 pixels at most, upright, without anything that the camera or anybody wrote into it."""
    with _picture(data) as image:
        image.draft("RGB", (PHOTO_SIZE[0] * 2, PHOTO_SIZE[1] * 2))
        try:
            upright = ImageOps.exif_transpose(image).convert("RGB")
        except (OSError, ValueError, SyntaxError) as error:
            raise Unreadable("NO_PICTURE") from error
    upright.thumbnail(PHOTO_SIZE)
    buffer = io.BytesIO()
    upright.save(buffer, "JPEG", quality=85, comment=b"")  # Pillow keeps the comment of the old file unless told
    return buffer.getvalue()


def check_scan(data: bytes) -> None:
    """Refuse a scan that is not what it claims to be, or that does something when it is opened."""
    if media_type(data) == "application/pdf":
        _check_pdf(data)
    else:
        with _picture(data):
            pass


def _picture(data: bytes) -> Image.Image:
    try:
        image: Image.Image
        if media_type(data) == "image/png":
            image, limit = PngImagePlugin.PngImageFile(io.BytesIO(data)), MAX_PIXELS_WHOLE
        else:
            image, limit = JpegImagePlugin.JpegImageFile(io.BytesIO(data)), MAX_PIXELS
    except Exception as error:  # a foreign picture: whatever the reader raises means the same
        raise Unreadable("NO_PICTURE") from error
    if image.width * image.height > limit:  # known from the header, before anything is unpacked
        raise Unreadable("PIXELS", limit=limit // 1_000_000)
    return image


def _check_pdf(data: bytes) -> None:
    _check_names(data)
    left = MAX_INFLATED
    for found in _OBJECTS.finditer(data):
        tail = b""
        for piece in _inflated(memoryview(data)[found.end() :]):
            left -= len(piece)
            if left < 0:
                raise Unreadable("INFLATED", limit=MAX_INFLATED // 2**20)
            _check_names(tail + piece)
            tail = piece[-100:]


def _check_names(part: bytes) -> None:
    names = _HEX.sub(lambda found: bytes([int(found[1], 16)]), part)  # /J#61vaScript is /JavaScript
    if found := _ACTIVE.search(names):
        raise Unreadable("ACTIVE", part=found[1].decode())
    if _LOCKED.search(names):
        raise Unreadable("PASSWORD")


def _inflated(packed: memoryview) -> Iterator[bytes]:
    """What a packed list of objects of a PDF unpacks to, piece by piece; a broken one as far as it goes."""
    unpacking = zlib.decompressobj()
    try:
        for start in range(0, len(packed), _PIECE):
            yield unpacking.decompress(packed[start : start + _PIECE], _PIECE)
            while unpacking.unconsumed_tail:
                yield unpacking.decompress(unpacking.unconsumed_tail, _PIECE)
            if unpacking.eof:
                return
    except zlib.error:
        return


def main() -> int:
    """Standard input: "photo" or "scan" and a line break, then the file. Standard output: the photograph, or nothing."""
    limit_child()
    wanted, data = sys.stdin.buffer.readline().strip(), sys.stdin.buffer.read(MAX_BYTES + 1)

    def look() -> bytes:
        if wanted == b"photo":
            return photograph(data)
        check_scan(data)
        return b""

    return answer(look)


if __name__ == "__main__":
    sys.exit(main())
