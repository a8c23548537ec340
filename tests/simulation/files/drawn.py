"""Files of trips as operators send them: repeated, broken, packed, and not always what was announced."""

import gzip
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

from tests.simulation.setting import PRICE, City

LINES_MAX = 18
RECORDS = 150  # names of trips: few, so that files repeat each other
UNKNOWN = "nobody"


@dataclass(frozen=True)
class File:
    """``lines``: what each line that is not blank says, by number; None where it is broken or of another scenario."""

    scenario: str
    content: bytes
    lines: dict[int, dict[str, Any] | None]
    announced: int

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def as_announced(self) -> bool:
        return self.announced == len(self.lines)


def drawn(rng: Random, city: City, now: float) -> File:
    """A file by chance."""
    scenario = rng.choice(("walk", "bus", "survey", "survey"))
    lines: dict[int, dict[str, Any] | None] = {}
    raw: list[bytes] = []
    for _ in range(rng.randint(1, LINES_MAX)):
        while rng.random() < 0.06:
            raw.append(b"")
        stated = _line(rng, city, scenario, now, [each for each in lines.values() if each])
        broken = rng.random() < 0.06
        raw.append(b'{"record_id": ' if broken else json.dumps(stated).encode())
        lines[len(raw)] = None if broken or stated.get("scenario", scenario) != scenario else stated
    content = b"\n".join(raw) + rng.choice((b"", b"\n"))
    announced = len(lines) + (rng.random() < 0.05)
    packed = gzip.compress(content, mtime=0) if rng.random() < 0.25 else content
    return File(scenario, packed, lines, announced)


def _line(rng: Random, city: City, scenario: str, now: float, before: list[dict[str, Any]]) -> dict[str, Any]:
    record = rng.choice(before)["record_id"] if before and rng.random() < 0.1 else f"f-{rng.randint(1, RECORDS)}"
    account = city.accounts[rng.choice(city.people)] if rng.random() > 0.06 else UNKNOWN
    at = datetime.fromtimestamp(now - rng.choice((60, 60, 86_400)), UTC).isoformat()
    stated = {"record_id": record, "account": account, "quantity": str(rng.randint(1, PRICE)), "occurred_at": at}
    return stated | ({"scenario": rng.choice((scenario, "walk"))} if rng.random() < 0.1 else {})
