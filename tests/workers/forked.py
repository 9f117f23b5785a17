"""Processes of the dashboard that need not load Python's libraries anew: one that has them loaded forks the others.

A fork is a process like any other. It runs `manage.py` from its first line, reads its own environment, settings and
models, and is killed, stalled and waited for alone. What is loaded before are libraries, which know no settings.
"""

import atexit
import gc
import json
import os
import runpy
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

LIBRARIES = (
    "cachetools",
    "csp.middleware",
    "django.contrib.admin",
    "django.core.management",
    "django.db.backends.sqlite3.base",
    "django.db.migrations",
    "django.template.backends.jinja2",
    "django_htmx.middleware",
    "django_structlog.middlewares",
    "django_tasks.base",
    "environ",
    "packaging.version",
    "psycopg",
    "pydantic",
    "requests",
    "smtplib",
    "structlog",
    "whitenoise.middleware",
    # Ours that know no Django.
    "syllable.client",
    "dashboard.logs",
)
templates = {}


class Template:
    """The process that forks: it answers each line with one, and ends with the tests."""

    def __init__(self, environment):
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            env=environment | {"PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        atexit.register(self._process.communicate)

    def ask(self, function, *arguments):
        """Have it `fork` or `look`, and return the answer."""
        self._process.stdin.write(json.dumps([function, arguments]).encode() + b"\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


def template_for(environment):
    """Return the process that has what Python loads by itself from this PYTHONPATH, a wrong clock for example."""
    path = environment.get("PYTHONPATH")
    if path not in templates:
        templates[path] = Template(environment)
    return templates[path]


class Fork:
    """A fork that runs a Python file, with what the tests use of `subprocess.Popen`."""

    def __init__(self, args, environment, log):
        self.args, self.returncode = args, None
        self._template = template_for(environment)
        self.pid = self._template.ask("fork", args[1:], environment, str(log))

    def poll(self):
        """Return its exit code, negative for a signal; None while it is alive."""
        self._look()
        return self.returncode

    def is_stopped(self):
        """Return whether it has been stopped since this was asked last."""
        return self._look()

    def wait(self, seconds=None):
        """Return its exit code once it has ended."""
        give_up_at = time.monotonic() + seconds if seconds else None
        while self.poll() is None:
            if give_up_at and time.monotonic() > give_up_at:
                raise subprocess.TimeoutExpired(self.args, seconds)
            time.sleep(0.01)
        return self.returncode

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def _look(self):
        """Note its end; return whether it was stopped."""
        if self.returncode is not None:
            return False
        pid, status = self._template.ask("look", self.pid)
        if pid and not os.WIFSTOPPED(status):
            self.returncode = os.waitstatus_to_exitcode(status)
        return bool(pid) and os.WIFSTOPPED(status)


def serve():
    """Do what comes line by line; return in a fork, with its command line."""
    for line in sys.stdin.buffer:
        function, arguments = json.loads(line)
        if function == "look":
            answer(os.waitpid(arguments[0], os.WNOHANG | os.WUNTRACED))
        elif not os.fork():
            command, environment, log = arguments
            become(environment, log)
            return command
    sys.exit()


def answer(value):
    print(json.dumps(value), flush=True)


def become(environment, log):
    """Leave what the template is, and have a session, an environment and an output of one's own; then answer."""
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    nothing, output = os.open(os.devnull, os.O_RDONLY), os.open(log, os.O_WRONLY | os.O_CREAT)
    answer(os.getpid())
    for opened, number in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(opened, number)


if __name__ == "__main__":
    # As where Python starts with `manage.py`.
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    for library in LIBRARIES:
        import_module(library)
    gc.freeze()
    sys.argv = serve()
    runpy.run_path(sys.argv[0], run_name="__main__")
