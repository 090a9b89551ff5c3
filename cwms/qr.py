"""QR codes as a path of an SVG, which a template draws: nothing has to be marked as safe."""

from __future__ import annotations

from dataclasses import dataclass

import segno

QUIET = 4  # modules of white around, as readers expect


@dataclass(frozen=True, slots=True)
class QrCode:
    """The side of the square in modules, the white around included, and the black ones as the `d` of a path."""

    size: int
    path: str


def qr_code(text: str) -> QrCode:
    """The code of a text, with the error correction that survives a smear (15 %)."""
    rows = [list(row) for row in segno.make(text, error="m", micro=False).matrix]
    parts = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            length = 0
            while x + length < len(row) and row[x + length]:
                length += 1
            if length:
                parts.append(f"M{x + QUIET} {y + QUIET}h{length}v1h-{length}z")
            x += max(length, 1)
    return QrCode(len(rows) + 2 * QUIET, "".join(parts))
