"""What an operator does with files of reductions, and what the bucket's events do."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from chalicelib.settings import settings
from tests.world import AT, Answer, World

BASE = "/v1/reduction-batches"
SCENARIO_OPERATOR = {"role": "scenario_operator", "sub": "operator"}


@dataclass
class Batches:
    """What an operator does with files, and what the bucket's events do."""

    world: World
    s3: Any

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

    def send(self, content: bytes, **changes: Any) -> str:
        """Announce, upload, and let the work be done."""
        announced = self.open(content, **changes)
        assert announced.status == 201, announced
        self.upload(announced.body["id"], content)
        self.tell(announced.body["id"])
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
