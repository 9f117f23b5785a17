"""What every template knows: addresses, icons, moments, and untrusted text made visible."""

from collections.abc import Callable
from functools import cache
from inspect import isfunction
from types import ModuleType
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.template.defaultfilters import filesizeformat, floatformat, pluralize, truncatechars
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django_htmx.jinja import htmx_script
from jinja2 import BaseLoader, Environment, StrictUndefined, pass_context, select_autoescape
from jinja2.runtime import Context

from common import fields, moments, untrusted
from common.icons import icon

SECTIONS = ("/batches/", "/campaigns/", "/changes/", "/operations/")


def environment(*, loader: BaseLoader, auto_reload: bool, **_defaults: Any) -> Environment:
    """Make the environment of every page. Undefined names raise; everything except plain-text templates is escaped.

    No bytecode is cached: it would hold the hashed names of an older version's static files.
    """
    made = Environment(
        loader=loader,
        auto_reload=auto_reload,
        undefined=StrictUndefined,
        # Decided by the file extension: mails and messages are text.
        autoescape=select_autoescape(default_for_string=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "htmx_script": htmx_script,
        "icon": icon,
        "mail_delivers": mail_delivers,
        "query": query,
        # The hashed names of the files stay the same while a process runs.
        "static": cache(static),
        "url": url,
        "url_or_none": url_or_none,
    }
    made.filters |= functions_of(fields, moments, untrusted) | {
        "dash": dash,
        "filesizeformat": filesizeformat,
        "floatformat": floatformat,
        "pluralize": pluralize,
        "quoted": quoted,
        "section": section,
        "truncatechars": truncatechars,
    }
    return made


def functions_of(*modules: ModuleType) -> dict[str, Callable[..., Any]]:
    """Return the public functions that the modules define, by name."""
    return {
        name: value
        for module in modules
        for name, value in vars(module).items()
        if isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
    }


def url(name: str, *args: object) -> str:
    """Return the address of a view. Raises NoReverseMatch where there is none."""
    return reverse(name, args=args)


def url_or_none(name: str, *args: object) -> str | None:
    """Return the address of a view, or None where it has none for these arguments."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return None


@pass_context
def query(context: Context, **changes: object) -> str:
    """Return the query of the current address with `changes`, including its `?`. None removes a parameter."""
    params = context["request"].GET.copy()
    had_any = bool(params)
    for name, value in changes.items():
        if value is None:
            params.pop(name, None)
        else:
            params[name] = str(value)
    return f"?{params.urlencode()}" if params or had_any else ""


def mail_delivers() -> bool:
    """Return whether mails reach people. If not, an administrator hands over the links to set a password."""
    return bool(settings.MAIL_DELIVERS)


def section(path: str) -> str:
    """Return the entry of the main navigation that `path` belongs to, "" where there is none."""
    return "/" if path == "/" else next((entry for entry in SECTIONS if path.startswith(entry)), "")


def dash(value: Any) -> Any:
    """Return the value, or a dash where there is none."""
    return moments.NOTHING if value is None or value == "" else value


def quoted(value: object) -> str:
    """Return the text encoded as one parameter of an address."""
    return quote(str(value), safe="")
