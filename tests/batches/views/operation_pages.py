"""What the tests of the pages of operations share."""

from tests.html import in_words, value_of

OPERATIONS = "/operations/"


def words(response):
    """Return the visible text of a page with single spaces."""
    return in_words(response)


def seen(response):
    """Return what the preview passes to the form that starts the operation."""
    return value_of(response, "seen")


def confirmed(client, asked, **typed):
    """Ask for the preview, fill in `typed`, and confirm, as a browser does."""
    preview = client.post(OPERATIONS, asked)
    assert preview.status_code == 200, preview.content
    return client.post(OPERATIONS, asked | typed | {"seen": seen(preview), "confirm": "1"})
