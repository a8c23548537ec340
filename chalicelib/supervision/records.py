"""One Record, for a reason. Whoever it concerns sees in the export that it was read (docs/adr/0018, 0024)."""

import json
from typing import Any

from chalicelib.accounts.model import Reasoned
from chalicelib.accounts.statements.readings import Reading
from chalicelib.errors import NotFound
from chalicelib.kernel.caller import INDIVIDUAL, INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty
from chalicelib.kernel.query import Query
from chalicelib.kernel.record import Facts, Fingerprint, Record
from chalicelib.kernel.settle import settle
from chalicelib.supervision.model import WITHHELD, WITHHELD_OF, PostingAnswer, RecordAnswer
from chalicelib.table import keys, read
from chalicelib.table.row import dump
from chalicelib.table.write import put

RECORD_READ = "record_read"
_OWN = {"id", "at", "kind", "caller", "role", "fingerprint", "status", "answer", "publish", "movement", "postings"}
_OWN |= {"form", "trip"}  # how the answer is kept


def record(id: str) -> Record:
    """Raises NotFound."""
    found = read.get(keys.record(id), Record)
    if found is None:
        raise NotFound()
    return found


def to_answer(record: Record, key: bytes) -> RecordAnswer:
    """What officials see of a Record. ``key`` keeps the login behind ``caller`` from being found by trying."""
    kept = json.loads(record.answer)
    secret = WITHHELD | WITHHELD_OF.get(record.kind, frozenset())
    return RecordAnswer(
        id=record.id,
        at=record.at,
        kind=record.kind,
        role=record.role,
        caller=keys.digest("caller", record.caller, record.role, key=key),
        status=record.status,
        movement=record.movement,
        postings=[PostingAnswer(**posting._asdict()) for posting in record.postings],
        references={name: value for name, value in dump(record).items() if name not in _OWN},
        answer={name: value for name, value in kept.items() if name not in secret},
        withheld=sorted(secret & kept.keys()),
    )


def concerned(record: Record, account: str) -> list[str]:
    """The ids of the accounts that a Record concerns: it moves their value or names them, or their holder asked.

    ``account``: that of the login which made the Record.
    """
    names = {name for posting in record.postings for name in posting[:2]} | {record.holder or "", record.payer or ""}
    prefix = keys.holder("")
    found = {name.removeprefix(prefix) for name in names if name.startswith(prefix)}
    if record.role in (INDIVIDUAL, INSTITUTION):
        found.add(account)
    return sorted(found | ({record.account} if record.account else set()))


def keep(query: Query[Reasoned], record: Record, accounts: list[str]) -> None:
    """Commit that the caller reads ``record``, which concerns ``accounts``; as ``accounts.readings.keep``.

    Raises Contended, Unavailable.
    """
    caller, reason = query.asker, query.params.reason
    minute = f"{query.now:%Y-%m-%dT%H:%M}"
    id = keys.reading_id(caller.sub, caller.role, record.id, RECORD_READ, reason, minute)
    command = Command(caller, query.params, id, query.now)
    settle(command, lambda: reading(command, record.id, accounts), 200, Fingerprint(id))


def reading(command: Command[Reasoned], record: str, accounts: list[str]) -> Decision:
    """The reading: a line for each account. Its Record keeps which Record was read and why, and nothing of it."""
    reason = command.body.reason
    line: Any = Reading(command.at, RECORD_READ, command.caller.role, reason)
    lines = tuple(put(keys.reading(account, command.at, command.id), line) for account in accounts)
    return Decision(RECORD_READ, Empty(), lines, Facts(reference=record, reason=reason))
