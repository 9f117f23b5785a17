"""What thousands of tests need, done once or with less."""

import pytest
from django.conf import settings
from django.contrib.auth import login
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.template import engines
from django.test import Client
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


@pytest.fixture(autouse=True, scope="session")
def _quick_logins():
    """Have `force_login` write a new session once, and not four times."""
    log_in = Client._login

    def quickly(client, user, backend=None):
        if client.cookies.get(settings.SESSION_COOKIE_NAME):
            log_in(client, user, backend)
            return
        request = HttpRequest()
        request.session = SessionStore()
        # It is new: nobody knows its key.
        request.session.cycle_key = lambda: None
        login(request, user, backend)
        request.session.save()
        client._set_login_cookies(request)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Client, "_login", quickly)
        yield
