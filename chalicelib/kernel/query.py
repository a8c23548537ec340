"""A question: who asks, for what, and where the page before it ended."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel

from chalicelib.kernel import cursor
from chalicelib.kernel.caller import Caller
from chalicelib.kernel.fields import Page, Paged, Params

P = TypeVar("P", bound=Params, covariant=True)  # a Query for more is one for less
A = TypeVar("A", bound=BaseModel)


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
        return Page(items=items[:limit], next_cursor=cursor.seal(behind, self.binding) if behind else None)
