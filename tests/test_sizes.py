"""How long things may be: what passes these holds two things."""

import ast

import pytest

from tests.test_rooms import FILES

LONGEST_FILE = 300
LONGEST_FUNCTION = 40


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_and_its_functions_are_short(name):
    text = FILES[name].read_text()
    assert len(text.splitlines()) <= LONGEST_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            length = node.end_lineno - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{name}.{node.name} has {length} lines"
