"""Tills follow their offer, one transaction each, whoever has the time: the request, the stream or the schedule."""

import json
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from chalicelib.agenda.attempts import retrying
from chalicelib.agenda.notes import note
from chalicelib.agenda.walks import walk
from chalicelib.deadline import left
from chalicelib.errors import Contended, Text
from chalicelib.kernel.decision import Command
from chalicelib.kernel.record import Record
from chalicelib.kernel.settle import derive
from chalicelib.mall.items import Offer, Till
from chalicelib.mall.tills import spreading, terms
from chalicelib.table import keys, read

REQUEST_SECONDS_MAX = 15.0  # that a request waits for the tills
FOLLOWING_SECONDS_MAX = 30.0  # that a reaction or the schedule gives to all of them
_CHANGES = {"offer_changed", "offer_on_shelf", "offer_off_shelf", "offer_taken_down"}


class TillsFollowing(Contended):
    """The change is made, and some tills still sell at the terms of before."""

    again = False
    detail = Text(
        "The change is made and reaches the tills of the offer one by one; some of them still sell at the earlier"
        " terms. Send the same request again in {retry_after} s: it is answered once all of them have followed.",
        "变更已生效，正在逐一同步到该权益的各子账户，部分子账户仍按原条件兑换。"
        "请在 {retry_after} 秒后原样重发：全部同步后即返回结果。",
    )

    def __init__(self, **facts: Any) -> None:
        super().__init__(**({"retry_after": 5} | facts))


def follow(id: str, until: float) -> bool:
    """Bring the terms of an offer, as of now, to its tills, until ``until`` (time.monotonic). Whether all have them."""
    offer = read.get(keys.offer(id), Offer)
    if offer is None or not terms.one_by_one(offer):
        return True
    tills = read.many([keys.account(name) for name in offer.tills], Till)
    behind = [key.pk for key, till in tills.items() if till.version < offer.version]
    random.shuffle(behind)  # of two who do this, neither waits for the other
    brought = [_bring(offer, name) for name in behind if time.monotonic() <= until]
    return len(brought) == len(behind) and all(brought)


def _bring(offer: Offer, till: str) -> bool:
    try:
        retrying(lambda: derive(terms.following(offer, till)))
    except Contended:  # it is noted: the schedule will try
        return False
    return True


def until_followed(_: Command[Any], id: str) -> None:
    """What a request that changed an offer waits for: once it is answered, no till sells at the earlier terms. Raises
    TillsFollowing where the request has too little time.
    """
    if not follow(id, time.monotonic() + min(REQUEST_SECONDS_MAX, left() / 2)):
        raise TillsFollowing()


def until_down(command: Command[Any], *, offer: str, **_: str) -> None:
    """The same for an operator that took an ``offer`` down."""
    until_followed(command, offer)


def follow_changes(records: Sequence[Record]) -> None:
    """After offers with many tills were changed, their tills follow, also where the process of the request was lost.
    Then units that came to a few of the tills are shared out: an earlier price must not wait for that.

    What takes too long is left to ``resume``.
    """
    until = time.monotonic() + FOLLOWING_SECONDS_MAX
    changed = (str(json.loads(record.answer)["id"]) for record in records if record.kind in _CHANGES)
    ids = list(dict.fromkeys(changed))
    for id in ids:
        follow(id, until)
    for id in ids:
        spreading.level(id, until)


def follow_due() -> None:
    """What the schedule does: tills that have not followed yet, because a worker was lost or out of time."""
    until = time.monotonic() + FOLLOWING_SECONDS_MAX
    walk(terms.TERMS, partial(_follow_noted, until), now=datetime.now(UTC), until=until)


def _follow_noted(until: float, ids: Sequence[str]) -> None:
    note(terms.TERMS, [id for id in ids if not follow(id, until)])
