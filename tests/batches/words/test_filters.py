"""The words that templates know as filters."""

from collections import Counter

from batches.jinja import WORDS
from common.jinja import functions_of


def test_no_two_words_have_one_name():
    names = Counter(name for module in WORDS for name in functions_of(module))
    assert [name for name, count in names.items() if count > 1] == []
