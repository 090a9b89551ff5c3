"""Authenticated encryption that is bound to a place, and digests for looking up: pure, no Django, no files.

A sealed value is the text `v1|suite|kid|nonce|ciphertext`. What it is bound to (a column of a row) and its own head are
authenticated with it, so that a value that is moved, shortened or changed is refused, never read as something else.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = "v1"
AES, SM4 = "A", "S"  # AES-256-GCM; SM4-GCM (GB/T 32907, GB/T 36624)
SUITES = {"aes": AES, "gm": SM4}
NONCE, TAG = 12, 16
SECRET = 32  # bytes of a key of the ring
KID = re.compile(r"[0-9a-z-]{1,24}")


class BadSeal(ValueError):
    """A sealed value that is damaged, stands in another place than its own, or whose key is not in the ring."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the ring: what sealed values name it by, and 32 random bytes."""

    kid: str
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not KID.fullmatch(self.kid) or len(self.secret) != SECRET:
            raise ValueError(f"key {self.kid!r}: the name needs 1 to 24 of 0-9 a-z -, the secret {SECRET} bytes")


class _Suite(Protocol):
    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...
    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


class _Sm4Gcm:
    """SM4 in Galois/counter mode, with the interface of AESGCM."""

    def __init__(self, key: bytes) -> None:
        self.key = key

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        sealing = Cipher(algorithms.SM4(self.key), modes.GCM(nonce)).encryptor()
        sealing.authenticate_additional_data(associated_data or b"")
        return sealing.update(data) + sealing.finalize() + sealing.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        opening = Cipher(algorithms.SM4(self.key), modes.GCM(nonce, data[-TAG:])).decryptor()
        opening.authenticate_additional_data(associated_data or b"")
        return opening.update(data[:-TAG]) + opening.finalize()


def _derive(secret: bytes, purpose: str, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt=None, info=f"cwms|{purpose}".encode()).derive(secret)


@lru_cache(maxsize=64)
def _suite(secret: bytes, suite: str) -> _Suite:
    if suite == AES:
        return AESGCM(_derive(secret, "seal|A", 32))
    if suite == SM4:
        return _Sm4Gcm(_derive(secret, "seal|S", 16))
    raise BadSeal(f"unknown suite {suite!r}")


@lru_cache(maxsize=256)
def _digest_key(secret: bytes, column: str) -> bytes:
    return _derive(secret, f"index|{column}", 32)


@dataclass(frozen=True)
class KeyRing:
    """Keys by name, the one that new values are sealed with, and the one that digests are made with.

    The key of digests is apart and stays when keys are rotated: a unique index over digests of two keys would let a
    number in twice.
    """

    keys: Mapping[str, Key]
    active: str
    index: Key
    suite: str = AES

    def __post_init__(self) -> None:
        if self.active not in self.keys:
            raise ValueError(f"the active key {self.active!r} is not in the ring")
        if self.suite not in SUITES.values():
            raise ValueError(f"unknown suite {self.suite!r}")

    def seal(self, value: bytes, place: str) -> str:
        """`value`, sealed with the active key to `place` (table.column|row)."""
        nonce = os.urandom(NONCE)
        head = f"{VERSION}|{self.suite}|{self.active}"
        sealed = _suite(self.keys[self.active].secret, self.suite).encrypt(nonce, value, f"{head}|{place}".encode())
        return f"{head}|{_text(nonce)}|{_text(sealed)}"

    def unseal(self, sealed: str, place: str) -> bytes:
        """What was sealed to this very place. Raises BadSeal for everything else."""
        parts = sealed.split("|")
        if len(parts) != 5 or parts[0] != VERSION:
            raise BadSeal("no sealed value")
        _version, suite, kid, nonce, data = parts
        key = self.keys.get(kid)
        if key is None:
            raise BadSeal(f"the key {kid!r} is not in the ring")
        head = sealed[: -len(nonce) - len(data) - 2]
        raw, body = _bytes(nonce), _bytes(data)
        if len(raw) != NONCE or len(body) < TAG:
            raise BadSeal("a sealed value was shortened")
        try:
            return _suite(key.secret, suite).decrypt(raw, body, f"{head}|{place}".encode())
        except InvalidTag:
            raise BadSeal("a sealed value was changed, or stands in another place than its own") from None

    def digest(self, value: str, column: str) -> str:
        """HMAC-SHA256 of a normalised value under the column's own key, cut to 128 bits: 22 characters."""
        return _text(hmac.digest(_digest_key(self.index.secret, column), value.encode(), hashlib.sha256)[:16])

    def rotated(self, kid: str) -> KeyRing:
        """The ring with a new active key; what the older ones sealed stays readable."""
        if kid in self.keys:
            raise ValueError(f"a key {kid!r} is in the ring already")
        return KeyRing({**self.keys, kid: Key(kid, os.urandom(SECRET))}, kid, self.index, self.suite)

    def without(self, kid: str) -> KeyRing:
        """The ring without a key that nothing is sealed with any more."""
        if kid == self.active:
            raise ValueError(f"{kid!r} is the active key")
        return KeyRing(
            {name: key for name, key in self.keys.items() if name != kid}, self.active, self.index, self.suite
        )

    @classmethod
    def new(cls, kid: str, suite: str = AES) -> KeyRing:
        return cls({kid: Key(kid, os.urandom(SECRET))}, kid, Key("index", os.urandom(SECRET)), suite)

    def to_json(self) -> str:
        keys = {kid: _text(key.secret) for kid, key in self.keys.items()}
        return json.dumps({"active": self.active, "keys": keys, "index": _text(self.index.secret)}, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str, suite: str = AES) -> KeyRing:
        """Raises ValueError for what is no ring; the message holds no key."""
        try:
            found: Any = json.loads(text)
            keys = {kid: Key(kid, _bytes(secret)) for kid, secret in found["keys"].items()}
            return cls(keys, found["active"], Key("index", _bytes(found["index"])), suite)
        except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
            raise ValueError(f"no ring of keys: {type(error).__name__}") from None


def kid_of(sealed: str) -> str:
    """The name of the key that a value was sealed with; "" for what is not sealed."""
    parts = sealed.split("|", 3)
    return parts[2] if len(parts) == 4 and parts[0] == VERSION else ""


def mask(number: str) -> str:
    """The ends of a number: 3401**********1234, 138****5678; nothing of a short one.

    >>> mask("13812345678")
    '138****5678'
    """
    if len(number) >= 15:
        return f"{number[:4]}{'*' * (len(number) - 8)}{number[-4:]}"
    return f"{number[:3]}****{number[-4:]}" if len(number) > 7 else "*" * len(number)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    """Strict: one text for the same bytes, so that a change of the text is always a change of what it says."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadSeal("a sealed value was damaged") from None
    if _text(data) != text:
        raise BadSeal("a sealed value was damaged")
    return data
