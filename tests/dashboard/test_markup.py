"""HTML that is put together in Python."""

from django.utils.safestring import SafeString

from dashboard.markup import fill


def test_every_value_is_escaped():
    html = fill('<a title="{name}">{name}</a>', name="\"><script>'&")
    assert html == '<a title="&quot;&gt;&lt;script&gt;&#x27;&amp;">&quot;&gt;&lt;script&gt;&#x27;&amp;</a>'


def test_what_is_safe_already_stays_as_it_is():
    assert fill("{cell}{cell}", cell=fill("<td>{word}</td>", word="<")) == "<td>&lt;</td>" * 2


def test_braces_in_a_value_are_nothing_special():
    assert fill("{text}", text="{text}{0.__class__}") == "{text}{0.__class__}"


def test_it_is_safe_itself():
    assert isinstance(fill("{number}", number=1), SafeString)
