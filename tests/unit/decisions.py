"""Commands to decide on, and a look at Decisions: what a Write asks for, changes and refuses. No store."""

from datetime import UTC, datetime
from typing import Any

from chalicelib.errors import Refusal
from chalicelib.kernel.caller import Caller
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty
from chalicelib.kernel.record import Record
from chalicelib.table import keys
from chalicelib.table.keys import Key
from chalicelib.table.row import dump
from chalicelib.table.write import Write, decode, encode
from tests.expressions import Expression

NOW = datetime(2026, 1, 31, 8, tzinfo=UTC)
AT = "2026-01-31T08:00:00.000Z"
ID = "c" * 26  # of every Command here


def command(body: Any = None, *, role: str = "individual", sub: str = "alice", now: datetime = NOW) -> Command[Any]:
    """What a caller wants."""
    caller = Caller(sub, role, keys.account_id(sub))
    return Command(caller, Empty() if body is None else body, ID, now)


def record(kind: str = "kind", *, id: str = ID, at: str = AT, role: str = "individual", **facts: Any) -> Record:
    """A Record as a stream or a read brings it."""
    made: dict[str, Any] = {"caller": "alice", "fingerprint": "", "status": 201, "answer": "{}"}
    return Record(id=id, at=at, kind=kind, role=role, **made | facts)


def write_to(decision: Decision, key: Key) -> Write:
    """The one Write to the item at ``key``."""
    [write] = [each for each in decision.writes if each.key == key]
    return write


def touched(decision: Decision) -> list[Key]:
    """The items that the Decision writes or checks, in order: which are counted, and none twice."""
    keys = [each.key for each in decision.writes]
    assert len(set(keys)) == len(keys), "a transaction takes one Write an item"
    return keys


def holds(write: Write, stored: Any = None) -> bool:
    """Whether the condition of ``write`` holds where ``stored`` (a noun or attributes) is the item; None: no item."""
    [request] = write.request().values()
    return Expression(request).condition("ConditionExpression")(_item(write.key, stored))


def after(write: Write, stored: Any = None) -> dict[str, Any]:
    """The item's attributes once ``write`` is done, keys left out."""
    [(action, request)] = write.request().items()
    if action == "Put":
        item = request["Item"]
    else:
        item = Expression(request).update(_item(write.key, stored) or encode(write.key.item()))
    return {name: value for name, value in (decode(item) or {}).items() if name not in ("pk", "sk")}


def refusal(write: Write, stored: Any = None) -> Refusal:
    """What a caller is answered where the condition fails on ``stored``. Fails where the condition holds."""
    assert not holds(write, stored), "nothing is refused: the condition holds"
    return write.refuse(decode(_item(write.key, stored)))


def _item(key: Key, stored: Any) -> dict[str, Any]:
    if stored is None:
        return {}
    attributes = stored if isinstance(stored, dict) else dump(stored)
    return encode(key.item() | attributes)
