"""The shapes of answers and bodies, for the description of the API. The data itself is that of the exports."""

from rest_framework import serializers as of

from scans.models import Mark, Replay, Scope, StopMode
from scans.severities import SEVERITIES
from scans.statuses import ANALYSIS_STATUSES, URL_SCAN_STATUSES, Action


class Text(of.CharField):
    """A text; empty where there is none."""

    def __init__(self, **values):
        super().__init__(**{"allow_blank": True, **values})


def maybe(kind: type[of.Field], **values) -> of.Field:
    """A value, or null where there is none."""
    return kind(allow_null=True, **values)


class Wrong(of.Serializer):
    """One wrong value."""

    field = Text(help_text="Where it stands; empty for the whole.")
    value = of.JSONField(allow_null=True, help_text="What was sent.")
    code = Text(help_text="The rule that it breaks.")
    message = Text(help_text="The rule in a sentence.")


class ProblemShape(of.Serializer):
    """An error (RFC 9457)."""

    type = Text()
    title = Text()
    status = of.IntegerField()
    code = Text(help_text="Stable: programs compare this.")
    detail = Text(help_text="For people.")
    errors = Wrong(many=True, required=False)
    state = of.DictField(required=False, help_text="What the operation was asked of, as it is now.")
    scope = Text(required=False, help_text="The scope that the token lacks.")

    class Meta:
        ref_name = "Problem"


class AnalysisRow(of.Serializer):
    """One analysis in the list."""

    id = of.IntegerField()
    name = Text()
    run = of.IntegerField(help_text="1 for the first run of the series.")
    status = of.ChoiceField(list(ANALYSIS_STATUSES))
    label = Text()
    warning = of.BooleanField()
    owner = Text()
    urls = of.IntegerField()
    urls_ended = of.IntegerField()
    critical, high, medium, low, info = (of.IntegerField(help_text="Open weaknesses.") for _ in SEVERITIES)
    dismissed = of.IntegerField(help_text="Weaknesses that reviewers dismissed.")
    urls_under_verification = of.IntegerField(help_text="Whose findings this person may not see yet.")
    urls_with_notices = of.IntegerField()
    start_at = maybe(of.DateTimeField)
    started_at = maybe(of.DateTimeField)
    ended_at = maybe(of.DateTimeField)
    duration_seconds = maybe(of.IntegerField, help_text="How long it ran, once it has ended.")
    changed_at = of.DateTimeField()
    version = of.IntegerField(help_text="Grows with every change.")
    address = Text(help_text="Its page.")


class AnalysisPage(of.Serializer):
    """A page of the list."""

    items = AnalysisRow(many=True)
    next = maybe(Text, help_text="The cursor of the next page; null on the last.")
    previous = maybe(Text, help_text="The cursor of the page before; null on the first.")
    count = of.IntegerField(required=False, help_text="With `count=1`: how many match on all pages.")
    count_is_exact = of.BooleanField(required=False, help_text="Where false, there are more.")


class ScheduleShape(of.Serializer):
    """The recurring schedule of a series."""

    analysis = of.IntegerField(help_text="The newest run of the series.")
    name = Text()
    description = Text()
    first_at = of.DateTimeField()
    next_at = maybe(of.DateTimeField, help_text="Null: never again.")
    runs_made = of.IntegerField()
    switched_off_at = maybe(of.DateTimeField)
    switched_off_reason = Text()


class SchedulePage(of.Serializer):
    """A page of schedules."""

    items = ScheduleShape(many=True)
    next = maybe(of.IntegerField)


class AnalysisShape(AnalysisRow):
    """One analysis."""

    description = Text(help_text="What its status means.")
    next_step = Text()
    final = of.BooleanField()
    submitted_at = maybe(of.DateTimeField)
    expires_at = maybe(of.DateTimeField, help_text="When its duration ends.")
    continues = maybe(of.IntegerField, help_text="The run that this one continues.")
    actions = of.ListField(child=of.ChoiceField(Action.values), help_text="What the person of the token may do now.")
    configuration = of.DictField(help_text="Every option, as it was submitted; without secrets.")


class UrlScanShape(of.Serializer):
    """The scan of one URL."""

    id = of.IntegerField()
    url = Text()
    status = of.ChoiceField(list(URL_SCAN_STATUSES))
    zone = Text(help_text="The zone of its target.")
    unserved_since = maybe(of.DateTimeField, help_text="While it waits for a worker of its zone.")
    label = Text()
    reason = Text()
    reason_code = Text()
    reason_facts = of.DictField()
    notices = of.ListField(child=of.DictField())
    module_errors = of.ListField(child=of.DictField())
    started_at = maybe(of.DateTimeField)
    ended_at = maybe(of.DateTimeField)
    engine = Text()
    engine_version = Text()
    resolved_address = Text()
    requests = of.IntegerField()
    responses = of.DictField()
    network_errors = of.IntegerField()
    requests_refused = of.IntegerField()
    urls_crawled = of.IntegerField()
    modules_done = of.IntegerField()
    modules_total = of.IntegerField()
    findings = maybe(of.IntegerField, help_text="Open weaknesses; null while this person may not see them.")
    dismissed = maybe(of.IntegerField)
    actions = of.ListField(child=of.ChoiceField(Action.values))


