"""Fetch the vendored front-end files again: `python -m cwms.vendor` (needs npm; the application never does).

vendor.json names each package, its version, the registry's integrity hash and the files that are kept. What is fetched
is checked against the hash before anything is written; source-map lines go, since no map is kept.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE_MAP = re.compile(rb"\n?(/\*# sourceMappingURL=.*?\*/|//# sourceMappingURL=.*)\s*$")


def fetch(package: str, version: str, integrity: str, folder: Path) -> Path:
    """The package's archive, checked; a hash that differs ends the program."""
    done = subprocess.run(
        ["npm", "pack", "--silent", f"{package}@{version}"], cwd=folder, check=True, capture_output=True, text=True
    )
    archive = folder / done.stdout.strip().splitlines()[-1]
    found = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != integrity:
        sys.exit(f"{package} {version} is not what vendor.json names: {found}")
    return archive


def main() -> None:
    for entry in json.loads((ROOT / "vendor.json").read_text(encoding="utf-8")):
        with tempfile.TemporaryDirectory() as folder:
            archive = fetch(entry["package"], entry["version"], entry["integrity"], Path(folder))
            with tarfile.open(archive) as tar:
                for inside, kept in entry["files"].items():
                    member = tar.extractfile(f"package/{inside}")
                    assert member is not None, inside
                    target = ROOT / kept
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(SOURCE_MAP.sub(b"\n", member.read()))


if __name__ == "__main__":
    main()
