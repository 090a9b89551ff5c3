"""The policy files of the project, read once for all tests that look at them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from policy.rules.document import Policy
from policy.rules.reading import head, read

FOLDER = Path(__file__).resolve().parent.parent / "policies"


@cache
def read_all() -> dict[str, Policy]:
    """Every policy file by its name (`songling/2022`), each with the files that it extends."""
    files = {f"{path.parent.name}/{path.stem}": path.read_text(encoding="utf-8") for path in FOLDER.glob("*/*.yaml")}
    texts = {"/".join(head(text)[:2]): text for text in files.values()}
    return {name: read(text, name=name, parents=texts.get) for name, text in sorted(files.items())}
