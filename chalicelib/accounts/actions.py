"""Opening, freezing and correcting accounts."""

from dataclasses import replace
from typing import Any

from chalicelib.accounts.model import STEPS, Claim, Correction, Grounds, Individual, Opening, masked, to_answer
from chalicelib.accounts.numbers import ALONE_YEARS, age, hashed
from chalicelib.accounts.refusals import AccountEnded, AccountExists, GuardianRequired, OpenElsewhere
from chalicelib.accounts.wards import Consent, consented
from chalicelib.errors import Contended, InvalidRequest, InvalidState, Refusal
from chalicelib.kernel.caller import NONE
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.record import Facts
from chalicelib.ledger.account import Account
from chalicelib.ledger.actions import AccountClosed, AccountCondition, post
from chalicelib.ledger.debts import as_owed, debts_to
from chalicelib.ledger.standing import turned, unturned
from chalicelib.table import keys
from chalicelib.table.row import dump
from chalicelib.table.write import Attr, Write, absent, check, present, seen, update
from chalicelib.transitions import step

KINDS = {"freeze": "account_frozen", "unfreeze": "account_released"}


def open_account(
    command: Command[Opening],
    number: str,
    account: Account | None,
    claim: Claim | None,
    *,
    last: Account | None = None,
    consent: Consent | None = None,
) -> Decision:
    """One open account a login and a number. A closed one is opened again by its own person only.

    ``number`` is the hash of the number; ``account``, ``claim`` (who has the number) and ``last`` (the account that had
    it before, under another login) are as read. The first account of a number names its person for ever: limits and
    caps count by person, whichever account comes later. What ``last`` owes goes along. ``consent`` is a guardian's.
    Raises GuardianRequired; refuses AccountExists, AccountEnded.
    """
    body, id = command.body.root, command.caller.account
    _may_open(command, account, claim, consent)
    person = _person(id, account, claim)
    name = masked(body.name) if body.kind == "individual" else body.name
    opened = Account(id=id, kind=body.kind, name=name, opened_at=command.at, identity=number)
    (own, *before), facts = _succeed(command.id, opened, last)
    first = {} if account or person == id else {"person": person}  # an account never changes its person
    guarded = {"guardian": consent.ward} if consent else {}
    earlier = {"earlier": last.lineage} if last else {}
    written = replace(
        own,
        assign=to_answer(opened).model_dump() | {"identity": number} | first | guarded,
        add={"points": 0, "grams": 0, "pending": 0, **earlier, **own.add},
        remove=("closed_at", "successor"),
        require=Attr("status").eq("closed") & Attr("identity").eq(number) if account else absent(),
        refuse=seen(Account, lambda old: _not_opened(old, account)),
    )
    claimed = _claim(number, Claim(id, person, open=True), claim)
    watched = [_stands_alone(id), *([consented(number, consent)] if consent else [])]
    return Decision("account_opened", to_answer(opened), (written, claimed, *before, *watched), facts)


def _stands_alone(id: str) -> Write:
    """The condition that the login acts for nobody else: it stands for one party. Refuses AccountExists."""
    free = absent() | Attr("authority").eq(NONE) | Attr("institution").eq(id)
    return check(keys.login(id), free, lambda _: AccountExists())


def _may_open(command: Command[Opening], account: Account | None, claim: Claim | None, consent: Consent | None) -> None:
    if claim and claim.mark == "ended":
        raise AccountEnded()
    if claim and claim.open:
        raise OpenElsewhere() if account and account.rebound else AccountExists()
    if consent is None and needs_guardian(command):
        raise GuardianRequired()


def needs_guardian(command: Command[Opening]) -> bool:
    """Whether the person who opens an account is too young to do so alone (PIPL art. 31)."""
    body = command.body.root
    return isinstance(body, Individual) and age(body.identity_number, command.now) < ALONE_YEARS


def _person(id: str, account: Account | None, claim: Claim | None) -> str:
    """By whom limits and caps count. A number that was freed had somebody else's account."""
    if claim and claim.mark != "freed":
        return claim.person or claim.account
    return account.counted_as if account else id


def _succeed(record: str, opened: Account, last: Account | None) -> tuple[list[Write], Facts]:
    """The Write of the account that is opened, and that of ``last``: its debts move, and it names its successor."""
    if last is None:
        return [update(opened.key)], Facts()
    transfer = debts_to(last, opened.holder)
    as_read = Attr("status").eq("closed") & as_owed(last)
    terms = {
        opened.holder: AccountCondition(),
        last.holder: AccountCondition(require=as_read, refuse=lambda _: Contended(), even_closed=True),
    }
    (own, before), facts = post(transfer, record=record, terms=terms)
    return [own, replace(before, assign={"successor": opened.id})], facts if transfer.postings else Facts()


def _not_opened(old: Account | None, account: Account | None) -> Refusal:
    if old and not account:
        return Contended()
    return AccountExists() if old and old.identity else AccountEnded()


def _claim(number: str, after: Claim, before: Claim | None) -> Write:
    """The number is the account's, if nobody has taken it since ``before`` was read."""

    def refuse(old: Claim | None) -> Refusal:
        return AccountExists() if old and old.open else Contended()

    require = Attr("open").eq(False) & Attr("account").eq(before.account) if before else absent()
    remove = ("mark",) if before and before.mark else ()
    return update(keys.identity(number), assign=dump(after), remove=remove, require=require, refuse=seen(Claim, refuse))


def hashed_number(command: Command[Opening], key: bytes) -> str:
    """What is kept of the number that the caller brings. Raises InvalidRequest for a kind that is not its role."""
    body = command.body.root
    if body.kind != command.caller.role:
        raise InvalidRequest.at("/kind", "Must be the caller's role", "应与调用方角色一致")
    return hashed(body.kind, body.number, key)


def turn(command: Command[Grounds], account: Account, action: str) -> Decision:
    """Freeze an account, or release it. While it is frozen its holder can neither move value nor promise any.

    Every Write of the ledger asks for an active account, and ``standing.acting`` asks it for whatever else a holder
    does, so nothing slips between. A merchant's offers leave the shelf, and come back when it is released. Raises
    InvalidState.
    """
    status = step(STEPS, account.status, action, command.caller.role)
    assign: dict[str, Any] = {"status": status}
    facts = Facts(account=account.id, reason=command.body.reason)
    notes: tuple[Write, ...] = ()
    if account.merchant:
        merchant, note = turned(command, account)
        assign, facts, notes = assign | {"merchant": merchant}, replace(facts, merchant=account.id), (note,)

    def refuse(old: Account | None) -> Refusal:
        if old and old.status == account.status:
            return Contended()  # it became a merchant, or was suspended meanwhile: read it again
        return InvalidState(state=old.status if old else "?", action=action)

    require = Attr("status").eq(account.status) & unturned(account)
    write = update(account.key, assign=assign, require=require, refuse=seen(Account, refuse))
    answer = to_answer(replace(account, status=status))
    return Decision(KINDS[action], answer, (write, *notes), facts, publish=True)


def correct(command: Command[Correction], account: Account) -> Decision:
    """A person's name, corrected. Certificates keep the name that they were signed with. Refuses AccountClosed."""
    name = masked(command.body.name)

    def refuse(old: Account | None) -> Refusal:
        return AccountClosed() if old and old.status == "closed" else Contended()

    require = present() & Attr("status").eq(account.status) & Attr("status").ne("closed")
    write = update(account.key, assign={"name": name}, require=require, refuse=seen(Account, refuse))
    return Decision("account_corrected", to_answer(replace(account, name=name)), (write,))
