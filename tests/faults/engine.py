"""An engine that scans for some seconds, finds the same in each scan, and continues where it was when it is resumed."""

import json
import os
from pathlib import Path

from scans.engines.base import Job
from scans.engines.events import FindingReported, LogLine, Progress, Severity, Started, UrlCrawled
from scans.engines.process import EngineProcess
from tests.engines.fake.adapter import FakeEngine, Step

FINDINGS = 3  # of each scan that comes to its end
SECONDS = float(os.environ.get("FAULTS_SCAN_SECONDS", "6"))
TWICE = Path(os.environ.get("FAULTS_LOCKS", ".")).absolute()
SECTIONS = {name: {} for name in ("classifications", "vulnerabilities", "anomalies", "additionals")}


class SteadyEngine(FakeEngine):
    """Plays one story about whatever it is to scan. A second process for the same scan at the same time is noted."""

    def start(self, job: Job) -> EngineProcess:
        """Start the story, or what is left of it."""
        self.script = _story(job)
        return super().start(job)


def _story(job: Job) -> list[Step]:
    pause = {"do": "run", "seconds": SECONDS / (FINDINGS + 1)}
    steps: list[Step] = [
        {"do": "alone", "lock": str(TWICE / job.directory.name)},
        Started(engine="Steady", version="1"),
        _progress(0),  # also of one that is resumed at its end: a scan without any answer is no complete one
        {"do": "run", "seconds": 0.4},
        {"do": "keep_place"},
        UrlCrawled(method="GET", url=job.url, status=200),
        pause,
    ]
    for number in range(FINDINGS):
        steps += [
            _finding(job.url, number),
            LogLine(level="info", text=f"found number {number}"),
            UrlCrawled(method="GET", url=f"{job.url}/{number}", status=200),
            _progress(number + 1),
            pause,
        ]
    infos = {"target": job.url, "version": "1", "crawled_pages_nbr": FINDINGS}
    return [*steps, {"do": "say_again"}, {"do": "report", "text": json.dumps({**SECTIONS, "infos": infos})}]


def _progress(done: int) -> Progress:
    return Progress(
        phase="attack",
        requests=10,
        responses={"2xx": 10},
        urls_crawled=done,
        modules_done=done,
        modules_total=FINDINGS,
    )


def _finding(url: str, number: int) -> FindingReported:
    parameter, path = f"q{number}", "/" + url.split("/", 3)[3]
    attack = f"{path}?{parameter}=%3Cscript%3Ealert%28{number}%29%3C%2Fscript%3E"
    host = url.split("/")[2]
    return FindingReported(
        category="Reflected Cross Site Scripting",
        severity=Severity.MEDIUM,
        method="GET",
        url=url,
        parameter=parameter,
        module="xss",
        info=f"XSS vulnerability found via injection in the parameter {parameter}",
        http_request=f"GET {attack} HTTP/1.1\nhost: {host}\n\n",
    )
