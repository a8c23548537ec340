"""/v1/sub-platforms"""

from chalice.app import Blueprint, Response

from chalicelib.edge.endpoints import command, waits_for
from chalicelib.edge.pages import JSON, page, preferred
from chalicelib.edge.queries import query
from chalicelib.errors import InvalidState, NotFound
from chalicelib.kernel.caller import EXCHANGE, INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Page, Params, stamp
from chalicelib.kernel.query import Query
from chalicelib.ledger.actions import AccountFrozen
from chalicelib.mall.model import OfferAnswer
from chalicelib.mall.offers.browse import less_sold
from chalicelib.mall.tills.following import until_down
from chalicelib.merchants import queries as merchants
from chalicelib.merchants.actions import AlreadyMerchant
from chalicelib.merchants.members import PlanFull
from chalicelib.platforms import actions, orders, queries, report
from chalicelib.platforms.model import (
    Grounds,
    MemberAnswer,
    MemberOrderParams,
    MemberParams,
    MemberView,
    MonthParams,
    NewMember,
    PlatformReport,
)
from chalicelib.provenance.closing import MonthNotClosed
from chalicelib.supervision.model import SupervisedOrderAnswer

room = Blueprint(__name__)
READERS = (INSTITUTION, EXCHANGE)
CSV = "text/csv"


@command(
    room,
    "POST /v1/sub-platforms/{id}/members",
    body=NewMember,
    answer=MemberAnswer,
    allow=(INSTITUTION,),
    refuses=(NotFound, AlreadyMerchant, PlanFull, AccountFrozen, InvalidState),
)
def admit_member(command: Command[NewMember], id: str) -> Decision:
    """As operator: admit an institution beneath the sub-platform, within the number that its plan names.

    It is a merchant of the mode `other` at once. The exchange may veto the admission for some days (`veto_until`).
    """
    return actions.admit(command, queries.own(command.caller, id), merchants.account(command.body.account))


@query(
    room,
    "/v1/sub-platforms/{id}/members",
    answer=Page[MemberAnswer],
    allow=READERS,
    params=MemberParams,
    refuses=(NotFound,),
)
def platform_members(query: Query[MemberParams], id: str) -> Page[MemberAnswer]:
    """Everyone who is or was beneath a sub-platform, whichever way it was admitted."""
    return queries.members(query, id)


@query(room, "/v1/sub-platforms/{id}/members/{member}", answer=MemberView, allow=READERS, refuses=(NotFound,))
def one_member(query: Query[Params], id: str, member: str) -> MemberView:
    """One member and its history, for itself too."""
    return queries.view(query.asker, id, member, stamp(query.now))


@command(
    room,
    "POST /v1/sub-platforms/{id}/members/{member}/suspend",
    body=Grounds,
    answer=MemberAnswer,
    allow=(INSTITUTION,),
    refuses=(NotFound, InvalidState, AccountFrozen),
    status=200,
)
def suspend_member(command: Command[Grounds], id: str, member: str) -> Decision:
    """As operator: take a member's offers off the shelf; its orders and points stay."""
    operator = queries.own(command.caller, id)
    return actions.turn(command, operator, *queries.member(operator, member), "suspend")


@command(
    room,
    "POST /v1/sub-platforms/{id}/members/{member}/reinstate",
    body=Grounds,
    answer=MemberAnswer,
    allow=(INSTITUTION,),
    refuses=(NotFound, InvalidState, AccountFrozen),
    status=200,
)
def reinstate_member(command: Command[Grounds], id: str, member: str) -> Decision:
    """As operator: lift its own suspension. The exchange's stays, and so do the offers off the shelf until then."""
    operator = queries.own(command.caller, id)
    return actions.turn(command, operator, *queries.member(operator, member), "reinstate")


@command(
    room,
    "POST /v1/sub-platforms/{id}/members/{member}/veto",
    body=Grounds,
    answer=MemberAnswer,
    allow=(EXCHANGE,),
    refuses=(NotFound, InvalidState),
    status=200,
)
def veto_member(command: Command[Grounds], id: str, member: str) -> Decision:
    """End a membership that the operator began, before `veto_until`: the institution is no merchant any more.

    Its offers leave the shelf within seconds and never come back; its orders are served, its points stay.
    """
    return actions.veto(command, id, *queries.member(id, member))


@command(
    room,
    "POST /v1/sub-platforms/{id}/offers/{offer}/take-down",
    body=Grounds,
    answer=OfferAnswer,
    allow=(INSTITUTION,),
    refuses=(NotFound, InvalidState, AccountFrozen),
    status=200,
)
@waits_for(until_down)
def take_offer_down(command: Command[Grounds], id: str, offer: str) -> Decision:
    """As operator: take a member's offer off the shelf. The member cannot put it back until it is allowed again."""
    operator = queries.own(command.caller, id)
    found = queries.offer(operator, offer)
    return less_sold(actions.take_down(command, operator, found), found)


@command(
    room,
    "POST /v1/sub-platforms/{id}/offers/{offer}/allow",
    body=Grounds,
    answer=OfferAnswer,
    allow=READERS,
    refuses=(NotFound, InvalidState, AccountFrozen),
    status=200,
)
def allow_offer(command: Command[Grounds], id: str, offer: str) -> Decision:
    """As operator or exchange: the member may put an offer that was taken down on the shelf again."""
    sub_platform = queries.visible(command.caller, id)
    found = queries.offer(sub_platform, offer)
    return less_sold(actions.allow(command, sub_platform, found), found)


@query(
    room,
    "/v1/sub-platforms/{id}/orders",
    answer=Page[SupervisedOrderAnswer],
    allow=READERS,
    params=MemberOrderParams,
    refuses=(NotFound,),
)
def platform_orders(query: Query[MemberOrderParams], id: str) -> Page[SupervisedOrderAnswer]:
    """Orders of all members or of one, newest first, without their buyers. Seconds behind.

    A page of one status may be short: its cursor continues.
    """
    return orders.orders(query, id)


@query(
    room,
    "/v1/sub-platforms/{id}/report",
    answer=PlatformReport,
    allow=READERS,
    params=MonthParams,
    refuses=(NotFound, MonthNotClosed),
    also=(CSV,),
)
def platform_report(query: Query[MonthParams], id: str) -> Response:
    """The sums of a closed month by member. `text/csv` opens in a spreadsheet."""
    found = report.report(query, id)
    if preferred(room.current_request.headers, JSON, CSV) == CSV:
        attached = {"Content-Disposition": f'attachment; filename="sub-platform-{found.month}.csv"'}
        return page(report.written(found), f"{CSV}; charset=utf-8", attached)
    return page(found.model_dump_json(), JSON)
