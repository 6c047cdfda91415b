"""Fingerprints tell apart what a person tells apart, and marks follow to the finding that they were given for.

Earlier fingerprints left out the subject, such as the name of a cookie, and the engine module: one mark stood for
several weaknesses. A mark whose weakness cannot be told any more is taken back, and the log says so.
"""

from collections import defaultdict
from datetime import timedelta

from django.db import migrations
from django.utils import timezone

from scans.engines.wapiti.traits import traits
from scans.reasons import Reason
from scans.reasons.field import stored
from scans.results.fingerprints import fingerprint

BATCH = 5_000
SAME_MOMENT = timedelta(seconds=2)  # between a mark and its entry in the log
COLUMNS = "category method url parameter module info".split()
MARKED = "url_scan.finding_marked"


def carry_over(apps, schema_editor):
    """Write the new fingerprints of all findings, and first the marks, which the old ones identify."""
    TriageMark = apps.get_model("scans", "TriageMark")
    for series in list(TriageMark.objects.values_list("series", flat=True).distinct()):
        Marks(apps, series).carry_over()
    rewrite(schema_editor.connection)


def renewed(values):
    """Return subject, kind and fingerprint of a finding, from its values of COLUMNS."""
    finding = dict(zip(COLUMNS, values, strict=True))
    told = traits(finding["category"], finding["module"], finding.pop("info"))._asdict()
    return told["subject"], told["kind"], fingerprint(**finding, **told)


def rewrite(connection):
    """Write subject, kind and fingerprint of every finding, some thousand rows at a time."""
    names = ", ".join(connection.ops.quote_name(name) for name in COLUMNS)
    select = f"SELECT id, {names} FROM scans_finding WHERE id > %s ORDER BY id LIMIT %s"  # noqa: S608
    update = "UPDATE scans_finding SET subject = %s, kind = %s, fingerprint = %s WHERE id = %s"
    last = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(select, [last, BATCH])
            rows = cursor.fetchall()
            if not rows:
                return
            last = rows[-1][0]
            cursor.executemany(update, [(*renewed(values), pk) for pk, *values in rows])


class Marks:
    """The marks of one series, and its findings by old and by new fingerprint."""

    def __init__(self, apps, series):
        self.apps, self.series = apps, series
        self.marks = list(self.rows("TriageMark", series=series))
        self.news, self.olds = defaultdict(dict), defaultdict(set)  # the news with the moment of the first finding
        self.named = defaultdict(set)  # the new fingerprints of what an entry of the log names
        self.last = {}  # of each old fingerprint: the newest URL scan that has it, and the finding's name
        marked = {mark.fingerprint for mark in self.marks}
        findings = self.rows("Finding", url_scan__analysis__series=series).order_by("url_scan", "pk")
        columns = ["fingerprint", "found_at", "url_scan", "url_scan__analysis", *COLUMNS]
        for old, found_at, scan, analysis, *values in findings.values_list(*columns).iterator(chunk_size=BATCH):
            *_, new = renewed(values)
            self.news[old][new] = min(found_at, self.news[old].get(new, found_at))
            self.olds[new].add(old)
            if old in marked:
                name = f"{values[COLUMNS.index('category')]}: {values[COLUMNS.index('url')]}"[:300]
                self.named[old, scan, name].add(new)
                self.last[old] = analysis, scan, name

    def rows(self, model, **values):
        return self.apps.get_model("scans", model).objects.filter(**values)

    def carry_over(self):
        """Give each mark the fingerprint of its weakness, or take it back."""
        meant = defaultdict(list)
        for mark in self.marks:
            meant[self.weakness_of(mark)].append(mark)
        kept = {new: self.agreed(new, marks) for new, marks in meant.items() if new}
        for mark in self.marks:
            if mark not in kept.values():
                self.take_back(mark, told=kept.get(self.weakness_of(mark)))
        for new, mark in kept.items():
            if mark:
                self.rows("TriageMark", pk=mark.pk).update(fingerprint=new)

    def weakness_of(self, mark):
        """Return the new fingerprint that a mark was given for; None if there are several and the log does not tell.

        What was found later than the mark cannot be meant.
        """
        possible = {new for new, found_at in self.news[mark.fingerprint].items() if found_at <= mark.at}
        if len(possible) > 1:
            possible = self.named_in_log(mark)
        return next(iter(possible)) if len(possible) == 1 else None

    def named_in_log(self, mark):
        moments = mark.at - SAME_MOMENT, mark.at + SAME_MOMENT
        entries = self.rows("ActivityLogEntry", analysis__series=self.series, action=MARKED, at__range=moments)
        found = set()
        for scan, data in entries.values_list("url_scan", "data"):
            if data["after"] == mark.mark:
                found |= self.named.get((mark.fingerprint, scan, data["finding"]), set())
        return found

    def agreed(self, new, marks):
        """Return the newest of these marks if every finding of the weakness has the same one; otherwise None."""
        everywhere = {mark.fingerprint for mark in marks} == self.olds[new]
        same = len({mark.mark for mark in marks}) == 1
        return max(marks, key=lambda mark: mark.at) if everywhere and same else None

    def take_back(self, mark, told):
        """Delete a mark. Unless another one stands for the same decision, the log says so."""
        self.rows("TriageMark", pk=mark.pk).delete()
        if told or mark.mark == "unreviewed" or mark.fingerprint not in self.last:
            return
        analysis, scan, name = self.last[mark.fingerprint]
        self.apps.get_model("scans", "ActivityLogEntry").objects.create(
            analysis_id=analysis,
            url_scan_id=scan,
            at=timezone.now(),
            actor="command",
            action=MARKED,
            reason=stored(Reason("mark_was_for_several")),
            data={"finding": name, "before": mark.mark, "after": "unreviewed"},
        )


class Migration(migrations.Migration):
    dependencies = [("scans", "0027_finding_subject")]
    operations = [migrations.RunPython(carry_over, migrations.RunPython.noop)]
