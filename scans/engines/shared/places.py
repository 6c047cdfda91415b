"""The address of a finding: its path, and the query where that names another form rather than holds the attack.

The driver has this rule too, so that the report of a run has the same findings as the events.
"""

from urllib.parse import parse_qsl

# Modules that report a form as it is, with its whole query.
_FORMS = {"csrf"}


def address(method: str, path: str, http_request: str, parameter: str, module: str) -> str:
    """Return path and query of a finding's place. `http_request` is the engine's text of the request.

    Two forms of one path that differ in their query, such as `?action=add`, are two places. The query of a GET is left
    out: a page with a thousand items is one place.
    """
    target = http_request.partition("\n")[0].rpartition(" ")[0].partition(" ")[2]
    query = target.partition("?")[2]
    names = {name for name, _ in parse_qsl(query, keep_blank_values=True)}
    attacked = parameter in names or parameter in ("", "QUERY_STRING")
    if method == "GET" or not query or (attacked and module not in _FORMS):
        return path
    return f"{path}?{query}"
