"""Reading the list of batches out of its HTML."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

LIST = "/batches/"
DASH = "\N{EN DASH}"


def shown(html):
    """The ids of the batches that are linked, as addresses write them, in their order."""
    return re.findall(r'id="open-([^"]*)"', html)


def link(html, element_id):
    """The query that a link with this id leads to."""
    tag = re.search(rf'<a [^>]*id="{element_id}"[^>]*>', html)
    assert tag, f"no link {element_id}"
    query = parse_qs(urlsplit(unescape(re.search(r'href="([^"]*)"', tag[0])[1])).query)
    return {name: values[0] for name, values in query.items()}


def tabs(html):
    """The counts of the tabs by their labels."""
    found = re.findall(r'id="tab-\d+"[^>]*>\s*(\S+)\s*<span class="list-tab-count">([^<]*)<', html)
    return dict(found)


def in_words(html):
    """The text that is there to read, with single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())
