"""What others made is exactly what they made, and all that templates name is there."""

import hashlib
import re
import tomllib

import pytest
from django.conf import settings
from django.template import engines
from jinja2 import nodes

from tests.html import parsed
from tests.test_templates import JINJA

VENDOR = settings.BASE_DIR / "static" / "vendor"
RECORD = tomllib.loads((VENDOR / "VENDORED.toml").read_text(encoding="utf-8"))


def test_every_vendored_file_is_the_one_that_was_taken():
    recorded = {name: digest for package in RECORD.values() for name, digest in package["files"].items()}
    there = {
        str(file.relative_to(VENDOR)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in VENDOR.rglob("*")
        if file.is_file() and file.name != "VENDORED.toml"
    }
    assert there == recorded


@pytest.mark.parametrize("package", RECORD)
def test_every_package_comes_with_its_licence(package):
    assert RECORD[package]["licence"] == "MIT"
    assert any(name.endswith("/LICENSE") for name in RECORD[package]["files"])


def icons_named(tree):
    """Return what a template gives to `icon`, or to a macro as its `icon_name`."""
    calls = [
        call for call in tree.find_all(nodes.Call) if isinstance(call.node, nodes.Name) and call.node.name == "icon"
    ]
    given = [call.args[0] for call in calls]
    given += [keyword.value for keyword in tree.find_all(nodes.Keyword) if keyword.key == "icon_name"]
    return {name.value for name in given if isinstance(name, nodes.Const)}


def test_every_icon_that_a_template_names_is_there():
    trees = [engines["jinja2"].env.parse(path.read_text(encoding="utf-8")) for path in JINJA]
    named = {name for tree in trees for name in icons_named(tree)}
    assert len(named) > 10
    assert {name for name in named if not (VENDOR / "tabler-icons" / f"{name}.svg").exists()} == set()


def test_nothing_is_fetched_from_elsewhere():
    for file in (settings.BASE_DIR / "templates").rglob("*.html"):
        addresses = '[src^="http:"], [src^="https:"], [href^="http:"], [href^="https:"]'
        assert not parsed(file.read_text(encoding="utf-8")).css(addresses)
    for file in VENDOR.rglob("*.css"):
        assert not re.search(r"""url\(["']?https?:|@import""", file.read_text(encoding="utf-8"))
