"""FakeEngine: a real process that plays a given script, so that every way a process can end can be had."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scans.engines.base import Event, Job, Preflight, Report
from scans.engines.process import EngineProcess
from scans.engines.wapiti.report import read_report
from scans.engines.wire import event_to_line

PLAYER = Path(__file__).parent / "player.py"

Step = Event | Mapping[str, Any]


class FakeEngine:
    """base.Engine that plays `script`: events to say, and the steps that player.py knows, in their order.

    Its report is read with Wapiti's reader; a script writes one with {"do": "report", "text": …}.
    """

    name = "Fake (simulates, sends no request)"

    def __init__(self, script: Sequence[Step] = ({"do": "run", "seconds": 1},), preflight: Preflight | None = None):
        self.script = script
        self._preflight = preflight or Preflight(version="1")

    def preflight(self) -> Preflight:
        """What it was made with; ready by default."""
        return self._preflight

    def start(self, job: Job) -> EngineProcess:
        """Start playing; raises OSError."""
        steps = [dict(step) if isinstance(step, Mapping) else json.loads(event_to_line(step)) for step in self.script]
        job.directory.mkdir(parents=True, exist_ok=True)
        (job.directory / "script.json").write_text(json.dumps(steps))
        return EngineProcess([sys.executable, "-I", str(PLAYER)], job)

    def read_report(self, directory: Path) -> Report:
        """The report that the script wrote; raises base.ReportError."""
        return read_report(directory / "report.json")
