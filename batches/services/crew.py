"""Threads that work side by side, each with a database connection of its own that is closed with it."""

import threading
from collections.abc import Callable
from contextvars import copy_context
from queue import Empty, SimpleQueue
from typing import Generic, Self, TypeVar

from django.db import close_old_connections, connections

Key = TypeVar("Key")
Job = Callable[[], object]


class Crew(Generic[Key]):
    """`size` threads for jobs that are named by a key. One thread uses it, as a context that ends what was begun."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.under_way: set[Key] = set()
        self._to_do: SimpleQueue[tuple[Key, Job] | None] = SimpleQueue()
        self._done: SimpleQueue[tuple[Key, Exception | None]] = SimpleQueue()
        self._threads = [
            threading.Thread(target=copy_context().run, args=(self._work,), name=f"crew-{number}", daemon=True)
            for number in range(size)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        for _ in self._threads:
            self._to_do.put(None)
        for thread in self._threads:
            thread.join()

    @property
    def has_room(self) -> bool:
        return len(self.under_way) < self.size

    def submit(self, key: Key, job: Job) -> None:
        """Have `job` done as soon as a thread is free."""
        self.under_way.add(key)
        self._to_do.put((key, job))

    def done(self, *, timeout: float) -> list[tuple[Key, Exception | None]]:
        """What has ended since the last time, with what it raised; waits up to `timeout` seconds for a first one."""
        ended: list[tuple[Key, Exception | None]] = []
        try:
            ended.append(self._done.get(timeout=timeout))
            while True:
                ended.append(self._done.get_nowait())
        except Empty:
            self.under_way.difference_update(key for key, _ in ended)
            return ended

    def _work(self) -> None:
        try:
            while task := self._to_do.get():
                self._do(*task)
        finally:
            connections.close_all()

    def _do(self, key: Key, job: Job) -> None:
        close_old_connections()
        try:
            job()
        except Exception as error:  # noqa: BLE001 - whoever gave the job decides what it means
            self._done.put((key, error))
        else:
            self._done.put((key, None))
