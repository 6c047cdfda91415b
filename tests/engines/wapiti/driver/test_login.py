"""Scanning behind a login: carried below the engine, noticed when it is over, and never told to anybody."""

import itertools
import subprocess
import sys
import threading
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from scans.engines.base import Cookie, NewLogin, Seed, Session
from scans.engines.events import AddressSeen, Ended, FindingReported, LoggedOut, LogLine, Outcome, Progress, UrlCrawled
from scans.login.base import Login, Method
from scans.login.for_engine import job_fields
from scans.login.logging_in import log_in
from scans.targets.policy import TargetPolicy
from tests.engines.wapiti.driver.behind_login import SECRET, TOKEN, behind_login, found, session, signs
from tests.engines.wapiti.driver.test_network import DRIVER_FOLDER
from tests.sites import datasette, dokuwiki
from tests.sites.members import LINKS, MembersSite

pytestmark = pytest.mark.engine
TIMES = itertools.count()
PUBLIC = '<h1>Everybody</h1><a href="/hello?name=you">hello</a>'


@pytest.fixture
def members_site():
    sites = []

    def make(**options):
        sites.append(MembersSite(**options))
        return sites[-1]

    yield make
    for site in sites:
        site.stop()


def let_in_again(site):
    return NewLogin(session=session(site.let_in(f"another-value-{next(TIMES)}")), **signs(site))


def everything_written(job):
    return b"".join(path.read_bytes() for path in job.directory.rglob("*") if path.is_file())


def test_what_stands_behind_the_login_is_found_and_the_login_told_to_nobody(wapiti, members_site, job, start):
    site = members_site(rotates=True)
    scan = behind_login(site, job)
    heard = start(wapiti, scan)
    assert heard.to_the_end().outcome == Outcome.COMPLETED
    assert any(finding.parameter == "name" for finding in heard.of(FindingReported))
    assert site.members_asked_for("/hello") and ("/logout", True) not in site.asked
    assert not heard.of(LoggedOut)  # /admins leads to the login page, but the login holds
    told = everything_written(scan) + repr(heard.events).encode()
    assert SECRET.encode() not in told and TOKEN.encode() not in told


def test_what_a_login_gives_besides_secrets_changes_no_finding(wapiti, members_site, job, start, tmp_path):
    site = members_site()
    plain = {"theme": "hello", "rank": "medium", "seen": "true", "number": "1000"}  # as they stand in addresses, events
    cookies = [Cookie(name=name, value=value, domain="127.0.0.1") for name, value in plain.items()]
    headers = (("X-Rank", "medium"), ("X-Kind", "finding"), ("X-Host", "127.0.0.1"), ("X-Proto", "http"))
    given = Session(cookies=(*session().cookies, *cookies), headers=headers)
    heard = start(wapiti, behind_login(site, job, directory=tmp_path / "secrets"))
    with_more = start(wapiti, behind_login(site, job, session=given, directory=tmp_path / "more"))
    for scan in (heard, with_more):
        assert scan.to_the_end().outcome == Outcome.COMPLETED
    assert found(with_more) == found(heard)
    assert ("Reflected Cross Site Scripting", f"{site.url}hello", "name") in found(with_more)


def test_an_anonymous_scan_does_not_find_it(wapiti, members_site, job, start):
    heard = start(wapiti, job(members_site().url, modules=("xss",)))
    heard.to_the_end()
    assert not [finding for finding in heard.of(FindingReported) if finding.parameter == "name"]


def test_what_ends_the_login_at_any_address_is_asked_for_at_none(wapiti, members_site, job, start):
    site = members_site(links='<a href="/hello?do=logout&amp;name=you">log out</a> <a href="/hello?do=greet">greet</a>')
    site.forgets_at = "do=logout"
    heard = start(wapiti, replace(behind_login(site, job), excluded=("?do=logout",)))
    heard.until(lambda event: isinstance(event, LoggedOut | Ended))
    assert heard.to_the_end(1).outcome == Outcome.COMPLETED and site.forgets_at
    crawled = {event.url for event in heard.of(UrlCrawled)}
    assert any("do=greet" in url for url in crawled) and not any("logout" in url for url in crawled)


def test_a_lost_login_holds_everything_until_there_is_a_new_one(wapiti, members_site, job, start):
    site = members_site(lasts=2)
    heard = start(wapiti, behind_login(site, job))
    heard.until(lambda event: isinstance(event, LoggedOut))
    waiting = heard.until(lambda event: isinstance(event, Progress) and event.waiting_for_login)
    asked = len(site.asked)
    heard.until(lambda event: isinstance(event, Progress) and event is not waiting)
    assert len(site.asked) == asked
    site.lasts = 0
    heard.run.log_in(let_in_again(site))
    assert heard.to_the_end().outcome == Outcome.COMPLETED
    assert any(finding.parameter == "name" for finding in heard.of(FindingReported))


