"""The dashboard's own processes, as they run in use: on the test's database, against the test's sandbox."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

from django.db import connection

from tests.workers.forked import Fork

MANAGE = Path(__file__).resolve().parents[2] / "manage.py"
SKEWED = Path(__file__).resolve().parent / "skewed"
# A worker whose turns, and looks around in them, come a tenth of the time after each other.
QUICK_WORKER = """
from django.core.management import call_command
from batches.services.operations import abandoned_changes, runner, turn
turn.TURN_SECONDS, runner.LEAVING_SECONDS = 0.5, 0.2
runner.LOOKS_EVERY_SECONDS, abandoned_changes.LOOKS_EVERY_SECONDS = 0.5, 0.1
call_command("work_queue", {queue!r})
"""
# A worker starts within two seconds, and within ten times that on a busy machine.
PATIENCE_SECONDS = 90


def eventually(condition, *, seconds=PATIENCE_SECONDS):
    """Return what `condition` returns once that is true; fail where it never is."""
    give_up_at = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < give_up_at, f"it did not happen within {seconds} seconds"
        time.sleep(0.04)
    return answer


def is_listening(port):
    """Return whether somebody answers on this port."""
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def database_url():
    """Return the address of the test's own database."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    person = f"{quote(database['USER'], safe='')}:{quote(database['PASSWORD'], safe='')}"
    return f"postgres://{person}@{database['HOST']}:{database['PORT']}/{quote(database['NAME'])}"


def skewed(seconds):
    """Return the environment of a process whose clock is so many seconds ahead; behind if negative."""
    return {"PYTHONPATH": str(SKEWED), "SKEW_SECONDS": str(seconds)}


class Process:
    """One process, in a group of its own with whatever it starts: a `Popen` or a `Fork`."""

    def __init__(self, process, log):
        self._process, self.log = process, log

    def __str__(self):
        return " ".join(self._process.args[2:])

    @property
    def is_alive(self):
        return self._process.poll() is None

    def send(self, number):
        """Send a signal to the process alone, as a supervisor does."""
        self._process.send_signal(number)

    def stall(self):
        """Stop a fork where it is, as a swapping machine does; return when all its threads have stopped."""
        self.send(signal.SIGSTOP)
        eventually(self._process.is_stopped)

    def kill(self):
        """End the whole group at once, wherever it is; return when it is gone."""
        if self.is_alive:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def wait(self):
        """Return its exit code once it has ended by itself."""
        return self._process.wait(PATIENCE_SECONDS)

    def terminate(self):
        """Tell it to leave, wait until it has, and return its exit code."""
        self.send(signal.SIGTERM)
        return self.wait()


class Processes:
    """Starts processes with the same environment, and ends them all. Their logs are files in `folder`."""

    def __init__(self, environment, folder):
        self.environment = environment
        self.folder = folder
        self.started = []

    def start(self, *command, **environment):
        """Start a process with this command line; `environment` is what differs from the others'."""

        def popen(args, environment, log):
            with log.open("w") as output:
                return subprocess.Popen(
                    args, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
                )

        return self._start(popen, command, environment)

    def manage(self, *arguments, **environment):
        """Run `manage.py` with these arguments, without the checks: `make check` runs these, and each is slow."""
        return self.manage_as_typed(*arguments, "--skip-checks", **environment)

    def manage_as_typed(self, *arguments, **environment):
        """Run `manage.py` with these arguments and no other."""
        return self._start(Fork, (sys.executable, MANAGE, *arguments), environment)

    def gunicorn(self, *arguments, **environment):
        """Run the web server with these arguments."""
        return self._start(Fork, (sys.executable, "-m", "gunicorn", "dashboard.wsgi", *arguments), environment)

    def shell(self, code, **environment):
        """Run code as `manage.py shell` does."""
        return self._start(Fork, (sys.executable, MANAGE, "shell", "--no-imports", "-c", code), environment)

    def _start(self, start, command, environment):
        log = self.folder / f"{len(self.started)}.log"
        process = Process(start([str(part) for part in command], self.environment | environment, log), log)
        self.started.append(process)
        return process

    def web(self, **environment):
        """Start the web server; return its port as soon as it listens."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.gunicorn(PORT=str(port), BIND="127.0.0.1", **environment)
        eventually(lambda: is_listening(port))
        return port

    def worker(self, queue="default", **environment):
        """Start a worker of a queue."""
        return self.manage("work_queue", queue, **environment)

    def quick_worker(self, queue="default", **environment):
        """Start a worker of a queue that waits for nothing as long as one in use."""
        return self.shell(QUICK_WORKER.format(queue=queue), **environment)

    def sweep(self, **environment):
        """Start the sweep."""
        return self.manage("sweep_operations", "--every", 0.3, **environment)

    def end(self):
        """Kill what is still alive, and print all output, which pytest shows if the test fails."""
        for process in self.started:
            process.kill()
            print(f"--- {process}\n{process.log.read_text()}")
