"""Permitted changes of state: one table of Steps says from, to and by which role."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from chalicelib.errors import InvalidState, RoleNotAllowed


class Step(NamedTuple):
    """``action`` leads from ``source`` to ``target`` when one of ``roles`` asks for it.

    ``only``: the step is there for things that have one of these traits; empty, it is there for all.
    """

    source: str
    action: str
    target: str
    roles: tuple[str, ...]
    only: tuple[str, ...] = ()


def step(table: Iterable[Step], state: str, action: str, role: str, traits: Collection[str] = ()) -> str:
    """The state that ``action`` leads to, for a thing with these ``traits``.

    Raises InvalidState where the action is no step from ``state``, RoleNotAllowed where it is another role's.
    """
    steps = [each for each in leaving(table, state, traits) if each.action == action]
    if not steps:
        raise InvalidState(state=state, action=action)
    for each in steps:
        if role in each.roles:
            return each.target
    raise RoleNotAllowed(allowed=", ".join(steps[0].roles), role=role)


def leaving(table: Iterable[Step], state: str, traits: Collection[str] = ()) -> list[Step]:
    """The steps that lead out of ``state``, whoever may take them."""
    return [each for each in table if each.source == state and (not each.only or set(each.only) & set(traits))]
