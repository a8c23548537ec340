"""The merchant that the caller is, and its system."""

from chalicelib.errors import NotFound
from chalicelib.kernel.caller import EXCHANGE, INSTITUTION, Caller
from chalicelib.ledger.account import Account
from chalicelib.merchants import queries as merchants
from chalicelib.onboarding import queries
from chalicelib.onboarding.items import Application
from chalicelib.onboarding.systems.model import ConsentRedirects
from chalicelib.partners import queries as partners
from chalicelib.partners.items import Partner


def own(caller: Caller, id: str) -> Account:
    """The caller's own merchant. Raises NotFound."""
    if not caller.holds(INSTITUTION, id):
        raise NotFound()
    return merchants.item(id)


def admitted_by(account: Account) -> Application | None:
    """The application by which a merchant was admitted, None where it was approved outside the platform."""
    id = account.as_merchant.application
    return queries.application(id) if id else None


def system(caller: Caller, id: str) -> Partner:
    """The system of merchant ``id``, for itself and the exchange. Raises NotFound, also where it has none."""
    seen = caller.reads_as(EXCHANGE) or caller.holds(INSTITUTION, id)
    found = partners.partner(id) if seen else None
    if found is None:
        raise NotFound()
    return found


def consent_redirects(id: str) -> ConsentRedirects:
    """Where codes of consent for merchant ``id`` may be sent; nowhere without a system of its own. Raises NotFound."""
    found = partners.partner(merchants.item(id).id)
    return ConsentRedirects(consent_redirects=found.consent_redirects if found else ())
