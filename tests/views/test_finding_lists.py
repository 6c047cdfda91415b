"""Lists of findings: their rows, filter and groups; marking and verifying several at once."""

import pytest

from scans import transitions
from scans.engines.events import Severity
from scans.models import TriageMark
from scans.views import finding_lists as views
from tests import factories
from tests.views.page import elements, text, values
from tests.views.triage import is_verified_again, mark, of_all_urls, posted, two_urls

pytestmark = pytest.mark.django_db


def cookies(*names):
    """A published analysis of a page that sets these cookies without HttpOnly."""
    analysis = factories.ended(number_of_findings=0)
    for name in names:
        info = f"HttpOnly flag is not set in the cookie : {name}"
        factories.find(analysis.url_scans.get(), category="HttpOnly Flag cookie", subject=name, info=info, parameter="")
    factories.verify(analysis.url_scans.get())
    return analysis


def test_a_mark_of_one_cookie_leaves_the_other_and_every_list_names_both(as_role):
    analysis, reviewer = cookies("level", "session"), as_role("Reviewer")
    first, second = analysis.url_scans.get().findings.order_by("pk")
    mark(reviewer, first, mark="accepted")
    rows = [text_of_row(reviewer.get(of_all_urls(analysis)), finding) for finding in (first, second)]
    assert "level" in rows[0] and "Accepted" in rows[0].split("</summary>")[0]
    assert "session" in rows[1] and "Unreviewed" in rows[1].split("</summary>")[0]
    assert "(level)" in analysis.activity.get(action="url_scan.finding_marked").data["finding"]
    assert "session" in text(reviewer.get(second.get_absolute_url()))


def test_two_techniques_of_one_parameter_are_told_apart_in_the_list(client):
    analysis = factories.ended(number_of_findings=0)
    scan = analysis.url_scans.get()
    factories.find(scan, category="SQL Injection", module="sql", kind="error", info="by an error")
    factories.find(scan, category="SQL Injection", module="timesql", kind="time", info="by time")
    factories.verify(scan)
    listed = text(client.get(of_all_urls(analysis)))
    assert "by an error message" in listed and "by a delay" in listed and "module timesql" in listed


def text_of_row(page, finding):
    """The HTML of a finding's row."""
    return text(page).split(f'id="finding-{finding.pk}"')[1].split("</tr>")[0]


def test_findings_are_new_still_there_or_gone_since_the_run_before(client):
    factories.published(name="Shop", number_of_findings=2)
    second = factories.ended(name="Shop", number_of_findings=0)
    scan = second.url_scans.get()
    factories.find(scan, 1)
    factories.find(scan, 1, parameter="other")
    factories.verify(scan)
    listed = text(client.get(f"{scan.get_absolute_url()}findings/"))
    assert "new" in listed and "still there" in listed
    summary = text(client.get(second.get_absolute_url()))
    assert "1 new" in summary and "1 still there" in summary and "Fixed or no longer found" in summary
    assert "/page2" in summary


def shown(response) -> list[str]:
    return [each for each in values(response, "id") if each.startswith("finding-")]


def test_the_findings_of_all_urls_are_on_one_page_that_the_summary_leads_to(client):
    analysis = two_urls()
    page = client.get(of_all_urls(analysis))
    assert len(shown(page)) == 2 and "2 of 2, at 4 places" in text(page)
    assert of_all_urls(analysis) in values(client.get(analysis.get_absolute_url()), "href")


def test_an_observation_on_every_page_is_one_row_that_leads_to_all_its_places(client):
    analysis = factories.on_every_page("", "about", "help")
    page = client.get(of_all_urls(analysis))
    assert len(shown(page)) == 1 and "1 of 1, at 3 places" in text(page) and "and at 2 more places" in text(page)
    for finding in analysis.url_scans.get().findings.all():
        detail = text(client.get(finding.get_absolute_url()))
        assert f"methods on /{finding.url.rpartition('/')[2]}" in detail
        assert all(f"<code>GET http://127.0.0.1:9/{place}</code>" in detail for place in ("", "about", "help"))


