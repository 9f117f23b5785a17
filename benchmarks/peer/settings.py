"""The product's settings, and the peer beside its apps."""

from dashboard.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks.peer"]  # noqa: F405