class UrlScanList(of.Serializer):
    """All URL scans of an analysis, in their order."""

    items = UrlScanShape(many=True)
    next = maybe(of.IntegerField, help_text="Always null: an analysis has few.")


class FindingRow(of.Serializer):
    """One finding: a weakness at one place."""

    id = of.IntegerField()
    url_scan = of.IntegerField()
    fingerprint = Text(help_text="The same for the same weakness in every run of the series.")
    category = Text()
    severity = of.ChoiceField(SEVERITIES)
    method = Text()
    url = Text()
    parameter = Text()
    module = Text()
    subject = Text()
    kind = Text()
    info = Text()
    wstg = of.ListField(child=Text())
    cwe = of.ListField(child=Text())
    replay = of.ChoiceField(Replay.values)
    replay_reason = Text()
    replay_reason_code = Text()
    replay_reason_facts = of.DictField()
    replayed_at = maybe(of.DateTimeField)
    mark = of.ChoiceField(Mark.values)
    is_new = of.BooleanField(help_text="The run before did not have this weakness.")
    found_at = of.DateTimeField()


class FindingPage(of.Serializer):
    """A page of findings, in the order in which they were found."""

    items = FindingRow(many=True)
    next = maybe(of.IntegerField)


class FindingShape(FindingRow):
    """One finding with its evidence. Secrets of logins are masked."""

    mark_comment = Text()
    http_request = Text()
    curl = Text()
    description = Text()
    solution = Text()
    references = of.JSONField()
    response_status = maybe(of.IntegerField)
    response_headers = of.ListField(child=of.ListField(child=Text()))
    response_body = Text()


class EntryShape(of.Serializer):
    """One entry of the activity log."""

    id = of.IntegerField()
    at = of.DateTimeField()
    actor = Text()
    user = Text()
    token = Text(help_text="The token of the user that a program acted with.")
    action = Text()
    url_scan = maybe(of.IntegerField)
    url = Text()
    from_status = Text()
    to_status = Text()
    from_label = Text()
    to_label = Text()
    reason = Text()
    reason_code = Text()
    reason_facts = of.DictField()
    text = Text()
    data = of.DictField()


class EntryPage(of.Serializer):
    """A page of the activity log, the newest first."""

    items = EntryShape(many=True)
    next = maybe(of.IntegerField)


class CrawledShape(of.Serializer):
    """An address that a scan came across."""

    method = Text()
    url = Text()
    reach = of.ChoiceField(["found", "attacked", "skipped", "blocked"])
    answer = of.IntegerField(help_text="Status code of the answer; 0: none.")
    reason = Text()


class CrawledPage(of.Serializer):
    """A page of addresses."""

    items = CrawledShape(many=True)
    next = maybe(of.IntegerField)


class StatusShape(of.Serializer):
    """One status of the catalogue."""

    model = of.ChoiceField(["Analysis", "UrlScan"])
    code = Text()
    label = Text()
    warning = of.BooleanField()
    description = Text()
    next_step = Text()
    phase = Text()
    final = of.BooleanField()
    tone = Text()
    icon = Text()
    ended_by = Text()
    results = Text()
    actions = of.ListField(child=Text())


class StatusList(of.Serializer):
    """The catalogue."""

    items = StatusShape(many=True)
    next = maybe(of.IntegerField)


class CapacityShape(of.Serializer):
    """How much may run at once, and how much runs."""

    capacity = of.IntegerField(help_text="URL scans at once.")
    running = of.IntegerField()
    missing = of.ListField(child=Text(), help_text="Kinds of processes that do not report.")
    disk_is_full = of.BooleanField()


class TokenShape(of.Serializer):
    """The token that is being used."""

    name = Text()
    scopes = of.ListField(child=of.ChoiceField(Scope.values))
    expires_at = of.DateTimeField()


class MeShape(of.Serializer):
    """The person of the token, and what both may do together."""

    username = Text()
    roles = of.ListField(child=Text())
    permissions = of.ListField(child=Text())
    time_zone = Text()
    token = TokenShape()


class ReasonBody(of.Serializer):
    """Why, for the activity log."""

    reason = Text(required=False, max_length=500)


class StopBody(ReasonBody):
    """How to stop."""

    mode = of.ChoiceField(StopMode.values)


class ExtendBody(ReasonBody):
    """How much longer."""

    extra = Text(help_text="Minutes, or such as 90m, 8h, 2d.")


class MarkBody(of.Serializer):
    """A decision about a weakness."""

    mark = of.ChoiceField(Mark.values)
    comment = Text(required=False, max_length=2000)
