"""Every key of the one table, on one page. docs/access-patterns.md gives each its readers, writers and cost.

Accounts (persons, institutions, tills, campaigns) have *names*; a Transfer moves amounts from name to name.
A name is the partition key of the account's item, so no name is ever looked up. ``system:`` names have no item:
their sums are projected from the stream.
"""

import base64
import hashlib
import hmac
import json
from typing import NamedTuple

ISSUED, POOL, RETIRED = "system:issued", "system:pool", "system:retired"
UNCOVERED = "system:uncovered"  # where debts come from and go back to
SUPPLIED, DELIVERED = "system:supplied", "system:delivered"

ENTRIES, ENTRIES_END = "entry:", "entry:~"  # sort keys around all lines of a statement

WARDS, WARDS_END = "ward:", "ward:~"  # sort keys around the children that a guardian has consented for

OWN_CAMPAIGNS, OWN_CAMPAIGNS_END = "campaign:", "campaign:~"  # sort keys around an institution's campaigns

DOCUMENTS_END = "document:~"  # sort key behind an application and its documents
STEPS, STEPS_END = "step:", "step:~"  # sort keys around all lines of an application's history

CREDIT_RULES = ("credit-rules", "!", "~")  # the partition of all versions, and the sort keys around them

SUPPLY = "supply"  # the partition of the projected sums of the whole scheme


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


def delivery_id(order: str, event: str) -> str:
    """An order has each event once."""
    return digest("delivery", order, event)


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


# items. What is ever deleted has a partition of its own: IAM tells partitions apart, and forbids deletion elsewhere.


def record(record: str) -> Key:
    return Key(f"record:{record}", "record")


def order(redemption: str) -> Key:
    """The state of a redemption, absent while it is placed. In a Record's partition nobody may change anything."""
    return Key(f"order:{redemption}", "order")


def filed(record: str) -> Key:
    """The mark of a projected Record that leaves no statement line."""
    return Key(f"record:{record}", "filed")


def account(name: str) -> Key:
    return Key(name, "account")


def entry(name: str, at: str, record: str) -> Key:
    """A line of the statement of ``name``."""
    return Key(name, f"{ENTRIES}{at}:{record}")


def entry_record(place: str) -> str | None:
    """The Record behind the line at this sort key; None where that is no line."""
    return place.rpartition(":")[2] if place.startswith(ENTRIES) else None


def entries_at(at: str) -> str:
    """The sort key just before the lines of the time ``at``."""
    return f"{ENTRIES}{at}"


def reading(account: str, at: str, record: str) -> Key:
    """That an authority or the auditor read an account, beside it."""
    return Key(holder(account), f"reading:{at}:{record}")


def purchases(person: str, counted: str) -> Key:
    """Units of a limited offer, or of all offers of an event (by its application), that a person holds anywhere."""
    return Key(holder(person), f"purchases:{counted}")


def usage(person: str, scenario: str, day: str) -> Key:
    """Grams a person was credited under a capped scenario on a day (Asia/Shanghai), in whichever account."""
    return Key(holder(person), f"usage:{scenario_code(scenario)}:{day}")


def earned(name: str, month: str, scenario: str, methodology: str) -> Key:
    """Grams that an account got by colour, beside it."""
    return Key(name, f"{earned_in(month)}:{scenario}:{methodology}")


def earned_in(month: str) -> str:
    """The beginning of the sort keys of a month's colours."""
    return f"earned:{month}"


def issued(month: str, scenario: str, methodology: str, lane: int) -> Key:
    """Grams of a month by colour, over all accounts, in lanes."""
    return Key(issued_in(month), f"{scenario}:{methodology}:{lane:02d}")


def issued_in(month: str) -> str:
    """The partition of a month's colours."""
    return f"issued:{month}"


def ward(guardian: str, ward: str) -> Key:
    """A guardian's consent for a child, beside her account."""
    return Key(holder(guardian), f"{WARDS}{ward}")


def consent(hashed: str, guardian: str) -> Key:
    """The same consent by the hash of the child's number."""
    return Key(consents(hashed)[0], f"guardian:{guardian}")


def consents(hashed: str) -> tuple[str, str, str]:
    """The partition of all consents for a child, and the sort keys around them."""
    return f"minor:{hashed}", "guardian:", "guardian:~"


def procedure(procedure: str) -> Key:
    """What two officials decide about an account."""
    return Key(f"procedure:{procedure}", "procedure")


def procedure_line(account: str, at: str, record: str) -> Key:
    """A step of a procedure, beside the account that it is about."""
    return Key(holder(account), f"procedure:{at}:{record}")


def identity(hashed: str) -> Key:
    """One person or one credit code has one open account. Kept when it closes: it names the person for ever."""
    return Key(f"identity:{hashed}", "identity")


def grant(grant: str) -> Key:
    return Key(f"grant:{grant}", "grant")


def granting(account: str, purpose: str, partner: str) -> Key:
    """A person has one live grant for a partner and a purpose."""
    return Key(holder(account), f"granting:{purpose}:{partner}")


def granted(account: str, at: str, grant: str) -> Key:
    """A person's pointer to a grant of hers."""
    return Key(holder(account), f"grant:{at}:{grant}")


def merchant_hold(merchant: str, at: str, hold: str) -> Key:
    """A merchant's pointer to a hold of its own."""
    return Key(holder(merchant), f"hold:{at}:{hold}")


