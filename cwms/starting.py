"""Starting beside the preparation: a program is read meanwhile, and does nothing until the database is ready.

`make run` prepares the database and starts web and worker at once. Reading the program takes each of them seconds, and
needs nothing that is prepared; what follows needs all of it.
"""

from __future__ import annotations

import os

PREPARED = "CWMS_PREPARED_FD"  # the reading end of a pipe; whoever prepares closes the other


def wait_until_prepared() -> None:
    """Returns when the preparation is done; at once where nobody prepares beside this process."""
    given = os.environ.pop(PREPARED, "")  # children have not to wait
    if given:
        with os.fdopen(int(given), "rb") as told:
            told.read()


class Preparation:
    """What processes that start meanwhile wait for. One whose preparation failed is to be ended before it is closed."""

    def __init__(self) -> None:
        self.told, self._writer = os.pipe()

    def done(self) -> None:
        os.close(self.told)
        os.close(self._writer)
