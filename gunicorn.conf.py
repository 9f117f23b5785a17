"""How the web server runs: gunicorn reads this file where it is started in this folder."""

import os

bind = f"{os.environ.get('BIND', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
# More than pages and writes may hold together while the API hangs (syllable/resilience/bulkhead.py), so that pages
# which need no call, and health checks, still find one.
threads = 16
# Longer than a write may take, so that none is cut off by an update.
graceful_timeout = 35
control_socket_disable = True
