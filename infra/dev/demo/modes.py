"""Modes at work: a member of a sub-platform sells, an event draws; a dispute is answered and ruled."""

from datetime import UTC, datetime, timedelta
from typing import Any

from infra.dev.demo import onboarding, people
from infra.dev.demo.api import Api, Call
from infra.dev.demo.people import LATER, MERCHANTS

MEMBER, THEATRE = LATER
SUB_PLATFORM_OPERATOR = next(each.sub for each in MERCHANTS if each.mode == "sub_platform")
BUYERS, ENTRANTS, SEATS = (31, 32), range(40, 52), 5
_DRAWS_AFTER = timedelta(minutes=30)  # from when the theatre applies: the load has ended by then
_CLOSED = frozenset({"entries_closed"})  # where an interrupted load continues after the draw


def join(api: Api, accounts: dict[str, str]) -> None:
    """The operator of the sub-platform admits a member; a theatre joins with an event that gives its seats by a draw.
    ``accounts``: those of institutions, by login.
    """
    body = {"account": accounts[MEMBER.sub], "reason": "黄浦区门店（示例）"}
    path = f"/v1/sub-platforms/{accounts[SUB_PLATFORM_OPERATOR]}/members"
    api.post_all("A sub-platform admits a member", [Call(path, body, "institution", SUB_PLATFORM_OPERATOR, "member")])
    onboarding.join(api, [onboarding.Member(THEATRE.sub, "event", plan=_plan())])


def _plan() -> dict[str, Any]:
    now = datetime.now(UTC)
    times = {"starts_at": now, "opens_at": now, "draws_at": now + _DRAWS_AFTER, "ends_at": now + timedelta(days=30)}
    words = {"goods": "昆曲门票", "quantity": SEATS, "per_account_limit": 1, "rules": "报名后抽签，每人限一张"}
    return words | {"allocation": "draw"} | {name: at.isoformat() for name, at in times.items()}


def load(api: Api) -> None:
    """An order at the member is served; another is disputed, answered and ruled; people enter the draw."""
    terms = people.offer(*MEMBER.offers[0])
    noodles = api.post(Call("/v1/offers", terms, "institution", MEMBER.sub, f"offer-{MEMBER.sub}"))
    orders = [_order(noodles, number) for number in BUYERS]
    served, late = (each["id"] for each in api.post_all("People order at the member", orders))
    voucher = {"voucher": "NOODLES-1", "note": None}
    api.post(Call(f"/v1/redemptions/{served}/fulfil", voucher, "institution", MEMBER.sub, "noodles-served"))
    _dispute(api, late)
    _enter(api)


def _order(offer: dict[str, Any], number: int) -> Call:
    body = {"offer": offer["id"], "quantity": 1, "points": offer["points"]}
    return Call("/v1/redemptions", body, "individual", people.sub(number), f"noodles-{number}")


def _dispute(api: Api, order: str) -> None:
    claim = {"kind": "redemption", "object": order, "reason": "not_delivered", "text": "到店后被告知无货，未能领取。"}
    made = api.post(Call("/v1/disputes", claim, "individual", people.sub(BUYERS[1]), "dispute"))
    path, answer = f"/v1/disputes/{made['id']}", {"text": "当日确实售罄，同意退还。"}
    api.post(Call(f"{path}/answer", answer, "institution", MEMBER.sub, "dispute-answer"))
    ruling = {"outcome": "uphold", "text": "权益方未能交付，予以退还。"}
    api.post_all("A dispute is ruled", [Call(f"{path}/rule", ruling, "exchange", "exchange", "dispute-rule")])


def _enter(api: Api) -> None:
    event = api.get("/v1/applications", "institution", THEATRE.sub)["items"][0]
    plan = event["plan"]
    times = {name: plan[name] for name in ("starts_at", "ends_at")}
    seats = people.offer(*THEATRE.offers[0]) | times | {"per_account_limit": plan["per_account_limit"]}
    offer = api.post(Call("/v1/offers", seats, "institution", THEATRE.sub, f"offer-{THEATRE.sub}"))
    path, body = f"/v1/events/{event['id']}/entries", {"offer": offer["id"], "quantity": 1, "points": offer["points"]}
    calls = (Call(path, body, "individual", people.sub(number), f"enter-{number}") for number in ENTRANTS)
    api.post_all("People enter a draw", calls, _CLOSED)
