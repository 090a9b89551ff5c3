"""What is wrong with what somebody asks for, gathered and said at once."""

from __future__ import annotations

from core.errors import Refused

Faults = dict[str, list[str]]  # what is wrong, by the name of the value; "" for what belongs to none


def say(faults: Faults, name: str, text: str) -> None:
    faults.setdefault(name, []).append(text)


def refuse(faults: Faults) -> None:
    """Raise Refused with all of it, if there is any."""
    if faults:
        raise Refused(
            [text for texts in faults.values() for text in texts],
            {name: texts for name, texts in faults.items() if name},
        )
