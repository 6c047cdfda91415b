"""Texts that only a weakness puts into a page: errors of databases, contents of system files, output of commands."""

import html
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

_TOKEN = re.compile(r"[A-Za-z0-9+/_-]{16,}")
_SHORTEST_ECHO = 4  # a shorter value occurs by itself

_DATABASE_ERRORS = [
    # MySQL, MariaDB and what speaks like them
    r"You have an error in your SQL syntax",
    r"check the manual that (?:corresponds to|fits) your (?:MySQL|MariaDB|Drizzle|TiDB) server version",
    r"Unknown column '[^']{0,200}' in '",
    r"Unclosed quotation mark (?:after|before) the character string",
    r"\b(?:My|Maria)Sql(?:Client|Exception|SyntaxErrorException)\b",
    r"\bmysqli?_(?:fetch|num|query|result|real|error)\w*\(\)",
    r"valid (?:MySQL|PostgreSQL) result",
    r"does not support this type of query|unsupported nested scalar subselect|is not supported by MemSQL",
    # PostgreSQL
    r"\bpg_(?:query|exec|fetch|num)\w*\(\)",
    r"ERROR:\s{1,4}(?:syntax error at or near|parser: parse error|unterminated quoted string|invalid input syntax)",
    r"(?:psycopg\d?|PG)(?:\.errors)?(?:::|\.)\w*(?:SyntaxError|DatabaseError|DataError|UndefinedColumn)",
    r"unterminated quoted (?:string|identifier) at or near|syntax error at or near \"",
    r"PostgreSQL (?:query failed|.{0,100}ERROR)|\bNpgsql\.|\bPSQLException\b",
    # Microsoft
    r"\bSQL ?Server\b.{0,200}(?:Driver|[0-9a-fA-F]{8})|(?:Driver|OLE DB)\b.{0,200}\bSQL[ _-]*Server",
    r"System\.Data\.(?:SqlClient|SQLite|OleDb|Odbc)\.\w*Exception|\bSQL(?:Srv|Server)Exception\b",
    r"\b(?:mssql|sqlsrv)_\w+\(\)|Incorrect syntax near|SQL Native Client error '",
    r"Microsoft Access (?:\d+ )?Driver|(?:JET|Access) Database Engine|Syntax error \(missing operator\) in query",
    # Oracle
    r"\bORA-\d{5}|\bOracle error|Oracle\b.{0,100}\bDriver|\b(?:oci|ora)_\w+\(\)|\bOracleException\b",
    r"quoted string not properly terminated|SQL command not properly ended",
    # SQLite
    r"SQLite(?:/JDBCDriver|\.Exception|Exception|3?::\w+| error \d+)|\[SQLITE_ERROR\]|\bSQLITE_ERROR\b",
    r"sqlite3?\.(?:OperationalError|DatabaseError|ProgrammingError|Warning)|\bsqlite_\w+\(\)",
    r"unrecognized token: (?:\"|&quot;|&#34;|&#x22;)|near (?:\"|&quot;|&#34;|&#x22;).{0,200}?: syntax error",
    # IBM, Informix, Firebird, SAP, Sybase, Ingres and others
    r"DB2 SQL error|\bCLI Driver\b.{0,100}\bDB2|\bdb2_\w+\(|SQLCODE[=:\d, -]+SQLSTATE|\bDB2Exception\b",
    r"\bibm_db_dbi\.ProgrammingError|\bInformix\b.{0,50}Driver|\bIfxException\b|\bifx_\w+\(\)",
    r"Dynamic SQL Error|\bibase_\w+\(\)|\bSQL error\b.{0,100}\bPOS\d|\bDriverSapDB\b|\bmaxdb_\w+\(\)",
    r"Invalid end of SQL statement|Invalid keyword or missing delimiter",
    r"Sybase\b.{0,100}(?:message|AseClient)|\bSybSQLException\b|\bsybase_\w+\(\)",
    r"Ingres SQLSTATE|\bIngres\W.{0,100}Driver|\bingres_\w+\(\)",
    r"Exception (?:condition )?\d+\. Transaction rollback|(?:Semantic|Syntax) error (?:[1-4]\d{2}\.|1. Missing)",
    r"Unexpected (?:end of command|token\b.{0,200}) in statement \[|\[42000-192\]",
    r"!\d{5}!.{0,200}(?:failed|unexpected|error|syntax|expected|violation|exception)|\[MonetDB\]\[ODBC",
    r"Syntax error: Encountered|ERROR 42X01|, Sqlstate: (?:3F|42).{3}, (?:Routine|Hint|Position):|/vertica/Parser/scan",
    r"UNION query has different number of fields: \d+, \d+|Syntax error,.{0,200}assumed to mean",
    r"encountered after end of query|A comparison operator is required here",
    # Drivers and frameworks
    r"SQLSTATE\[\w+\]|\bPdo[./_\\](?:Mysql|Pgsql|Mssql|SqlSrv|OCI|Oracle|Sqlite|Firebird|Ibm|Informix)",
    r"Zend_Db_(?:Adapter|Statement)_\w+_Exception|StatementCallback; bad SQL grammar|\[SQL Server\]|Roadhouse\.Cms\.",
    r"\b(?:com\.(?:mysql|ibm\.db2|informix|sybase|sap\.dbtech|jnetdirect|microsoft\.sqlserver|ingres|frontbase|vertica|"
    r"mckoi|facebook\.presto|simba\.presto)|org\.(?:postgresql|sqlite|h2|hsqldb|firebirdsql|apache\.derby|"
    r"jkiss\.dbeaver)|oracle\.jdbc|macromedia\.jdbc|weblogic\.jdbc|nl\.cwi\.monetdb|io\.(?:prestosql|crate)|"
    r"Altibase\.jdbc)\b",
    # XPath, which the same attack breaks
    r"\bXPathException\b|SimpleXMLElement::xpath\(\)|Error parsing XPath|xmlXPathEval",
]
_FILE_CONTENT = [
    r"root:[x*!]?:0:0\b",  # /etc/passwd
    r"Network services, Internet style|\bRFC6335\b|defined by IANA",  # services, on Unix and Windows
    r"\blibc\.so\.|\bnotepad\.exe\b",  # a list of system files
    r"<\?php\b",  # the source of a program
    r"aa9d05b9ab864e169d723e9668d3dc77|w4p1t1_cleartext",  # the engine's own file
    r"\u00b8",  # printed by the engine's program
    r"(?:/|&#x2f;)etc(?:/|&#x2f;)passwd(?:'| |&#39;|&#x27;)(?:created|(?:\(|&#x28;)No such file)",
    r"(?:\(|&#x28;)Is a directory(?:\)|&#x29;)",
    r"Failed opening (?:required )?(?:'|&#0?39;|&quot;).{0,400}?(?:'|&#0?39;|&quot;)|failed to open stream:",
    r"java\.io\.FileNotFoundException:|System\.IO\.FileNotFoundException:|error '800a0046'",
]
_COMMAND_OUTPUT = [
    r" (?:gid|groups|groupes)(?:=|&#x3d;|&#61;)",
    r"\b(?:PATH|PWD)(?:=|&#x3d;|&#61;)",
    r"1d97830e30da7214d3e121859cfa695f|w4p1t1_eval",  # computed by the engine's program
    r"eval\(\)'d code|Cannot execute a blank command in|sh: command substitution:",
    r"Warning: (?:usort|assert)\(\)|Failure evaluating code:",
]
_XML_CONTENT = [r"root:[x*!]?:0:", r"\blink-local\b", r"network name/network number mappings"]
_LDAP_ERRORS = [
    r"supplied argument is not a valid ldap|javax\.naming\.\w*Exception|LDAPException|com\.sun\.jndi\.ldap",
    r"Bad search filter|The search filter (?:is|cannot)|Invalid DN syntax|No Such Object|IPWorksASP\.LDAP",
    r"Protocol error occurred|Size limit has exceeded|An inappropriate matching|A constraint violation occurred",
    r"The syntax is invalid|Object does not exist|The alias is invalid|distinguished name has an invalid syntax",
    r"does not handle directory requests|There was an? (?:naming|object class) violation",
    r"Results returned are too large|(?:Unknown|Local) error occurred|Products\.LDAPMultiPlugins",
]


