"""The version of the product that this process runs."""

import re
from functools import cache
from hashlib import sha256
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_RELEASE = re.compile(r"^## \[(.+?)\]", re.MULTILINE)


@cache
def version() -> str:
    """Return the release, such as 0.4.0; between two releases with a mark of the code, such as 0.4.0+1f3a9c2.

    Reads the changelog, and between releases all code, once for each process.
    """
    newest, *earlier = [*_RELEASE.findall((_ROOT / "CHANGELOG.md").read_text()), "0"]
    if newest[0].isdigit():
        return newest
    code = sha256()
    for path in sorted(path for room in ("scans", "dashboard") for path in (_ROOT / room).rglob("*.py")):
        code.update(path.read_bytes())
    return f"{earlier[0]}+{code.hexdigest()[:7]}"
