"""What one party may do in a day (UTC), where others read it or wait for it, and what it may learn about others.

Only what is named here costs anything: an answer that reveals something its count, a change of a kind that is bounded
one more item in its own transaction, 2 units. What moves value has its bound in the value; raw rates are the gateway's.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.agenda.attempts import retrying
from chalicelib.edge.problem import TooManyRequests
from chalicelib.errors import Contended, Refusal, Text, Unavailable
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.settle import derive
from chalicelib.table import keys
from chalicelib.table.write import Attr, ConditionBase, Write, update

ANSWERS_A_DAY = 100  # of one code, to one account
INTEGRATIONS, OFFERS = "integrations", "offers"
# Of one account, whichever of its logins asks: many times what an honest party needs. Other bounds hold beside these,
# so many campaigns that wait at once for one (docs/threat-model.md).
A_DAY = {
    "applications": 20,
    "batches": 2_000,
    "campaigns": 100,
    "campaign_changes": 1_000,
    "disputes": 100,
    "evidence_links": 500,
    "grants": 200,
    INTEGRATIONS: 50,  # each calls an address that the caller names
    "logins": 200,
    "members": 1_000,
    OFFERS: 10_000,
    "parts": 20_000,
    "plans": 500,
    "renamings": 20,
    "replays": 2_000,
    "take_downs": 1_000,
    "totals": 2_000,
    "wards": 50,
}
KINDS = {
    "POST /v1/accounts/me/wards": "wards",
    "POST /v1/applications": "applications",
    "PATCH /v1/applications/{id}": "plans",
    "POST /v1/campaigns": "campaigns",
    "PATCH /v1/campaigns/{id}": "campaign_changes",
    "POST /v1/disputes": "disputes",
    "POST /v1/disputes/{id}/evidence/{evidence}/link": "evidence_links",
    "POST /v1/grants": "grants",
    "POST /v1/institutions/me/logins": "logins",
    "PATCH /v1/institutions/me/logins/{id}": "logins",
    "POST /v1/institutions/me/renamings": "renamings",
    "POST /v1/offers": OFFERS,  # and each new one of a catalogue
    "POST /v1/operator-totals": "totals",
    "POST /v1/reduction-batches": "batches",
    "POST /v1/reduction-batches/{id}/parts": "parts",
    "POST /v1/sub-platforms/{id}/members": "members",
    "POST /v1/sub-platforms/{id}/members/{member}/suspend": "members",
    "POST /v1/sub-platforms/{id}/members/{member}/reinstate": "members",
    "POST /v1/sub-platforms/{id}/offers/{offer}/take-down": "take_downs",
    "POST /v1/sub-platforms/{id}/offers/{offer}/allow": "take_downs",
    "POST /v1/webhook-deliveries/{id}/replay": "replays",
}
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class _Counted:
    """A count of one day."""

    answers: int = 0


class BudgetSpent(TooManyRequests):
    """``limit`` were done today."""

    detail = Text(
        "One account may do this {limit} times a day (UTC). Send it again after Retry-After.",
        "同一账户每日（UTC）最多可执行 {limit} 次，请在 Retry-After 之后重试。",
    )


def counted(route: str, order: Command[Any], view: Callable[..., Decision]) -> Callable[..., Decision]:
    """``view``, whose decisions count for the caller's day where the ``route`` is bounded. Refuses BudgetSpent.

    What is refused, or replayed, counts nothing.
    """
    if route not in KINDS:
        return view

    def decide(*prepared: Any) -> Decision:
        decision = view(*prepared)
        return replace(decision, writes=(*decision.writes, spent(KINDS[route], order)))

    return decide


def attempt(kind: str, order: Command[Any]) -> None:
    """Count what costs by being tried, before it is. Raises BudgetSpent, Contended, Unavailable.

    Where the store's answer is lost it is counted again: once more than was tried harms nobody.
    """
    try:
        retrying(lambda: _try(kind, order))
    except Unavailable:
        retrying(lambda: _try(kind, order))


def _try(kind: str, order: Command[Any]) -> None:
    found = derive(spent(kind, order))
    if found.done:
        return
    counted = found.stood.load(_Counted).answers if found.stood else 0
    raise Contended() if counted < A_DAY[kind] else _spent(kind, order.now)


def spent(kind: str, order: Command[Any]) -> Write:
    """One more of a ``kind`` on the caller's day. Refuses BudgetSpent."""
    write = _count(keys.asked(order.caller.account, kind, order.now.date().isoformat()), A_DAY[kind], order.now)
    return replace(write, refuse=lambda _: _spent(kind, order.now))


def _spent(kind: str, now: datetime) -> BudgetSpent:
    return BudgetSpent(limit=A_DAY[kind], retry_after=_seconds_left(now))


def charge(refusal: Refusal, account: str, now: datetime) -> None:
    """Count a ``refusal`` that reveals something; ``account`` is the one that the caller has, or would open.

    Raises TooManyRequests where the budget of the day (UTC) is spent; Contended and Unavailable where it cannot be
    counted, since an answer that is not counted is not given.
    """
    if refusal.reveals:
        write = _count(keys.answered(account, refusal.code, now.date().isoformat()), ANSWERS_A_DAY, now)
        if not retrying(lambda: derive(write)).done:
            raise TooManyRequests(retry_after=_seconds_left(now))


def _count(key: keys.Key, most: int, now: datetime) -> Write:
    """One more of at most ``most``, which is forgotten some days later."""
    room: ConditionBase = Attr("answers").not_exists() | Attr("answers").lt(most)
    expires_at = int((now + 2 * _DAY).timestamp())
    return update(key, assign={"expires_at": expires_at}, add={"answers": 1}, require=room)


def _seconds_left(now: datetime) -> int:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + _DAY
    return int((midnight - now).total_seconds()) + 1
