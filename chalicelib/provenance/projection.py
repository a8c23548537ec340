"""What the stream makes of Records: grams by colour, for each account and for the scheme, and their uses."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from random import randrange

from chalicelib.kernel.record import Record
from chalicelib.provenance.model import Colour, credited, flows, month_of, used
from chalicelib.table import keys
from chalicelib.table.write import Write, update


def colours(records: Sequence[Record]) -> list[Write]:
    """One Write for each account and colour, and one for each colour of a month, in a lane of its own choosing."""
    accounts: Counter[tuple[str, Colour]] = Counter()
    scheme: dict[tuple[str, Colour], Counter[str]] = defaultdict(Counter)
    for record in records:
        if came := credited(record):
            accounts[came.account, came.colour] += came.grams
        for colour, grams in flows(record):
            scheme[month_of(record), colour]["issued" if grams > 0 else "reversed"] += abs(grams)
    lane = randrange(keys.SOURCE_LANES)
    own = [_add(keys.earned(name, *colour), colour, grams=grams) for (name, colour), grams in accounts.items() if grams]
    return own + [_add(keys.colour(month, colour, lane), colour, **sums) for (month, colour), sums in scheme.items()]


def _add(key: keys.Key, colour: Colour, **amounts: int) -> Write:
    return update(key, assign=colour._asdict(), add=amounts)


def uses(records: Sequence[Record]) -> list[Write]:
    """For each Record that uses grams one Write, and one for the sum of those whose ids begin alike.

    The sums tell how many grams were used before a Record's without reading all of them (queries.place).
    """
    found = [each for each in map(used, records) if each]
    sums: Counter[keys.Key] = Counter()
    for each in found:
        sums[keys.used_sum(each.of, each.record)] += each.grams
    own = [update(keys.used(each.of, each.record), assign={"grams": each.grams}) for each in found]
    return own + [update(key, add={"grams": grams}) for key, grams in sums.items()]
