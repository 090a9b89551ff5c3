"""Who asks, as services want to be told."""

from __future__ import annotations

from rest_framework.request import Request

from organization.models import User


def actor_of(request: Request) -> User:
    """The user of a request that was let in: who asks has a token or a session."""
    user = request.user
    assert isinstance(user, User)
    return user


class Acting:
    """For view sets: `actor` is who asks."""

    @property
    def actor(self) -> User:
        return actor_of(self.request)  # type: ignore[attr-defined]  # of the view set
