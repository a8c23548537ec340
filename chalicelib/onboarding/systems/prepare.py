"""Before a merchant's system is registered: it proves itself. This may happen twice, or be cut off anywhere."""

from chalicelib.kernel.decision import Command
from chalicelib.onboarding.model import Integration
from chalicelib.onboarding.prepare import prove
from chalicelib.onboarding.systems import queries
from chalicelib.onboarding.systems.actions import may_have_one


def prove_system(command: Command[Integration], id: str) -> None:
    """Make a handshake with the system of merchant ``id``. Raises HandshakeFailed, NotFound, NoOwnSystem,
    AccountFrozen: what cannot be registered is not called.
    """
    account = queries.own(command.caller, id)
    may_have_one(account)
    prove(command, account)