def test_a_site_that_shows_its_pages_to_browsers_alone_shows_that_the_login_holds(wapiti, members_site, job, start):
    heard = start(wapiti, behind_login(members_site(for_browsers=True), job))
    heard.until(lambda event: isinstance(event, LoggedOut | Ended))
    assert heard.to_the_end(1).outcome == Outcome.COMPLETED and not heard.of(LoggedOut)


def test_a_login_holds_whose_proof_the_scan_itself_deleted(wapiti, members_site, job, start):
    site = members_site(deletes_at="name=you")
    heard = start(wapiti, behind_login(site, job))
    heard.until(lambda event: isinstance(event, LoggedOut | Ended))
    assert heard.to_the_end(1).outcome == Outcome.COMPLETED and not heard.of(LoggedOut) and site.deleted


def test_a_login_that_nothing_says_is_over_costs_no_page_of_the_crawl(wapiti, members_site, job, start):
    site = members_site(lasts=4, public=PUBLIC)  # each page, and a look at the proof's page, is a request
    heard = start(wapiti, behind_login(site, job))
    lost = heard.until(lambda event: isinstance(event, LoggedOut))
    assert "nothing said so" in str(lost.reason)
    site.lasts = 0
    heard.run.log_in(let_in_again(site))
    assert heard.to_the_end().outcome == Outcome.COMPLETED
    assert any(finding.parameter == "name" for finding in heard.of(FindingReported))
    strangers = {path for path, member in site.asked if not member}
    assert strangers and strangers <= {path for path, member in site.asked if member}


def test_a_login_that_ends_unseen_in_the_attack_is_noticed_after_some_requests(wapiti, members_site, job, start):
    site = members_site(public=PUBLIC, forgets_at="name=https")
    heard = start(wapiti, behind_login(site, job, modules=("redirect", "file", "sql", "exec", "xss")))
    heard.until(lambda event: isinstance(event, LoggedOut))
    assert 0 < sum(not member for _, member in site.asked) < 60
    heard.run.log_in(let_in_again(site))
    assert heard.to_the_end().outcome == Outcome.COMPLETED
    assert any(finding.parameter == "name" for finding in heard.of(FindingReported))


def test_a_scan_whose_login_ends_with_its_last_requests_is_not_complete_without_another(
    wapiti, members_site, job, start
):
    site = members_site(public=PUBLIC, forgets_at="name=https")
    heard = start(wapiti, behind_login(site, job, modules=("redirect",)))
    heard.until(lambda event: isinstance(event, LoggedOut))
    heard.until(lambda event: isinstance(event, Progress) and event.waiting_for_login)
    assert heard.of(Progress)[-1].modules_done == 1
    heard.run.log_in(let_in_again(site))
    assert heard.to_the_end().outcome == Outcome.COMPLETED


def test_a_site_that_has_had_enough_of_requests_at_the_end_is_not_said_to_have_ended_the_login(
    wapiti, members_site, job, start
):
    site = members_site(public=PUBLIC, tires_at="name=https")
    heard = start(wapiti, behind_login(site, job, modules=("redirect",)))
    assert heard.to_the_end().outcome == Outcome.COMPLETED
    assert not site.tires_at and not heard.of(LoggedOut)


@pytest.mark.parametrize("seconds", [0, 0.05], ids=["answered at once", "many under way"])
def test_an_address_that_ends_each_login_is_found_out_and_left_alone(wapiti, members_site, job, start, seconds):
    site = members_site(seconds=seconds, public=PUBLIC, exit="/x", links=f'{LINKS} <a href="/x?from=here">X</a>')
    heard = start(wapiti, behind_login(site, job, modules=("redirect", "file", "sql", "exec", "xss")))
    lost = 0
    while isinstance(heard.until(lambda event: isinstance(event, LoggedOut | Ended)), LoggedOut):
        lost += 1
        heard.run.log_in(let_in_again(site))
    assert heard.of(Ended)[0].outcome == Outcome.COMPLETED and lost <= 5
    assert any("GET /x ends the login" in line.text for line in heard.of(LogLine))
    assert ("skipped", f"{site.url}x") in {(seen.reach, seen.url) for seen in heard.of(AddressSeen)}
    assert ("Reflected Cross Site Scripting", f"{site.url}hello", "name") in found(heard)


