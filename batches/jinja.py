"""What templates of this room know in addition: the words for batches, changes and operations."""

from inspect import isfunction
from typing import Any

from jinja2 import Environment

from batches.access import role_of
from batches.rules import one_click
from batches.words import abort, batch, change, failure, operation, progress, tones
from common.jinja import environment as common_environment

WORDS = (abort, batch, change, failure, operation, progress, tones)


def environment(**options: Any) -> Environment:
    """Make the environment that the settings name. Each public function of the words is a filter of the same name."""
    made = common_environment(**options)
    made.filters |= {"one_click": one_click, "role_of": role_of}
    for module in WORDS:
        own = (word for word in vars(module).values() if isfunction(word) and word.__module__ == module.__name__)
        made.filters |= {word.__name__: word for word in own if not word.__name__.startswith("_")}
    return made
