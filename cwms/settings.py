"""Settings, all from the environment; without any, everything runs on the embedded services.

DATABASE_URL               PostgreSQL as the web (cwms_app: owns nothing, sees what its user may); without it the embedded
                           server of var/ is used
CWMS_WORKER_DATABASE_URL   the same database as cwms_worker, for workers and commands, which see all rows
CWMS_OWNER_DATABASE_URL    the same database as its owner, for migrations; default: DATABASE_URL
CELERY_BROKER_URL          Redis, Valkey or RabbitMQ; without it the embedded broker's socket in var/
CWMS_SECRET_KEY            required when CWMS_DEBUG is off
CWMS_KEYS_FILE             the keys that sensitive values are sealed with (mode 0600); required with a DATABASE_URL, otherwise
                           made once in var/. CWMS_KEYS has the content itself. Without them nothing is read again
CRYPTO_SUITE               aes (AES-256-GCM, default) or gm (SM4-GCM) for what is sealed from now on
CWMS_DEBUG                 "1" for development
CWMS_LANGUAGE              the language of whoever has chosen none: zh-hans (default) or en
CWMS_API_RATE              requests of one token in one web process, like "1200/min" (default); empty: no limit
CWMS_STATEMENT_SECONDS     longest statement of a page or a program's request, then 503; default 10
CWMS_LOCK_SECONDS          longest wait of a page or a program's request for somebody else's write; default 5
CWMS_EXPORTS_A_DAY         exports of lists that one user may make in a day; default 50
CWMS_CORRECTION_DAYS       working days for deciding on a request for a correction; default 15 (a proposal: the law says
                           "in time", and the determination of unlawful collection by apps of 2019, item 6, allows 15)
CWMS_PROXIES               trusted proxies before the web, whose X-Forwarded-For is read from the right; default 0
CWMS_PASSWORDS             rules of passwords: mlps3 (等保 level 3, default) or modern (NIST, ASVS)
CWMS_ONE_TIME_HOURS        a one-time password opens nothing after so many hours (24; 0 on the embedded services: no end)
CWMS_IDLE_MINUTES          a session without a request ends (15); CWMS_SESSION_HOURS: every session ends (8)
CWMS_MOST_SESSIONS         sessions of one user at the same time (3); a further log-in ends the longest unused
CWMS_SECOND_FACTOR         "1" asks CWMS_SECOND_FACTOR_ROLES for a code of a telephone (default; "0" on the embedded services)
CWMS_PROOF_MINUTES         how long a log-in or the proof page is enough for sealing, exporting and the like (5)
CWMS_COUNTERSIGN_ROWS      exports, bulk edits and imports of so many rows wait for a second user's agreement (500; 0: none);
                           CWMS_COUNTERSIGN_HOURS: it has to be given and used within so many hours (24)
CWMS_LOGS                  lines of the log on standard error: json (default with CWMS_HTTPS) or plain
CWMS_HOSTS                 comma-separated host names; CWMS_HTTPS "1" behind TLS
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("CWMS_VAR", BASE_DIR / "var")).resolve()

env = environ.Env()
DEBUG = env.bool("CWMS_DEBUG", default=False)
HTTPS = env.bool("CWMS_HTTPS", default=False)
EMBEDDED = "DATABASE_URL" not in os.environ or env.bool("CWMS_EMBEDDED", default=False)


def _secret_key() -> str:
    """The key of the environment; on the embedded services one that is made once and kept in var/."""
    if key := os.environ.get("CWMS_SECRET_KEY"):
        return key
    if not EMBEDDED:
        raise SystemExit("CWMS_SECRET_KEY is not set. Give the web and the workers the same long random text.")
    file = VAR_DIR / "secret-key"
    if not file.exists():
        VAR_DIR.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        try:
            os.link(draft, file)  # the first of several processes wins
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file.read_text()


SECRET_KEY = _secret_key()
CWMS_KEYS = env.str("CWMS_KEYS", default="")
CWMS_KEYS_FILE = env.str("CWMS_KEYS_FILE", default=str(VAR_DIR / "keys.json"))
CRYPTO_SUITE = env.str("CRYPTO_SUITE", default="aes")
ALLOWED_HOSTS = env.list("CWMS_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "guardian",
    "rest_framework",
    "core",
    "organization",
    "policy",
    "approvals",
    "staffing",
    "personnel",
    "recruitment",
    "training",
    "assessment",
    "payroll",
    "reports",
    "cwms",
]

MIDDLEWARE = [
    "cwms.middleware.Headers",
    "cwms.middleware.InterfaceOverTLS",
    "cwms.middleware.ContentPolicy",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "cwms.middleware.CompressPages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "cwms.middleware.CountTokens",
    "cwms.middleware.Walls",
    "cwms.sessions.LastSeen",
    "django.contrib.messages.middleware.MessageMiddleware",
    "cwms.middleware.Refusals",
    "cwms.middleware.RightsOnce",
    "cwms.repeats.FormsOnce",
    "cwms.middleware.FirstPassword",
    "cwms.middleware.Errors",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "cwms.urls"
WSGI_APPLICATION = "cwms.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "cwms.shell.shell",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
        },
    }
]


# -- Database ---------------------------------------------------------------------------------------------------------

OWNER_COMMANDS = {"migrate", "makemigrations", "test", "flush", "sqlmigrate", "showmigrations", "dbshell", "keys"}


def _database_role() -> str:
    """As whom this process connects: "owner" changes the schema, "worker" sees all rows, "app" those of its user."""
    if given := os.environ.get("CWMS_DB_ROLE"):
        return given
    program, command = Path(sys.argv[0]).name, (sys.argv[1] if len(sys.argv) > 1 else "")
    if program == "manage.py":
        return "owner" if command in OWNER_COMMANDS else "app" if command == "runserver" else "worker"
    return "worker" if "celery" in (program, Path(sys.argv[0]).parent.name) else "app"


def _database() -> dict[str, object]:
    """The connection of this process's role."""
    role = _database_role()
    if "DATABASE_URL" in os.environ:
        named = {"owner": "CWMS_OWNER_DATABASE_URL", "worker": "CWMS_WORKER_DATABASE_URL"}.get(role, "")
        found = dict(env.db(named if named in os.environ else "DATABASE_URL"))
        if role == "worker" and found.get("USER") == "cwms_app":
            raise SystemExit(
                "Workers and commands see no row as cwms_app. Set CWMS_WORKER_DATABASE_URL to the same database as "
                "cwms_worker (deploy/postgres/roles.sh makes the role)."
            )
        return found
    from cwms.embedded.postgres import Server

    return Server(VAR_DIR / "pg").start().settings(role=role)


