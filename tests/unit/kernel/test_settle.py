"""A Command has one Record: who is retried, who is refused, and who gets the answer that stands."""

import random
from collections.abc import Callable
from datetime import UTC
from typing import Any

import pytest

from chalicelib import log
from chalicelib.errors import Contended, IdempotencyKeyReused, InvalidState, NotFound, Refusal, Unavailable
from chalicelib.kernel import settle as settling
from chalicelib.kernel.decision import Command, Decision, record_of
from chalicelib.kernel.fields import Empty
from chalicelib.kernel.record import Fingerprint, Record
from chalicelib.kernel.settle import ATTEMPTS_MAX, OVERTAKEN_MAX, Settled, conclude, derive, derive_each, derive_once
from chalicelib.ledger.actions import InsufficientPoints, StatementsBehind
from chalicelib.mall.model import Swept
from chalicelib.table import keys, read
from chalicelib.table.commit import Failed
from chalicelib.table.keys import Key
from chalicelib.table.row import dump
from chalicelib.table.write import Write, update
from tests.unit.decisions import ID, command

ASKED = Fingerprint("asked")
ANSWER = Swept(till="t", merchant="m", points=7)
HERE, THERE = Key("here", "x"), Key("there", "x")
Outcome = Exception | None


class Table:
    """What commits come to, in turn (the last one again and again), and what is read."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = [None]
        self.commits: list[list[Write]] = []
        self.stands: Record | None = None
        self.pauses: list[float] = []
        self.logged: list[str] = []
        self.fields: list[dict[str, Any]] = []

    def commit(self, writes: list[Write]) -> None:
        self.commits.append(list(writes))
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if outcome:
            raise outcome

    def emit(self, what: str, **fields: Any) -> None:
        self.logged.append(what)
        self.fields.append(fields)

    def get(self, key: Key, kind: type[Any]) -> Record | None:
        assert (key, kind) == (keys.record(ID), Record)
        return self.stands


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Table:
    made = Table()
    monkeypatch.setattr(settling, "commit", made.commit)
    monkeypatch.setattr(read, "get", made.get)
    monkeypatch.setattr(settling, "pause", made.pauses.append)
    monkeypatch.setattr(log, "emit", made.emit)
    monkeypatch.setattr(log, "count", made.logged.append)
    return made


def write(key: Key, refusal: Refusal | None = None) -> Write:
    return update(key, assign={"a": 1}, refuse=lambda _: refusal or Contended())


def decision(*writes: Write, **more: Any) -> Decision:
    return Decision("swept", ANSWER, writes or (write(HERE),), **more)


def record(asked: Command[Any] | None = None, fingerprint: str = "asked") -> Record:
    return record_of(asked or command(), decision(), 201, fingerprint)


def settle(decide: Callable[[], Decision] = decision) -> Settled:
    return settling.settle(command(), decide, 201, ASKED)


def refused(decide: Callable[[], Decision] = decision) -> Refusal:
    with pytest.raises(Refusal) as found:
        settle(decide)
    return found.value


def test_a_decision_is_committed_with_its_record_in_front(table: Table) -> None:
    assert settle(lambda: decision(metrics={"Swept": 1})) == Settled(201, ANSWER.model_dump_json(), replayed=False)
    [[first, second]] = table.commits
    assert (first.key, second.key) == (keys.record(ID), HERE)
    assert first.item == dump(record())
    assert (table.logged, table.pauses) == (["swept"], [])
    assert table.fields == [{"record": ID, "metrics": {"Swept": 1}}]


def test_without_metrics_nothing_is_logged(table: Table) -> None:
    settle()
    assert table.logged == []


def test_what_stands_answers_instead_whoever_comes_second(table: Table) -> None:
    table.outcomes = [Failed([(0, dump(record()))])]
    assert settle() == Settled(201, ANSWER.model_dump_json(), replayed=True)
    assert len(table.commits) == 1


@pytest.mark.parametrize(
    "stands",
    [
        dump(record(fingerprint="something else")),
        dump(record(command(role="institution"))),
        dump(record(command(sub="bob"))),
        None,
    ],
    ids=["another request", "another role", "another caller", "nothing that is readable"],
)
def test_a_key_of_another_request_answers_nothing(table: Table, stands: Any) -> None:
    table.outcomes = [Failed([(0, stands), (1, None)])]
    assert isinstance(refused(), IdempotencyKeyReused)
    assert len(table.commits) == 1


def test_contention_is_waited_out_with_growing_patience(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: high - low)
    assert type(refused(lambda: _raise(Contended()))) is Contended
    assert len(table.pauses) == ATTEMPTS_MAX
    assert table.pauses == [min(0.3, 0.005 * 2**each) for each in range(ATTEMPTS_MAX)]
    assert table.logged == ["Retries"] * ATTEMPTS_MAX


def test_contention_that_ends_is_no_refusal(table: Table) -> None:
    table.outcomes = [Contended(), Contended(), None]
    assert settle().replayed is False
    assert len(table.commits) == 3


def test_who_waits_for_minutes_is_not_retried(table: Table) -> None:
    assert isinstance(refused(lambda: _raise(StatementsBehind(unfiled=500))), StatementsBehind)
    assert table.pauses == []


def test_an_unknown_outcome_is_looked_up_and_told(table: Table) -> None:
    table.outcomes = [Unavailable()]
    assert isinstance(refused(), Unavailable)
    table.stands = record()
    assert settle().replayed is True


def test_a_state_that_moved_is_decided_on_again_a_few_times(table: Table) -> None:
    state = InvalidState(state="swept", action="sweep")
    table.outcomes = [Failed([(1, {"a": 1})])]
    assert refused(lambda: decision(write(HERE, state))) is state
    assert len(table.commits) == OVERTAKEN_MAX


def test_a_state_that_was_read_as_such_is_final(table: Table) -> None:
    calls: list[int] = []

    def decide() -> Decision:
        calls.append(1)
        raise InvalidState(state="swept", action="sweep")

    assert isinstance(refused(decide), InvalidState)
    assert len(calls) == 1


def test_the_first_failed_write_refuses_unless_something_is_not_there(table: Table) -> None:
    short, gone = InsufficientPoints(needed=1, available=0), NotFound()
    both = (write(HERE, short), write(THERE, gone))
    table.outcomes = [Failed([(1, None)])]
    assert refused(lambda: decision(*both)) is short
    table.outcomes = [Failed([(2, None)])]
    assert refused(lambda: decision(*both)) is gone
    table.outcomes = [Failed([(1, None), (2, None)])]
    assert refused(lambda: decision(*both)) is gone
    table.outcomes = [Failed([(1, None), (2, None)])]
    assert refused(lambda: decision(write(HERE, short), write(THERE, Contended()))) is short


def test_a_refused_write_gets_the_item_as_it_stood(table: Table) -> None:
    seen: list[Any] = []

    def why(item: Any) -> Refusal:
        seen.append(item)
        return NotFound()

    table.outcomes = [Failed([(1, {"points": 3})])]
    refused(lambda: decision(update(HERE, assign={"a": 1}, refuse=why)))
    assert seen == [{"points": 3}]


def test_no_refusal_leaves_before_the_record_was_looked_for(table: Table) -> None:
    table.stands = record()
    assert settle(lambda: _raise(InsufficientPoints(needed=1, available=0))).replayed is True
    table.stands = record(fingerprint="something else")
    assert isinstance(refused(lambda: _raise(NotFound())), IdempotencyKeyReused)


def _raise(error: Exception) -> Any:
    raise error


def prepared(decide: Callable[[str], Decision], prepare: Callable[[], str] = lambda: "made") -> Settled:
    return settling.settle_prepared(command(), prepare, decide, 202, ASKED)


def test_effects_are_caused_once_though_the_decision_runs_again(table: Table) -> None:
    made, given = [], []
    table.outcomes = [Contended(), None]

    def prepare() -> str:
        made.append(1)
        return "made"

    def decide(what: str) -> Decision:
        given.append(what)
        return decision()

    assert prepared(decide, prepare).status == 202
    assert (made, given) == ([1], ["made", "made"])


def test_a_replay_causes_no_effect(table: Table) -> None:
    table.stands = record()
    assert prepared(lambda _: decision(), lambda: _raise(AssertionError())) == Settled(
        201, ANSWER.model_dump_json(), replayed=True
    )


def test_an_effect_that_is_refused_refuses_or_answers_what_came_meanwhile(table: Table) -> None:
    with pytest.raises(NotFound):
        prepared(lambda _: decision(), lambda: _raise(NotFound()))
    assert table.commits == []

    def overtaken() -> str:
        table.stands = record()
        raise NotFound()

    assert prepared(lambda _: decision(), overtaken).replayed is True


def test_what_no_caller_asked_for_is_done_under_its_own_name(table: Table) -> None:
    asked: list[Command[Empty]] = []

    def decide(command: Command[Empty]) -> Decision:
        asked.append(command)
        return decision()

    assert settling.perform("name", decide).status == 200
    [[first, _]] = table.commits
    assert (asked[0].id, asked[0].caller.role, first.key) == ("name", "system", keys.record("name"))
    assert (asked[0].body, asked[0].now.tzinfo) == (Empty(), UTC)
    assert first.item["fingerprint"] == "name"


def outcome(refusal: Refusal) -> Decision:
    return Decision("refused", Swept(till=refusal.code, merchant="", points=0))


def concluded(decide: Callable[[], Decision], **options: Any) -> Settled:
    return conclude(command(), decide, outcome, **options)


def test_an_outcome_is_kept_for_ever_also_where_it_is_a_refusal(table: Table) -> None:
    assert concluded(decision) == Settled(201, ANSWER.model_dump_json(), replayed=False)
    refusal = concluded(lambda: _raise(NotFound()), fingerprint="what was sent")
    assert (refusal.status, refusal.replayed) == (404, False)
    assert "not_found" in refusal.answer
    assert [each[0].item["fingerprint"] for each in table.commits] == [ID, "what was sent"]


@pytest.mark.parametrize("error", [Contended(), StatementsBehind(unfiled=1), Unavailable()])
def test_what_is_not_decided_yet_is_no_outcome(table: Table, error: Refusal) -> None:
    with pytest.raises(type(error)):
        concluded(lambda: _raise(error))
    assert table.commits == []


def test_something_else_under_the_same_id_is_no_outcome_either(table: Table) -> None:
    table.outcomes = [Failed([(0, dump(record()))])]
    with pytest.raises(IdempotencyKeyReused):
        concluded(decision, fingerprint="something else")


def test_what_follows_from_records_is_done_or_was(table: Table) -> None:
    assert derive(write(HERE)) == settling.Derived(done=True)
    table.outcomes = [Failed([(0, {"pk": "here", "sk": "x"})])]
    found = derive(write(HERE))
    assert found.done is False
    assert found.stood is not None
    assert found.stood.key == HERE
    table.outcomes = [Failed([(0, None)])]
    assert derive(write(HERE)) == settling.Derived(done=False, stood=None)


def test_of_many_those_are_done_whose_mark_did_not_stand(table: Table) -> None:
    table.outcomes = [Failed([(1, None)]), None]
    marked = [(write(Key(str(n), "x")), n) for n in range(3)]
    assert derive_once(marked, lambda things: [write(Key(f"after {things}", "x"))]) == [0, 2]
    assert [[each.key.pk for each in some] for some in table.commits] == [
        ["0", "1", "2", "after [0, 1, 2]"],
        ["0", "2", "after [0, 2]"],
    ]


def test_many_are_done_fifty_at_a_time(table: Table) -> None:
    writes = [write(Key(str(n), "x")) for n in range(101)]
    assert derive_each(writes) == writes
    assert [len(some) for some in table.commits] == [50, 50, 1]


def test_where_all_stood_nothing_is_done(table: Table) -> None:
    table.outcomes = [Failed([(0, None), (1, None)])]
    assert derive_each([write(HERE), write(THERE)]) == []
    assert len(table.commits) == 1
