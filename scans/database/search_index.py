"""The index that Find asks: which texts hold which runs of three letters, in the way of each database.

SQLite has an FTS5 table over the kept texts, which triggers keep; PostgreSQL an index of an expression, with a
function of our own: no extension has to be allowed. Texts that hold all runs are looked at: what is found really
contains the words. Words of one or two letters are looked up as beginnings of runs.
"""
# ruff: noqa: S608 - statements of our own; what comes from outside is in their parameters

from collections import Counter
from functools import partial

from django.core.cache import caches

from scans.database.search_text import GRAM, grams

_TEXTS = "scans_analysissearch"
_SQLITE = {
    "scans_searchgrams": f"""
        CREATE VIRTUAL TABLE IF NOT EXISTS scans_searchgrams USING fts5(
            text, content='{_TEXTS}', content_rowid='analysis_id', tokenize='trigram case_sensitive 1',
            detail=none, columnsize=0)""",
    "scans_searchterms": """
        CREATE VIRTUAL TABLE IF NOT EXISTS scans_searchterms USING fts5vocab('scans_searchgrams', 'instance')""",
}
_ADD = "INSERT INTO scans_searchgrams (rowid, text) VALUES (NEW.analysis_id, NEW.text);"
_DROP = "INSERT INTO scans_searchgrams (scans_searchgrams, rowid, text) VALUES ('delete', OLD.analysis_id, OLD.text);"
_SQLITE_TRIGGERS = {"insert": _ADD, "update": _DROP + _ADD, "delete": _DROP}
# Reading a text is expensive, compared with the index: the planner is told, lest it reads them all. Not PARALLEL SAFE:
# to start processes takes longer than to answer.
_FUNCTION = f"""
    CREATE OR REPLACE FUNCTION scans_grams(text) RETURNS tsvector LANGUAGE sql IMMUTABLE COST 1000 AS $$
        SELECT array_to_tsvector(array_agg(substr($1, i, {GRAM}))) FROM generate_series(1, length($1) - {GRAM - 1}) i
    $$"""
_INDEX = f"""
    CREATE INDEX CONCURRENTLY scans_search_grams ON {_TEXTS} USING gin (scans_grams(text)) WITH (fastupdate = off)"""
# Of long words so many runs are looked up, the rarest: a database walks along the texts of each. At a million texts
# a whole name took SQLite 5 to 10 ms with all its runs, 0.3 to 0.7 with four; what holds them is looked at anyway.
_RUNS = 4
_TEXTS_TO_KNOW_THE_RARE_BY = 500
_RARE = 5  # of these texts; what holds such a run is no more than a hundredth of all, give or take chance
_RARE_FOR = 3600  # seconds
_LAST_LETTER = "\U0010ffff"


def install(connection) -> None:
    """Make the index of all texts there are. Not in a transaction on PostgreSQL, where it holds up nobody."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for statement in _SQLITE.values():
                cursor.execute(statement)
            cursor.execute("INSERT INTO scans_searchgrams (scans_searchgrams) VALUES ('rebuild')")
        else:
            cursor.execute(_FUNCTION)
            cursor.execute("DROP INDEX CONCURRENTLY IF EXISTS scans_search_grams")
            cursor.execute(_INDEX)
    install_triggers(connection)


def install_triggers(connection) -> None:
    """Create the triggers where they are missing."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        for event, body in _SQLITE_TRIGGERS.items():
            cursor.execute(
                f"CREATE TRIGGER IF NOT EXISTS scans_search_{event} AFTER {event.upper()} ON {_TEXTS} BEGIN {body} END"
            )


