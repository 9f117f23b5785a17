"""Pages as a parser reads them: what people read, what a browser would post, and what machines look at."""

from urllib.parse import parse_qs, urlsplit

from django.http import HttpResponse
from selectolax.lexbor import LexborHTMLParser


def parsed(page):
    """Return the tree of a page, or of a part of one. `page` is a response of the test client, or text."""
    return LexborHTMLParser(page.content.decode() if isinstance(page, HttpResponse) else page)


def in_words(page):
    """Return the visible text, with single spaces."""
    return " ".join(parsed(page).root.text(separator=" ").split())


def attributes(page, selector, name):
    """Return an attribute of every element that the selector finds, in the page's order."""
    return [element.attributes.get(name) for element in parsed(page).css(selector)]


def texts(page, selector):
    """Return the text of every element that the selector finds, with single spaces, in the page's order."""
    return [" ".join(element.text().split()) for element in parsed(page).css(selector)]


def outcomes(page):
    """Return the outcomes of changes that the page tells, in its order."""
    return attributes(page, "[data-outcome]", "data-outcome")


def value_of(page, name):
    """Return the value of the first input with this name. The test fails where there is none."""
    found = parsed(page).css_first(f'input[name="{name}"]')
    assert found, f"no input {name}"
    return found.attributes.get("value") or ""


def hidden(page, within="main"):
    """Return what the hidden inputs of a part of the page post, by name: of several with one name the last."""
    inputs = parsed(page).css(f'{within} input[type="hidden"]')
    return {tag.attributes["name"]: tag.attributes.get("value") or "" for tag in inputs}


def query_of(address):
    """Return the query of an address, by name."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
