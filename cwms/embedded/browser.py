"""Chromium for the browser journeys: found, installed where that is possible, or its absence explained."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = ("chromium", "fonts-wqy-microhei")


def chromium() -> str | None:
    """The browser's program."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    return "/usr/bin/chromium" if Path("/usr/bin/chromium").exists() else None


def install() -> str:
    """Install the browser with apt-get as root; what came of it, in words."""
    if chromium():
        return ""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return "no Chromium, and installing it takes root and apt-get"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES],
    ):
        subprocess.run(command, env=environment, check=False, **quiet)  # type: ignore[call-overload]
    return "" if chromium() else "no Chromium, and apt-get could not install it"


if __name__ == "__main__":
    if reason := install():
        print(f"Browser journeys will be skipped: {reason}.", file=sys.stderr)
