# SPDX-License-Identifier: GPL-2.0-or-later
# The file LICENSE beside it has the terms.
"""Our hooks in Wapiti: the only file that imports wapitiCore. It supports releases 3.2 and 3.3."""

import functools
import operator
import sys
import traceback
from urllib.parse import quote

# isort: off
import never_started  # noqa: F401 - Wapiti would load it

# isort: on
import httpx
import login_cookies
import side
from addresses import NO_REQUEST
from failures import CRAWL
from found import Found
from rules import LEFT_OUT, NO_ADDRESS
from scan import TO_GO_ON, in_order
from session import finish_what_began
from traffic import Refused
from wapitiCore import WAPITI_VERSION
from wapitiCore.attack import attack
from wapitiCore.controller.wapiti import Wapiti
from wapitiCore.definitions import additionals, anomalies, flatten_references, vulnerabilities
from wapitiCore.main import wapiti as main_module
from wapitiCore.net import web
from wapitiCore.net.crawler import AsyncCrawler
from wapitiCore.net.explorer import Explorer
from wapitiCore.net.response import Response
from wapitiCore.net.scope import Scope
from wapitiCore.net.sql_persister import SqlPersister

if WAPITI_VERSION.startswith("3.3."):
    from wapitiCore.attack.active_scanner import ActiveScanner as Attacker
    from wapitiCore.attack.active_scanner import UserChoice
    from wapitiCore.attack.passive_scanner import PassiveScanner

    LOAD_MODULES = "init_attack_modules"
    PASSIVE_MODULES = set(PassiveScanner(None)._modules)  # these look at the crawl's answers, before the attack
    http_repr = web.http_repr
elif WAPITI_VERSION.startswith("3.2."):
    from wapitiCore.controller.wapiti import UserChoice

    Attacker, LOAD_MODULES, PASSIVE_MODULES = Wapiti, "_load_attack_modules", set()
    http_repr = web.Request.http_repr
else:
    raise ImportError(f"Wapiti {WAPITI_VERSION} is not a release that this driver knows")

main_module.print_banner = lambda: None  # a picture made of letters, useless in a log
wapiti_main = main_module.wapiti_main

OF_ADDRESSES = "/:?#@!$&'()*+,;=%"  # characters that have a meaning in an address, without brackets
TEXTS = ("text", "json", "xml", "javascript", "yaml", "graphql")  # in a content type
OF_THE_BODY = ("content-encoding", "content-length", "transfer-encoding")
LARGEST_READ = 2 * 1024**2  # bytes of a page that links are read from: as much takes Wapiti seconds and 130 MB
CRAWL_SAVED = "crawl-saved"  # marks a session whose list of pages, including those still to visit, is complete


