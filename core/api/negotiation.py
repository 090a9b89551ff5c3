"""In which form an answer is sent."""

from __future__ import annotations

from collections.abc import Sequence

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.settings import api_settings


class Negotiation(DefaultContentNegotiation):
    """As always; whoever takes anything, as most programs do, is answered in the first form without comparing them all."""

    def select_renderer(  # type: ignore[override]  # DRF's types are narrower than what its views give
        self, request: Request, renderers: Sequence[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        anything = request.headers.get("Accept", "*/*") == "*/*"
        if anything and not format_suffix and not request.query_params.get(str(api_settings.URL_FORMAT_OVERRIDE)):
            return renderers[0], str(renderers[0].media_type)
        return super().select_renderer(request, renderers, format_suffix)
