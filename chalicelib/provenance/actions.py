"""Keeping the mix of a month, once."""

from typing import Any

from chalicelib.kernel.decision import Command, Decision
from chalicelib.provenance.mix import MixMade, MonthMix, read
from chalicelib.table import keys
from chalicelib.table.write import put


def keep(_: Command[Any], made: MonthMix) -> Decision:
    """The month's mix. Its Record bears the month's name, so the first that is made stays."""
    answer = MixMade(month=made.month, grams=made.grams, colours=len(read(made.rows)))
    return Decision("mix_made", answer, (put(keys.mix(made.month), made),))
