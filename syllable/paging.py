"""Reading a list to its end."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from syllable.schemas import Page

Row = TypeVar("Row")


def pages(read: Callable[[int], Page[Row]], *, most: int) -> Iterator[Page[Row]]:
    """Read the pages of a list in turn, to the last one or to `most` pages; `read` returns a page by its number.

    An empty page is the last one, whatever it claims.
    """
    for number in range(most):
        page = read(number)
        yield page
        if not page.has_next or not page.items:
            return
