"""One template language: HTML stands in templates alone, and these use every name as what it is."""

import ast
import re

import pytest
from django.core.paginator import Page, Paginator
from django.db.models import Model
from django.forms import BaseForm
from django.forms.boundfield import BoundField
from django.http import HttpRequest, QueryDict
from django.template import engines
from jinja2 import UndefinedError, nodes

from accounts.models import User
from batches.forms.batch import BatchForm
from batches.models import Change, Operation, OperationItem
from batches.trail_filter import TrailFilter
from batches.views.list_query import ListQuery
from tests.test_rooms import ROOT, TOP
from trail.models import Entry

TEMPLATES = ROOT / "templates"
PRODUCT = (*TOP, "manage.py")
# Not the group of a regular expression.
TAG = re.compile(r"(?<!\?P)</?[a-zA-Z][a-zA-Z0-9]*(\s[^<>]*)?/?>|<!--|<!doctype", re.IGNORECASE)
# Ours in Jinja, which the admin's are not.
JINJA = [path for path in TEMPLATES.rglob("*.*") if TEMPLATES / "django" not in path.parents]
# What templates are given. A method of these that is named and not called is always true.
GIVEN = (
    BaseForm,
    BatchForm,
    BoundField,
    Change,
    Entry,
    HttpRequest,
    ListQuery,
    Operation,
    OperationItem,
    Page,
    Paginator,
    QueryDict,
    TrailFilter,
    User,
    dict,
    str,
)
# Values of what else they are given, which have the name of a method of these.
VALUES = {"count", "index", "is_over", "title", "value"}


def product_files():
    paths = [ROOT / name for name in PRODUCT]
    return [file for path in paths for file in ([path] if path.is_file() else sorted(path.rglob("*.py")))]


def texts(path):
    """Return the strings of a file, except docstrings, with their lines."""
    tree = ast.parse(path.read_text())
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield node.lineno, "".join(part.value for part in node.values if isinstance(part, ast.Constant))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


def test_no_python_string_has_a_tag_in_it():
    assert not [(path, line, text) for path in product_files() for line, text in texts(path) if TAG.search(text)]


def test_a_tag_in_a_string_would_be_found(tmp_path):
    path = tmp_path / "some.py"
    path.write_text('''"""Not <b>this</b>."""\nBADGE = f'<span class="{colour}">'\nCLOSED = "{word}</td>"\n''')
    assert [line for line, text in texts(path) if TAG.search(text)] == [2, 3]


def methods():
    """Return the names that are only methods, and no other value, of what templates get."""
    found, values = set(), set()
    for given in GIVEN:
        for name in filter(lambda name: not name.startswith("_"), dir(given)):
            (found if callable(getattr(given, name, None)) else values).add(name)
        if issubclass(given, Model):
            values |= {field.name for field in given._meta.get_fields()}
    return found - (values - {"items"}) - VALUES


METHODS = methods()


def uncalled(source):
    """Return the methods that a template names without a call, with their lines."""
    tree = engines["jinja2"].env.parse(source)
    called = {id(call.node) for call in tree.find_all(nodes.Call)}
    named = tree.find_all(nodes.Getattr)
    return [(node.lineno, node.attr) for node in named if node.attr in METHODS and id(node) not in called]


def test_every_method_is_called():
    assert not {path: found for path in JINJA if (found := uncalled(path.read_text()))}


@pytest.mark.parametrize(
    "source",
    [
        "{% if form.is_valid %}yes{% endif %}",
        "{{ request.get_full_path }}",
        "{% if page.has_next and page.number %}yes{% endif %}",
        "{% for name, value in form.errors.items %}{% endfor %}",
        "{{ change.get_origin_display|upper }}",
        "{% set problems = form.non_field_errors %}",
    ],
)
def test_a_method_that_is_not_called_would_be_found(source):
    assert len(uncalled(source)) == 1


def test_a_name_that_is_not_there_fails():
    template = engines["jinja2"].from_string("{% if nothing %}yes{% endif %}")
    with pytest.raises(UndefinedError):
        template.render({})


def test_a_mail_is_text():
    text = (
        engines["jinja2"]
        .get_template("account/email/reset_message.txt")
        .render({"link": "https://example.com/?a=1&b=2", "current_site": {"domain": "example.com"}})
    )
    assert "https://example.com/?a=1&b=2" in text