class Signs:
    """Texts by which a weakness shows. `find` counts them."""

    def __init__(self, patterns: Iterable[str]):
        self._patterns = [re.compile(pattern) for pattern in patterns]

    def find(self, text: str) -> dict[str, tuple[int, str]]:
        """Return for each pattern that is in the text how often it is there, and how it reads there."""
        found = {}
        for pattern in self._patterns:
            if first := pattern.search(text):
                found[pattern.pattern] = sum(1 for _ in pattern.finditer(text)), first[0][:80]
        return found

    def only_in(self, text: str, other: str) -> str:
        """Return a sign that is more often in `text` than in `other`; empty if there is none."""
        there = self.find(other)
        found = self.find(text).items()
        return next((read for pattern, (count, read) in found if count > there.get(pattern, (0, ""))[0]), "")


DATABASE_ERRORS = Signs(_DATABASE_ERRORS)
FILE_CONTENT = Signs(_FILE_CONTENT)
COMMAND_OUTPUT = Signs(_COMMAND_OUTPUT)
XML_CONTENT = Signs(_XML_CONTENT)
LDAP_ERRORS = Signs(_LDAP_ERRORS)


def without_echo(page: str, payload: str) -> str:
    """Return a page without the attack's own text, as it was sent or escaped in one of the usual ways."""
    if len(payload) < _SHORTEST_ECHO:
        return page
    escaped = html.escape(payload)
    spellings = {
        *(payload, escaped, html.escape(payload, quote=False), escaped.replace("&#x27;", "&#39;")),
        *(escaped.replace("&#x27;", "&#039;"), quote(payload), quote(payload, safe=""), quote_plus(payload)),
        *(payload.replace('"', '\\"'), payload.replace("'", "\\'"), payload.replace("/", "\\/")),
        *(payload.replace("/", "&#x2f;"), escaped.replace("/", "&#x2f;"), escaped.replace("/", "&#x2F;")),
    }
    for spelling in sorted(spellings, key=len, reverse=True):
        page = page.replace(spelling, "")
    return page


def without_news(page: str) -> str:
    """Return a page with each number and each token the same, because they change from one answer to the next."""
    return re.sub(r"\d+", "0", _TOKEN.sub(lambda word: "0" if re.search(r"\d", word[0]) else word[0], page))
