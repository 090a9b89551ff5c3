"""Files whose time is over: which they are, deleting them by two people, and the certificate (docs/decisions/0055)."""

from cwms.retention.due import HOLDS, Due, files_due, files_due_for_system, holds_of

__all__ = ["HOLDS", "Due", "files_due", "files_due_for_system", "holds_of"]
