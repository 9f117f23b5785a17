"""What people read: one word for one thing, in short sentences; see docs/writing.md."""

import re
from functools import cache

import pytest

from tests.sentences import ROOT, of_module, of_script, of_template, sentences

# What has another word here. The list with the words to use is in docs/writing.md.
NOT_OURS = re.compile(
    r"\bun?tick|\bticked\b|\bmeanwhile\b|\byour word\b|\bleft alone\b|\bcalls go on\b|\blook again\b"
    r"|\b(still|keeps?|stop) calling\b|being looked for|\bmay not do\b",
    re.IGNORECASE,
)
MOST_WORDS = 25
# Those of accounts are not read here.
OURS = ("templates/batches", "templates/macros", "batches", "syllable", "static")


@cache
def every_sentence():
    return list(sentences())


def ours():
    return [found for found in every_sentence() if str(found.path.relative_to(ROOT)).startswith(OURS)]


def test_every_page_and_module_is_read():
    read = {found.path.relative_to(ROOT).parts[0] for found in every_sentence()}
    assert read == {"accounts", "batches", "common", "dashboard", "static", "syllable", "templates", "trail"}


def test_no_sentence_has_a_word_that_is_not_ours():
    assert not [str(found) for found in ours() if NOT_OURS.search(found.text)]


def test_no_sentence_is_too_long_for_somebody_in_a_hurry():
    for found in ours():
        for sentence in re.split(r"(?<=[.!?…])\s+|¦", found.text):
            assert len(sentence.split()) <= MOST_WORDS, found


@pytest.mark.parametrize(
    ("source", "read"),
    [
        ("<p>One <b>two</b></p>\n<p>Three</p>", [(1, "One"), (1, "two"), (2, "Three")]),
        ("<p>\n  Paused by <a href='{{ url(1) }}'>{{ who }}</a>.\n</p>", [(2, "Paused by {}.")]),
        ("<p>{% if a %}Yes, do{% else %}No{% endif %}</p>", [(1, "¦Yes, do¦No¦")]),
        ("<button aria-label='Pause {{ name }}'>\n</button>", [(1, "Pause {}")]),
        ('{{ alert(kind="danger", title="This batch failed.") }}', [(1, "This batch failed.")]),
        ("{% block a %}One{% endblock %}\n{% block b %}Two{% endblock %}", [(1, "One"), (2, "Two")]),
        ("{# A comment. #}<script>let a;</script>{{ icon('hand-stop') }}", []),
    ],
)
def test_a_template_is_read_by_its_elements(tmp_path, monkeypatch, source, read):
    monkeypatch.setattr("tests.sentences.ROOT", tmp_path)
    path = tmp_path / "a.html"
    path.write_text(source)
    assert [(found.line, found.text) for found in of_template(path)] == read


def test_a_module_is_read_without_its_docstrings_and_its_log(tmp_path):
    path = tmp_path / "a.py"
    path.write_text('"""A module."""\nlogger.info("it ran well")\nWHY = f"{who} is late."\nname = "who"\n')
    assert [(found.line, found.text) for found in of_module(path)] == [(3, "{} is late.")]


def test_a_script_is_read(tmp_path):
    path = tmp_path / "a.js"
    path.write_text('// A comment.\ntell("The page is old.");\ntell(`Read at ${at}.`);\n')
    assert [(found.line, found.text) for found in of_script(path)] == [(2, "The page is old."), (3, "Read at ${at}.")]
