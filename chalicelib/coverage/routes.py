"""/v1/certificates"""

from chalice.app import Blueprint

from chalicelib.coverage import queries
from chalicelib.coverage.model import UncoveredAnswer, UncoveredParams
from chalicelib.edge.queries import query
from chalicelib.kernel.caller import BUREAU, EXCHANGE
from chalicelib.kernel.fields import Page
from chalicelib.kernel.query import Query

room = Blueprint(__name__)


@query(room, "/v1/certificates", answer=Page[UncoveredAnswer], allow=(EXCHANGE, BUREAU), params=UncoveredParams)
def uncovered_certificates(query: Query[UncoveredParams]) -> Page[UncoveredAnswer]:
    """Certificates of which some grams await recovery after a reversal, the latest first. Seconds behind.

    Once the debt is repaid, a certificate leaves this list; the Records `certificates_flagged` keep what stood when.
    """
    return queries.uncovered(query)
