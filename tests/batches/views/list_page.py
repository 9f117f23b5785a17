"""Reading the list of batches out of its HTML."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

LIST = "/batches/"
DASH = "\N{EN DASH}"


def shown(html):
    """Return the ids of the linked batches as addresses write them, in order."""
    return re.findall(r'id="open-([^"]*)"', html)


def link(html, element_id):
    """Return the query of the link with this id."""
    tag = re.search(rf'<a [^>]*id="{element_id}"[^>]*>', html)
    assert tag, f"no link {element_id}"
    query = parse_qs(urlsplit(unescape(re.search(r'href="([^"]*)"', tag[0])[1])).query)
    return {name: values[0] for name, values in query.items()}


def tabs(html):
    """Return the counts of the tabs by label."""
    found = re.findall(r'id="tab-\d+"[^>]*>\s*(\S+)\s*<span class="list-tab-count">([^<]*)<', html)
    return dict(found)


def in_words(html):
    """Return the visible text with single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())
