"""One simulation: everything in one process, by one seed."""

import itertools
import json
import logging
import os
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any
from unittest.mock import patch

from chalicelib import log
from chalicelib.mall.offers import memory
from chalicelib.mall.tills import sizes, terms
from chalicelib.onboarding import prepare as proving
from chalicelib.partners import worker as webhooks
from chalicelib.queues import sender
from chalicelib.signing import jws
from chalicelib.signing import webhooks as signatures
from chalicelib.table import client
from tests.simulation import clients, sky, workers
from tests.simulation.answers import Answers, Asked
from tests.simulation.baton import Baton, Death
from tests.simulation.books import Books, Violation
from tests.simulation.faults import FAULTS, Seen
from tests.simulation.files.bucket import Bucket, deliver
from tests.simulation.files.final import check_files
from tests.simulation.files.small import small
from tests.simulation.final import check_projections
from tests.simulation.front import Front
from tests.simulation.lives import Lives
from tests.simulation.onboarding import clients as applicants
from tests.simulation.onboarding.final import check_validities
from tests.simulation.queue import NOWHERE, Queue, Sender
from tests.simulation.setting import City, build
from tests.simulation.swarm import Swarm
from tests.simulation.table import SHARDS, Change, Place, Table, Wire
from tests.worlds import forget_everything

BEGINS = 1_772_359_200.0  # 2026-03-01T10:00:00Z, a Sunday
CALM_STEPS_MAX = 300_000
STORY_LINES = 60
SECRETS = ("110105", "密")  # parts of identity numbers and names: no log line may hold them
EXPECTED = {"Unavailable", "Contended", "StatementsBehind", "Death", "Ended", "TillEmpty", "Owing", "TermsOutdated"}
_METRICS = {
    "Retries": "a commit was retried by the edge",
    "EmptyTills": "a till was empty and another served",
    "RunsUnfinished": "a run was resumed",
}


@dataclass(frozen=True)
class Config:
    """What makes a run. ``operations`` and ``faults``: those that may happen; None: all. ``focus``: see swarm.py."""

    seed: str = "1"
    people: int = 30
    steps: int = 20_000
    focus: str = ""
    operations: frozenset[str] | None = None
    faults: frozenset[str] | None = None

    def __str__(self) -> str:
        parts = [f"SEED={self.seed}", f"PEOPLE={self.people}", f"STEPS={self.steps}"]
        if self.focus:
            parts.append(f"FOCUS='{self.focus}'")
        for name, some in (("OPERATIONS", self.operations), ("FAULTS", self.faults)):
            if some is not None:
                parts.append(f"{name}='{', '.join(sorted(some)) or 'none'}'")
        return " ".join(parts)


