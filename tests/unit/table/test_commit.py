"""What a cancelled transaction means: each item has a reason of its own."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from chalicelib.errors import Contended, Unavailable
from chalicelib.table import commit as committing
from chalicelib.table.commit import Failed, _cancelled, commit, write_alone
from chalicelib.table.keys import Key
from chalicelib.table.write import update

NO, CONFLICT, SLOW, FINE = "ConditionalCheckFailed", "TransactionConflict", "ThrottlingError", "None"


def cancelled(*codes: str) -> Any:
    return _cancelled([{"Code": code} for code in codes])


@pytest.mark.parametrize("codes", [(FINE, NO), (FINE, NO, FINE), (FINE, FINE, NO)])
def test_conditions_that_failed_among_free_items_are_certain(codes: tuple[str, ...]) -> None:
    assert cancelled(*codes).failures == [(codes.index(NO), None)]


@pytest.mark.parametrize("held", [CONFLICT, SLOW, "ProvisionedThroughputExceeded"])
def test_a_condition_that_failed_beside_a_held_item_proves_nothing(held: str) -> None:
    for codes in ((held, NO), (held, NO, FINE), (FINE, NO, held), (FINE, held, NO)):
        assert isinstance(cancelled(*codes), Contended)


@pytest.mark.parametrize("held", [CONFLICT, SLOW, FINE])
def test_what_stands_in_the_first_place_is_certain_in_any_company(held: str) -> None:
    assert cancelled(NO, held).failures == [(0, None)]
    assert [position for position, _ in cancelled(NO, held, NO).failures] == [0, 2]


def test_held_items_alone_are_contention() -> None:
    assert isinstance(cancelled(FINE, CONFLICT, SLOW), Contended)


def test_anything_else_is_a_fault_of_ours() -> None:
    assert isinstance(cancelled(FINE, "ValidationError"), RuntimeError)
    assert isinstance(cancelled(FINE, "ValidationError", NO), Failed)


def test_what_stood_where_a_condition_failed_comes_with_it() -> None:
    found = _cancelled([{"Code": FINE}, {"Code": NO, "Item": {"points": {"N": "3"}}}, {}])
    assert isinstance(found, Failed)
    assert found.failures == [(1, {"points": 3})]
    assert "1 condition" in str(found)


def test_a_fault_of_ours_says_what_it_is() -> None:
    assert "ValidationError" in str(cancelled("ValidationError"))


class Client:
    """Answers with an error, or keeps what was sent."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error, self.sent = error, list[Any]()

    def transact_write_items(self, *, TransactItems: list[Any]) -> None:
        self.sent += TransactItems
        if self.error:
            raise self.error


def answered(code: str, status: int | None = 400, **more: Any) -> ClientError:
    metadata = {} if status is None else {"HTTPStatusCode": status}
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": metadata, **more}
    return ClientError(response, "TransactWriteItems")


WRITES = [update(Key("p", str(number)), assign={"a": 1}) for number in range(2)]


def committed(monkeypatch: pytest.MonkeyPatch, error: Exception | None = None) -> Client:
    client = Client(error)
    monkeypatch.setattr(committing, "client", lambda: client)
    commit(WRITES)
    return client


def test_all_writes_are_one_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    assert committed(monkeypatch).sent == [each.request() for each in WRITES]


def test_who_wants_to_know_hears_that_another_held_the_item(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[int] = []
    writes = [replace(each, held=partial(heard.append, number)) for number, each in enumerate(WRITES)]
    for reasons in ([FINE, CONFLICT], [NO, CONFLICT], [NO, FINE], [CONFLICT, SLOW], [FINE]):
        codes = [{"Code": code} for code in reasons]
        client = Client(answered("TransactionCanceledException", CancellationReasons=codes))
        monkeypatch.setattr(committing, "client", partial(lambda client: client, client))
        with pytest.raises((Contended, Failed, RuntimeError)):
            commit(writes)
    assert heard == [1, 1, 0]


@pytest.mark.parametrize(
    ("error", "means"),
    [
        (answered("ThrottlingException"), Contended),
        (answered("TransactionInProgressException"), Contended),
        (answered("InternalServerError", 500), Unavailable),
        (answered("SomethingNew", None), Unavailable),
        (answered("SomethingNew", 503), Unavailable),
        (answered("ValidationException", 400), ClientError),
        (answered("SomethingNew", 499), ClientError),
        (ReadTimeoutError(endpoint_url="x"), Unavailable),
        (answered("TransactionCanceledException", CancellationReasons=[{"Code": NO}]), Failed),
        (answered("TransactionCanceledException", CancellationReasons=[{"Code": CONFLICT}]), Contended),
        (answered("TransactionCanceledException"), Contended),
    ],
    ids=str,
)
def test_what_the_store_answers_means(
    monkeypatch: pytest.MonkeyPatch, error: Exception, means: type[Exception]
) -> None:
    with pytest.raises(means):
        committed(monkeypatch, error)


class Alone:
    """Takes one update, or answers with an error."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error, self.sent = error, list[Any]()

    def update_item(self, **asked: Any) -> None:
        self.sent.append(asked)
        if self.error:
            raise self.error


def alone(monkeypatch: pytest.MonkeyPatch, error: Exception | None = None) -> tuple[bool, list[Any]]:
    client = Alone(error)
    monkeypatch.setattr(committing, "client", lambda: client)
    return write_alone(WRITES[0]), client.sent


def test_an_update_alone_asks_for_nothing_of_the_item(monkeypatch: pytest.MonkeyPatch) -> None:
    done, [sent] = alone(monkeypatch)
    assert done
    assert sent == {name: value for name, value in WRITES[0].request()["Update"].items() if "Return" not in name}


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (answered("TransactionConflictException"), Contended),
        (answered("ThrottlingException"), Contended),
        (answered("InternalServerError", 500), Unavailable),
        (EndpointConnectionError(endpoint_url="x"), Unavailable),
        (answered("AccessDeniedException"), ClientError),
    ],
)
def test_an_update_alone_says_what_stopped_it(
    monkeypatch: pytest.MonkeyPatch, error: Exception, raised: type[Exception]
) -> None:
    with pytest.raises(raised):
        alone(monkeypatch, error)


def test_an_update_alone_whose_condition_fails_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not alone(monkeypatch, answered("ConditionalCheckFailedException"))[0]
