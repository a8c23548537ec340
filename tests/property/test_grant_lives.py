"""A consent in time: its code lives ten minutes, and whatever happens when, one grant is live for a pair at most."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from chalicelib.kernel.fields import stamp
from tests.clock import Calendar
from tests.consents import ALICE, REPORT, SHOP, consent, hold, mall, redeem, spend, spending, withdraw
from tests.world import World
from tests.worlds import quick_world

BEGINS = datetime(2026, 1, 31, 8, tzinfo=UTC)
CODE = timedelta(minutes=10)
INVALID_GRANT, LIVE = (422, "invalid_grant"), (409, "invalid_state")


class Time:
    """The platform's clock; minutes pass when a test says so."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = BEGINS
        self.calendar = Calendar(patch, stamp(BEGINS))

    def passes(self, gone: timedelta) -> None:
        self.now += gone
        self.calendar.now = stamp(self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    return Time(monkeypatch)


@pytest.mark.parametrize("purpose", ["report", "spend"])
def test_a_code_is_redeemed_within_its_ten_minutes_and_not_at_their_end(
    world: World, clock: Time, purpose: str
) -> None:
    world.scenario()
    world.person()
    body, partner = (REPORT, {}) if purpose == "report" else (spend(mall(world)), SHOP)
    first = consent(world, body).body
    clock.passes(CODE)
    before = world.items()
    assert redeem(world, first["code"], **partner).refused == INVALID_GRANT
    assert world.items() == before
    assert world.get(f"/v1/grants/{first['id']}", **ALICE).body["status"] == "expired"
    assert withdraw(world, first["id"]).refused == LIVE
    again = consent(world, body)
    assert again.status == 201, "what lapsed is in nobody's way"
    clock.passes(CODE - timedelta(milliseconds=1))
    assert redeem(world, first["code"], **partner).refused == INVALID_GRANT, "it opens no other grant either"
    assert redeem(world, again.body["code"], **partner).status == 200
    assert consent(world, body).body["grant"] == again.body["id"]


def test_before_its_end_an_offer_keeps_its_place(world: World, clock: Time) -> None:
    world.scenario()
    world.person()
    first = consent(world).body
    clock.passes(CODE - timedelta(milliseconds=1))
    assert consent(world).body["grant"] == first["id"]
    clock.passes(timedelta(milliseconds=1))
    assert consent(world).status == 201


def test_a_grant_to_spend_ends_at_its_time_to_the_millisecond(world: World, clock: Time) -> None:
    world.scenario("walk", grams_per_unit="1", unit="m")
    world.scenario()
    world.rich(points=1000)
    merchant = mall(world)
    ends = BEGINS + timedelta(days=1)
    grant = spending(world, merchant, expires_at=stamp(ends))
    clock.passes(timedelta(days=1) - timedelta(milliseconds=1))
    assert hold(world, grant, points=100).status == 201
    clock.passes(timedelta(milliseconds=1))
    assert hold(world, grant, points=100, order_reference="o-2").refused == (409, "grant_inactive")
    assert consent(world, spend(merchant)).status == 201


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("consent"), st.just(0)),
        st.tuples(st.just("redeem"), st.integers(0, 3)),
        st.tuples(st.just("withdraw"), st.integers(0, 3)),
        st.tuples(st.just("pass"), st.sampled_from([1, 9, 10, 11])),
    ),
    min_size=3,
    max_size=14,
)


class Story:
    """Alice and the metro: every grant that she offered, and what should be true of it."""

    def __init__(self, world: World, clock: Time) -> None:
        self.world, self.clock = world, clock
        world.scenario()
        world.person()
        self.grants: list[dict[str, Any]] = []

    def live(self) -> list[str]:
        return [each["id"] for each in self.grants if self.standing(each) in ("offered", "active")]

    def standing(self, grant: dict[str, Any]) -> str:
        lapsed = grant["state"] == "offered" and grant["ends"] <= self.clock.now
        return "expired" if lapsed else str(grant["state"])

    def consent(self, _: int) -> None:
        live, answer = self.live(), consent(self.world)
        if live:
            assert (answer.refused, answer.body["grant"]) == (LIVE, live[0])
            event("a second consent is refused")
            return
        assert answer.status == 201, answer
        made = {"id": answer.body["id"], "code": answer.body["code"], "state": "offered"}
        self.grants.append(made | {"ends": self.clock.now + CODE})

    def redeem(self, number: int) -> None:
        if not self.grants:
            return
        grant = self.grants[number % len(self.grants)]
        answer, may = redeem(self.world, grant["code"]), self.standing(grant) == "offered"
        assert answer.status == (200 if may else 422), (answer, grant)
        event(f"a code is redeemed: {self.standing(grant)}")
        if may:
            grant["state"] = "active"

    def withdraw(self, number: int) -> None:
        if not self.grants:
            return
        grant = self.grants[number % len(self.grants)]
        answer, may = withdraw(self.world, grant["id"]), grant["id"] in self.live()
        assert answer.status == (200 if may else 409), (answer, grant)
        if may:
            grant["state"] = "withdrawn"

    def hold_true(self) -> None:
        assert len(self.live()) <= 1
        seen = {each["id"]: each["status"] for each in self.world.get("/v1/grants", limit=100, **ALICE).body["items"]}
        assert seen == {each["id"]: self.standing(each) for each in self.grants}


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_one_grant_is_live_at_most_and_each_code_opens_once_in_its_time(steps: list[tuple[str, int]]) -> None:
    with quick_world() as world, pytest.MonkeyPatch.context() as patch:
        clock = Time(patch)
        story = Story(world, clock)
        for step, much in steps:
            if step == "pass":
                clock.passes(timedelta(minutes=much))
            else:
                getattr(story, step)(much)
            story.hold_true()
