"""How the web server runs: gunicorn reads this file where it is started in this folder."""

import os
from typing import Any

bind = f"{os.environ.get('BIND', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
# More than pages and writes may hold together while the API hangs (syllable/resilience/bulkhead.py), so that pages
# which need no call, and health checks, still find one.
threads = 16
# Longer than a write may take, so that none is cut off by an update.
graceful_timeout = 35
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """Start the heartbeat of a worker process once the application is loaded there."""
    from common.heartbeat import Heartbeat
    from common.models import Process

    worker.heartbeat = Heartbeat(Process.WEB)
    worker.heartbeat.start()


def worker_exit(_server: Any, worker: Any) -> None:
    """End the heartbeat of a worker process. One that could not load the application has none."""
    if heartbeat := getattr(worker, "heartbeat", None):
        heartbeat.end()
