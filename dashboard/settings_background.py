"""The settings of what runs in the background: operations and the watcher."""

from django.core.exceptions import ImproperlyConfigured

from dashboard.environment import LONGEST_SECONDS, env, seconds
from syllable.resilience.bulkhead import LIMITS, Lane

# How many batches of one operation are written in parallel, and after how many silent seconds a worker loses its
# operation to another.
OPERATION_CONCURRENCY = env.int("OPERATION_CONCURRENCY", default=8)
OPERATION_LEASE = seconds("OPERATION_LEASE", env("OPERATION_LEASE", default="10"))

# Seconds from one look to the next, 0 for none.
WATCH_INTERVAL = env.float("WATCH_INTERVAL", default=30.0)
# Calls to the API within a minute.
WATCH_CALLS_PER_MINUTE = env.int("WATCH_CALLS_PER_MINUTE", default=120)
# Days for which samples of the requests are kept.
SAMPLES_DAYS = env.int("SAMPLES_DAYS", default=90)

if not 1 <= OPERATION_CONCURRENCY <= LIMITS[Lane.OPERATIONS].calls:
    raise ImproperlyConfigured(f"OPERATION_CONCURRENCY must be 1 to {LIMITS[Lane.OPERATIONS].calls}.")
if not 0 <= WATCH_INTERVAL <= LONGEST_SECONDS:
    raise ImproperlyConfigured(f"WATCH_INTERVAL must be seconds, at most {LONGEST_SECONDS}, or 0 to turn it off.")
if WATCH_CALLS_PER_MINUTE < 1:
    raise ImproperlyConfigured("WATCH_CALLS_PER_MINUTE must be at least 1. WATCH_INTERVAL=0 turns the watcher off.")
if SAMPLES_DAYS < 3:
    raise ImproperlyConfigured("SAMPLES_DAYS must be at least 3.")
