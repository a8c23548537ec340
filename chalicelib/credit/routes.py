"""/v1/credit-rules"""

from chalice.app import Blueprint

from chalicelib.credit import actions, queries
from chalicelib.credit.model import CreditRuleAnswer, CreditRules, NewCreditRule
from chalicelib.edge.caching import LISTED
from chalicelib.edge.endpoints import command
from chalicelib.edge.queries import query
from chalicelib.kernel.caller import BUREAU
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Params
from chalicelib.kernel.query import Query

room = Blueprint(__name__)


@command(
    room,
    "POST /v1/credit-rules",
    body=NewCreditRule,
    answer=CreditRuleAnswer,
    allow=(BUREAU,),
    refuses=(actions.SameRule,),
)
def publish_credit_rule(command: Command[NewCreditRule]) -> Decision:
    """Publish how the carbon credit score is made. Every score follows the newest version at once.

    What says the same as the newest version makes none: 409 `invalid_state` names that version.
    """
    return actions.publish(command, queries.newest(), queries.unknown(command.body.weights))


@query(room, "/v1/credit-rules", answer=CreditRules, cache=LISTED)
def credit_rules(query: Query[Params]) -> CreditRules:
    """Every version of the rule for the carbon credit score, the newest first."""
    return queries.published(query)
