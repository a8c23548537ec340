"""A merchant gives points back: its points first, then grams that its points were bought back for (docs/adr/0025)."""

from chalicelib.ledger.account import AnyAccount
from chalicelib.ledger.actions import AccountCondition
from chalicelib.ledger.model import GRAMS, POINTS, Posting
from chalicelib.table import keys
from chalicelib.table.write import Attr


def grams_for(points: int, account: AnyAccount) -> int:
    """How many of ``points`` the merchant (as read) gives as grams, because it has not enough points."""
    return min(max(0, points - account.points), account.grams)


def from_merchant(merchant: str, person: str, points: int, account: AnyAccount) -> tuple[Posting, ...]:
    """``points`` for the person. For what is missing, grams go back to the pool and back new points, one for one."""
    grams = grams_for(points, account)
    postings = (
        Posting(merchant, person, points - grams, POINTS),
        Posting(merchant, keys.POOL, grams, GRAMS),
        Posting(keys.POOL, person, grams, POINTS),
    )
    return tuple(each for each in postings if each.amount)


def condition(points: int, account: AnyAccount | None, *, even_frozen: bool) -> AccountCondition:
    """What the merchant's account (as read) adds: grams are taken only while its points are those that were
    read. None: it was not read, for it pays nothing.
    """
    short = Attr("points").eq(account.points) if account and grams_for(points, account) else None
    return AccountCondition(require=short, as_read=account, even_frozen=even_frozen)
