"""Every code there is, with its sentence: the tables of this package together. {…} are the facts of a reason."""

from scans.reasons import (
    browser,
    engines,
    files,
    logins,
    notices,
    providers,
    refusals,
    replays,
    scanning,
    security,
    targets,
    weaknesses,
    webhooks,
)

TABLES = (
    scanning,
    notices,
    refusals,
    targets,
    logins,
    browser,
    engines,
    replays,
    security,
    providers,
    files,
    weaknesses,
    webhooks,
)
# `text` is somebody's own text, or an old one: it is shown as it is.
SENTENCES = {"text": "{text}", **{code: sentence for table in TABLES for code, sentence in table.SENTENCES.items()}}
