"""Whatever a person, a merchant, the schedule and the stream do with holds, in whatever order: the books balance, the
model agrees, limits are kept, and nothing is held, taken or given back twice.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, precondition, rule

from chalicelib.holds.worker import expire_due
from chalicelib.table import keys
from tests import books, consents
from tests.world import Answer, World
from tests.worlds import quick_world

POINTS, ORDER_MAX, DAY_MAX = 1000, 500, 800
PAST = "2020-01-01T00:00:00.000Z"


@dataclass
class Modelled:
    """What a hold should be."""

    points: int
    status: str = "held"
    over: bool = False
    captured: int = 0
    refunded: int = 0


class Paying(RuleBasedStateMachine):
    """One person, one merchant with a mall of its own; a model beside it."""

    held = Bundle("held")

    @initialize()
    def open(self) -> None:
        self.stack = ExitStack()
        self.world: World = self.stack.enter_context(quick_world())
        self.world.rich(points=POINTS)
        self.merchant = consents.mall(self.world)
        self.grant = consents.spending(self.world, self.merchant)
        self.active, self.suspended = True, False
        self.points, self.used, self.sent = POINTS, 0, 0
        self.shop = 0
        self.holds: dict[str, Modelled] = {}
        self.accepted: list[tuple[str, Any, dict[str, Any], Answer]] = []

    def send(self, path: str, body: Any, role: str, sub: str) -> Answer:
        options: dict[str, Any] = {"role": role, "sub": sub, "key": f"key-{self.sent}-{sub}"}
        self.sent += 1
        answer = self.world.post(path, body, **options)
        assert answer.status < 500, answer
        self.accepted += [(path, body, options, answer)] if answer.status < 300 else []
        return answer

    def by_shop(self, id: str, step: str, body: Any) -> Answer:
        return self.send(f"/v1/holds/{id}/{step}", body, "institution", "shop")

    @rule(target=held, points=st.integers(1, 600), reference=st.integers(0, 5))
    def hold(self, points: int, reference: int) -> Any:
        body = consents.order(self.grant, points=points, order_reference=f"o-{reference}")
        answer = self.send("/v1/holds", body, "institution", "shop")
        id = keys.digest("hold", self.merchant, f"o-{reference}")
        expected = self.expected(id, points)
        assert answer.code == expected, answer
        if expected:
            return multiple()
        assert answer.body["id"] == id
        self.holds[id] = Modelled(points)
        self.points, self.used = self.points - points, self.used + points
        return id

    def expected(self, id: str, points: int) -> str:
        if id in self.holds:
            return "order_reference_used"
        if self.suspended:
            return "merchant_suspended"
        if not self.active:
            return "grant_inactive"
        if points > ORDER_MAX or self.used + points > DAY_MAX:
            return "limit_reached"
        return "" if points <= self.points else "insufficient_points"

    @rule(id=held, points=st.integers(1, 600))
    def capture(self, id: str, points: int) -> None:
        hold, answer = self.holds[id], self.by_shop(id, "capture", {"points": points})
        if hold.status != "held" or hold.over:
            assert answer.refused == (409, "invalid_state")
        elif points > hold.points:
            assert answer.refused == (422, "invalid_request")
        else:
            assert answer.status == 200, answer
            hold.status, hold.captured = "captured", points
            self.points, self.shop = self.points + hold.points - points, self.shop + points

    @rule(id=held)
    def release(self, id: str) -> None:
        answer, hold = self.by_shop(id, "release", {}), self.holds[id]
        assert (answer.status == 200) == (hold.status == "held"), answer
        self.end(id, answer)

    @rule(id=held)
    def release_by_the_person(self, id: str) -> None:
        answer = self.send(f"/v1/holds/{id}/release", {}, "individual", "alice")
        hold = self.holds[id]
        assert (answer.status == 200) == (hold.status == "held" and hold.over)
        self.end(id, answer)

    def end(self, id: str, answer: Answer) -> None:
        if answer.status == 200:
            self.holds[id].status = "released"
            self.points += self.holds[id].points
        else:
            assert answer.refused == (409, "invalid_state")

    @rule(id=held)
    def time_passes(self, id: str) -> None:
        consents.age_hold(self.world, id, PAST)
        self.holds[id].over = True

    @rule()
    def schedule(self) -> None:
        self.world.stream()
        due = [hold for hold in self.holds.values() if hold.over and hold.status == "held"]
        assert expire_due(datetime.now(UTC)) == len(due)
        for hold in due:
            hold.status, self.points = "expired", self.points + hold.points

    @rule(id=held, points=st.integers(1, 300))
    def refund(self, id: str, points: int) -> None:
        hold = self.holds[id]
        answer = self.by_shop(id, "refund", {"points": points, "reason": "broken"})
        if hold.status != "captured":
            assert answer.refused == (409, "invalid_state")
        elif hold.refunded == hold.captured:
            assert answer.refused == (409, "already_refunded")
        elif points > hold.captured - hold.refunded:
            assert answer.refused == (422, "invalid_request")
        else:
            assert answer.status == 200, answer
            hold.refunded, self.points, self.shop = hold.refunded + points, self.points + points, self.shop - points

    @rule()
    def withdraw(self) -> None:
        answer = self.send(f"/v1/grants/{self.grant}/withdraw", {}, "individual", "alice")
        assert (answer.status == 200) == self.active
        self.active = False

    @rule()
    def consent_again(self) -> None:
        offered = self.send("/v1/grants", consents.spend(self.merchant), "individual", "alice")
        if self.suspended:
            assert offered.pointers == ["/merchant"]
        elif self.active:
            assert offered.refused == (409, "invalid_state")
        else:
            body = {"code": offered.body["code"], "code_verifier": consents.VERIFIER, "reference": "again"}
            self.grant = self.send("/v1/grants/redeem", body, "institution", "shop").body["id"]
            self.active, self.used = True, 0

    @rule()
    def suspend_or_reinstate(self) -> None:
        step = "reinstate" if self.suspended else "suspend"
        assert self.send(f"/v1/merchants/{self.merchant}/{step}", {}, "exchange", "exchange").status == 200
        self.suspended = not self.suspended

    @rule(points=st.integers(1, 300))
    def cancel(self, points: int) -> None:
        answer = self.send("/v1/cancellations", {"points": points, "purpose": "trip"}, "individual", "alice")
        assert (answer.status == 201) == (points <= self.points), answer
        self.points -= points if answer.status == 201 else 0

    @rule()
    def close(self) -> None:
        if self.points or any(hold.status == "held" for hold in self.holds.values()):
            answer = self.send("/v1/accounts/me/close", {}, "individual", "alice")
            assert answer.refused == (409, "invalid_state")

    @precondition(lambda self: self.accepted)
    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        """What was answered is answered again and moves nothing."""
        path, body, options, answer = data.draw(st.sampled_from(self.accepted))
        before = self.world.items()
        again = self.world.post(path, body, **options)
        assert (again.status, again.body) == (answer.status, answer.body)
        assert self.world.items() == before

    @invariant()
    def the_books_and_the_model_agree(self) -> None:
        if not hasattr(self, "world"):
            return
        books.check(self.world)
        held = sum(hold.points for hold in self.holds.values() if hold.status == "held")
        hers = self.world.me()["balances"]
        assert (hers["points"], hers["held_points"]) == (self.points, held)
        assert self.world.points("shop", "institution") == self.shop

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        with self.stack:
            self.world.stream()
            self.world.stream(self.world.items()[::-1])
            books.check(self.world)
            supply = self.world.get("/v1/supply").body
            books.check_projected(self.world, supply)
            kept = sum(hold.captured - hold.refunded for hold in self.holds.values())
            assert self.world.me()["totals"]["redeemed"] == supply["points_by_use"]["redeemed"] == kept == self.shop
            listed = {
                each["id"]: each for each in self.world.get("/v1/holds", limit=100, **consents.SHOP).body["items"]
            }
            assert {id: each["status"] for id, each in listed.items()} == {
                id: hold.status for id, hold in self.holds.items()
            }


TestPaying = Paying.TestCase
TestPaying.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)  # fmt: skip
