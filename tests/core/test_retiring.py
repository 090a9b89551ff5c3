"""What programs are told of a route that will go."""

from __future__ import annotations

from datetime import date

from drf_spectacular.generators import SchemaGenerator
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.test import APIRequestFactory
from rest_framework.viewsets import ViewSet

from core.api import retiring


class Things(ViewSet):
    authentication_classes = ()
    permission_classes = ()

    @retiring(since=date(2026, 12, 1), until=date(2027, 6, 1), instead="/api/v1/things/new/")
    @action(detail=False)
    def old(self, request: Request) -> Response:
        return Response({})

    @action(detail=False)
    def new(self, request: Request) -> Response:
        return Response({})


def test_answers_of_a_retiring_route_say_so_and_others_dont() -> None:
    request = APIRequestFactory().get("/")
    answer = Things.as_view({"get": "old"})(request)
    # 2026-12-01T00:00:00Z is 1,796,083,200 seconds after 1970: 20,788 days × 86,400
    assert answer["Deprecation"] == "@1796083200"
    assert answer["Sunset"] == "Tue, 01 Jun 2027 00:00:00 GMT"
    assert answer["Link"] == '</api/v1/things/new/>; rel="successor-version"'
    assert "Deprecation" not in Things.as_view({"get": "new"})(request)


def test_the_description_marks_it() -> None:
    router = SimpleRouter()
    router.register("things", Things, basename="thing")
    paths = SchemaGenerator(patterns=router.urls).get_schema(request=None, public=True)["paths"]
    marked = {path: one["get"].get("deprecated", False) for path, one in paths.items()}
    assert marked == {"/things/old/": True, "/things/new/": False}
