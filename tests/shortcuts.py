"""What thousands of tests need, done once or with less."""

import pytest
from django.template import engines
from jinja2 import FileSystemBytecodeCache

from tests.workers import forked


@pytest.fixture(autouse=True, scope="session")
def _templates_compiled_once(migrated_file):
    """Let the processes of a run share what their templates are compiled to."""
    folder = migrated_file.with_name("templates")
    folder.mkdir(exist_ok=True)
    engines["jinja2"].env.bytecode_cache = FileSystemBytecodeCache(str(folder))


@pytest.fixture(autouse=True, scope="session")
def _forking_processes():
    """End the processes that fork before coverage is counted."""
    yield
    for template in forked.templates.values():
        template.end()
