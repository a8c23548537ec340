"""Procedures as they are kept. Pure."""

from dataclasses import dataclass
from typing import Literal

from chalicelib.kernel.caller import BUREAU, EXCHANGE
from chalicelib.table import keys
from chalicelib.transitions import Step

Kind = Literal["rebind", "free_identity", "inheritance", "rename"]
Status = Literal["proposed", "approved", "rejected"]
OFFICIALS = (EXCHANGE, BUREAU)

STEPS = (
    Step("proposed", "approve", "approved", OFFICIALS),
    Step("proposed", "reject", "rejected", OFFICIALS),
)


@dataclass(frozen=True, kw_only=True)
class Procedure:
    """What one official proposes about an ``account``, and another decides.

    ``other`` is the account that gets what it holds: the heir's, or the one that ``new_sub`` will have. ``new_sub`` is
    a login; it is kept until the decision. ``name`` is the new one. ``proposed_by`` and ``decided_by`` are the
    officials' logins. ``rejection`` is why it was rejected.
    """

    id: str
    kind: Kind
    status: Status
    account: str
    reason: str
    evidence_sha256: str
    proposed_by: str
    proposed_role: str
    proposed_at: str
    other: str | None = None
    new_sub: str | None = None
    name: str | None = None
    decided_by: str | None = None
    decided_role: str | None = None
    decided_at: str | None = None
    rejection: str | None = None

    @property
    def key(self) -> keys.Key:
        return keys.procedure(self.id)


@dataclass(frozen=True, kw_only=True)
class ProcedureLine:
    """What the holder's export says of a step: when, which one of which procedure, in which role and why. It names no
    login."""

    at: str
    procedure: str
    kind: Kind
    status: Status
    role: str
    reason: str
