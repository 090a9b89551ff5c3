"""The HTTP form of the application's errors for programs."""

from __future__ import annotations

from rest_framework import exceptions, status
from rest_framework.response import Response

from core.errors import ApplicationError, Conflict, NotAllowed, NotFound


class Conflicting(exceptions.APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


def answer(error: ApplicationError) -> exceptions.APIException:
    if isinstance(error, NotFound):
        return exceptions.NotFound(str(error))
    if isinstance(error, NotAllowed):
        return exceptions.PermissionDenied(str(error))
    if isinstance(error, Conflict):
        return Conflicting(str(error))
    return exceptions.ValidationError({"errors": str(error).splitlines()})


class Answers:
    """For view sets: turns application errors into answers."""

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(answer(exc) if isinstance(exc, ApplicationError) else exc)  # type: ignore[misc, no-any-return]
