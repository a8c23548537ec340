"""SQS: each message at least once, in any order, and again where its worker failed."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ConnectTimeoutError

if TYPE_CHECKING:
    from tests.simulation.run import Simulation

VISIBILITY_SECONDS = 60.0
RECEIVED_MAX = 5
NOWHERE = "books"  # exports of the table are not modelled: what asks for one is not heard


@dataclass
class Message:
    id: str
    body: str
    due: float
    received: int = 0


class Queue:
    """One queue."""

    def __init__(self, sim: "Simulation") -> None:
        self.sim, self.messages, self._number = sim, list[Message](), 0
        self.dead = 0

    def put(self, body: str, delay: float) -> None:
        self._number += 1
        self.messages.append(Message(f"m{self._number}", body, self.sim.now + delay))

    def receive(self) -> Message | None:
        """One message that is due, in no order; nobody else sees it for a minute."""
        due = [each for each in self.messages if each.due <= self.sim.now]
        if not due:
            return None
        message = self.sim.rng.choice(due)
        message.due, message.received = self.sim.now + VISIBILITY_SECONDS, message.received + 1
        if message.received > 1:
            self.sim.seen["a message came twice"] += 1
        return message

    def done(self, message: Message, *, failed: bool) -> None:
        """Delete it; one that failed is retried, until it ends in the dead-letter queue."""
        if failed and message.received < RECEIVED_MAX:
            message.due = self.sim.now + 1
        elif self.sim.happens("duplicate event"):
            message.due = self.sim.now + self.sim.rng.choice((0, 5, 90))
        elif message in self.messages:
            self.dead += failed
            self.messages.remove(message)


class Sender:
    """What the platform takes for its SQS client. The URL of a queue is its name."""

    def __init__(self, sim: "Simulation", queues: dict[str, Queue]) -> None:
        self.sim, self.queues = sim, queues

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        self.sim.outside("sends")
        if "queue" in self.sim.away:
            self.sim.seen["the queue was away"] += 1
            self.sim.baton.sleep(2)
            raise ConnectTimeoutError(endpoint_url="queue")
        for entry in Entries if QueueUrl != NOWHERE else ():
            json.loads(entry["MessageBody"])
            self.queues[QueueUrl].put(entry["MessageBody"], float(entry.get("DelaySeconds", 0)))
        if self.sim.happens("lost answer"):
            raise ConnectTimeoutError(endpoint_url="queue")
        return {}
