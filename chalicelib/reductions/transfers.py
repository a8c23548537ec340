"""What a confirmed reduction moves. Pure."""

from dataclasses import replace

from chalicelib.kernel.caller import INDIVIDUAL
from chalicelib.kernel.record import Facts
from chalicelib.ledger.model import GRAMS, POINTS, Posting, Transfer
from chalicelib.ledger.projection import TOTALS
from chalicelib.provenance.model import credited as credit_of
from chalicelib.reductions.items import Recipient
from chalicelib.settings import settings
from chalicelib.table import keys
from chalicelib.table.write import Write

_SUMMED = 2  # see settings.record_form


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


def summing(credited: tuple[Write, ...], facts: Facts) -> tuple[tuple[Write, ...], Facts]:
    """``credited``, the Write of an account that gets what ``facts`` move, moves its own sums, too: no unit more.

    The Record says so, for no projection may add them again (docs/adr/0062). Nothing of this where nothing moves, where
    the facts name no colour (reports of before 2026-11-26), and by RECORD_FORM while an older version projects.
    """
    came = credit_of(facts)
    if came is None or settings().record_form < _SUMMED:
        return credited, facts
    (account,), (total, asset, _) = credited, TOTALS[str(facts.movement)]
    gained = account.add.get(asset, 0)
    sums = {keys.earned(came.account, *came.colour).sk: came.grams, "credits": 1}
    add = {**account.add, **sums, **({total: gained} if gained else {})}
    return (replace(account, add=add),), replace(facts, summed=True)
