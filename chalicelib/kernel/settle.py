"""From a Command to its Record, once for ever: decide, commit, or answer what was decided before."""

import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

from chalicelib import log
from chalicelib.deadline import pause
from chalicelib.errors import (
    Contended,
    IdempotencyKeyReused,
    InvalidState,
    NotFound,
    Refusal,
    Unauthenticated,
    Unavailable,
)
from chalicelib.kernel.caller import Caller
from chalicelib.kernel.decision import Command, Decision, record_of
from chalicelib.kernel.fields import Empty
from chalicelib.kernel.record import Fingerprint, Record, item_of
from chalicelib.table import keys, read
from chalicelib.table.commit import Failed, commit
from chalicelib.table.row import Row, load
from chalicelib.table.write import Write, put

_TOGETHER = 50  # Writes a transaction that have nothing to do with each other
OVERTAKEN_MAX = 3  # decisions on a state that another changed; some conditions do not depend on what was read
ATTEMPTS_MAX = 10  # about a second of patience under contention, then the caller is refused
SYSTEM_CALLER = Caller("system", "system")  # what the schedule and the stream do

T = TypeVar("T")


class _Overtaken(Exception):
    """The state was not the one that was decided on. ``refusal``: what that means, unless the new one allows it."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal


class Settled(NamedTuple):
    """The answer on the Record, whether it stood there already, and whether reactions get it though no value moved."""

    status: int
    answer: str
    replayed: bool
    published: bool = False


def settle(
    command: Command[Any], decide: Callable[[], Decision], status: int, fingerprint: Fingerprint, pause_max: float = 0.3
) -> Settled:
    """Decide and commit, again while others are in the way; a Record that stands already answers instead.

    A state that changed between a decision and its commit refuses nothing by itself: the new state is decided on.
    No refusal leaves before the Record is known to be absent, as of later than what was refused: the same request may
    have been committed meanwhile, and then its own change is what this one was refused for. Who does not prove the
    request gets no stored answer either. Pauses between tries grow up to ``pause_max`` seconds.

    Raises the Refusal of the first Write whose condition failed, or of the decision itself;
    IdempotencyKeyReused where the Record was made by another request; Contended when patience ends.
    """
    refusal: Refusal = Contended()
    overtaken = 0
    for attempt in range(ATTEMPTS_MAX):
        try:
            return _attempt(command, decide, status, fingerprint)
        except (IdempotencyKeyReused, Unauthenticated):
            raise
        except _Overtaken as found:
            refusal, overtaken = found.refusal, overtaken + 1
            again = overtaken < OVERTAKEN_MAX
        except Refusal as refused:
            refusal, again = refused, isinstance(refused, Contended) and refused.again
        if not again:
            break
        log.count("Retries")
        pause(random.uniform(0, min(pause_max, 0.005 * 2**attempt)))
    return _replayed(command, fingerprint, refusal)


def settle_prepared(
    command: Command[Any],
    prepare: Callable[[], T],
    decide: Callable[[T], Decision],
    status: int,
    fingerprint: Fingerprint,
) -> Settled:
    """Like ``settle``, for a decision that needs effects outside the table: ``prepare`` causes them once, before it.
    The decision may run again with what they gave. A replay finds its Record first and causes none. A crash, or a
    refusal of the decision, leaves the effects without a Record: they must be harmless then.
    """
    if stored := read.get(keys.record(command.id), Record):
        return _stored(stored, command.caller, fingerprint)
    try:
        prepared = prepare()
    except Refusal as refusal:
        return _replayed(command, fingerprint, refusal)
    return settle(command, lambda: decide(prepared), status, fingerprint)


def _replayed(command: Command[Any], fingerprint: Fingerprint, refusal: Refusal) -> Settled:
    """The answer of the Record, if it stands by now. Raises ``refusal`` where it does not."""
    if stored := read.get(keys.record(command.id), Record):
        return _stored(stored, command.caller, fingerprint)
    raise refusal


def _attempt(command: Command[Any], decide: Callable[[], Decision], status: int, fingerprint: Fingerprint) -> Settled:
    decision = decide()
    record = record_of(command, decision, status, fingerprint.kept)
    try:
        commit([put(keys.record(command.id), item_of(record)), *decision.writes])
    except Failed as failed:
        position, old = failed.failures[0]
        if position == 0:
            return _stored(load(Record, old) if old else None, command.caller, fingerprint)
        refusal = _foremost([decision.writes[each - 1].refuse(item) for each, item in failed.failures])
        raise (_Overtaken(refusal) if isinstance(refusal, InvalidState) else refusal) from None
    if decision.metrics:
        log.emit(decision.kind, record=command.id, metrics=decision.metrics)
    return Settled(status, record.answer, replayed=False, published=decision.publish)


def _foremost(refusals: list[Refusal]) -> Refusal:
    """What does not exist comes first, so the answer is the same whatever else is in the way."""
    return next((each for each in refusals if isinstance(each, NotFound)), refusals[0])


def _stored(record: Record | None, caller: Caller, fingerprint: Fingerprint) -> Settled:
    """The answer of a Record, to the caller in the role that made it: a Record's id does not name the role."""
    if record is None or not fingerprint.matches(record.fingerprint) or not caller.made(record):
        raise IdempotencyKeyReused()
    return Settled(record.status, record.answer, replayed=True, published=bool(record.publish))