def test_a_form_that_ends_each_login_for_want_of_its_token_is_found_out_though_it_was_sent_well_at_first(
    wapiti, members_site, job, start
):
    site = members_site(public=PUBLIC, guards="/note")
    heard = start(wapiti, behind_login(site, job, modules=("file", "exec", "xss")))
    while isinstance(heard.until(lambda event: isinstance(event, LoggedOut | Ended)), LoggedOut):
        heard.run.log_in(let_in_again(site))
    lost = heard.of(LoggedOut)
    assert heard.of(Ended)[0].outcome == Outcome.COMPLETED
    assert [event.found_out for event in lost] == [False, False, True], lost
    assert any("POST /note ends the login" in line.text for line in heard.of(LogLine))
    assert ("Reflected Cross Site Scripting", f"{site.url}hello", "name") in found(heard)


def test_such_a_scan_can_be_stopped_too(wapiti, members_site, job, start):
    site = members_site(public=PUBLIC, forgets_at="name=https")
    scan = behind_login(site, job, modules=("redirect",))
    heard = start(wapiti, scan)
    heard.until(lambda event: isinstance(event, LoggedOut))
    heard.run.send("stop")
    assert heard.to_the_end(5).outcome == Outcome.STOPPED
    assert wapiti.read_report(scan.directory)


def test_looking_at_the_login_holds_up_no_site_that_serves_one_request_at_a_time(wapiti, members_site, job, start):
    site = members_site(one_at_a_time=True, links=f'{LINKS} <a href="/big">big</a>')
    heard = start(wapiti, behind_login(site, job, modules=("csp",), read_timeout_seconds=45.0))
    assert heard.to_the_end(30).outcome == Outcome.COMPLETED and site.members_asked_for("/big")


ANSWERED_BETWEEN_LOGINS = """
import asyncio, sys
from types import SimpleNamespace
sys.path.insert(0, {folder!r})
import httpx
from login import Login
made = dict(session=dict(headers=[], cookies=[], user_agent=""), logged_out=None,
            session_probe=dict(url="http://a.test/", logged_in_pattern="Members"))
job = dict(made, url="http://a.test/", excluded=[], headers=[], http_login=None)
login = Login(job, SimpleNamespace(secrets=set()))
async def shown(text):
    return await login.holds(lambda url: asyncio.sleep(0, (httpx.Response(200), text)))
async def lose_and_log_in():
    login.answered.add(("GET", "/x"))
    assert await shown("Everybody") is False
    login.answered.add(("GET", "/x"))  # under way when the login was found to be over
    login.take(made)
    assert await shown("Members")
asyncio.run(lose_and_log_in())
print(sorted(login.harmless), dict(login.suspected))
"""


