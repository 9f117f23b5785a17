"""Who may import whom: the whole table, of which docs/architecture.md gives the main lines."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOP = ("dashboard", "accounts", "trail", "batches", "syllable", "sandbox", "common")

# The types of the API's client, without anything that asks the API.
TYPES = {"syllable.errors", "syllable.schemas"}
# What each room may import of ours, besides itself. Those of `batches` are named with it.
MAY_IMPORT = {
    "trail": {"common"},
    "syllable": set(),
    "sandbox": set(),
    "common": set(),
    "accounts": {"trail", "common"},
    "dashboard": {"common", "syllable"},
    "batches.access": {"accounts", "batches.models"},
    "batches.apps": {"batches.access"},
    "batches.agents": {"syllable.schemas"},
    "batches.api_client": {"batches.api_counts", "syllable"},
    "batches.api_counts": {"syllable", "common"},
    "batches.context_processors": {"batches.access", "batches.selectors"},
    "batches.calling_hours": {"syllable.schemas"},
    "batches.campaign_cache": {"batches.models"},
    "batches.change_entry": {"batches.rules", "batches.models", "trail"},
    "batches.converters": set(),
    "batches.estimate": {"batches.calling_hours"},
    # What a worker writes: reads and words, for a service that knows neither.
    "batches.export_parts": {
        "batches.access",
        "batches.models",
        "batches.selectors",
        "batches.services",
        "batches.trail_filter",
        "batches.words",
        "accounts",
    },
    "batches.forms": {"batches.rules", "batches.models", "batches.converters", "syllable.schemas", "common"},
    # What the settings name: the words for the templates.
    "batches.jinja": {"batches.access", "batches.change_entry", "batches.rules", "batches.words", "common"},
    "batches.management": {
        "batches.access",
        "batches.services",
        "batches.selectors",
        "batches.tasks",
        "batches.models",
        "batches.rules",
        "batches.api_client",
        "batches.trail_filter",
        "batches.words",
        "accounts",
        "common",
        # The demo's past is made against it.
        "sandbox",
        "syllable",
        "trail",
    },
    "batches.models": {"syllable.schemas", "common"},
    "batches.outcome_messages": set(),
    "batches.refusal_messages": set(),
    "batches.rules": {"syllable.schemas"},
    "batches.selectors": {
        "batches.access",
        "batches.agents",
        "batches.calling_hours",
        "batches.status",
        "batches.campaign_cache",
        "batches.change_entry",
        "batches.estimate",
        "batches.trail_filter",
        "batches.models",
        "batches.api_client",
        "accounts",
        "syllable",
        "trail",
        "common",
    },
    "batches.services": {
        "batches.access",
        "batches.agents",
        "batches.calling_hours",
        "batches.estimate",
        "batches.campaign_cache",
        "batches.change_entry",
        "batches.outcome_messages",
        "batches.refusal_messages",
        "batches.rules",
        "batches.models",
        "batches.api_client",
        "batches.converters",
        "syllable",
        "trail",
        "accounts",
        "common",
    },
    "batches.status": set(),
    "batches.trail_filter": {"batches.models", "common"},
    "batches.tasks": {"batches.export_parts", "batches.services", "batches.models", "accounts"},
    "batches.urls": {"batches.converters", "batches.views"},
    "batches.views": {
        "batches.access",
        "batches.trail_filter",
        "batches.words",
        "batches.converters",
        "batches.forms",
        "batches.services",
        "batches.selectors",
        "batches.rules",
        "batches.models",
        "batches.status",
        "accounts",
        "common",
        "trail",
        *TYPES,
    },
    "batches.words": {
        "batches.access",
        "batches.calling_hours",
        "batches.estimate",
        "batches.campaign_cache",
        "batches.status",
        "batches.trail_filter",
        "trail",
        "batches.outcome_messages",
        "batches.rules",
        "batches.models",
        "batches.services",
        "accounts",
        "common",
        "trail.findings",
        *TYPES,
    },
}
WITHOUT_DJANGO = {
    "syllable",
    "sandbox",
    "batches.outcome_messages",
    "batches.refusal_messages",
    "batches.agents",
    "batches.calling_hours",
    "batches.estimate",
    "batches.rules",
    "batches.campaign_cache",
    "batches.converters",
    "batches.status",
}


def files():
    """List every module of the product, by its dotted name."""
    paths = {path for top in TOP for path in (ROOT / top).rglob("*.py") if "migrations" not in path.parts}
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


FILES = files()


def room_of(name):
    """Return the room of a module, or of something it defines."""
    return ".".join(name.split(".")[: 2 if name.startswith("batches.") else 1])


@cache
def imports(path):
    """Return the dotted names that a file imports, anywhere in the file."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def of_ours(path):
    return [name for name in imports(path) if name.split(".")[0] in TOP]


def covers(target, name):
    return f"{name}.".startswith(f"{target}.")


def module_of(name):
    """Return our module that a dotted name is, or is defined in."""
    while name not in FILES:
        name = name.rpartition(".")[0]
    return name


def test_each_file_imports_only_what_its_room_may():
    for name in FILES.keys() - {"batches"}:
        room = room_of(name)
        assert room in MAY_IMPORT, f"{room} is no room yet: say in MAY_IMPORT whom it may import"
        for imported in of_ours(FILES[name]):
            assert any(covers(target, imported) for target in MAY_IMPORT[room] | {room}), (
                f"{name}: {room} may not import {imported}"
            )


def test_every_arrow_is_used():
    for room, targets in MAY_IMPORT.items():
        imported = {other for name, path in FILES.items() if room_of(name) == room for other in of_ours(path)}
        unused = {target for target in targets if not any(covers(target, other) for other in imported)}
        assert not unused, f"{room} does not import {unused}: take them out of MAY_IMPORT"


def test_no_two_modules_import_each_other_by_whatever_way():
    arrows = {name: {module_of(other) for other in of_ours(path)} - {name} for name, path in FILES.items()}
    while leaves := {name for name, targets in arrows.items() if not targets & arrows.keys()}:
        arrows = {name: targets for name, targets in arrows.items() if name not in leaves}
    assert not arrows, f"a circle is among {sorted(arrows)}"


def test_only_the_client_of_the_api_and_the_stream_of_the_trail_speak_http():
    for name, path in FILES.items():
        imported = {imported.split(".")[0] for imported in imports(path)}
        if "requests" in imported or ("urllib3" in imported and name != "trail.post"):
            assert room_of(name) == "syllable", f"{name} speaks HTTP"


def test_what_is_pure_knows_no_django():
    for name, path in FILES.items():
        if room_of(name) in WITHOUT_DJANGO:
            assert "django" not in {imported.split(".")[0] for imported in imports(path)}, f"{name} knows Django"


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
