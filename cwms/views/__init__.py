"""The pages around the apps: log-in, account, workplace, language and theme; and the errors that have pages."""

from cwms.views.account import introduction, proof, sessions, sessions_end
from cwms.views.data_map import data_map
from cwms.views.deletions import deletion, deletion_confirm, deletion_paper, deletion_refuse, retention
from cwms.views.login import Login, factor, factor_renew, factor_set_up, login_code
from cwms.views.pages import failed, health, language, missing, password, theme, workplace
from cwms.views.papers import case_paper
from cwms.views.subject import own_copy, person_copy
from cwms.views.waiting import inbox

__all__ = [
    "Login",
    "case_paper",
    "data_map",
    "deletion",
    "deletion_confirm",
    "deletion_paper",
    "deletion_refuse",
    "factor",
    "factor_renew",
    "factor_set_up",
    "failed",
    "health",
    "inbox",
    "introduction",
    "language",
    "login_code",
    "missing",
    "own_copy",
    "password",
    "person_copy",
    "proof",
    "retention",
    "sessions",
    "sessions_end",
    "theme",
    "workplace",
]
