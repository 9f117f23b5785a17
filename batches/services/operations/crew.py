"""Threads that work side by side, each with a database connection of its own that is closed with it."""

import threading
from collections.abc import Callable, Set
from contextvars import copy_context
from queue import Empty, SimpleQueue
from typing import Generic, Self, TypeVar

from django.db import close_old_connections, connections

Key = TypeVar("Key")
Job = Callable[[], object]


class Crew(Generic[Key]):
    """Threads for jobs that are named by a key, as many as are needed at a time. One thread uses it, as a context.

    What is under way at the end of the context is left behind: it goes on by itself, and the process does not end
    before it, but nobody is told how it ended.
    """

    def __init__(self) -> None:
        self.under_way: set[Key] = set()
        self._to_do: SimpleQueue[tuple[Key, Job] | None] = SimpleQueue()
        self._done: SimpleQueue[tuple[Key, Exception | None]] = SimpleQueue()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        for _ in self._threads:
            self._to_do.put(None)
        if not self.under_way:
            for thread in self._threads:
                thread.join()

    @property
    def threads(self) -> Set[int]:
        """The threads that it has so far."""
        return {thread.ident for thread in self._threads if thread.ident is not None}

    def submit(self, key: Key, job: Job) -> None:
        """Have `job` done by a thread that is free, or by a new one."""
        self.under_way.add(key)
        if len(self.under_way) > len(self._threads):
            self._begin_thread()
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

    def _begin_thread(self) -> None:
        name = f"crew-{len(self._threads)}"
        thread = threading.Thread(target=copy_context().run, args=(self._work,), name=name)
        thread.start()
        self._threads.append(thread)

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