DATABASES = {"default": _database() | {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}}
# Nobody at a page or a program waits longer than this for one statement; workers compute as long as they need.
# With a pooler before the database these options belong to the role: ALTER ROLE … SET statement_timeout.
WEB_LIMITS = {
    "statement_timeout": env.int("CWMS_STATEMENT_SECONDS", default=10) * 1000,
    "lock_timeout": env.int("CWMS_LOCK_SECONDS", default=5) * 1000,
    "idle_in_transaction_session_timeout": 60_000,
}
if os.environ.get("CWMS_WEB") == "1":
    _options = " ".join(f"-c {name}={value}" for name, value in WEB_LIMITS.items())
    DATABASES["default"].setdefault("OPTIONS", {})["options"] = _options  # type: ignore[index]
DATABASES["default"].setdefault("TEST", {"NAME": env.str("CWMS_TEST_DATABASE", default=None)})
# Whoever pools connections by transaction has no cursors that outlive one.
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True
# Tests connect as the owner; what they ask the web for is asked as this role.
CWMS_WALLS_ROLE = env.str("CWMS_WALLS_ROLE", default="")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


# -- Users ------------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "organization.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "cwms.login.Passwords",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
# Which rules a password has to keep (organization/rules/passwords.py), and how long a one-time password opens anything.
# Those of the demonstration wait in a file of their owner's until somebody tries them.
CWMS_PASSWORDS = env.str("CWMS_PASSWORDS", default="mlps3")
CWMS_ONE_TIME_HOURS = env.int("CWMS_ONE_TIME_HOURS", default=0 if EMBEDDED else 24)
# Five wrong passwords for a name, then half an hour; cwms/login.py says who is counted with whom.
CWMS_PROXIES = env.int("CWMS_PROXIES", default=0)
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.5  # hours
AXES_LOCKOUT_PARAMETERS = "cwms.login.counted_by"
AXES_CLIENT_IP_CALLABLE = "cwms.login.address_of"
AXES_LOCKOUT_CALLABLE = "cwms.login.refused"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # who goes on guessing keeps nobody locked out for longer
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
# cwms/sessions.py says how sessions end; organization/views/proof.py, what asks for the password once more.
SESSION_ENGINE = "cwms.sessions"
SESSION_COOKIE_AGE = env.int("CWMS_SESSION_HOURS", default=8) * 3600
CWMS_IDLE_MINUTES = env.int("CWMS_IDLE_MINUTES", default=15)
CWMS_MOST_SESSIONS = env.int("CWMS_MOST_SESSIONS", default=3)
# Who has to show a code of a telephone at the log-in; organization/services/factors.py. The demonstration of the embedded
# services does without one, so that it can be clicked through.
CWMS_SECOND_FACTOR = env.bool("CWMS_SECOND_FACTOR", default=not EMBEDDED)
CWMS_SECOND_FACTOR_ROLES = env.list(
    "CWMS_SECOND_FACTOR_ROLES",
    default=["STREET_APPROVER", "ORG_APPROVER", "FINANCE", "AUDITOR", "SYSTEM_ADMIN", "SECURITY_ADMIN"],
)
CWMS_COUNTERSIGN_ROWS = env.int("CWMS_COUNTERSIGN_ROWS", default=500)
CWMS_COUNTERSIGN_HOURS = env.int("CWMS_COUNTERSIGN_HOURS", default=24)
CWMS_PROOF_MINUTES = env.int("CWMS_PROOF_MINUTES", default=5)
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"


