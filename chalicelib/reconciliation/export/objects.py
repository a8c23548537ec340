"""What a reconciliation keeps in the bucket until it is done: made by one step whole, read by later ones.

A step that comes twice makes the same again, or finds what stands (``put_first``). The bucket forgets all after a week.
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from chalicelib.files import store

_TYPE = "application/gzip"


@dataclass(frozen=True)
class Plan:
    """``files`` of the export, of the instant ``at``; accounts are spread among ``parts``."""

    at: str
    files: list[str]
    parts: int

    def count(self, step: str) -> int:
        """How many tasks a step has; one though the table is empty."""
        return self.parts if step == "judge" else max(1, len(self.files))


def folder_key(day: str) -> str:
    """Where all of a day lies, its export too."""
    return f"books/{day}"


def export_key(day: str) -> str:
    """Which export it is."""
    return f"books/{day}/export"


def failed_key(day: str) -> str:
    """Which export failed, and why."""
    return f"books/{day}/failed"


def heard_key(day: str) -> str:
    """When anything was last done or sent."""
    return f"books/{day}/heard"


def plan_key(day: str) -> str:
    return f"books/{day}/plan"


def sent_key(day: str, step: str) -> str:
    """That it is there says that all messages of a step were sent."""
    return f"books/{day}/sent/{step}"


def done_key(day: str, step: str, number: int) -> str:
    """What one task of a step came to; that it is there says that it is done."""
    return f"books/{day}/{step}/{_digits(number)}"


def lines_key(day: str, part: int, file: int) -> str:
    """What a file knows of the accounts of a part."""
    return f"books/{day}/lines/{_digits(part)}/{_digits(file)}"


def sums_key(day: str) -> str:
    """The books without their accounts."""
    return f"books/{day}/sums"


def concluded_key(day: str) -> str:
    """What all parts come to."""
    return f"books/{day}/concluded"


def _digits(number: int) -> str:
    return str(number).zfill(5)


def put(key: str, content: Any) -> None:
    """Anything that JSON can hold."""
    put_packed(key, json.dumps(content).encode())


def put_packed(key: str, content: bytes) -> None:
    store.put(key, _packed(content), content_type=_TYPE)


def put_first(key: str, content: Any) -> Any:
    """The same, unless something stands there; what stands there then."""
    store.put_first(key, _packed(json.dumps(content).encode()), content_type=_TYPE)
    return get(key)


def _packed(content: bytes) -> bytes:
    return gzip.compress(content, 1, mtime=0)


def get(key: str) -> Any:
    """What was put there."""
    return json.loads(gzip.decompress(store.read(key)))


def there(key: str) -> bool:
    return store.version(key) is not None


def lines(day: str, part: int) -> Iterator[bytes]:
    """All that is known of the accounts of a part."""
    for key in store.listed(f"books/{day}/lines/{_digits(part)}/"):
        yield from gzip.decompress(store.read(key)).splitlines()


def finished(day: str, step: str) -> list[str]:
    """The tasks of a step that are done."""
    return store.listed(f"books/{day}/{step}/")


def keep_plan(day: str, plan: Plan) -> Plan:
    """The plan of the day: that of whoever was first."""
    return Plan(**put_first(plan_key(day), asdict(plan)))


def plan_of(day: str) -> Plan:
    return Plan(**get(plan_key(day)))
