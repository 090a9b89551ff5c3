"""What a child that parses files of others may use, and how it answers.

A hostile file ends the child, not the server: memory, processor time and new descriptors are limited before the first
byte is read. Without descriptors there are neither files nor sockets, so nothing that takes a parser over can send
anything anywhere. The parent (core/services/files.py) hands over the bytes alone and reads plain data back.
"""

from __future__ import annotations

import codecs
import json
import sys
from collections.abc import Callable

MEMORY = 512 * 2**20
SECONDS = 30
_CODINGS = (
    "cp437",
    "gb18030",
    "utf-16-be",
    "utf-16-le",
    "latin-1",
)  # are files themselves, which can't be opened later


class Unreadable(Exception):
    """A file that is not read. `code` names the reason (core.models.FileProblem), `params` its figures."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = {key: str(value)[:200] for key, value in params.items()}


def limit_child(memory: int = MEMORY, *, descriptors: int = 3) -> None:
    """To be called first thing in a child that parses.

    memory: bytes of address space. descriptors: open at once; 3 are the standard streams and leave none to be opened.
    """
    import resource

    for coding in _CODINGS:
        codecs.lookup(coding)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))


def answer(work: Callable[[], bytes]) -> int:
    """Write what `work` makes to standard output, or {"code", "params"} of why it can't be made."""
    try:
        made = work()
    except Unreadable as error:
        made = json.dumps({"code": error.code, "params": error.params}).encode()
    except MemoryError:
        made = b'{"code": "TOO_SLOW", "params": {}}'
    sys.stdout.buffer.write(made)
    return 0
