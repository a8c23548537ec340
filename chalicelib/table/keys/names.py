"""Names of accounts, ids that follow from what was sent, and what begins and ends sort keys."""

import base64
import hashlib
import hmac
import json
from typing import NamedTuple

ISSUED, POOL, RETIRED = "system:issued", "system:pool", "system:retired"
UNCOVERED = "system:uncovered"  # where debts come from and go back to
SUPPLIED, DELIVERED = "system:supplied", "system:delivered"

EARNED = "earned:"  # how an account names grams by colour, on itself and beside it
ENTRIES, ENTRIES_END = "entry:", "entry:~"  # sort keys around all lines of a statement

MESSAGES, MESSAGES_END = "message:", "message:~"  # sort keys around all messages of a holder

WARDS, WARDS_END = "ward:", "ward:~"  # sort keys around the children that a guardian has consented for

OWN_CAMPAIGNS, OWN_CAMPAIGNS_END = "campaign:", "campaign:~"  # sort keys around an institution's campaigns

MEMBERS, MEMBERS_END = "member:", "member:~"  # sort keys around the merchants beneath a sub-platform

DOCUMENTS_END = "document:~"  # sort key behind an application and its documents
STEPS, STEPS_END = "step:", "step:~"  # sort keys around all lines of an application's history

CREDIT_RULES = ("credit-rules", "!", "~")  # the partition of all versions, and the sort keys around them

SUPPLY = "supply"  # the partition of the projected sums of the whole scheme
STATISTICS = "statistics"  # the same by month


class Key(NamedTuple):
    """Partition and sort key of one item."""

    pk: str
    sk: str

    def item(self) -> dict[str, str]:
        return {"pk": self.pk, "sk": self.sk}


def digest(*parts: str, key: bytes = b"") -> str:
    """26 characters that stand for ``parts`` for ever (128 bits of SHA-256, with a ``key`` of HMAC; base32)."""
    content = json.dumps(parts).encode()
    hashed = hmac.digest(key, content, "sha256") if key else hashlib.sha256(content).digest()
    return base64.b32encode(hashed[:16]).decode().rstrip("=").lower()


# ids that follow from what the caller sent, so that nothing is read to find them. Others see them, and a login may be a
# phone number: without the stage's ``key`` (settings.account_key) it could be found by trying.


def record_id(sub: str, idempotency_key: str, key: bytes = b"") -> str:
    return digest("record", sub, idempotency_key, key=key)


def account_id(sub: str, key: bytes = b"") -> str:
    return digest("account", sub, key=key)


def part_id(batch: str, part: str) -> str:
    """The Record of one part of a batch's work, "line 17" for one: the same, whoever does it and however often."""
    return digest("batch", batch, part)


def reading_id(*parts: str) -> str:
    """The Record of a reading: who read what, why and in which minute."""
    return digest("reading", *parts)


def delivery_id(subject: str, event: str) -> str:
    """An order, a hold or a grant has each event once."""
    return digest("delivery", subject, event)


def message_id(at: str, account: str, record: str) -> str:
    """A Record makes at most one message for an account. Messages sort by their time."""
    return f"{messages_at(at)}-{digest('message', account, record)}"


def messages_at(at: str) -> str:
    """What ids of messages of the time ``at`` (a stamp) begin with."""
    return "".join(each for each in at if each.isdigit())


def recipient_id(client: str, account: str, key: bytes) -> str:
    """The name by which a client that is notified of messages knows a holder; another client gets another."""
    return digest("recipient", client, account, key=key)


def operator_id(sub: str) -> str:
    """12 characters that stand for a scenario operator, whose login is public: an id that holds more has 64 at most."""
    return digest("operator", sub)[:12]


def anomaly_id(person: str, day: str, kind: str) -> str:
    """A person's day has one anomaly of a kind."""
    return digest("anomaly", person, day, kind)


def holder(account: str) -> str:  # from here on, names of accounts
    """The name of a person's or an institution's account."""
    return f"account:{account}"


def till(offer: str, stripe: int) -> str:
    return f"offer:{offer}/{stripe}"


def campaign_account(campaign: str, stripe: int) -> str:
    """The account that collects a campaign's donations, by stripe."""
    return f"campaign:{campaign}/{stripe}"


def hold(hold: str) -> str:
    return f"hold:{hold}"


def draw_entry(entry: str) -> str:
    """The account that keeps the points of an entry until the draw."""
    return f"draw-entry:{entry}"


def scenario_code(code: str) -> str:
    """The one form of a scenario's or methodology's code in keys: ``Metro`` and ``metro`` are one scenario."""
    return code.lower()
