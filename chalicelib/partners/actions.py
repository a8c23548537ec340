"""Registering and disabling a merchant's system, and what becomes of a webhook event. Nothing here touches value."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.errors import InvalidState, Refusal
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, stamp
from chalicelib.kernel.record import Facts, Record
from chalicelib.merchants import history
from chalicelib.partners import model
from chalicelib.partners.items import DUE, ENDPOINT_DISABLED, LATER, Delivery, Partner, Pulse, waiting
from chalicelib.partners.model import to_answer
from chalicelib.table import keys, lists
from chalicelib.table.lists import Listing
from chalicelib.table.write import Attr, ConditionBase, Write, absent, present, put, seen, update

REPLAYED = "webhook_replayed"


def register(partner: Partner, known: Partner | None) -> tuple[Write, ...]:
    """From now on the merchant is notified of its orders as ``partner`` says, instead of as ``known`` (as read).

    For the Decision that integrates it. Make sure of the handshake first. It is noted, for what waited for a system
    that was disabled is due now, and nobody has looked at it since.
    """
    unchanged = Attr("at").eq(known.at) if known else absent()
    listed = Listing(lists.PARTNERS, partner.merchant)
    soon = datetime.fromisoformat(partner.at) + LATER
    return (
        put(keys.partner(partner.merchant), partner, listed=listed, require=unchanged),
        update(keys.pulse(partner.merchant), assign={"failures": 0, "rests_until": partner.at}),
        DUE.noting(soon, partner.merchant),
    )


def disable(command: Command[Empty], partner: Partner, application: str | None) -> Decision:
    """Its system wants no more webhooks (410): they wait until it is integrated again. ``application`` gets a line.

    Refuses InvalidState where it was registered again meanwhile.
    """
    writes = [
        update(
            keys.partner(partner.merchant),
            assign={"disabled_at": command.at},
            listed=Listing(lists.PARTNERS_DISABLED, partner.merchant),
            require=Attr("at").eq(partner.at) & Attr("disabled_at").not_exists(),
            refuse=lambda _: InvalidState(state="replaced", action="disable"),
        )
    ]
    if application:
        comment = f"{partner.callback_url} answered 410"
        writes.append(
            history.line(command, application, "webhooks", outcome="disabled", status="active", comment=comment)
        )
    return Decision("webhooks_disabled", Empty(), tuple(writes), Facts(merchant=partner.merchant))


def remember(record: Record, kind: str = "") -> Write:
    """The event of a Record (for one of its ``kinds``) waits for its merchant. Where it is known already, the condition
    does not hold.
    """
    return keep(model.event(record, kind))


def keep(event: Delivery) -> Write:
    """The same for an event that is made."""
    return put(keys.delivery(event.id), event, listed=waiting(event.merchant, event.id, event.next_at))


def claim(delivery: Delivery, now: datetime) -> Write:
    """One more try, counted before it is made: of two workers one makes it, and after a crash it is made again."""
    next_at = stamp(now + timedelta(seconds=model.PROBE_SECONDS))
    return update(
        keys.delivery(delivery.id),
        assign={"status": "pending", "next_at": next_at, "attempts": delivery.attempts + 1},
        listed=None if delivery.status == "pending" else waiting(delivery.merchant, delivery.id, next_at),
        require=_as_read(delivery),
    )


def delivered(delivery: Delivery, now: datetime) -> Write:
    """It has arrived. ``delivery`` as claimed."""
    assign = {"status": "delivered", "delivered_at": stamp(now), "reason": None}
    forgotten = {"expires_at": int((now + model.KEPT).timestamp())}
    return update(
        keys.delivery(delivery.id), assign=assign | forgotten, remove=lists.UNLISTED, require=_as_read(delivery)
    )


def postpone(delivery: Delivery, until: datetime, reason: str | None) -> Write:
    """Try again then."""
    next_at = stamp(until)
    return update(
        keys.delivery(delivery.id),
        assign={"status": "pending", "next_at": next_at, "reason": reason},
        listed=waiting(delivery.merchant, delivery.id, next_at),
        require=_as_read(delivery),
    )


def park(delivery: Delivery, now: datetime) -> Write:
    """It waits until its merchant's system is integrated again. Then it is due at once, with all its tries."""
    next_at = stamp(now)
    return update(
        keys.delivery(delivery.id),
        assign={"status": "pending", "next_at": next_at, "reason": ENDPOINT_DISABLED, "attempts": 0},
        listed=waiting(delivery.merchant, delivery.id, next_at),
        require=_as_read(delivery),
    )


def give_up(delivery: Delivery, reason: str) -> Write:
    """It stands in the list of what failed, until it is replayed."""
    return update(
        keys.delivery(delivery.id),
        assign={"status": "failed", "reason": reason},
        listed=lists.deliveries(delivery.merchant, "failed").at(f"{delivery.made_at}:{delivery.id}"),
        require=_as_read(delivery),
    )


def _as_read(delivery: Delivery) -> ConditionBase:
    return present() & Attr("status").eq(delivery.status) & Attr("attempts").eq(delivery.attempts)


def rest(merchant: str, until: datetime) -> Write:
    """The merchant's system failed: its other orders leave it alone for a while."""
    return update(keys.pulse(merchant), assign={"rests_until": stamp(until)}, add={"failures": 1})


def probe(merchant: str, pulse: Pulse, now: datetime) -> Write:
    """Of all who wait for a failing system one asks whether it is back."""
    until = stamp(now + timedelta(seconds=model.PROBE_SECONDS))
    unchanged = Attr("rests_until").eq(pulse.rests_until)
    return update(keys.pulse(merchant), assign={"rests_until": until}, require=unchanged)


def recovered(merchant: str, now: datetime) -> Write:
    """It answers again."""
    return update(keys.pulse(merchant), assign={"failures": 0, "rests_until": stamp(now)})


def replay(command: Command[Any], delivery: Delivery) -> Decision:
    """What was given up waits again, with all its tries; its system need not rest any more. Raises InvalidState."""
    if delivery.status != "failed":
        raise InvalidState(state=delivery.status, action="replay")
    again = replace(delivery, status="pending", next_at=command.at, waiting_since=command.at, attempts=0, reason=None)
    write = update(
        keys.delivery(delivery.id),
        assign={name: getattr(again, name) for name in ("status", "next_at", "waiting_since", "attempts", "reason")},
        listed=waiting(delivery.merchant, delivery.id, command.at),
        require=_as_read(delivery),
        refuse=seen(Delivery, _not_replayed),
    )
    rested = update(keys.pulse(delivery.merchant), assign={"rests_until": command.at})
    return Decision(REPLAYED, to_answer(again), (write, rested), publish=True)


def _not_replayed(stored: Delivery | None) -> Refusal:
    return InvalidState(state=stored.status if stored else "gone", action="replay")
