"""The entry point of the web server."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
application = get_wsgi_application()
# What was loaded at the start stays until the end. Collecting it again and again would cost some requests 10 ms.
gc.collect()
gc.freeze()
