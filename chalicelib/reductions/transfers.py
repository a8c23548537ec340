"""What a confirmed reduction moves. Pure."""

from chalicelib.kernel.caller import INDIVIDUAL
from chalicelib.ledger.model import GRAMS, POINTS, Posting, Transfer
from chalicelib.reductions.items import Recipient
from chalicelib.table import keys


def credit(recipient: Recipient, grams: int) -> Transfer:
    """Confirmed grams back a person's new points, one for one; an institution gets the grams themselves."""
    return (conversion if recipient.kind == INDIVIDUAL else recording)(recipient.id, grams)


def conversion(account: str, grams: int) -> Transfer:
    """Grams are issued to the pool, and points from it."""
    points = Posting(keys.POOL, keys.holder(account), grams, POINTS)
    return Transfer("conversion", (Posting(keys.ISSUED, keys.POOL, grams, GRAMS), points))


def recording(account: str, grams: int) -> Transfer:
    """Grams are issued to an institution."""
    return Transfer("record", (Posting(keys.ISSUED, keys.holder(account), grams, GRAMS),))
