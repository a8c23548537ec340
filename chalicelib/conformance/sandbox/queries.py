"""The sandbox of a run, for its own merchant."""

from typing import Any

from chalicelib.conformance import queries
from chalicelib.conformance.sandbox.items import Lost, Sandbox, SandboxGrant, SandboxHold
from chalicelib.errors import InvalidState, NotFound
from chalicelib.holds.items import Hold
from chalicelib.kernel.caller import INSTITUTION
from chalicelib.kernel.decision import Command
from chalicelib.partners.queries import partner
from chalicelib.table import keys, read


def sandbox(command: Command[Any], id: str) -> Sandbox:
    """The sandbox of the caller's run. Raises NotFound, InvalidState where the run is over."""
    run = queries.run(id)
    if run is None or not command.caller.holds(INSTITUTION, run.merchant):
        raise NotFound()
    if not run.is_open(command.now):
        raise InvalidState(state="over", action="test")
    kept = read.get(keys.sandbox_grant(id), SandboxGrant)
    return Sandbox(run, kept.grant if kept else None, partner(run.merchant))


def lost(run: str) -> Lost | None:
    """The request that lost its answer."""
    return read.get(keys.sandbox_lost(run), Lost)


def find(run: str, hold: str) -> SandboxHold | None:
    """A hold, if there is one."""
    return read.get(keys.sandbox_hold(run, hold), SandboxHold)


def hold(run: str, hold: str) -> Hold:
    """The same. Raises NotFound."""
    if found := find(run, hold):
        return found.hold
    raise NotFound()
