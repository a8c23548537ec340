"""What is asked and answered about conformance runs, what is sent in them, and what an answer is worth. Pure."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

from chalicelib.conformance.checks import REFUSED, SLOW_MILLISECONDS, STEPS_OF_RUN, TOO_SLOW, Step, nothing_came
from chalicelib.conformance.items import Run, Verdict
from chalicelib.errors import Text
from chalicelib.kernel.fields import Answer, Paged, Time, example
from chalicelib.partners.handshake import REASONS
from chalicelib.partners.model import WEBHOOKS, Webhook

RUNS_A_DAY = 10
State = Literal["passed", "failed", "waiting", "skipped"]
RunStatus = Literal["running", "passed", "failed"]

_ID = "k3v5zq6x7n4m2p8r9s0t1u2w3y"
_STEP: dict[str, Any] = {
    "name": "wrong_key",
    "state": "failed",
    "expected": "An event that another key has signed is answered with 4xx",
    "expected_zh": "以 4xx 拒绝由其他密钥签名的事件",
    "came": "It answered 204.",
    "came_zh": "应答状态码为 204。",
    "fix": "Verify webhook-signature over the bytes as received.",
    "fix_zh": "请对收到的原始字节验证 webhook-signature。",
    "milliseconds": 41,
    "at": "2026-01-31T08:00:01.000Z",
}
_RUN: dict[str, Any] = {
    "id": _ID,
    "merchant": _ID,
    "status": "failed",
    "started_at": "2026-01-31T08:00:00.000Z",
    "ends_at": "2026-01-31T08:10:00.000Z",
    "finished_at": "2026-01-31T08:01:00.000Z",
    "sandbox": f"/sandbox/{_ID}",
    "passed": 23,
    "failed": 1,
    "waiting": 0,
    "skipped": 2,
}


class RunParams(Paged):
    """Pages of a merchant's runs."""


class StepAnswer(Answer):
    """One step: what was expected, what came, and how to fix it (null where nothing is to be fixed)."""

    model_config = example(**_STEP)

    name: str
    state: State
    expected: str
    expected_zh: str
    came: str | None
    came_zh: str | None
    fix: str | None
    fix_zh: str | None
    milliseconds: int | None
    at: Time | None


class RunSummary(Answer):
    """A conformance run, and how many of its steps passed, failed, wait or were skipped. ``sandbox``: before paths."""

    model_config = example(**_RUN)

    id: str
    merchant: str
    status: RunStatus
    started_at: Time
    ends_at: Time
    finished_at: Time | None
    sandbox: str
    passed: int
    failed: int
    waiting: int
    skipped: int


class RunAnswer(RunSummary):
    """A conformance run with its steps."""

    model_config = example(**_RUN, steps=[_STEP])

    steps: list[StepAnswer]


def to_answer(run: Run, verdicts: Mapping[str, Verdict], now: datetime) -> RunAnswer:
    """A run as it stands at ``now``."""
    is_open = run.is_open(now)
    tried = not verdicts or any(each.passed for each in verdicts.values())
    steps = [_step(each, verdicts.get(each.name), is_open=is_open, tried=tried) for each in STEPS_OF_RUN]
    states = [each.state for each in steps]
    over: RunStatus = "passed" if set(states) <= {"passed", "skipped"} else "failed"
    return RunAnswer(
        id=run.id,
        merchant=run.merchant,
        status="running" if is_open else over,
        started_at=run.started_at,
        ends_at=run.ends_at,
        finished_at=run.finished_at,
        sandbox=f"/sandbox/{run.id}",
        passed=states.count("passed"),
        failed=states.count("failed"),
        waiting=states.count("waiting"),
        skipped=states.count("skipped"),
        steps=steps,
    )


def summary(run: Run, verdicts: Mapping[str, Verdict], now: datetime) -> RunSummary:
    """The same without its steps."""
    return RunSummary.model_validate(to_answer(run, verdicts, now).model_dump(exclude={"steps"}))


def _step(step: Step, verdict: Verdict | None, *, is_open: bool, tried: bool) -> StepAnswer:
    state: State = "waiting" if is_open else "skipped" if step.optional else "failed"
    came = None if is_open else nothing_came(step, tried=tried)
    fix: Text | None = None if state == "skipped" else step.fix
    if verdict:
        state, came = "passed" if verdict.passed else "failed", verdict.came
        slow = (verdict.milliseconds or 0) > SLOW_MILLISECONDS
        fix = (TOO_SLOW if slow else None) if verdict.passed else step.fix
    return StepAnswer(
        name=step.name,
        state=state,
        expected=step.expected.en,
        expected_zh=step.expected.zh,
        came=came.en if came else None,
        came_zh=came.zh if came else None,
        fix=fix.en if fix else None,
        fix_zh=fix.zh if fix else None,
        milliseconds=verdict.milliseconds if verdict else None,
        at=verdict.at if verdict else None,
    )


class Judged(NamedTuple):
    """What an answer of the merchant's system is worth, and what it was."""

    passed: bool
    came: Text


def judged(step: str, status: int) -> Judged:
    """An answer to a test webhook: 2xx; where it must be refused 4xx, but neither 410, which ends webhooks, nor 429."""
    came = Text(f"It answered {status}.", f"应答状态码为 {status}。")
    if step in REFUSED:
        return Judged(400 <= status < 500 and status not in (410, 429), came)
    return Judged(200 <= status < 300, came)


def unreached(reason: str) -> Text:
    """Why there was no answer; ``reason`` is one of partners/handshake.py."""
    why = REASONS[reason]
    return Text(f"{why.en}.", f"{why.zh}。")


_SAMPLES: dict[str, Any] = {
    "account": "test-account",
    "offer": "test-offer",
    "grant": "test-grant",
    "order_reference": "test-order",
    "reference": "test-person",
    "object": "test-order",
    "kind": "redemption",
    "reason": "not_delivered",
    "quantity": 1,
    "points": 3000,
    "captured_points": 0,
    "refunded_points": 0,
    "withdrawn_by": "individual",
    "days_left": 30,
    "name": "上海新示例商贸有限公司",
}
_STATUS = {"dispute.opened": "awaiting_answer", "dispute.ruled": "upheld"}  # of others: what their type ends with
_TYPES: dict[str, Webhook] = {each.type: each for each in WEBHOOKS.values()}


def body(run: Run, type: str, about: str = "1", data: Mapping[str, Any] | None = None) -> bytes:
    """A test event: what an event of this type looks like, with ids that name nothing; the same for every try."""
    fields: dict[str, Any] = {"merchant": run.merchant}
    if known := _TYPES.get(type):
        named = {} if known.subject == "merchant" else {known.subject: f"test-{known.subject}-{about}"}
        begun, ends, late = run.started_at, run.ends_at, {"code": "orders_late", "since": run.started_at}
        sample = _SAMPLES | {"answer_by": ends, "rule_by": ends, "ends_on": ends[:10], "at": begun, "duties": [late]}
        sample["status"] = _STATUS.get(type, type.rpartition(".")[2])
        fields |= named | {name: sample[name] for name in known.fields}
    event = {"type": type, "timestamp": run.started_at, "test": True, "data": fields | dict(data or {})}
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
