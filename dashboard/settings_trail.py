"""The settings of the trail: how long it is kept, where its files are, and what leaves the house."""

from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from dashboard.environment import BASE_DIR, env, seconds

# Days for which entries are kept, 0 for ever.
TRAIL_DAYS = env.int("TRAIL_DAYS", default=0)
# Where workers put long files of the trail. Web servers, workers and the sweep need the same folder.
TRAIL_EXPORTS_DIR = Path(env("TRAIL_EXPORTS_DIR", default="") or BASE_DIR / "var" / "exports")
# Where entries go once they are sealed, "" for nowhere; the key that signs them; seconds for one delivery.
AUDIT_STREAM_URL = env("AUDIT_STREAM_URL", default="")
AUDIT_STREAM_SECRET = env("AUDIT_STREAM_SECRET", default="")
AUDIT_STREAM_TIMEOUT = seconds("AUDIT_STREAM_TIMEOUT", env("AUDIT_STREAM_TIMEOUT", default="10"))
# Who gets the head of the trail by mail, once a day.
AUDIT_HEAD_TO = env.list("AUDIT_HEAD_TO", default=[])

if TRAIL_DAYS < 0:
    raise ImproperlyConfigured("TRAIL_DAYS must be a number of days, or 0 to keep all entries.")
if AUDIT_STREAM_URL and (
    urlsplit(AUDIT_STREAM_URL).scheme not in ("http", "https") or not urlsplit(AUDIT_STREAM_URL).hostname
):
    raise ImproperlyConfigured("AUDIT_STREAM_URL must be an address that begins with https:// or http://.")
if AUDIT_STREAM_URL and not AUDIT_STREAM_SECRET:
    raise ImproperlyConfigured("Set AUDIT_STREAM_SECRET: it signs what AUDIT_STREAM_URL receives.")
