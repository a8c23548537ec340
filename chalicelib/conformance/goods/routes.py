"""/sandbox/{run}/v1/offer-batches"""

from chalice.app import Blueprint

from chalicelib.conformance.goods import actions, prepare
from chalicelib.conformance.goods.model import Synced
from chalicelib.edge.endpoints import command
from chalicelib.errors import InvalidState, NotFound
from chalicelib.kernel.caller import INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.mall.catalogue.model import NewOfferBatch, OfferBatchAnswer

room = Blueprint(__name__)


@command(
    room,
    "POST /sandbox/{run}/v1/offer-batches",
    body=NewOfferBatch,
    answer=OfferBatchAnswer,
    allow=(INSTITUTION,),
    refuses=(NotFound, InvalidState),
    status=200,
    prepare=prepare.sync,
)
def sync_sandbox_offers(command: Command[NewOfferBatch], synced: Synced, run: str) -> Decision:
    """Keep a catalogue in sync, by the rules of `POST /v1/offer-batches`. Nothing is on sale.

    The steps `catalogue` and `catalogue_again` may be left out of a run.
    """
    return actions.done(command, synced)
