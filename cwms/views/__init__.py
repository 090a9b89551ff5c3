"""The pages around the apps: log-in, account, workplace, language and theme; and the errors that have pages."""

from cwms.views.account import proof, sessions, sessions_end
from cwms.views.pages import Login, failed, health, language, missing, password, theme, workplace

__all__ = [
    "Login",
    "failed",
    "health",
    "language",
    "missing",
    "password",
    "proof",
    "sessions",
    "sessions_end",
    "theme",
    "workplace",
]
