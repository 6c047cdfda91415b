"""The copies of logins and crawl scripts are dropped, now that URL scans refer to what is stored once."""

from django.db import migrations, models

from scans.database.concurrent_indexes import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("scans", "0035_sealed_contents")]
    operations = [
        migrations.RemoveField("urlscan", "old_crawl_script"),
        migrations.RemoveField("urlscan", "crawl_script_name"),
        migrations.RemoveField("targetlogin", "url_scan"),
        migrations.AlterField(
            "targetlogin",
            "size",
            models.PositiveIntegerField(
                editable=False, help_text="In bytes, before the encryption.", verbose_name="size"
            ),
        ),
        migrations.AlterField(
            "targetlogin", "sealed", models.TextField(editable=False, verbose_name="sealed content")
        ),
        AddIndexOnline(
            "urlscan",
            models.Index(fields=["login"], name="url_scan_login", condition=models.Q(login__isnull=False)),
        ),
        AddIndexOnline(
            "urlscan",
            models.Index(
                fields=["crawl_script"], name="url_scan_script", condition=models.Q(crawl_script__isnull=False)
            ),
        ),
    ]