def test_a_place_is_found_by_its_address_and_its_outcome(client):
    outcomes = (("", "not_reproduced"), ("help", "not_replayable"))
    analysis = factories.on_every_page("", "about", "help", replays=outcomes)
    for query, shown_place in (({"q": "about"}, "about"), ({"replay": "not_replayable"}, "help")):
        page = text(client.get(of_all_urls(analysis), query))
        assert f"9/{shown_place}</code>" in page and "and at 2 more places" in page


def test_the_place_whose_replay_shows_most_stands_for_the_weakness(client):
    analysis = factories.on_every_page("a", "b", "c", replays=(("a", "not_replayable"), ("b", "not_reproduced")))
    assert "9/c</code>" in text(client.get(of_all_urls(analysis)))


def test_a_group_counts_weaknesses(client):
    analysis = factories.on_every_page("", "about")
    assert 'chip-count">1<' in text(client.get(of_all_urls(analysis), {"group": "category"}))


def test_who_may_not_see_results_yet_sees_none_of_them_there_either(as_role):
    analysis = factories.ended(publication="reviewer")
    assert len(shown(as_role("Reviewer").get(of_all_urls(analysis)))) == 1
    viewer = as_role("Viewer").get(of_all_urls(analysis))
    assert shown(viewer) == [] and "under verification" in text(viewer)
    assert as_role("").get(of_all_urls(analysis)).status_code == 403


def test_findings_are_narrowed_by_text_category_and_news(client):
    factories.published(name="Shop", number_of_findings=1)
    second = factories.published(name="Shop", number_of_findings=2)
    address = of_all_urls(second)

    def places(**query):
        page = client.get(address, query)
        return [place for place in ("page1", "page2") if f"/{place}</code>" in text(page)]

    assert places(q="PAGE2") == ["page2"] and places(q="%") == []
    assert places(since="new") == ["page2"] and places(since="still") == ["page1"]
    assert places(category="Reflected Cross Site Scripting") == ["page1", "page2"]
    assert "Ignored the filter" in text(client.get(address, {"category": "bogus"}))


def test_groups_have_counts_and_the_worst_comes_first(client):
    scan = (analysis := factories.running()).url_scans.get()
    factories.find(scan, 2, category="Backup file", severity=Severity.LOW)
    factories.find(scan, 1, category="SQL Injection", severity=Severity.CRITICAL)
    transitions.end(scan, "itself")
    factories.verify(scan)
    by_category = text(client.get(of_all_urls(analysis), {"group": "category"}))
    first, second = by_category.split('scope="rowgroup"')[1:]
    assert first.startswith(' colspan="6"><span lang="en">SQL Injection</span> <span class="chip-count">1<')
    assert second.startswith(' colspan="6"><span lang="en">Backup file</span> <span class="chip-count">2<')
    by_place = text(client.get(of_all_urls(analysis), {"group": "url"})).split('scope="rowgroup"')[1:]
    assert "/page1 <span" in by_place[0] and ">2<" in by_place[0] and "/page2 <span" in by_place[1]


