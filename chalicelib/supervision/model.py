"""What is asked and answered about Records, orders and what waits. Pure."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from chalicelib.kernel.fields import Answer, Days, Id, Moment, Paged, Params, Time, example
from chalicelib.mall.model import FulfilmentKind
from chalicelib.mall.orders import OrderStatus

LANES = 8  # lists of a day's orders, so that a rush does not meet in one partition

_ID = "k3v5zq6x7n4m2p8r9s0t1u2w3y"
_ACCOUNT = "account:" + _ID
_TIME = "2026-01-31T08:00:00.000Z"

# What a Record's answer held for its caller alone, by its field; and what only the Records of one kind held.
WITHHELD = frozenset({"upload", "voucher", "vouchers", "note"})
WITHHELD_OF = {"grant_offered": frozenset({"code"})} | dict.fromkeys(
    ("document_link", "evidence_link"), frozenset({"url"})
)


@dataclass(frozen=True)
class OrderPointer:
    """An order in the list of its day, by the id of its Record."""

    id: str


def lane(id: str) -> int:
    """The list of its day in which an order stands."""
    return sum(id.encode()) % LANES


class PostingAnswer(Answer):
    """``amount`` of ``asset`` went from ``source`` to ``destination``: names of the ledger's Accounts."""

    source: str
    destination: str
    amount: int
    asset: str


class RecordAnswer(Answer):
    """A Record. ``references``: what else it is about, by name.

    ``caller`` stands for the login that asked, the same for the same login in the same role; the login itself is never
    answered. ``answer`` is what the caller was answered, without what was meant for the caller alone: ``withheld``
    names the fields that were left out.
    """

    model_config = example(
        id=_ID,
        at=_TIME,
        kind="redemption",
        role="individual",
        caller="b5xq6x7n4m2p8r9s0t1u2w3y4z",
        status=201,
        movement="redemption",
        postings=[{"source": _ACCOUNT, "destination": "offer:tea/0", "amount": 2500, "asset": "points"}],
        references={"holder": _ACCOUNT},
        answer={"id": _ID, "points": 2500},
        withheld=["note", "voucher", "vouchers"],
    )

    id: str
    at: Time
    kind: str
    role: str
    caller: str
    status: int
    movement: str | None
    postings: list[PostingAnswer]
    references: dict[str, Any]
    answer: Any
    withheld: list[str]


class SupervisedOrderParams(Paged):
    """Filters of orders; ``from`` is included, ``until`` is not: they compare the time of the sale.

    Without a ``merchant``, ``from`` is 31 days before ``until`` where it is left out, and 366 days before it at most.
    """

    merchant: Id | None = None
    status: OrderStatus | None = None
    from_: Annotated[Moment | None, Field(alias="from")] = None
    until: Moment | None = None


class SupervisedOrderAnswer(Answer):
    """An order, without its buyer, the voucher and what merchant and buyer wrote."""

    model_config = example(
        id=_ID,
        status="fulfilled",
        at=_TIME,
        merchant=_ID,
        offer=_ID,
        title="龙井茶一杯",
        quantity=1,
        points=2500,
        unit_points=2500,
        fulfilment="goods",
        fulfil_by=None,
    )

    id: str
    status: OrderStatus
    at: Time
    merchant: str
    offer: str
    title: str | None
    quantity: int
    points: int
    unit_points: int | None
    fulfilment: FulfilmentKind | None
    fulfil_by: Time | None


Kind = Literal[
    "application",
    "reduction",
    "campaign",
    "order",
    "webhook",
    "buy_back_run",
    "anomaly",
    "dispute",
    "departure",
    "agreement",
    "licence",
    "operator_totals",
    "duty",
    "renaming",
    "batch",
    "procedure",
]
Actor = Literal["exchange", "bureau", "institution", "scenario_operator", "platform"]


class WorkParams(Params):
    """``actor``: only what waits for this role. ``older_than_days``: only what has waited for longer."""

    actor: Actor | None = None
    older_than_days: Days = 0


class WorkAnswer(Answer):
    """Something that waits: since when, in which state, and for whom. ``path``: where it is read."""

    model_config = example(
        kind="application",
        id=_ID,
        state="submitted",
        actor="exchange",
        since=_TIME,
        age_seconds=93_600,
        path=f"/v1/applications/{_ID}",
    )

    kind: Kind
    id: str
    state: str
    actor: Actor
    since: Time
    age_seconds: int
    path: str


class WorklistAnswer(Answer):
    """What waits, the longest first. ``counts``: how many of each kind are here. ``more``: kinds of which only the
    first are here; their own lists have all.
    """

    model_config = example(
        items=[
            {
                "kind": "application",
                "id": _ID,
                "state": "submitted",
                "actor": "exchange",
                "since": _TIME,
                "age_seconds": 93_600,
                "path": f"/v1/applications/{_ID}",
            }
        ],
        counts={"application": 1},
        more=[],
    )

    items: list[WorkAnswer]
    counts: dict[Kind, int]
    more: list[Kind]
