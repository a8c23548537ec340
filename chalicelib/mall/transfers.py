"""What moves in the mall: stock, sales, refunds, sweeps. Pure."""

from collections.abc import Iterator, Mapping

from chalicelib.kernel.record import Record
from chalicelib.ledger.account import Account, AnyAccount
from chalicelib.ledger.model import POINTS, Posting, Transfer, units
from chalicelib.ledger.refunds import from_merchant
from chalicelib.table import keys
from chalicelib.table.write import Write, update

SUM_LANES_MAX = 4
_TILL = "offer:"


def share(total: int, parts: int) -> list[int]:
    """``total`` in ``parts`` as equal as can be."""
    each, over = divmod(total, parts)
    return [each + (1 if number < over else 0) for number in range(parts)]


def lane(till: str) -> int:
    """Where the sales of a till are summed."""
    return int(till.rpartition("/")[2]) % SUM_LANES_MAX


def stock_places(offer: str, at: str, lane: int | str) -> tuple[keys.Key, keys.Key]:
    """Where changes of an offer's stock are added up, by day and by minute (docs/adr/0038)."""
    return keys.stock_on(offer, at[:10], lane), keys.stock_in(offer, at[:16], lane)


def supply(offer: str, at: str, added: int, *, first: bool = False) -> Iterator[Write]:
    """``added`` units in these sums, apart from the lanes of sales. The ``first`` ones say that nothing came before."""
    for place in stock_places(offer, at, "supplied"):
        if added:
            yield update(place, assign={"first": True} if first else {}, add={"units": added})


def restocking(offer: str, changes: Mapping[str, int]) -> Transfer:
    """Units come to tills, or leave them where codes take their place."""
    postings = [
        Posting(keys.SUPPLIED, till, change, units(offer))
        if change > 0
        else Posting(till, keys.SUPPLIED, -change, units(offer))
        for till, change in changes.items()
        if change
    ]
    return Transfer("stocking", tuple(postings))


def sale(person: str, offer: str, parts: Mapping[str, int], price: int) -> Transfer:
    """Points from the person to the tills, units from the tills to her; ``parts`` is how many come from each."""
    postings: list[Posting] = []
    for till, quantity in parts.items():
        postings.append(Posting(person, till, quantity * price, POINTS))
        postings.append(Posting(till, keys.DELIVERED, quantity, units(offer)))
    return Transfer("redemption", tuple(postings))


def award(entry: str, amount: int, bought: Transfer) -> Transfer:
    """The sale ``bought`` out of the ``amount`` of points that an entry in a draw (the name of its account) holds for
    the person: they come back to her, and what is bought costs stays behind.
    """
    person = bought.postings[0].source
    return Transfer(bought.kind, (Posting(entry, person, amount, POINTS), *bought.postings))


def paid(record: Record) -> list[Posting]:
    """What a sale paid, till by till. Points of an entry in a draw come to the person first."""
    return [each for each in record.postings if each.asset == POINTS and each.destination.startswith(_TILL)]


def swept(record: Record, in_tills: Mapping[str, int]) -> int:
    """Points of a sale that its tills (as read) hold no more: the merchant's account pays them."""
    return sum(max(0, each.amount - in_tills[each.destination]) for each in paid(record))


def refund(
    record: Record, in_tills: Mapping[str, int], merchant: Account | None = None, *, pooled: bool = False
) -> Transfer:
    """The sale reversed. Points that were swept meanwhile come from the merchant's account (as read, where anything was
    swept) instead of the till, and those that were bought back as grams.

    ``pooled``: the tills have as many units as unsold codes, so none comes back.
    """
    postings: list[Posting] = []
    for source, destination, amount, asset in record.postings:
        if destination == keys.DELIVERED and not pooled:
            postings.append(Posting(destination, source, amount, asset))
        if destination in in_tills and (from_till := min(amount, in_tills[destination])):
            postings.append(Posting(destination, source, from_till, POINTS))
    if rest := swept(record, in_tills):
        buyer = next(posting.source for posting in paid(record))
        payer = merchant.holder if merchant else str(record.holder)
        postings += from_merchant(payer, buyer, rest, merchant or AnyAccount())
    return Transfer("refund", tuple(postings))


def sweep(till: str, merchant: str, amount: int) -> Transfer:
    """What a till has earned goes to the merchant's account."""
    return Transfer("sweep", (Posting(till, keys.holder(merchant), amount, POINTS),))
