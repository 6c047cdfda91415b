"""Bulk actions: the question before, the answer, and the page that shows how far it got."""

from collections.abc import Mapping
from itertools import chain, islice
from uuid import uuid4

from django.contrib import messages
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render, resolve_url
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import View

from scans import htmx
from scans.analysis_list.filterset import AnalysisFilterSet
from scans.forms.bulk import BulkForm
from scans.models import Analysis, BulkAction, BulkOutcome, UrlScan
from scans.severities import SEVERITIES
from scans.statuses import ANALYSIS_STATUSES, Action, Status
from scans.transitions import bulk
from scans.views.access import SubmitterRequired, ViewerRequired
from scans.views.redirects import page_asked_from, see

LISTED = 200  # analyses that the result names; the others are counted
SECONDS_BETWEEN_LOOKS = 1

# What a button of the list stands for: the verbs to choose from.
QUESTIONS = {
    "stop": [Action.STOP_SAVE, Action.STOP_DELETE],
    "pause": [Action.PAUSE],
    "resume": [Action.RESUME],
    "submit": [Action.SUBMIT],
    "run-again": [Action.RUN_AGAIN],
    "delete": [Action.DELETE],
}


class BulkView(SubmitterRequired, View):
    """Asks before it acts: on a page of its own, or in the dialog with htmx."""

    question = ""

    @property
    def asked(self) -> str:
        """What is logged where it is refused."""
        return self.question.replace("-", "_")

    def asked_of(self) -> QuerySet[Analysis]:
        """Those that would be acted on at once: no refusal is worth thousands of entries."""
        return Analysis.objects.filter(pk__in=self.chosen[: bulk.AT_ONCE])

    def get(self, request: HttpRequest) -> HttpResponse:
        """The question, naming how many, and what would be lost."""
        return self.ask(BulkForm(initial={"key": uuid4()}, verbs=QUESTIONS[self.question]))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Do it; or ask again, where something is missing."""
        form = BulkForm(request.POST, verbs=QUESTIONS[self.question])
        if not form.is_valid() or not 0 < len(self.chosen) <= bulk.MAX_ANALYSES:
            return self.ask(form, status=422)
        query = self.filterset.address() if self.filterset else ""
        action = bulk.ask(analyses=self.chosen, by=request.user, query=query, **form.cleaned_data)
        return self.lead_on(action)

    @property
    def data(self) -> QueryDict:
        """What the list's form, or the question's, sent."""
        return self.request.POST if self.request.method == "POST" else self.request.GET

    @cached_property
    def filterset(self) -> AnalysisFilterSet | None:
        """The list whose every row was chosen; None where single rows were."""
        if not self.data.get("all"):
            return None
        query = QueryDict(self.data.get("query", "").removeprefix("?"))
        return AnalysisFilterSet(query, Analysis.objects.present(), request=self.request)

    @cached_property
    def chosen(self) -> list[int]:
        """The ids of what was chosen: at most one more than may be acted on at once."""
        if self.filterset:
            return list(islice(chain.from_iterable(self.filterset.keyset.ids()), bulk.MAX_ANALYSES + 1))
        ids = [text for text in self.data.getlist("chosen") if text.isascii() and text.isdigit() and len(text) < 19]
        present = Analysis.objects.present().filter(pk__in=ids[: bulk.MAX_ANALYSES + 1])
        return list(present.order_by("pk").values_list("pk", flat=True))

    def ask(self, form: BulkForm, status: int = 200) -> HttpResponse:
        """The question about what was chosen; why not, where that is nothing or too much."""
        counts = Analysis.objects.filter(pk__in=self.chosen).count_by_status()
        context = {
            "form": form,
            "question": self.question,
            "verbs": [(verb, allowing(verb, counts, ANALYSIS_STATUSES)) for verb in QUESTIONS[self.question]],
            "chosen": self.chosen,
            "filterset": self.filterset,
            "most": bulk.MAX_ANALYSES,
            "in_background": len(self.chosen) > bulk.AT_ONCE,
            "found": self._found(),
            "next": self.back,
        }
        template = "bulk/_bulk_question" if htmx.wants_fragment(self.request) else "bulk/bulk_question"
        return render(self.request, f"scans/{template}.html", context, status=status)

    @property
    def back(self) -> str:
        """The list that was looked at."""
        return page_asked_from(self.request, resolve_url("scans:analysis-list"))

    def _found(self) -> int:
        scans = UrlScan.objects.filter(analysis__in=self.chosen)
        sums = scans.aggregate(**{name: Sum(f"findings_{name}") for name in SEVERITIES})
        return sum(filter(None, sums.values()))

    def lead_on(self, action: BulkAction) -> HttpResponse:
        """To the list with a summary where all is done already; else to where one sees how far it is."""
        outcomes = action.outcomes()
        if BulkOutcome.WAITING in outcomes:
            return see(action.get_absolute_url())
        link = format_html('<a href="{}">{}</a>', action.get_absolute_url(), _("Which ones"))
        level = messages.SUCCESS if BulkOutcome.DONE in outcomes else messages.ERROR
        messages.add_message(
            self.request, level, format_html("{}. {}", summary(action.get_verb_display(), outcomes), link)
        )
        return see(self.back)


def allowing(verb: Action, counts: Mapping[str, int], catalogue: Mapping[str, Status]) -> int:
    """Of how many the status allows it."""
    return sum(count for code, count in counts.items() if catalogue[code].allows(verb))


def summary(verb: str, outcomes: dict[BulkOutcome, int]) -> str:
    """Such as “Pause: 8 done, 2 skipped (already finished)”."""
    skipped = {outcome: count for outcome, count in outcomes.items() if outcome.is_skipped}
    parts = [ngettext("%d done", "%d done", outcomes.get(BulkOutcome.DONE, 0)) % outcomes.get(BulkOutcome.DONE, 0)]
    if skipped:
        total = sum(skipped.values())
        reasons = [
            f"{outcome.label}" if len(skipped) == 1 else f"{count} {outcome.label}"
            for outcome, count in skipped.items()
        ]
        parts.append(ngettext("%d skipped", "%d skipped", total) % total + f" ({', '.join(reasons)})")
    return f"{verb}: {', '.join(parts)}"


class BulkActionView(ViewerRequired, View):
    """How far a bulk action got, and what became of each analysis; live until it is over."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The page, its fragment, or 204 when nothing changed."""
        action = get_object_or_404(BulkAction.objects.select_related("user"), pk=pk)
        outcomes = action.outcomes()
        waiting, total = outcomes.get(BulkOutcome.WAITING, 0), sum(outcomes.values())
        version = str(total - waiting)
        if htmx.is_unchanged(request, version):
            return htmx.unchanged()
        settled = action.items.exclude(outcome=BulkOutcome.WAITING)
        context = {
            "action": action,
            "summary": summary(action.get_verb_display(), outcomes),
            "settled": total - waiting,
            "total": total,
            "waiting": waiting,
            "skipped": settled.exclude(outcome=BulkOutcome.DONE).select_related("analysis").order_by("pk")[:LISTED],
            "done": settled.filter(outcome=BulkOutcome.DONE)
            .select_related("analysis", "made")
            .order_by("-pk")[:LISTED],
            "listed": LISTED,
            "version": version,
            "every": SECONDS_BETWEEN_LOOKS if waiting else 0,
            "here": htmx.address(request),
        }
        return htmx.respond(request, "scans/bulk/bulk_action.html", "scans/bulk/_bulk_action.html", context)
