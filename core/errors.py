"""The errors of the application: each says in words what is wrong, for whom, and what to do.

Faces turn them into answers: Refused and Conflict into a message beside the form (400, 409), NotAllowed into 403,
NotFound into 404, NotRecorded into 503. A programming error is none of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


class ApplicationError(Exception):
    """Something that a person can understand and act on. `message` may be a lazy translation."""

    def __init__(self, message: Any = "") -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class Refused(ApplicationError):
    """The request breaks rules; `errors` lists all of them at once, `message` joins them line by line.

    `fields` repeats those that belong to one field, by the name of the value that was given, so that a form or a
    program can put them beside it.
    """

    def __init__(self, errors: Iterable[Any] | str, fields: Mapping[str, Iterable[Any]] | None = None) -> None:
        self.errors: list[Any] = [errors] if isinstance(errors, str) else list(errors)
        self.fields: dict[str, list[Any]] = {name: list(found) for name, found in (fields or {}).items()}
        super().__init__("")

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)


class NotAllowed(ApplicationError):
    """The person may see the thing, but may not do this with it."""


class NotFound(ApplicationError):
    """The thing does not exist for this person."""


class Conflict(ApplicationError):
    """The thing has changed, or somebody else is at it; look again and repeat."""


class NotRecorded(Exception):
    """What was to be done can't be written down, so that it isn't done. Not the request's fault: no form catches it."""


class NeedsCountersignature(Exception):
    """What was to be done waits for a second person's agreement. asked: what they are asked; no form catches it."""

    def __init__(self, asked: Mapping[str, Any]) -> None:
        super().__init__(str(asked.get("action", "")))
        self.asked = asked
