"""A transaction is disturbed in every way that DynamoDB knows: nothing is lost, nothing is done twice."""

import itertools
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from chalicelib.deadline import GATEWAY_SECONDS
from chalicelib.files import client as files
from chalicelib.kernel.settle import ATTEMPTS_MAX
from chalicelib.queues import sender as queues
from chalicelib.signing import remote
from chalicelib.table.client import CONNECT_SECONDS, READ_SECONDS, client
from tests.clock import Clock
from tests.commands import COMMANDS, Ready, send
from tests.prepared import prepared
from tests.store import Interruption, Raw, Store, fault, respond
from tests.world import Answer, World

COMMIT_TRIES = 3  # of botocore, before it gives up


def conflict(store: Store, request: AWSPreparedRequest, asked: Raw) -> AWSResponse:
    """Another transaction is at work on one of the items."""
    reasons = [{"Code": "None"} for _ in asked["TransactItems"]]
    reasons[-1] = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
    return respond(request, 400, fault("TransactionCanceledException", "no") | {"CancellationReasons": reasons})


def throttled_item(store: Store, request: AWSPreparedRequest, asked: Raw) -> AWSResponse:
    reasons = [{"Code": "ThrottlingError", "Message": "slow"} for _ in asked["TransactItems"]]
    return respond(request, 400, fault("TransactionCanceledException", "no") | {"CancellationReasons": reasons})


def throttled(store: Store, request: AWSPreparedRequest, asked: Raw) -> AWSResponse:
    return respond(request, 400, fault("ThrottlingException", "Rate exceeded"))


def provisioned(store: Store, request: AWSPreparedRequest, asked: Raw) -> AWSResponse:
    return respond(request, 400, fault("ProvisionedThroughputExceededException", "slow down"))


def in_progress(store: Store, request: AWSPreparedRequest, asked: Raw) -> AWSResponse:
    return respond(request, 400, fault("TransactionInProgressException", "the same token is at work"))


def broken(store: Store, request: AWSPreparedRequest, asked: Raw) -> AWSResponse:
    return respond(request, 500, fault("InternalServerError", "sorry"))


def done_and_broken(store: Store, request: AWSPreparedRequest, asked: Raw) -> AWSResponse:
    store.perform(request, "TransactWriteItems", asked)
    return broken(store, request, asked)


def unreachable(store: Store, request: AWSPreparedRequest, asked: Raw) -> AWSResponse:
    raise ConnectionClosedError(endpoint_url=str(request.url))


def done_and_lost(store: Store, request: AWSPreparedRequest, asked: Raw) -> AWSResponse:
    store.perform(request, "TransactWriteItems", asked)
    raise ReadTimeoutError(endpoint_url=str(request.url))


def done_and_forgotten(store: Store, request: AWSPreparedRequest, asked: Raw) -> AWSResponse:
    """The answer is lost, and the retry comes when ClientRequestToken is forgotten (it lives ten minutes)."""
    store.perform(request, "TransactWriteItems", {**asked, "ClientRequestToken": ""})
    raise ReadTimeoutError(endpoint_url=str(request.url))


def answer_again(store: Store, request: AWSPreparedRequest, asked: Raw) -> AWSResponse:
    return store.perform(request, "TransactWriteItems", {**asked, "ClientRequestToken": ""})


def _cancelled(request: AWSPreparedRequest, reasons: list[Raw]) -> AWSResponse:
    return respond(request, 400, fault("TransactionCanceledException", "no") | {"CancellationReasons": reasons})


def _failed(store: Store, write: Raw) -> Raw:
    """A condition that does not hold for the item as it stands."""
    [asked] = write.values()
    key = asked.get("Key") or asked["Item"]
    item = store.items.get((key["pk"]["S"], key["sk"]["S"]))
    return {"Code": "ConditionalCheckFailed", "Message": "no"} | ({"Item": item} if item else {})


CONFLICT = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}


def twin_half_seen(store: Store, request: AWSPreparedRequest, asked: Raw) -> AWSResponse:
    """The same request is being committed: its Record is still held, its other items have changed."""
    answer_again(store, request, asked)
    others = asked["TransactItems"][1:]
    return _cancelled(request, [CONFLICT, *(_failed(store, each) for each in others)])


