"""Known weaknesses of what is locked: `python -m tests.audit` (make audit).

pip-audit asks the package index about every locked package. Ends with 1 if it knows a weakness of one, and with 0 if it
knows none. Where no index of weaknesses answers, as on a machine without internet, it says so and ends with 0: the
build must work there too.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from tempfile import NamedTemporaryFile

ROOT = Path(__file__).resolve().parent.parent
LOCKS = (
    "requirements.lock",
    "requirements-s3.lock",
    "scans/engines/wapiti/driver/requirements.lock",
    "requirements-dev.lock",
)
PATIENCE = 180  # seconds for one lock
# --disable-pip: the locks name everything, so nothing has to be resolved or downloaded.
PIP_AUDIT = "-m pip_audit --require-hashes --disable-pip --timeout 10 --progress-spinner off --format json -r".split()


def main() -> None:
    """Audit each lock, say what came of it, and end with the exit code."""
    if not index_answers():
        print("NOT AUDITED: no index of known weaknesses answers here.")
        return
    sys.exit(max(judge(lock, answer_about(lock)) for lock in LOCKS))


def index_answers() -> bool:
    """Whether the index knows the first package of the product, so that nothing waits for 200 answers in vain."""
    first = re.split(r"\n(?=\w)", (ROOT / LOCKS[0]).read_text())[0]
    with NamedTemporaryFile("w", suffix=".lock") as lock:
        lock.write(first)
        lock.flush()
        return any("vulns" in package for package in answer_about(lock.name) or [])


def answer_about(lock: str) -> list[dict] | None:
    """What the index says of each package of a lock; nothing if it does not answer."""
    command = [sys.executable, *PIP_AUDIT, lock]
    try:
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
        return json.loads(ended.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError):
        return None


def judge(lock: str, packages: list[dict] | None) -> int:
    """Say what is known of the packages of a lock. Returns the exit code."""
    known = [package for package in packages or [] if "vulns" in package]
    if not known:
        print(f"{lock}: NOT AUDITED: no index of known weaknesses answered in time.")
        return 0
    weak = [package for package in known if package["vulns"]]
    for package in weak:
        for weakness in package["vulns"]:
            fixed = ", ".join(weakness["fix_versions"]) or "no version"
            print(f"{lock}: {package['name']} {package['version']}: {weakness['id']}; fixed in {fixed}")
    unknown = [package["name"] for package in packages if "vulns" not in package]
    not_audited = f"; the index does not know {', '.join(unknown)}" if unknown else ""
    print(f"{lock}: {len(known)} packages audited, {len(weak)} with known weaknesses{not_audited}.")
    return 1 if weak else 0


if __name__ == "__main__":
    main()
