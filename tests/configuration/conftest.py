"""The browser of who looks at pages."""

from tests.views.conftest import client

__all__ = ["client"]