def twin_seen_behind_a_conflict(store: Store, request: AWSPreparedRequest, asked: Raw) -> AWSResponse:
    """The other way round: its Record stands, its other items are still held."""
    answer_again(store, request, asked)
    record, *others = asked["TransactItems"]
    return _cancelled(request, [_failed(store, record), *(CONFLICT for _ in others)])


def twin_just_after(store: Store, request: AWSPreparedRequest, asked: Raw) -> AWSResponse:
    """A condition fails, and then the same request is committed before this one is refused."""
    *others, last = asked["TransactItems"]
    reasons = [*({"Code": "None"} for _ in others), _failed(store, last)]
    answer_again(store, request, asked)
    return _cancelled(request, reasons)


def failed_beside_a_throttle(store: Store, request: AWSPreparedRequest, asked: Raw) -> AWSResponse:
    others = asked["TransactItems"][1:]
    return _cancelled(request, [{"Code": "ThrottlingError"}, *(_failed(store, each) for each in others)])


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)


@pytest.fixture(params=list(COMMANDS))
def ready(request: pytest.FixtureRequest, world: World) -> Ready:
    return prepared(request.param, world)


def done_once(world: World, ready: Ready, before: int) -> None:
    """The key answers now, the same each time, and stands for one Record and one change."""
    first = send(world, ready, key="k")
    after = world.items()
    again = send(world, ready, key="k")
    assert first.status in {200, 201, 202}
    assert (again.status, again.body) == (first.status, first.body)
    assert world.items() == after
    assert len(world.records()) == before + ready.records
    assert books_balance(world)


def books_balance(world: World) -> bool:
    """What accounts and tills hold is what the Records say that they got."""
    held: dict[tuple[str, str], int] = {}
    for record in world.records():
        for source, destination, amount, asset in record.get("postings", ()):
            kind = asset.partition(":")[0]
            for name, signed in ((source, -amount), (destination, amount)):
                held[name, kind] = held.get((name, kind), 0) + signed
    balances = [item for item in world.items() if item["sk"] == {"S": "account"}]
    for item in balances:
        for kind in ("points", "grams"):
            if int(item.get(kind, {"N": 0})["N"]) != held.get((item["pk"]["S"], kind), 0):
                return False
    return True


PASSING = {
    "one conflict": [conflict],
    "conflicts until patience almost ends": [conflict] * (ATTEMPTS_MAX - 1),
    "a throttled item": [throttled_item],
    "throttling": [throttled],
    "throttling of a table": [provisioned],
    "a transaction with the same token at work": [in_progress],
    "an internal error": [broken],
    "two internal errors": [broken] * (COMMIT_TRIES - 1),
    "a closed connection": [unreachable],
    "an answer that is lost": [done_and_lost],
    "an internal error after the commit": [done_and_broken],
    "an answer that is lost and a token that is forgotten": [done_and_forgotten, answer_again],
    "an answer that is lost and every retry": [done_and_lost, unreachable, unreachable],
    "a twin half seen": [twin_half_seen],
    "a twin seen behind a conflict": [twin_seen_behind_a_conflict],
    "a twin just after a condition failed": [twin_just_after],
    "a condition that fails beside a throttled item": [failed_beside_a_throttle],
    "all together": [conflict, throttled, broken, conflict, unreachable, done_and_lost],
}
LASTING: dict[str, tuple[list[Interruption], int, str]] = {
    "conflicts without end": ([conflict] * 1000, 409, "contended"),
    "throttled items without end": ([throttled_item] * 1000, 409, "contended"),
    "throttling without end": ([throttled] * 1000, 409, "contended"),
    "an internal error each time": ([broken] * 1000, 503, "unavailable"),
    "no connection": ([unreachable] * 1000, 503, "unavailable"),
}


@pytest.mark.parametrize("interruptions", PASSING.values(), ids=PASSING)
def test_a_command_survives(world: World, ready: Ready, interruptions: list[Interruption]) -> None:
    before = len(world.records())
    world.store.interruptions = list(interruptions)
    answer = send(world, ready, key="k")
    assert answer.status in {200, 201, 202}, answer
    assert world.store.interruptions == []
    assert send(world, ready, key="k").body == answer.body
    done_once(world, ready, before)


