"""A line of the authorization matrix: what a route answers each role about her own, about another's, and to a newcomer.

``python -m pytest tests/integration/test_authorization.py`` compares every line with ``docs/authorization.md``.
"""

import pickle
from collections.abc import Callable
from typing import Any

from chalicelib.kernel.caller import AUDITOR, BUREAU, EXCHANGE, INDIVIDUAL, INSTITUTION, ROLES, SCENARIO_OPERATOR
from tests.commands import COMMANDS, Ready, send
from tests.endpoints import ROUTES, filled, required
from tests.numbers import born_years_ago, credit_code, identity_number_of
from tests.prepared import prepared
from tests.world import World

STRANGERS = {INDIVIDUAL: "stranger", INSTITUTION: "stranger-shop", SCENARIO_OPERATOR: "stranger-operator"}
AUTHORITIES = (EXCHANGE, BUREAU, AUDITOR)
COLUMNS = ("nobody", *STRANGERS, *AUTHORITIES)
assert set(COLUMNS) == {"nobody", *ROLES}
SUCCESS, NEVER, SAME, NONE = "✓", "–", "=", "·"
AFTER = {"GET /v1/accounts/me/credit": "POST /v1/credit-rules", "GET /v1/message-client": "POST /v1/message-client"}


def line(world: World, name: str, objects: dict[str, Callable[[World], Ready]]) -> str:
    """The row of a route, as ``docs/authorization.md`` has it. ``objects`` asks for what a login has made."""
    ready = _ready(world, name, objects)
    _strangers(world)
    cells = [_cell(world, name, ready, role) for role in COLUMNS]
    if not ROUTES[name].allow:
        assert len({part for cell in cells for part in cell.split()} - {NONE}) == 1, cells
        cells[1:] = [SAME] * len(cells[1:])
    return f"| `{name}` | {' | '.join(cells)} |"


def _ready(world: World, name: str, objects: dict[str, Callable[[World], Ready]]) -> Ready:
    if name in COMMANDS:
        return prepared(name, world)
    if name in objects:
        return objects[name](world)
    if name in AFTER:
        assert send(world, prepared(AFTER[name], world)).status in {200, 201}
    method, _, path = name.partition(" ")
    asked = "&".join(f"{key}={value}" for key, value in required(ROUTES[name]).items())
    return Ready(method, filled(path) + ("?" + asked if asked else ""), {}, "", "")


def _strangers(world: World) -> None:
    """Parties of every kind who have nothing to do with what is asked for."""
    world.person(STRANGERS[INDIVIDUAL], identity_number_of(born_years_ago(61)))
    world.merchant(STRANGERS[INSTITUTION], credit_code(987_654))
    world.scenario("another", operator=STRANGERS[SCENARIO_OPERATOR])


def _cell(world: World, name: str, ready: Ready, role: str) -> str:
    if role == "nobody":
        return _answer(world, ready, role=None, sub="")
    own, others = _logins(world, ready, role)
    if ROUTES[name].allow and role not in ROUTES[name].allow:
        answers = {_answer(world, ready, role=role, sub=sub) for sub in (*own, *others, "newcomer")}
        assert answers == {"403"}, answers
        return NEVER
    if role in AUTHORITIES:
        return _answer(world, ready, role=role, sub=role)
    hers = [_answer(world, ready, role=role, sub=sub) for sub in own]
    if ready.method == "GET" and "{" not in name:  # a list, or what is the caller's own: nobody asks for another's
        return f"{_answer(world, ready, role=role, sub=STRANGERS[role])} {NONE} {_newcomer(world, ready, role)}"
    anothers = {_answer(world, ready, role=role, sub=sub) for sub in others}
    best = SUCCESS if SUCCESS in hers else min(hers, default=NONE)
    return f"{best} {'/'.join(sorted(anothers))} {_newcomer(world, ready, role)}"


def _logins(world: World, ready: Ready, role: str) -> tuple[list[str], list[str]]:
    """Who has acted in this role here; and who has not: the logins of the other roles (S1), and a stranger."""
    acted = {(record["caller"], record["role"]) for record in world.records()}
    own = {sub for sub, its in acted if its == role} | ({ready.sub} if role == ready.role else set())
    strangers = {*STRANGERS.values(), ""}
    others = {sub for sub, its in acted if its in STRANGERS} - own - strangers
    return sorted(own - strangers), [*sorted(others), STRANGERS.get(role, role)]


def _newcomer(world: World, ready: Ready, role: str) -> str:
    return _answer(world, ready, role=role, sub="newcomer")


Items = dict[tuple[str, str], Any]


def _uncounted(items: Items) -> Items:
    """Without the counts of refusals that say something about others: only they are kept of a refusal."""
    return {place: item for place, item in items.items() if not place[0].startswith("answered:")}


def _answer(world: World, ready: Ready, *, role: str | None, sub: str) -> str:
    """A tick for a success, else the status. The world is as before."""
    store = world.store
    before, done = dict(store.items), dict(store._done)
    kept = pickle.dumps(store.items)
    status = send(world, ready, role=role, sub=sub).status
    if status >= 400:
        assert _uncounted(store.items) == _uncounted(before)
        return str(status)
    store.items.clear()
    store.items.update(pickle.loads(kept))
    store._done.clear()
    store._done.update(done)
    return SUCCESS
