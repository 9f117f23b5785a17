"""The environment that the settings are read from: the variables of the process, and those of `.env`."""

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
LONGEST_SECONDS = 3600

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")


def seconds(name: str, text: str) -> float:
    """Return the seconds in a variable.

    Raises ImproperlyConfigured unless above 0 and within reason for a call or a lease.
    """
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= LONGEST_SECONDS:
        raise ImproperlyConfigured(f"{name} is {text!r}. It must be seconds, above 0 and at most {LONGEST_SECONDS}.")
    return value
