"""What others made is exactly what they made, and all that templates name is there."""

import hashlib
import re
import tomllib

import pytest
from django.conf import settings

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


def test_every_icon_that_a_template_names_is_there():
    named = {
        name
        for template in (settings.BASE_DIR / "templates").rglob("*.html")
        for name in re.findall(
            r"""(?:\{% icon |icon_name=)["']([a-z0-9-]+)["']""", template.read_text(encoding="utf-8")
        )
    }
    assert named
    assert {name for name in named if not (VENDOR / "tabler-icons" / f"{name}.svg").exists()} == set()


def test_nothing_is_fetched_from_elsewhere():
    for file in [*(settings.BASE_DIR / "templates").rglob("*.html"), *VENDOR.rglob("*.css")]:
        assert not re.search(
            r"""(?:src|href)=["']https?://|url\(["']?https?:|@import""", file.read_text(encoding="utf-8")
        )
