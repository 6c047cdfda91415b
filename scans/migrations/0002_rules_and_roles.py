"""What the schema cannot say by itself: the append-only log, the roles, the one row of settings."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

from scans.database.append_only import install, remove

# Each role may what the one before it may, and this. An Administrator also needs the staff tick to enter the admin.
ROLES = {
    "Viewer": ["view_analysis", "view_urlscan", "view_activitylogentry", "view_finding"],
    "Submitter": ["submit_analysis"],
    "Reviewer": ["review_analysis"],
    "Administrator": [
        *(f"{verb}_allowedtarget" for verb in ("add", "change", "delete", "view")),
        *("change_scansettings", "view_scansettings", "view_systempart", "view_series"),
        *("add_user", "change_user", "view_user", "view_group"),
    ],
}


def create_roles(apps, schema_editor):
    """Create the four groups."""
    for label in ("auth", "scans"):
        # Permissions are otherwise made after all migrations, too late for this one.
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None
    permission = apps.get_model("auth", "Permission")
    codenames = []
    for name, own in ROLES.items():
        codenames += own
        role, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        role.permissions.set(
            permission.objects.filter(content_type__app_label__in=["auth", "scans"], codename__in=codenames)
        )


def create_settings(apps, schema_editor):
    """Create the one row."""
    apps.get_model("scans", "ScanSettings").objects.get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [
        ("scans", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [
        migrations.RunPython(install, remove),
        migrations.RunPython(create_roles, migrations.RunPython.noop),
        migrations.RunPython(create_settings, migrations.RunPython.noop),
    ]
