"""Applying, and every step from there to a merchant of the mall. Each is one Decision."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

from chalicelib.errors import InvalidRequest, InvalidState, Refusal, unprocessable
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, stamp
from chalicelib.ledger.actions import AccountClosed
from chalicelib.ledger.standing import acting
from chalicelib.merchants import history
from chalicelib.merchants.actions import admission, admitted, may_be_admitted, not_free
from chalicelib.merchants.model import EVENT, SUB_PLATFORM
from chalicelib.onboarding import steps
from chalicelib.onboarding.model import (
    Acknowledgement,
    Agreement,
    Endorsement,
    Integration,
    Opinion,
    Review,
)
from chalicelib.onboarding.plans import NewApplication, kept
from chalicelib.onboarding.steps import (
    APPLICANT,
    OPEN,
    STEPS,
    SUB_PLATFORM_OPERATOR,
    DocumentsChanged,
    complete,
    state,
    traits,
)
from chalicelib.partners.actions import register
from chalicelib.table import keys, lists
from chalicelib.table.write import Attr, Item, Write, check, delete, put
from chalicelib.transitions import step

NEVER = "9999"
_LEEWAY = timedelta(minutes=5)  # between the applicant's clock and ours


def apply(command: Command[NewApplication], account: Item) -> Decision:
    """A draft. Refuses InvalidState while another application is open, AlreadyMerchant, AccountFrozen, AccountClosed;
    InvalidRequest where the event is over or the sub-platform is none.
    """
    item = _draft(command, account)
    pointers = [keys.applied(each, command.at, command.id) for each in (account["id"], item["sub_platform"]) if each]
    writes = (
        check(keys.account(account["pk"]), may_be_admitted(command.at), not_free(_closed)),
        put(keys.applying(account["id"]), {"application": command.id}, refuse=_another_is_open),
        put(keys.application(command.id), item | _listed(item, command.at)),
        history.line(command, command.id, "apply", status="draft", comment=None),
        *(put(pointer, {"application": command.id}) for pointer in pointers),
        *_beneath(item),
    )
    return Decision("application_drafted", state(item, APPLICANT), writes, {"application": command.id})


def _draft(command: Command[NewApplication], account: Item) -> Item:
    """``category`` is the mode once more: what the index filters its lists by."""
    body = command.body.root
    plan = kept(body.plan)
    if plan.get("ends_at", NEVER) <= command.at:
        raise InvalidRequest.at("/plan/ends_at", "Must lie in the future", "应晚于当前时间")
    return {
        "id": command.id,
        "applicant": account["id"],
        "name": account["name"],
        "mode": body.mode,
        "category": body.mode,
        "title": body.title,
        "plan": plan,
        "sub_platform": body.sub_platform,
        "status": "draft",
        "created_at": command.at,
        "since": command.at,
        "documents": {},
        "kept": [],
        "announced": 0,
        "version": 0,
    }


def _beneath(item: Item) -> tuple[Write, ...]:
    """The sub-platform that an application names, if it names one, is one that takes merchants."""
    sub_platform = item["sub_platform"]
    if sub_platform is None:
        return ()
    en, zh = "Is no sub-platform that takes merchants", "不是可入驻的分平台"
    if item["mode"] == SUB_PLATFORM or sub_platform == item["applicant"]:
        raise InvalidRequest.at("/sub_platform", en, zh)
    open_to_merchants = Attr("merchant.mode").eq(SUB_PLATFORM) & Attr("merchant.status").eq("active")
    open_to_merchants &= Attr("status").eq("active")
    refuse = unprocessable("/sub_platform", en, zh)
    return (check(keys.account(keys.holder(sub_platform)), open_to_merchants, refuse),)


def submittable(command: Command[Any], item: Item, party: str) -> None:
    """Raises InvalidState, RoleNotAllowed or DocumentsMissing where the application cannot be submitted as it is."""
    step(STEPS, item["status"], "submit", party, traits(item))
    complete(item, command.now)


def submit(command: Command[Empty], item: Item, party: str, safe: Mapping[str, bool]) -> Decision:
    """For review, or first for the operator. ``safe``: whether a document that counts is in the archive, by its id.

    One that is not counts no more: it has to be sent again. Raises DocumentsChanged where ``safe`` does not name one,
    because it arrived meanwhile.
    """
    counting = item["documents"]
    if any(document["id"] not in safe for document in counting.values()):
        raise DocumentsChanged()
    papers = {kind: document for kind, document in counting.items() if safe[document["id"]]}
    complete(item | {"documents": papers}, command.now)
    kept = sorted({*item["kept"], *(document["id"] for document in papers.values())})
    return _advance(command, item, "submit", party, said={"kept": kept, "documents": papers})


def withdraw(command: Command[Empty], item: Item, party: str) -> Decision:
    """The applicant does not want it any more. Raises InvalidState."""
    return _advance(command, item, "withdraw", party)


def endorse(command: Command[Endorsement], item: Item, party: str) -> Decision:
    """The operator of the sub-platform lets a merchant beneath it go to the exchange, or sends it back."""
    body = command.body
    if body.outcome == "return":
        _why(body.comment)
    return _advance(command, item, f"endorsement {body.outcome}", party, comment=body.comment)


def review(command: Command[Review], item: Item, party: str) -> Decision:
    """What the exchange found. Raises DocumentsMissing where it would pass an incomplete application, InvalidRequest
    where its findings contradict the outcome, InvalidState.
    """
    body, action = command.body, f"review {command.body.outcome}"
    step(STEPS, item["status"], action, party, traits(item))
    if body.outcome != "pass":
        _why(body.comment)
    else:
        if not (body.completeness and body.conformity and body.reliability):
            raise InvalidRequest.at(
                "/outcome", "Only what is complete, in form and reliable passes", "完整性、规范性、可靠性均符合方可通过"
            )
        complete(item, command.now)
        if item["mode"] == EVENT and item["plan"]["ends_at"] <= command.at:
            raise InvalidState(state="over", action=action)
    return _advance(command, item, action, party, comment=body.comment, said=_told(command, "review"))


def opinion(command: Command[Opinion], item: Item, party: str) -> Decision:
    """The exchange's opinion, reported to the bureau. Raises InvalidState."""
    body, told = command.body, _told(command, "opinion")
    return _advance(command, item, f"opinion {body.conclusion}", party, comment=body.text, said=told)


