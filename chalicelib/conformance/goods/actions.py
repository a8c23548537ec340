"""A batch of a sandbox, judged line by line by the Decisions of the mall. Their Writes are dropped: none is on sale."""

from chalicelib.conformance.actions import verdict
from chalicelib.conformance.checks import CATALOGUE, CATALOGUE_AGAIN
from chalicelib.conformance.goods.model import SELLER, SandboxOffer, Synced, kept
from chalicelib.conformance.items import Run
from chalicelib.conformance.sandbox.parts import CAME, WORDS_MAX
from chalicelib.errors import Text
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.record import Facts
from chalicelib.mall.catalogue import sync
from chalicelib.mall.catalogue.model import LineAnswer, NewOfferBatch, OfferLine
from chalicelib.mall.items import Offer
from chalicelib.merchants.beside import MerchantEvent
from chalicelib.table import keys
from chalicelib.table.write import Write, absent, present, put


def line(
    command: Command[NewOfferBatch], run: Run, line: OfferLine, known: Offer | None, named: MerchantEvent | None
) -> Decision:
    """What becomes of a line: its offer is kept for the next one of its sku. ``named``: its event, as read. Raises what
    ``sync.create`` and ``sync.change`` raise.
    """
    decided = sync.create(command, line, SELLER, named) if known is None else sync.change(command, line, known, SELLER)
    assert isinstance(decided.answer, LineAnswer)
    left = SandboxOffer(kept(decided.answer), run.expires_at)
    newest = put(keys.sandbox_offer(run.id, line.sku), left, require=absent() | present())
    return Decision("sandbox_offer", decided.answer, (newest,), _facts(run))


def failed(command: Command[NewOfferBatch], synced: Synced) -> Write | None:
    """The step fails, unless it has passed before: a line was refused, and why."""
    wrong = next((each for each in synced.answer.offers if each.result == "refused"), None)
    if wrong is None:
        return None
    step = CATALOGUE_AGAIN if wrong.sku in synced.known else CATALOGUE
    en, zh = (f"{wrong.sku}: {wrong.code}: {detail}"[:WORDS_MAX] for detail in (wrong.detail, wrong.detail_zh))
    return verdict(synced.run, step, Text(en, zh), command.now, passed=False)


def done(command: Command[NewOfferBatch], synced: Synced) -> Decision:
    """The Record of the batch. Where no line is refused, the steps that it takes have passed."""
    results, passed = {each.result for each in synced.answer.offers}, list[str]()
    if "refused" not in results:
        passed += [CATALOGUE] if "created" in results else []
        passed += [CATALOGUE_AGAIN] if results - {"created"} else []
    writes = tuple(verdict(synced.run, step, CAME, command.now, passed=True) for step in passed)
    return Decision("sandbox_offer_batch", synced.answer, writes, _facts(synced.run), publish=True)


def _facts(run: Run) -> Facts:
    return Facts(merchant=run.merchant, conformance=run.id)
