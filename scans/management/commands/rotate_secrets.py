"""manage.py rotate_secrets: encrypt every stored secret again with the newest key."""

from allauth.mfa.models import Authenticator
from django.core.management.base import CommandError

from scans.accounts.two_factor import resealed as factor_resealed
from scans.configuration.secret_headers import resealed
from scans.encryption import KeyLost, reseal
from scans.management.database import DatabaseCommand
from scans.models import Analysis, CrawlScript, Installation, TargetLogin, Webhook

# Every column that holds an encrypted value, and how to encrypt it again.
SEALED = [
    (TargetLogin.objects.all(), "sealed", reseal),
    (CrawlScript.objects.all(), "sealed", reseal),
    (Analysis.objects.filter(headers__isnull=False), "headers", resealed),
    (Webhook.objects.all(), "sealed", reseal),
    (Webhook.objects.exclude(old_sealed=""), "old_sealed", reseal),
    (Installation.objects.all(), "key_mark", reseal),
    (Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN), "data", factor_resealed),
]


class Command(DatabaseCommand):
    help = (
        "Encrypt every stored password, cookie, header, script, webhook secret and second factor again with the first "
        "key of SCANS_SECRET_KEYS. Then you can remove the older keys. Safe to run at any time, and more than once."
    )

    def handle(self, **options) -> None:
        """Encrypt again whatever can be decrypted. Raises CommandError afterwards if anything could not be."""
        done = lost = 0
        for rows, column, anew in SEALED:
            for pk, token in rows.values_list("pk", column).iterator():
                try:
                    # Only if it is unchanged: somebody may enter a new one at the same time.
                    done += rows.filter(pk=pk, **{column: token}).update(**{column: anew(token)})
                except KeyLost:
                    lost += 1
        self.stdout.write(f"{done} secrets are encrypted with the newest key.")
        if lost:
            raise CommandError(
                f"{lost} secrets could not be decrypted: their key is not among SCANS_SECRET_KEYS. Put that key "
                "back after the newest and run this command again, or enter those logins again."
            )
