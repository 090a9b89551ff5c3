"""Several programs at once get answers, every one of them (`make load` asks for longer and measures)."""

from __future__ import annotations

import pytest
from pytest_django.live_server_helper import LiveServer

from benchmarks.load import PATHS, load
from tests.reports.test_client import static_files, token  # noqa: F401


@pytest.mark.django_db(transaction=True)
def test_nothing_fails(token: str, live_server: LiveServer) -> None:  # noqa: F811
    took, failed = load(live_server.url, token, clients=3, seconds=3)
    assert failed == []
    assert len(took) >= 3  # each client at least once
    # The control: what is refused is counted as failed.
    took, failed = load(live_server.url, "none", clients=1, seconds=0.5)
    assert len(failed) == len(took) > 0
    assert failed[0] == f"{PATHS[0]}: 401"
