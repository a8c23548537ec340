"""An agreement or a licence ends: the merchant is reminded, stops selling on the day, and is renewed."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib import shanghai
from chalicelib.mall.offers.following import shelve_due
from chalicelib.onboarding import prepare
from chalicelib.renewals.worker import watch_validity
from chalicelib.table import keys
from chalicelib.table.commit import commit
from chalicelib.table.lists import Listing
from chalicelib.table.write import update
from tests.clock import Calendar
from tests.desk import SIGNED, Desk
from tests.integration.test_webhooks import Post, listening
from tests.partner import register
from tests.world import Answer, World

EXCHANGE: dict[str, Any] = {"role": "exchange", "sub": "exchange"}
SHOP: dict[str, Any] = {"role": "institution", "sub": "shop"}
SUBJECTS = ("agreement", "licence")


def day(days: int) -> str:
    """So many days from today, in Shanghai."""
    return (shanghai.clock(datetime.now(UTC)).date() + timedelta(days=days)).isoformat()


def merchant(world: World, **days: str) -> str:
    """A merchant whose agreement or licence ends."""
    account = world.institution()
    body = {"account": account, "mode": "other", "reason": "letter"} | days
    admitted = world.post("/v1/merchants", body, **EXCHANGE)
    assert admitted.status == 201, admitted
    return account


def fire(world: World, **later: float) -> None:
    """The schedule, and the stream after it."""
    watch_validity(datetime.now(UTC) + timedelta(**later))
    world.stream()
    shelve_due()


def renew(world: World, subject: str, ends_on: str | None, **who: Any) -> Answer:
    body = {"subject": subject, "ends_on": ends_on, "reason": "a new one"}
    return world.post(f"/v1/merchants/{keys.account_id('shop')}/renewals", body, **(EXCHANGE | who))


def health(world: World) -> dict[str, Any]:
    body: dict[str, Any] = world.get(f"/v1/merchants/{keys.account_id('shop')}/health", **SHOP).body
    return body


def codes(world: World) -> set[str]:
    return {each["code"] for each in health(world)["warnings"]}


def kinds(world: World) -> list[str]:
    return [record["kind"] for record in world.records()]


@pytest.mark.engine
@pytest.mark.parametrize("subject", SUBJECTS)
def test_it_stops_selling_after_the_last_day_until_it_is_renewed(world: World, subject: str) -> None:
    shop = merchant(world, **{f"{subject}_ends_on": day(1)})
    offer = world.offer()
    world.rich(points=5000)
    fire(world)
    assert (codes(world), world.redeem(offer).status) == ({f"{subject}_ends_soon"}, 201)
    fire(world, days=2)
    assert codes(world) == {f"{subject}_ends_soon", "merchant_suspended"}
    assert (health(world)["status"], health(world)["suspended_by"]) == ("suspended", [subject])
    assert world.redeem(offer).refused == (409, "offer_unavailable")
    assert world.post(f"/v1/merchants/{shop}/reinstate", {}, **EXCHANGE).refused == (409, "invalid_state")
    renewed = renew(world, subject, day(400))
    assert renewed.status == 201
    assert renewed.body == {
        "merchant": shop, "subject": subject, "ends_on": day(400), "status": "active", "suspended_by": [],
    }  # fmt: skip
    world.stream()
    assert (codes(world), world.redeem(offer).status) == (set(), 201)


def test_the_last_day_in_shanghai_is_a_day_of_selling(world: World) -> None:
    merchant(world, licence_ends_on=day(0))
    midnight = shanghai.after(day(0))
    watch_validity(midnight - timedelta(seconds=1))
    assert health(world)["status"] == "active"
    watch_validity(midnight)
    assert health(world)["status"] == "suspended"


def test_each_step_is_taken_once_for_each_renewal(world: World) -> None:
    merchant(world, licence_ends_on=day(20))
    for days in (0, 0, 21, 21):
        fire(world, days=days)
    assert (kinds(world).count("licence_ending"), kinds(world).count("merchant_suspended")) == (1, 1)
    renew(world, "licence", day(20))
    for days in (0, 0, 21, 21):
        fire(world, days=days)
    assert (kinds(world).count("licence_ending"), kinds(world).count("merchant_suspended")) == (2, 2)


def test_nothing_is_announced_earlier_than_thirty_days_before(world: World) -> None:
    merchant(world, agreement_ends_on=day(40))
    fire(world)
    assert (kinds(world).count("agreement_ending"), world.get("/v1/worklist", **EXCHANGE).body["items"]) == (0, [])


@pytest.mark.parametrize(("past", "state"), [("", "ending"), ("2020-01-01T16:00:00.000Z", "ended")])
def test_the_worklist_names_who_has_to_renew(world: World, past: str, state: str) -> None:
    shop = merchant(world, agreement_ends_on=day(20))
    if past:  # as if the clock had moved
        commit([update(keys.validity(shop, "agreement"), listed=Listing("validity:agreement", f"{past}:{shop}"))])
    [waits] = world.get("/v1/worklist", **EXCHANGE).body["items"]
    assert (waits["kind"], waits["id"], waits["state"], waits["actor"]) == ("agreement", shop, state, "institution")
    renew(world, "agreement", None)
    assert world.get("/v1/worklist", **EXCHANGE).body["items"] == []


def test_without_an_end_nothing_ends(world: World) -> None:
    merchant(world, licence_ends_on=day(1))
    assert renew(world, "licence", None).body["ends_on"] is None
    fire(world, days=9000)
    assert (health(world)["status"], health(world)["licence"]) == ("active", {"expires_on": None, "days_left": None})


def test_both_have_to_be_renewed_and_others_suspend_on_their_own(world: World) -> None:
    shop = merchant(world, agreement_ends_on=day(1), licence_ends_on=day(1))
    world.post(f"/v1/merchants/{shop}/suspend", {}, **EXCHANGE)
    fire(world, days=3)
    assert health(world)["suspended_by"] == ["agreement", "exchange", "licence"]
    assert renew(world, "licence", day(99)).body["suspended_by"] == ["agreement", "exchange"]
    assert world.post(f"/v1/merchants/{shop}/reinstate", {}, **EXCHANGE).body["status"] == "suspended"
    assert renew(world, "agreement", day(99)).body["status"] == "active"


def test_a_day_that_is_past_and_a_stranger_are_refused(world: World) -> None:
    shop = merchant(world)
    refused = renew(world, "licence", day(-1))
    assert (refused.refused, refused.pointers) == ((422, "invalid_request"), ["/ends_on"])
    assert renew(world, "licence", "2030-02-30").refused == (422, "invalid_request")
    assert renew(world, "licence", day(1), **SHOP).refused == (403, "role_not_allowed")
    body = {"subject": "licence", "ends_on": day(9), "reason": "r"}
    assert world.post("/v1/merchants/nobody/renewals", body, **EXCHANGE).refused == (404, "not_found")
    late = {"account": shop, "mode": "other", "reason": "r", "licence_ends_on": day(-1)}
    assert world.post("/v1/merchants", late, **EXCHANGE).pointers == ["/licence_ends_on"]


def test_who_has_left_is_neither_reminded_nor_renewed(world: World) -> None:
    shop = merchant(world, licence_ends_on=day(20))
    world.post(f"/v1/merchants/{shop}/leave", {"reason": "r"}, **SHOP)
    fire(world)
    assert kinds(world).count("licence_ending") == 0
    assert renew(world, "licence", day(99)).refused == (409, "invalid_state")
    listed = [each for each in world.get("/v1/worklist", **EXCHANGE).body["items"] if each["kind"] == "licence"]
    assert listed == []


def test_a_renewal_and_the_end_at_once_leave_it_selling(world: World) -> None:
    merchant(world, licence_ends_on=day(1))

    def renew_first(store, request, asked):  # type: ignore[no-untyped-def]
        assert renew(world, "licence", day(99)).status == 201
        return store.perform(request, "TransactWriteItems", asked)

    world.store.interruptions = [renew_first]
    watch_validity(datetime.now(UTC) + timedelta(days=3))
    assert (health(world)["status"], health(world)["licence"]["expires_on"]) == ("active", day(99))


def test_the_end_in_the_middle_of_a_renewal_is_lifted_by_it(world: World) -> None:
    merchant(world, licence_ends_on=day(1))

    def end_first(store, request, asked):  # type: ignore[no-untyped-def]
        watch_validity(datetime.now(UTC) + timedelta(days=3))
        return store.perform(request, "TransactWriteItems", asked)

    world.store.interruptions = [end_first]
    assert renew(world, "licence", day(99)).status == 201
    assert kinds(world).count("merchant_suspended") == 1
    assert health(world)["status"] == "active"


def test_an_application_brings_both_ends_along(world: World) -> None:
    desk = Desk(world)
    world.institution()
    application = desk.draft()
    desk.complete(application)
    desk.send(application, "business_licence", expires_on=day(400))
    while desk.get(application)["status"] != "acknowledged":
        assert desk.onward(application).status == 200
    past = desk.step(application, "agreement", SIGNED | {"ends_on": day(-1)}, **SHOP)
    assert (past.refused, past.pointers) == ((422, "invalid_request"), ["/ends_on"])
    assert desk.step(application, "agreement", SIGNED | {"ends_on": day(300)}, **SHOP).status == 200
    assert desk.get(application)["agreement"]["ends_on"] == day(300)
    assert (health(world)["agreement"]["ends_on"], health(world)["licence"]["expires_on"]) == (day(300), day(400))
    assert date.fromisoformat(health(world)["agreement"]["ends_on"]) > date.today()


@pytest.fixture
def post(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    """A merchant whose system listens."""
    with listening(world, monkeypatch) as made:
        register(merchant(world, licence_ends_on=day(20)), made.system.url, made.system.public_key)
        yield made


def test_its_system_is_sent_the_end_once(world: World, post: Post) -> None:
    for _ in range(2):
        fire(world)
    post.drain()
    [sent] = post.system.got
    assert sent.event["type"] == "licence.ending"
    assert sent.event["data"] == {"merchant": keys.account_id("shop"), "ends_on": day(20), "days_left": 20}


@pytest.mark.parametrize("mode", ["third_party_mall", "other"])
def test_what_ended_before_the_last_step_is_named_and_a_new_application_is_the_way_out(
    world: World, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    world.institution()
    desk = Desk(world)
    application = desk.draft(mode)
    for kind in desk.get(application)["required_documents"]:
        licence: dict[str, Any] = {"expires_on": day(1)} if kind == "business_licence" else {}
        desk.send(application, kind, **licence)
    last = "agreement_signed" if mode == "third_party_mall" else "acknowledged"
    while desk.get(application)["status"] != last:
        assert desk.onward(application).status == 200
    monkeypatch.setattr(prepare, "handshake", lambda **_: None)
    Calendar(monkeypatch, f"{day(3)}T08:00:00+00:00")
    answer = desk.onward(application)
    assert answer.refused == (409, "invalid_state")
    assert "has ended before its last step" in answer.body["detail"]
    assert desk.step(application, "withdraw", {}, **SHOP).status == 200
    assert desk.apply(mode).status == 201
