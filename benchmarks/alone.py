"""A benchmark's own installation: PostgreSQL in a folder, Django on it, everything migrated."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cwms.embedded.postgres import RUN, Server, die_with_parent


@contextmanager
def folder(keep: Path | None = None) -> Iterator[Path]:
    """A folder that goes when the block ends, or one that stays and is used again."""
    base = keep or Path(tempfile.mkdtemp(prefix="cwms-bench-"))
    base.mkdir(parents=True, exist_ok=True)
    base.chmod(0o755)  # the server runs under an account of its own when root starts it
    try:
        yield base
    finally:
        if keep is None:
            shutil.rmtree(base, ignore_errors=True)


@contextmanager
def installed(base: Path, **settings: str) -> Iterator[None]:
    """Until the block ends Django works on a server of its own in the folder; settings: more for its environment."""
    server = Server(base / "pg", conf=RUN, preexec=die_with_parent(signal.SIGINT)).start()
    try:
        os.environ |= {
            "DATABASE_URL": server.url(), "CWMS_EMBEDDED": "1", "CWMS_VAR": str(base / "var"),
            "DJANGO_SETTINGS_MODULE": "cwms.settings", **settings,
        }  # fmt: skip
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        yield
    finally:
        server.stop()
