"""A merchant registers its system, or another one, whichever way it was admitted."""

from dataclasses import replace

from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.record import Facts
from chalicelib.ledger.account import Account
from chalicelib.merchants.actions import remains
from chalicelib.merchants.model import MALL, SUB_PLATFORM
from chalicelib.onboarding.actions import integrate, system
from chalicelib.onboarding.items import Application
from chalicelib.onboarding.model import Integration
from chalicelib.onboarding.steps import APPLICANT
from chalicelib.onboarding.systems.model import NoOwnSystem, to_answer
from chalicelib.partners.actions import register
from chalicelib.partners.items import Partner


def may_have_one(account: Account) -> None:
    """Raises NoOwnSystem where the mode of a merchant knows none: ask before any handshake."""
    if account.as_merchant.mode not in (MALL, SUB_PLATFORM):
        raise NoOwnSystem(state=account.as_merchant.status, action="integration")


def register_system(
    command: Command[Integration], account: Account, application: Application | None, known: Partner | None
) -> Decision:
    """The merchant's system has proved itself (``prepare``): it gets the webhooks from now on, instead of ``known``.

    ``application``: the one by which it was admitted, which keeps a line; None where it was approved outside the
    platform. Raises NoOwnSystem; refuses InvalidState, AccountFrozen, AccountClosed.
    """
    may_have_one(account)
    partner = system(command, account.id, known)
    answer, facts = to_answer(partner), Facts(merchant=account.id)
    if application:
        decision = integrate(command, application, APPLICANT, known)
        return replace(decision, answer=answer, facts=replace(decision.facts, merchant=account.id))
    stays = remains(account.id, None, "integration")
    return Decision("system_registered", answer, (stays, *register(partner, known)), facts)
