"""docker-compose.yml: valid, whole, healthy by its own word, and without a password that somebody could know."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft201909Validator
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "tests/data/compose/compose_spec.json").read_text(encoding="utf-8"))
SECRET = re.compile(r"PASSWORD|SECRET|AUTH|_URL$", re.IGNORECASE)


@pytest.fixture
def compose() -> dict[str, Any]:
    return YAML(typ="safe").load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


def faults(document: dict[str, Any]) -> list[str]:
    return [error.message for error in Draft201909Validator(SCHEMA).iter_errors(document)]


def known_secrets(document: dict[str, Any]) -> list[str]:
    """Settings that hold a secret without asking the environment for it, or that ask with a default."""
    found = []
    for name, service in document["services"].items():
        for key, value in (service.get("environment") or {}).items():
            if SECRET.search(key) and not re.search(r"\$\{\w+:\?[^}]+\}", str(value)):
                found.append(f"{name}.{key}")
        text = json.dumps(service)
        found += [f"{name}: {default}" for default in re.findall(r"\$\{\w*(?:PASSWORD|SECRET)\w*:?-[^}]*\}", text)]
        found += [f"{name}: {given}" for given in re.findall(r"://\w*:(?!\$)[^@/\s]+@", text)]
    return found


def test_it_follows_the_schema(compose: dict[str, Any]) -> None:
    assert faults(compose) == []
    broken = copy.deepcopy(compose)
    broken["services"]["web"]["helthcheck"] = {}
    assert len(faults(broken)) == 1


def test_it_has_the_production_shape(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert set(services) == {"postgres", "redis", "prepare", "web", "worker", "beat"}
    assert [name for name, service in services.items() if "healthcheck" not in service] == ["prepare"]
    used = {volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])}
    assert set(compose["volumes"]) == {"database", "broker", "beat"} == {name for name in used if "/" not in name}
    assert all((ROOT / name).exists() for name in used if "/" in name)
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)


def test_web_and_workers_are_not_the_owner(compose: dict[str, Any]) -> None:
    for name in ("web", "worker", "beat"):
        environment = compose["services"][name]["environment"]
        assert environment["DATABASE_URL"].startswith("postgresql://cwms_app:")
        assert "CWMS_OWNER_DATABASE_URL" not in environment
        worker = environment.get("CWMS_WORKER_DATABASE_URL", "")
        assert (
            worker.startswith("postgresql://cwms_worker:")
            == (name != "web")
            == (environment.get("CWMS_DB_ROLE") == "worker")
        )
    assert compose["services"]["prepare"]["environment"]["CWMS_DB_ROLE"] == "owner"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("CWMS_SECRET_KEY", "changeme"),
        ("CWMS_SECRET_KEY", "${CWMS_SECRET_KEY:-changeme}"),
        ("DATABASE_URL", "postgresql://cwms_app:cwms@postgres/cwms"),
    ],
)
def test_no_password_is_known(compose: dict[str, Any], key: str, value: str) -> None:
    assert known_secrets(compose) == []
    broken = copy.deepcopy(compose)
    broken["services"]["web"]["environment"][key] = value
    assert known_secrets(broken) != []


def test_only_the_web_is_reached_and_only_from_this_machine(compose: dict[str, Any]) -> None:
    ports = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert ports == {"web": ["127.0.0.1:${PORT:-8000}:8000"]}
