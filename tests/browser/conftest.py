"""Everything as a user has it: one `make run` of its own for these tests, and Chromium to look at it.

The journeys are of one story (a run is started, then sealed), so they share the installation and one worker of a
parallel test run; each user logs in once and changes the one-time password.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cwms.embedded.browser import chromium

ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "Lotus-River-88-seven"
READY = "Ctrl+C stops everything."
PATIENCE = 300
# On a slow machine a story takes longer than a session may be idle or a proof is good for.
PATIENT = {"CWMS_IDLE_MINUTES": "480", "CWMS_PROOF_MINUTES": "480", "CWMS_MOST_SESSIONS": "100"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reason = None if chromium() else "Chromium is not installed and could not be (apt-get as root installs it)"
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)
            if reason:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With a failure goes what the user saw at that moment: "waited in vain" alone tells nobody why."""
    report = yield
    if report.when == "call" and report.failed and "tests/browser" in str(item.path):
        opened = getattr(item, "funcargs", {}).get("browser")
        for page in [page for context in opened.contexts for page in context.pages] if opened else []:
            try:
                focus = page.evaluate("document.activeElement && document.activeElement.outerHTML.slice(0, 200)")
                seen = page.locator("main").inner_text(timeout=5000)
            except Exception as error:  # whatever keeps a page from being read is part of the report
                focus, seen = "", f"could not be read: {error}"
            report.sections.append((f"page {page.url}", f"focus: {focus}\n{seen[:3000]}"))
    return report


@dataclass
class Installation:
    """A running `make run`."""

    url: str
    users: dict[str, str]
    greeting: str


@pytest.fixture(scope="package")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One of these tests' own; while one writes tests, CWMS_TEST_VAR and CWMS_TEST_URL name one that runs already."""
    if running := os.environ.get("CWMS_TEST_VAR"):
        users = json.loads((Path(running) / "demo-users.json").read_text())
        known = {user["username"]: user["password"] for user in users}
        yield Installation(os.environ["CWMS_TEST_URL"], known, " ".join(known) + os.environ["CWMS_TEST_URL"])
        return
    folder = tmp_path_factory.mktemp("run")
    folder.chmod(0o755)
    for parent in folder.parents:  # the database runs under an account of its own when root starts it
        if os.geteuid() == 0 and parent.owner() == "root" and str(parent).startswith("/tmp/"):
            parent.chmod(0o755)
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("DATABASE_URL", "CELERY", "CWMS", "PYTEST", "DJANGO"))
    } | {"CWMS_VAR": str(folder), "PORT": str(port), **PATIENT}
    log = (folder / "up.log").open("w+")
    process = subprocess.Popen(
        [sys.executable, "-m", "cwms.embedded.up"], cwd=ROOT, env=environment, stdout=log, stderr=log, text=True,
        start_new_session=True,
    )  # fmt: skip
    said = ""
    deadline = time.monotonic() + PATIENCE
    while READY not in said:
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"make run did not come up:\n{said[-3000:]}")
        time.sleep(0.2)
        said = (folder / "up.log").read_text(encoding="utf-8")
    users = {user["username"]: user["password"] for user in json.loads((folder / "demo-users.json").read_text())}
    yield Installation(f"http://127.0.0.1:{port}", users, said)
    process.send_signal(signal.SIGINT)
    process.wait(60)
    log.close()


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """Chromium for these tests alone: while it is open a loop runs in this thread, and Django then opens no database."""
    from playwright.sync_api import sync_playwright

    arguments = ["--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=arguments)
        yield opened
        opened.close()


@dataclass
class Visitor:
    """A user in a browser; what the pages complained about is kept."""

    page: Any
    url: str
    complaints: list[str]

    def go(self, path: str) -> Any:
        return self.page.goto(self.url + path)

    def complain(self, text: str) -> None:
        """Keeps an error of the console. A look-up that leaving the page ends is none; htmx tells of it in two lines."""
        if not text.startswith("htmx:sendAbort"):
            self.complaints.append(text)
        elif self.complaints and self.complaints[-1].startswith("htmx:afterRequest"):
            self.complaints.pop()


@pytest.fixture
def visit(browser: Any, installation: Installation) -> Iterator[Callable[..., Visitor]]:
    contexts = []

    def visit_as(
        username: str | None = None, *, size: tuple[int, int] = (1366, 768), language: str = "zh-hans",
        theme: str = "light", javascript: bool = True,
    ) -> Visitor:  # fmt: skip
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, java_script_enabled=javascript, reduced_motion="reduce"
        )
        contexts.append(context)
        context.add_cookies(
            [
                {"name": "django_language", "value": language, "url": installation.url},
                {"name": "theme", "value": theme, "url": installation.url},
            ]
        )
        page = context.new_page()
        visitor = Visitor(page, installation.url, [])
        page.on("console", lambda message: visitor.complain(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((installation.url, "data:"))
                else visitor.complaints.append(f"asks {request.url}")
            ),
        )
        if username:
            log_in(visitor, installation, username)
        return visitor

    yield visit_as
    for context in contexts:
        context.close()


def log_in(visitor: Visitor, installation: Installation, username: str) -> None:
    """Log in; with the one-time password that is left, choose the first password."""
    page = visitor.page
    for password in (PASSWORD, installation.users[username]):
        visitor.go("/login/")
        page.fill("#id_username", username)
        page.fill("#id_password", password)
        page.click("main button[type=submit]")
        if "/login/" not in page.url:
            break
    if "/password/" in page.url:
        page.fill("#id_old", installation.users[username])
        page.fill("#id_new", PASSWORD)
        page.fill("#id_again", PASSWORD)
        page.click("main button[type=submit]")
    page.wait_for_load_state()  # a click waits for the answer to begin, not for its end
    assert page.url.rstrip("/") == installation.url
