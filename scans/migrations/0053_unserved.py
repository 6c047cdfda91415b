"""Since when a URL scan waits for a worker of its zone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scans", "0052_webhooks")]
    operations = [
        migrations.AddField(
            model_name="urlscan",
            name="unserved_since",
            field=models.DateTimeField(
                editable=False,
                help_text="While no worker serves its zone, others get the capacity.",
                null=True,
                verbose_name="waits for a worker of its zone since",
            ),
        ),
    ]
