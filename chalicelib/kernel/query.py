"""A question: who asks, for what, and where the page before it ended.

A page's cursor is signed, and bound to the caller and the query that it was given for. PyJWT is imported where a list
has a next page: it is some hundredths of a cold start.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel

from chalicelib.errors import InvalidRequest
from chalicelib.kernel.caller import Caller
from chalicelib.kernel.fields import Listed, Page, Paged, Params
from chalicelib.settings import secret

ANSWER_BYTES_MAX = 5_500_000  # as ``weight`` counts; Lambda answers at most 6 MB, API Gateway 10
_LETTER_BYTES_MAX = 12  # of one beyond U+FFFF
P = TypeVar("P", bound=Params, covariant=True)  # a Query for more is one for less
A = TypeVar("A", bound=BaseModel)
L = TypeVar("L", bound=Listed)


def seal(position: dict[str, Any], binding: str) -> str:
    """An opaque cursor for ``position``."""
    import jwt

    return jwt.encode({"at": position, "aud": binding}, secret("cursor_key"), algorithm="HS256")


def unseal(cursor: str, binding: str) -> dict[str, Any]:
    """The position in a cursor that was made by us for this ``binding``. Raises InvalidRequest for any other."""
    import jwt

    try:
        found = jwt.decode(cursor, secret("cursor_key"), algorithms=["HS256"], audience=binding)
        position: dict[str, Any] = found["at"]
    except (jwt.PyJWTError, KeyError, ValueError) as error:
        raise InvalidRequest.at(
            "/cursor",
            "The cursor belongs to another query or caller, or was changed. Start again without it.",
            "该游标属于其他查询或调用方，或已被改动。请去掉游标重新查询。",
        ) from error
    return position


def weight(text: str) -> int:
    """The bytes of a text as Lambda counts them: within JSON, in ASCII."""
    return len(json.dumps(text))


def written(answer: BaseModel) -> str:
    """An answer as JSON. A page that is longer than an answer may be ends early, with at least one of its items."""
    text = answer.model_dump_json()
    if len(text) * _LETTER_BYTES_MAX <= ANSWER_BYTES_MAX or (size := weight(text)) <= ANSWER_BYTES_MAX:
        return text
    if not isinstance(answer, Listed):
        return text
    items: list[BaseModel] = vars(answer)["items"]
    sizes = [weight(each.model_dump_json()) for each in items]
    left, count = ANSWER_BYTES_MAX - (size - sum(sizes)), 0
    while count < len(sizes) and sizes[count] <= left:
        left, count = left - sizes[count], count + 1
    count = max(count, 1)
    if answer._cursor is None:
        raise RuntimeError("a page is made by Query.page, or stands as another does")
    return answer.model_copy(update={"items": items[:count], "next_cursor": answer._cursor(count)}).model_dump_json()


def standing_as(page: Listed, answer: L) -> L:
    """``answer``, whose items stand where those of ``page`` do: it can end behind any of them."""
    answer._cursor = page._cursor
    return answer


class Query(NamedTuple, Generic[P]):
    """One question: who asks (None: the public), for what, and where the page before it ended."""

    caller: Caller | None
    params: P
    position: dict[str, Any] | None
    binding: str
    now: datetime

    @property
    def asker(self) -> Caller:
        """The caller of a route that is not public."""
        if self.caller is None:
            raise RuntimeError("a public route has no caller")
        return self.caller

    def page(
        self, items: list[A], position: Callable[[A], dict[str, Any]], *, stopped: dict[str, Any] | None = None
    ) -> Page[A]:
        """A page of up to ``limit`` of ``items``; one more than the limit tells that there is a next page.

        ``stopped``: the position where a search gave up before it had so many; the next page continues there.
        """
        assert isinstance(self.params, Paged)  # only lists are paged
        limit = self.params.limit
        behind = position(items[limit - 1]) if len(items) > limit else stopped
        page = Page(items=items[:limit], next_cursor=seal(behind, self.binding) if behind else None)
        page._cursor = lambda count: seal(position(items[count - 1]), self.binding)
        return page
