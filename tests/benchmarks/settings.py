"""The product's own settings, with two bare views behind the very same middleware."""

from dashboard.settings import *  # noqa: F403

ROOT_URLCONF = "tests.benchmarks.bare"
