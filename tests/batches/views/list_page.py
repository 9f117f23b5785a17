"""Reading the list of batches out of its HTML."""

from tests.html import attributes, parsed, query_of

LIST = "/batches/"
DASH = "\N{EN DASH}"


def shown(html):
    """Return the ids of the linked batches as addresses write them, in order."""
    return [element_id.removeprefix("open-") for element_id in attributes(html, '[id^="open-"]', "id")]


def link(html, element_id):
    """Return the query of the link with this id."""
    [address] = attributes(html, f'a[id="{element_id}"]', "href")
    return query_of(address)


def tabs(html):
    """Return the counts of the tabs by label."""
    found = parsed(html).css('[id^="tab-"]:has(.list-tab-count)')
    return dict(tab.text(separator=" ").split() for tab in found)
