"""The settings of the watcher."""

from django.core.exceptions import ImproperlyConfigured

from dashboard.environment import LONGEST_SECONDS, env

# Seconds from one look to the next, 0 for none.
WATCH_INTERVAL = env.float("WATCH_INTERVAL", default=30.0)
# Calls to the API within a minute.
WATCH_CALLS_PER_MINUTE = env.int("WATCH_CALLS_PER_MINUTE", default=120)
# Days for which samples of the requests are kept.
SAMPLES_DAYS = env.int("SAMPLES_DAYS", default=90)

if not 0 <= WATCH_INTERVAL <= LONGEST_SECONDS:
    raise ImproperlyConfigured(f"WATCH_INTERVAL must be seconds, at most {LONGEST_SECONDS}, or 0 to turn it off.")
if WATCH_CALLS_PER_MINUTE < 1:
    raise ImproperlyConfigured("WATCH_CALLS_PER_MINUTE must be at least 1. WATCH_INTERVAL=0 turns the watcher off.")
if SAMPLES_DAYS < 3:
    raise ImproperlyConfigured("SAMPLES_DAYS must be at least 3.")
