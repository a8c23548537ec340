"""Permitted changes of state: one table of Steps says from, to and by which role."""

from collections.abc import Iterable
from typing import NamedTuple

from chalicelib.errors import InvalidState, RoleNotAllowed


class Step(NamedTuple):
    """``action`` leads from ``source`` to ``target`` when one of ``roles`` asks for it."""

    source: str
    action: str
    target: str
    roles: tuple[str, ...]


def step(table: Iterable[Step], state: str, action: str, role: str) -> str:
    """The state that ``action`` leads to.

    Raises InvalidState where the action is no step from ``state``, RoleNotAllowed where it is another role's.
    """
    steps = [each for each in table if each.source == state and each.action == action]
    if not steps:
        raise InvalidState(state=state, action=action)
    for each in steps:
        if role in each.roles:
            return each.target
    raise RoleNotAllowed(allowed=", ".join(steps[0].roles), role=role)
