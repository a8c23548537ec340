"""Which Records make which messages, and for whom. Pure.

Conversions make none: there are millions a day, and the statement has a line for each (docs/adr/0032).
"""

import json
from collections.abc import Callable
from functools import partial

from chalicelib.accounts.statements.wording import in_words
from chalicelib.errors import Text
from chalicelib.kernel.caller import BUREAU, INDIVIDUAL
from chalicelib.kernel.record import Record
from chalicelib.ledger.model import Entry, entries
from chalicelib.merchants.model import VETOED
from chalicelib.messages import wording
from chalicelib.messages.kinds import institutions
from chalicelib.messages.kinds.notice import Closing, Fields, Notice, notice
from chalicelib.messages.model import About, AboutKind, MessageKind
from chalicelib.messages.wording import joined
from chalicelib.table import keys

Make = Callable[[Record, Fields], list[Notice]]


def notices(record: Record) -> list[Notice]:
    """The messages that follow from a Record."""
    make = _MAKERS.get(record.kind)
    return make(record, json.loads(record.answer)) if make else []


def _lines(record: Record) -> dict[str, Entry]:
    """The lines in statements of those who do not sell, by account."""
    found = {name: entry for name, entry in entries(record).items() if name != record.holder}
    return {name.removeprefix(keys.holder("")): entry for name, entry in found.items()}


def _sold(record: Record, order: Fields) -> list[Notice]:
    text, kind = in_words(_lines(record)[order["account"]]), "order_placed"
    if order["status"] == "fulfilled":
        kind, text = "voucher_handed_out", joined(text, wording.VOUCHERS)
    kind, about = "draw_won" if record.payer else kind, ("redemption", order["id"])
    return notice(record, order["account"], kind, text, about)  # type: ignore[arg-type]  # all of them are


def _fulfilled(record: Record, order: Fields) -> list[Notice]:
    text = joined(wording.FULFILLED, wording.VOUCHERS) if order["voucher"] else wording.FULFILLED
    return notice(record, order["account"], "order_fulfilled", text, ("redemption", order["id"]))


def _refunded(record: Record, order: Fields) -> list[Notice]:
    if record.role == "system":
        return _of_line("order_late", "redemption", record, order, before=wording.LATE)
    return _of_line("order_refunded", "redemption", record, order)


def _captured(record: Record, hold: Fields) -> list[Notice]:
    account = str(record.payer).removeprefix(keys.holder(""))
    return notice(record, account, "hold_captured", wording.captured(hold), ("hold", hold["id"]))


def _of_line(
    kind: MessageKind, about: AboutKind, record: Record, answer: Fields, *, before: Text | None = None
) -> list[Notice]:
    """As the statement words it, for whoever has a line; ``before``: a sentence that comes first."""
    found: list[Notice] = []
    for account, entry in _lines(record).items():
        text = joined(before, in_words(entry)) if before else in_words(entry)
        personal = not (entry.grams or entry.debt_grams)  # a person's grams are points (guide §4)
        found += notice(record, account, kind, text, (about, answer["id"]), personal=personal)
    return found


def _confirmed(record: Record, reduction: Fields) -> list[Notice]:
    """One that an official looked at. Those that confirm themselves, and those of whole batches, are conversions."""
    if record.role != BUREAU or record.batch:
        return []
    return _of_line("reduction_confirmed", "reduction", record, reduction, before=wording.CONFIRMED)


def _to_named(
    kind: MessageKind, about: AboutKind, word: Callable[[Fields], Text], record: Record, answer: Fields
) -> list[Notice]:
    """For the account that the Record names. Those of before it was named make none."""
    if record.account is None:
        return []
    return notice(record, record.account, kind, word(answer), (about, answer["id"]), personal=not record.in_grams)


def _campaign(kind: MessageKind, word: Callable[[Fields], Text], record: Record, campaign: Fields) -> list[Notice]:
    return notice(record, campaign["institution"], kind, word(campaign), ("campaign", campaign["id"]), personal=False)


