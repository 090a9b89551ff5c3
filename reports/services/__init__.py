"""What reports write: exports, and the figures that are kept."""

from reports.services.exports import breakdown_export
from reports.services.rollups import Difference, rollups_check, rollups_keep
from reports.services.tables import table_export

__all__ = ["Difference", "breakdown_export", "rollups_check", "rollups_keep", "table_export"]
