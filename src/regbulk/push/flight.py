"""The batches in flight: so many at once, and none more once one has failed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Final, Self

from regbulk.errors import ApiError, Interrupted, StopRule

_PATIENT: Final = (ApiError, StopRule, Interrupted)
_ASIDE: Final = 8
"""For each batch that may send, so many may be begun: the others settle, which is mostly waiting."""


class Flight:
    """Batches in flight, as an async context manager: at its end all have ended and the first failure is raised.

    A failure of the API or a stop rule lets those in flight finish. Any other one means that outcomes can no longer be
    kept (the disk is full, the lease was lost): the others are given up at once, so that nothing more is sent.
    """

    def __init__(self, most: int) -> None:
        """Let `most` batches send at once."""
        self._begun = asyncio.Semaphore(_ASIDE * most)
        self._room = asyncio.Semaphore(most)
        self._tasks = set[asyncio.Task[None]]()
        self._failure: BaseException | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if error is not None and not isinstance(error, _PATIENT):
            self._give_up()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._failure is not None and error is not self._failure:
            raise self._failure

    async def room(self) -> None:
        """Wait until a batch can begin.

        Raises:
            BaseException: an earlier batch failed with this.
        """
        await self._begun.acquire()
        await self._room.acquire()
        if self._failure is not None:
            raise self._failure

    @asynccontextmanager
    async def aside(self) -> AsyncIterator[None]:
        """Give the place of a batch to another while it only waits and reads."""
        self._room.release()
        try:
            yield
        finally:
            await self._room.acquire()

    def begin(self, batch: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Begin with a batch; there must be room."""
        task = asyncio.create_task(batch)
        self._tasks.add(task)
        task.add_done_callback(self._landed)
        return task

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._room.release()
        self._begun.release()
        self._tasks.discard(task)
        failure = None if task.cancelled() else task.exception()
        if failure is None or self._failure is not None:
            return
        self._failure = failure
        if not isinstance(failure, _PATIENT):
            self._give_up()

    def _give_up(self) -> None:
        for task in self._tasks:
            task.cancel()
