"""The pages around the apps: log-in, account, workplace, language and theme; and the errors that have pages."""

from cwms.views.account import introduction, proof, sessions, sessions_end
from cwms.views.login import Login, factor, factor_renew, factor_set_up, login_code
from cwms.views.pages import failed, health, language, missing, password, theme, workplace

__all__ = [
    "Login",
    "factor",
    "factor_renew",
    "factor_set_up",
    "failed",
    "health",
    "introduction",
    "language",
    "login_code",
    "missing",
    "password",
    "proof",
    "sessions",
    "sessions_end",
    "theme",
    "workplace",
]
