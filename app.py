"""Table of contents: the Chalice app, one blueprint a room, and everything that can wake the system."""

from typing import Any

from chalice.app import AuthRequest, AuthResponse, Chalice, DynamoDBEvent

from chalicelib.accounts.routes import room as accounts
from chalicelib.edge import caller, events, problem
from chalicelib.ledger.projection import entries
from chalicelib.mall.projection import sales
from chalicelib.mall.routes import room as mall
from chalicelib.onboarding.routes import room as onboarding
from chalicelib.openness.projection import supply
from chalicelib.openness.routes import room as openness
from chalicelib.reductions.routes import room as reductions
from chalicelib.settings import settings

app = Chalice(app_name="carbon-points")
app.register_middleware(problem.reshape, "http")

for room in (accounts, reductions, mall, onboarding, openness):
    app.register_blueprint(room)


@app.authorizer(name="authenticate", ttl_seconds=60)
def authenticate(request: AuthRequest) -> AuthResponse:
    """Every request with a token: who is it?"""
    return caller.authorize(request)


caller.authenticate.config = authenticate.config


@app.on_dynamodb_record(stream_arn=settings().stream_arn, batch_size=100, name="project")
def project(event: DynamoDBEvent) -> dict[str, Any]:
    """Every committed Record, at least once: statement lines, totals, stock and supply, exactly once."""
    return events.project(event, (entries, sales, supply))
