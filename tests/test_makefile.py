"""The Makefile sets up one thing at a time, and calls a Python that cannot do it what it is.

Each test has a machine of its own: a folder with the Makefile, and a PATH with nothing but a few tools and stand-ins
for Python and apt-get, which write down when they begin and end.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
FILES = ["Makefile", "requirements.lock", "requirements-dev.lock", "scans/engines/wapiti/driver/requirements.lock"]
TOOLS = "sh make flock awk grep head tail touch mkdir rm sleep cat chmod".split()

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not shutil.which("flock"), reason="requires flock, as Debian has it"),
]

APT_GET = """#!/bin/sh
echo "begin apt-get $*" >> "$LOG"; sleep 0.2
case "$*" in *-venv*) touch "$HOME/ensurepip";; *chromium*) ln_="$HOME/bin/chromium-headless-shell"
    printf '#!/bin/sh\\n' > "$ln_"; chmod +x "$ln_";; esac
echo "end apt-get $*" >> "$LOG"
"""

# A Debian Python: without ensurepip until its package is installed.
PYTHON = """#!/bin/sh
case "$*" in
    *ensurepip*) [ -e "$HOME/ensurepip" ];;
    *base_prefix*) exit 0;;
    "-m venv "*) echo "begin venv $3" >> "$LOG"; sleep 0.2; mkdir -p "$3/bin"
        cat "$HOME/environment" > "$3/bin/python"; chmod +x "$3/bin/python"
        sleep 0.1; touch "$3/bin/pip"; chmod +x "$3/bin/pip"; echo "end venv $3" >> "$LOG";;
    *) exec REAL "$@";;
esac
"""

ENVIRONMENT = """#!/bin/sh
case "$*" in
    *"pip install"*) echo "begin pip $0" >> "$LOG"; sleep 0.2; echo "end pip $0" >> "$LOG";;