class Simulation:
    """The run, as its parts see it."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.rng, self.swarm = Random(config.seed), Swarm(config.seed, config.focus)
        self.baton = Baton(self.rng, BEGINS)
        self.seen = Seen()
        self.storm = self.calm = False
        self.calmed_at = 0.0
        self.away: set[str] = set()
        self.story: deque[tuple[float, str, str]] = deque(maxlen=STORY_LINES)
        self.table = Table(self)
        self.books, self.lives, self.answers = Books(self), Lives(self), Answers(self)
        self.table.audit = self._committed
        self.wire = Wire(self, self.table)
        self.queues = {"buy-back": Queue(self), "webhooks": Queue(self), "batches": Queue(self)}
        self.bucket = Bucket(self)
        self.sender = Sender(self, self.queues)
        self.world = Front(None, lambda: list(self.table.items.values()), self.table)  # type: ignore[arg-type]
        self.world.sim = self
        self.city = City()
        self.caps: dict[str, int] = {}
        self.alive = self.working = 0  # callers and schedules at work; functions under way
        self.consumers: list[workers.Consumer] = []
        self.asking: set[str] = set()  # Records of requests under way
        self.city_twins: list[tuple[float, Asked]] = []  # requests to be sent again, and when
        self.key_numbers: Iterator[int] = itertools.count()
        self.warm: list[sky.Process] = []
        self.cold = sky.Process(0.0)

    @property
    def now(self) -> float:
        return self.baton.now

    def clock(self) -> float:
        """The time as the process that runs sees it."""
        task = self.baton.current
        process = task.memory if task else None
        return self.baton.now + (process.skew if isinstance(process, sky.Process) else 0.0)

    def person_of(self, account: str) -> str:
        return self.city.persons.get(account, account)

    def wants(self, *operations: str) -> bool:
        """Whether some of them may happen."""
        return self.config.operations is None or not self.config.operations.isdisjoint(operations)

    def happens(self, fault: str) -> bool:
        """Whether it happens now, by its share."""
        if not self.storm or self.calm or (self.config.faults is not None and fault not in self.config.faults):
            return False
        return self.rng.random() < FAULTS[fault] * self.swarm.fault(fault)

    def send_again(self, asked: Asked, seconds: float) -> None:
        """Somebody sends ``asked`` as well, in so many seconds."""
        self.city_twins.append((self.now + seconds, asked))
        self.rush("twin", seconds)

    def rush(self, name: str, seconds: float) -> None:
        """Those whose names begin like this are awake in so many seconds."""
        for task in self.baton.tasks:
            if task.name.startswith(name):
                task.wakes = min(task.wakes, self.now + seconds)

    def tell(self, what: str) -> None:
        task = self.baton.current
        self.story.append((self.baton.now, task.name if task else "the setting", what))

    def outside(self, what: str) -> None:
        """A call to the outside begins: others come between, and the process may die."""
        if not self.storm or self.baton.current is None:
            return
        baton = self.baton
        baton.steps += 1
        if self.happens("death"):
            self.seen["a process died before a commit"] += 1
            raise self.death("before a call")
        baton.now += self.rng.random() * 0.004
        if self.happens("pause"):
            baton.sleep(self.rng.choice((0.5, 3, 20)))
        else:
            baton.switch()
        assert baton.current is not None
        if baton.now > baton.current.until:
            self.seen["a function ran out of time"] += 1
            raise self.death("when its time is over")
        self._limits()

    def _limits(self) -> None:
        if not self.calm and self.baton.steps >= self.config.steps:
            self.calm, self.calmed_at = True, self.baton.now
            self.away.clear()
        if self.baton.steps > self.config.steps + CALM_STEPS_MAX:
            raise Violation("everything comes to an end", "work is left that nobody does")

    def death(self, when: str) -> Death:
        self.tell(f"the process dies {when}")
        return Death()

    def rest(self, seconds: float) -> None:
        """Nothing is done for a while."""
        self._limits()
        self.baton.sleep(seconds)

    @contextmanager
    def function(self, seconds: float) -> Iterator[None]:
        """Work in a process, warm or cold, that is ended by force after ``seconds``. A death takes its memory along."""
        task, process = self.baton.current, self._process()
        assert task is not None
        task.memory, task.until = process, self.baton.now + seconds if self.storm else float("inf")
        process.enter()
        self.working += 1
        try:
            yield
            self.warm.append(process)
        except Death:
            raise
        except BaseException:
            self.warm.append(process)
            raise
        finally:
            self.working -= 1
            task.memory, task.until = None, float("inf")

    def _process(self) -> sky.Process:
        if self.warm and not self.happens("cold start"):
            return self.warm.pop(self.rng.randrange(len(self.warm)))
        return sky.Process((self.rng.random() - 0.5) * 2 if self.happens("clock skew") else 0.0)

    def _taken(self, task: Any) -> None:
        (task.memory if isinstance(task.memory, sky.Process) else self.cold).enter()
        self.serve(task.request)

    def serve(self, request: Any) -> None:
        """What chalice knows as its current request, in the process that runs."""
        import app

        app.app.current_request = request
        if self.baton.current:
            self.baton.current.request = request

    def quiet(self) -> bool:
        """Nobody makes anything new, and nothing waits."""
        waits = any(queue.messages for queue in self.queues.values()) or any(not each.idle for each in self.consumers)
        waits = waits or bool(self.bucket.events)
        return self.calm and not (self.alive or self.working or self.wire.late or waits)

    def _committed(self, changes: dict[Place, Change]) -> None:
        try:
            before = len(self.books.records)
            self.books.committed(changes)
            self.lives.committed(changes)
            for record in list(self.books.records.values())[before:] if len(self.books.records) > before else ():
                self._tell_record(record)
                self.lives.record(record)
        except Violation as violation:
            self.baton.fault = self.baton.fault or violation
            self.baton.ending = True

    def _tell_record(self, record: dict[str, Any]) -> None:
        moves = ", ".join(f"{a} {asset}: {s} -> {d}" for s, d, a, asset in record.get("postings", ()))
        self.tell(f"commits {record['kind']} {record['id'][:6]} ({moves or 'nothing moves'})")


class _Lines(logging.Handler):
    """Looks at what the platform logs: no faults of its own, nothing personal."""

    def __init__(self, sim: Simulation) -> None:
        super().__init__()
        self.sim = sim

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, Any] = getattr(record, "fields", {})
        text = json.dumps(fields, ensure_ascii=False, default=str)
        violation = None
        if any(secret in text for secret in SECRETS):
            violation = Violation("logs hold nothing personal", text)
        error = record.exc_info[1] if record.exc_info else None
        if error and not _is_expected(type(error)):
            violation = violation or Violation("the platform has no faults", f"{error!r} {log.fault(error)}")
        for metric, name in _METRICS.items():
            self.sim.seen[name] += bool(fields.get(metric))
        if violation:
            self.sim.baton.fault, self.sim.baton.ending = self.sim.baton.fault or violation, True


def _is_expected(error: type[BaseException]) -> bool:
    return any(each.__name__ in EXPECTED for each in error.__mro__)


@contextmanager
def installed(sim: Simulation) -> Iterator[None]:
    """The platform's outside is the simulation's."""
    handler, logger = _Lines(sim), logging.getLogger("carbon-points")
    with ExitStack() as stack:
        environment = {"BUY_BACK_QUEUE_URL": "buy-back", "WEBHOOK_QUEUE_URL": "webhooks", "BUSY_STRIPES": "4"}
        environment |= {"BATCH_QUEUE_URL": "batches"}
        environment |= {"SERVE_DAYS": "1", "BOOKS_QUEUE_URL": NOWHERE}
        stack.enter_context(patch.dict(os.environ, environment))
        forget_everything()
        stack.callback(forget_everything)
        import app

        assert app.app
        stack.enter_context(sky.under(sim.clock, sim.baton.sleep, sim.config.seed))
        stack.enter_context(small(sim))
        for module, name, thing in (
            (client, "client", lambda: sim.wire),
            (sender, "client", lambda: sim.sender),
            (webhooks, "post", partial(workers.partner_answers, sim)),
            (proving, "handshake", partial(applicants.handshake, sim)),
            (signatures, "sign", lambda *_: {}),
            (jws, "sign", lambda *_, **__: "signed"),
            (terms, "TOGETHER_MAX", 2),  # so the four tills of a busy offer follow it one by one
            (memory, "crowded", lambda _: sim.happens("crowd")),
            (sizes, "UNITS_MIN", 1),
            (sizes, "TILLS_MAX", 16),
        ):
            stack.enter_context(patch.object(module, name, thing))
        for user in _users_of_client() + _users_of_sign():
            stack.enter_context(
                patch.object(*user, (lambda: sim.wire) if user[1] == "client" else (lambda *_, **__: "s"))
            )
        level, propagates = logger.level, logger.propagate
        logger.addHandler(handler)
        logger.propagate = False
        stack.callback(lambda: setattr(logger, "propagate", propagates))
        stack.callback(lambda: logger.setLevel(level))
        stack.callback(lambda: logger.removeHandler(handler))
        yield


def _users_of_client() -> list[tuple[Any, str]]:
    from chalicelib.table import commit, read, walks

    return [(commit, "client"), (read, "client"), (walks, "client")]


def _users_of_sign() -> list[tuple[Any, str]]:
    from chalicelib.certificates import signatures

    return [(signatures, "sign")]


@dataclass
class Outcome:
    """What a run came to. ``violation``: None where everything held."""

    config: Config
    steps: int
    seen: Seen
    records: int
    violation: Violation | None
    story: list[str]


def run(config: Config, mutant: Callable[[], Any] | None = None) -> Outcome:
    """Build the city, let the storm come, then the calm, and look at everything once more."""
    sim = Simulation(config)
    violation: Violation | None = None
    with ExitStack() as stack:
        if mutant:
            stack.enter_context(mutant())
        stack.enter_context(installed(sim))
        try:
            _live(sim)
        except Violation as found:
            violation = found
    return Outcome(config, sim.baton.steps, sim.seen, len(sim.books.records), violation, _told(sim))


def _live(sim: Simulation) -> None:
    build(sim)
    _raised(sim)
    for shard in range(SHARDS):
        for kind in ("project", "react"):
            sim.consumers.append(workers.Consumer(sim, shard, kind))
            sim.baton.add(f"{kind} {shard}", sim.consumers[-1].run)
    for name, handle in workers.QUEUES.items():
        for number in (1, 2) if name != "batches" else (1, 2, 3) if sim.wants("send_file") else ():
            sim.baton.add(f"{name} worker {number}", partial(workers.poll, sim, sim.queues[name], handle))
    for number in (1, 2) if sim.wants("send_file", "apply") else ():
        sim.baton.add(f"upload worker {number}", partial(deliver, sim))
    for name, (job, seconds) in workers.JOBS.items():
        for number in (1, 2):
            sim.baton.add(f"schedule {name} {number}", partial(workers.clockwork, sim, job, seconds))
    nightly = partial(workers.buy_back_nightly, sim)
    sim.baton.add("schedule buy_back", partial(workers.clockwork, sim, nightly, 3000))
    clients.add(sim)
    sim.baton.taken = sim._taken
    sim.storm = True
    sim.baton.run()
    sim.storm, sim.baton.current = False, None
    _raised(sim)
    sim.books.check_all()
    check_projections(sim)
    check_files(sim)
    check_validities(sim)
    _raised(sim)


def _raised(sim: Simulation) -> None:
    if sim.baton.fault:
        raise sim.baton.fault


def _told(sim: Simulation) -> list[str]:
    names = sim.city.names
    lines = []
    for at, who, what in sim.story:
        for account, name in names.items():
            what = what.replace(account, name)
        lines.append(f"{at - BEGINS:9.2f} s  {who}: {what}")
    return lines
