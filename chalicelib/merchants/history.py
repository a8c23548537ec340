"""Lines of the history of an application: who (role, not name), when, what, why. Put once, never changed."""

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
    """One line, for the Decision that it describes."""
    return put(
        keys.application_step(application, command.at, command.id),
        HistoryLine(
            at=command.at,
            by_role=command.caller.role,
            action=action,
            status=status,
            outcome=outcome,
            comment=comment,
        ),
    )
