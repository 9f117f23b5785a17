"""A machine with a wrong clock: `skewed_clock.py SECONDS manage.py ARGUMENT…` runs that with its clock off by so many.

The clock of the database stays right, that of SQLite as well: it reads the machine's without Python.
"""

import runpy
import sys
import time
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from tests.workers.processes import MANAGE


def manage_with_clock_off(processes, seconds, *arguments, **environment):
    """`manage.py` with these arguments on a machine whose clock is `seconds` ahead, behind where that is negative."""
    program = Path(__file__).resolve()
    root = {"PYTHONPATH": str(MANAGE.parent)}
    return processes.start(sys.executable, program, seconds, MANAGE, *arguments, **(root | environment))


def set_clock_off(seconds):
    """From now on everything in this process that asks for the time of day gets a wrong one."""
    right_now, right_time = timezone.now, time.time
    timezone.now = lambda: right_now() + timedelta(seconds=seconds)
    time.time = lambda: right_time() + seconds


if __name__ == "__main__":
    set_clock_off(float(sys.argv[1]))
    sys.argv = sys.argv[2:]
    runpy.run_path(sys.argv[0], run_name="__main__")
