"""A shared cache whose server is gone."""

from django.core.cache.backends.base import BaseCache


class BrokenCache(BaseCache):
    """A cache that fails whatever it is asked."""

    def __init__(self, server, params):
        super().__init__(params)

    def get(self, key, default=None, version=None):
        raise ConnectionError("no cache")

    def add(self, key, value, timeout=None, version=None):
        raise ConnectionError("no cache")

    def set(self, key, value, timeout=None, version=None):
        raise ConnectionError("no cache")
