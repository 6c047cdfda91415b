"""The texts by which weaknesses show."""

from time import process_time

import pytest

from scans.results.signs import (
    COMMAND_OUTPUT,
    DATABASE_ERRORS,
    FILE_CONTENT,
    LDAP_ERRORS,
    XML_CONTENT,
    without_echo,
    without_news,
)

PASSWD = "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin"


@pytest.mark.parametrize(
    "text",
    [
        "check the manual that corresponds to your MariaDB server version for the right syntax to use near ''",
        "<b>Warning</b>:  mysqli_fetch_array() expects parameter 1",
        'ERROR:  syntax error at or near "\'" LINE 1',
        "psycopg2.errors.SyntaxError: unterminated quoted string",
        "[Microsoft][ODBC Driver 17 for SQL Server][SQL Server]Incorrect syntax near",
        "ORA-01756: quoted string not properly terminated",
        "sqlite3.OperationalError: unrecognized token",
        "near &quot;owl&quot;: syntax error",
        "SQLSTATE[42000]: Syntax error or access violation: 1064",
        "org.hibernate.exception: could not extract ResultSet; org.h2.jdbc.JdbcSQLException",
        "System.Xml.XPath.XPathException: has an invalid token",
    ],
)
def test_errors_of_databases_are_known(text):
    assert DATABASE_ERRORS.only_in(f"<p>{text}</p>", "")


@pytest.mark.parametrize(
    "text",
    [
        "Learn SQL in 24 hours: MySQL, PostgreSQL and Oracle",
        "Our manual corresponds to your server",
        "Sorry, an error occurred. Please try again.",
        "You searched for ' or 1=1 --",
        "near the church: syntax of a sermon",
    ],
)
def test_ordinary_pages_about_databases_show_no_error(text):
    assert not DATABASE_ERRORS.find(text)


def test_contents_of_files_and_outputs_are_known():
    assert FILE_CONTENT.only_in(f"<pre>{PASSWD}</pre>", "") == "root:x:0:0"
    assert XML_CONTENT.only_in("link-local 169.254.0.0", "")
    assert COMMAND_OUTPUT.only_in("uid=33(www-data) gid=33(www-data)", "")
    assert COMMAND_OUTPUT.only_in("SHELL=/bin/sh\nPATH=/usr/bin", "")
    assert LDAP_ERRORS.only_in("ldap_search(): Bad search filter", "")
    assert not FILE_CONTENT.find("The first line begins with root: and names the user")


def test_a_sign_counts_if_it_is_there_more_often_than_elsewhere():
    manual = "<p>/etc/passwd begins with root:x:0:0</p>"
    assert not FILE_CONTENT.only_in(manual, manual)
    assert FILE_CONTENT.only_in(f"{manual}<pre>{PASSWD}</pre>", manual)


@pytest.mark.parametrize(
    "echo",
    ["../etc/passwd' created", "../etc/passwd&#x27; created", "..&#x2f;etc&#x2f;passwd' created", "..%2Fetc%2Fpasswd"],
)
def test_the_attacks_own_text_is_taken_out_in_every_usual_spelling(echo):
    payload = "../etc/passwd"
    assert "passwd" not in without_echo(f"<p>{echo.replace(' created', '')}</p>", payload)


def test_a_short_value_is_left_where_it_is():
    assert without_echo("an id is an id", "id") == "an id is an id"


def test_times_tokens_and_counters_are_no_news():
    page = '<p>It is 12:{n}:59</p><input name="csrf" value="k3J{n}aaBBccDDeeFF{n}"><p>{n} visitors</p>'
    assert without_news(page.replace("{n}", "12")) == without_news(page.replace("{n}", "7345"))
    assert without_news("<p>an item</p>") != without_news("<p>an error</p>")


@pytest.mark.parametrize(
    "text", ["a" * 2**20, "SQL Server " * 90_000, "near &quot;" * 90_000, "Driver Oracle " * 70_000]
)
def test_no_page_takes_long_to_search(text):
    started = process_time()
    for signs in (DATABASE_ERRORS, FILE_CONTENT, COMMAND_OUTPUT, XML_CONTENT, LDAP_ERRORS):
        signs.find(text)
    assert process_time() - started < 5