def to_donor(closing: Closing, account: str) -> Notice:
    """What somebody who gave to a campaign learns of its end."""
    about = About("campaign", closing.campaign)
    return Notice(closing.record, closing.at, account, "campaign_closed", wording.given_to(closing.points), about)


def _turned(record: Record, account: Fields) -> list[Notice]:
    kind: MessageKind = "account_frozen" if record.kind == "account_frozen" else "account_released"
    text, personal = wording.turned(record.kind, record.role), account["kind"] == INDIVIDUAL
    return notice(record, account["id"], kind, text, ("account", account["id"]), personal=personal)


def _procedure(record: Record, procedure: Fields) -> list[Notice]:
    """For the account, and for the one that got what it held."""
    why = record.reason if record.kind == "procedure_rejected" else None
    text = wording.procedure(procedure["kind"], procedure["status"], name=procedure.get("name"), why=why)
    parties = dict.fromkeys([*([record.account] if record.account else []), *_lines(record)])
    of = partial(notice, record, kind="procedure", text=text, about=("procedure", procedure["id"]))
    return [each for party in parties for each in of(party, personal=procedure["kind"] != "rename")]


def _ruled(record: Record, dispute: Fields) -> list[Notice]:
    """The outcome and, where points came back or were taken, what the statement says of it."""
    text, line = wording.ruled(record.role, dispute["status"]), _lines(record).get(record.account or "")
    word = _always(joined(text, in_words(line)) if line else text)
    return _to_named("dispute_ruled", "dispute", word, record, dispute)


def _always(text: Text) -> Callable[[Fields], Text]:
    return lambda _: text


# By the kind of the Record. What happens elsewhere one day gets its message by one more line.
_MAKERS: dict[str, Make] = {
    "redemption": _sold,
    "redemption_fulfilled": _fulfilled,
    "redemption_refunded": _refunded,
    "hold_placed": partial(_of_line, "hold_placed", "hold"),
    "hold_captured": _captured,
    "hold_released": partial(_of_line, "hold_released", "hold"),
    "hold_expired": partial(_of_line, "hold_expired", "hold", before=wording.EXPIRED),
    "hold_refunded": partial(_of_line, "hold_refunded", "hold"),
    "reduction_confirmed": _confirmed,
    "reduction_rejected": partial(_to_named, "reduction_rejected", "reduction", wording.rejected),
    "reduction_reversed": partial(_of_line, "reduction_reversed", "reduction"),
    "grant_redeemed": partial(_to_named, "grant_given", "grant", wording.granted),
    "grant_withdrawn": partial(_to_named, "grant_withdrawn", "grant", wording.ungranted),
    "campaign_closed": partial(_campaign, "campaign_closed", wording.campaign_closed),
    "campaign_rejected": partial(_campaign, "campaign_rejected", _always(wording.CAMPAIGN_REJECTED)),
    "campaign_abandoned": partial(_campaign, "campaign_abandoned", _always(wording.CAMPAIGN_ABANDONED)),
    "donation_refunded": partial(_of_line, "donation_refunded", "campaign"),
    "draw_lost": partial(_of_line, "draw_lost", "draw_entry"),
    "account_frozen": _turned,
    "account_released": _turned,
    "procedure_proposed": _procedure,
    "procedure_rejected": _procedure,
    "account_rebound": _procedure,
    "identity_freed": _procedure,
    "account_inherited": _procedure,
    "account_renamed": _procedure,
    "renaming_requested": institutions.renaming_requested,
    VETOED: institutions.vetoed,
    "dispute_answered": partial(_to_named, "dispute_answered", "dispute", _always(wording.ANSWERED)),
    "dispute_ruled": _ruled,
    "ward_consented": partial(_to_named, "guardian", "ward", _always(wording.WARD)),
    "ward_withdrawn": partial(_to_named, "guardian", "ward", _always(wording.WARD_WITHDRAWN)),
}
KINDS = frozenset(_MAKERS)
