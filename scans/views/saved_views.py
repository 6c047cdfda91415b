"""Saving views of the list of analyses, and renaming, sharing and deleting them."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import FormView, View

from scans.analysis_list.filterset import AnalysisFilterSet
from scans.analysis_list.links import chips_of
from scans.analysis_list.saved_views import SYSTEM_VIEWS
from scans.forms.personal import SavedViewForm
from scans.models import Analysis, PersonSettings, SavedView
from scans.views.access import ViewerRequired
from scans.views.redirects import see


class SavedViewListView(ViewerRequired, View):
    """The views that this person sees, to be changed where they may."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page."""
        views = SavedView.objects.seen_by(request.user).select_related("owner")
        context = {
            "system_views": SYSTEM_VIEWS,
            "views": [(view, view.may_be_changed_by(request.user)) for view in views],
        }
        return render(request, "scans/saved_views/saved_view_list.html", context)


class SavedViewFormView(ViewerRequired, FormView):
    """The name of a view, and whether everybody sees it."""

    form_class = SavedViewForm
    template_name = "scans/saved_views/saved_view_form.html"

    def get_form_kwargs(self) -> dict:
        """The view, and who changes it."""
        return {**super().get_form_kwargs(), "instance": self.view, "user": self.request.user}

    def get_context_data(self, **context) -> dict:
        """With the view, and what it shows in words."""
        chips = chips_of(_filterset(self.request, self.view.query))
        return super().get_context_data(saved_view=self.view, chips=chips, **context)

    def form_valid(self, form: SavedViewForm) -> HttpResponse:
        """Keep it, and look at it."""
        view = form.save()
        messages.success(self.request, _("The view “%s” was saved.") % view)
        return see(resolve_url("scans:analysis-list") + view.query)

    def form_invalid(self, form: SavedViewForm) -> HttpResponse:
        """The form again, with what is wrong with it."""
        return self.render_to_response(self.get_context_data(form=form), status=422)


class SavedViewCreateView(SavedViewFormView):
    """A view of the list as the query string in `query` says."""

    @cached_property
    def view(self) -> SavedView:
        """Not saved yet; its query string is the shortest that means the same."""
        query = self.request.POST.get("query") or self.request.GET.get("query") or ""
        return SavedView(owner=self.request.user, query=_filterset(self.request, query).address() or "?view=all")


class SavedViewEditView(SavedViewFormView):
    """A view that was saved before."""

    @cached_property
    def view(self) -> SavedView:
        """The one at this address, if this person may change it."""
        return _changeable(self.request, self.kwargs["pk"])


class SavedViewDeleteView(ViewerRequired, View):
    """Takes a view away, also as the first view of whoever had chosen it."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Do it."""
        view = _changeable(request, pk)
        PersonSettings.objects.filter(default_view=str(pk)).update(default_view="")
        view.delete()
        messages.success(request, _("The view “%s” was deleted.") % view)
        return redirect("scans:saved-view-list")


def _changeable(request: HttpRequest, pk: int) -> SavedView:
    """404 for a view that this person does not see; 403, with the reason, for one of somebody else."""
    view = get_object_or_404(SavedView.objects.seen_by(request.user), pk=pk)
    if not view.may_be_changed_by(request.user):
        raise PermissionDenied(_("This view is %s's: they can change it, or an administrator.") % view.owner)
    return view


def _filterset(request: HttpRequest, query: str) -> AnalysisFilterSet:
    return AnalysisFilterSet(QueryDict(query.removeprefix("?")), Analysis.objects.present(), request=request)