def test_many_findings_come_a_page_at_a_time(client, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(views, "PAGE_SIZE", 3)
    analysis = factories.published(number_of_findings=4)
    first, second = client.get(of_all_urls(analysis)), client.get(of_all_urls(analysis), {"page": 2})
    assert len(shown(first)) == 3 and len(shown(second)) == 1 and "4–4 of 4" in text(second)
    with django_assert_num_queries(12):
        client.get(of_all_urls(analysis))


def test_the_findings_of_all_urls_are_polled_cheaply(client, htmx_headers):
    analysis = factories.published()
    poll = {"v": values(client.get(of_all_urls(analysis)), "hx-get")[0].partition("v=")[2]}
    assert client.get(of_all_urls(analysis), poll, headers=htmx_headers).status_code == 204


def test_a_finding_is_marked_in_the_list_and_the_list_is_shown_again(as_role):
    analysis, reviewer = two_urls(), as_role("Reviewer")
    finding, here = analysis.url_scans.first().findings.first(), of_all_urls(analysis) + "?severity=high"
    page = reviewer.get(here)
    assert f"{finding.get_absolute_url()}mark/" in values(page, "hx-post")
    assert mark(reviewer, finding, next=here)["Location"] == here
    assert f'id="triage-{finding.pk}"' in text(page)
    assert "triage-mark--false_positive" in text(reviewer.get(here))


def test_who_may_not_mark_gets_no_forms(client, as_role):
    analysis = two_urls()
    assert "mark/" not in "".join(values(client.get(of_all_urls(analysis)), "action"))
    page = as_role("Viewer").get(of_all_urls(analysis))
    assert not {"mark/", "verify-again/"} & set("".join(values(page, "action")).split("findings/"))
    assert not [e for e in elements(page, "name") if e["name"] == "finding"]


def test_ticked_findings_of_several_urls_are_verified_again(as_role):
    analysis, submitter = two_urls(), as_role("Submitter")
    chosen = [scan.findings.first() for scan in analysis.url_scans.all()]
    page = submitter.get(of_all_urls(analysis))
    assert f"{of_all_urls(analysis)}verify-again/" in values(page, "action")
    address, here = f"{of_all_urls(analysis)}verify-again/", of_all_urls(analysis)
    answer = posted(submitter, address, finding=[finding.pk for finding in chosen], next=here)
    assert "2 findings are being verified again" in text(answer) and all(map(is_verified_again, chosen))
    assert text(answer).count("data-verifying") == 1  # one weakness at two places
    again = posted(submitter, address, finding=[chosen[0].pk])
    assert "already being verified again" in text(again)
    assert "Select at least one finding to verify again" in text(posted(submitter, address))


def test_a_reviewer_marks_or_verifies_with_the_same_ticks(as_role):
    page = as_role("Reviewer").get(of_all_urls(analysis := two_urls()))
    assert f"{of_all_urls(analysis)}mark/" in values(page, "action")
    assert f"{of_all_urls(analysis)}verify-again/" in values(page, "formaction")


def test_a_viewer_may_not_verify_ticked_findings(as_role):
    analysis = two_urls()
    finding = analysis.url_scans.first().findings.first()
    answer = as_role("Viewer").post(f"{of_all_urls(analysis)}verify-again/", {"finding": [finding.pk]})
    assert answer.status_code == 403 and not is_verified_again(finding)


def bulk(browser, analysis, findings, **typed):
    chosen = {"finding": [finding.pk for finding in findings], "mark": "accepted", "comment": "known"}
    return browser.post(f"{of_all_urls(analysis)}mark/", {**chosen, **typed})


def test_several_findings_are_marked_at_once_each_with_an_entry(as_role):
    analysis, reviewer = two_urls(), as_role("Reviewer")
    findings = list(analysis.url_scans.first().findings.all())
    answer = bulk(reviewer, analysis, findings, next=of_all_urls(analysis))
    assert answer["Location"] == of_all_urls(analysis)
    assert "2 weaknesses are marked" in text(reviewer.get(answer["Location"]))
    assert set(TriageMark.objects.values_list("fingerprint", "mark", "comment")) == {
        (finding.fingerprint, "accepted", "known") for finding in findings
    }
    assert analysis.activity.filter(action="url_scan.finding_marked").count() == 2


def test_one_weakness_that_several_urls_have_is_marked_once(as_role):
    analysis = two_urls()  # both URLs have the same two
    every = [finding for scan in analysis.url_scans.all() for finding in scan.findings.all()]
    bulk(as_role("Reviewer"), analysis, every)
    assert analysis.activity.filter(action="url_scan.finding_marked").count() == 2


def test_bulk_marking_refuses_other_roles_other_analyses_and_nothing(as_role):
    analysis, other = two_urls(), factories.published(name="Another")
    submitter, reviewer = as_role("Submitter"), as_role("Reviewer")
    mine = list(analysis.url_scans.first().findings.all())
    assert bulk(submitter, analysis, mine).status_code == 403
    assert bulk(reviewer, other, mine).status_code == 303
    assert "Select at least one finding" in text(reviewer.get(other.get_absolute_url()))
    assert bulk(reviewer, analysis, mine, mark="bogus").status_code == 400
    assert bulk(reviewer, analysis, [], finding=["x", "٣"]).status_code == 303
    assert not TriageMark.objects.exists()


@pytest.mark.parametrize("number", ["9" * 19, "9" * 5000, "²", "-1"])
def test_a_finding_of_no_number_is_none(as_role, number):
    address = f"{factories.published().get_absolute_url()}findings/mark/"
    assert as_role("Reviewer").post(address, {"mark": "fixed", "finding": number}).status_code == 303
