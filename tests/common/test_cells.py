"""Cells of a spreadsheet: what is passed over quickly needs no apostrophe."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.cells import BEGINNING, _defused, safe_cell

TEXTS = st.text(st.sampled_from("a1é日=+-@\uff1d; \t\r\n\"'{[(,\u00a0")) | st.text()


@given(TEXTS)
def test_the_quick_look_at_a_cell_finds_what_the_slow_one_finds(text):
    assert safe_cell(text) == BEGINNING.sub(_defused, text)


@pytest.mark.parametrize(
    ("value", "cell"),
    [(None, ""), (12, "12"), ("a;=1", "a;'=1"), ("{}\n@x", "{}\n'@x"), ("=1", "'=1"), ('{"a": "=1"}', '{"a": "=1"}')],
)
def test_a_formula_gets_an_apostrophe_wherever_a_cell_may_begin(value, cell):
    assert safe_cell(value) == cell
