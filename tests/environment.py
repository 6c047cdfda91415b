"""The environment that tests run in; a pytest plugin, since it must be there before settings are read."""

import gc
import os
import shutil
import sys
import tempfile

# Nothing a test writes may land in the developer's var/.
VAR_DIR = tempfile.mkdtemp(prefix="dashboard-tests-")
os.environ["SCANS_VAR_DIR"] = VAR_DIR
os.mkdir(os.path.join(VAR_DIR, "static"))  # whitenoise wants its folder
os.environ["SCANS_CONNECT_TIMEOUT_SECONDS"] = "3"
os.environ["SCANS_LOG_LEVEL"] = "WARNING"
# A test may stand still in its transaction for longer than a process of the product may.
os.environ["PGOPTIONS"] = ""
# The developer's own choices must not change what is tested.
for name in ("ALLOWED_HOSTS", "SCANS_ALLOWED_TARGETS", "SECRET_KEY", "SCANS_HTTPS", "DEBUG", "PORT"):
    os.environ.pop(name, None)
# Whatever the machine says, code is compiled once and kept, not anew in each of the processes that tests start.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


def pytest_configure() -> None:
    """Let the processes that tests start have the settings' own PGOPTIONS: frozen, they must not keep their locks."""
    os.environ.pop("PGOPTIONS", None)  # the settings have been read


def pytest_collection_finish() -> None:
    """Spare the garbage collector what is there to stay: modules and all the tests, looked through over and over."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """Remove what the tests wrote."""
    shutil.rmtree(VAR_DIR, ignore_errors=True)
