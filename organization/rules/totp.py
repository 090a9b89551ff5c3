"""Codes that follow the time (RFC 6238 with what every app on a telephone takes: SHA-1, 30 seconds, six digits)."""

from __future__ import annotations

import base64
import hmac
from urllib.parse import quote

STEP = 30  # seconds
DIGITS = 6
SKEW = 1  # steps that a clock may be early or late
KEY_BYTES = 20


def step_of(seconds: float) -> int:
    """The step of a moment, in seconds since 1970."""
    return int(seconds) // STEP


def code_of(key: bytes, step: int) -> str:
    """The six digits of a step."""
    digest = hmac.digest(key, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def matching_step(key: bytes, code: str, seconds: float, last: int) -> int | None:
    """The step whose code this is, one early or late at most and after `last`, the newest one used; else None.

    Every candidate is compared, each in constant time.
    """
    now, found = step_of(seconds), None
    for step in range(now - SKEW, now + SKEW + 1):
        if hmac.compare_digest(code_of(key, step).encode(), code.encode()) and step > last:
            found = step
    return found


def key_text(key: bytes) -> str:
    """A key as it is typed into a telephone: base 32."""
    return base64.b32encode(key).decode()


def key_of(text: str) -> bytes:
    return base64.b32decode(text)


def provisioning_uri(key: bytes, *, issuer: str, name: str) -> str:
    """What a QR code says, so that a telephone takes the key over."""
    return (
        f"otpauth://totp/{quote(issuer)}:{quote(name)}?secret={key_text(key)}&issuer={quote(issuer)}"
        f"&algorithm=SHA1&digits={DIGITS}&period={STEP}"
    )
