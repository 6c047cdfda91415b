"""Django's admin: importing this package registers its pages."""

from scans.admin import accounts, analyses, settings
