"""Readings: who else reads an account leaves a Record, and a line that its holder sees (docs/adr/0018)."""

from dataclasses import dataclass

from chalicelib.accounts.model import Reasoned
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty
from chalicelib.kernel.query import Query
from chalicelib.kernel.record import Facts, Fingerprint
from chalicelib.kernel.settle import settle
from chalicelib.ledger.account import Account
from chalicelib.table import keys
from chalicelib.table.write import put

ACCOUNT_READ, STATEMENT_READ = "account_read", "statement_read"


@dataclass(frozen=True)
class Reading:
    """What the holder's export says of it: when, what (``kind``), in which role and why. It names no login."""

    at: str
    kind: str
    role: str
    reason: str


def keep(query: Query[Reasoned], account: Account, kind: str) -> None:
    """Commit that the caller reads ``account``. Call it before anything is answered.

    A GET has no Idempotency-Key. One caller in one role, one account, one reason and one minute are one reading, so a
    retry and the next page add nothing. Raises Contended, Unavailable.
    """
    caller, reason = query.asker, query.params.reason
    id = keys.reading_id(caller.sub, caller.role, account.id, kind, reason, f"{query.now:%Y-%m-%dT%H:%M}")
    command = Command(caller, query.params, id, query.now)
    settle(command, lambda: read(command, account, kind), 200, Fingerprint(id))


def read(command: Command[Reasoned], account: Account, kind: str) -> Decision:
    """The reading, in the partition of the account. The Record keeps why, and nothing of what was read."""
    reason = command.body.reason
    line = put(keys.reading(account.id, command.at, command.id), Reading(command.at, kind, command.caller.role, reason))
    return Decision(kind, Empty(), (line,), Facts(account=account.id, reason=reason))
