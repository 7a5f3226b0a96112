"""Work shared out to processes: portions go out in order, and what comes of them comes back in order."""

from __future__ import annotations

import gc
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from kg.model import KGError

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

A = TypeVar("A")
B = TypeVar("B")
Share = Callable[[Callable[[A], B], Iterable[A]], Iterator[B]]  # as `map`
_AHEAD = 2  # portions for each process that are made ready before they are wanted: more would only take memory
_GUARD = "in a program of your own: call it under if __name__ == '__main__', or with workers=1"


class Crew:
    """Processes that are started when there is work for them, and end with the `with` block.

    `start` is called with `given` in each of them before anything else; by default there is one for each core.
    """

    def __init__(self, workers: int | None, start: Callable[..., None], *given: object) -> None:
        self.workers = workers or os.cpu_count() or 1
        self._start, self._given = start, given
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def map(self, task: Callable[[A], B], portions: Iterable[A]) -> Iterator[B]:
        """Yield what a task makes of each portion, in order, as `map` does. Tasks and portions have to be picklable."""
        from concurrent.futures.process import BrokenProcessPool

        pool = self._started()
        coming: deque[Future[B]] = deque()
        try:
            for portion in portions:
                coming.append(pool.submit(task, portion))
                if len(coming) > _AHEAD * self.workers:
                    yield coming.popleft().result()
            while coming:
                yield coming.popleft().result()
        except BrokenProcessPool:
            raise KGError("a worker process has died", hint=f"too little memory? {_GUARD}") from None

    def _started(self) -> ProcessPoolExecutor:
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import current_process, get_context

        # A worker imports the program that started it, and would start workers itself if that is not guarded.
        if getattr(current_process(), "_inheriting", False):
            raise KGError("called while a worker process is starting", hint=_GUARD)
        if self._pool is None:
            context = get_context("spawn")
            self._pool = ProcessPoolExecutor(
                self.workers, mp_context=context, initializer=_begin, initargs=(self._start, self._given)
            )
        return self._pool


def _begin(start: Callable[..., None], given: tuple[Any, ...]) -> None:
    gc.disable()  # the work makes no circles, and looking for some takes a tenth of the time
    start(*given)
