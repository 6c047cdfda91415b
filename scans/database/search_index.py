"""The search index of Find: which search texts contain which grams (runs of three letters).

SQLite has an FTS5 table of the search texts, which triggers keep up to date. PostgreSQL has an index on an expression
that calls a function of our own, so that it needs no extension. The index finds texts that contain all grams; each of
these texts is then read, so that every hit really contains the words. Words of one or two letters are looked up as the
beginning of grams.
"""
# ruff: noqa: S608 - our own statements; input from outside is passed in parameters

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
# COST tells the planner that computing the grams of a text is expensive compared with reading the index; otherwise it
# reads all texts. Not PARALLEL SAFE, because starting processes takes longer than the answer.
_FUNCTION = f"""
    CREATE OR REPLACE FUNCTION scans_grams(text) RETURNS tsvector LANGUAGE sql IMMUTABLE COST 1000 AS $$
        SELECT array_to_tsvector(array_agg(substr($1, i, {GRAM}))) FROM generate_series(1, length($1) - {GRAM - 1}) i
    $$"""
_INDEX = f"""
    CREATE INDEX CONCURRENTLY scans_search_grams ON {_TEXTS} USING gin (scans_grams(text)) WITH (fastupdate = off)"""
# A long text is looked up by its rarest grams only, because the database reads the hits of each gram. With a million
# texts, SQLite took 5 to 10 ms for all grams of a whole name, and 0.3 to 0.7 ms for four. Each hit is read anyway.
_GRAMS_LOOKED_UP = 4
_SAMPLE_SIZE = 500  # texts, by which the rarest grams are known
_RARE = 5  # texts of the sample: a gram in fewer of them is in about a hundredth of all texts, or less
_SAMPLE_KEPT_SECONDS = 3600
_LAST_LETTER = "\U0010ffff"


def install(connection) -> None:
    """Create the index and fill it with all texts. PostgreSQL does this without blocking, so not in a transaction."""
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
    """Create the triggers that are missing. Only SQLite has any."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        for event, body in _SQLITE_TRIGGERS.items():
            cursor.execute(
                f"CREATE TRIGGER IF NOT EXISTS scans_search_{event} AFTER {event.upper()} ON {_TEXTS} BEGIN {body} END"
            )


def remove(connection) -> None:
    """Drop the index, its triggers and its function."""
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
    """Return the ids of at most `at_most` analyses whose text contains these words (see `fold`), in no order."""
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        sql, parameters = (_sqlite_query if sqlite else _postgresql_query)(words, _rarest_grams(cursor, words))
        cursor.execute(f"{sql} LIMIT {int(at_most)}", parameters)
        return [pk for (pk,) in cursor.fetchall()]


def sample(connection, words: str, ranges: list[range]) -> list[int]:
    """Return the ids in these ranges of analyses whose text contains these words (see `fold`). Reads every text."""
    position = "instr" if connection.vendor == "sqlite" else "strpos"
    sql = " UNION ALL ".join(
        f"SELECT analysis_id FROM {_TEXTS} "
        f"WHERE analysis_id BETWEEN {ids[0]} AND {ids[-1]} AND {position}(text, %s) > 0"
        for ids in ranges
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [words] * len(ranges))
        return [pk for (pk,) in cursor.fetchall()]


def _rarest_grams(cursor, words: str) -> list[str]:
    """Return the grams of these words that are rarest in the sample."""
    found = grams(words)
    if len(found) <= _GRAMS_LOOKED_UP:
        return found
    counts = _counts_in_sample(cursor)
    return sorted(found, key=lambda gram: counts[gram])[:_GRAMS_LOOKED_UP]


def are_rare(connection, words: str) -> bool:
    """Return whether few texts contain these words (see `fold`), judged by their rarest gram in the sample."""
    found = grams(words) if len(words) >= GRAM else []
    with connection.cursor() as cursor:
        counts = _counts_in_sample(cursor)
    return any(counts[gram] < _RARE for gram in found)


def _counts_in_sample(cursor) -> Counter:
    return caches["rows"].get_or_set("search-sample", partial(_count_in_sample, cursor), _SAMPLE_KEPT_SECONDS)


def _count_in_sample(cursor) -> Counter:
    """Count in how many texts of a sample each gram is. The sample is spread evenly over the table."""
    cursor.execute(f"SELECT (SELECT min(analysis_id) FROM {_TEXTS}), (SELECT max(analysis_id) FROM {_TEXTS})")
    oldest, newest = (pk or 0 for pk in cursor.fetchone())
    ids = {newest - (newest - oldest) * part // (_SAMPLE_SIZE - 1) for part in range(_SAMPLE_SIZE)}
    values = ", ".join(f"({pk})" for pk in ids)
    # CROSS JOIN keeps this order of the tables; otherwise SQLite reads a small table as a whole.
    cursor.execute(f"SELECT text FROM (VALUES {values}) known CROSS JOIN {_TEXTS} WHERE analysis_id = known.column1")
    return Counter(gram for (text,) in cursor.fetchall() for gram in grams(text))


def _sqlite_query(words: str, found: list[str]) -> tuple[str, list[str]]:
    if len(words) < GRAM:
        return (
            f"SELECT DISTINCT texts.analysis_id FROM scans_searchterms CROSS JOIN {_TEXTS} texts "
            "ON texts.analysis_id = scans_searchterms.doc "
            "WHERE scans_searchterms.term >= %s AND scans_searchterms.term <= %s AND instr(texts.text, %s) > 0",
            [words, words + _LAST_LETTER * GRAM, words],
        )
    match = " AND ".join('"' + gram.replace('"', '""') + '"' for gram in found)
    return (
        f"SELECT texts.analysis_id FROM scans_searchgrams CROSS JOIN {_TEXTS} texts "
        "ON texts.analysis_id = scans_searchgrams.rowid WHERE scans_searchgrams MATCH %s AND instr(texts.text, %s) > 0",
        [match, words],
    )


def _postgresql_query(words: str, found: list[str]) -> tuple[str, list[str]]:
    quoted = ("'" + gram.replace("\\", "\\\\").replace("'", "''") + "'" for gram in found)
    query = " & ".join(quoted) + (":*" if len(words) < GRAM else "")
    return (
        f"SELECT analysis_id FROM {_TEXTS} WHERE scans_grams(text) @@ %s::tsquery AND strpos(text, %s) > 0",
        [query, words],
    )
