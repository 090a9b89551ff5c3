"""Where the keys lie: a file beside the database (never in it), or the environment."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from core.crypto.sealing import SUITES, KeyRing

_known: dict[tuple[str, int, int, str], KeyRing] = {}


class KeysMissing(ImproperlyConfigured):
    """There is no ring of keys, or none that can be read."""


def key_ring() -> KeyRing:
    """The ring of CWMS_KEYS or of the file CWMS_KEYS_FILE, read again when the file has changed.

    On the embedded services a ring is made on first use; elsewhere its absence raises KeysMissing, because a process
    that made keys of its own would write what no other can read.
    """
    suite = SUITES[settings.CRYPTO_SUITE]
    text = settings.CWMS_KEYS
    if not text:
        file = Path(settings.CWMS_KEYS_FILE)
        try:
            state = file.stat()
        except FileNotFoundError:
            if not settings.EMBEDDED:
                raise KeysMissing(
                    f"There are no keys at {file}. Make them once with `manage.py keys new`, and give the web, the "
                    "workers and the backup of keys the same file."
                ) from None
            make_ring(file)
            state = file.stat()
        known = (str(file), state.st_ino, state.st_mtime_ns, suite)
        if known not in _known:
            _known.clear()
            _known[known] = _parsed(file.read_text(), str(file), suite)
        return _known[known]
    known = (text, 0, 0, suite)
    if known not in _known:
        _known[known] = _parsed(text, "CWMS_KEYS", suite)
    return _known[known]


def _parsed(text: str, source: str, suite: str) -> KeyRing:
    try:
        return KeyRing.from_json(text, suite)
    except ValueError as error:
        raise KeysMissing(f"{source}: {error}") from None


def new_kid(taken: Iterator[str] | tuple[str, ...] = (), today: date | None = None) -> str:
    """A name for a key: the day, and a letter if there is one of this day already."""
    known = set(taken)
    day = f"{today or date.today():%Y%m%d}"  # noqa: DTZ011  # a name, no date of a record
    return next(
        name for name in (day, *(f"{day}{letter}" for letter in "bcdefghijklmnopqrstuvwxyz")) if name not in known
    )


def make_ring(file: Path) -> bool:
    """A new ring at `file`, mode 0600; False if there is one already (the first of several processes wins)."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with _draft(file, KeyRing.new(new_kid()).to_json()) as draft:
        try:
            os.link(draft, file)
        except FileExistsError:
            return False
    return True


def write_ring(file: Path, ring: KeyRing) -> None:
    """Put `ring` in the place of the one at `file`, whole or not at all."""
    with _draft(file, ring.to_json()) as draft:
        os.replace(draft, file)


@contextmanager
def _draft(file: Path, text: str) -> Iterator[Path]:
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def ring_problems() -> list[str]:
    """What is wrong with the keys of this installation, in words; nothing is made on the way."""
    if settings.CWMS_KEYS:
        text, source = settings.CWMS_KEYS, "CWMS_KEYS"
    else:
        file = Path(settings.CWMS_KEYS_FILE)
        if not file.exists():
            return [] if settings.EMBEDDED else [f"There are no keys at {file}. Make them with `manage.py keys new`."]
        mode = stat.S_IMODE(file.stat().st_mode)
        if mode & 0o077:
            return [f"{file} can be read by others (mode {mode:03o}). Set it to 600."]
        text, source = file.read_text(), str(file)
    try:
        KeyRing.from_json(text)
    except ValueError as error:
        return [f"{source}: {error}"]
    return []
