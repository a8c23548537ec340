"""Lines of the history of an application: who (role, not name), when, what, why. Put once, never changed."""

from typing import Any

from chalicelib.kernel.decision import Command
from chalicelib.table import keys
from chalicelib.table.write import Write, put


def line(
    command: Command[Any],
    application: str,
    action: str,
    *,
    outcome: str | None = None,
    status: str,
    comment: str | None,
) -> Write:
    """One line, for the Decision that it tells of. ``status`` is the state that follows."""
    said = {"at": command.at, "by_role": command.caller.role, "action": action, "outcome": outcome}
    return put(
        keys.application_step(application, command.at, command.id), said | {"status": status, "comment": comment}
    )
