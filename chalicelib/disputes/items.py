"""Disputes and their files as they are kept, the register of reasons, the deadlines, and the Steps. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from chalicelib.errors import Text
from chalicelib.kernel.caller import BUREAU, EXCHANGE, INDIVIDUAL, INSTITUTION, SCENARIO_OPERATOR
from chalicelib.table import keys
from chalicelib.table.write import ConditionBase
from chalicelib.transitions import Step

# Neither guide nor contract names these; they are stated here only, and in every dispute as times.
OPEN_DAYS = 180  # after the sale, the hold or the report a person may open a dispute
ANSWER_DAYS = 7  # the other party has these to answer; then the dispute may be ruled without
RULING_DAYS = 15  # after that the official has these to rule
EACH_MAX = 3  # disputes of one object, one after the other

Kind = Literal["redemption", "hold", "reduction"]
Status = Literal["awaiting_answer", "awaiting_ruling", "upheld", "dismissed", "withdrawn", "resolved"]
Reason = Literal[
    "not_delivered",
    "not_as_described",
    "unusable",
    "unauthorised",
    "wrong_points",
    "wrong_quantity",
    "not_mine",
    "wrongly_decided",
    "other",
]
Effect = Literal[  # what a ruling did: the name that its Decision has without a dispute
    "redemption_refunded",
    "hold_refunded",
    "hold_released",
    "reduction_confirmed",
    "reduction_rejected",
    "reduction_reversed",
]
OPEN: tuple[Status, ...] = ("awaiting_answer", "awaiting_ruling")
SYSTEM_ROLE = "system"
OFFICIALS = (EXCHANGE, BUREAU)
JUDGES: Mapping[Kind, str] = {"redemption": EXCHANGE, "hold": EXCHANGE, "reduction": BUREAU}

_BOUGHT: tuple[Kind, ...] = ("redemption", "hold")
REASONS: Mapping[Reason, tuple[tuple[Kind, ...], Text]] = {  # what each is a reason for, and its words
    "not_delivered": (_BOUGHT, Text("Not delivered", "未收到商品或服务")),
    "not_as_described": (_BOUGHT, Text("Not as described", "商品或服务与描述不符")),
    "unusable": (_BOUGHT, Text("Defective, or the voucher does not work", "商品有质量问题或兑换券无法使用")),
    "unauthorised": (_BOUGHT, Text("Not made by the person herself", "非本人操作")),
    "wrong_points": (_BOUGHT, Text("Other points than agreed were taken", "扣减的碳积分与约定不符")),
    "wrong_quantity": (("reduction",), Text("The quantity is wrong", "减排量数值有误")),
    "not_mine": (("reduction",), Text("Not the person's own trip", "非本人的减排行为")),
    "wrongly_decided": (("reduction",), Text("Wrongly rejected or reversed", "不予确认或冲正有误")),
    "other": ((*_BOUGHT, "reduction"), Text("Another reason, see the text", "其他原因，详见说明")),
}

STEPS = (
    Step("awaiting_answer", "answer", "awaiting_ruling", (INSTITUTION, SCENARIO_OPERATOR)),
    *(
        step
        for status in OPEN
        for step in (
            Step(status, "uphold", "upheld", (EXCHANGE,), only=_BOUGHT),
            Step(status, "uphold", "upheld", (BUREAU,), only=("reduction",)),
            Step(status, "dismiss", "dismissed", (EXCHANGE,), only=_BOUGHT),
            Step(status, "dismiss", "dismissed", (BUREAU,), only=("reduction",)),
            Step(status, "withdraw", "withdrawn", (INDIVIDUAL, INSTITUTION)),
            Step(status, "resolve", "resolved", (SYSTEM_ROLE,)),
        )
    ),
)


@dataclass(frozen=True, kw_only=True)
class Dispute:
    """What a person (``account``) claims of an ``object``: the id of an order, a hold or a reduction, by its ``kind``.
    ``institution``: it is one, and claims a reduction of its own.

    The other party is the ``merchant`` (an account id) or, of a reduction, the ``operator`` (a sub). Neither learns the
    ``account``, and nobody is answered the ``operator``. ``category`` is the kind once more: what the index filters its
    lists by. ``since``: when it came to its state. ``refunded_points``: what its ruling gave back to the person.
    ``announced``: how many files it has.
    """

    id: str
    status: Status
    kind: Kind
    category: Kind
    object: str
    account: str
    reason: Reason
    text: str
    opened_at: str
    since: str
    answer_by: str
    rule_by: str
    merchant: str | None = None
    operator: str = ""
    answer: str | None = None
    answered_at: str | None = None
    ruling: str | None = None
    ended_at: str | None = None
    effect: Effect | None = None
    refunded_points: int = 0
    announced: int = 0
    institution: bool = False

    @property
    def key(self) -> keys.Key:
        return keys.dispute(self.id)

    @property
    def guard(self) -> keys.Key:
        """What keeps its object from being disputed twice at once."""
        return keys.disputed(self.kind, self.object)

    @property
    def judge(self) -> str:
        """The role that rules it."""
        return JUDGES[self.kind]

    @property
    def sides(self) -> tuple[keys.Key, keys.Key]:
        """Where its person and the other party find it."""
        other = keys.merchant_disputes(self.merchant) if self.merchant else keys.operator_disputes(self.operator)
        return keys.own_disputes(self.account), other


@dataclass(frozen=True)
class Pointer:
    """A party's pointer to a dispute, or the mark that it was opened; with what lists are filtered by."""

    dispute: str
    category: Kind
    merchant: str | None = None


@dataclass(frozen=True)
class Guard:
    """How often an object was disputed, and the dispute that is open (``dispute``)."""

    times: int = 0
    dispute: str | None = None


@dataclass(frozen=True)
class Matter:
    """What is disputed, as read: its ``state``, when it began, and the other party.

    ``key`` and ``unchanged``: the item that holds the state, and the condition that it is still the one that was read.
    ``open``: whether there is something to rule. ``account``: whom it is credited to or taken from, ``institution``
    where that is one.
    """

    key: keys.Key
    unchanged: ConditionBase
    state: str
    at: str
    account: str
    open: bool = True
    merchant: str | None = None
    operator: str = ""
    institution: bool = False
