"""What the public sees of an event. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from chalicelib.kernel.fields import Answer, Paged, Time, example
from chalicelib.table.row import load

Status = Literal["planned", "open", "ended"]


@dataclass(frozen=True, kw_only=True)
class PlannedEvent:
    """The plan of an event, as its application keeps it."""

    starts_at: str
    opens_at: str
    ends_at: str
    goods: str
    quantity: int
    per_account_limit: int
    rules: str
    allocation: Literal["first_come", "draw"] = "first_come"
    draws_at: str | None = None


class EventParams(Paged):
    """Pages of events."""


class EventAnswer(Answer):
    """An event. ``id`` is that of its application, ``merchant`` that of its institution.

    ``offered``: units that are or were on offer, at most ``quantity``. ``left``: units of ``quantity`` that are not
    redeemed; it may lag by seconds. ``opens_at``: when redemption opens; of a draw, when it takes entries, until
    ``draws_at``. ``commitment``: of a draw, the SHA-256 of its seed, which is published after ``draws_at``.
    """

    model_config = example(
        id="k3v5zq6x7n4m2p8r9s0t1u2w3y",
        merchant="k3v5zq6x7n4m2p8r9s0t1u2w3y",
        title="世界环境日主题兑换",
        status="open",
        starts_at="2030-06-01T00:00:00.000Z",
        opens_at="2030-06-05T02:00:00.000Z",
        ends_at="2030-06-08T00:00:00.000Z",
        goods="环保纪念章",
        quantity=500,
        per_account_limit=1,
        rules="每人限兑一枚，先到先得",
        allocation="first_come",
        draws_at=None,
        commitment=None,
        offered=500,
        left=487,
    )

    id: str
    merchant: str
    title: str
    status: Status
    starts_at: Time
    opens_at: Time
    ends_at: Time
    goods: str
    quantity: int
    per_account_limit: int
    rules: str
    allocation: Literal["first_come", "draw"]
    draws_at: Time | None
    commitment: str | None
    offered: int
    left: int


def terms(plan: Mapping[str, Any]) -> PlannedEvent:
    """The terms in the plan of an application. Plans of before ``allocation`` are first come, first served."""
    return load(PlannedEvent, plan)


def status(event: PlannedEvent, at: str) -> Status:
    """Where an event is at ``at``."""
    if event.ends_at <= at:
        return "ended"
    return "open" if max(event.starts_at, event.opens_at) <= at else "planned"