def test_an_answer_that_came_between_two_logins_says_nothing_about_the_second():
    code = ANSWERED_BETWEEN_LOGINS.format(folder=str(DRIVER_FOLDER))
    done = subprocess.run([sys.executable, "-B", "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "[] {('GET', '/x'): 1}\n", done.stderr


LOOK_AFTER_A_PAUSE = """
import asyncio, sys
from types import SimpleNamespace
sys.path.insert(0, {folder!r})
import traffic
from login import Login
traffic.LONGEST_ANSWER_SECONDS = 5.0
job = dict(url={url!r}, max_requests=9, requests_per_second=0, requests_at_once=6, read_timeout_seconds=5,
           logged_out=None, excluded=[], tls_verify=True,
           headers=[], left_out=[],
           session_probe=None, http_login=None, session=dict(headers=[], cookies=[], user_agent=""))
async def look():
    gate = traffic.Traffic(job, None, Login(job, SimpleNamespace(secrets=set())), None)
    gate.pause()
    asking = asyncio.create_task(gate.ask_quietly(None, job["url"]))
    await asyncio.sleep(5.5)
    gate.resume()
    response, body = await asking
    print(response.status_code)
asyncio.run(look())
"""


def test_the_time_that_a_look_waits_for_its_turn_is_not_taken_from_its_answer(members_site):
    code = LOOK_AFTER_A_PAUSE.format(folder=str(DRIVER_FOLDER), url=members_site().url)
    done = subprocess.run([sys.executable, "-B", "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "302\n", done.stderr


def test_a_scan_that_waits_for_a_login_can_be_stopped(wapiti, members_site, job, start):
    heard = start(wapiti, behind_login(members_site(lasts=2), job))
    heard.until(lambda event: isinstance(event, LoggedOut))
    heard.run.send("stop")
    assert heard.to_the_end().outcome == Outcome.STOPPED


@pytest.mark.parametrize(
    ("options", "pattern"),
    [({"lasts": 2}, ""), ({"public": PUBLIC, "forgets_at": "hello"}, "no page says so")],
    ids=["led away", "shown what is for everybody"],
)
def test_a_page_that_came_as_the_login_was_lost_is_crawled_though_the_scan_was_paused_then(
    wapiti, members_site, job, start, options, pattern
):
    site = members_site(**options)
    scan = behind_login(site, job)
    scan = replace(scan, logged_out=replace(scan.logged_out, pattern=pattern))
    heard = start(wapiti, scan)
    heard.until(lambda event: isinstance(event, LoggedOut))
    heard.run.send("checkpoint")
    assert heard.to_the_end().outcome == Outcome.CHECKPOINTED
    site.let_in(SECRET)
    site.lasts = 0
    again = start(wapiti, scan)
    assert again.to_the_end().outcome == Outcome.COMPLETED
    crawled = {urlsplit(page.url).path: page.status for page in again.of(UrlCrawled)}
    assert crawled.get("/hello") == 200, crawled


def test_a_look_at_the_login_is_cut_off_by_a_stop_though_the_site_is_silent(wapiti, members_site, job, start):
    site, looked, released = members_site(), threading.Event(), threading.Event()
    really_is_member = site.is_member

    def is_member(value):
        if site.asked:  # the page has been answered; the next request is the look
            looked.set()
            released.wait(30)
        return really_is_member(value)

    site.is_member = is_member
    heard = start(wapiti, behind_login(site, job))
    assert looked.wait(20)
    heard.run.send("stop")
    assert heard.to_the_end(5).outcome == Outcome.STOPPED
    released.set()


def test_seeds_are_crawled(wapiti, members_site, job, start):
    site = members_site()
    seeds = (
        Seed(method="GET", url=f"{site.url}hidden?id=1"),
        Seed(method="POST", url=f"{site.url}order", fields=(("thing", "owl"),)),
        Seed(method="GET", url="http://192.0.2.1/elsewhere"),
    )
    heard = start(wapiti, behind_login(site, job, seeds=seeds, modules=("csp",)))
    assert heard.to_the_end().outcome == Outcome.COMPLETED
    crawled = {(event.method, event.url) for event in heard.of(UrlCrawled)}
    assert ("GET", f"{site.url}hidden?id=1") in crawled
    assert any(line == "/order thing=owl" for line in site.posted)
    assert not any("192.0.2.1" in url for _, url in crawled)


def test_a_real_wiki_is_crawled_as_its_member_and_what_members_alone_reach_is_found(wapiti, job, start, tmp_path):
    if not dokuwiki.is_installed():
        pytest.skip("needs the packages dokuwiki, php-cli and php-xml")
    login = Login(method=Method.FORM, username=dokuwiki.USER, password=dokuwiki.PASSWORD)
    quick = {"depth": 2, "modules": ("methods",)}
    with dokuwiki.dokuwiki() as url:
        stranger = start(wapiti, job(url, directory=tmp_path / "stranger", **quick))
        stranger.to_the_end(100)
        logged_in = log_in(login, url, ("127.0.0.1",), TargetPolicy(["127.0.0.0/8"]))
        scan = job(url, directory=tmp_path / "member", **quick, **job_fields(login, logged_in))
        member = start(wapiti, scan)
        assert member.to_the_end(100).outcome == Outcome.COMPLETED
    seen_by = [{event.url for event in heard.of(UrlCrawled)} for heard in (stranger, member)]
    assert any("do=profile" in url for url in seen_by[1] - seen_by[0])
    assert not any("do=logout" in url for url in seen_by[1]) and not member.of(LoggedOut)
    found_by = [{(event.category, event.url) for event in heard.of(FindingReported)} for heard in (stranger, member)]
    assert ("HTTP Methods", f"{url}lib/exe/mediamanager.php") in found_by[1] - found_by[0]
    assert dokuwiki.PASSWORD.encode() not in everything_written(scan)


def test_a_real_application_is_crawled_with_its_token(wapiti, job, start, tmp_path):
    login = Login(method=Method.HEADERS, headers=f"Authorization: Bearer {datasette.TOKEN}")
    quick = {"depth": 1, "modules": ("csp",)}
    with datasette.datasette(private=True) as url:
        stranger = start(wapiti, job(url, directory=tmp_path / "stranger", **quick))
        stranger.to_the_end(100)
        logged_in = log_in(login, url, ("127.0.0.1",), TargetPolicy(["127.0.0.0/8"]))
        scan = job(url, directory=tmp_path / "member", **quick, **job_fields(login, logged_in))
        member = start(wapiti, scan)
        assert member.to_the_end(100).outcome == Outcome.COMPLETED
    crawled = [{urlsplit(event.url).path for event in heard.of(UrlCrawled)} for heard in (stranger, member)]
    assert "/birds" in crawled[1] - crawled[0]
    assert datasette.TOKEN.encode() not in everything_written(scan)
