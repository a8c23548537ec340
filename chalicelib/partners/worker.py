"""Events on their way to merchants' systems: each at least once, an order's in order, as often as it is worth trying.

A message says ``{"delivery": id}``. The table remembers what a queue may lose, and when to try again; ``resume`` sends
what is due. A system that fails is left alone for a while by all its orders, so that it costs the others nothing.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib import log
from chalicelib.edge.events import for_each
from chalicelib.errors import Contended
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.settle import derive
from chalicelib.outside.addresses import NotReached
from chalicelib.outside.post import post
from chalicelib.partners import actions, model, queries
from chalicelib.partners.model import Partner
from chalicelib.queues import sender as queue
from chalicelib.settings import settings
from chalicelib.signing import webhooks
from chalicelib.table.write import Item


def resume(now: datetime) -> None:
    """Send what is due: retries, and what the queue has lost. What is not lost comes twice, which changes nothing."""
    for_each(
        queries.partners(), lambda merchant: enqueue(queries.due(merchant, now)), what="merchant", name=lambda id: id
    )


def handle(message: Mapping[str, Any]) -> None:
    """Try what a message says, then what waited for it."""
    id, follows = message["delivery"], False
    while id and (arrived := _deliver(id, follows=follows)):
        id, follows = model.following(arrived), True


def _deliver(id: str, *, follows: bool) -> Item | None:
    """The event, if it has arrived by this try."""
    now, item = datetime.now(UTC), queries.delivery_item(id)
    if item is None or not model.is_due(item, now, follows=follows):
        return None
    partner, pulse, earlier = queries.around(item)
    failing = bool(pulse and pulse.get("failures"))
    if earlier and earlier["status"] != "delivered":
        _wait(item, earlier, now)
    elif partner is None or model.is_spent(item, now, _tries(), failing=failing):
        _give_up(item, item["reason"] or "no_answer")
    elif _may_try(partner.merchant, pulse, now) and derive(actions.claim(item, now)).done:
        claimed = item | {"attempts": item["attempts"] + 1, "status": "pending"}
        if reason := _try(partner, claimed):
            _failed(claimed, reason)
        else:
            _arrived(claimed, failing=failing)
            return claimed
    return None


def _tries() -> int:
    return len(settings().webhook_pauses_seconds) + 1


def _wait(item: Item, earlier: Item, now: datetime) -> None:
    """The order's event before this one comes first; where it was given up, this one is too."""
    if earlier["status"] == "failed":
        _give_up(item, model.EARLIER_FAILED)
    else:
        then = datetime.fromisoformat(earlier["next_at"])
        derive(actions.postpone(item, max(then, now) + timedelta(seconds=1), item["reason"]))


def _may_try(merchant: str, pulse: Item | None, now: datetime) -> bool:
    if pulse is None or not pulse.get("failures"):
        return True
    return pulse["rests_until"] <= stamp(now) and derive(actions.probe(merchant, pulse, now)).done


def _try(partner: Partner, item: Item) -> str | None:
    """None where the merchant's system has taken it (any 2xx), otherwise what was wrong."""
    body = item["payload"].encode()
    headers = webhooks.sign(partner.merchant, item["id"], datetime.now(UTC), body)
    try:
        reply = post(partner.callback_url, body, headers, seconds=model.TRY_SECONDS, answer_bytes_max=0)
    except NotReached as error:
        return error.reason
    return None if 200 <= reply.status < 300 else "status"


def _arrived(item: Item, *, failing: bool) -> None:
    now = datetime.now(UTC)
    derive(actions.delivered(item, now))
    if failing:
        derive(actions.recovered(item["merchant"], now))
        enqueue(queries.due(item["merchant"], now))


def _failed(item: Item, reason: str) -> None:
    log.annotate(reason=reason)
    log.count("WebhooksFailed")
    pauses, now = settings().webhook_pauses_seconds, datetime.now(UTC)
    pause = pauses[min(item["attempts"], len(pauses)) - 1]
    if model.is_spent(item, now, _tries(), failing=True):
        _give_up(item, reason)
    else:
        derive(actions.postpone(item, now + timedelta(seconds=pause), reason))
        if pause < queue.DELAY_SECONDS_MAX:
            enqueue([item["id"]], delay_seconds=pause + 1)
    try:
        derive(actions.rest(item["merchant"], now + timedelta(seconds=min(pause, model.REST_SECONDS_MAX))))
    except Contended:  # others say the same
        return


def _give_up(item: Item, reason: str) -> None:
    if derive(actions.give_up(item, reason)).done:
        log.annotate(given_up=reason)
        log.count("WebhooksGivenUp")


def enqueue(ids: Iterable[str], delay_seconds: int = 0) -> None:
    """A message for each event. Raises Unavailable: ``resume`` sends what the queue did not take."""
    messages = [{"delivery": id} for id in ids]
    if messages:
        queue.send(messages, to=settings().webhook_queue_url, delay_seconds=delay_seconds)
