"""Who may import whom. The table is docs/architecture.md's, and this test is why it stays true."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# What each room of `batches` may import of ours, besides itself. "errors" and "schemas" are the types of syllable.
TYPES = {"syllable.errors", "syllable.schemas"}
MAY_IMPORT = {
    "views": {"converters", "forms", "services", "selectors", "rules", "tasks", "models", *TYPES},
    "management": {"services", "selectors", "tasks", "models"},
    "tasks": {"services", "selectors", "models"},
    "services": {"rules", "models", "connection", "converters", "syllable"},
    "selectors": {"models", "connection", "syllable"},
    "connection": {"syllable"},
    "forms": {"rules", "models", "converters", "syllable.schemas"},
    "rules": {"syllable.schemas"},
    "models": {"syllable.schemas"},
    "words": {"rules", "models", "services", *TYPES},
    # What the settings name: the words for the templates.
    "jinja": {"words"},
    "context_processors": {"selectors"},
    "urls": {"converters", "views"},
    "converters": set(),
    "syllable": set(),
    "sandbox": set(),
}
# The project's own people and look are nobody's business in these.
WITHOUT_DASHBOARD = {"syllable", "sandbox", "rules", "connection", "models", "forms", "converters"}
# Who writes to the trail, or shows it.
WITH_TRAIL = {"views", "services", "selectors", "words"}


def python_files():
    files = [path for path in (ROOT / "batches").rglob("*.py") if "migrations" not in path.parts]
    return [path for path in files if path.name != "__init__.py" or path.parent.name not in ("batches",)]


def room_of(path):
    return path.relative_to(ROOT / "batches").with_suffix("").parts[0]


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def allowed(room, name):
    inside = name.removeprefix("batches.")
    return any(f"{inside}.".startswith(f"{target}.") for target in MAY_IMPORT[room] | {room})


@pytest.mark.parametrize("path", python_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_it_imports_only_what_its_room_may(path):
    room = room_of(path)
    assert room in MAY_IMPORT, f"{room} is no room yet: say in MAY_IMPORT whom it may import"
    for name in imports(path):
        if name.startswith("batches."):
            assert allowed(room, name), f"{room} may not import {name}"
        if name.startswith("dashboard."):
            assert room not in WITHOUT_DASHBOARD, f"{room} may not import {name}"
        if name.startswith("trail."):
            assert room in WITH_TRAIL, f"{room} may not import {name}"
        if name.split(".")[0] in ("requests", "urllib3"):
            assert room == "syllable", f"only syllable speaks HTTP, not {room}"
        if name.split(".")[0] == "django":
            assert room not in ("syllable", "sandbox", "rules", "converters"), f"{room} knows no Django"


@pytest.mark.parametrize("path", sorted((ROOT / "trail").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_trail_knows_no_other_room(path):
    assert not [name for name in imports(path) if name.startswith(("batches.", "dashboard."))]


def test_no_view_asks_the_database_itself():
    for path in (ROOT / "batches" / "views").glob("*.py"):
        assert ".objects" not in path.read_text(), f"{path.name}: reads are selectors', writes are services'"


def test_no_view_service_form_or_template_compares_the_contract():
    """What differs between the contracts is in contracts.py, and reaches the others as abilities."""
    rooms = [ROOT / "batches" / room for room in ("views", "forms", "services", "models", "words", "management")]
    files = [path for room in rooms for path in room.rglob("*.py")]
    files += [ROOT / "batches" / name for name in ("rules.py", "tasks.py")]
    files += (ROOT / "templates").rglob("*.html")
    for path in files:
        text = path.read_text()
        for name in ("2025-04", '"current"', "'current'", "abilities.contract", "API_CONTRACT"):
            assert name not in text, f"{path.relative_to(ROOT)} speaks of {name}"
