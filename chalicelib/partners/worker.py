"""Webhook events on their way to merchants' systems: each at least once, an order's in order, while it is worth trying.

A message is ``{"delivery": id}``. The table remembers what a queue may lose, and when to try again; ``resume`` sends
what is due. A system that fails is left alone for a while by all its orders, so that it costs the others nothing. One
that answers 410 gets nothing until it is integrated again.
"""

import contextlib
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from chalicelib import log
from chalicelib.agenda.notes import note
from chalicelib.agenda.walks import go_round_together, walk
from chalicelib.errors import Contended, InvalidState
from chalicelib.kernel.settle import derive, perform
from chalicelib.outside.addresses import NotReached
from chalicelib.outside.post import post
from chalicelib.partners import actions, model, queries
from chalicelib.partners.items import DUE, EARLIER_FAILED, ENDPOINT_DISABLED, LATER, Delivery, Partner, Pulse
from chalicelib.partners.model import Outcome
from chalicelib.queues import sender as queue
from chalicelib.settings import settings
from chalicelib.signing import webhooks
from chalicelib.table import keys, lists

RETRYING_SECONDS_MAX = 20  # of the minute until the schedule fires again


def retry_due(now: datetime) -> None:
    """Each minute: send what is due of the merchants that are noted up to ``now``, in turns, as far as time allows."""
    walk(DUE, partial(_send_due, now), now=now, until=time.monotonic() + RETRYING_SECONDS_MAX)


def resume(now: datetime) -> None:
    """Each quarter of an hour: the same for all merchants with a system, a part at each firing where they are many.
    It finds what the queue has lost, and what nobody noted. What is not lost comes twice, which changes nothing.
    """
    go_round_together(
        lists.PARTNERS,
        lambda places: _send_due(now, [place.listing.rank for place in places]),
        until=time.monotonic() + RETRYING_SECONDS_MAX,
    )


def _send_due(now: datetime, merchants: Sequence[str]) -> None:
    """A system that is disabled is left alone: it is noted when it is registered again."""
    for merchant in queries.enabled(merchants):
        _send(now, merchant)


def _send(now: datetime, merchant: str) -> None:
    """What is due, at most DUE_MAX: others have their turn too. As long as something waits, the merchant is noted for
    the next time.
    """
    enqueue(queries.due(merchant, now))
    if then := queries.next_due(merchant):
        look_again(merchant, max(then, now + LATER))


def look_again(merchant: str, then: datetime) -> None:
    """Where the note is lost, ``resume`` finds what waits."""
    with contextlib.suppress(Contended):
        note(DUE, [merchant], then)


def handle(message: Mapping[str, Any]) -> None:
    """Try what a message names, then what waited for it."""
    id, follows = message["delivery"], False
    while id and (arrived := _deliver(id, follows=follows)):
        id, follows = arrived.following, True


def _deliver(id: str, *, follows: bool) -> Delivery | None:
    """The webhook event, if it has arrived by this try."""
    now, delivery = datetime.now(UTC), queries.delivery(id)
    if delivery is None or not delivery.is_due(now, follows=follows):
        return None
    around = queries.around(delivery)
    partner, pulse, earlier = around
    if partner and partner.disabled_at:
        _park(delivery, now)
    elif earlier and earlier.status != "delivered":
        _wait(delivery, earlier, now)
    elif partner is None or delivery.is_spent(now, _tries(), around.silent_since):
        _give_up(delivery, delivery.reason or "no_answer")
    elif pulse.rests(now):
        _rest(delivery, pulse, now)
    elif _may_try(partner.merchant, pulse, now) and derive(actions.claim(delivery, now)).done:
        claimed = replace(delivery, attempts=delivery.attempts + 1, status="pending")
        return claimed if _arrives(partner, claimed, failing=bool(pulse.failures)) else None
    return None


def _arrives(partner: Partner, delivery: Delivery, *, failing: bool) -> bool:
    """Whether the merchant's system takes it; and what follows from that."""
    outcome = _try(partner, delivery)
    if outcome.reason is None:
        _arrived(delivery, failing=failing)
    elif outcome.gone:
        _gone(partner, delivery)
    else:
        _failed(partner, delivery, outcome.reason, outcome.pause_seconds)
    return outcome.reason is None


