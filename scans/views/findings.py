"""One finding with its evidence, its mark, and its verification."""

from collections.abc import Callable
from copy import copy
from functools import partial
from itertools import chain
from urllib.parse import urlsplit

from django.contrib.auth import get_user_model
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from scans import transitions
from scans.configuration.secret_headers import names_for
from scans.filtersets import whole_number
from scans.forms.actions import AssignForm, MarkForm
from scans.models import Finding, Mark, TargetLogin, TriageMark, UrlScan
from scans.results.curl import curl_of
from scans.summaries.evidence import LONGEST as LONGEST_EVIDENCE
from scans.summaries.evidence import Evidence, command
from scans.summaries.explanation import why
from scans.summaries.guides import guides
from scans.views.access import present_url_scan
from scans.views.actions import ActionView, back, refused
from scans.views.list_position import position
from scans.views.redirects import one_of_ours, page_asked_from
from scans.views.url_scans import UrlScanTab

PAGE_SIZE = 100  # places
MOST_HISTORY = 20  # decisions
MOST_PEOPLE = 100  # whose names the field proposes


class FindingDetailView(UrlScanTab):
    """One finding: the weakness, its remedy, why it is one, its evidence, and the verdict."""

    stem = "finding-detail"
    page, fragment = "scans/findings/finding_detail.html", "scans/findings/_finding_detail.html"
    whole = True
    tab = "finding-list"
    conflict, mine = "", None  # somebody else decided meanwhile: what to say, and the form of this person

    def content(self, url_scan: UrlScan, finding_id: int) -> dict:
        """Return the finding and its mark. Raises Http404 if there is none or this user may not see it yet."""
        visible = url_scan.findings.visible_to(self.request.user)
        finding = get_object_or_404(visible.defer(None), pk=finding_id)
        alike = Finding.objects.filter(url_scan__analysis=url_scan.analysis_id, fingerprint=finding.fingerprint)
        places = alike.visible_to(self.request.user).select_related("url_scan").order_by("url", "pk")
        return {
            "finding": finding,
            "title": _title(finding),
            "runs": finding.runs_that_show_it(url_scan.analysis.series_id, self.request.user),
            "why": why(finding),
            "guides": guides(finding.cwe, finding.wstg),
            "places": Paginator(places, PAGE_SIZE).get_page(self.request.GET.get("places")),
            **_verdict(url_scan.analysis.series_id, finding, self.request.user),
            **({"conflict": self.conflict, "mine": self.mine} if self.conflict else {}),
            **_proof(self.request, url_scan, finding),
            **_way(self.request, url_scan, finding),
        }


def _verdict(series_id: int, finding: Finding, user) -> dict:
    """The mark of the weakness with its history, and for reviewers the forms that change it."""
    marks = TriageMark.objects.select_related("user", "assignee")
    mark = marks.filter(series=series_id, fingerprint=finding.fingerprint).first()
    known = {"mark": mark, "history": TriageMark.history(series_id, finding, user)[:MOST_HISTORY]}
    if not user.has_perm("scans.review_analysis"):
        return known
    mark = mark or TriageMark(mark=Mark.UNREVIEWED)
    shown = {"mark": mark.mark, "seen": mark.version, "accepted_until": mark.accepted_until}
    care = {"assignee": mark.assignee and mark.assignee.get_username(), "due": mark.due}
    people = get_user_model().objects.filter(is_active=True).order_by("username").values_list("username", flat=True)
    return {
        **known,
        "mark_form": MarkForm(initial=shown),
        "assign_form": AssignForm(initial=care),
        "people": people[:MOST_PEOPLE],
    }


def _way(request: HttpRequest, url_scan: UrlScan, finding: Finding) -> dict:
    """The neighbours of the finding in its list, and the address of this page, which remembers that list."""
    way, here = position(request, url_scan, finding), request.GET.copy()
    here.pop("v", None)
    here["next"] = way.back
    return {"position": way, "here": f"{request.path}?{here.urlencode()}"}


def _title(finding: Finding) -> str:
    """The weakness and what it is about, for the title of the page."""
    if finding.parameter:
        return _("%(weakness)s in %(where)s") % {"weakness": finding.category, "where": finding.parameter[:80]}
    return f"{finding.category}: {finding.subject[:80]}" if finding.subject else finding.category


