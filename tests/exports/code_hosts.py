"""The published rules of GitHub's and GitLab's code scanning for a SARIF file, as a list.

GitHub: “SARIF support for code scanning” and “SARIF results exceed limits” in its documentation, and rules GH1001 to
GH1006 of its SARIF validator. GitLab: what its SARIF parser drops (a result without rule, location or severity).
"""

import gzip
import json
import re

_CHARACTERS = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*"
URI = re.compile(rf"[a-z]+://[^/?#]*{_CHARACTERS}(?:\?(?:{_CHARACTERS}|\?)*)?(?:#(?:{_CHARACTERS}|\?)*)?")
# A relative reference without query and fragment, whose first part holds no colon (RFC 3986, path-noscheme).
PATH = re.compile(rf"(?![^/]*:)(?!/){_CHARACTERS}")


def complaints(text):
    """The rules that a file breaks, each with the place; an empty list is a file that both take."""
    log, wrong = json.loads(text), []
    if len(gzip.compress(text.encode())) > 10 * 1024**2:
        wrong.append("compressed, the file has more than 10 MB")
    if log.get("version") != "2.1.0" or not log.get("$schema"):
        wrong.append("no version 2.1.0 with a schema")
    if not 1 <= len(log["runs"]) <= 20:
        wrong.append("not 1 to 20 runs")
    categories = [run["automationDetails"]["id"].rpartition("/")[0] for run in log["runs"]]
    if len(set(categories)) < len(categories) or not all(categories):
        wrong.append("runs of one category")
    for run in log["runs"]:
        wrong += _of_tool(run["tool"]) + _of_results(run)
    return wrong


def _of_tool(tool):
    rules = tool["driver"]["rules"]
    wrong = [] if tool["driver"]["name"] else ["the tool has no name"]
    if len(tool.get("extensions", ())) > 100 or len(rules) > 25_000:
        wrong.append("too many extensions or rules")
    if len({rule["id"] for rule in rules}) < len(rules):
        wrong.append("two rules with one id")
    for rule in rules:
        texts = [rule["shortDescription"]["text"], rule["fullDescription"]["text"]]
        severity = rule["properties"]["security-severity"]
        checks = {
            "no id": 0 < len(rule["id"]) <= 255,
            "name": 0 < len(rule["name"]) <= 255,
            "description": all(0 < len(text) <= 1024 for text in texts),
            "help": rule["help"]["text"],
            "level": rule["defaultConfiguration"]["level"] in ("note", "warning", "error"),
            "tags": len(set(rule["properties"]["tags"])) == len(rule["properties"]["tags"]) <= 20,
            "severity": isinstance(severity, str) and re.fullmatch(r"\d+\.\d", severity) and float(severity) <= 10,
            "helpUri": URI.fullmatch(rule.get("helpUri", "http://x")),
        }
        wrong += [f"rule {rule['id']}: {what}" for what, fine in checks.items() if not fine]
    return wrong


def _of_results(run):
    results, rules = run["results"], run["tool"]["driver"]["rules"]
    wrong = ["more than 25,000 results"] if len(results) > 25_000 else []
    for number, result in enumerate(results):
        checks = {
            "rule": rules[result["ruleIndex"]]["id"] == result["ruleId"],
            "level": result["level"] in ("none", "note", "warning", "error"),
            "message": result["message"]["text"].strip(),
            "fingerprint": result["partialFingerprints"]["primaryLocationLineHash"],
            "locations": 1 <= len(result["locations"]) <= 1000,
        }
        wrong += [f"result {number}: {what}" for what, fine in checks.items() if not fine]
        for location in result["locations"]:
            wrong += [f"result {number}: {what}" for what in _of_location(location["physicalLocation"])]
    return wrong


def _of_location(location):
    file, region = location["artifactLocation"], location["region"]
    checks = {
        f"{file['uri']:.99} is not a relative path": file["uri"] and PATH.fullmatch(file["uri"]),
        "longer than paths may be": len(file["uri"]) <= 1000,
        "leads out of the repository": not {"..", "."} & set(file["uri"].lower().replace("%2e", ".").split("/")),
        "no base": file["uriBaseId"] == "%SRCROOT%",  # the root of the repository, wherever it is checked out
        "region": region["endLine"] >= region["startLine"] >= 1 and region["endColumn"] > region["startColumn"] >= 1,
    }
    return [what for what, fine in checks.items() if not fine]
