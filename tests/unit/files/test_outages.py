"""Where S3 is away, whoever needs a file learns so as where the table is: nothing is wrong with what was asked."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from chalicelib.errors import Unavailable
from chalicelib.files import parts, store


def answer(code: str, status: int) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "HeadObject")  # type: ignore[typeddict-item]


class Failing:
    """A client whose every call fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, _: str) -> Callable[..., Any]:
        def fails(**_: Any) -> Any:
            raise self._error

        return fails


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    def fail(error: Exception) -> None:
        for module in (store, parts):
            monkeypatch.setattr(module, "client", lambda: Failing(error))

    return fail


ASKING: dict[str, Callable[[], Any]] = {
    "fetch": lambda: store.fetch("a", bytes_max=1),
    "read": lambda: store.read("a"),
    "stat": lambda: store.stat("a"),
    "stream": lambda: store.stream("a").read(),
    "listed": lambda: store.listed("a"),
    "put": lambda: store.put("a", b"", content_type="text/plain"),
    "put_first": lambda: store.put_first("a", b"", content_type="text/plain"),
    "copy": lambda: store.copy("a", "b", wanted="e"),
    "parts": lambda: parts.Parts("a", "text/plain").add(b"x" * parts.PART_BYTES),
}


@pytest.mark.parametrize("ask", ASKING.values(), ids=ASKING)
@pytest.mark.parametrize(
    "error",
    [EndpointConnectionError(endpoint_url="s3"), answer("InternalError", 500), answer("SlowDown", 503)],
    ids=lambda error: type(error).__name__ + str(error)[-40:],
)
def test_s3_that_is_away_is_unavailable(failing: Callable[[Exception], None], ask: Any, error: Exception) -> None:
    failing(error)
    with pytest.raises(Unavailable):
        ask()


def test_what_s3_refuses_is_a_fault_of_ours(failing: Callable[[Exception], None]) -> None:
    failing(answer("AccessDenied", 403))
    with pytest.raises(ClientError):
        store.stat("a")


def test_what_is_not_there_is_none(failing: Callable[[Exception], None]) -> None:
    failing(answer("404", 404))
    assert store.stat("a") is None
    assert store.fetch("a", bytes_max=1) is None
