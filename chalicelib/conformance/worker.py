"""The test webhooks of a run, one a message; its holds expire; it ends.

A message is ``{"conformance": run}``, with ``hold`` where one of the sandbox is to expire. The table remembers what a
queue may lose: the schedule sends it again.
"""

import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.conformance import actions, model, queries
from chalicelib.conformance.checks import (
    CHANGED,
    DELIVERIES,
    DUPLICATE,
    EXPIRY,
    HANDSHAKE,
    NEEDED,
    OLD,
    OUT_OF_ORDER,
    STARTED,
    UNKNOWN,
    WRONG_KEY,
)
from chalicelib.conformance.items import Run, Verdict
from chalicelib.conformance.sandbox import actions as sandbox
from chalicelib.conformance.sandbox import queries as holds
from chalicelib.errors import Text
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.settle import derive, derive_each
from chalicelib.outside.addresses import NotReached
from chalicelib.outside.post import post
from chalicelib.partners import queries as partners
from chalicelib.partners.handshake import HandshakeFailed, handshake
from chalicelib.partners.items import Partner
from chalicelib.partners.model import TRY_SECONDS
from chalicelib.queues import sender as queue
from chalicelib.settings import settings
from chalicelib.signing import webhooks

_OLD = timedelta(minutes=10)
_PROVEN = Text("It proved itself.", "已通过验证。")


def resume(now: datetime) -> None:
    """Send what is due: what the queue has lost, and ends of runs."""
    enqueue(queries.due(now))


def enqueue(due: Iterable[tuple[str, str]], delay_seconds: int = 0) -> None:
    """A message for each run and hold. Raises Unavailable: ``resume`` sends what the queue did not take."""
    messages = [{"conformance": run} | ({"hold": hold} if hold else {}) for run, hold in due]
    if messages:
        queue.send(messages, to=settings().webhook_queue_url, delay_seconds=delay_seconds)


def handle(message: Mapping[str, Any]) -> None:
    """Do what a message names, and continue the run."""
    run, now = queries.run(message["conformance"]), datetime.now(UTC)
    if run is None:
        return
    system = partners.partner(run.merchant)
    if "hold" in message:
        _expire(run, system, message["hold"], now)
    if run.finished_at or system is None:
        return
    verdicts = queries.verdicts(run.id)
    waiting = [each.name for each in DELIVERIES if each.name not in verdicts]
    if _is_over(run, verdicts, now):
        derive_each(actions.finish(run, now))
    elif waiting and run.due_at <= stamp(now) and derive(actions.claim(run, now)).done:
        _try(run, system, waiting[0])
        enqueue([(run.id, "")])


def _is_over(run: Run, verdicts: Mapping[str, Verdict], now: datetime) -> bool:
    proven = verdicts.get(HANDSHAKE)
    return not run.is_open(now) or verdicts.keys() >= NEEDED or bool(proven and not proven.passed)


def _try(run: Run, system: Partner, step: str) -> None:
    """Send what ``step`` sends, once."""
    begun = time.monotonic()
    found = _prove(system) if step == HANDSHAKE else _send(run, system, step)
    now, took = datetime.now(UTC), round((time.monotonic() - begun) * 1000)
    verdict = actions.verdict(run, step, found.came, now, passed=found.passed, milliseconds=took)
    derive_each((verdict, actions.proceed(run, step, now)))


def _prove(system: Partner) -> model.Judged:
    url, key = system.callback_url, system.public_key
    try:
        handshake(callback_url=url, public_key=key, merchant=system.merchant, now=datetime.now(UTC))
    except HandshakeFailed as failed:
        return model.Judged(passed=False, came=model.unreached(failed.facts["reason"]))
    return model.Judged(passed=True, came=_PROVEN)


def _send(run: Run, system: Partner, step: str) -> model.Judged:
    if step == OUT_OF_ORDER:
        refunded = _post(run, system, step, f"{step}-1", model.body(run, "order.refunded", "2"))
        placed = model.body(run, "order.placed", "2")
        return _post(run, system, step, f"{step}-2", placed) if refunded.passed else refunded
    if step == DUPLICATE:
        return _post(run, system, step, "order.placed", model.body(run, "order.placed"))
    if step == STARTED:
        return _post(
            run, system, step, step, model.body(run, step, data={"run": run.id, "sandbox": f"/sandbox/{run.id}"})
        )
    type = "test.unknown" if step == UNKNOWN else step if "." in step else "order.placed"
    return _post(run, system, step, step, model.body(run, type))


def _post(run: Run, system: Partner, step: str, name: str, body: bytes) -> model.Judged:
    """One signed webhook; for what must be refused, not quite."""
    now = datetime.now(UTC) - (_OLD if step == OLD else timedelta())
    signer = f"{run.merchant}/nobody" if step == WRONG_KEY else run.merchant
    headers = webhooks.sign(signer, f"test_{run.id}_{name}", now, body)
    sent = body.replace(b'"points":3000', b'"points":3') if step == CHANGED else body
    try:
        reply = post(system.callback_url, sent, headers, seconds=TRY_SECONDS, answer_bytes_max=0)
    except NotReached as error:
        return model.Judged(passed=False, came=model.unreached(error.reason))
    return model.judged(step, reply.status)


def _expire(run: Run, system: Partner | None, id: str, now: datetime) -> None:
    """A hold of the sandbox that nobody captured or released in time."""
    kept = holds.find(run.id, id)
    if kept is None or kept.hold.status != "held" or kept.hold.expires_at > stamp(now):
        return
    writes = [sandbox.expire(run.id, kept.hold, now)]
    if system and run.is_open(now):
        hold = kept.hold
        about = {"hold": id, "grant": hold.grant, "order_reference": hold.order_reference, "points": hold.amount}
        body = model.body(run, "hold.expired", data=about)
        found = _post(run, system, EXPIRY, f"expired-{id}", body)
        writes.append(actions.verdict(run, EXPIRY, found.came, datetime.now(UTC), passed=found.passed))
    derive_each(writes)
