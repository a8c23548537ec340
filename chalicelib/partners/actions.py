"""Registering a merchant's system, and what becomes of an event. Nothing here touches value."""

from datetime import datetime, timedelta
from typing import Any

from chalicelib.errors import InvalidState
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.record import Record
from chalicelib.partners import model
from chalicelib.table import keys, lists
from chalicelib.table.lists import Listing
from chalicelib.table.write import Attr, ConditionBase, Item, Write, present, put, update

REPLAYED = "webhook_replayed"


def register(*, merchant: str, callback_url: str, public_key: str, at: str) -> Write:
    """From now on ``merchant`` is told of its orders at ``callback_url``. A later registration replaces this one.

    One Write for the Decision that integrates it. Make sure of ``shake`` first.
    """
    known = {"merchant": merchant, "callback_url": callback_url, "public_key": public_key, "at": at}
    return update(keys.partner(merchant), assign=known | Listing(lists.PARTNERS, merchant).attributes)


def remember(record: Record) -> Write:
    """The event of a Record waits for its merchant. Told again, its condition does not hold."""
    item = model.event(record)
    return put(keys.delivery(item["id"]), item)


def claim(item: Item, now: datetime) -> Write:
    """One more try, counted before it is made: of two workers one makes it, and after a crash it comes again."""
    again = model.waiting(item["merchant"], item["id"], stamp(now + timedelta(seconds=model.PROBE_SECONDS)))
    assign = again | {"attempts": item["attempts"] + 1, "rank": item["rank"]}  # one rank less to write in the index
    return update(keys.delivery(item["id"]), assign=assign, require=_as_read(item))


def delivered(item: Item, now: datetime) -> Write:
    """It has arrived. ``item`` as claimed."""
    assign = {"status": "delivered", "delivered_at": stamp(now), "reason": None}
    forgotten = {"expires_at": int((now + model.KEPT).timestamp())}
    return update(keys.delivery(item["id"]), assign=assign | forgotten, remove=("list", "rank"), require=_as_read(item))


def postpone(item: Item, until: datetime, reason: str | None) -> Write:
    """Try again then."""
    assign = model.waiting(item["merchant"], item["id"], stamp(until)) | {"reason": reason}
    return update(keys.delivery(item["id"]), assign=assign, require=_as_read(item))


def give_up(item: Item, reason: str) -> Write:
    """It stands in the list of what failed, until it is replayed."""
    listed = {"list": lists.deliveries(item["merchant"], "failed"), "rank": f"{item['made_at']}:{item['id']}"}
    return update(
        keys.delivery(item["id"]), assign={"status": "failed", "reason": reason} | listed, require=_as_read(item)
    )


def _as_read(item: Item) -> ConditionBase:
    return present() & Attr("status").eq(item["status"]) & Attr("attempts").eq(item["attempts"])


def rest(merchant: str, until: datetime) -> Write:
    """The merchant's system failed: its other orders leave it alone for a while."""
    return update(keys.pulse(merchant), assign={"rests_until": stamp(until)}, add={"failures": 1})


def probe(merchant: str, pulse: Item, now: datetime) -> Write:
    """Of all who wait for a failing system one asks whether it is back."""
    until = stamp(now + timedelta(seconds=model.PROBE_SECONDS))
    unchanged = Attr("rests_until").eq(pulse["rests_until"])
    return update(keys.pulse(merchant), assign={"rests_until": until}, require=unchanged)


def recovered(merchant: str, now: datetime) -> Write:
    """It answers again."""
    return update(keys.pulse(merchant), assign={"failures": 0, "rests_until": stamp(now)})


def replay(command: Command[Any], item: Item) -> Decision:
    """What was given up waits again, with all its tries; its system need not rest any more. Raises InvalidState."""
    if item["status"] != "failed":
        raise InvalidState(state=item["status"], action="replay")
    again = model.waiting(item["merchant"], item["id"], command.at)
    again |= {"attempts": 0, "waiting_since": command.at, "reason": None}
    write = update(
        keys.delivery(item["id"]),
        assign=again,
        require=_as_read(item),
        refuse=lambda old: InvalidState(state=old["status"] if old else "?", action="replay"),
    )
    rested = update(keys.pulse(item["merchant"]), assign={"rests_until": command.at})
    return Decision(REPLAYED, model.shown(item | again), (write, rested), publish=True)
