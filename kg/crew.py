"""Work shared out to processes: portions go out in order, and what comes of them comes back in order."""

from __future__ import annotations

import gc
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from kg.model import KGError

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

A = TypeVar("A")
B = TypeVar("B")
S = TypeVar("S")
_AHEAD = 2  # portions for each process that are made ready before they are wanted: more would only take memory
_GUARD = "in a program of your own: call it under if __name__ == '__main__', or with workers=1"


class Crew(Generic[S]):
    """Processes that are started when there is work for them, and end with the `with` block.

    What `start` makes of `given` in each of them is at hand for all its work. By default there is one for each core.
    """

    def __init__(self, workers: int | None, start: Callable[..., S], *given: object) -> None:
        self.workers = workers or os.cpu_count() or 1
        self._start, self._given = start, given
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Crew[S]:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def map(self, task: Callable[[S, A], B], portions: Iterable[A]) -> Iterator[B]:
        """Yield what a task makes of each portion, in order. Tasks and portions have to be picklable."""
        from concurrent.futures.process import BrokenProcessPool

        pool = self._started()
        coming: deque[Future[B]] = deque()
        try:
            for portion in portions:
                coming.append(pool.submit(_done, task, portion))
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


_at_hand: Any  # in each process


def _begin(start: Callable[..., Any], given: tuple[Any, ...]) -> None:
    global _at_hand
    gc.disable()  # the work makes no circles, and looking for some takes a tenth of the time
    _at_hand = start(*given)


def _done(task: Callable[[Any, A], B], portion: A) -> B:
    return task(_at_hand, portion)
