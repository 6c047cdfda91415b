"""Logins and crawl scripts are stored once, and URL scans refer to them. Equal ones are merged."""

from hashlib import sha256

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

OPEN_FIELDS = ("method", "username", "login_url", "username_field", "password_field", "logged_in", "logged_out")
OWNER = models.ForeignKey(
    settings.AUTH_USER_MODEL,
    editable=False,
    null=True,
    on_delete=django.db.models.deletion.SET_NULL,
    related_name="+",
    verbose_name="given by",
)
SIZE_HELP = "In bytes, before the encryption."


def referring_to(model, name):
    return models.ForeignKey(
        model,
        db_index=False,
        editable=False,
        null=True,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="url_scans",
        verbose_name=name,
    )


def merge(apps, schema_editor):
    """Have URL scans refer to the first of equal logins and scripts. Reads one content at a time."""
    UrlScan = apps.get_model("scans", "UrlScan")
    _merge_scripts(UrlScan, apps.get_model("scans", "CrawlScript"))
    _merge_logins(UrlScan, apps.get_model("scans", "TargetLogin"))


def _merge_scripts(UrlScan, CrawlScript):
    first = {}
    scans = UrlScan.objects.exclude(old_crawl_script="").order_by("pk")
    for pk in list(scans.values_list("pk", flat=True)):
        found = UrlScan.objects.filter(pk=pk).values_list("old_crawl_script", "crawl_script_name", "analysis__owner")
        sealed, name, owner = found.get()
        key = sha256(sealed.encode()).digest(), name
        if key not in first:
            columns = {"owner_id": owner, "size": _size(sealed), "name": name or "script"}
            first[key] = CrawlScript.objects.create(sealed=sealed, **columns).pk
        UrlScan.objects.filter(pk=pk).update(crawl_script=first[key])


def _merge_logins(UrlScan, TargetLogin):
    first = {}
    for pk in list(TargetLogin.objects.order_by("pk").values_list("pk", flat=True)):
        found = TargetLogin.objects.filter(pk=pk)
        sealed, scan, owner, *rest = found.values_list("sealed", "url_scan", "url_scan__analysis__owner", *OPEN_FIELDS)[0]
        key = sha256(sealed.encode()).digest(), *rest
        if key not in first:
            first[key] = pk
            found.update(owner=owner, size=_size(sealed))
        else:
            found.delete()
        UrlScan.objects.filter(pk=scan).update(login=first[key])


def _size(sealed):
    """About how many bytes were sealed: 57 of the rest are the seal's own, and up to 16 fill it up."""
    return max(0, len(sealed) * 3 // 4 - 65)


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("scans", "0034_logins_and_passwords"),
    ]
    operations = [
        migrations.CreateModel(
            name="CrawlScript",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sealed", models.TextField(editable=False, verbose_name="sealed content")),
                ("size", models.PositiveIntegerField(editable=False, help_text=SIZE_HELP, verbose_name="size")),
                ("name", models.CharField(max_length=255, verbose_name="file")),
                ("owner", OWNER.clone()),
            ],
            options={"verbose_name": "crawl script", "verbose_name_plural": "crawl scripts"},
        ),
        migrations.AddField("targetlogin", "owner", OWNER.clone()),
        # Null until the next migration: a default would have SQLite copy the table with its duplicates.
        migrations.AddField("targetlogin", "size", models.PositiveIntegerField(null=True)),
        migrations.AlterField(
            "targetlogin",
            "url_scan",
            models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="scans.urlscan"),
        ),
        migrations.RenameField("urlscan", "crawl_script", "old_crawl_script"),
        migrations.AddField("urlscan", "crawl_script", referring_to("scans.crawlscript", "crawl script")),
        migrations.AddField("urlscan", "login", referring_to("scans.targetlogin", "login")),
        migrations.RunPython(merge),
    ]
