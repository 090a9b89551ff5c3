"""Pages of units: parse, one selector or service, render."""

from organization.views.announcements import announcement_stop, announcements
from organization.views.exports import exports
from organization.views.loading import load
from organization.views.units import close, correct, facts, merge, move, rename, split, unit, unit_new, units, upgrade

__all__ = [
    "announcement_stop",
    "announcements",
    "close",
    "correct",
    "exports",
    "facts",
    "load",
    "merge",
    "move",
    "rename",
    "split",
    "unit",
    "unit_new",
    "units",
    "upgrade",
]
