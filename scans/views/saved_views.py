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
from scans.models import Analysis, PersonSettings, SavedView, Webhook
from scans.views.access import ViewerRequired
from scans.views.redirects import see


class SavedViewListView(ViewerRequired, View):
    """The saved views that this user can see. Those that the user may change have buttons for it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        views = SavedView.objects.seen_by(request.user).select_related("owner")
        context = {
            "system_views": SYSTEM_VIEWS,
            "views": [(view, view.may_be_changed_by(request.user)) for view in views],
        }
        return render(request, "scans/saved_views/saved_view_list.html", context)


class SavedViewFormView(ViewerRequired, FormView):
    """The form of a saved view: its name, and whether everybody sees it."""

    form_class = SavedViewForm
    template_name = "scans/saved_views/saved_view_form.html"

    def get_form_kwargs(self) -> dict:
        return {**super().get_form_kwargs(), "instance": self.view, "user": self.request.user}

    def get_context_data(self, **context) -> dict:
        chips = chips_of(_filterset(self.request, self.view.query))
        return super().get_context_data(saved_view=self.view, chips=chips, **context)

    def form_valid(self, form: SavedViewForm) -> HttpResponse:
        view = form.save()
        messages.success(self.request, _("The view “%s” was saved.") % view)
        return see(resolve_url("scans:analysis-list") + view.query)

    def form_invalid(self, form: SavedViewForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


class SavedViewCreateView(SavedViewFormView):
    """Saves a new view: the list with the query string in `query`."""

    @cached_property
    def view(self) -> SavedView:
        """Return the unsaved view. Its query string is the shortest one with the same meaning."""
        query = self.request.POST.get("query") or self.request.GET.get("query") or ""
        return SavedView(owner=self.request.user, query=_filterset(self.request, query).address() or "?view=all")


class SavedViewEditView(SavedViewFormView):
    """Changes a saved view."""

    @cached_property
    def view(self) -> SavedView:
        """Return the view at this address, if this user may change it."""
        return _changeable(self.request, self.kwargs["pk"])


class SavedViewDeleteView(ViewerRequired, View):
    """Deletes a saved view. Users who had chosen it as their default view have none afterwards."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Delete the view, then show the page of saved views. Refused while a webhook needs it: it would go too."""
        view = _changeable(request, pk)
        if Webhook.objects.filter(view=view).exists():
            messages.error(
                request, _("A webhook is about this view. An administrator has to change the webhook first.")
            )
            return redirect("scans:saved-view-list")
        PersonSettings.objects.filter(default_view=str(pk)).update(default_view="")
        view.delete()
        messages.success(request, _("The view “%s” was deleted.") % view)
        return redirect("scans:saved-view-list")


def _changeable(request: HttpRequest, pk: int) -> SavedView:
    """Return this view. Raises Http404 if this user cannot see it, PermissionDenied if they may not change it."""
    view = get_object_or_404(SavedView.objects.seen_by(request.user), pk=pk)
    if not view.may_be_changed_by(request.user):
        raise PermissionDenied(_("This view is %s's: they can change it, or an administrator.") % view.owner)
    return view


def _filterset(request: HttpRequest, query: str) -> AnalysisFilterSet:
    return AnalysisFilterSet(QueryDict(query.removeprefix("?")), Analysis.objects.present(), request=request)
