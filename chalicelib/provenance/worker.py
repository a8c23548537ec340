"""Making the mix of a closed month when it is first asked for, and those of the months before it."""

from datetime import datetime
from functools import partial
from typing import Any

from chalicelib import shanghai
from chalicelib.errors import NotFound
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.settle import perform
from chalicelib.provenance import mix, queries
from chalicelib.provenance.closing import closed
from chalicelib.provenance.mix import Mix, MixMade, MonthMix, read
from chalicelib.settings import settings
from chalicelib.signing.jws import sign
from chalicelib.table import keys
from chalicelib.table.write import put


def month_mix(month: str, now: datetime) -> MonthMix:
    """The mix of a month, the same for ever.

    Each month opens with what the one before left, so all months before are made, too: each is kept by itself, and two
    that make one at once end with the first. Raises NotFound for what is no month, or none of the scheme;
    MonthNotClosed, SignerAway, Contended, Unavailable.
    """
    if not shanghai.is_month(month):
        raise NotFound()
    if kept := queries.mix(month):
        return kept
    closed(month, now)
    last = queries.latest_mix(month)
    since = shanghai.named(shanghai.number(last.month) + 1) if last else queries.first_month()
    if since is None or month < since:
        raise NotFound()
    for number in range(shanghai.number(since), shanghai.number(month) + 1):
        last = _made(shanghai.named(number), last)
    assert last
    return last


def _made(month: str, before: MonthMix | None) -> MonthMix:
    opening = mix.closing(mix.read(before.rows)) if before else {}
    grams = queries.used(month)
    rows = mix.balance(opening, queries.flows(month), grams)
    stated = Mix(iss=settings().public_url, month=month, grams=grams, parts=mix.parts(mix.used(rows)))
    jws = sign(stated.model_dump(), kind=mix.KIND)
    made = MonthMix(month=month, grams=grams, rows=mix.written(rows), jws=jws)
    perform(keys.digest("mix", month), partial(_keep, made=made))
    return queries.mix(month) or made


def _keep(_: Command[Any], made: MonthMix) -> Decision:
    """The month's mix. Its Record bears the month's name, so the first that is made stays."""
    answer = MixMade(month=made.month, grams=made.grams, colours=len(read(made.rows)))
    return Decision("mix_made", answer, (put(keys.mix(made.month), made),))