def scenario_code(code: str) -> str:
    """The one form of a scenario's or methodology's code in keys: ``Metro`` and ``metro`` are one scenario."""
    return code.lower()


def methodology(code: str, version: int) -> Key:
    return Key("methodologies", f"{scenario_code(code)}:{version:06d}")


def scenario(code: str, version: int) -> Key:
    return Key("scenarios", f"{scenario_code(code)}:{version:06d}")


def scenario_versions(code: str) -> tuple[str, str, str]:
    """The partition of all scenarios, and the sort keys around the versions of one."""
    return "scenarios", f"{scenario_code(code)}:", f"{scenario_code(code)}:~"


def credit_rule(version: int) -> Key:
    """How the carbon credit score is made."""
    return Key(CREDIT_RULES[0], f"{version:06d}")


def reduction(scenario: str, record: str) -> Key:
    """One reported record, for ever, whichever Idempotency-Key or account comes with it."""
    return Key(f"reduction:{scenario_code(scenario)}/{record}", "reduction")


def reported(account: str, rank: str) -> Key:
    """An account's pointer to a reduction; ``rank`` is ``<time of the report>:<id>``."""
    return Key(holder(account), f"reduction:{rank}")


def batch(batch: str) -> Key:
    """A file of reductions and how far it is."""
    return Key(f"batch:{batch}", "batch")


def batch_slice(batch: str, number: int) -> Key:
    """What became of one slice of a batch's lines, beside the batch."""
    return Key(f"batch:{batch}", f"slice:{number:04d}")


def batch_judged(batch: str, judgement: str, number: int) -> Key:
    """What a judgement of the bureau did to one slice, beside the batch."""
    return Key(f"batch:{batch}", f"judged:{judgement}:{number:04d}")


def sent(operator: str, rank: str) -> Key:
    """The pointer of a scenario operator to a batch; ``rank`` is ``<time of the announcement>:<id>``."""
    return Key(f"batches:{operator}", rank)


def certificate(serial: str) -> Key:
    """What anyone may read who knows the serial."""
    return Key(f"certificate:{serial}", "certificate")


def offer(offer: str) -> Key:
    return Key(f"offer:{offer}", "offer")


def due(redemption: str) -> Key:
    """An order has to be fulfilled by a time."""
    return Key(f"due:{redemption}", "due")


def codes(till: str, first: int) -> Key:
    """Codes that a till hands out in order, from number ``first`` on."""
    return Key(f"voucher:{till}", f"codes:{first:09d}")


def known_codes(offer: str, part: int) -> Key:
    """Hashes of codes that an offer ever had."""
    return Key(f"voucher:{offer}", f"known:{part:02d}")


def served(till: str) -> Key:
    """How many orders of a till were fulfilled: beside the till, so that a sale does not wait for a delivery."""
    return Key(till, "served")


def campaign(campaign: str) -> Key:
    return Key(f"campaign:{campaign}", "campaign")


def own_campaign(institution: str, at: str, campaign: str) -> Key:
    """An institution's pointer to a campaign that it proposed at the time ``at``."""
    return Key(holder(institution), f"{OWN_CAMPAIGNS}{at}:{campaign}")


def shop(merchant: str, offer: str) -> Key:
    """A merchant's pointer to an offer of its own."""
    return Key(holder(merchant), f"offer:{offer}")


def sku(merchant: str, sku: str) -> Key:
    """A merchant's own code names one of its offers, for ever."""
    return Key(holder(merchant), f"sku:{sku}")


def application(application: str) -> Key:
    """An application to join the mall, as it stands."""
    return Key(f"application:{application}", "application")


def document(application: str, document: str) -> Key:
    """What is known of a file, beside its application."""
    return Key(f"application:{application}", f"document:{document}")


def application_step(application: str, at: str, record: str) -> Key:
    """A line of an application's history, beside it."""
    return Key(f"application:{application}", f"step:{at}:{record}")


def applying(account: str) -> Key:
    """An institution has one open application."""
    return Key(f"applying:{account}", "applying")


def applied(account: str, at: str, application: str) -> Key:
    """The pointer of an institution to an application: its own, or one beneath its sub-platform."""
    return Key(holder(account), f"application:{at}:{application}")


def shelving(merchant: str) -> Key:
    """A merchant's offers are to leave the shelf or to come back."""
    return Key(f"shelving:{merchant}", "shelving")


def run(run: str) -> Key:
    """A buy-back run."""
    return Key(f"run:{run}", "run")


def run_part(run: str, number: int) -> Key:
    """Merchants of a run that one message is about."""
    return Key(f"run:{run}", f"part:{number:06d}")


def run_lane(run: str, lane: int) -> Key:
    """Sums of a run's lots."""
    return Key(f"run:{run}", f"sums:{lane:02d}")


def partner(merchant: str) -> Key:
    """A merchant's own system: where it is called and by which key it proved itself."""
    return Key(f"partner:{merchant}", "partner")


def pulse(merchant: str) -> Key:
    """Whether a merchant's system answers at present, beside it."""
    return Key(f"partner:{merchant}", "pulse")


def delivery(id: str) -> Key:
    """One event of one order, on its way to the merchant's system."""
    return Key(f"delivery:{id}", "delivery")


def sums(name: str, lane: int) -> Key:
    """Sums projected from the stream, in lanes so that consumers do not collide."""
    return Key(name, f"sums:{lane:02d}")