def acknowledge(command: Command[Acknowledgement], item: Item, party: str) -> Decision:
    """The bureau files the opinion, or refuses the mode ``other``. Raises InvalidState."""
    body, told = command.body, _told(command, "acknowledgement")
    return _advance(command, item, f"acknowledge {body.outcome}", party, comment=body.comment, said=told)


def agree(command: Command[Agreement], item: Item, party: str) -> Decision:
    """The cooperation agreement is signed. Raises InvalidState."""
    if command.body.signed_at > command.now + _LEEWAY:
        raise InvalidRequest.at("/signed_at", "Lies in the future", "晚于当前时间")
    told = _told(command, "agreement")
    told["agreement"]["signed_at"] = stamp(command.body.signed_at)
    return _advance(command, item, "agreement", party, said=told)


def integrable(item: Item, party: str) -> None:
    """Raises InvalidState or RoleNotAllowed where this is not the step to take: ask before any handshake."""
    step(STEPS, item["status"], "integration", party, traits(item))


def integrate(command: Command[Integration], item: Item, party: str) -> Decision:
    """The applicant's system has proved itself (``prepare``): it is known from now on. Raises InvalidState."""
    body = command.body
    known = register(
        merchant=item["applicant"], callback_url=body.callback_url, public_key=body.public_key, at=command.at
    )
    return _advance(command, item, "integration", party, said=_told(command, "integration"), more=(known,))


def _advance(
    command: Command[Any],
    item: Item,
    action: str,
    party: str,
    *,
    comment: str | None = None,
    said: Item | None = None,
    more: tuple[Write, ...] = (),
) -> Decision:
    """The one way from state to state: the application, its history, and what the new state brings with it.

    A frozen institution goes no step on, as applicant or as operator; it may withdraw. Authorities judge it all the
    same, but it does not become a merchant.
    """
    status = step(STEPS, item["status"], action, party, traits(item))
    name, _, outcome = action.partition(" ")
    after = item | (said or {}) | {"status": status, "since": command.at}
    moved = {"status": status, "since": command.at} | (said or {}) | _listed(after, command.at)
    told = history.line(command, item["id"], name, outcome=outcome or None, status=status, comment=comment)
    writes = (*_may(item, action, party, status), steps.changed(item, moved), told, *more)
    if status not in OPEN:
        writes += (delete(keys.applying(item["applicant"])),)
    if status == "active":
        writes += (_admitted(command, item),)
    return Decision(f"application_{status}", state(after, party), writes, {"application": item["id"]})


def _may(item: Item, action: str, party: str, status: str) -> tuple[Write, ...]:
    """Whether the institution that takes the step may act. Where it is admitted by it, admission asks that."""
    if action == "withdraw" or status == "active" or party not in (APPLICANT, SUB_PLATFORM_OPERATOR):
        return ()
    return (acting(item["applicant"] if party == APPLICANT else item["sub_platform"]),)


def _admitted(command: Command[Any], item: Item) -> Write:
    """The institution becomes a merchant; an event's within the terms of its plan. Refuses as ``apply`` does."""
    plan = item["plan"]
    merchant = admitted(
        command.id,
        command.at,
        mode=item["mode"],
        sub_platform=item["sub_platform"],
        application=item["id"],
        event={
            "starts_at": max(plan["starts_at"], plan["opens_at"]),
            "ends_at": plan["ends_at"],
            "per_account_limit": plan["per_account_limit"],
        }
        if item["mode"] == EVENT
        else None,
    )
    return admission(item["applicant"], merchant, refuse=_closed)


def _listed(item: Item, at: str) -> Item:
    """Its place in the queue of its state."""
    return {"list": lists.applications(item["status"]), "rank": f"{at}:{item['id']}"}


def _told(command: Command[Any], name: str) -> dict[str, Item]:
    return {name: cast(Item, command.body.model_dump()) | {"at": command.at}}


def _why(comment: str | None) -> None:
    if comment is None:
        raise InvalidRequest.at("/comment", "Say why", "请说明原因")


def _closed(_: Item | None) -> Refusal:
    return AccountClosed()


def _another_is_open(_: Item | None) -> Refusal:
    return InvalidState(state="open", action="apply")
