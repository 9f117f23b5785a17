"""The entry point of the web server."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
application = get_wsgi_application()
# What was loaded at the start stays until the end. Collecting it again and again would cost some requests 10 ms,
# and looking after every 700 new objects a twentieth of a long page: docs/decisions/0016.
gc.collect()
gc.freeze()
gc.set_threshold(50_000)
