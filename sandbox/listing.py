"""Lists, alike in every contract: their queries, and how a page is answered."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, Field

from sandbox.contract import Answer, invalid
from sandbox.search import Search
from sandbox.store import Row
from sandbox.times import moment

Properties = TypeVar("Properties", bound=StrEnum)


class ListQuery(BaseModel, Generic[Properties]):
    """The query of a list whose fields are `Properties`."""

    page: int = Field(0, ge=0)
    limit: int = Field(25, ge=0)
    search_fields: list[Properties] = []
    search_field_values: list[str] = []
    order_by: Properties | None = None
    order_by_direction: Literal["asc", "desc"] | None = None
    fields: list[Properties] = []
    start_datetime: str | None = None
    end_datetime: str | None = None

    def search(self, *, contains: str, columns: Mapping[str, str]) -> Search:
        """Return what to look for. Raises Refusal.

        The field `contains` matches a part of its value, the others the whole. `columns` has the SQL of fields that are
        no column of the store.
        """
        if len(self.search_fields) != len(self.search_field_values):
            raise invalid("query", "search_field_values", "One value is needed for each of search_fields")
        pairs = list(zip(map(str, self.search_fields), self.search_field_values, strict=True))
        return Search(
            equals=[pair for pair in pairs if pair[0] != contains],
            contains=[pair for pair in pairs if pair[0] == contains],
            created_from=_bound("start_datetime", self.start_datetime),
            created_to=_bound("end_datetime", self.end_datetime),
            order_by=self.order_by,
            descending=self.order_by_direction == "desc",
            page=self.page,
            limit=self.limit,
            columns=columns,
        )


def _bound(name: str, text: str | None) -> float | None:
    if text is None:
        return None
    at = moment(text)
    if at is None:
        raise invalid("query", name, "Input should be a valid datetime", "datetime_parsing")
    return at


def page_answer(rows: list[Row], total: int, query: ListQuery[Any], show: Callable[[Row], Row]) -> Answer:
    """Answer one page, with each row as `show` shows it."""
    pages = -(-total // query.limit) if query.limit else None
    return Answer(
        payload={
            "items": [show(row) for row in rows],
            "page": query.page,
            "page_size": query.limit,
            "total_pages": pages,
            "total_count": total,
        }
    )
