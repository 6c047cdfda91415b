"""The environment that tests run in; a pytest plugin, since it must be there before settings are read."""

import os
import shutil
import tempfile

# Nothing a test writes may land in the developer's var/.
VAR_DIR = tempfile.mkdtemp(prefix="dashboard-tests-")
os.environ["SCANS_VAR_DIR"] = VAR_DIR
os.mkdir(os.path.join(VAR_DIR, "static"))  # whitenoise wants its folder
os.environ["SCANS_CONNECT_TIMEOUT_SECONDS"] = "3"
os.environ["SCANS_LOG_LEVEL"] = "WARNING"
# The developer's own choices must not change what is tested.
for name in ("ALLOWED_HOSTS", "SCANS_ALLOWED_TARGETS", "SECRET_KEY", "SCANS_HTTPS", "DEBUG", "PORT"):
    os.environ.pop(name, None)


def pytest_unconfigure() -> None:
    """Remove what the tests wrote."""
    shutil.rmtree(VAR_DIR, ignore_errors=True)