# -- Language and time ------------------------------------------------------------------------------------------------

LANGUAGE_CODE = env.str("CWMS_LANGUAGE", default="zh-hans")
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
USE_THOUSAND_SEPARATOR = False


# -- Files ------------------------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [path for path in [BASE_DIR / "static"] if path.is_dir()]
CWMS_EXPORTS_A_DAY = env.int("CWMS_EXPORTS_A_DAY", default=50)
CWMS_CORRECTION_DAYS = env.int("CWMS_CORRECTION_DAYS", default=15)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
MEDIA_ROOT = VAR_DIR / "media"


# -- Headers ----------------------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
if HTTPS:
    SECURE_SSL_REDIRECT = env.bool("CWMS_SSL_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = [r"^api/"]  # refused instead: cwms.middleware.InterfaceOverTLS
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sid", "__Host-csrf"
    CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS]


# -- Interface for programs -------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "organization.api.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PARSER_CLASSES": ["core.api.Body"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "core.api.negotiation.Negotiation",
    "DEFAULT_PERMISSION_CLASSES": ["organization.api.MayUseInterface"],
    "DEFAULT_THROTTLE_CLASSES": ["organization.api.PerToken"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "core.api.Pages",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "core.api.handle",
}
CWMS_API_BODY_BYTES = 2**20
CWMS_API_RATE = env.str("CWMS_API_RATE", default="1200/min")
SPECTACULAR_SETTINGS = {
    "TITLE": "CWMS",
    "DESCRIPTION": "Community workers' records, evaluations and pay.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "ENUM_NAME_OVERRIDES": {
        "RunState": "core.models.RunState",
        "UnitKind": "organization.models.UnitKind",
        "ResultState": "assessment.models.ResultState",
        "PostTitle": "personnel.models.PostTitle",
        "PartyKind": "personnel.models.PartyKind",
        "PlacementKind": "personnel.models.PlacementKind",
        "NamedListKind": "personnel.models.NamedListKind",
        "EndReason": "personnel.models.EndReason",
        "PromotionKind": "payroll.models.PromotionKind",
    },
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "core.api.describe_refusals",
    ],
}


