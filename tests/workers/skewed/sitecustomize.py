"""Python loads this by itself where the folder is on its path: the clock of the process is SKEW_SECONDS ahead.

Only what Python says of the time is wrong: the clock of the database stays right, that of SQLite as well.
"""

import ctypes
import datetime
import gc
import os
import time

right, right_ns = time.time, time.time_ns


def skew():
    """Return the seconds by the environment of now: that of a fork is not the one in which Python began."""
    return float(os.environ["SKEW_SECONDS"])


time.time = lambda: right() + skew()
time.time_ns = lambda: right_ns() + int(skew() * 10**9)


def now(cls, tz=None):
    return cls.fromtimestamp(time.time(), tz)


def utcnow(cls):
    return cls.fromtimestamp(time.time(), datetime.UTC).replace(tzinfo=None)


# In the class itself: another class in its place would not know the moments that a database returns.
gc.get_referents(vars(datetime.datetime))[0].update(now=classmethod(now), utcnow=classmethod(utcnow))
ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime.datetime))
