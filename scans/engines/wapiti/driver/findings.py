# SPDX-License-Identifier: GPL-2.0-or-later
# The file LICENSE beside it has the terms.
"""The parts of a finding's event: its place as in the report, its identity, and the response that revealed it."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "shared"))

from places import address  # noqa: E402

LONGEST_BODY = 64 * 1024  # characters kept of the response that reveals a finding


def place(request, text, values):
    """Return path and query of a finding's place. `text` is the request as the report has it."""
    return address(request.method, request.file_path, text, values.get("parameter") or "", values["module"])


def key(request, text, values):
    """Return the key that events.identity hashes; equal for the same weakness at the same place."""
    parts = [values.get(name) or "" for name in ("category", "level", "parameter", "module", "info")]
    return request.method, place(request, text, values), *parts


def evidence(response, masked):
    """Return the response that revealed a finding, as fields of the event; masked before it is cut."""
    if response is None:
        return {}
    return {
        "evidence_status": response.status,
        "evidence_headers": list(response.headers.multi_items()),
        "evidence_body": masked(response.content)[:LONGEST_BODY],
    }
