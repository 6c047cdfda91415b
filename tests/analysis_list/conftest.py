"""Browsers that are logged in, as the tests of pages have them."""

from tests.views.conftest import as_role, client, htmx_headers

__all__ = ["as_role", "client", "htmx_headers"]
