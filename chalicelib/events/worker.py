"""What the schedule does: draws whose time has come are closed, drawn and settled."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from chalicelib.agenda.attempts import attempt_each
from chalicelib.draws import model, queries
from chalicelib.draws.items import LANES, Draw, ListedEntry
from chalicelib.errors import InvalidState
from chalicelib.events import settling
from chalicelib.events.items import DrawEntry
from chalicelib.events.queries import draw_of, entries_of, entry, stock
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.settle import derive, perform
from chalicelib.mall.offers import memory
from chalicelib.mall.offers import queries as mall
from chalicelib.settings import secret
from chalicelib.table import keys
from chalicelib.table.lists import UNLISTED
from chalicelib.table.read import first
from chalicelib.table.write import present, update

SECONDS_MAX = 120  # of the 15 minutes until the schedule fires again; what is left then is done next time
AFTER = timedelta(minutes=1)  # whatever began before the time of a draw has ended by then
_TOGETHER = 100  # entries that are read at once


def draw_due(now: datetime) -> None:
    """Every draw whose time has come, as far as the time of this firing suffices. It may die anywhere: each step is
    committed once, under a name of its own, and the next firing finds what is left. Each draw has an equal share of the
    time that is left, so one with very many entries holds up no other.
    """
    end, due = time.monotonic() + SECONDS_MAX, list(queries.due(stamp(now - AFTER)))

    def turn(place: int) -> None:
        begins = time.monotonic()
        _draw(due[place], until=begins + (end - begins) / (len(due) - place))

    attempt_each(range(len(due)), turn, what="draw", name=lambda place: due[place])


def _draw(event: str, *, until: float) -> None:
    draw = draw_of(event)
    if draw.status == "open":
        perform(keys.digest("close draw", event), lambda command: settling.close(command, draw_of(event)))
        draw = draw_of(event)
    if draw.status == "closed":
        _publish(draw)
        draw = draw_of(event)
    if draw.status == "drawn" and all(_settle_lanes(draw, until)):
        derive(update(keys.draw(event), assign={"status": "settled"}, remove=UNLISTED, require=present()))


def _publish(draw: Draw) -> None:
    """The list is closed, and the stock of a draw's offers stays once its time has come: nothing read here changes."""
    seed = model.seed_of(draw.id, secret("draw_key"))
    if model.commitment_to(seed) != draw.commitment:
        raise RuntimeError("draw_key is another than when the draw was committed to: put it back")
    digest = model.ListDigest()
    for each in queries.entries(draw.id):
        digest.add(each)
    offers = model.draw(queries.entries(draw.id), stock(draw), seed=seed, list_digest=digest.hex)
    facts: dict[str, Any] = {"entries": digest.entries, "list_digest": digest.hex, "seed": seed}
    perform(
        keys.digest("publish draw", draw.id),
        lambda command: settling.publish(command, draw_of(draw.id), offers, **facts),
    )


def _settle_lanes(draw: Draw, until: float) -> list[bool]:
    """Of each lane whether all its entries are settled; one in which something fails holds up no other."""
    settled = {number for number, lane in queries.lanes(draw.id).items() if lane.settled}
    waiting = [number for number in range(LANES) if number not in settled]
    return attempt_each(waiting, partial(_settle_lane, draw, until), what="draw lane", name=str)


def _settle_lane(draw: Draw, until: float, number: int) -> bool:
    waiting = _waiting(queries.lane_entries(draw.id, number))
    attempt_each(waiting, partial(_settle, draw), what="draw entry", name=lambda each: each.id, until=until)
    if time.monotonic() > until:
        return False
    derive(update(keys.draw_lane(draw.id, number), assign={"settled": True}, require=present()))
    return True


def _waiting(listed: Iterator[ListedEntry]) -> Iterator[ListedEntry]:
    """Those that are not settled yet."""
    while some := first(listed, _TOGETHER):
        found = entries_of(some)
        yield from (each for each in some if found[each.id].status == "entered")


def _settle(draw: Draw, listed: ListedEntry) -> None:
    """Once: the name of the Record is the entry's."""
    rank = model.rank(str(draw.seed), str(draw.list_digest), listed.id)
    won = model.awarded(listed, draw.offers, rank)
    decide = partial(_award, listed.id, won) if won else partial(_give_back, listed.id)
    try:
        perform(keys.digest("settle draw entry", listed.id), decide)
    except InvalidState:
        return  # another firing was quicker


def _award(id: str, won: int, command: Command[Any]) -> Decision:
    found: DrawEntry = entry(id)
    offer = memory.terms(found.offer)
    units = memory.choose_tills(offer, won)
    handed = mall.hand_out(units) if offer.pooled else {}
    return settling.award(command, found, offer, units, handed)


def _give_back(id: str, command: Command[Any]) -> Decision:
    return settling.give_back(command, entry(id))
