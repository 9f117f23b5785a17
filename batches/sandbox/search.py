"""A search of one of the store's tables, as SQL. Column names come from a contract's own lists, not from a request."""

from dataclasses import dataclass, field

LARGEST_INTEGER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Search:
    """Which rows of a list, in which order.

    `equals` and `contains` (in any case) are pairs of column and value, all of which must match. `page` is 0-based;
    `created_from` and `created_to` are seconds since 1970, both inclusive.
    """

    equals: list[tuple[str, str]] = field(default_factory=list)
    contains: list[tuple[str, str]] = field(default_factory=list)
    created_from: float | None = None
    created_to: float | None = None
    order_by: str | None = None
    descending: bool = False
    page: int = 0
    limit: int = 25

    def where(self) -> tuple[str, list[object]]:
        """The condition and its values."""
        conditions, values = ["1"], list[object]()
        for column, value in self.equals:
            conditions.append(f"CAST({column} AS TEXT) = ?")
            values.append(value)
        for column, value in self.contains:
            conditions.append(f"instr(folded({column}), ?)")
            values.append(value.casefold())
        for operator, bound in ((">=", self.created_from), ("<=", self.created_to)):
            if bound is not None:
                conditions.append(f"created_epoch {operator} ?")
                values.append(bound)
        return " AND ".join(conditions), values

    def order(self, key: str) -> str:
        """The order, down to the key: newest first where none is asked for, nulls the largest as in PostgreSQL."""
        column = "expires_epoch" if self.order_by == "expires_on" else self.order_by or "created_epoch"
        if self.descending or self.order_by is None:
            return f"{column} DESC NULLS FIRST, {key} DESC"
        return f"{column} ASC NULLS LAST, {key}"

    def window(self) -> tuple[int, int]:
        """LIMIT and OFFSET."""
        return min(self.limit, LARGEST_INTEGER), min(self.page * self.limit, LARGEST_INTEGER)
