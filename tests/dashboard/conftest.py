"""People of every role, and a browser-like client for each."""

from tests.accounts.conftest import administrator, log_in, operator, superuser, viewer

__all__ = ["administrator", "log_in", "operator", "superuser", "viewer"]
