"""Help texts name the modules as they are called now. Changes no table."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scans', '0022_reasons'),
    ]

    operations = [
        migrations.AlterField(
            model_name='analysis',
            name='blackout',
            field=models.TextField(blank=True, help_text='its own blackout windows, one per line: see blackouts.parse_all'),
        ),
        migrations.AlterField(
            model_name='analysis',
            name='continues',
            field=models.ForeignKey(help_text='the run that this one continues', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='scans.analysis'),
        ),
        migrations.AlterField(
            model_name='analysis',
            name='findings_all',
            field=models.BigIntegerField(db_default=0, editable=False, help_text='its findings: see severities.weigh'),
        ),
        migrations.AlterField(
            model_name='analysis',
            name='findings_shown',
            field=models.BigIntegerField(db_default=0, editable=False, help_text='the same, without results under verification'),
        ),
        migrations.AlterField(
            model_name='analysis',
            name='headers',
            field=models.JSONField(editable=False, help_text='of every request: names and encrypted values', null=True),
        ),
        migrations.AlterField(
            model_name='analysis',
            name='left_out',
            field=models.JSONField(editable=False, help_text='patterns of addresses that are never requested', null=True),
        ),
        migrations.AlterField(
            model_name='analysis',
            name='publication',
            field=models.CharField(choices=[('automatic', 'Automatically, after verification'), ('reviewer', 'By a reviewer')], default='automatic', max_length=10),
        ),
        migrations.AlterField(
            model_name='bulkaction',
            name='key',
            field=models.UUIDField(help_text='created with the question, so that a second answer does nothing', unique=True),
        ),
        migrations.AlterField(
            model_name='bulkaction',
            name='query',
            field=models.TextField(blank=True, help_text='query string of the list, if all its rows were chosen'),
        ),
        migrations.AlterField(
            model_name='bulkitem',
            name='made',
            field=models.ForeignKey(help_text='the new run that the action made, if any', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='scans.analysis'),
        ),
        migrations.AlterField(
            model_name='openfindings',
            name='at',
            field=models.DateTimeField(help_text='when the count began; once it is complete, when it ended'),
        ),
        migrations.AlterField(
            model_name='openfindings',
            name='counted_to',
            field=models.BigIntegerField(default=0, help_text='the last series that was counted'),
        ),
        migrations.AlterField(
            model_name='targetlogin',
            name='logged_out',
            field=models.CharField(blank=True, help_text='a pattern that only a logged-out page matches', max_length=500),
        ),
        migrations.AlterField(
            model_name='targetlogin',
            name='sealed',
            field=models.TextField(editable=False, help_text='password, headers, cookies and scripts: see encryption'),
        ),
        migrations.AlterField(
            model_name='urlscan',
            name='attempts',
            field=models.PositiveSmallIntegerField(default=0, editable=False, help_text='how often another worker took it after its worker was lost'),
        ),
        migrations.AlterField(
            model_name='urlscan',
            name='continues',
            field=models.ForeignKey(help_text='the URL scan whose session it continues', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='scans.urlscan'),
        ),
        migrations.AlterField(
            model_name='urlscan',
            name='crawl_script',
            field=models.TextField(blank=True, editable=False, help_text='a recorded script: see encryption'),
        ),
        migrations.AlterField(
            model_name='urlscan',
            name='slot_since',
            field=models.DateTimeField(editable=False, help_text='since when it holds a capacity slot', null=True),
        ),
    ]
