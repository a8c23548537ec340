"""Balances and statements."""

from dataclasses import dataclass
from functools import lru_cache

from chalicelib.accounts.model import AccountView, Balances, Claim, Totals, to_answer
from chalicelib.accounts.refusals import AccountMoved, LoginReplaced
from chalicelib.accounts.wards import Consent, Ward
from chalicelib.credit.model import Credit
from chalicelib.errors import NotFound
from chalicelib.kernel.caller import INDIVIDUAL, INSTITUTION, Caller
from chalicelib.ledger.account import Account, Sums
from chalicelib.ledger.actions import AccountNotOpen
from chalicelib.ledger.refunds import Payee
from chalicelib.table import keys, lists, read
from chalicelib.table.write import Attr

TOTAL_NAMES = tuple(Totals.model_fields)
LIVE = ["proposed", "approved", "ended"]  # campaigns that their institution still has to see through


def own(caller: Caller) -> Account:
    """The caller's account, to act for it. Raises AccountNotOpen, and LoginReplaced where a rebinding has moved it."""
    account = _named(caller)
    if account.rebound:
        raise LoginReplaced()
    return account


def readable(caller: Caller) -> Account:
    """The caller's account, to read what it has. Raises AccountNotOpen, also where a rebinding has moved it: to a lost
    login there is nothing here any more.
    """
    account = _named(caller)
    if account.rebound:
        raise AccountMoved()
    return account


def _named(caller: Caller) -> Account:
    account = read.get(keys.account(keys.holder(caller.account)), Account)
    if account is None or not caller.holds(account.kind, account.id):
        raise AccountNotOpen()
    return account


def all_of(account: Account) -> list[Account]:
    """An account (as read) and those that it came after, of the same person: one more read where there are any."""
    before = [keys.account(keys.holder(id)) for id in account.ids[1:]]
    return [account, *read.many(before, Account).values()] if before else [account]


def before_opening(caller: Caller, number: str) -> tuple[Account | None, Claim | None, Account | None]:
    """The caller's account, who has the number (its hash), and the account of another login that had it before: as of
    now, None where there is none. A number that was freed had somebody else's account, which is not looked at.
    """
    places = keys.account(keys.holder(caller.account)), keys.identity(number)
    there, claimed = map(read.rows(places).get, places)
    own, claim = there.load(Account) if there else None, claimed.load(Claim) if claimed else None
    if claim is None or claim.open or claim.mark or (own and own.id == claim.account):
        return own, claim, None
    return own, claim, read.get(keys.account(keys.holder(claim.account)), Account)


def present(id: str) -> Account:
    """Anyone's account, or the one that has come after it for the same person. Raises NotFound."""
    return latest(item(id))


def latest(found: Account) -> Account:
    """The same of an account as read."""
    while found.successor:
        found = item(found.successor)
    return found


def payee(account: Account) -> Payee:
    """Who gets what comes back for an account (as read): its person, whichever account she has by now, or her heir."""
    found, estates = latest(account), []
    while found.heir:
        estates += [found] if found.debt_points else []
        found = present(found.heir)
    return Payee(found, tuple(estates))


def lineage(caller: Caller) -> list[str]:
    """The ids of all accounts of the holder who calls: the own one first, then those that it came after. One that has
    no account yet has none of its own. Raises AccountNotOpen to a login that a rebinding has replaced.
    """
    found = read.get(keys.account(keys.holder(caller.account)), Account)
    if found is None:
        return [caller.account]
    if found.rebound:
        raise AccountMoved()
    return found.ids


def is_of(caller: Caller, account: str) -> bool:
    """Whether ``account`` is the person's who calls: her own, or an earlier one of hers. A login that a rebinding has
    replaced has none.
    """
    if caller.role != INDIVIDUAL:
        return False
    found = item(account)
    own = caller.holds(INDIVIDUAL, found.id) and not found.rebound
    return own or caller.holds(INDIVIDUAL, latest(found).id)


def consent(number: str) -> Consent | None:
    """A guardian's consent that stands, for the child with the number (its hash)."""
    found = read.query(*keys.consents(number), Consent)
    return next((each for each in found if each.withdrawn_at is None), None)


def wards(account: Account) -> list[Ward]:
    """Every child that the holder of ``account`` has consented for, with whichever login."""
    pointers = (read.query(name, keys.WARDS, keys.WARDS_END, Ward) for name in account.holders)
    return sorted((each for found in pointers for each in found), key=lambda each: each.consented_at)


def ward(account: Account, id: str) -> Ward:
    """One of them. Raises NotFound."""
    found = [each for each in wards(account) if each.id == id]
    if not found:
        raise NotFound()
    return found[0]


@lru_cache(maxsize=10_000)
def person(account: str) -> str:
    """The id by which the person of an account is counted: that of the first account opened with the same number.

    An account never changes its person, so a process asks once. Raises AccountNotOpen, which is never remembered.
    """
    found = read.get(keys.account(keys.holder(account)), Account)
    if found is None:
        raise AccountNotOpen()
    return found.counted_as


def item(id: str) -> Account:
    """Anyone's account. Raises NotFound."""
    found = read.get(keys.account(keys.holder(id)), Account)
    if found is None:
        raise NotFound()
    return found


@dataclass(frozen=True)
class _Campaign:
    """What an account has to know of a campaign. ``counted``: its institution's account counts it while it is live."""

    institution: str
    status: str
    counted: bool = False


def promises(account: Account) -> bool:
    """Whether a campaign of an institution (its account, as read) is live that its account does not count.

    Only campaigns of before the counter are not counted. There are no new ones, and none of them comes back to life, so
    what is found here stays true for the transaction that relies on it.
    """
    if account.kind != INSTITUTION:
        return False
    live = read.places(lists.CAMPAIGNS, where=Attr("status").is_in(LIVE))
    found = read.many([place.key for place in live], _Campaign).values()
    own = (each for each in found if each.institution == account.id and not each.counted)
    return any(each.status in LIVE for each in own)


def view(account: Account, credit: Credit | None) -> AccountView:
    """An account (as read) with its balances (strongly consistent) and totals (seconds behind)."""
    lanes = list(read.query(account.holder, "sums:", "sums:~", Sums)) if account.kind == INSTITUTION else []
    summed = {
        name: sum(getattr(each, name) for each in (account, *lanes)) for name in (*TOTAL_NAMES, "gathered", "returned")
    }
    summed["donated"] -= summed["returned"]
    in_tills = max(0, summed["gathered"] - account.swept)
    return AccountView(
        **to_answer(account).model_dump(),
        balances=Balances(points=account.points + in_tills, grams=account.grams, held_points=account.held),
        debt_points=account.debt_points,
        debt_grams=account.debt_grams,
        totals=Totals(**{name: summed[name] for name in TOTAL_NAMES}),
        credit=credit,
        guardian=account.guardian,
        earlier=account.ids[1:],
    )
