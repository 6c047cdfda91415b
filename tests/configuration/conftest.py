"""The browsers of the tests of pages."""

from tests.views.conftest import as_role, client

__all__ = ["as_role", "client"]
