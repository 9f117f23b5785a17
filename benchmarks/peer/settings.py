"""The product's settings, with the peer among its apps."""

from dashboard.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks.peer"]  # noqa: F405
