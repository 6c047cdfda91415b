"""The tabs of one URL scan: Scan Details, Engine Log, Configuration. Findings and Coverage have their own modules."""

from io import TextIOWrapper

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.generic import View

from scans import activity, artifacts, htmx
from scans.configuration.submission import shown
from scans.engines import log_file
from scans.models import AtWork, CrawledUrl, CrawlScript, Screenshot, TargetLogin, UrlScan
from scans.models.open_findings import count_open_of_scans
from scans.summaries.timeline import timeline
from scans.summaries.workers import waits_for_zones
from scans.views.access import Gone, ViewerRequired, present_url_scan
from scans.views.downloads import attachment

TABS = [
    ("url-scan-detail", _("Scan Details")),
    ("finding-list", _("Findings")),
    ("coverage", _("Coverage")),
    ("engine-log", _("Engine Log")),
    ("configuration", _("Configuration")),
]
STORAGE_FAILS = _("The storage of files cannot be read now. Try again later.")
LOG_ON_HOST = _("This scan runs on host {host}. Its log appears here when it pauses or ends.")
LOG_ON_ITS_WAY = _("The log is still on host {host} and is uploaded as soon as possible.")
LOG_HIDDEN = _("This log tells what is found. Reviewers can read it now, everybody once the results are published.")


class UrlScanTab(ViewerRequired, View):
    """One live tab of a URL scan. `stem` is the name of its address, `template` its fragment."""

    stem = ""
    template = ""
    page, fragment = "scans/url_scan/url_scan.html", "scans/url_scan/_url_scan.html"  # around it
    tab = ""  # the tab that it belongs to, if it is none itself
    whole = False  # whether it shows something of the large columns of its analysis

    def get(self, request: HttpRequest, analysis_id: int, pk: int, **address) -> HttpResponse:
        scan = present_url_scan(analysis_id, pk, request.user, whole=self.whole)
        at_work = AtWork.now()
        version = f"{scan.analysis.version}.{at_work.version}"
        if htmx.is_unchanged(request, version):
            return htmx.unchanged()
        context = {
            "url_scan": scan,
            "analysis": scan.analysis,
            "missing_parts": at_work.missing,
            "waits_for": waits_for_zones([(scan.status, scan.zone)], at_work),
            "version": version,
            "every": htmx.seconds_between_polls([scan], under_way=scan.verifying_again),
            "here": htmx.address(request),
            "title": _("{tab} of {url}").format(tab=dict(TABS)[self.tab or self.stem], url=scan.url),
            "tabs": TABS,
            "tab": self.tab or self.stem,
            "tab_body": self.template,
            **self.content(scan, **address),
        }
        return htmx.respond(request, self.page, self.fragment, context)

    def content(self, url_scan: UrlScan) -> dict:
        """The context of this tab, besides the URL scan."""
        return {}


class UrlScanDetailView(UrlScanTab):
    """Scan Details: status and reason, requests and responses, and the checks."""

    stem = "url-scan-detail"
    template = "scans/url_scan/_url_scan_detail.html"

    def content(self, url_scan: UrlScan) -> dict:
        """The timeline, progress and time left; the checks in order, with their pictures."""
        now, reached = timezone.now(), url_scan.crawled_urls.count_by_reach()
        count_open_of_scans([url_scan])
        attacked = reached.get(CrawledUrl.Reach.ATTACKED, 0)
        return {
            "attacked": attacked,
            "in_scope": attacked + reached.get(CrawledUrl.Reach.FOUND, 0),
            "timeline": timeline(url_scan, now),
            "log": f"{url_scan.analysis.get_absolute_url()}?log_url={url_scan.pk}",
            "time_left": url_scan.analysis.time_left(now),
            "checks": url_scan.checks.all(),
            "screenshots": url_scan.screenshots.all(),
            "module_errors": url_scan.module_errors.all() if url_scan.notices else (),  # each makes a notice
        }


class ConfigurationView(UrlScanTab):
    """The configuration of the scan."""

    stem = "configuration"
    template = "scans/url_scan/_configuration.html"
    whole = True

    def content(self, url_scan: UrlScan) -> dict:
        """How it logs in, but for what is secret, and every option."""
        login = TargetLogin.objects.get(pk=url_scan.login_id) if url_scan.login_id else None
        script = CrawlScript.objects.get(pk=url_scan.crawl_script_id) if url_scan.crawl_script_id else None
        if login or script:
            activity.note_secret_seen(url_scan, self.request)
        return {"login": login, "crawl_script": script, "options": shown(url_scan.analysis, url=url_scan.url)}


