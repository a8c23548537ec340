"""What the stream, the queues and the clock wake."""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chalice.app import DynamoDBEvent, SQSEvent

from chalicelib.edge import events
from chalicelib.outside.addresses import NotReached
from chalicelib.outside.post import Reply
from chalicelib.triggers import queues, schedules, stream
from tests.simulation.baton import Death
from tests.simulation.books import Violation
from tests.simulation.queue import Queue

if TYPE_CHECKING:
    from tests.simulation.run import Simulation

BATCH_MAX = 25
FUNCTION_SECONDS = 300.0
CALM_ROUNDS, CALM_SECONDS = 9, 180  # of each schedule; together longer than a run must be silent to be sent again


def change(item: Any, number: int) -> dict[str, Any]:
    return {
        "eventID": str(number),
        "eventName": "INSERT",
        "dynamodb": {
            "Keys": {"pk": item["pk"], "sk": item["sk"]},
            "NewImage": item,
            "ApproximateCreationDateTime": number,
            "SequenceNumber": str(number),
            "SizeBytes": 1,
            "StreamViewType": "NEW_IMAGE",
        },
        "eventSource": "aws:dynamodb",
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/s",
        "awsRegion": "us-east-1",
    }


class Consumer:
    """One function on one shard: in order, each Record at least once, a failed batch again."""

    def __init__(self, sim: "Simulation", shard: int, kind: str) -> None:
        self.sim, self.shard, self.kind, self.at = sim, sim.table.shards[shard], kind, 0

    @property
    def idle(self) -> bool:
        return self.at >= len(self.shard)

    def run(self) -> None:
        sim = self.sim
        while not sim.quiet():
            if self.idle:
                sim.rest(sim.rng.random() * 10)
                continue
            size = BATCH_MAX if not sim.happens("partial batch") else sim.rng.randint(1, 5)
            some = self.shard[self.at : self.at + size]
            try:
                with sim.function(FUNCTION_SECONDS):
                    done = self._give(some)
            except Death:
                continue
            except Exception:  # noqa: BLE001 - as the service sees it: the batch is retried
                sim.rest(1)
                continue
            self.at += done
            if done < len(some):
                sim.rest(1)
            if sim.happens("duplicate event"):
                sim.seen["an event came twice"] += 1
                self.at = max(0, self.at - sim.rng.randint(1, 20))
                if sim.rng.random() < 0.1:
                    sim.seen["an event came again after minutes"] += 1
                    sim.rest(200)

    def _give(self, some: list[Any]) -> int:
        event = DynamoDBEvent({"Records": [change(item, self.at + n) for n, item in enumerate(some)]}, None)
        if self.kind == "project":
            events.project(event, stream.PROJECTIONS, stream.CLEARING)
            return len(some)
        failed = events.react(event, stream.REACTIONS)["batchItemFailures"]
        return min((int(each["itemIdentifier"]) - self.at for each in failed), default=len(some))


def poll(sim: "Simulation", queue: Queue, handle: Callable[[Any], None]) -> None:
    """A function on a queue."""
    while not sim.quiet():
        message = queue.receive()
        if message is None:
            sim.rest(sim.rng.random() * 10)
            continue
        record = {
            "messageId": message.id,
            "receiptHandle": "h",
            "body": message.body,
            "eventSourceARN": "q",
            "attributes": {},
        }
        failed = True
        try:
            with sim.function(FUNCTION_SECONDS):
                failed = bool(events.messages(SQSEvent({"Records": [record]}, None), handle)["batchItemFailures"])
        except Death:
            sim.rest(5)
        queue.done(message, failed=failed)


def clockwork(sim: "Simulation", job: Callable[[], Any], seconds: float) -> None:
    """A schedule. It fires in the calm too, until nothing is left to do."""
    rounds = 0
    sim.alive += 1
    while rounds < CALM_ROUNDS:
        rounds += sim.calm
        sim.rest(seconds * (0.5 + sim.rng.random()) if not sim.calm else CALM_SECONDS)
        try:
            with sim.function(FUNCTION_SECONDS):
                job()
        except Violation:
            raise
        except (Death, Exception):  # noqa: BLE001 - logged by the platform; the next firing will do
            continue
    sim.alive -= 1


def buy_back_nightly(sim: "Simulation") -> None:
    """Fires twice at times, with the same moment."""
    day = datetime.fromtimestamp(sim.now, UTC).strftime("%Y-%m-%dT%H:00:00Z")
    schedules.buy_back(day)


JOBS: dict[str, tuple[Callable[[], Any], float]] = {
    "resume": (schedules.resume, 900),
    "retry_webhooks": (schedules.retry_webhooks, 60),
    "sweep": (schedules.sweep, 1200),
}
QUEUES: dict[str, Callable[[Any], None]] = {
    "buy-back": queues.pay_lots,
    "webhooks": queues.send_webhook,
    "batches": queues.process_lines,
}


def partner_answers(sim: "Simulation", *_: Any, **__: Any) -> Reply:
    """A merchant's system: well, slow, broken, away or gone."""
    sim.outside("calls")
    if sim.happens("slow partner"):
        sim.seen["a webhook was tried again"] += 1
        kind = sim.rng.choice(("slow", "broken", "away", "late"))
        if kind in ("slow", "late"):
            sim.baton.sleep(5)
        if kind in ("away", "late"):
            raise NotReached(random.choice(("late", "refused")))
        return Reply(503 if kind == "broken" else 200, {}, b"")
    return Reply(204, {}, b"")
