"""What an action gets and what it returns."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel

from chalicelib.kernel.caller import Caller
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.record import Facts, Record, formed
from chalicelib.signing.messages import Message, Proof
from chalicelib.table.write import Write

B = TypeVar("B", bound=BaseModel)


class Command(NamedTuple, Generic[B]):
    """One intended change: who, what, and the id and time it will bear for ever.

    ``id`` follows from the caller and the Idempotency-Key: a replay is the same Command. ``message`` is the request,
    for who looks at its signature; None where no request caused it.
    """

    caller: Caller
    body: B
    id: str
    now: datetime
    message: Message | None = None

    @property
    def at(self) -> str:
        return stamp(self.now)


@dataclass(frozen=True)
class Decision:
    """An answer, the Writes that make it true, and what else its Record keeps.

    ``kind`` names the Record: what happened, as an auditor would say it. ``metrics`` (log.py) are for
    engineers, and logged once it is committed. ``publish``: reactions get the Record though it moves no value; a Record
    that moves value always reaches them.
    """

    kind: str
    answer: BaseModel
    writes: tuple[Write, ...] = ()
    facts: Facts = field(default_factory=Facts)
    metrics: Mapping[str, int] = field(default_factory=dict)
    publish: bool = False

    def proven_by(self, proof: Proof | None) -> "Decision":
        """The same, whose Record keeps the signature of the request."""
        return replace(self, facts=replace(self.facts, proof=proof)) if proof else self


def record_of(command: Command[Any], decision: Decision, status: int, fingerprint: str) -> Record:
    """The Record of ``decision``."""
    record = Record(
        id=command.id,
        at=command.at,
        kind=decision.kind,
        caller=command.caller.sub,
        role=command.caller.role,
        fingerprint=fingerprint,
        status=status,
        answer=decision.answer.model_dump_json(),
        publish=decision.publish or None,  # the stream is filtered by whether it is there
        **vars(decision.facts),
    )
    return formed(record)
