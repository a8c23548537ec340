"""A draw begins with the admission of its event: its seed is fixed, and committed to."""

from chalicelib.draws.items import Draw
from chalicelib.draws.model import commitment_to, seed_of
from chalicelib.ledger.account import EventTerms
from chalicelib.table import keys, lists
from chalicelib.table.lists import Listing
from chalicelib.table.write import Write, put


def opened(event: str, merchant: str, terms: EventTerms, *, at: str, draw_key: bytes) -> tuple[Write, ...]:
    """The draw of an event that is admitted at ``at``; nothing where its goods go to whom comes first.

    Entries are taken from then on at the earliest, so the commitment is public before the first of them.
    """
    if terms.draws_at is None:
        return ()
    draw = Draw(
        id=event,
        merchant=merchant,
        commitment=commitment_to(seed_of(event, draw_key)),
        opens_at=max(terms.starts_at, at),
        draws_at=terms.draws_at,
        ends_at=terms.ends_at,
    )
    return (put(keys.draw(event), draw, listed=Listing(lists.DRAWS, f"{draw.draws_at}:{event}")),)
