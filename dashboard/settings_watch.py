"""The settings of the watcher."""

from django.core.exceptions import ImproperlyConfigured

from dashboard.environment import LONGEST_SECONDS, env

# Seconds from one look to the next, 0 for none.
WATCH_INTERVAL = env.float("WATCH_INTERVAL", default=30.0)

if not 0 <= WATCH_INTERVAL <= LONGEST_SECONDS:
    raise ImproperlyConfigured(f"WATCH_INTERVAL must be seconds, at most {LONGEST_SECONDS}, or 0 to turn it off.")
