"""A batch in a sandbox: each line has its Record, as in the mall, before the batch has its own.

The same request again, after a crash or a lost answer, continues where it stopped.
"""

from chalicelib.conformance.goods import actions
from chalicelib.conformance.goods.model import SandboxOffer, Synced
from chalicelib.conformance.items import Run
from chalicelib.conformance.sandbox import queries
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.settle import derive
from chalicelib.mall.catalogue import sync as catalogue
from chalicelib.mall.catalogue.model import NewOfferBatch, OfferLine
from chalicelib.merchants import queries as merchants
from chalicelib.table import keys, read


def sync(command: Command[NewOfferBatch], run: str) -> Synced:
    """Judge each line, and remember what was refused before it is answered. Raises NotFound, and InvalidState where the
    run is over.
    """
    own = queries.sandbox(command, run).run
    places = [keys.sandbox_offer(run, line.sku) for line in command.body.offers]
    known = frozenset(str(each.offer.sku) for each in read.many(places, SandboxOffer).values())
    answer = catalogue.each_line(command, lambda part, line: _line(part, own, line))
    synced = Synced(own, known, answer)
    if wrong := actions.failed(command, synced):
        derive(wrong)
    return synced


def _line(command: Command[NewOfferBatch], run: Run, line: OfferLine) -> Decision:
    before = read.get(keys.sandbox_offer(run.id, line.sku), SandboxOffer)
    named = merchants.event(line.event) if line.event else None
    return actions.line(command, run, line, before.offer if before else None, named)
