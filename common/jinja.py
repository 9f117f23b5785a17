"""What every template knows: addresses, icons, moments, and untrusted text made visible."""

from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.template.defaultfilters import floatformat, pluralize, truncatechars
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django_htmx.jinja import htmx_script
from jinja2 import BaseLoader, Environment, StrictUndefined, pass_context, select_autoescape
from jinja2.runtime import Context

from common import fields, moments, untrusted
from common.icons import icon

SECTIONS = ("/batches/", "/campaigns/", "/changes/", "/operations/")


def environment(*, loader: BaseLoader, auto_reload: bool, **_defaults: Any) -> Environment:
    """The environment of every page. A name that is not there fails; only text that is no HTML is not escaped.

    It keeps no bytecode: that would hold the hashed names of the static files of an older version.
    """
    made = Environment(
        loader=loader,
        auto_reload=auto_reload,
        undefined=StrictUndefined,
        # By the ending of the template's name: mails and messages are text.
        autoescape=select_autoescape(default_for_string=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "htmx_script": htmx_script,
        "icon": icon,
        "mail_delivers": mail_delivers,
        "query": query,
        "static": static,
        "url": url,
        "url_or_none": url_or_none,
    }
    made.filters |= {
        "clock": moments.clock,
        "control": fields.control,
        "dash": dash,
        "exact": moments.exact,
        "floatformat": floatformat,
        "is_checkbox": fields.is_checkbox,
        "moment": moments.moment,
        "pluralize": pluralize,
        "quoted": quoted,
        "section": section,
        "time_of_day": moments.time_of_day,
        "truncatechars": truncatechars,
        "visible": visible,
        "visible_id": visible_id,
    }
    return made


def url(name: str, *args: object) -> str:
    """The address of a view. Raises NoReverseMatch where it has none."""
    return reverse(name, args=args)


def url_or_none(name: str, *args: object) -> str | None:
    """The same; None where the view has no address for these arguments."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return None


@pass_context
def query(context: Context, **changes: object) -> str:
    """The query of the page's own address with `changes`, with its `?`. None takes a parameter out."""
    params = context["request"].GET.copy()
    had_any = bool(params)
    for name, value in changes.items():
        if value is None:
            params.pop(name, None)
        else:
            params[name] = str(value)
    return f"?{params.urlencode()}" if params or had_any else ""


def mail_delivers() -> bool:
    """Whether mails reach people, so that a link to set a password can be sent; else an administrator hands it over."""
    return bool(settings.MAIL_DELIVERS)


def section(path: str) -> str:
    """The entry of the header's navigation that a path belongs to, "" where it belongs to none."""
    return next((entry for entry in SECTIONS if path.startswith(entry)), "")


def visible(value: object) -> str:
    """A text or a number of the API as `common.untrusted` has it, "" for None."""
    return "" if value is None else untrusted.visible(str(value))


def visible_id(value: object) -> str:
    """An id of the API as `common.untrusted` has it."""
    return untrusted.visible_id(str(value))


def dash(value: Any) -> Any:
    """The value; a dash where there is none."""
    return moments.NOTHING if value is None or value == "" else value


def quoted(value: object) -> str:
    """A text as one parameter of an address has it."""
    return quote(str(value), safe="")
