"""Lines of an application's or a member's history: who (role, not name), when, what, why. Put once, never changed."""

from dataclasses import dataclass
from typing import Any

from chalicelib.kernel.decision import Command
from chalicelib.table import keys
from chalicelib.table.write import Write, put


@dataclass(frozen=True, kw_only=True)
class HistoryLine:
    """One line. ``status`` is the state that follows."""

    at: str
    by_role: str
    action: str
    status: str
    outcome: str | None = None
    comment: str | None = None


def line(
    command: Command[Any],
    application: str,
    action: str,
    *,
    outcome: str | None = None,
    status: str,
    comment: str | None,
) -> Write:
    """One line of an application's history, for the Decision that it describes."""
    key = keys.application_step(application, command.at, command.id)
    return put(key, _line(command, action, outcome=outcome, status=status, comment=comment))


def member_line(
    command: Command[Any], place: tuple[str, str], action: str, *, status: str, comment: str | None
) -> Write:
    """The same of a member's history. ``place``: the sub-platform and the merchant."""
    key = keys.member_step(*place, command.at, command.id)
    return put(key, _line(command, action, outcome=None, status=status, comment=comment))


def _line(command: Command[Any], action: str, *, outcome: str | None, status: str, comment: str | None) -> HistoryLine:
    return HistoryLine(
        at=command.at,
        by_role=command.caller.role,
        action=action,
        status=status,
        outcome=outcome,
        comment=comment,
    )
