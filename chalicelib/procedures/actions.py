"""Proposing, approving and rejecting procedures."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any, cast

from chalicelib.errors import InvalidRequest, InvalidState, NotFound, Refusal
from chalicelib.kernel.caller import INDIVIDUAL, INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty
from chalicelib.kernel.record import Facts
from chalicelib.procedures.effects import EFFECTS, Parties
from chalicelib.procedures.items import STEPS, Procedure, ProcedureLine, Status
from chalicelib.procedures.model import Inheritance, NewProcedure, Rebinding, Rejection, Renaming, to_step
from chalicelib.procedures.refusals import SameOfficial
from chalicelib.table import keys, lists
from chalicelib.table.lists import Listing
from chalicelib.table.write import Attr, Write, delete, put, seen, update
from chalicelib.transitions import step

_KINDS = {"inheritance": INDIVIDUAL, "rename": INSTITUTION}  # which kind of account it is for, where not for both


def drafted(command: Command[NewProcedure], account_of: Callable[[str], str]) -> Procedure:
    """The procedure as its body asks for it. ``account_of`` gives the account id of a login."""
    body, caller = command.body.root, command.caller
    new_sub = body.new_sub if isinstance(body, Rebinding) else None
    heir = body.heir if isinstance(body, Inheritance) else None
    return Procedure(
        id=command.id,
        kind=body.kind,
        status="proposed",
        account=body.account,
        reason=body.reason,
        evidence_sha256=body.evidence_sha256,
        proposed_by=caller.sub,
        proposed_role=caller.role,
        proposed_at=command.at,
        other=account_of(new_sub) if new_sub else heir,
        new_sub=new_sub,
        name=body.name if isinstance(body, Renaming) else None,
    )


def propose(command: Command[Any], procedure: Procedure, parties: Parties | None) -> Decision:
    """A procedure that could be approved as things are. ``parties``: None where there is no such account.

    Raises InvalidRequest for an account that is none or of the wrong kind, and what its approval would.
    """
    _fits(procedure, parties)
    if parties:
        EFFECTS[procedure.kind](command, procedure, parties)
    listed = Listing(lists.PROCEDURES, f"{command.at}:{procedure.id}")
    return Decision(
        kind="procedure_proposed",
        answer=to_step(procedure),
        writes=(
            put(procedure.key, procedure, listed=listed),
            _line(command, procedure, procedure.account, procedure.reason),
        ),
        facts=Facts(account=procedure.account, reason=procedure.reason, reference=procedure.id),
        publish=True,
    )


def _fits(procedure: Procedure, parties: Parties | None) -> None:
    wanted = _KINDS.get(procedure.kind)
    if parties is None or (wanted and parties.account.kind != wanted):
        en = f"Is no account of an {wanted}" if wanted else "Is no account"
        raise InvalidRequest.at("/account", en, "不是可办理的账户")
    if procedure.kind == "inheritance" and (parties.other is None or parties.other.kind != INDIVIDUAL):
        raise InvalidRequest.at("/heir", "Is no individual account", "不是个人账户")


def approve(command: Command[Empty], procedure: Procedure, parties: Parties | None) -> Decision:
    """Another official approves, and the effect is carried out in the same transaction.

    Raises InvalidState where it was decided before, SameOfficial, and whatever stands in the way of the effect.
    """
    after = _decided(command, procedure, "approve")
    if command.caller.signs_in_as(procedure.proposed_by):
        raise SameOfficial()
    if parties is None:
        raise NotFound()
    effect = EFFECTS[procedure.kind](command, procedure, parties)
    affected = (procedure.account, procedure.other) if procedure.other else (procedure.account,)
    lines = (_line(command, after, each, procedure.reason) for each in affected)
    return Decision(
        kind=effect.kind,
        answer=to_step(after),
        writes=(_decide(after, "approve"), *effect.writes, *lines, *_no_request(after)),
        facts=replace(effect.facts, account=procedure.account, reason=procedure.reason, reference=procedure.id),
        publish=True,
    )


def reject(command: Command[Rejection], procedure: Procedure) -> Decision:
    """An official rejects it, whoever proposed it: nothing changes. Raises InvalidState."""
    reason = command.body.reason
    after = replace(_decided(command, procedure, "reject"), rejection=reason)
    return Decision(
        kind="procedure_rejected",
        answer=to_step(after),
        writes=(_decide(after, "reject"), _line(command, after, procedure.account, reason), *_no_request(after)),
        facts=Facts(account=procedure.account, reason=reason, reference=procedure.id),
        publish=True,
    )


def _decided(command: Command[Any], procedure: Procedure, action: str) -> Procedure:
    """What becomes of it. The new login is kept no longer: the account that it gives is named."""
    caller = command.caller
    status = cast(Status, step(STEPS, procedure.status, action, caller.role))
    return replace(
        procedure,
        status=status,
        new_sub=None,
        decided_by=caller.sub,
        decided_role=caller.role,
        decided_at=command.at,
    )


def _decide(after: Procedure, action: str) -> Write:
    """Once: of two officials at once, the second is refused."""

    def refuse(found: Procedure | None) -> Refusal:
        return InvalidState(state=found.status if found else "?", action=action)

    names = ("status", "decided_by", "decided_role", "decided_at", "rejection")
    return update(
        after.key,
        assign={name: value for name, value in asdict(after).items() if name in names and value is not None},
        remove=("new_sub",),
        require=Attr("status").eq("proposed"),
        refuse=seen(Procedure, refuse),
    )


def _no_request(decided: Procedure) -> tuple[Write, ...]:
    """An institution that asked for a new name may ask again."""
    own = decided.kind == "rename" and decided.proposed_role == INSTITUTION
    return (delete(keys.renaming(decided.account)),) if own else ()


def _line(command: Command[Any], procedure: Procedure, account: str, reason: str) -> Write:
    """A step of the procedure in the export of an account's holder."""
    line = ProcedureLine(
        at=command.at,
        procedure=procedure.id,
        kind=procedure.kind,
        status=procedure.status,
        role=command.caller.role,
        reason=reason,
    )
    return put(keys.procedure_line(account, command.at, command.id), line)