def perform(record: str, decide: Callable[[Command[Empty]], Decision], pause_max: float = 0.3) -> Settled:
    """A change that no caller asked for. ``record`` names it, so it is done once however often it is tried."""
    command = Command(SYSTEM_CALLER, Empty(), record, datetime.now(UTC))
    return settle(command, lambda: decide(command), 200, Fingerprint(record), pause_max)


def conclude(
    command: Command[Any], decide: Callable[[], Decision], refused: Callable[[Refusal], Decision], fingerprint: str = ""
) -> Settled:
    """Like ``settle``, but the refusal too is kept for ever, as ``refused`` words it: there is no caller to fix it.

    So a command has one outcome, whoever tries it, when and however often. ``fingerprint`` is of what was sent, where
    the command's id does not follow from that. Raises Contended and Unavailable: it has none yet, try again;
    IdempotencyKeyReused where something else was sent under its id.
    """
    sent = Fingerprint(fingerprint or command.id)
    try:
        return settle(command, decide, 201, sent)
    except (Contended, Unavailable, IdempotencyKeyReused):
        raise
    except Refusal as refusal:
        outcome = refused(refusal)
        return settle(command, lambda: outcome, refusal.status, sent)


class Derived(NamedTuple):
    """Whether Writes were done now; where a condition did not hold, the item as it stood (None: there is none)."""

    done: bool
    stood: Row | None = None


def derive(*writes: Write) -> Derived:
    """Commit Writes that need no Record: all they keep follows from what is kept. Raises Contended, Unavailable."""
    try:
        commit(writes)
    except Failed as failed:
        stood = failed.failures[0][1]
        return Derived(done=False, stood=Row(stood) if stood else None)
    return Derived(done=True)


def derive_each(writes: Iterable[Write]) -> list[Write]:
    """The same for Writes to different items that do not depend on each other: those whose condition held."""
    return derive_once((write, write) for write in writes)


def derive_once(marked: Iterable[tuple[Write, T]], follows: Callable[[list[T]], list[Write]] = lambda _: []) -> list[T]:
    """The things whose marks did not stand, marked with what ``follows`` from them. Some may be done when it raises."""
    waiting, done = list(marked), []
    for start in range(0, len(waiting), _TOGETHER):
        some = waiting[start : start + _TOGETHER]
        while some:
            try:
                commit([*(mark for mark, _ in some), *follows([thing for _, thing in some])])
                break
            except Failed as failed:
                refused = {position for position, _ in failed.failures}
                some = [each for position, each in enumerate(some) if position not in refused]
        done += [thing for _, thing in some]
    return done