@pytest.mark.parametrize("lasting", LASTING.values(), ids=LASTING)
def test_a_command_is_refused_clearly_and_may_be_sent_again_after(world: World, ready: Ready, lasting: Any) -> None:
    interruptions, status, code = lasting
    before, records = world.items(), len(world.records())
    world.store.interruptions = list(interruptions)
    answer = send(world, ready, key="k")
    assert answer.refused == (status, code)
    assert answer.headers["Retry-After"] == "1"
    assert world.items() == before
    world.store.interruptions = []
    done_once(world, ready, records)


def test_when_nothing_is_known_the_caller_is_told_and_the_next_try_tells(world: World, ready: Ready) -> None:
    """The commit happened, then the store was away altogether."""
    records = len(world.records())

    def done_and_away(store: Store, request: AWSPreparedRequest, asked: Raw) -> AWSResponse:
        if asked["TransactItems"][0].get("Put", {}).get("Item", {}).get("sk") != {"S": "record"}:
            store.interruptions.append(done_and_away)  # a handshake is counted before it is tried
            return answer_again(store, request, asked)
        store.down = True
        return done_and_lost(store, request, asked)

    world.store.interruptions = [done_and_away]
    answer: Answer = send(world, ready, key="k")
    assert answer.refused == (503, "unavailable")
    assert answer.headers["Retry-After"] == "1"
    world.store.down = False
    assert len(world.records()) > records
    if ready.records == 1:  # else the rest is done now
        assert send(world, ready, key="k").headers["Idempotent-Replayed"] == "true"
    done_once(world, ready, records)


@pytest.mark.parametrize("answered", range(3))
def test_a_store_that_hangs_is_told_of_before_the_function_ends(
    world: World, ready: Ready, monkeypatch: pytest.MonkeyPatch, answered: int
) -> None:
    """It answers so many requests, and then no more: each try waits for as long as it may."""
    records, clock, asked = len(world.records()), Clock.installed(monkeypatch), itertools.count()

    def hang(request: AWSPreparedRequest, **_: Any) -> None:
        if next(asked) >= answered:
            clock.pass_by(CONNECT_SECONDS + READ_SECONDS)
            raise ReadTimeoutError(endpoint_url=str(request.url))

    client().meta.events.register("before-send.dynamodb", hang)
    began = clock.now
    answer: Answer = send(world, ready, key="k")
    client().meta.events.unregister("before-send.dynamodb", hang)
    if answer.status < 300:
        return  # it needed no more requests
    assert answer.refused == (503, "unavailable")
    assert answer.headers["Retry-After"] == "1"
    assert clock.now - began <= GATEWAY_SECONDS - 2
    done_once(world, ready, records)


@pytest.mark.parametrize("beside", [files, queues, remote], ids=["S3", "SQS", "KMS"])
def test_a_request_is_answered_in_time_while_a_service_beside_the_store_hangs(
    world: World, ready: Ready, monkeypatch: pytest.MonkeyPatch, beside: Any
) -> None:
    """Either the request can do without it, or it is refused, and does all of it once the service is back."""
    records, clock = len(world.records()), Clock.installed(monkeypatch)
    made = beside.client()
    service, config = made.meta.service_model.service_name, made.meta.config

    def hang(request: AWSPreparedRequest, **_: Any) -> None:
        clock.pass_by(config.connect_timeout + config.read_timeout)
        raise ReadTimeoutError(endpoint_url=str(request.url))

    made.meta.events.register(f"before-send.{service}", hang)
    began = clock.now
    answer: Answer = send(world, ready, key="k")
    made.meta.events.unregister(f"before-send.{service}", hang)
    assert clock.now - began <= GATEWAY_SECONDS - 2
    if answer.status >= 300:
        assert answer.refused == (503, "unavailable")
        assert answer.headers["Retry-After"] == "1"
    done_once(world, ready, records)


def test_a_query_while_the_store_is_away_is_refused_clearly(world: World) -> None:
    world.person()
    world.store.down = True
    for path in ("/v1/accounts/me", "/v1/accounts/me/entries"):
        answer = world.get(path, role="individual", sub="alice")
        assert answer.refused == (503, "unavailable")
        assert answer.headers["Retry-After"] == "1"
    for path in ("/v1/offers", "/v1/offers/x", "/v1/supply", "/v1/scenarios"):
        assert world.get(path).refused == (503, "unavailable")
    assert world.get("/v1/health").status == 200
