"""Lists, alike in every contract: their queries, as SQL, and how a page is answered.

Column names come from a contract's own lists, not from a request.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, Field

from sandbox.contract import Answer, invalid
from sandbox.store import Search
from sandbox.tables import Row
from sandbox.times import moment

Properties = TypeVar("Properties", bound=StrEnum)
# Fields that sort as moments, whatever their format.
MOMENTS = {
    "expires_on": "expires_epoch",
    "last_updated_at": "moment(last_updated_at)",
    "updated_at": "moment(updated_at)",
}
LARGEST_INTEGER = 2**63 - 1


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

    def search(self, *, key: str, contains: str, columns: Mapping[str, str]) -> Search:
        """Return what to look for, with the column `key` as the tie-breaker. Raises Refusal.

        The field `contains` matches a part of its value in any case, the others the whole. `columns` has the SQL of
        fields that are no column of the store.
        """
        if len(self.search_fields) != len(self.search_field_values):
            raise invalid("query", "search_field_values", "One value is needed for each of search_fields")
        conditions, values = ["1"], list[object]()
        for field, value in zip(self.search_fields, self.search_field_values, strict=True):
            column, is_part = columns.get(field, field), field == contains
            conditions.append(f"instr(folded({column}), ?)" if is_part else f"CAST({column} AS TEXT) = ?")
            values.append(value.casefold() if is_part else value)
        for name, operator in (("start_datetime", ">="), ("end_datetime", "<=")):
            if (bound := getattr(self, name)) is not None:
                conditions.append(f"created_epoch {operator} ?")
                values.append(_bound(name, bound))
        return Search(
            where=" AND ".join(conditions),
            values=values,
            order=self._order(key, columns),
            limit=min(self.limit, LARGEST_INTEGER),
            offset=min(self.page * self.limit, LARGEST_INTEGER),
        )

    def _order(self, key: str, columns: Mapping[str, str]) -> str:
        """Return the order: newest first by default, nulls largest as in PostgreSQL.

        In words that the indexes of `tables.py` can follow: these cannot hold NULLS FIRST.
        """
        if self.order_by is None:
            return _ordered("created_epoch", key, "DESC")
        column = MOMENTS.get(self.order_by) or columns.get(self.order_by, self.order_by)
        return _ordered(column, key, "DESC" if self.order_by_direction == "desc" else "ASC")


def _ordered(column: str, key: str, direction: str) -> str:
    by = (key,) if column == key else (f"{column} IS NULL", column, key)
    return ", ".join(f"{part} {direction}" for part in by)


def _bound(name: str, text: str) -> float:
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
