"""The command line against the running product: real engine, real sites, exit codes that mean something."""

import json
import subprocess
from uuid import uuid4

import pytest

from scans.engines.base import Job
from scans.engines.process import environment
from scans.engines.wapiti.adapter import WapitiEngine, command_line
from scans.engines.wapiti.report import read_report
from tests.sites.datasette import datasette
from tests.sites.serving import free_port

pytestmark = [pytest.mark.engine, pytest.mark.timeout(400), pytest.mark.together("product")]


def submit(product, *arguments):
    answer = product.manage("submit", "--name", f"From a test {uuid4().hex[:8]}", *arguments)
    return answer.returncode, answer.stdout, answer.stderr


def test_submit_and_wait_prints_each_change_and_ends_with_0(waited_for):
    assert waited_for.returncode == 0, waited_for.stderr
    labels = ["Submitted", "Prescanning", "Scheduled", "Queued", "In Progress", "Completed - Verifying Results"]
    places = [waited_for.stdout.index(label) for label in [*labels, "Completed - Results Available"]]
    assert places == sorted(places)


def test_findings_at_the_level_end_with_1_and_json_holds_everything(product):
    code, out, err = submit(product, product.demo_url, "--wait", "--fail-on", "high", "--json")
    assert code == 1, err
    data = json.loads(out)
    assert data["status"] == "completed_results_available" and data["counts"]["critical"] >= 2
    assert {finding["replay"] for finding in data["findings"]} >= {"confirmed"}
    assert data["log"][0]["to_status"] == "completed_results_available"
    assert product.show(data["id"])["findings"] == data["findings"]


def test_a_site_that_is_down_ends_with_2(product):
    code, out, err = submit(product, f"http://127.0.0.1:{free_port()}/", "--wait")
    assert code == 2 and "Connection Error" in out and "All Verifications Failed" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["ftp://127.0.0.1/"], "http"),
        (["http://somebody-else.example/"], "is not allowed"),
        (["http://169.254.169.254/"], "never scanned"),
        (["http://127.0.0.1:1/", "http://127.0.0.1:1"], "the same target"),
        (["http://127.0.0.1:1/", "--duration", "90x"], "duration"),
        (["http://127.0.0.1:1/", "--start", "2001-01-01T00:00"], "past"),
        (["http://127.0.0.1:1/", "--publish", "never"], "publish"),
        (["http://127.0.0.1:1/", "--user", "nobody-at-all"], "no active user"),
    ],
)
def test_a_refusal_ends_with_3_and_says_why(product, arguments, says):
    answer = product.ask("submit", "--name", "To be refused", *arguments)
    assert answer.returncode == 3 and says in answer.stderr.lower()


def test_the_dashboard_itself_is_never_scanned(product):
    code, _, err = submit(product, product.url)
    assert code == 3 and "dashboard itself" in err


def test_a_real_application_is_scanned_as_the_engine_alone_scans_it(product, settings, tmp_path):
    with datasette() as url:
        code, out, err = submit(product, url, "--wait", "--json", "--depth", "1")
        data = json.loads(out)
        assert code == 0, data["log"]
        by_hand = scan_by_hand(url, settings, tmp_path)
    through_the_product = {
        (weakness["category"], f["method"], f["url"], f["parameter"], weakness["module"], f["info"])
        for weakness in data["findings"]
        for f in weakness["places"]
    }
    assert by_hand and through_the_product == by_hand


def scan_by_hand(url, settings, tmp_path):
    """What Wapiti's own command finds with the options that the product uses."""
    assert WapitiEngine(settings.SCANS_ENGINE_PYTHON).preflight().ok
    (tmp_path / "tmp").mkdir()
    job = Job(url=url, directory=tmp_path, resolve={"127.0.0.1": ("127.0.0.1",)}, depth=1)
    command = command_line(job, settings.SCANS_ENGINE_PYTHON)
    subprocess.run(command, env=environment(tmp_path), cwd=tmp_path, check=True, capture_output=True, timeout=300)
    findings = read_report(tmp_path / "report.json").findings
    return {(f.category, f.method, f.url, f.parameter, f.module, f.info) for f in findings}
