"""Wapiti as an engine of ours: which options it is run with, whether it can run, starting it.

A scan runs Wapiti's own command line inside the driver, so it finds what the same command finds by
hand. For a job with default options on http://site.example/ that command is

    wapiti -u http://site.example/ --scope folder -d 20 -S normal --tasks 6 -t 10.0 --verify-ssl 1
      -m backup,cookieflags,…,xxe --endpoint http://127.0.0.1:9/ --dns-endpoint 127.0.0.1 --no-bugreport -v 0
      --store-session DIRECTORY/session --store-config DIRECTORY/config -f json -o DIRECTORY/report.json

with PYTHONHASHSEED=0; `command_line` gives it in full. Release 3.3 by hand runs the modules in the order in which the
disk lists their files; the driver runs them in the order of the option, as release 3.2 does.
"""

import json
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from scans.engines.base import USER_AGENT, Job, Preflight, Report
from scans.engines.process import EngineProcess, environment
from scans.engines.wapiti.report import read_report
from scans.engines.wapiti.traits import completed

DRIVER = Path(__file__).parent / "driver" / "driver.py"
PREFLIGHT_SECONDS = 60  # two or three are normal, many times that while scans keep the machine busy

# Wapiti's modules that need nothing but the target. Left out: nikto, htp, wapp and takeover (data from
# the internet; takeover asks public DNS), log4shell (a name server of ours), ssl (runs sslscan, which
# would connect on its own), https_redirect (connects to another port), brute_login_form and buster
# (thousands of guesses), and cms, wp_enum, network_device and printer (for particular products).
MODULES = (
    "backup cookieflags crlf csp csrf exec file htaccess http_headers ldap methods permanentxss redirect shellshock "
    "spring4shell sql ssrf timesql upload xss xxe"
).split()


def scope_of(url: str) -> str:
    """Return the address that bounds a scan of `url`: Wapiti's scope "folder" is every address starting with it.

    For http://h/app/ that is the folder itself. For http://h/app/index.php it would be that page alone, so if the last
    part looks like a file, the folder around it bounds the scan.
    """
    parts = urlsplit(url)
    folder, _, last = parts.path.rpartition("/")
    path = f"{folder}/" if "." in last else parts.path or "/"
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def options(job: Job) -> list[str]:
    """Return Wapiti's command line options for a job."""
    scope, directory = scope_of(job.url), job.directory.absolute()
    # The login's user agent; without a login, Wapiti claims to be an old Firefox. A given one is a secret: the driver
    # replaces ours with it.
    is_given = any(name.lower() == "user-agent" for name, _ in job.headers)
    user_agent = USER_AGENT if is_given else job.session.user_agent if job.session else ""
    browser = ["-A", user_agent] if user_agent else []
    start = [] if scope in (job.url, f"{job.url}/") else ["-s", job.url]
    return [
        *("-u", scope, *start, "--scope", "folder", "-d", str(job.depth), "-S", "normal"),
        *browser,
        *("--tasks", str(job.requests_at_once)),
        *("-t", str(job.read_timeout_seconds), "--verify-ssl", str(int(job.tls_verify))),
        *("-m", ",".join(job.modules or MODULES)),
        *("--endpoint", "http://127.0.0.1:9/", "--dns-endpoint", "127.0.0.1", "--no-bugreport", "-v", "0"),
        *("--store-session", str(directory / "session"), "--store-config", str(directory / "config")),
        *("-f", "json", "-o", str(directory / "report.json")),
    ]


def command_line(job: Job, python: Path) -> list[str]:
    """Return the argv of the same scan run by hand, with the `wapiti` installed beside `python`."""
    return [str(python.parent / "wapiti"), *options(job)]


class WapitiEngine:
    """A base.Engine for Wapiti. `python` is the interpreter of the engine's own virtual environment."""

    name = "Wapiti"

    def __init__(self, python: Path):
        self.python = Path(python).absolute()  # the process runs in the job's directory

    def preflight(self) -> Preflight:
        """Start the driver to get its version. Takes a few seconds, on a busy machine up to a minute."""
        if not self.python.exists():
            return Preflight(problem="engine_not_installed", facts={"path": str(self.python)})
        with tempfile.TemporaryDirectory() as home:
            try:
                answer = subprocess.run(
                    [str(self.python), str(DRIVER), "--version"],
                    capture_output=True,
                    env=environment(Path(home)),
                    stdin=subprocess.DEVNULL,
                    timeout=PREFLIGHT_SECONDS,
                )
            except subprocess.TimeoutExpired:
                return Preflight(problem="engine_gives_no_answer", facts={"count": PREFLIGHT_SECONDS})
            except OSError as error:
                return _does_not_start(str(error.strerror))
        try:
            return Preflight(version=str(json.loads(answer.stdout.splitlines()[-1])["version"]))
        except (ValueError, KeyError, TypeError, IndexError):
            said = answer.stderr.decode("utf-8", "replace").strip().splitlines() or [f"exit code {answer.returncode}"]
            return _does_not_start(said[-1][:300])

    def installed(self) -> str:
        """Return name and version of what is installed, without starting it; empty if nothing is."""
        found = sorted(self.python.parent.parent.glob("lib/python*/site-packages/wapiti3-*.dist-info"))
        return f"{self.name} {found[-1].stem.partition('-')[2]}" if found and self.python.exists() else ""

    def start(self, job: Job) -> EngineProcess:
        """Start a scan, or continue the session in the job's directory. Raises OSError."""
        (job.directory / "session").mkdir(parents=True, exist_ok=True)
        return EngineProcess([str(self.python), str(DRIVER), *options(job)], job, complete=completed)

    def read_report(self, directory: Path) -> Report:
        """Read the report of a run that ended. Raises base.ReportError."""
        return read_report(directory / "report.json")


def _does_not_start(error: str) -> Preflight:
    return Preflight(problem="engine_does_not_start", facts={"error": error})
