"""What a reconciliation keeps in the bucket until it is done: made by one step whole, read by later ones.

A step that comes twice makes the same again, or finds what stands (``put_first``). The bucket forgets all after a week.
A day has a *run* of steps over what changed since the day before, ``2026-01-31/changes``, or over the whole table,
``2026-01-31/full``; or the one and then the other (docs/adr/0060).
"""

import gzip
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from chalicelib.files import store
from chalicelib.reconciliation.export.plans import Plan

_TYPE = "application/gzip"


def changes(day: str) -> str:
    """The run over what changed."""
    return f"{day}/changes"


def full(day: str) -> str:
    """The run over the whole table."""
    return f"{day}/full"


def day_of(run: str) -> str:
    return run.partition("/")[0]


def heard_key(day: str) -> str:
    """When anything was last done or sent."""
    return f"books/{day}/heard"


def base_key(day: str) -> str:
    """What a day continues, or that it begins with the whole table: decided once."""
    return f"books/{day}/base"


def folder_key(run: str) -> str:
    """Where all of a run lies, its export too."""
    return f"books/{run}"


def instant_key(run: str, token: str) -> str:
    """The instant of the export that was asked for by this token."""
    return f"books/{run}/instant/{token}"


def export_key(run: str) -> str:
    """Which export it is."""
    return f"books/{run}/export"


def failed_key(run: str) -> str:
    """Which export failed, and why."""
    return f"books/{run}/failed"


def plan_key(run: str) -> str:
    return f"books/{run}/plan"


def sent_key(run: str, step: str) -> str:
    """That it is there says that all messages of a step were sent."""
    return f"books/{run}/sent/{step}"


def done_key(run: str, step: str, number: int) -> str:
    """What one task of a step came to; that it is there says that it is done."""
    return f"books/{run}/{step}/{_digits(number)}"


def lines_key(run: str, part: int, file: int) -> str:
    """What a file knows of the accounts of a part."""
    return f"books/{run}/lines/{_digits(part)}/{_digits(file)}"


def accounts_key(run: str, part: int) -> str:
    """All accounts of a part, for the next day."""
    return f"books/{run}/accounts/{_digits(part)}"


def rest_key(run: str) -> str:
    """The books without their accounts, for the next day."""
    return f"books/{run}/rest"


def sums_key(run: str) -> str:
    """The same, less what the stream had not brought: what is judged."""
    return f"books/{run}/sums"


def concluded_key(run: str) -> str:
    """What all parts come to."""
    return f"books/{run}/concluded"


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


def lines(run: str, part: int) -> Iterator[bytes]:
    """All that a run's files know of the accounts of a part."""
    for key in store.listed(f"books/{run}/lines/{_digits(part)}/"):
        yield from gzip.decompress(store.read(key)).splitlines()


def put_accounts(run: str, part: int, lines: Iterable[bytes]) -> None:
    """All accounts of a part, packed as they come."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1, mtime=0) as file:
        file.writelines(lines)
    store.put(accounts_key(run, part), packed.getvalue(), content_type=_TYPE)


def accounts(run: str, part: int) -> Iterator[bytes]:
    """What was put of it."""
    with store.stream(accounts_key(run, part)) as packed, gzip.open(packed) as lines:
        yield from lines


def finished(run: str, step: str) -> list[str]:
    """The tasks of a step that are done."""
    return store.listed(f"books/{run}/{step}/")


def keep_plan(run: str, plan: Plan) -> Plan:
    """The plan of a run: that of whoever was first."""
    return Plan(**put_first(plan_key(run), asdict(plan)))


def plan_of(run: str) -> Plan:
    return Plan(**get(plan_key(run)))
