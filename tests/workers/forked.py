"""Processes of the dashboard that need not load it anew: one that has it loaded forks the others.

A fork is a process like any other. It runs its command line from the first line, reads its own environment and its own
settings, and is killed, stalled and waited for alone. What it does not do again is to import: libraries, models, URLs.
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

# The part of the environment that decides what is imported, or that a model keeps. All else a fork reads for itself.
KEPT = ("PYTHONPATH", "REDIS_URL", "TRAIL_EXPORTS_DIR")
# What the processes import when they have begun.
LATER = ("dashboard.urls", "batches.tasks", "gunicorn.app.wsgiapp", "gunicorn.workers.gthread")
COMMANDS = ("settle_changes", "shell", "sweep_operations", "work_queue")
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
        atexit.register(self.end)

    def end(self):
        """End it, and return when it has: with the tests, or before what it was measured to reach is counted."""
        self._process.stdin.close()
        self._process.wait()

    def ask(self, function, *arguments):
        """Have it `fork` or `look`, and return the answer."""
        self._process.stdin.write(json.dumps([function, arguments]).encode() + b"\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


def template_for(environment):
    """Return the process that has loaded the dashboard as in this environment."""
    key = tuple(environment.get(name) for name in KEPT)
    if key not in templates:
        templates[key] = Template(environment)
    return templates[key]


class Fork:
    """A fork that runs a Python file or module, with what the tests use of `subprocess.Popen`."""

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


def load():
    """Import the dashboard, and what its processes import when they have begun."""
    # Not at the head of this file: it is where the tests learn of `Fork` as well.
    import django
    from django.core.management import get_commands, load_command_class

    django.setup()
    for module in LATER:
        import_module(module)
    for command in COMMANDS:
        load_command_class(get_commands()[command], command)


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


def forget_settings():
    """Have the settings read anew from the environment of now, and make anew what was made of them."""
    from django.conf import settings
    from django.contrib.staticfiles.storage import staticfiles_storage
    from django.core.files.storage import storages
    from django.db import connections
    from django.utils.functional import empty

    of_settings = ("dashboard.settings", os.environ["DJANGO_SETTINGS_MODULE"])
    for module in [name for name in sys.modules if name.startswith(of_settings)]:
        del sys.modules[module]
    settings._wrapped = empty
    staticfiles_storage._wrapped = empty
    for made in (connections, storages):
        vars(made).clear()
        made.__init__()


def run(command):
    """Run what follows `python` on a command line."""
    if command[0] == "-m":
        sys.argv = command[1:]
        runpy.run_module(command[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = command
        runpy.run_path(command[0], run_name="__main__")


if __name__ == "__main__":
    # As where Python starts with `manage.py`.
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    load()
    gc.freeze()
    command = serve()
    forget_settings()
    run(command)
