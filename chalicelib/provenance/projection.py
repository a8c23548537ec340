"""What the stream makes of Records: grams by colour, for each account and for the scheme."""

from collections import Counter
from collections.abc import Sequence
from random import randrange

from chalicelib.kernel.record import Record
from chalicelib.provenance.model import Colour, credited
from chalicelib.table import keys
from chalicelib.table.write import Write, update

LANES = 8  # every conversion adds to the scheme's sums: lanes keep consumers from colliding


def colours(records: Sequence[Record]) -> list[Write]:
    """One Write for each account and colour, and one for each colour of the scheme, in a lane of its own choosing."""
    accounts: Counter[tuple[str, Colour]] = Counter()
    scheme: Counter[Colour] = Counter()
    for each in filter(None, map(credited, records)):
        accounts[each.account, each.colour] += each.grams
        scheme[each.colour] += each.grams
    lane = randrange(LANES)
    own = [_add(keys.earned(name, *colour), colour, grams) for (name, colour), grams in accounts.items() if grams]
    return own + [_add(keys.issued(*colour, lane), colour, grams) for colour, grams in scheme.items() if grams]


def _add(key: keys.Key, colour: Colour, grams: int) -> Write:
    return update(key, assign=colour._asdict(), add={"grams": grams})
