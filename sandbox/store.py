"""The sandbox's memory in one SQLite file: `tables.py` says what is in it."""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.tables import REQUEST_DEFAULTS, SCHEMA, TABLES, Row, converted, derived
from sandbox.times import Clock, moment


@dataclass(frozen=True, slots=True)
class Search:
    """Which rows of a table, in which order: a condition with its values, and where its page begins and ends."""

    where: str
    values: list[object]
    order: str
    limit: int
    offset: int


class Store:
    """One connection and one lock: the server's threads take turns, each for well under a millisecond.

    Whatever is stamped with the current moment is stamped by `clock`.
    """

    def __init__(self, path: str, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self._lock = threading.RLock()
        self._depth = 0
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.create_function("folded", 1, lambda value: str(value).casefold(), deterministic=True)
        self._db.create_function("moment", 1, moment, deterministic=True)
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the body as one transaction, alone. Transactions nest; the outermost commits."""
        with self._lock:
            if self._depth:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            else:
                self._db.execute("COMMIT")
            finally:
                self._depth -= 1

    def is_empty(self) -> bool:
        """Return whether there is no campaign yet."""
        return not self.rows("SELECT 1 FROM campaigns LIMIT 1")

    def latest(self) -> datetime | None:
        """Return the latest moment at which anything happened, None where that is unknown."""
        sent, updated = "SELECT max(sent_at) AS at FROM requests", "SELECT max(last_updated_at) FROM batches"
        moments = [moment(row["at"]) for row in self.rows(f"{sent} UNION ALL {updated}")]
        known = [at for at in moments if at is not None]
        return datetime.fromtimestamp(max(known), UTC) if known else None

    def clear(self) -> None:
        """Forget everything."""
        with self.transaction():
            for table in TABLES:
                self._db.execute(f"DELETE FROM {table}")

    # Campaigns

    def add_campaign(self, **fields: Any) -> int:
        """Add a campaign, which calls around the clock by default, and return its id.

        Fields are columns; whatever only some contract knows goes into `more`.
        """
        now = self.clock.text()
        row: Row = {
            "campaign_name": "Campaign", "campaign_variables": {}, "daily_start_time": "00:00:00",
            "daily_end_time": "23:59:59", "timezone": "UTC", "source": "+15550100", "rate": 1, "created_at": now,
            "updated_at": now, "last_updated_by": "owner@example.com", "more": {}, "extra": {}, "omit": [], **fields,
        }  # fmt: skip
        return self._insert("campaigns", row)

    def campaign(self, campaign_id: object) -> Row | None:
        """Return one campaign by its id."""
        return self._one("SELECT * FROM campaigns WHERE id = ?", campaign_id)

    def change_campaign(self, campaign_id: int, /, **fields: Any) -> None:
        """Set columns of a campaign; the rest stays."""
        self._update("campaigns", "id", campaign_id, fields)

    def remove_campaign(self, campaign_id: int) -> None:
        """Remove a campaign; its batches stay."""
        with self.transaction():
            self._db.execute("DELETE FROM campaigns WHERE id = ?", (campaign_id,))

    def find_campaigns(self, search: Search) -> tuple[list[Row], int]:
        """Return one page of campaigns, and how many match in all."""
        return self._find("campaigns", search)

    # Agents

    def add_agent(self, **fields: Any) -> int:
        """Add an agent, and return its id."""
        row: Row = {
            "name": "Agent", "timezone": "UTC", "updated_at": self.clock.text(), "last_updated_by": "owner@example.com",
            "extra": {}, "omit": [], **fields,
        }  # fmt: skip
        return self._insert("agents", row)

    def agent(self, agent_id: object) -> Row | None:
        """Return one agent by its id."""
        return self._one("SELECT * FROM agents WHERE id = ?", agent_id)

    def change_agent(self, agent_id: int, /, **fields: Any) -> None:
        """Set columns of an agent; the rest stays."""
        self._update("agents", "id", agent_id, fields)

    def add_target(self, target: str, *, agent_id: int, **fields: Any) -> int:
        """Put an agent behind `target`, a phone number or an email address, and return the id of the target."""
        now = self.clock.text()
        row: Row = {
            "target": target, "agent_id": agent_id, "target_mode": "email" if "@" in target else "voice",
            "channel_id": 1, "channel_name": "Channel", "fallback_target": None, "is_test": False, "created_at": now,
            "updated_at": now, "last_updated_by": "owner@example.com", "extra": {}, "omit": [], **fields,
        }  # fmt: skip
        return self._insert("targets", row)

    def find_targets(self, search: Search) -> tuple[list[Row], int]:
        """Return one page of targets, and how many match in all."""
        return self._find("targets", search)

    # Batches

    def add_batch(self, batch_id: str, *, requests: int = 0, **fields: Any) -> None:
        """Add a batch with `requests` pending requests.

        Fields are columns, stored as given. The defaults are those of a fresh PENDING batch of the first campaign,
        which is created if missing. `count` is the number of requests.
        """
        with self.transaction():
            if "campaign_id" not in fields:
                first = self._one("SELECT min(id) AS id FROM campaigns")
                fields["campaign_id"] = (first and first["id"]) or self.add_campaign()
            now = self.clock.text()
            row: Row = {
                "batch_id": batch_id, "status": "PENDING", "expires_on": None, "count": requests, "created_at": now,
                "deleted_at": None, "deleted_reason": None, "last_worked_on": None, "last_updated_at": now,
                "last_updated_by": "owner@example.com", "more": {}, "extra": {}, "omit": [], **fields,
            }  # fmt: skip
            self._insert("batches", row)
            self.add_requests(batch_id, ({"reference_id": str(number + 1)} for number in range(requests)))

    def batch(self, batch_id: str) -> Row | None:
        """Return one batch by its id."""
        return self._one("SELECT * FROM batches WHERE batch_id = ?", batch_id)

    def change_batch(self, batch_id: str, /, **fields: Any) -> None:
        """Set columns of a batch; the rest stays."""
        self._update("batches", "batch_id", batch_id, fields)

    def find_batches(self, search: Search) -> tuple[list[Row], int]:
        """Return one page of batches, and how many match in all."""
        return self._find("batches", search)

    # Requests

    def add_requests(self, batch_id: str, requests: Iterable[Mapping[str, Any]]) -> None:
        """Add requests, each with a `reference_id` that is new in its batch. Raises sqlite3.IntegrityError."""
        defaults = converted({**REQUEST_DEFAULTS, "created_at": self.clock.text()}, json.dumps)
        columns = ["batch_id", "reference_id", *defaults]
        with self.transaction():
            self._db.executemany(
                f"INSERT INTO requests ({', '.join(columns)}) VALUES (:{', :'.join(columns)})",
                ({**defaults, **converted(request, json.dumps), "batch_id": batch_id} for request in requests),
            )

    def requests(self, batch_id: str) -> list[Row]:
        """Return a batch's requests in the order in which they were added."""
        return self.rows("SELECT * FROM requests WHERE batch_id = ? ORDER BY rowid", batch_id)

    def has_request(self, batch_id: str, reference_id: str) -> bool:
        """Return whether a batch has this request."""
        query = "SELECT 1 FROM requests WHERE batch_id = ? AND reference_id = ?"
        return self._one(query, batch_id, reference_id) is not None

    def count_requests(self, batch_id: str) -> None:
        """Bring a batch's `count` in line with its requests."""
        self.change_batch(batch_id, count=sum(self.status_counts(batch_id).values()))

    def cancel_pending_requests(self, batch_id: str) -> None:
        """Cancel the requests that were not started, in the word of their channel as well."""
        with self.transaction():
            self._db.execute(
                "UPDATE requests SET status = 'CANCELED', channel_manager_status = 'CANCELED'"
                " WHERE batch_id = ? AND status = 'PENDING'",
                (batch_id,),
            )

    def change_requests(self, changes: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
        """Set columns of requests, each named by its rowid."""
        with self.transaction():
            for rowid, fields in changes:
                self._update("requests", "rowid", rowid, fields)

    def remove_requests(self, batch_id: str, reference_ids: Iterable[str]) -> None:
        """Remove requests of a batch; ids that it does not have are ignored."""
        with self.transaction():
            self._db.executemany(
                "DELETE FROM requests WHERE batch_id = ? AND reference_id = ?",
                ((batch_id, reference_id) for reference_id in reference_ids),
            )

    def status_counts(self, batch_id: str) -> dict[str, int]:
        """Return how many requests of a batch have which status."""
        query = "SELECT status, count(*) AS number FROM requests WHERE batch_id = ? GROUP BY status"
        return {row["status"]: row["number"] for row in self.rows(query, batch_id)}

    def channel_manager_counts(self, batch_id: str) -> list[Row]:
        """Return how many requests (`number`) of a batch have which `status` and `channel_manager_status`."""
        return self.rows(
            "SELECT status, channel_manager_status, count(*) AS number FROM requests WHERE batch_id = ?"
            " GROUP BY status, channel_manager_status ORDER BY status, channel_manager_status",
            batch_id,
        )

    # SQL

    def rows(self, query: str, *values: object) -> list[Row]:
        """Return the rows of a query, with their JSON columns parsed."""
        with self._lock:
            return [converted(dict(row), json.loads) for row in self._db.execute(query, values)]

    def _one(self, query: str, *values: object) -> Row | None:
        found = self.rows(query, *values)
        return found[0] if found else None

    def _insert(self, table: str, row: Row) -> int:
        row = converted({**row, **derived(table, row)}, json.dumps)
        with self.transaction():
            query = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"
            return self._db.execute(query, list(row.values())).lastrowid or 0

    def _update(self, table: str, key: str, value: object, fields: Mapping[str, Any]) -> None:
        fields = converted({**fields, **derived(table, fields)}, json.dumps)
        assignments = ", ".join(f"{column} = ?" for column in fields)
        with self.transaction():
            self._db.execute(f"UPDATE {table} SET {assignments} WHERE {key} = ?", [*fields.values(), value])

    def _find(self, table: str, search: Search) -> tuple[list[Row], int]:
        found, order, values = f"FROM {table} WHERE {search.where}", search.order, search.values
        with self.transaction():
            total = self.rows(f"SELECT count(*) AS total {found}", *values)[0]["total"]
            page = f"SELECT * {found} ORDER BY {order} LIMIT ? OFFSET ?"
            return self.rows(page, *values, search.limit, search.offset), total
