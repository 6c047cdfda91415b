"""Bulk actions: the question, the answer to it, and the page that shows progress."""

from collections.abc import Mapping
from itertools import chain, islice
from uuid import uuid4

from django.contrib import messages
from django.db.models import QuerySet
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
from scans.models import Analysis, BulkAction, BulkOutcome
from scans.models.lean import large
from scans.models.querysets import sees_everything
from scans.severities import total, unweigh
from scans.statuses import ANALYSIS_STATUSES, Action, Status
from scans.transitions import bulk
from scans.views.access import SubmitterRequired, ViewerRequired
from scans.views.redirects import page_asked_from, see

LISTED = 200  # analyses that the result lists; it only counts the rest
SECONDS_BETWEEN_POLLS = 1

# Each button of the list opens a question, which offers these actions.
QUESTIONS = {
    "stop": [Action.STOP_SAVE, Action.STOP_DELETE],
    "pause": [Action.PAUSE],
    "resume": [Action.RESUME],
    "submit": [Action.SUBMIT],
    "run-again": [Action.RUN_AGAIN],
    "delete": [Action.DELETE],
}


class BulkQuestionView(SubmitterRequired, View):
    """Asks for confirmation before it acts on several things: on a page of its own, or with htmx in the dialog."""

    question = page = dialog = ""
    catalogue: Mapping[str, Status] = {}

    @property
    def asked(self) -> str:
        """The name under which a refusal is logged."""
        return self.question.replace("-", "_")

    @property
    def verbs(self) -> list[Action]:
        """The actions to choose from."""
        return QUESTIONS[self.question]

    def render_question(self, form: BulkForm, counts: Mapping[str, int], status: int, **context) -> HttpResponse:
        """Render the question. `counts` is the number of the chosen things in each status."""
        verbs = [
            (verb, sum(count for code, count in counts.items() if self.catalogue[code].allows(verb)))
            for verb in self.verbs
        ]
        context |= {"form": form, "question": self.question, "verbs": verbs}
        template = self.dialog if htmx.wants_fragment(self.request) else self.page
        return render(self.request, template, context, status=status)

    def report(self, verb: str, outcomes: dict[BulkOutcome, int], link: str = "") -> None:
        """Add a message with the number of each outcome, for the next page."""
        level = messages.SUCCESS if BulkOutcome.DONE in outcomes else messages.ERROR
        messages.add_message(self.request, level, format_html("{}.{}", summary(verb, outcomes), link))


class BulkView(BulkQuestionView):
    """Starts a bulk action on analyses."""

    page, dialog = "scans/bulk/bulk_question.html", "scans/bulk/_bulk_question.html"
    catalogue = ANALYSIS_STATUSES

    def asked_of(self) -> QuerySet[Analysis]:
        """Return the first few of the chosen analyses; a refusal is not worth thousands of log entries."""
        return Analysis.objects.filter(pk__in=self.chosen[: bulk.AT_ONCE])

    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask, naming the number of analyses and what would be lost."""
        return self.ask(BulkForm(initial={"key": uuid4()}, verbs=self.verbs))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Start the bulk action; ask again if an answer is missing, or if nothing or too much is chosen."""
        form = BulkForm(request.POST, verbs=self.verbs)
        if not form.is_valid() or not 0 < len(self.chosen) <= bulk.MAX_ANALYSES:
            return self.ask(form, status=422)
        query = self.filterset.address() if self.filterset else ""
        action = bulk.ask(analyses=self.chosen, by=request.user, query=query, **form.cleaned_data)
        return self.show_result(action)

    @property
    def data(self) -> QueryDict:
        """The data that the form of the list, or of the question, sent."""
        return self.request.POST if self.request.method == "POST" else self.request.GET

    @cached_property
    def filterset(self) -> AnalysisFilterSet | None:
        """The list, if all its rows are chosen; None if single rows are."""
        if not self.data.get("all"):
            return None
        query = QueryDict(self.data.get("query", "").removeprefix("?"))
        return AnalysisFilterSet(query, Analysis.objects.present(), request=self.request)

    @cached_property
    def chosen(self) -> list[int]:
        """The ids of the chosen analyses: at most one more than a bulk action may have."""
        if self.filterset:
            return list(islice(chain.from_iterable(self.filterset.keyset.ids()), bulk.MAX_ANALYSES + 1))
        ids = [text for text in self.data.getlist("chosen") if text.isascii() and text.isdigit() and len(text) < 19]
        present = Analysis.objects.present().filter(pk__in=ids[: bulk.MAX_ANALYSES + 1])
        return list(present.order_by("pk").values_list("pk", flat=True))

    def ask(self, form: BulkForm, status: int = 200) -> HttpResponse:
        """Render the question about the chosen analyses; if nothing or too much is chosen, it says so."""
        counts = Analysis.objects.filter(pk__in=self.chosen).count_by_status()
        context = {
            "chosen": self.chosen,
            "filterset": self.filterset,
            "most": bulk.MAX_ANALYSES,
            "in_background": len(self.chosen) > bulk.AT_ONCE,
            "found": self._found(),
            "next": self.back,
        }
        return self.render_question(form, counts, status, **context)

    @property
    def back(self) -> str:
        """The address of the list that the request came from."""
        return page_asked_from(self.request, resolve_url("scans:analysis-list"))

    def _found(self) -> int | None:
        if not sees_everything(self.request.user):
            return None
        counts = Analysis.objects.filter(pk__in=self.chosen).values_list("findings_all", "dismissed_all")
        return sum(total(unweigh(weight)) + (dismissed or 0) for weight, dismissed in counts)

    def show_result(self, action: BulkAction) -> HttpResponse:
        """Redirect to the list, with a summary, if all is done; otherwise to the page that shows progress."""
        outcomes = action.outcomes()
        if BulkOutcome.WAITING in outcomes:
            return see(action.get_absolute_url())
        link = format_html(' <a href="{}">{}</a>', action.get_absolute_url(), _("Which ones"))
        self.report(action.get_verb_display(), outcomes, link)
        return see(self.back)


def summary(verb: str, outcomes: dict[BulkOutcome, int]) -> str:
    """Return a sentence such as “Pause: 8 done, 2 skipped (already finished)”."""
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
    """The progress of a bulk action, and its outcome for each analysis. Live until all is done."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        action = get_object_or_404(BulkAction.objects.select_related("user"), pk=pk)
        outcomes = action.outcomes()
        waiting, total = outcomes.get(BulkOutcome.WAITING, 0), sum(outcomes.values())
        version = str(total - waiting)
        if htmx.is_unchanged(request, version):
            return htmx.unchanged()
        items = action.items.select_related("analysis", "made")
        items = items.defer(*large(Analysis, "analysis"), *large(Analysis, "made"))
        settled = items.exclude(outcome=BulkOutcome.WAITING)
        context = {
            "action": action,
            "summary": summary(action.get_verb_display(), outcomes),
            "settled": total - waiting,
            "total": total,
            "waiting": waiting,
            "skipped": settled.exclude(outcome=BulkOutcome.DONE).order_by("pk")[:LISTED],
            "done": settled.filter(outcome=BulkOutcome.DONE).order_by("-pk")[:LISTED],
            "listed": LISTED,
            "version": version,
            "every": SECONDS_BETWEEN_POLLS if waiting else 0,
            "here": htmx.address(request),
        }
        return htmx.respond(request, "scans/bulk/bulk_action.html", "scans/bulk/_bulk_action.html", context)
