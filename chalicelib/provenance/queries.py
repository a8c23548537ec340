"""Grams by colour, as projected from the stream: seconds behind."""

from collections import Counter

from chalicelib.provenance.model import Colour, Coloured
from chalicelib.table import keys, read


def earned(account: str, since: str, until: str) -> list[Coloured]:
    """What ``account`` (its id) got in the months from ``since`` to ``until``, both included, the oldest first."""
    low, high = keys.earned_in(since), keys.earned_in(until) + "~"
    return list(read.query(keys.holder(account), low, high, Coloured))


def issued(month: str) -> dict[Colour, int]:
    """Grams of a month by colour, over all accounts."""
    sums: Counter[Colour] = Counter()
    for lane in read.query(keys.issued_in(month), "!", "~", Coloured):
        sums[lane.colour] += lane.grams
    return dict(sums)
