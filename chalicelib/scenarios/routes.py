"""/v1/methodologies, /v1/scenarios"""

from chalice.app import Blueprint

from chalicelib.edge.caching import LISTED
from chalicelib.edge.endpoints import command
from chalicelib.edge.queries import query
from chalicelib.errors import InvalidState, NotFound
from chalicelib.kernel.caller import BUREAU
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Params
from chalicelib.kernel.query import Query
from chalicelib.outside import redirects
from chalicelib.scenarios import actions, queries
from chalicelib.scenarios.methodology import (
    MethodologiesAnswer,
    MethodologyAnswer,
    NewMethodology,
    UsedMethodologyAnswer,
)
from chalicelib.scenarios.model import (
    NewScenario,
    ScenarioAnswer,
    ScenarioEnd,
    ScenariosAnswer,
    VersionAnswer,
    VersionsAnswer,
)

room = Blueprint(__name__)


@command(
    room,
    "POST /v1/methodologies",
    body=NewMethodology,
    answer=MethodologyAnswer,
    allow=(BUREAU,),
    refuses=(InvalidState,),
)
def publish_methodology(command: Command[NewMethodology]) -> Decision:
    """Publish a methodology, or a new version of one.

    Scenarios name it by its `code`, which is compared without case and keeps the spelling of its first publication.
    The same content again is refused; other content makes a new version. From the end of a methodology on, its
    scenarios take no trips: where a new version moves that end, they get new versions that say so.
    """
    code = command.body.code
    queries.forget()
    return actions.publish_methodology(command, queries.methodologies(code), queries.using(code))


@query(room, "/v1/methodologies", answer=MethodologiesAnswer, cache=LISTED)
def methodologies(_: Query[Params]) -> MethodologiesAnswer:
    """The register of methodologies: the newest version of each, whether or not it is in force."""
    return queries.register()


@query(room, "/v1/methodologies/{code}", answer=UsedMethodologyAnswer, refuses=(NotFound,), cache=LISTED)
def one_methodology(_: Query[Params], code: str) -> UsedMethodologyAnswer:
    """A methodology, and the scenarios that use it."""
    return queries.used(code)


@command(room, "POST /v1/scenarios", body=NewScenario, answer=ScenarioAnswer, allow=(BUREAU,), refuses=(InvalidState,))
def publish_scenario(command: Command[NewScenario]) -> Decision:
    """Publish a scenario, or a new version of one.

    The newest version governs from its `valid_from` on, past its `valid_until` included: where it has ended, no older
    one comes back. `code` is compared without case and keeps the spelling of its first publication.

    Trips of scenarios that exclude each other and overlap are found after they were reported: see `GET /v1/anomalies`.
    """
    body = command.body
    redirects.registrable(body.consent_redirects)
    queries.forget(body.code)
    published = queries.codes() if body.excludes else ()
    return actions.publish(command, queries.versions(body.code), queries.methodologies(body.methodology), published)


@command(
    room,
    "POST /v1/scenarios/{code}/end",
    body=ScenarioEnd,
    answer=VersionAnswer,
    allow=(BUREAU,),
    refuses=(NotFound, InvalidState),
    status=200,
)
def end_scenario(command: Command[ScenarioEnd], code: str) -> Decision:
    """End a scenario.

    A new version ends it at `ends_at`: later trips are refused, earlier ones can still be reported. Nothing that was
    planned for later comes into force.
    """
    queries.forget(code)
    return actions.end(command, queries.versions(code))


@query(room, "/v1/scenarios/{code}/versions", answer=VersionsAnswer, refuses=(NotFound,), cache=LISTED)
def scenario_versions(_: Query[Params], code: str) -> VersionsAnswer:
    """Every version of a scenario, newest first."""
    return queries.history(code)


@query(room, "/v1/scenarios", answer=ScenariosAnswer, cache=LISTED)
def scenarios(query: Query[Params]) -> ScenariosAnswer:
    """Every scenario in force."""
    return queries.published(query)
