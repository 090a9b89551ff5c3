"""What must hold before an installation serves anybody."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db.models.functions import Lower

from core.crypto.ring import ring_problems
from organization.models import Role, User
from organization.rules.passwords import PROFILES


@register()
def keys(**kwargs: Any) -> list[CheckMessage]:
    """Without its keys a process would serve pages that can show nobody's number, and write none."""
    return [Error(problem, id="cwms.E001") for problem in ring_problems()]


USUAL_NAMES = ("admin", "administrator", "root", "test", "guest", "user", "demo", "sa", "system", "anonymoususer")


@register(Tags.security, deploy=True)
def passwords(**kwargs: Any) -> list[CheckMessage]:
    """The rules of passwords and sessions are known ones, and no weaker than the design."""
    found: list[CheckMessage] = []
    if settings.CWMS_PASSWORDS not in PROFILES:
        names = ", ".join(PROFILES)
        found.append(Error(f"CWMS_PASSWORDS is “{settings.CWMS_PASSWORDS}”. Choose one of {names}.", id="cwms.E010"))
    if unknown := set(settings.CWMS_SECOND_FACTOR_ROLES) - set(Role.values):
        found.append(Error(f"CWMS_SECOND_FACTOR_ROLES names no role: {', '.join(sorted(unknown))}.", id="cwms.E011"))
    if not settings.CWMS_SECOND_FACTOR:
        text = "CWMS_SECOND_FACTOR is off: a password alone approves, pays and administers."
        found.append(Error(text, id="cwms.E012"))
    if not 0 < settings.CWMS_IDLE_MINUTES <= 30 or not 0 < settings.SESSION_COOKIE_AGE <= 12 * 3600:
        text = "Sessions last too long: at most 30 minutes without a request (CWMS_IDLE_MINUTES) and 12 hours in all."
        found.append(Error(text, id="cwms.E013"))
    if not 0 < settings.CWMS_ONE_TIME_HOURS <= 72:
        text = "One-time passwords must run out: set CWMS_ONE_TIME_HOURS to at most 72."
        found.append(Error(text, id="cwms.E014"))
    if settings.PASSWORD_HASHERS[0] != "django.contrib.auth.hashers.Argon2PasswordHasher":
        found.append(Error("Passwords are not hashed with Argon2id (PASSWORD_HASHERS).", id="cwms.E015"))
    if not getattr(settings, "AXES_ENABLED", True):
        found.append(Error("Nobody counts guessed passwords (AXES_ENABLED).", id="cwms.E016"))
    return found


@register(Tags.security, deploy=True)
def connections(**kwargs: Any) -> list[CheckMessage]:
    """What leaves the machine is encrypted on the way: the web, the broker, the database."""
    found: list[CheckMessage] = []
    if not settings.HTTPS:
        text = "CWMS_HTTPS is off: passwords and files cross the network readable."
        found.append(Error(text, id="cwms.E020"))
    broker = urlsplit(settings.CELERY_BROKER_URL)
    if broker.scheme in ("redis", "amqp") and not _near(broker.hostname):
        text = f"The broker at {broker.hostname} is reached without TLS. Use rediss:// or amqps:// (CELERY_BROKER_URL)."
        found.append(Error(text, id="cwms.E021"))
    database = _database()
    mode = database.get("OPTIONS", {}).get("sslmode", "")
    if not _near(database.get("HOST")) and mode not in ("verify-ca", "verify-full"):
        text = f"The database at {database['HOST']} is not verified. End DATABASE_URL with ?sslmode=verify-full."
        found.append(Error(text, id="cwms.E022"))
    if "*" in settings.ALLOWED_HOSTS:
        found.append(Error("CWMS_HOSTS takes any name. Name those of the site.", id="cwms.E023"))
    return found


def _database() -> dict[str, Any]:
    return dict(settings.DATABASES["default"])


def _near(host: str | None) -> bool:
    """Whether a host is this machine, a socket of it, or a neighbour in a network of the composition alone.

    A name without a dot is found by no public server: docker and compose name services so.
    """
    return not host or host.startswith("/") or host in ("localhost", "127.0.0.1", "::1") or "." not in host


@register(Tags.security, Tags.database, deploy=True)
def users(databases: Iterable[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Nobody stands above the roles, and no user has a name that is tried first. Asked with `--database default`."""
    if not databases:
        return []
    found: list[CheckMessage] = []
    if above := list(User.objects.filter(is_active=True, is_superuser=True).values_list("username", flat=True)):
        text = f"Superusers can do everything and are refused by nothing: deactivate {', '.join(above)}."
        found.append(Error(text, id="cwms.E030"))
    usual = User.objects.annotate(small=Lower("username")).filter(is_active=True, small__in=USUAL_NAMES)
    if names := list(usual.values_list("username", flat=True)):
        text = f"These user names are tried first by whoever guesses: {', '.join(names)}. Give their users others."
        found.append(Error(text, id="cwms.E031"))
    return found
