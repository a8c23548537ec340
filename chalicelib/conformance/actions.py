"""A run begins, gets its verdicts, and ends. Nothing here touches value."""

from datetime import datetime, timedelta

from chalicelib.conformance.checks import CALLS, DELIVERIES
from chalicelib.conformance.items import KEPT, LASTS, Head, Pointer, Run, Verdict, due
from chalicelib.conformance.model import RUNS_A_DAY, summary
from chalicelib.errors import InvalidState, LimitReached, Text
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, stamp
from chalicelib.kernel.record import Facts
from chalicelib.partners.items import Partner
from chalicelib.shanghai import clock
from chalicelib.table import keys, lists
from chalicelib.table.write import Attr, Write, absent, put, update

STARTED = "conformance_started"
LEASE = timedelta(seconds=20)  # longer than the two webhooks of one step


class RunsToday(LimitReached):
    detail = Text(
        "At most {limit} conformance runs a day (Asia/Shanghai); {held} were made today.",
        "每日（北京时间）最多可进行 {limit} 次对接测试，今日已进行 {held} 次。",
    )
    remedy = Text("Wait until tomorrow.", "请次日再试。")


class NoSystem(InvalidState):
    detail = Text("The merchant has registered no system to test.", "该权益方尚未登记可供测试的系统。")
    remedy = Text(
        "Register it with POST /v1/merchants/{id}/integration.",
        "请通过 POST /v1/merchants/{id}/integration 登记系统。",
    )


class SystemDisabled(InvalidState):
    detail = Text(
        "The merchant's system answered 410 and gets no webhooks.", "该权益方系统曾应答 410，已停止接收通知。"
    )
    remedy = Text(
        "Register it again with POST /v1/merchants/{id}/integration.",
        "请通过 POST /v1/merchants/{id}/integration 重新登记系统。",
    )


class RunLasts(InvalidState):
    detail = Text("The run {run} has not ended yet.", "对接测试 {run} 尚未结束。")
    remedy = Text(
        "Read it with GET /v1/merchants/{id}/conformance/{run}: it ends by itself within minutes.",
        "请通过 GET /v1/merchants/{id}/conformance/{run} 查询，测试将在数分钟内自动结束。",
    )


def start(command: Command[Empty], merchant: str, system: Partner | None, head: Head | None) -> Decision:
    """The system of ``merchant`` is tried from now on. ``head``: its latest run, as read.

    Raises NoSystem, SystemDisabled, RunLasts, RunsToday.
    """
    if system is None:
        raise NoSystem(state="none", action="test")
    if system.disabled_at:
        raise SystemDisabled(state="ended", action="test")
    if head and head.ends_at > command.at:
        raise RunLasts(run=head.run, state="running", action="test")
    today = f"{clock(command.now):%Y-%m-%d}"
    before = head.runs if head and head.day == today else 0
    if before >= RUNS_A_DAY:
        raise RunsToday(limit=RUNS_A_DAY, held=before)
    run = _new(command, merchant)
    latest = Head(run=run.id, ends_at=run.ends_at, day=today, runs=before + 1)
    writes = (
        put(keys.conformance_head(merchant), latest, require=Attr("run").eq(head.run) if head else absent()),
        put(keys.conformance(run.id), run, listed=due(run.due_at, run.id)),
        put(keys.conformance_of(merchant, f"{command.at}:{run.id}"), Pointer(run.id, run.expires_at)),
    )
    facts = Facts(merchant=merchant, conformance=run.id)
    return Decision(STARTED, summary(run, {}, command.now), writes, facts, publish=True)


def _new(command: Command[Empty], merchant: str) -> Run:
    return Run(
        id=keys.digest("conformance", command.id),
        merchant=merchant,
        started_at=command.at,
        ends_at=stamp(command.now + LASTS),
        due_at=command.at,
        expires_at=int((command.now + KEPT).timestamp()),
    )


def claim(run: Run, now: datetime) -> Write:
    """Of two workers one sends the next webhook; after a crash it is sent again."""
    until = stamp(now + LEASE)
    unchanged = Attr("due_at").eq(run.due_at) & Attr("finished_at").not_exists()
    return update(keys.conformance(run.id), assign={"due_at": until}, listed=due(until, run.id), require=unchanged)


def proceed(run: Run, step: str, now: datetime) -> Write:
    """The next webhook is due at once, or after the last one the end of the run."""
    at = run.ends_at if step == DELIVERIES[-1].name else stamp(now)
    going = Attr("finished_at").not_exists()
    return update(keys.conformance(run.id), assign={"due_at": at}, listed=due(at, run.id), require=going)


def finish(run: Run, now: datetime) -> tuple[Write, Write]:
    """It has ended, and another one may begin."""
    at = stamp(now)
    ended = {"finished_at": at}
    once = Attr("finished_at").not_exists()
    latest = Attr("run").eq(run.id)
    return (
        update(keys.conformance(run.id), assign=ended, remove=lists.UNLISTED, require=once),
        update(keys.conformance_head(run.merchant), assign={"ends_at": at}, require=latest),
    )


def verdict(run: Run, step: str, came: Text, now: datetime, *, passed: bool, milliseconds: int | None = None) -> Write:
    """What ``step`` came to. A call that was refused may be sent again, and pass; what has passed stays so."""
    found = Verdict(
        step=step, passed=passed, came=came, at=stamp(now), expires_at=run.expires_at, milliseconds=milliseconds
    )
    free = absent() | Attr("passed").eq(False)
    if passed and step in {each.name for each in CALLS}:
        free = free | Attr("passed").eq(True)
    return put(keys.conformance_verdict(run.id, step), found, require=free)
