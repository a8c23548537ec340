"""No list answers more than Lambda can hand out, whatever its items are; and no item is left out, or comes twice."""

import importlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.edge.endpoints import ENDPOINTS
from chalicelib.kernel.fields import Answer, Listed, Page, Paged, Whole
from chalicelib.kernel.query import ANSWER_BYTES_MAX, Query, unseal, weight, written

LAMBDA_BYTES_MAX = 6 * 1024 * 1024
ITEM_BYTES_MAX = 400 * 1024  # of DynamoDB: nothing that is kept is longer
LETTERS = ["a", '"', "\\", "\n", "é", "碳", "\U0001f600"]
# Answers that are no pages, and why they are bounded all the same. What stands in one item has at most 400 KB.
BOUNDED = {
    "GET /v1/accounts/me/credit": "the scenarios of one rule",
    "GET /v1/accounts/me/wards": "a guardian's children",
    "GET /v1/credit-rules": "the bureau's own",
    "GET /v1/methodologies": "the bureau's own",
    "GET /v1/methodologies/{code}": "the bureau's own",
    "GET /v1/scenarios": "the bureau's own",
    "GET /v1/scenarios/{code}/versions": "the bureau's own",
    "GET /v1/reduction-batches/{id}/sample": "100 lines",
    "GET /v1/reduction-batches/{id}/parts": "1000 parts of 120 bytes",
    "GET /v1/categories": "a constant",
    "GET /v1/sub-platforms/{id}/report": "the members that the exchange has planned for, of 200 bytes",
    "GET /v1/worklist": "50 of each list",
    "GET /v1/statistics": "60 months",
    "GET /v1/reconciliations/{id}/differences": "100 differences",
    "GET /problems": "a constant",
    "GET /problems/{code}": "a constant",
}


class Text(Answer):
    """An item of any length."""

    id: int
    text: str


def lambdas(body: str) -> int:
    """The bytes of Lambda's own answer around a body."""
    return len(json.dumps({"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": body}))


def pages(items: list[Text], limit: int) -> Iterator[Any]:
    """The whole list, page by page, as HTTP answers it."""
    position: dict[str, Any] | None = None
    while True:
        query = Query(None, Paged(limit=limit), position, "binding", datetime.now(UTC))
        rest = [each for each in items if position is None or each.id > position["id"]]
        body = written(query.page(rest[: limit + 1], lambda each: {"id": each.id}))
        assert lambdas(body) < LAMBDA_BYTES_MAX
        page = json.loads(body)
        yield page["items"]
        if page["next_cursor"] is None:
            return
        assert page["items"]
        position = unseal(page["next_cursor"], "binding")


@settings(max_examples=10, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(LETTERS), st.integers(0, ITEM_BYTES_MAX)), max_size=20),
    st.integers(1, 100),
)
def test_a_list_of_items_of_any_length_is_answered_whole_page_by_page(made: list[tuple[str, int]], limit: int) -> None:
    items = [
        Text(id=number, text=letter * (size // len(letter.encode()))) for number, (letter, size) in enumerate(made)
    ]
    found = [each["id"] for page in pages(items, limit) for each in page]
    assert found == list(range(len(items)))


@pytest.mark.parametrize("letter", LETTERS)
def test_the_largest_legal_items_of_each_list_fit(letter: str) -> None:
    """Items of the most that DynamoDB keeps."""
    size = ITEM_BYTES_MAX // len(letter.encode())
    items = [Text(id=number, text=letter * size) for number in range(30)]
    lengths = [len(page) for page in pages(items, 30)]
    assert sum(lengths) == 30
    assert min(lengths) >= 1


def test_a_page_is_not_cut_where_it_need_not_be() -> None:
    count = (ANSWER_BYTES_MAX - 1000) // 100_000
    items = [Text(id=number, text="x" * 99_900) for number in range(count)]
    assert [len(page) for page in pages(items, 100)] == [count]


@pytest.mark.parametrize("letter", LETTERS)
def test_what_counts_is_what_lambda_hands_out(letter: str) -> None:
    text = Text(id=1, text=letter * 1000).model_dump_json()
    assert weight(text) <= lambdas(text) <= weight(text) + 200


def test_every_list_is_a_page_or_bounded_by_what_it_is() -> None:
    importlib.import_module("app")
    reads = {f"GET {each.path}": each.answers for each in ENDPOINTS if each.method == "GET" and each.answers}
    lists = {name for name, answer in reads.items() if "items" in getattr(answer, "model_fields", {})}
    whole, pages = (
        {name for name, answer in reads.items() if isinstance(answer, type) and issubclass(answer, kind)}
        for kind in (Whole, Listed)
    )
    cursors = {name for name, answer in reads.items() if "next_cursor" in getattr(answer, "model_fields", {})}
    assert whole | pages == cursors
    assert lists - pages <= set(BOUNDED)
    assert set(BOUNDED) <= set(reads)


def test_a_page_that_nobody_placed_is_never_cut_silently() -> None:
    page = Page(items=[Text(id=number, text="x" * ITEM_BYTES_MAX) for number in range(20)], next_cursor=None)
    with pytest.raises(RuntimeError):
        written(page)
