"""The embedded broker: private, and what it was given is there after a kill."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from cwms.embedded.valkey import Broker


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    running = Broker(tmp_path / "valkey").start()
    yield running
    running.stop()


def client(broker: Broker) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(broker.socket))


def test_it_has_no_port_and_a_private_socket(broker: Broker) -> None:
    with client(broker) as connection:
        assert connection.config_get("port") == {"port": "0"}
        assert connection.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert broker.socket.parent.stat().st_mode & 0o777 == 0o700
    assert broker.url() == f"redis+socket://{broker.socket}"


def test_messages_outlive_the_broker(broker: Broker) -> None:
    with client(broker) as connection:
        connection.config_set("appendfsync", "always")
        connection.rpush("queue", "one", "two")
    broker.process.send_signal(signal.SIGKILL)
    broker.process.wait()
    broker.start()
    with client(broker) as connection:
        assert connection.lrange("queue", 0, -1) == [b"one", b"two"]


def test_stopped_is_stopped(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "valkey").start()
    broker.stop()
    assert broker.process.poll() == 0
    with client(broker) as connection, pytest.raises(redis.ConnectionError):
        connection.ping()


def test_a_deep_folder_gets_a_short_socket(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 4)
    assert len(str(Broker(deep).socket)) < 107
