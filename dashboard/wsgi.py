"""The web server's entry point."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

from dashboard.requests import NoBodyForHead, OnlyUtf8  # noqa: E402  (reads settings)

application = NoBodyForHead(OnlyUtf8(get_wsgi_application()))