def _tries() -> int:
    return len(settings().webhook_pauses_seconds) + 1


def _park(delivery: Delivery, now: datetime) -> None:
    if delivery.reason != ENDPOINT_DISABLED or delivery.status != "pending":
        derive(actions.park(delivery, now))


def _wait(delivery: Delivery, earlier: Delivery, now: datetime) -> None:
    """The order's event before this one comes first; where it was given up, this one is too."""
    if earlier.status == "failed":
        _give_up(delivery, EARLIER_FAILED)
    else:
        then = datetime.fromisoformat(earlier.next_at)
        derive(actions.postpone(delivery, max(then, now) + timedelta(seconds=1), delivery.reason))
        look_again(delivery.merchant, max(then, now) + timedelta(seconds=1))


def _may_try(merchant: str, pulse: Pulse, now: datetime) -> bool:
    return not pulse.failures or derive(actions.probe(merchant, pulse, now)).done


def _rest(delivery: Delivery, pulse: Pulse, now: datetime) -> None:
    """The schedule brings it again within minutes; where its system asked for longer, it is due then."""
    until = datetime.fromisoformat(pulse.rests_until)
    look_again(delivery.merchant, until)
    if until > now + timedelta(seconds=model.REST_SECONDS_MAX):
        derive(actions.postpone(delivery, until, delivery.reason))


def _try(partner: Partner, delivery: Delivery) -> Outcome:
    now, body = datetime.now(UTC), delivery.payload.encode()
    headers = webhooks.sign(partner.merchant, delivery.id, now, body)
    try:
        reply = post(partner.callback_url, body, headers, seconds=model.TRY_SECONDS, answer_bytes_max=0)
    except NotReached as error:
        return Outcome(error.reason)
    return model.outcome(reply.status, reply.headers, now)


def _arrived(delivery: Delivery, *, failing: bool) -> None:
    now = datetime.now(UTC)
    derive(actions.delivered(delivery, now))
    if failing:
        derive(actions.recovered(delivery.merchant, now))
        enqueue(queries.due(delivery.merchant, now))


def _gone(partner: Partner, delivery: Delivery) -> None:
    """Disable the system, once a registration; where another was registered meanwhile, the event is due there."""
    log.annotate(reason="gone")
    log.count("WebhooksFailed")
    application = queries.application_of(partner.merchant)
    record = keys.digest("webhooks_disabled", partner.merchant, partner.at)
    with contextlib.suppress(InvalidState):
        perform(record, lambda command: actions.disable(command, partner, application))
    derive(actions.park(delivery, datetime.now(UTC)))


def _failed(partner: Partner, delivery: Delivery, reason: str, asked_seconds: int) -> None:
    """``asked_seconds``: how long the system asks to be left alone."""
    log.annotate(reason=reason)
    log.count("WebhooksFailed")
    pauses, now = settings().webhook_pauses_seconds, datetime.now(UTC)
    pause = max(asked_seconds, pauses[min(delivery.attempts, len(pauses)) - 1])
    if delivery.is_spent(now, _tries(), partner.at):
        _give_up(delivery, reason)
    else:
        derive(actions.postpone(delivery, now + timedelta(seconds=pause), reason))
        if pause < queue.DELAY_SECONDS_MAX:
            enqueue([delivery.id], delay_seconds=pause + 1)
    rest = max(asked_seconds, min(pause, model.REST_SECONDS_MAX))
    with contextlib.suppress(Contended):  # others write the same
        derive(actions.rest(delivery.merchant, now + timedelta(seconds=rest)))
    look_again(delivery.merchant, now + timedelta(seconds=rest))


def _give_up(delivery: Delivery, reason: str) -> None:
    if derive(actions.give_up(delivery, reason)).done:
        log.annotate(given_up=reason)
        log.count("WebhooksGivenUp")


def enqueue(ids: Iterable[str], delay_seconds: int = 0) -> None:
    """A message for each event. Raises Unavailable: ``resume`` sends what the queue did not take."""
    messages = [{"delivery": id} for id in ids]
    if messages:
        queue.send(messages, to=settings().webhook_queue_url, delay_seconds=delay_seconds)
