"""Asking for a new name. Who decides it are officials, as of every procedure (``procedures.actions``)."""

from dataclasses import replace

from chalicelib.errors import InvalidRequest, Refusal
from chalicelib.kernel.decision import Command, Decision
from chalicelib.ledger.account import Account
from chalicelib.ledger.standing import acting
from chalicelib.procedures.actions import propose
from chalicelib.procedures.effects import Parties
from chalicelib.procedures.items import Procedure
from chalicelib.procedures.renaming.model import NewName, OpenRenaming, RenamingOpen, to_answer
from chalicelib.table import keys, lists
from chalicelib.table.lists import Listing
from chalicelib.table.write import put


def request(command: Command[NewName], account: Account) -> Decision:
    """An institution (``account``) asks for a new name; nothing changes before an official approves it.

    Raises InvalidRequest where it has this name; refuses RenamingOpen, AccountFrozen, AccountClosed.
    """
    body = command.body
    if body.name == account.name:
        raise InvalidRequest.at("/name", "Is the present name", "与现用名称相同")
    procedure = Procedure(
        id=command.id,
        kind="rename",
        status="proposed",
        account=account.id,
        reason=body.reason,
        evidence_sha256=body.evidence_sha256,
        proposed_by=command.caller.sub,
        proposed_role=command.caller.role,
        proposed_at=command.at,
        name=body.name,
    )
    waits = put(
        keys.renaming(account.id),
        OpenRenaming(procedure.id),
        listed=Listing(lists.RENAMINGS, f"{command.at}:{procedure.id}"),
        refuse=_another_waits,
    )
    decision = propose(command, procedure, Parties(account))
    writes = (*decision.writes, waits, acting(account.id))
    return replace(decision, kind="renaming_requested", answer=to_answer(procedure), writes=writes)


def _another_waits(_: object) -> Refusal:
    return RenamingOpen(state="proposed", action="apply")
