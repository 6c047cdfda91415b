"""The security log with its triggers, and how long it is kept."""

import django.core.validators
from django.contrib.auth.management import create_permissions
from django.db import migrations, models

from scans.database.append_only import install_security, remove_security


def allow_administrators(apps, schema_editor):
    """Let administrators, and no other role, read the security log."""
    config = apps.get_app_config("scans")
    # Permissions are otherwise made after all migrations, too late for this one.
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    permission = apps.get_model("auth", "Permission").objects.get(codename="view_securityevent")
    for role in apps.get_model("auth", "Group").objects.filter(name="Administrator"):
        role.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("scans", "0031_verify_again"),
    ]

    operations = [
        migrations.AddField(
            model_name="scansettings",
            name="keep_security_days",
            field=models.PositiveSmallIntegerField(
                default=365,
                help_text="Events of the security log are removed after so many days, 30 at least.",
                validators=[
                    django.core.validators.MinValueValidator(30),
                    django.core.validators.MaxValueValidator(3650),
                ],
                verbose_name="security log (days)",
            ),
        ),
        migrations.CreateModel(
            name="SecurityEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(db_index=True, verbose_name="time")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("login", "Logins"),
                            ("account", "Accounts and roles"),
                            ("settings", "Settings and allowed targets"),
                            ("secret", "Secrets"),
                            ("refused", "Refused attempts"),
                            ("log", "This log"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("event", models.CharField(max_length=60, verbose_name="event")),
                (
                    "actor",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("user", "User"),
                            ("command", "Command line"),
                            ("scheduler", "Scheduler"),
                            ("worker", "Worker"),
                            ("engine", "Engine"),
                            ("prescan", "Prescan"),
                            ("verification", "Verification"),
                        ],
                        max_length=12,
                        verbose_name="actor",
                    ),
                ),
                ("who", models.CharField(blank=True, max_length=200, verbose_name="user")),
                ("who_id", models.BigIntegerField(null=True, verbose_name="user's number")),
                ("subject", models.CharField(blank=True, max_length=200, verbose_name="subject")),
                ("subject_type", models.CharField(blank=True, max_length=60, verbose_name="type of subject")),
                ("subject_id", models.CharField(blank=True, max_length=40, verbose_name="subject's number")),
                ("address", models.CharField(blank=True, max_length=45, verbose_name="address")),
                ("request_id", models.CharField(blank=True, max_length=64, verbose_name="request")),
                ("facts", models.JSONField(blank=True, default=dict, verbose_name="facts")),
            ],
            options={
                "verbose_name": "security event",
                "verbose_name_plural": "security log",
                "ordering": ["-pk"],
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(fields=["kind", "-id"], name="security_by_kind"),
                    models.Index(fields=["event", "-id"], name="security_by_event"),
                    models.Index(fields=["who", "-id"], name="security_by_who"),
                    models.Index(fields=["subject", "-id"], name="security_by_subject"),
                    models.Index(fields=["address", "-id"], name="security_by_address"),
                ],
            },
        ),
        migrations.RunPython(install_security, remove_security),
        migrations.RunPython(allow_administrators, migrations.RunPython.noop),
    ]
