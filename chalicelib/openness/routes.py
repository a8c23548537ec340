"""/v1/supply, /v1/health"""

from chalice.app import Blueprint

from chalicelib.edge.fields import Params
from chalicelib.edge.http import Query, query
from chalicelib.openness import queries
from chalicelib.openness.model import Health, Supply
from chalicelib.settings import VERSION

room = Blueprint(__name__)


@query(room, "/v1/supply", answer=Supply)
def supply(query: Query[Params]) -> Supply:
    """How many grams back how many points, and what became of the rest."""
    return queries.supply()


@query(room, "/v1/health", answer=Health)
def health(query: Query[Params]) -> Health:
    """Whether the platform answers, and which version."""
    return Health(status="ok", version=VERSION)
