"""Imports: a file is read, reviewed, put right, applied in one transaction, and can be taken back for a day."""

from personnel.services.imports.applying import import_apply
from personnel.services.imports.files import imports_forget, marked_copy, read_upload, template_file
from personnel.services.imports.jobs import IN_REQUEST, due_jobs, import_job_run, import_queue
from personnel.services.imports.reviewing import (
    import_discard,
    import_fix,
    import_leave_out,
    import_map,
    import_start,
)
from personnel.services.imports.undoing import import_undo

__all__ = [
    "IN_REQUEST",
    "due_jobs",
    "import_apply",
    "import_discard",
    "import_fix",
    "import_job_run",
    "import_leave_out",
    "import_map",
    "import_queue",
    "import_start",
    "import_undo",
    "imports_forget",
    "marked_copy",
    "read_upload",
    "template_file",
]
