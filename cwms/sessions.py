"""Sessions: kept as hashes, ended by time, and known to their user (where, since when, last seen)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from organization.models import Session, session_digest

now = timezone.now  # tests put their own clock here

# `seen` is written at most so often; a session without a request ends by so much before its time, never after it.
SEEN_EVERY = timedelta(seconds=30)


def idle() -> timedelta:
    return timedelta(minutes=settings.CWMS_IDLE_MINUTES)


class SessionStore(DatabaseStore):
    """Django's store on a table of ours, whose columns say what the list of sessions shows. No query more than Django's."""

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        self.row: Session | None = None
        self.about: dict[str, Any] = {}

    @classmethod
    def get_model_class(cls) -> type[Session]:  # type: ignore[override]
        return Session

    def _load_once(self, *, new: bool = False) -> dict[str, Any]:
        data: dict[str, Any] = super()._get_session(no_load=new)  # type: ignore[misc]  # the stubs lack it
        return data

    def begin(self, *, address: str, agent: str) -> None:
        """Somebody has just logged in here: counts from now, and they have just proven who they are."""
        moment = now()
        self.about = {"address": address[:45], "agent": agent[:200], "begun": moment, "proven": moment}
        self.modified = True

    def prove(self) -> None:
        """The user has shown once more who they are; the key changes with what it opens."""
        self.about["proven"] = now()
        self.cycle_key()

    def proven_within(self, minutes: int) -> bool:
        """Whether the user has shown within so many minutes who they are."""
        self._load_once()
        proven: datetime | None = self.about.get("proven")
        return proven is not None and now() - proven < timedelta(minutes=minutes)

    def touch(self) -> None:
        """Somebody has just been here."""
        moment = now()
        if self.row is not None and moment - self.row.seen >= SEEN_EVERY:
            Session.objects.filter(pk=self.row.pk).update(seen=moment)

    def _get_session_from_db(self) -> Session | None:
        row = Session.objects.filter(session_key=session_digest(self.session_key or "")).first()
        moment = now()
        if row is not None and (row.expire_date <= moment or moment - row.seen >= idle()):
            row.delete()
            row = None
        if row is None:
            self._session_key = None
            return None
        self.row = row
        self.about = {"address": row.address, "agent": row.agent, "begun": row.begun, "proven": row.proven}
        return row

    def save(self, must_create: bool = False) -> None:
        """As Django's; a row that somebody has deleted meanwhile is not written again (UpdateError)."""
        if self.session_key is None:
            self.create()
            return
        data = self._load_once(new=must_create)
        if must_create:
            self.row = Session(session_key=session_digest(self.session_key), seen=now())
        if self.row is None:
            raise UpdateError
        self.about.setdefault("begun", self.row.seen)
        for name, value in self.about.items():
            setattr(self.row, name, value)
        number = data.get("_auth_user_id")
        self.row.user_id = int(number) if number else None
        self.row.session_data = self.encode(data)
        self.row.expire_date = self.row.begun + timedelta(seconds=settings.SESSION_COOKIE_AGE)
        try:
            with transaction.atomic():
                if must_create:
                    self.row.save(force_insert=True)
                else:
                    self.row.save(update_fields=["session_data", "expire_date", "user", *self.about])
        except IntegrityError:
            if must_create:
                raise CreateError
            raise
        except DatabaseError:
            if not must_create:
                raise UpdateError
            raise

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(session_key=session_digest(session_key)).exists()

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            Session.objects.filter(session_key=session_digest(key)).delete()

    def flush(self) -> None:
        super().flush()
        self.row, self.about = None, {}


PROGRAMS = [
    ("Edg(?:e|A|iOS)?", "Edge"), ("(?:Opera|OPR)", "Opera"), ("(?:Firefox|FxiOS)", "Firefox"), ("MicroMessenger", "微信"),
    ("(?:HeadlessChrome|Chrome|CriOS)", "Chrome"), ("Version(?=.*Safari)", "Safari"),
]  # fmt: skip
SYSTEMS = [
    ("HarmonyOS|OpenHarmony", "HarmonyOS"), ("Android", "Android"), ("iPhone|iPad", "iOS"), ("Windows", "Windows"),
    ("Mac OS X", "macOS"), ("Linux|X11", "Linux"),
]  # fmt: skip


def browser_name(agent: str) -> str:
    """A browser as people know it: “Firefox 140 · Windows”; what is not known, by its own first word."""
    found = ((name, re.search(rf"{pattern}/(\d+)", agent)) for pattern, name in PROGRAMS)
    program = next((f"{name} {match[1]}" for name, match in found if match), agent.split("/")[0][:30])
    system = next((name for pattern, name in SYSTEMS if re.search(pattern, agent)), "")
    return " · ".join(part for part in (program, system) if part)


class LastSeen:
    """Writes down that somebody was here. What a page asks by itself, to show progress, is nobody's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        asked = request.resolver_match.url_name if request.resolver_match else None
        if not (asked or "").endswith("_progress"):
            request.session.touch()  # type: ignore[attr-defined]  # our own store
        return response


def forget_ended() -> int:
    """Takes away what has ended by time; returns how many."""
    moment = now()
    return Session.objects.filter(Q(expire_date__lte=moment) | Q(seen__lte=moment - idle())).delete()[0]
