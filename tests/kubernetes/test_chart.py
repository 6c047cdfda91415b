"""The Helm chart renders to manifests that Kubernetes takes, and that keep what docs/kubernetes.md promises."""

import json
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PYTHON = ROOT / ".charts/bin/python"
pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not PYTHON.exists(), reason="no .charts: make .charts/.installed"),
]
PLAIN = {"existingSecret": "scans", "settings": {"SCANS_S3_BUCKET": "bucket"}}
OFFICE = {"queue": "scans", "zones": ["office", "lab"], "replicas": 3, "autoscaling": {"min": 0, "max": 5}}
VALUES = {
    "plain": PLAIN,
    "folder": {"existingSecret": "scans", "files": {"existingClaim": "shared"}},
    "keda": PLAIN | {"autoscaling": {"by": "keda"}, "workers": [OFFICE | {"name": "office"}]},
    "hpa": PLAIN | {"autoscaling": {"by": "hpa"}, "ingress": {"enabled": True}, "serviceMonitor": {"enabled": True}},
    "no storage": {"existingSecret": "scans"},
    "other autoscaling": PLAIN | {"autoscaling": {"by": "magic"}},
}
# Kinds of the KEDA and Prometheus operators, whose schemas are not published with those of Kubernetes.
WITHOUT_SCHEMA = {"ScaledObject", "ServiceMonitor"}


@pytest.fixture(scope="module")
def told():
    """What came of each of VALUES, and what lint says."""
    asked = json.dumps(list(VALUES.values()))
    command = [PYTHON, "-m", "tests.kubernetes.render"]
    done = subprocess.run(command, cwd=ROOT, input=asked, capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout)
    return answer | {"rendered": dict(zip(VALUES, answer["rendered"], strict=True))}


@pytest.fixture(scope="module")
def manifests(told):
    """A function: the manifests of one of VALUES, perhaps of one kind."""

    def of(name, kind=""):
        found = [each["manifest"] for each in told["rendered"][name]["manifests"]]
        return [each for each in found if not kind or each["kind"] == kind]

    return of


def pods(manifests):
    """The pod templates among some manifests."""
    return [each["spec"]["template"]["spec"] for each in manifests if each["kind"] in ("Deployment", "Job")]


def test_helm_finds_nothing_wrong(told):
    assert told["lint"]["errors"] == []


@pytest.mark.parametrize("name", [name for name in VALUES if name not in ("no storage", "other autoscaling")])
def test_every_manifest_keeps_to_the_schemas_of_kubernetes(told, name):
    found = told["rendered"][name]["manifests"]
    assert len(found) > 10
    assert {each["manifest"]["kind"] for each in found if each["problems"] is None} <= WITHOUT_SCHEMA
    assert [(each["manifest"]["kind"], each["problems"]) for each in found if each["problems"]] == []


@pytest.mark.parametrize(("name", "reason"), [("no storage", "SCANS_S3_BUCKET"), ("other autoscaling", "keda")])
def test_values_that_cannot_work_are_refused_with_what_to_set(told, name, reason):
    assert reason in told["rendered"][name]["refused"]


def test_every_container_is_locked_down_and_bounded(manifests):
    for pod in pods(manifests("plain")):
        assert pod["securityContext"]["runAsNonRoot"] and not pod["automountServiceAccountToken"]
        for container in [*pod["containers"], *pod.get("initContainers", [])]:
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"] and not security["allowPrivilegeEscalation"]
            assert security["capabilities"] == {"drop": ["ALL"]}
            assert {"requests", "limits"} <= container["resources"].keys()
            assert {mount["mountPath"] for mount in container["volumeMounts"]} >= {"/tmp", "/browser"}


def test_the_browser_has_no_secret_and_none_of_the_files(manifests):
    sidecars = [each for pod in pods(manifests("plain")) for each in pod.get("initContainers", [])]
    assert len(sidecars) == 3
    for browser in sidecars:
        assert "envFrom" not in browser and browser["securityContext"]["runAsUser"] != 999
        assert "/data" not in {mount["mountPath"] for mount in browser["volumeMounts"]}


def test_the_users_are_those_of_the_image():
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert "--uid 999" in dockerfile and "--uid 998" in dockerfile


def test_two_schedulers_run_and_workers_have_time_to_save_a_session(manifests):
    deployments = {each["metadata"]["name"]: each["spec"] for each in manifests("plain", "Deployment")}
    assert deployments["demo-scheduler"]["replicas"] == 2
    assert deployments["demo-scans"]["template"]["spec"]["terminationGracePeriodSeconds"] >= 60


def test_workers_serve_the_zones_that_are_named(manifests):
    (worker,) = [each for each in manifests("keda", "Deployment") if each["metadata"]["name"] == "demo-office"]
    assert "replicas" not in worker["spec"], "the autoscaler decides"
    arguments = worker["spec"]["template"]["spec"]["containers"][0]["args"]
    assert arguments[2:] == ["run_worker", "--queue=scans", "--zone=office", "--zone=lab"]


def test_keda_asks_for_a_worker_for_each_scan_that_runs_or_waits(manifests):
    (scaled,) = manifests("keda", "ScaledObject")
    spec = scaled["spec"]
    assert (spec["scaleTargetRef"]["name"], spec["minReplicaCount"], spec["maxReplicaCount"]) == ("demo-office", 0, 5)
    (trigger,) = spec["triggers"]
    assert trigger["type"] == "prometheus" and trigger["metadata"]["threshold"] == "1"
    assert 'scans_queue_length{kind="scans",zone=~"office|lab"}' in trigger["metadata"]["query"]
    assert 'scans_running{zone=~"office|lab"}' in trigger["metadata"]["query"]


def test_every_deployment_has_a_budget_of_disruptions(manifests):
    budgets = {each["metadata"]["name"] for each in manifests("plain", "PodDisruptionBudget")}
    assert budgets == {each["metadata"]["name"] for each in manifests("plain", "Deployment")}


def test_migrations_run_before_anything_else_does(manifests):
    (job,) = manifests("plain", "Job")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert job["spec"]["template"]["spec"]["containers"][0]["args"] == ["python", "manage.py", "first_run"]


def test_a_claim_is_mounted_where_files_are_shared(manifests):
    for pod in pods(manifests("folder")):
        (data,) = [volume for volume in pod["volumes"] if volume["name"] == "data"]
        assert data["persistentVolumeClaim"]["claimName"] == "shared"
