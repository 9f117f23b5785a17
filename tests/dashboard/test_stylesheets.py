"""Styles in small files, of which a page asks for one."""

import re
from collections import Counter

import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage

from dashboard.stylesheets import BundlingStaticFilesStorage

CSS = settings.BASE_DIR / "static" / "css"
FILES = {str(path.relative_to(CSS)): path.read_text() for path in sorted(CSS.rglob("*.css"))}
LONGEST = 250
# What names classes, be it in part: those of a tone or of a column are put together.
SPEAKERS = [
    *(settings.BASE_DIR / "templates").rglob("*.html"),
    *(settings.BASE_DIR / "static" / "js").glob("*.js"),
    settings.BASE_DIR / "common" / "fields.py",
]
TONED = re.compile(r"(app-badge|bar|tile)-(green|teal|blue|cyan|yellow|orange|red|gray|purple)")


@pytest.mark.parametrize("name", FILES)
def test_a_stylesheet_is_short(name):
    assert len(FILES[name].splitlines()) <= LONGEST


def test_every_page_has_every_stylesheet_but_the_one_of_the_admin():
    imported = re.findall(r'^@import "([^"]+)";$', FILES["app.css"], re.MULTILINE)
    assert sorted(imported) == sorted(FILES.keys() - {"app.css", "pages/admin.css"})


def test_every_colour_stands_once():
    colours = Counter(re.findall(r"#[0-9a-f]{3,8}\b|rgb\([^)]*\)", FILES["tokens.css"]))
    assert {colour for colour, times in colours.items() if times > 1} == set()


def test_a_button_has_its_colours_in_one_place():
    assert [name for name, text in FILES.items() if "--tblr-btn-" in text] == ["components/button.css"]


def test_every_class_that_is_styled_is_on_some_page():
    spoken = set(re.findall(r"[\w-]+", " ".join(path.read_text() for path in SPEAKERS)))
    styled = {found for text in FILES.values() for found in re.findall(r"\.([a-z][\w-]*)(?![^{}]*\})", text)}
    styled -= {"css"}
    assert {name for name in styled - spoken if not TONED.fullmatch(name)} == set()


@pytest.fixture
def ship(tmp_path):
    """Do with some stylesheets what `collectstatic` does; return those that ship, without those that are compressed."""

    def ship(**files):
        source, target = FileSystemStorage(tmp_path / "source"), tmp_path / "target"
        storage = BundlingStaticFilesStorage(location=target)
        paths = {}
        for name, text in files.items():
            name = name.replace("__", "/") + ".css"
            for folder in (tmp_path / "source", target):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(text)
            paths[name] = (source, name)
        failures = [processed for *_, processed in storage.post_process(paths) if isinstance(processed, Exception)]
        assert not failures
        return {name: (target / storage.stored_name(name)).read_text() for name in paths}

    return ship


def test_what_a_stylesheet_imports_is_in_it(ship):
    shipped = ship(
        css__app='@import "tokens.css";\n@import "pages/list.css";\n\na {\n  color: var(--blue);\n}\n',
        css__tokens=":root {\n  --blue: blue;\n}\n",
        css__pages__list='@import "../components/tabs.css";\n\n.list {\n  margin: 0;\n}\n',
        css__components__tabs=".tabs {\n  margin: 1px;\n}\n",
    )
    rules = [":root {--blue: blue;}", ".tabs {margin: 1px;}", ".list {margin: 0;}", "a {color: var(--blue);}"]
    assert shipped["css/app.css"] == "".join(rules)


def test_what_is_for_readers_does_not_ship(ship):
    shipped = ship(
        css__app='/* About\n   it. */\n\n/* Two. */\na\n  b,\ni::before {\n  /* Three. */\n  content: "{, x";\n}\n'
    )
    assert shipped["css/app.css"] == 'a\n  b,i::before {content: "{, x";}'


def test_the_stylesheets_of_others_ship_as_they_are(ship):
    theirs = "/* Theirs. */\na {\n  margin: 0;\n}\n"
    assert ship(vendor__theirs=theirs) == {"vendor/theirs.css": theirs}


def test_a_change_of_what_is_imported_is_a_new_file(tmp_path, ship):
    first = ship(css__app='@import "one.css";\n', css__one="a {\n}\n")
    second = ship(css__app='@import "one.css";\n', css__one="b {\n}\n")
    assert first["css/app.css"] != second["css/app.css"]
    assert len(list((tmp_path / "target" / "css").glob("app.*.css"))) == 2
