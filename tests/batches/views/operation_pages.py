"""What the tests of the pages of operations share."""

import re
from html import unescape

OPERATIONS = "/operations/"


def words(response):
    """Return the visible text of a page with single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", response.content.decode())).split())


def seen(response):
    """Return what the preview passes to the form that starts the operation."""
    return re.search(r'name="seen" value="([^"]*)"', response.content.decode())[1]


def confirmed(client, asked, **typed):
    """Ask for the preview, fill in `typed`, and confirm, as a browser does."""
    preview = client.post(OPERATIONS, asked)
    assert preview.status_code == 200, preview.content
    return client.post(OPERATIONS, asked | typed | {"seen": seen(preview), "confirm": "1"})
