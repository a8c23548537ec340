"""Threads that hand a baton: one runs at a time, and gives it away only where it calls the outside.

Who gets it next follows from the seed, and so does everything that happens.
"""

import threading
from collections.abc import Callable
from random import Random

STACK_BYTES = 512 * 1024


class Ended(BaseException):
    """The run is over: whoever holds the baton drops what it does."""


class Death(BaseException):
    """The process dies here."""


def _closed() -> threading.Lock:
    """A gate that opens once for each ``release``."""
    gate = threading.Lock()
    gate.acquire()
    return gate


class Task:
    """One thread. ``wakes``: until then (seconds of the simulation) it does not want the baton."""

    def __init__(self, name: str, body: Callable[[], None]) -> None:
        self.name, self.body = name, body
        self.wakes = 0.0
        self.until = float("inf")  # when its function is ended by force
        self.memory: object = None  # of the process in which it works
        self.request: object = None  # that it serves
        self.gate = _closed()
        self.done = False


class Baton:
    """All tasks, the clock, and who runs."""

    def __init__(self, rng: Random, now: float) -> None:
        self.rng, self.now = rng, now
        self.tasks: list[Task] = []
        self.current: Task | None = None
        self.steps = 0
        self.ending = False
        self.fault: BaseException | None = None
        self.taken: Callable[[Task], None] = lambda task: None  # called when a task gets the baton
        self._home = _closed()

    def add(self, name: str, body: Callable[[], None]) -> Task:
        task = Task(name, body)
        self.tasks.append(task)
        return task

    def run(self) -> None:
        """Until every task has ended. Raises what one of them raised."""
        before = threading.stack_size(STACK_BYTES)
        threads = [threading.Thread(target=self._live, args=(task,), daemon=True) for task in self.tasks]
        for thread in threads:
            thread.start()
        threading.stack_size(before)
        self._next().gate.release()
        self._home.acquire()
        for thread in threads:
            thread.join()
        if self.fault:
            raise self.fault

    def _live(self, task: Task) -> None:
        task.gate.acquire()
        self._take(task)
        try:
            if not self.ending:
                task.body()
        except Ended:
            pass
        except BaseException as fault:  # noqa: BLE001 - raised where the run was started
            self.fault, self.ending = self.fault or fault, True
        task.done = True
        self.tasks.remove(task)
        (self._next().gate if self.tasks else self._home).release()

    def switch(self) -> None:
        """Somebody gets the baton, perhaps the same. Raises Ended when the run is over."""
        if self.ending:
            raise Ended()
        mine, other = self.current, self._next()
        assert mine is not None
        if other is not mine:
            other.gate.release()
            mine.gate.acquire()
            self._take(mine)
        if self.ending:
            raise Ended()

    def sleep(self, seconds: float) -> None:
        """The task that runs does not want the baton for so long."""
        assert self.current is not None
        self.current.wakes = self.now + seconds
        self.switch()

    def _take(self, task: Task) -> None:
        self.current = task
        self.taken(task)

    def _next(self) -> Task:
        if self.ending:
            return self.tasks[0]
        now = self.now
        ready = [task for task in self.tasks if task.wakes <= now]
        if not ready:
            first = min(self.tasks, key=lambda task: task.wakes)
            self.now = first.wakes
            return first
        return ready[int(self.rng.random() * len(ready))]
