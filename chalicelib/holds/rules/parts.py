"""What every Decision about a hold is made of."""

from dataclasses import replace
from functools import partial
from typing import Any, cast

from chalicelib.errors import Contended, Refusal
from chalicelib.holds.items import STEPS, Hold, Status
from chalicelib.kernel.decision import Command
from chalicelib.kernel.record import Facts
from chalicelib.ledger.actions import AccountCondition, post
from chalicelib.ledger.model import Transfer
from chalicelib.table import keys
from chalicelib.table.write import Attr, Write
from chalicelib.transitions import step


def step_from(command: Command[Any], hold: Hold, action: str) -> Status:
    """The state that ``action`` leads to. Raises InvalidState."""
    return cast(Status, step(STEPS, hold.status, action, command.caller.role))


def still_held() -> AccountCondition:
    """Who comes second reads the hold again, and is refused by its new state."""
    return AccountCondition(require=Attr("status").eq("held"), refuse=moved)


def moved(_: object) -> Refusal:
    """It changed since it was read: read it again."""
    return Contended()


def let_go(hold: Hold) -> dict[str, AccountCondition]:
    """What the person's account counts as held; even if it is frozen, for nothing leaves it."""
    return {keys.holder(hold.account): AccountCondition(add={"held": -hold.amount}, even_frozen=True)}


def ended(after: Hold, writes: tuple[Write, ...]) -> tuple[Write, ...]:
    """``writes``, which also give the hold the state ``after``."""
    changed = {"status": after.status, "captured_points": after.captured_points, "ended_at": after.ended_at}
    return with_state(after, writes, partial(replace, assign=changed))


def with_state(hold: Hold, writes: tuple[Write, ...], change: Any) -> tuple[Write, ...]:
    """The hold's item is its Account: what else changes of it is part of the ledger's Write."""
    return tuple(change(each) if each.key == hold.key else each for each in writes)


def posted(
    command: Command[Any], hold: Hold, transfer: Transfer, terms: dict[str, AccountCondition]
) -> tuple[tuple[Write, ...], Facts]:
    """The Transfer's Writes, and what every Record of a hold keeps."""
    writes, facts = post(transfer, record=command.id, terms=terms)
    return writes, replace(facts, hold=hold.id, holder=keys.holder(hold.merchant))