class Hooks:
    """Our changes to Wapiti. Each method `on_…` replaces the method named beside it in `install`."""

    def __init__(self, scan, session):
        self.scan = scan
        self.session = session
        self.module = None
        self.source = None  # of the addresses that the module attacks
        self.persister = None
        known = (*vulnerabilities, *anomalies, *additionals)
        self.definitions = {definition.name(): definition for definition in reversed(known)}
        self.found = Found(scan, self.definitions, (http_repr, flatten_references))

    def install(self):
        """Install the hooks. Both releases have the same methods, except that the module loader has moved."""
        self.drop_broken_session()
        finish_what_began(SqlPersister)
        self.replace(AsyncCrawler, "__init__", self.on_crawler)
        self.replace(AsyncCrawler, "async_send", self.on_send)
        self.replace(web.Request, "__init__", self.on_request)
        self.replace(SqlPersister, "get_forms", self.on_forms)
        self.replace(attack, "find_injectable", self.on_injectable)
        self.replace(attack.Mutator, "mutate", side.mutations)
        self.replace(attack.Attack, "does_timeout", self.on_comparison)
        self.replace(Wapiti, "init_persister", self.on_session)
        self.replace(Wapiti, "save_scan_state", self.on_crawl_saved)
        self.replace(Wapiti, "write_report", self.on_report)
        self.replace(Explorer, "__init__", self.on_explorer)
        self.replace(Explorer, "_async_analyze", self.on_page)
        self.replace(Explorer, "extract_links", self.on_links)
        self.replace(Scope, "check", self.on_scope)
        self.replace(Attacker, LOAD_MODULES, self.on_modules)
        self.replace(Attacker, "run_attack_module", self.on_module)
        self.replace(Attacker, "load_and_attack", self.on_addresses)
        self.replace(Attacker, "load_resources_for_module", self.on_source)
        self.replace(SqlPersister, "add_payload", self.found.on_finding)

    @staticmethod
    def replace(owner, name, method):
        """Call `method(original, self, …)` wherever the owner's method is called."""
        original = getattr(owner, name)
        setattr(owner, name, functools.wraps(original)(lambda *args, **kw: method(original, *args, **kw)))

    def on_crawler(self, original, crawler, *args, **kwargs):
        """Limit the time of reads: release 3.2 waits for ever for a silent site."""
        original(crawler, *args, **kwargs)
        crawler._timeout = httpx.Timeout(self.scan.job["read_timeout_seconds"])

    def on_request(self, original, request, path, *args, **kwargs):
        """Make a request for any text, so that `on_send` refuses those that are no address."""
        try:
            original(request, path, *args, **kwargs)
        except ValueError:  # brackets that hold no address, or letters that no host has
            original(request, quote(path, safe=OF_ADDRESSES), *args, **kwargs)

    async def on_send(self, original, crawler, request, *args, **kwargs):
        """Send a request. One that no client can make is refused, so that only this one is dropped."""
        try:
            return await original(crawler, request, *args, **kwargs)
        except NO_REQUEST as error:
            self.scan.passed(request.method, request.url, NO_ADDRESS)
            self.scan.channel.log("info", f"[-] no request can be made of {request.url}: {error}")
            raise Refused(str(error)) from error

    async def on_session(self, original, wapiti):
        """The session is open: report the start, and report again the findings of an earlier attempt."""
        await original(wapiti)
        self.persister = wapiti.persister
        self.scan.resumed = await wapiti.has_scan_started()
        self.scan.channel.send("started", engine="Wapiti", version=WAPITI_VERSION, resumed=self.scan.resumed)
        self.scan.started = True
        if not self.scan.resumed:
            wapiti._start_urls.extend(self.seeds(wapiti))
        if self.scan.resumed:
            await self.tell_stored_pages(wapiti.persister)
        await self.found.tell_stored(wapiti.persister)

    async def tell_stored_pages(self, persister):
        """Report the pages that an earlier process crawled: a run that continues another's session knows none yet."""
        for stored in (persister.get_links, persister.get_forms):
            async for request, response in stored():
                self.scan.coverage.note("found", request.method, request.url, status=response.status if response else 0)
                self.see(request, response)

    def seeds(self, wapiti):
        """Return the addresses, forms and requests of scripts that a crawl script met, if they are in scope."""
        requests = []
        for seed in self.scan.job["seeds"]:
            body = {"post_params": [list(pair) for pair in seed["fields"]]} if seed["method"] != "GET" else {}
            if seed["body"]:
                body = {"post_params": seed["body"], "enctype": "application/json"}
            requests.append(web.Request(seed["url"], method=seed["method"], **body))
        return [request for request in requests if wapiti.target_scope.check(request)]

    async def on_forms(self, original, persister, path=None, attack_module=""):
        """Hand out all requests with a body: Wapiti attacks those made by POST only."""
        async for request, response in persister._get_paths(path=path, crawled=True, module=attack_module):
            if request.method != "GET":
                yield request, response

    def on_injectable(self, original, parents, data):
        """Return the places in a JSON body to attack. An empty list is none: Wapiti would put it into itself."""
        for path in original(parents, data):
            if path and functools.reduce(operator.getitem, path[:-1], data) != []:
                yield path

    def drop_broken_session(self):
        """Start from scratch after a killed crawl: its session has the pages but not those still to visit."""
        if not (self.session / CRAWL_SAVED).exists():
            for file in self.session.glob("*"):
                file.unlink()

    def on_explorer(self, original, explorer, configuration, scope, stop_event, *args, **kwargs):
        """The crawl begins: remember how to stop it."""
        original(explorer, configuration, scope, stop_event, *args, **kwargs)
        explorer.max_page_size = 0  # Wapiti would drop a large page, and no module would see it; see `on_links`
        (self.session / CRAWL_SAVED).unlink(missing_ok=True)
        self.scan.stop_crawl = stop_event.set
        if self.scan.wish:
            stop_event.set()

    async def on_page(self, original, explorer, request, *args):
        """Handle one page of the crawl. If its request was cut off, keep it for a resumed crawl."""
        self.scan.failures.refused.set("")
        try:
            success, resources, response = await original(explorer, request, *args)
        except httpx.TransportError as error:
            self.scan.channel.log("warning", f"[!] {type(error).__name__} with URL {request.url}")
            success, resources, response = False, [], None
        except Exception as error:
            self.scan.failures.note(CRAWL, request, error)
            raise  # the explorer logs it and drops the page
        if response is not None:
            self.scan.urls_crawled += 1
            self.scan.channel.send("url_crawled", method=request.method, url=request.url, status=response.status)
            self.see(request, response)
        elif self.scan.wish:
            self.scan.unfinished.append(unsent(request))
        elif not self.scan.failures.refused.get():
            self.scan.failures.note(CRAWL, request, "address_without_answer")
        for found in resources:  # in scope; `on_scope` has reported the others
            self.scan.coverage.note("found", found.method, found.url)
        return success, resources, response

    def on_links(self, original, explorer, response, request):
        """Return links and forms of a page; of a large one, those of its beginning."""
        if len(response.bytes) > LARGEST_READ:
            self.scan.failures.note(CRAWL, request, "page_too_large")
            response = beginning_of(response)
        return original(explorer, response, request)

    def see(self, request, response):
        """Look at an answer in text for the summary of the crawl, which no page may break."""
        if response is None or not any(kind in response.type or not response.type for kind in TEXTS):
            return
        try:
            self.scan.sights.take(request.method, request.url, response.status, response.headers, response.content)
        except Exception as error:
            self.scan.channel.log("warning", f"not looked at: {request.url}: {type(error).__name__}: {error}")

    def on_scope(self, original, scope, resource):
        """Return whether an address belongs to the scan, and report the crawl's links that do not."""
        inside = original(scope, resource)
        if inside and self.is_left_out(resource):
            return False
        if resource and not inside and self.scan.phase == "crawl":
            is_request = isinstance(resource, web.Request)
            method, url = (resource.method, resource.url) if is_request else ("GET", resource)
            self.scan.coverage.note("blocked", method, url, reason="out_of_scope")
        return inside

    def is_left_out(self, resource):
        """Return whether a link or form is left out of the scan, and report it if so."""
        is_request = isinstance(resource, web.Request)
        method, url = (resource.method, resource.url) if is_request else ("GET", resource)
        left_out = self.scan.traffic.rules.leave_out(url)
        if left_out:
            self.scan.passed(method, url, LEFT_OUT)
        return left_out

    async def on_crawl_saved(self, original, wapiti):
        """The crawl is over or interrupted: the session now has everything that a resumed crawl needs."""
        wapiti._start_urls.extend(self.scan.unfinished)
        await original(wapiti)
        (self.session / CRAWL_SAVED).touch()

    async def on_modules(self, original, attacker, crawler):
        """The attack begins: remember how to stop it, and how many modules it has; sum up the crawl."""
        wanted = sys.argv[sys.argv.index("-m") + 1].split(",")
        modules = in_order(await original(attacker, crawler), wanted)
        self.scan.phase, self.scan.traffic.crawling = "attack", False
        self.scan.modules_missing = set(wanted) - {module.name for module in modules} - PASSIVE_MODULES
        self.scan.modules_total = sum(bool(module.do_get or module.do_post) for module in modules)
        self.scan.stop_attack = functools.partial(self.stop_attack, attacker)
        if self.scan.wish:
            self.scan.stop_attack()
            return []
        self.scan.channel.send("crawl_seen", **self.scan.sights.summary())
        await self.judge_login_cookies()
        for module in modules:
            module.must_attack = self.watched(module, module.must_attack)
            module.attack = self.watched(module, module.attack)
            module.parallelize_attacks = False  # release 3.3 would do so without our care
        return modules

    async def judge_login_cookies(self):
        """Report cookies that the login was given without a flag, if cookies are judged."""
        if login_cookies.MODULE in sys.argv[sys.argv.index("-m") + 1].split(","):
            root = web.Request(await self.persister.get_root_url())
            missing = self.scan.login.cookies.without_flags(root.url)
            await login_cookies.report(missing, root, self.persister, self.definitions, self.found.reported)

    def watched(self, module, method):
        """Return this method of a module, so that an error in it is reported; Wapiti then drops the address."""

        @functools.wraps(method)
        async def watched(request, response=None):
            try:
                result = await method(request, response)
                if self.scan.wish:  # it may have ended because its requests were refused: the address is not done
                    raise Refused("the scan is ending")
                return result
            except Exception as error:
                if not self.scan.wish and not isinstance(error, Refused):
                    self.scan.failures.note(module.name, request, error)
                raise

        return watched

    def stop_attack(self, attacker):
        """Do what Wapiti does on Ctrl+C and the choice "report" or "quit"; cancelling alone only skips a module."""
        to_go_on = self.scan.wish[0] in TO_GO_ON
        attacker._user_choice = UserChoice.QUIT if to_go_on else UserChoice.REPORT
        if self.module:  # a module finally waits for news from the out-of-band endpoint; ours never has any
            self.module.finish = self.nothing
        if attacker._current_attack_task:
            attacker._current_attack_task.cancel()

    @staticmethod
    async def nothing():
        """Replace a module's finish()."""

    async def on_module(self, original, attacker, module):
        """Run one attack module, unless the scan is ending. One that breaks is reported, and the next one runs."""
        if self.scan.wish:
            return
        self.module = module
        self.scan.module = self.scan.traffic.timing.module = module.name
        try:
            await original(attacker, module)
        except MemoryError:
            raise
        except Exception as error:
            traceback.print_exc()
            self.scan.failures.note(module.name, None, error)
            self.scan.modules_broken += 1
        if not self.scan.wish:
            self.scan.modules_done += 1

    async def on_addresses(self, original, attacker, module, attacked_ids):
        """Attack the addresses of a module, several side by side if it allows that: each of these takes the next."""
        several = module.name in side.SIDE_BY_SIDE
        self.source = None
        attack_all = functools.partial(original, attacker, module, attacked_ids)
        await side.attack(attack_all, self.scan.job["requests_at_once"] if several else 1)

    def on_source(self, original, attacker, module):
        """Return the addresses of a module that are still to be attacked, from where all that attack take theirs."""
        self.source = self.source or side.Source(original(attacker, module), module.name in side.ONCE_PER_PATH)
        return self.source.each()

    async def on_comparison(self, original, module, request, *args, **kwargs):
        """Measure how long an ordinary request takes, to compare an attack with it."""
        with self.scan.traffic.timing.measured():
            return await original(module, request, *args, **kwargs)

    async def on_report(self, original, wapiti):
        """The attack is over, or the scan must end with the findings so far: write the report."""
        if not self.scan.wish:
            await self.scan.traffic.see_login_hold()
            await self.judge_login_cookies()  # a login during the scan may have got others
        self.scan.phase, self.scan.module = "report", ""
        async with self.found.storing:  # the report includes what a cancelled module stores
            await self.found.tell_stored(wapiti.persister)
        await original(wapiti)


def beginning_of(response):
    """Return the answer with LARGEST_READ bytes of its body."""
    cut = httpx.Response(
        response.status,
        headers=[item for item in response.headers.multi_items() if item[0] not in OF_THE_BODY],
        content=response.bytes[:LARGEST_READ],
        request=response._response.request,
    )
    return Response(cut, response.url)


def unsent(request):
    """Return a copy without the headers that Wapiti adds to sent requests: with them a page counts as crawled."""
    names = "method encoding enctype referer get_params post_params file_params link_depth".split()
    return web.Request(request.path, **{name: getattr(request, name) for name in names})
