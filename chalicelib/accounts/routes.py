"""/v1/accounts"""

from chalice.app import Blueprint, Response

from chalicelib.accounts import actions, closing, queries, wards
from chalicelib.accounts.model import AccountAnswer, AccountView, Correction, Grounds, Opening
from chalicelib.accounts.refusals import AccountEnded, AccountExists, GuardianRequired
from chalicelib.accounts.statements import checkpoints, export
from chalicelib.accounts.statements import queries as statements
from chalicelib.accounts.statements.checkpoints import Instant
from chalicelib.accounts.statements.entries import EntryAnswer, OwnEntryParams
from chalicelib.accounts.statements.export import Export
from chalicelib.accounts.wards import NewWard, WardAnswer, WardExists, Wards
from chalicelib.credit import queries as credit
from chalicelib.credit.model import CreditReasons
from chalicelib.edge import pages
from chalicelib.edge.endpoints import command
from chalicelib.edge.queries import query
from chalicelib.errors import InvalidState, NotFound
from chalicelib.kernel.caller import BUREAU, EXCHANGE, INDIVIDUAL, INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, Page, Paged, Params
from chalicelib.kernel.query import Query
from chalicelib.ledger.actions import AccountClosed, AccountFrozen
from chalicelib.settings import secret

room = Blueprint(__name__)
CSV = "text/csv"
HOLDERS = (INDIVIDUAL, INSTITUTION)
GUARDIANS = (EXCHANGE, BUREAU)


@command(
    room,
    "POST /v1/accounts",
    body=Opening,
    answer=AccountAnswer,
    allow=HOLDERS,
    refuses=(AccountExists, AccountEnded, GuardianRequired),
)
def open_account(command: Command[Opening]) -> Decision:
    """Open the caller's account.

    A child under 14 needs the consent of a guardian first: `POST /v1/accounts/me/wards`.
    """
    number = actions.hashed_number(command, secret("identity_key"))
    account, claim, last = queries.before_opening(command.caller, number)
    consent = queries.consent(number) if actions.needs_guardian(command) else None
    return actions.open_account(command, number, account, claim, last=last, consent=consent)


@query(room, "/v1/accounts/me", answer=AccountView, allow=HOLDERS, params=Instant, refuses=(NotFound,))
def my_account(query: Query[Instant]) -> AccountView:
    """The caller's account with balances and totals; with `?at=` what it held at an instant, too."""
    account = queries.readable(query.asker)
    return checkpoints.with_balances(queries.view(account, credit.of(account, query.now)), account, query)


@query(room, "/v1/accounts/me/credit", answer=CreditReasons, allow=HOLDERS, refuses=(NotFound,))
def my_credit(query: Query[Params]) -> CreditReasons:
    """The caller's carbon credit score with everything it is made of."""
    return credit.reasons(queries.readable(query.asker), query.now)


@query(
    room,
    "/v1/accounts/me/entries",
    answer=Page[EntryAnswer],
    allow=HOLDERS,
    params=OwnEntryParams,
    refuses=(NotFound,),
    also=(CSV,),
)
def my_entries(query: Query[OwnEntryParams]) -> Page[EntryAnswer] | Response:
    """The caller's statement, newest first; with Accept: text/csv the whole period at once, oldest line first."""
    if pages.preferred(room.current_request.headers, pages.JSON, CSV) == CSV:
        sent: dict[str, str | list[str]] = {
            "Content-Type": f"{CSV}; charset=utf-8",
            "Content-Disposition": f'attachment; filename="statement-{query.now:%Y%m%d}.csv"',
            "Cache-Control": "no-store",
        }
        return Response(statements.spreadsheet(query), sent)
    return statements.entries(query, statements.chosen(query))


@command(
    room,
    "POST /v1/accounts/me/close",
    body=Empty,
    answer=AccountAnswer,
    allow=HOLDERS,
    refuses=(NotFound, InvalidState, AccountClosed, AccountFrozen),
    status=200,
)
def close_account(command: Command[Empty]) -> Decision:
    """Close the caller's account, once it is empty and nothing is owed to others.

    A merchant's account stays, as does one with a debt, a live campaign, an open application, or orders or reductions
    pending.
    """
    account = queries.own(command.caller)
    return closing.close_account(command, account, promised=queries.promises(account))


@command(
    room,
    "POST /v1/accounts/me/wards",
    body=NewWard,
    answer=WardAnswer,
    allow=(INDIVIDUAL,),
    refuses=(NotFound, WardExists, AccountClosed, AccountFrozen),
)
def consent_for_ward(command: Command[NewWard]) -> Decision:
    """Consent that a child under 14 opens an account (PIPL art. 31)."""
    return wards.consent(command, queries.own(command.caller), secret("identity_key"))


@query(room, "/v1/accounts/me/wards", answer=Wards, allow=(INDIVIDUAL,), refuses=(NotFound,))
def my_wards(query: Query[Params]) -> Wards:
    """The children that the caller has consented for, the earliest consent first."""
    return Wards(items=[each.to_answer() for each in queries.wards(queries.readable(query.asker))])


@command(
    room,
    "POST /v1/accounts/me/wards/{id}/withdraw",
    body=Empty,
    answer=WardAnswer,
    allow=(INDIVIDUAL,),
    refuses=(NotFound, InvalidState, AccountClosed),
    status=200,
)
def withdraw_ward(command: Command[Empty], id: str) -> Decision:
    """Withdraw a consent: it opens no account any more. An account that is open stays open.

    To stop that one, ask the exchange to freeze it.
    """
    return wards.withdraw(command, queries.ward(queries.own(command.caller), id))


@query(room, "/v1/accounts/me/export", answer=Export, allow=HOLDERS, params=Paged, refuses=(NotFound,))
def my_export(query: Query[Paged]) -> Export:
    """Everything that is kept about the caller, page by page.

    The account, each line of the statement with the request behind it and its answer (certificates' serials among
    them), how orders stand, and what is counted for limits. Applications are read at GET /v1/applications.
    """
    return export.page(query)


@command(
    room,
    "PATCH /v1/accounts/me",
    body=Correction,
    answer=AccountAnswer,
    allow=(INDIVIDUAL,),
    refuses=(NotFound, AccountClosed),
    status=200,
)
def correct_account(command: Command[Correction]) -> Decision:
    """Correct the caller's name. An institution's follows its registration: the exchange renames it by a procedure."""
    return actions.correct(command, queries.own(command.caller))


@command(
    room,
    "POST /v1/accounts/{id}/freeze",
    body=Grounds,
    answer=AccountAnswer,
    allow=GUARDIANS,
    refuses=(NotFound, InvalidState),
    status=200,
)
def freeze_account(command: Command[Grounds], id: str) -> Decision:
    """Stop every movement of an account, and whatever its holder could promise; it may read.

    What it holds stays, but for refunds that the exchange orders. A merchant's offers leave the shelf within seconds.
    """
    return actions.turn(command, queries.item(id), "freeze")


@command(
    room,
    "POST /v1/accounts/{id}/unfreeze",
    body=Grounds,
    answer=AccountAnswer,
    allow=GUARDIANS,
    refuses=(NotFound, InvalidState),
    status=200,
)
def release_account(command: Command[Grounds], id: str) -> Decision:
    """Let a frozen account move again; a merchant's offers come back."""
    return actions.turn(command, queries.item(id), "unfreeze")