def _proof(request: HttpRequest, url_scan: UrlScan, finding: Finding) -> dict:
    """The evidence, and a command that repeats the request."""
    names, login = names_for(url_scan), TargetLogin.objects.filter(pk=url_scan.login_id)
    method = login.values_list("method", flat=True).first() if url_scan.login_id else ""
    curl, variables = command(curl_of(finding.url, finding.http_request), method or "", names)
    longest = None if "all" in request.GET else LONGEST_EVIDENCE
    evidence = Evidence(finding, longest)
    return {"header_names": names, "evidence": evidence, "curl": curl, "variables": variables}


class VerdictView(ActionView):
    """Does something with one weakness, at one of its places."""

    def finding(self, analysis_id: int, pk: int, finding_id: int) -> Finding:
        """Return the finding; raises Http404 if there is none or this user may not see it yet."""
        url_scan = present_url_scan(analysis_id, pk, self.request.user)
        finding = get_object_or_404(url_scan.findings.visible_to(self.request.user), pk=finding_id)
        finding.url_scan = url_scan
        return finding

    def decide(self, finding: Finding, verb: Callable, done: str, then: str = "") -> HttpResponse:
        """Call the verb, then show `then` or the previous page. If somebody else was faster, show both with 409."""
        try:
            return self.perform(finding, verb, done, then)
        except transitions.MarkedMeanwhile as conflict:
            return self._both(finding, conflict)

    def _both(self, finding: Finding, conflict: transitions.MarkedMeanwhile) -> HttpResponse:
        get = copy(self.request)
        here = urlsplit(page_asked_from(self.request, ""))
        get.method, get.path = "GET", finding.get_absolute_url()
        get.GET = QueryDict(here.query if here.path == get.path else "")
        form = MarkForm(self.request.POST)
        form.is_valid()
        page = FindingDetailView(conflict=str(conflict), mine=form)
        scan, kwargs = finding.url_scan, {"finding_id": finding.pk}
        page.setup(get, scan.analysis_id, scan.pk, **kwargs)
        response = page.get(get, scan.analysis_id, scan.pk, **kwargs)
        response.status_code = 409
        return response


class MarkView(VerdictView):
    """Marks a finding with a reviewer's decision."""

    def post(self, request: HttpRequest, analysis_id: int, pk: int, finding_id: int) -> HttpResponse:
        """Mark the finding, then show the previous page again, or the one after it. Raises BadRequest for an unknown
        mark."""
        finding, then = self.finding(analysis_id, pk, finding_id), one_of_ours(request, request.POST.get("then", ""))
        return self.decide(finding, partial(transitions.mark, **decision(request)), _("“{}” is marked."), then)


class TakeBackView(VerdictView):
    """Takes the last decision about a weakness back."""

    def post(self, request: HttpRequest, analysis_id: int, pk: int, finding_id: int) -> HttpResponse:
        """Take it back, then show the previous page again. Raises BadRequest without the version that was seen."""
        seen = whole_number(request.POST.get("seen", ""))
        if seen is None:
            raise BadRequest(_("The form does not say which decision to take back."))
        finding = self.finding(analysis_id, pk, finding_id)
        return self.decide(finding, partial(transitions.take_back, seen=seen), _("The mark of “{}” is taken back."))


class AssignView(VerdictView):
    """Says who takes care of a weakness, and until when."""

    def post(self, request: HttpRequest, analysis_id: int, pk: int, finding_id: int) -> HttpResponse:
        """Store it, then show the previous page again, with what is wrong if something is."""
        finding, form = self.finding(analysis_id, pk, finding_id), AssignForm(request.POST)
        if not form.is_valid():
            return refused(request, back(request, finding), " ".join(chain.from_iterable(form.errors.values())))
        return self.perform(finding, partial(transitions.assign, **form.cleaned_data), _("“{}” is assigned."))


class VerifyView(ActionView):
    """Asks for one finding to be verified again."""

    def post(self, request: HttpRequest, analysis_id: int, pk: int, finding_id: int) -> HttpResponse:
        """Ask for it, then show the previous page again."""
        url_scan = present_url_scan(analysis_id, pk, request.user)
        finding = get_object_or_404(url_scan.findings.visible_to(request.user), pk=finding_id)
        verb = partial(transitions.verify_again, findings=[finding.pk])
        return self.perform(url_scan, verb, _("The finding of {} is being verified again."))


def decision(request: HttpRequest) -> dict:
    """Return what was typed as keyword arguments of `transitions.mark`. Raises BadRequest for an unknown mark."""
    form = MarkForm(request.POST)
    if not form.is_valid():
        raise BadRequest(_("A mark is one of: {marks}.").format(marks=", ".join(map(str, Mark.labels))))
    return form.cleaned_data | {"mark": Mark(form.cleaned_data["mark"])}
