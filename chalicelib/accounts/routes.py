"""/v1/accounts"""

from chalice.app import Blueprint, Response

from chalicelib.accounts import actions, queries
from chalicelib.accounts.model import Account, AccountView, Entry, EntryParams, Opening
from chalicelib.edge import pages
from chalicelib.edge.caller import INDIVIDUAL, INSTITUTION
from chalicelib.edge.decision import Command, Decision
from chalicelib.edge.fields import Empty, Page, Params
from chalicelib.edge.http import Query, command, query
from chalicelib.errors import InvalidState, NotFound
from chalicelib.ledger.actions import AccountClosed
from chalicelib.settings import secret

room = Blueprint(__name__)
CSV = "text/csv"
HOLDERS = (INDIVIDUAL, INSTITUTION)


@command(room, "POST /v1/accounts", body=Opening, answer=Account, allow=HOLDERS, refuses=(actions.AccountExists,))
def open_account(command: Command[Opening]) -> Decision:
    """Open the caller's account."""
    return actions.open_account(command, secret("identity_key"))


@query(room, "/v1/accounts/me", answer=AccountView, allow=HOLDERS, refuses=(NotFound,))
def my_account(query: Query[Params]) -> AccountView:
    """The caller's account with balances and totals."""
    return queries.view(query.asker)


@query(
    room,
    "/v1/accounts/me/entries",
    answer=Page[Entry],
    allow=HOLDERS,
    params=EntryParams,
    refuses=(NotFound,),
    also=(CSV,),
)
def my_entries(query: Query[EntryParams]) -> Page[Entry] | Response:
    """The caller's statement, newest first; with Accept: text/csv the whole period at once, oldest line first."""
    if pages.preferred(room.current_request.headers, pages.JSON, CSV) == CSV:
        return Response(
            queries.spreadsheet(query), {"Content-Type": f"{CSV}; charset=utf-8", "Cache-Control": "no-store"}
        )
    return queries.entries(query)


@command(
    room,
    "POST /v1/accounts/me/close",
    body=Empty,
    answer=Account,
    allow=HOLDERS,
    refuses=(NotFound, InvalidState, AccountClosed),
    status=200,
)
def close_account(command: Command[Empty]) -> Decision:
    """Close the caller's empty account."""
    return actions.close_account(command, queries.own(command.caller))
