"""/v1/scenarios"""

from chalice.app import Blueprint

from chalicelib.edge.caching import LISTED
from chalicelib.edge.endpoints import command, query
from chalicelib.errors import InvalidState
from chalicelib.kernel.caller import BUREAU
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Params
from chalicelib.kernel.query import Query
from chalicelib.scenarios import actions, queries
from chalicelib.scenarios.model import NewScenario, ScenarioAnswer, ScenariosAnswer

room = Blueprint(__name__)


@command(room, "POST /v1/scenarios", body=NewScenario, answer=ScenarioAnswer, allow=(BUREAU,), refuses=(InvalidState,))
def publish_scenario(command: Command[NewScenario]) -> Decision:
    """Publish a scenario, or a new version of one.

    The newest version governs from its `valid_from` on, past its `valid_until` included: where it has ended, no older
    one comes back. `code` is compared without case and keeps the spelling of its first publication.
    """
    return actions.publish(command, queries.versions(command.body.code))


@query(room, "/v1/scenarios", answer=ScenariosAnswer, cache=LISTED)
def scenarios(query: Query[Params]) -> ScenariosAnswer:
    """Every scenario in force."""
    return queries.published(query)
