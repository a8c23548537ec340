"""Permitted changes of state: one table of Steps says from, to and by which role."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from chalicelib import states
from chalicelib.errors import InvalidState, RoleNotAllowed
from chalicelib.labels import PARTIES


class Step(NamedTuple):
    """``action`` leads from ``source`` to ``target`` when one of ``roles`` asks for it.

    ``only``: the step is there for things that have one of these traits; empty, it is there for all.
    """

    source: str
    action: str
    target: str
    roles: tuple[str, ...]
    only: tuple[str, ...] = ()


class NotAStep(InvalidState):
    """The text says what can be done instead: by the caller in ``role``, or else by whom. ``next_steps`` names all."""

    def __init__(self, role: str = "", **facts: object) -> None:
        super().__init__(**facts)
        self._role = role

    def text(self, language: str) -> str:
        return super().text(language) + _possible(self.facts.get("next_steps", ()), self._role, language)


def step(table: Iterable[Step], state: str, action: str, role: str, traits: Collection[str] = ()) -> str:
    """The state that ``action`` leads to, for a thing with these ``traits``.

    Raises NotAStep where the action is no step from ``state``, RoleNotAllowed where it is another role's.
    """
    steps = [each for each in leaving(table, state, traits) if each.action == action]
    if not steps:
        raise not_a_step(table, state, action, role, traits)
    for each in steps:
        if role in each.roles:
            return each.target
    raise RoleNotAllowed(allowed=", ".join(steps[0].roles), role=role)


def not_a_step(
    table: Iterable[Step], state: str, action: str, role: str = "", traits: Collection[str] = ()
) -> NotAStep:
    """The refusal of an ``action`` that ``state`` does not allow. What the platform does by itself is no next step."""
    steps = leaving(table, state, traits)
    named = dict.fromkeys((each.action, who) for each in steps for who in each.roles if who in PARTIES)
    next_steps = [{"action": what, "role": who} for what, who in named]
    return NotAStep(role, state=state, action=action, next_steps=next_steps)


def leaving(table: Iterable[Step], state: str, traits: Collection[str] = ()) -> list[Step]:
    """The steps that lead out of ``state``, whoever may take them."""
    return [each for each in table if each.source == state and (not each.only or set(each.only) & set(traits))]


def _possible(next_steps: Iterable[dict[str, str]], role: str, language: str) -> str:
    """A sentence: the steps of ``role``; where it has none those of each other party; or that there is none."""
    by_party: dict[str, list[str]] = {}
    for each in next_steps:
        by_party.setdefault(each["role"], []).append(each["action"])
    mine = {role: by_party[role]} if role in by_party else {}
    parts = [_worded(what, "" if mine else who, language) for who, what in (mine or by_party).items()]
    if language == "zh":
        return f"目前可以：{'；'.join(parts)}。" if parts else "该状态下没有可执行的操作。"
    return f" Possible now: {'; '.join(parts)}." if parts else " Nothing can be done in this state."


def _worded(actions: Iterable[str], party: str, language: str) -> str:
    if language == "zh":
        words = "、".join(map(states.in_chinese, actions))
        return f"{words}（{PARTIES[party].zh}）" if party else words
    return f"{', '.join(actions)} ({PARTIES[party].en})" if party else ", ".join(actions)
