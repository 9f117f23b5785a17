"""The controls of forms as HTML.

Written here and not by Django's templates, of which a select includes two for every option: a form would take longer
than all the rest of its page.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.safestring import SafeString

from dashboard.markup import fill
from dashboard.strangers import visible

INPUT = '<input type="{type}" name="{name}"{value}{attributes}>'
SELECT = '<select name="{name}"{attributes}>{options}\n</select>'
GROUP = '\n<optgroup label="{label}">{options}\n</optgroup>'
OPTION = '\n<option value="{value}"{attributes}>{label}</option>'
TEXTAREA = '<textarea name="{name}"{attributes}>\n{value}</textarea>'
INPUTS = ("checkbox", "date", "datetime", "email", "hidden", "input", "number", "password", "search", "text", "time")

Widget = Mapping[str, Any]


def _input(widget: Widget) -> SafeString:
    value = "" if widget["value"] is None else fill(' value="{value}"', value=widget["value"])
    return fill(INPUT, type=widget["type"], name=widget["name"], value=value, attributes=_attributes(widget))


def _select(widget: Widget) -> SafeString:
    options = SafeString("".join(_group(label, options) for label, options, _ in widget["optgroups"]))
    return fill(SELECT, name=widget["name"], attributes=_attributes(widget), options=options)


def _group(label: str | None, options: list[Widget]) -> SafeString:
    written = SafeString("".join(map(_option, options)))
    return fill(GROUP, label=label, options=written) if label else written


def _option(option: Widget) -> SafeString:
    return fill(OPTION, value=option["value"], attributes=_attributes(option), label=visible(str(option["label"])))


def _textarea(widget: Widget) -> SafeString:
    return fill(TEXTAREA, name=widget["name"], attributes=_attributes(widget), value=widget["value"] or "")


def _attributes(widget: Widget) -> SafeString:
    """With a space before each. What is True is named only; what is False or None is left out."""
    return SafeString(
        "".join(
            fill(" {name}", name=name) if value is True else fill(' {name}="{value}"', name=name, value=value)
            for name, value in widget["attrs"].items()
            if value is not False and value is not None
        )
    )


# By the template that Django would take. A widget that is not here is drawn by its template.
CONTROLS: dict[str, Callable[[Widget], SafeString]] = {
    **{f"django/forms/widgets/{kind}.html": _input for kind in INPUTS},
    "django/forms/widgets/select.html": _select,
    "django/forms/widgets/textarea.html": _textarea,
}
