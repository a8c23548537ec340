"""/v1/disputes"""

from chalice.app import Blueprint

from chalicelib.disputes import actions, cases, queries, rulings
from chalicelib.disputes.evidence import actions as files
from chalicelib.disputes.evidence.model import EvidenceOpened, NewEvidence
from chalicelib.disputes.items import OFFICIALS
from chalicelib.disputes.model import (
    DisputeAnswer,
    DisputeParams,
    DisputeReply,
    DisputeView,
    NewDispute,
    RuledDispute,
    Ruling,
)
from chalicelib.edge.endpoints import command
from chalicelib.edge.queries import query
from chalicelib.errors import AlreadyRefunded, InvalidState, LimitReached, NotFound
from chalicelib.kernel.caller import INDIVIDUAL, INSTITUTION, SCENARIO_OPERATOR
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, Page, Params
from chalicelib.kernel.query import Query
from chalicelib.ledger.actions import AccountClosed, AccountFrozen, InsufficientPoints
from chalicelib.onboarding.documents.uploads import DocumentLink

room = Blueprint(__name__)
OTHER_PARTIES = (INSTITUTION, SCENARIO_OPERATOR)
PARTIES = (INDIVIDUAL, *OTHER_PARTIES)


@command(
    room,
    "POST /v1/disputes",
    body=NewDispute,
    answer=DisputeAnswer,
    allow=(INDIVIDUAL, INSTITUTION),
    refuses=(NotFound, InvalidState, actions.DisputeOpen, LimitReached),
)
def open_dispute(command: Command[NewDispute]) -> Decision:
    """Dispute an order, a hold or a reduction of the caller's own. An institution disputes reductions credited to it.

    The merchant, or the operator that reported the reduction, answers by `answer_by`. The exchange rules orders and
    holds by `rule_by`, the bureau reductions. Meanwhile nothing else changes: what can be refunded, released or
    reversed still can be. Where all is given back before a ruling, the dispute is `resolved` within seconds.
    """
    return actions.open_dispute(command, cases.matter(command.caller, command.body.kind, command.body.object))


@query(
    room,
    "/v1/disputes",
    answer=Page[DisputeAnswer],
    allow=(*PARTIES, *OFFICIALS),
    params=DisputeParams,
    refuses=(NotFound,),
)
def disputes(query: Query[DisputeParams]) -> Page[DisputeAnswer]:
    """The caller's disputes, newest first; for officials all, those longest in their state first.

    Lists by `status`, and those of officials, are seconds behind.
    """
    return queries.disputes(query)


@query(room, "/v1/disputes/{id}", answer=DisputeView, allow=(*PARTIES, *OFFICIALS), refuses=(NotFound,))
def one_dispute(query: Query[Params], id: str) -> DisputeView:
    """One dispute with its files, for its parties and officials."""
    return queries.view(query.asker, id, query.now)


@command(
    room,
    "POST /v1/disputes/{id}/answer",
    body=DisputeReply,
    answer=DisputeAnswer,
    allow=OTHER_PARTIES,
    refuses=(NotFound, InvalidState),
    status=200,
)
def answer_dispute(command: Command[DisputeReply], id: str) -> Decision:
    """The other party answers, once. After `answer_by` it still may, until the dispute is ruled."""
    return actions.answer(command, queries.of_other_party(command.caller, id))


@command(
    room,
    "POST /v1/disputes/{id}/withdraw",
    body=Empty,
    answer=DisputeAnswer,
    allow=(INDIVIDUAL, INSTITUTION),
    refuses=(NotFound, InvalidState),
    status=200,
)
def withdraw_dispute(command: Command[Empty], id: str) -> Decision:
    """Who opened a dispute takes it back. It is over for good; another one about the same object may be opened."""
    return actions.withdraw(command, queries.of_person(command.caller, id))


@command(
    room,
    "POST /v1/disputes/{id}/rule",
    body=Ruling,
    answer=RuledDispute,
    allow=OFFICIALS,
    refuses=(NotFound, InvalidState, AlreadyRefunded, InsufficientPoints, AccountClosed, AccountFrozen),
    status=200,
)
def rule_dispute(command: Command[Ruling], id: str) -> Decision:
    """Rule a dispute: the exchange about orders and holds, the bureau about reductions.

    What the ruling carries out is done with it, or the ruling is refused with what is in the way and the dispute waits.
    It is ruled once the other party has answered, or its time to answer is over.
    """
    dispute, _ = queries.visible(command.caller, id)
    rulings.rulable(command, dispute)  # the other official does not read the object
    return rulings.rule(command, dispute, cases.case(command.caller, dispute))


@command(
    room,
    "POST /v1/disputes/{id}/evidence",
    body=NewEvidence,
    answer=EvidenceOpened,
    allow=PARTIES,
    refuses=(NotFound, InvalidState),
)
def announce_evidence(command: Command[NewEvidence], id: str) -> Decision:
    """Announce a file, then send it with the form that is answered. The other party sees that it exists, no more."""
    return files.open_upload(command, *queries.visible(command.caller, id))


@command(
    room,
    "POST /v1/disputes/{id}/evidence/{evidence}/link",
    body=Empty,
    answer=DocumentLink,
    allow=(*PARTIES, *OFFICIALS),
    refuses=(NotFound, InvalidState),
)
def open_evidence(command: Command[Empty], id: str, evidence: str) -> Decision:
    """A link that opens the file for some minutes, for who sent it and for the official that rules."""
    dispute, party = queries.visible(command.caller, id)
    found = queries.evidence(id, evidence)
    return files.link(command, found, opens=queries.opens(command.caller, dispute, party, found))
