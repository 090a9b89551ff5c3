"""Pages of the personnel file: parse, one selector or service, render."""

from personnel.views.people import people
from personnel.views.record import person

__all__ = ["people", "person"]
