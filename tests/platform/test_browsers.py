"""What browsers are told, and what they keep."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.forms import Form
from django.test import Client
from django.urls import reverse

import cwms.urls  # noqa: F401 - every form is there once the routes are
from core.views import download
from organization.models import User

# Written without asking anything, because what failed may be what would be asked; a file that somebody takes away.
ALONE = {"500.html", "cwms/subject.html"}
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


def test_who_logs_out_leaves_nothing_in_the_browser(db: None) -> None:
    client = Client()
    client.force_login(User.objects.create(username="anybody", display_name="谁"))
    assert "Clear-Site-Data" not in client.get(reverse("sessions")).headers
    assert client.post(reverse("logout")).headers["Clear-Site-Data"] == '"cache", "storage"'


def seen(kinds: list[type[Any]]) -> list[str]:
    """Fields for passwords that show what is typed."""
    found = []
    for one in kinds:
        found += [
            f"{one.__qualname__}.{name}"
            for name, field in one.base_fields.items()
            if "password" in name and getattr(field.widget, "input_type", "") != "password"
        ]
        found += seen(one.__subclasses__())
    return found


def test_passwords_are_typed_unseen() -> None:
    assert seen([Form]) == []
    from django.forms import CharField  # the control

    assert seen([type("Open", (Form,), {"password": CharField()})]) == ["Open.password"]


def test_logging_out_is_on_every_page() -> None:
    """Every page is made of base.html, whose menu has it."""
    whole = {
        str(path.relative_to(TEMPLATES))
        for path in TEMPLATES.rglob("*.html")
        if "<html" in path.read_text(encoding="utf-8")
    }
    assert whole - ALONE == {"base.html"}
    assert "{% url 'logout' %}" in (TEMPLATES / "base.html").read_text(encoding="utf-8")


def test_names_of_downloads_are_encoded() -> None:
    """A quote, a line and Chinese in a name make no other header of it (RFC 6266, RFC 8187)."""
    header = download(b"x", "text/csv", '名单"; filename=a.exe\r\nX-Mine: 1.csv')["Content-Disposition"]
    assert header == "attachment; filename*=utf-8''%E5%90%8D%E5%8D%95%22%3B%20filename%3Da.exe%0D%0AX-Mine%3A%201.csv"
    assert download(b"x", "text/csv", "list.csv")["Content-Disposition"] == 'attachment; filename="list.csv"'


@pytest.mark.parametrize(
    "path", ["/static/", "/static/cwms/", "/static/../cwms/settings.py", "/static/%2e%2e/manage.py"]
)
def test_static_files_are_not_listed(db: None, path: str) -> None:
    assert Client().get(path).status_code == 404