class EngineLogView(UrlScanTab):
    """The end of the engine's log, which grows on the page (see EngineLogPieceView)."""

    stem = "engine-log"
    template = "scans/url_scan/_engine_log.html"

    def content(self, url_scan: UrlScan) -> dict:
        """Whether there is a log, and its end. A poll does not need the end: the page already shows it.

        Except the poll after the scan ended, because some people may see the log only now.
        """
        if not _may_read_log(url_scan):
            return {"hidden": LOG_HIDDEN}
        log, failed = artifacts.log_of(url_scan), ""
        is_poll = htmx.wants_fragment(self.request) and "v" in self.request.GET and not url_scan.info.final
        piece = log_file.Piece("", "")
        try:
            if not is_poll:
                piece = log_file.end_of(log.open()) if log.name else log_file.read(log.path) if log.path else piece
        except FileNotFoundError:
            return {"has_log": False, "piece": piece}
        except OSError:
            failed = STORAGE_FAILS
        hint = failed or _elsewhere(url_scan, log)
        return {"has_log": bool(log) and not failed, "piece": piece, "hint": hint}


class EngineLogPieceView(ViewerRequired, View):
    """The new lines of the engine's log since the last poll."""

    def get(self, request: HttpRequest, analysis_id: int, pk: int) -> HttpResponse:
        """The new lines and the next position; 204 if there are none, except at the last poll."""
        scan, position = present_url_scan(analysis_id, pk, request.user), request.GET.get("after", "")
        log, every = _readable_log(scan), htmx.seconds_between_polls([scan])
        if log.path is None and every:  # it does not grow here
            return htmx.unchanged()
        piece = log_file.read(log.path, position) if log.path else log_file.Piece("", position)
        if every and piece.position == position:
            return htmx.unchanged()
        context = {"url_scan": scan, "analysis": scan.analysis, "piece": piece, "every": every}
        return render(request, "scans/url_scan/_engine_log_piece.html", context)


class ScreenshotView(ViewerRequired, View):
    """One picture that was taken during the checks."""

    def get(self, request: HttpRequest, analysis_id: int, pk: int, screenshot_id: int) -> HttpResponseBase:
        screenshots = present_url_scan(analysis_id, pk, request.user).screenshots
        try:
            picture = artifacts.open_picture(screenshots.get(pk=screenshot_id))
        except (Screenshot.DoesNotExist, FileNotFoundError):
            raise Gone(_("This picture is not there any more.")) from None
        except OSError:
            return _unavailable()
        return FileResponse(picture, content_type="image/png")


class EngineLogFileView(ViewerRequired, View):
    """The whole engine log, as a plain text file that is harmless to a terminal."""

    def get(self, request: HttpRequest, analysis_id: int, pk: int) -> HttpResponseBase:
        scan = present_url_scan(analysis_id, pk, request.user)
        log = _readable_log(scan)
        try:
            file = TextIOWrapper(log.open(), encoding="utf-8", errors="replace", newline="\n")
        except FileNotFoundError:
            raise Gone(_elsewhere(scan, log) or _("This scan has no engine log (any more).")) from None
        except OSError:
            return _unavailable()
        return attachment(log_file.lines(file), f"engine-log-{pk}", "txt")


def _elsewhere(url_scan: UrlScan, log: artifacts.Log) -> str:
    """Say which host has the log, or its newest part; empty if it can be read from here."""
    if not log.host:
        return ""
    text = LOG_ON_HOST if url_scan.lease_holder else LOG_ON_ITS_WAY
    return text.format(host=log.host)


def _unavailable() -> HttpResponse:
    return HttpResponse(STORAGE_FAILS, status=503, content_type="text/plain; charset=utf-8")


def _may_read_log(url_scan: UrlScan) -> bool:
    """Whether this person may see the results, whose requests are in the log; anybody may once the scan has ended."""
    return url_scan.results_visible or url_scan.info.final


def _readable_log(url_scan: UrlScan) -> artifacts.Log:
    if not _may_read_log(url_scan):
        raise PermissionDenied(LOG_HIDDEN)
    return artifacts.log_of(url_scan)
