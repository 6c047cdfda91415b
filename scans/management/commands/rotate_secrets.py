"""manage.py rotate_secrets: seal every stored secret anew with the newest key."""

from django.core.management.base import CommandError

from scans.encryption import KeyLost, reseal
from scans.management.database import DatabaseCommand
from scans.models import TargetLogin, UrlScan

# Every column that holds something sealed.
SEALED = [(TargetLogin, "sealed"), (UrlScan, "crawl_script")]


class Command(DatabaseCommand):
    """Reseal with the first of SCANS_SECRET_KEYS, so that the others can be taken away."""

    help = (
        "Seal every stored password, cookie, header and script anew with the first key of SCANS_SECRET_KEYS. "
        "Afterwards the older keys can be removed. Can be run at any time, also twice."
    )

    def handle(self, **options) -> None:
        """Reseal what can be opened; fail, having done so, where something cannot."""
        done = lost = 0
        for model, column in SEALED:
            for pk, token in model.objects.exclude(**{column: ""}).values_list("pk", column).iterator():
                try:
                    # Only if it is still the same: somebody may enter a new one meanwhile.
                    done += model.objects.filter(pk=pk, **{column: token}).update(**{column: reseal(token)})
                except KeyLost:
                    lost += 1
        self.stdout.write(f"{done} secrets are sealed with the newest key.")
        if lost:
            raise CommandError(
                f"{lost} secrets could not be opened: the key they were sealed with is not among SCANS_SECRET_KEYS. "
                "Put it back behind the newest and run this again, or enter those logins anew."
            )
