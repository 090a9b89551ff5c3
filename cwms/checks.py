"""What must hold before an installation serves anybody."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register

from core.crypto.ring import ring_problems


@register()
def keys(**kwargs: Any) -> list[CheckMessage]:
    """Without its keys a process would serve pages that can show nobody's number, and write none."""
    return [Error(problem, id="cwms.E001") for problem in ring_problems()]
