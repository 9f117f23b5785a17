"""Reading a list to its end."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from syllable.schemas import Page

Row = TypeVar("Row")


def pages(read: Callable[[int], Page[Row]], *, most: int) -> Iterator[Page[Row]]:
    """The pages of a list one after the other, until the last one or `most` of them; `read` gives the one of a number.

    An empty page is the last one, whatever it says of itself.
    """
    for number in range(most):
        page = read(number)
        yield page
        if not page.has_next or not page.items:
            return
