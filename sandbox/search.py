"""A search of one of the store's tables, as SQL. Column names come from a contract's own lists, not from a request."""

from collections.abc import Mapping
from dataclasses import dataclass, field

# Fields that sort as moments, whatever their format.
MOMENTS = {
    "expires_on": "expires_epoch",
    "last_updated_at": "moment(last_updated_at)",
    "updated_at": "moment(updated_at)",
}
LARGEST_INTEGER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Search:
    """Which rows of a list, in which order.

    `equals` and `contains` (in any case) are pairs of field and value, all of which must match; `columns` has the SQL
    of those fields that are no column. `page` is 0-based; `created_from` and `created_to` are seconds since 1970, both
    inclusive.
    """

    equals: list[tuple[str, str]] = field(default_factory=list)
    contains: list[tuple[str, str]] = field(default_factory=list)
    created_from: float | None = None
    created_to: float | None = None
    order_by: str | None = None
    descending: bool = False
    page: int = 0
    limit: int = 25
    columns: Mapping[str, str] = field(default_factory=dict)

    def where(self) -> tuple[str, list[object]]:
        """Return the condition and its values."""
        conditions, values = ["1"], list[object]()
        for name, value in self.equals:
            conditions.append(f"CAST({self._column(name)} AS TEXT) = ?")
            values.append(value)
        for name, value in self.contains:
            conditions.append(f"instr(folded({self._column(name)}), ?)")
            values.append(value.casefold())
        for operator, bound in ((">=", self.created_from), ("<=", self.created_to)):
            if bound is not None:
                conditions.append(f"created_epoch {operator} ?")
                values.append(bound)
        return " AND ".join(conditions), values

    def order(self, key: str) -> str:
        """Return the order with `key` as the tie-breaker: newest first by default, nulls largest as in PostgreSQL."""
        if self.order_by is None:
            return f"created_epoch DESC NULLS FIRST, {key} DESC"
        column = MOMENTS.get(self.order_by) or self._column(self.order_by)
        if self.descending:
            return f"{column} DESC NULLS FIRST, {key} DESC"
        return f"{column} ASC NULLS LAST, {key}"

    def _column(self, name: str) -> str:
        return self.columns.get(name, name)

    def window(self) -> tuple[int, int]:
        """Return LIMIT and OFFSET."""
        return min(self.limit, LARGEST_INTEGER), min(self.page * self.limit, LARGEST_INTEGER)
