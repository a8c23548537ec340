"""Messages as they are kept and answered, and the client that is notified of them. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field

from chalicelib.kernel.fields import Answer, Body, Id, Page, Paged, Time, example, stamp
from chalicelib.table import keys

KEPT = timedelta(days=730)  # then DynamoDB forgets a message
TOGETHER_MAX = 50  # messages that one request marks as read

MessageKind = Literal[
    "order_placed",
    "voucher_handed_out",
    "order_fulfilled",
    "order_late",
    "order_refunded",
    "hold_placed",
    "hold_captured",
    "hold_released",
    "hold_expired",
    "hold_refunded",
    "reduction_confirmed",
    "reduction_rejected",
    "reduction_reversed",
    "grant_given",
    "grant_withdrawn",
    "campaign_closed",
    "campaign_rejected",
    "campaign_abandoned",
    "donation_refunded",
    "draw_won",
    "draw_lost",
    "account_frozen",
    "account_released",
    "procedure",
    "admission_vetoed",
    "guardian",
    "dispute_answered",
    "dispute_ruled",
]
AboutKind = Literal[
    "redemption", "hold", "reduction", "grant", "campaign", "draw_entry", "account", "procedure", "ward", "dispute",
    "merchant",
]  # fmt: skip

_ID = "20260131080002145-k3v5zq6x7n4m2p8r9s0t1u2w3y"
_OTHER = "q7w2e9r4t6y1u3i5o8p0a2s4d6"
_SYSTEM = {
    "client": _OTHER,
    "callback_url": "https://app.example.com/carbon-points",
}


@dataclass(frozen=True)
class About:
    """What a message is about: the object that its reader can open."""

    kind: AboutKind
    id: str


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message as it is kept, beside its holder's account. ``expires_at``: seconds since 1970, DynamoDB's own."""

    id: str
    at: str
    kind: MessageKind
    text: str
    text_zh: str
    expires_at: int
    about: About | None = None
    read_at: str | None = None


@dataclass(frozen=True)
class Client:
    """The institution whose system is notified of messages ``since`` then, until ``ended_at``."""

    client: str
    since: str
    ended_at: str | None = None

    def recipient(self, account: str, key: bytes) -> str:
        """The name by which it knows the holder of an account; another client gets another."""
        return keys.recipient_id(self.client, account, key)


class MessageParams(Paged):
    """Filters of messages."""

    unread: Annotated[Literal["true"] | None, Field(description="Only what is not marked as read")] = None


class AboutAnswer(Answer):
    """The object that a message is about."""

    kind: AboutKind
    id: str


class MessageAnswer(Answer):
    """A message. ``text`` says in words what happened, ``text_zh`` in Chinese. ``read_at`` is null until it is read."""

    model_config = example(
        id=_ID,
        at="2026-01-31T08:00:02.145Z",
        kind="order_placed",
        text="You redeemed an offer for 2,500 points.",
        text_zh="您兑换权益，支出 2,500 碳积分。",
        about={"kind": "redemption", "id": _OTHER},
        read_at=None,
    )

    id: str
    at: Time
    kind: MessageKind
    text: str
    text_zh: str
    about: AboutAnswer | None
    read_at: Time | None


class Messages(Page[MessageAnswer]):
    """A page of messages. ``recipient`` is what the registered client's webhooks call the caller; null without one."""

    recipient: str | None


class Reading(Body):
    """Messages that the caller has read."""

    model_config = example(messages=[_ID])

    messages: Annotated[list[Id], Field(min_length=1, max_length=TOGETHER_MAX)]


class ReadAnswer(Answer):
    """How many messages were marked now, and how many were marked before."""

    model_config = example(marked=1, marked_before=0)

    marked: int
    marked_before: int


class ClientSystem(Body):
    """The system that is notified of messages: whose it is, where it is called, and the key that proves it."""

    model_config = example(**_SYSTEM, public_key="whpk_3IFg0BVFP1IH9PiW9E3swL1MH5uvzBuh8Ndtk6p0G0U=")

    client: Annotated[Id, Field(description="The account of an institution that is no merchant")]
    callback_url: Annotated[
        str, Field(pattern=r"^https?://[\x21-\x7e]{1,500}$", description="Public, https, on port 443 or 8443")
    ]
    public_key: Annotated[
        str,
        Field(
            pattern=r"^[\x21-\x7e]{1,200}$",
            description="`whpk_` and the base64 of an ed25519 public key. Another one fails the handshake",
            json_schema_extra={"pattern": "^whpk_[A-Za-z0-9+/]{43}=$"},
        ),
    ]


class ClientAnswer(Answer):
    """The system that is notified. ``disabled_at``: it answered 410 then and is sent nothing until it is registered
    again.
    """

    model_config = example(**_SYSTEM, since="2026-01-31T08:00:00.000Z", ended_at=None, disabled_at=None)

    client: str
    callback_url: str
    since: Time
    ended_at: Time | None
    disabled_at: Time | None


def to_answer(message: Message) -> MessageAnswer:
    """A message as its holder sees it."""
    about = AboutAnswer(kind=message.about.kind, id=message.about.id) if message.about else None
    kept = {name: value for name, value in vars(message).items() if name not in ("expires_at", "about")}
    return MessageAnswer(**kept, about=about)


def client_answer(known: Client, callback_url: str, disabled_at: str | None) -> ClientAnswer:
    """The client with its system, as the exchange sees it."""
    return ClientAnswer(**vars(known), callback_url=callback_url, disabled_at=disabled_at)


def oldest(now: datetime) -> str:
    """Messages of before then are kept no longer."""
    return stamp(now - KEPT)
