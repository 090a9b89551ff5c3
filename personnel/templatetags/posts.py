"""Posts in words, for pages of apps that know posts by their codes alone."""

from __future__ import annotations

from django import template

from personnel.models import PlacementKind, PostTitle

register = template.Library()


@register.filter
def post_title(code: str) -> str:
    """The name of a post in the reader's language; a code that is none stays as it is."""
    return str(PostTitle(code).label) if code in PostTitle.values else code


@register.filter
def away_kind(code: str) -> str:
    """The name of a way of being away in the reader's language; a code that is none stays as it is."""
    return str(PlacementKind(code).label) if code in PlacementKind.values else code