def remove(connection) -> None:
    """Drop all of it."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for event in _SQLITE_TRIGGERS:
                cursor.execute(f"DROP TRIGGER IF EXISTS scans_search_{event}")
            for table in reversed(_SQLITE):
                cursor.execute(f"DROP TABLE IF EXISTS {table}")
        else:
            cursor.execute("DROP INDEX IF EXISTS scans_search_grams")
            cursor.execute("DROP FUNCTION IF EXISTS scans_grams(text)")


def find(connection, words: str, at_most: int) -> list[int]:
    """The ids of analyses whose text contains these folded words, no more than so many, in no order."""
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        sql, parameters = (_sqlite_query if sqlite else _postgresql_query)(words, _rarest(cursor, words))
        cursor.execute(f"{sql} LIMIT {int(at_most)}", parameters)
        return [pk for (pk,) in cursor.fetchall()]


def sample(connection, words: str, ranges: list[range]) -> list[int]:
    """The ids in these ranges of analyses whose text contains these folded words."""
    place = "instr" if connection.vendor == "sqlite" else "strpos"
    looked_at = " UNION ALL ".join(
        f"SELECT analysis_id FROM {_TEXTS} WHERE analysis_id BETWEEN {ids[0]} AND {ids[-1]} AND {place}(text, %s) > 0"
        for ids in ranges
    )
    with connection.cursor() as cursor:
        cursor.execute(looked_at, [words] * len(ranges))
        return [pk for (pk,) in cursor.fetchall()]


def _rarest(cursor, words: str) -> list[str]:
    """Of the runs of letters in these words the rarest few, as far as some of the texts tell."""
    runs = grams(words)
    if len(runs) <= _RUNS:
        return runs
    counts = _known_runs(cursor)
    return sorted(runs, key=lambda run: counts[run])[:_RUNS]


def are_rare(connection, words: str) -> bool:
    """Whether these folded words hold a run of letters that few texts hold, as far as some of the texts tell."""
    runs = grams(words) if len(words) >= GRAM else []
    with connection.cursor() as cursor:
        counts = _known_runs(cursor)
    return any(counts[run] < _RARE for run in runs)


def _known_runs(cursor) -> Counter:
    return caches["rows"].get_or_set("runs-of-letters", partial(_runs_of_some_texts, cursor), _RARE_FOR)


def _runs_of_some_texts(cursor) -> Counter:
    """In how many of some texts, from all over the table, each run of letters is."""
    cursor.execute(f"SELECT (SELECT min(analysis_id) FROM {_TEXTS}), (SELECT max(analysis_id) FROM {_TEXTS})")
    oldest, newest = (pk or 0 for pk in cursor.fetchone())
    parts = range(_TEXTS_TO_KNOW_THE_RARE_BY)
    ids = {newest - (newest - oldest) * part // (_TEXTS_TO_KNOW_THE_RARE_BY - 1) for part in parts}
    values = ", ".join(f"({pk})" for pk in ids)
    # Joined this way round: SQLite would read a small table as a whole.
    cursor.execute(f"SELECT text FROM (VALUES {values}) known CROSS JOIN {_TEXTS} WHERE analysis_id = known.column1")
    return Counter(run for (text,) in cursor.fetchall() for run in grams(text))


def _sqlite_query(words: str, runs: list[str]) -> tuple[str, list[str]]:
    if len(words) < GRAM:
        return (
            f"SELECT DISTINCT texts.analysis_id FROM scans_searchterms CROSS JOIN {_TEXTS} texts "
            "ON texts.analysis_id = scans_searchterms.doc "
            "WHERE scans_searchterms.term >= %s AND scans_searchterms.term <= %s AND instr(texts.text, %s) > 0",
            [words, words + _LAST_LETTER * GRAM, words],
        )
    asked = " AND ".join('"' + run.replace('"', '""') + '"' for run in runs)
    return (
        f"SELECT texts.analysis_id FROM scans_searchgrams CROSS JOIN {_TEXTS} texts "
        "ON texts.analysis_id = scans_searchgrams.rowid WHERE scans_searchgrams MATCH %s AND instr(texts.text, %s) > 0",
        [asked, words],
    )


def _postgresql_query(words: str, runs: list[str]) -> tuple[str, list[str]]:
    asked = ("'" + run.replace("\\", "\\\\").replace("'", "''") + "'" for run in runs)
    query = " & ".join(asked) + (":*" if len(words) < GRAM else "")
    return (
        f"SELECT analysis_id FROM {_TEXTS} WHERE scans_grams(text) @@ %s::tsquery AND strpos(text, %s) > 0",
        [query, words],
    )