esac
"""


class Machine:
    """A folder to run make in, and what the stand-ins wrote down there."""

    def __init__(self, home: Path):
        self.home, self.log = home, home / "log"
        for file in FILES:
            (home / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, home / file)
        (home / "bin").mkdir()
        for tool in TOOLS:
            (home / "bin" / tool).symlink_to(shutil.which(tool))
        self.program("python3", PYTHON.replace("REAL", sys.executable))
        self.program("apt-get", APT_GET)
        self.program("id", "#!/bin/sh\necho 0\n")  # root
        (home / "environment").write_text(ENVIRONMENT)
        self.log.touch()

    def program(self, name: str, text: str) -> Path:
        path = self.home / "bin" / name
        path.unlink(missing_ok=True)
        path.write_text(text)
        path.chmod(0o755)
        return path

    def start(self, *arguments: str) -> subprocess.Popen:
        environment = {"PATH": str(self.home / "bin"), "HOME": str(self.home), "LOG": str(self.log)}
        command = [str(self.home / "bin" / "make"), *arguments]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        return subprocess.Popen(command, cwd=self.home, env=environment, **streams)

    def make(self, *arguments: str) -> tuple[int, str]:
        """The exit code and everything said."""
        process = self.start(*arguments)
        said, _ = process.communicate(timeout=60)
        return process.returncode, said

    def happened(self, what: str) -> list[str]:
        """What began with these words, in order; fails the test if two such things overlap."""
        events = [line for line in self.log.read_text().splitlines() if re.match(rf"(begin|end) ({what})", line)]
        begun, ended = events[::2], events[1::2]
        assert [line.removeprefix("begin ") for line in begun] == [line.removeprefix("end ") for line in ended], events
        return [line.removeprefix("begin ") for line in begun]

    def was_set_up_once(self) -> None:
        assert sorted(self.happened("venv")) == ["venv .engine", "venv .venv"]
        installed = [line.split()[-1] for line in self.happened("apt-get") if " install " in line]
        version = "python{}.{}-venv".format(*sys.version_info)
        assert sorted(installed) == ["chromium-headless-shell", version]
        for environment in (".venv", ".engine"):
            assert len(self.happened(f"pip {environment}")) == 1


@pytest.fixture
def machine(tmp_path) -> Machine:
    return Machine(tmp_path)


def test_setup_installs_everything_once_and_one_at_a_time(machine):
    code, said = machine.make("setup")
    assert code == 0, said
    machine.was_set_up_once()
    assert machine.make("setup") == (0, "")
    machine.was_set_up_once()


def test_so_does_a_make_with_many_jobs(machine):
    code, said = machine.make("--jobs=8", "setup", ".venv/.product", "engine", "chromium")
    assert code == 0, said
    machine.was_set_up_once()


def test_so_do_several_makes_at_the_same_time(machine):
    makes = [machine.start("setup"), machine.start("setup"), machine.start("--jobs=3", "setup", "engine")]
    for make in makes:
        said, _ = make.communicate(timeout=60)
        assert make.returncode == 0, said
    machine.was_set_up_once()


def test_what_tests_need_is_installed_after_the_product(machine):
    code, said = machine.make("--jobs=4", ".venv/.development", "engine", "chromium")
    assert code == 0, said
    assert len(machine.happened("pip .venv")) == 2 and len(machine.happened("pip .engine")) == 1


@pytest.mark.parametrize(
    ("python", "says"),
    [
        ("#!/nowhere/interpreter\n", "cannot be run: not found"),
        ("#!/bin/sh\necho 'error while loading shared libraries: libpython3.so' >&2; exit 127\n", "libpython3.so"),
        (
            "#!/bin/sh\necho 'pyenv: python3.12: command not found' >&2; echo 'see pyenv help' >&2; exit 127\n",
            "pyenv: ",
        ),
        ("#!/bin/sh\nkill -SEGV $$\n", "cannot be run: "),
        ("#!/bin/sh\nexit 3\n", "cannot be run: it ended with code 3"),
        (
            "#!/bin/sh\nprintf 'Traceback (most …):\\n  File x\\nImportError: no encodings\\n' >&2; exit 1\n",
            "cannot be run: ImportError: no encodings",
        ),
        ("#!/bin/sh\necho 'Python 3.9'\n", "is Python 3.9, and 3.11 or newer is needed"),
        ("#!/bin/sh\necho 'Python 2.7'\n", "is Python 2.7, and 3.11 or newer is needed"),
        ("#!/bin/sh\necho perl\n", "is no Python: it answers “perl”"),
    ],
    ids=["interpreter", "library", "shim", "signal", "code", "traceback", "old", "very old", "other"],
)
def test_a_python_that_cannot_do_it_is_called_what_it_is(machine, python, says):
    path = machine.program("odd", python)
    code, said = machine.make("setup", f"PYTHON={path}")
    assert code and f"{path} " in said and says in said
    assert "make setup PYTHON=" in said and machine.happened("apt-get|venv") == []
    assert said.count(str(path)) == 1


def test_a_python_that_was_built_without_ensurepip_is_called_so_and_not_one_without_a_package(machine):
    text = "#!/bin/sh\ncase \"$*\" in *ensurepip*|*base_prefix*) exit 1;; *) echo 'Python 3.12';; esac\n"
    code, said = machine.make("setup", f"PYTHON={machine.program('odd', text)}")
    assert code and "odd (Python 3.12) runs, but was built without venv and ensurepip" in said
    assert "install the package" not in said and machine.happened("venv") == []


def test_a_missing_python_is_named(machine):
    code, said = machine.make("setup", "PYTHON=/nowhere/python3")
    assert code and "/nowhere/python3 cannot be run" in said


def test_without_a_new_enough_python_the_ones_that_were_found_are_named(machine):
    machine.program("python3", '#!/bin/sh\ncase "$*" in *exit*) exit 1;; *) echo 3.9;; esac\n')
    code, said = machine.make("setup")
    assert code and "Python 3.11 or newer is needed" in said and "python3 is 3.9" in said


def test_without_root_a_missing_package_is_named_and_nothing_is_installed(machine):
    machine.program("id", "#!/bin/sh\necho 1000\n")
    code, said = machine.make("setup")
    version = "{}.{}".format(*sys.version_info)
    assert code and f"python3 (Python {version}) runs, but cannot make virtual environments" in said
    assert f"install the package python{version}-venv" in said and machine.happened("apt-get|venv") == []


def test_a_package_that_changes_nothing_is_not_taken_for_a_success(machine):
    machine.program("apt-get", "#!/bin/sh\nexit 0\n")
    code, said = machine.make("setup")
    assert code and "runs, but cannot make virtual environments" in said and machine.happened("venv") == []


@pytest.mark.parametrize("broken", ["#!/nowhere/python\n", "#!/bin/sh\nexit 1\n"], ids=["removed", "replaced"])
def test_an_environment_whose_python_is_gone_is_named_with_what_to_do(machine, broken):
    machine.make("setup")
    (machine.home / ".venv/bin/python").write_text(broken)
    code, said = machine.make("setup")
    assert code and "The Python of .venv cannot be run any more" in said and "make clean setup" in said
    assert machine.make("clean", "setup")[0] == 0