# Answers to programs that are kept in each process while nothing they say has changed (core/api/kept.py).
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "answers": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "answers",
        "TIMEOUT": 86_400,
        "OPTIONS": {"MAX_ENTRIES": 1_000},
    },
}


# -- Task queue -------------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = os.environ.get("CELERY_BROKER_URL") or f"redis+socket://{VAR_DIR / 'valkey' / 's'}"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"visibility_timeout": 6 * 3600, "unacked_restore_interval": 2, "unacked_restore_throttle": 1}
    if CELERY_BROKER_URL.startswith("redis")
    else {}
)
# How long a dead worker's batch waits, how often the sweeper looks, how many people a batch has at most.
CWMS_LEASE_SECONDS = env.int("CWMS_LEASE_SECONDS", default=30)
CWMS_SWEEP_SECONDS = env.float("CWMS_SWEEP_SECONDS", default=5.0)
CWMS_BATCH_PEOPLE = env.int("CWMS_BATCH_PEOPLE", default=20000)
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "sweep-evaluations": {"task": "assessment.tasks.sweep", "schedule": CWMS_SWEEP_SECONDS, "options": {"expires": 5}},
    "sweep-pay": {"task": "payroll.tasks.sweep", "schedule": CWMS_SWEEP_SECONDS, "options": {"expires": 5}},
    "chain-audit": {"task": "core.tasks.chain_audit", "schedule": 600.0, "options": {"expires": 600}},
    "forget-token-uses": {"task": "cwms.tasks.forget_token_uses", "schedule": 3600.0, "options": {"expires": 3600}},
    "forget-sessions": {"task": "cwms.tasks.forget_sessions", "schedule": 3600.0, "options": {"expires": 3600}},
    "sweep-imports": {
        "task": "personnel.tasks.sweep_imports",
        "schedule": CWMS_SWEEP_SECONDS,
        "options": {"expires": 5},
    },
    # By itself: what it counts are the figures of a moment ago.
    "keep-rollups": {"task": "reports.tasks.keep_rollups", "schedule": 2.0, "options": {"expires": 2}},
    "make-reports": {
        "task": "reports.tasks.make_reports",
        "schedule": CWMS_SWEEP_SECONDS,
        "options": {"expires": CWMS_SWEEP_SECONDS},
    },
    "forget-reports": {"task": "reports.tasks.forget_reports", "schedule": 3600.0, "options": {"expires": 3600}},
    "remind-cases": {"task": "approvals.tasks.remind", "schedule": 3600.0, "options": {"expires": 3600}},
    "count-quality": {"task": "personnel.tasks.count_quality", "schedule": 900.0, "options": {"expires": 900}},
    "forget-imports": {"task": "personnel.tasks.forget_imports", "schedule": 3600.0, "options": {"expires": 3600}},
}

LOGS = env.str("CWMS_LOGS", default="json" if HTTPS else "plain")
if LOGS not in ("plain", "json"):
    raise SystemExit(f"CWMS_LOGS is “{LOGS}”; it is plain or json.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"()": "cwms.logs.Plain", "format": "{asctime} {levelname} {name}: {message}", "style": "{"},
        "json": {"()": "cwms.logs.Json"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOGS}},
    "loggers": {"cwms.audit": {"level": "INFO"}, "axes": {"level": "ERROR"}},  # the trail knows who was refused
    "root": {"handlers": ["console"], "level": "WARNING"},
}
SILENCED_SYSTEM_CHECKS: list[str] = []
