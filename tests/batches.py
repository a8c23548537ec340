"""What an operator does with files of reductions, and what the bucket's events do."""

import hashlib
import json
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

from chalicelib.batches.model import wake_key
from chalicelib.files import parts, store
from chalicelib.kernel import settle
from chalicelib.queues import sender
from chalicelib.settings import settings
from tests.world import AT, Answer, World

BASE = "/v1/reduction-batches"
SCENARIO_OPERATOR = {"role": "scenario_operator", "sub": "operator"}


class Killed(BaseException):
    """As by kill -9: nothing of ours can catch it."""


@dataclass
class Killer:
    """Kills the worker at one of its calls to the outside, before or after what it does."""

    at: int
    after: bool = False
    calls: int = 0

    @contextmanager
    def armed(self) -> Iterator["Killer"]:
        """While it counts calls to table, bucket and queue."""
        places = ((settle, "commit"), (store, "put"), (parts.Parts, "finish"), (sender, "send"))
        with ExitStack() as stack:
            for place, name in places:
                stack.enter_context(patch.object(place, name, self._counted(getattr(place, name))))
            yield self

    def _counted(self, real: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            self.calls += 1
            mine = self.calls == self.at
            if mine and not self.after:
                raise Killed
            result = real(*arguments, **options)
            if mine:
                raise Killed
            return result

        return call


def survived(do: Callable[[], None]) -> bool:
    try:
        do()
    except Killed:
        return False
    return True


@dataclass
class Batches:
    """What an operator does with files, and what the bucket's events do."""

    world: World
    s3: Any
    queue: list[dict[str, Any]] = field(default_factory=list)  # lanes that wait for their turn

    @contextmanager
    def installed(self) -> Iterator["Batches"]:
        """With a queue of its own."""
        others = sender.send

        def send(messages: Iterable[dict[str, Any]], *, to: str = "", **options: Any) -> None:
            if to == settings().batch_queue_url:
                self.queue.extend(messages)
            else:
                others(messages, to=to, **options)

        with patch.object(sender, "send", send):
            yield self

    def open(self, content: bytes, *, lines: int | None = None, **changes: Any) -> Answer:
        count = content.count(b"\n") + (not content.endswith(b"\n")) if content else 1
        options = {name: changes.pop(name) for name in ("key", "role", "sub") if name in changes}
        sha256 = hashlib.sha256(content).hexdigest()
        body = {"scenario": "metro", "lines": count if lines is None else lines, "sha256": sha256} | changes
        return self.world.post(BASE, body, **(SCENARIO_OPERATOR | options))

    def upload(self, batch: str, content: bytes) -> None:
        self.s3.put_object(
            Bucket=settings().documents_bucket, Key=f"incoming/batches/{batch}/lines.jsonl", Body=content
        )

    def tell(self, batch: str, name: str = "lines.jsonl", bucket: str = "") -> None:
        """The bucket's event, as EventBridge delivers it."""
        import app

        made = {"key": f"incoming/batches/{batch}/{name}", "size": 1, "etag": "e", "version-id": "v"}
        bucket = bucket or settings().documents_bucket
        event = {
            "version": "0", "id": "1", "source": "aws.s3", "detail-type": "Object Created", "account": "1",
            "region": "us-east-1", "time": AT, "resources": [], "detail": {"bucket": {"name": bucket}, "object": made},
        }  # fmt: skip
        app.upload_arrived(event, None)

    def turn(self, message: dict[str, Any]) -> list[dict[str, str]]:
        """A message of the queue; those that failed."""
        import app

        record = {"body": json.dumps(message), "receiptHandle": "r", "messageId": "m"}
        failed: list[dict[str, str]] = app.process_lines({"Records": [record]}, None)["batchItemFailures"]
        return failed

    def drain(self, chance: random.Random | None = None) -> None:
        """Everything that was sent and woken, and what follows from that; what a killed worker had is retried.

        By ``chance``, messages come out of order, and twice.
        """
        while self.queue or (woken := self.woken()):
            if self.queue:
                place = chance.randrange(len(self.queue)) if chance else 0
                message = self.queue[place] if chance and chance.random() < 0.3 else self.queue.pop(place)
                if not survived(lambda message=message: self._well(message)):  # type: ignore[misc]
                    self.queue.append(message)
                continue
            for batch in woken:
                self.s3.delete_object(Bucket=settings().documents_bucket, Key=wake_key(batch))
                self.event(batch, "wake")

    def _well(self, message: dict[str, Any]) -> None:
        assert self.turn(message) == []

    def event(self, batch: str, name: str = "lines.jsonl") -> None:
        """The bucket's event, again if its worker is killed."""
        while not survived(lambda: self.tell(batch, name)):
            pass

    def woken(self) -> list[str]:
        """The batches that a worker is woken for."""
        listed = self.s3.list_objects_v2(Bucket=settings().documents_bucket).get("Contents", ())
        return [each["Key"].split("/")[2] for each in listed if each["Key"].endswith("/wake")]

    def process(self, batch: str, name: str = "lines.jsonl", chance: random.Random | None = None) -> None:
        """The bucket's event, and all that follows."""
        self.event(batch, name)
        self.drain(chance)

    def send(self, content: bytes, **changes: Any) -> str:
        """Announce, upload, and let the work be done."""
        announced = self.open(content, **changes)
        assert announced.status == 201, announced
        self.upload(announced.body["id"], content)
        self.process(announced.body["id"])
        return str(announced.body["id"])

    def get(self, batch: str, **options: Any) -> dict[str, Any]:
        answer = self.world.get(f"{BASE}/{batch}", **(SCENARIO_OPERATOR | options))
        assert answer.status == 200, answer
        found: dict[str, Any] = answer.body
        return found

    def sums(self, batch: str) -> tuple[str, int, int, int]:
        found = self.get(batch)
        return found["status"], found["converted"], found["refused"], found["points"]

    def refused(self, batch: str) -> list[dict[str, Any]]:
        """The refused lines, by the link."""
        address = urlsplit(self.get(batch)["refused_lines"]["url"])
        got = self.s3.get_object(Bucket=settings().documents_bucket, Key=address.path.lstrip("/"))
        return [json.loads(line) for line in got["Body"].read().splitlines()]

    def reasons(self, batch: str) -> list[tuple[int, str | None, str]]:
        return [(each["line"], each["record_id"], each["code"]) for each in self.refused(batch)]


def trip(record: str, account: str, quantity: Any = "1", **changes: Any) -> bytes:
    line = {"record_id": record, "account": account, "quantity": quantity, "occurred_at": AT} | changes
    return json.dumps({name: value for name, value in line.items() if value is not None}).encode()


def file(*lines: bytes) -> bytes:
    return b"".join(line + b"\n" for line in lines)
