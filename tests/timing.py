"""Seconds that a person waits: said by every run of the tests, held against the promise by `make bench` alone."""

from __future__ import annotations

import os

ALONE = bool(os.environ.get("CWMS_TIMED"))  # nothing else runs on this machine, so that a time means something


def took(what: str, seconds: float, most: float) -> None:
    """Say how long `what` took; fail above `most` seconds where the tests have the machine to themselves."""
    print(f"{what}: {seconds:.2f} s of {most:g} s")
    assert not ALONE or seconds <= most, f"{what} took {seconds:.2f} s, more than {most:g} s"
