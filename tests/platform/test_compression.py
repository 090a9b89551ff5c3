"""Pages are compressed; answers to programs keep their strong ETags."""

from __future__ import annotations

import gzip

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client

from cwms.middleware import CompressPages


@pytest.mark.django_db
def test_a_page_travels_compressed() -> None:
    answer = Client().get("/login/", headers={"accept-encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert b"<form" in gzip.decompress(answer.content)
    assert b"<form" in Client().get("/login/").content


@pytest.mark.parametrize(
    ("kind", "encoding", "etag"),
    [("text/html; charset=utf-8", "gzip", 'W/"a1"'), ("application/json", None, '"a1"')],
)
def test_an_etag_for_programs_stays_strong(kind: str, encoding: str | None, etag: str) -> None:
    request = HttpRequest()
    request.META["HTTP_ACCEPT_ENCODING"] = "gzip"
    response = HttpResponse(b"0" * 1000, content_type=kind, headers={"ETag": '"a1"'})
    answer = CompressPages(lambda _request: response)(request)
    assert isinstance(answer, HttpResponse)
    assert answer.headers.get("Content-Encoding") == encoding
    assert answer.headers["ETag"] == etag
