"""Whatever is earned, spent, reversed, refunded, bought back, held, given up, donated, closed and rebound, in whatever
order: after each step every asset and every colour is conserved, every point is backed, and what was reversed is
recovered or owed, by each and in sum.
"""

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from chalicelib.buyback.model import LANES, TONNE
from chalicelib.buyback.worker import pay
from chalicelib.kernel.record import Record
from chalicelib.provenance.model import NONE, flows
from chalicelib.table import keys
from chalicelib.table.commit import commit
from chalicelib.table.row import load
from chalicelib.table.write import decode, put
from tests import books, consents, officials
from tests.numbers import identity_number
from tests.world import Answer, World
from tests.worlds import quick_world

PEOPLE = ("alice", "bob")
EVERYBODY = (*PEOPLE, "shop")
SCENARIOS = ("walk", "bike")  # two colours
PRICE = TONNE * 2 // 5
amounts = st.integers(1, TONNE)


@dataclass
class Purse:
    """What a holder should have and owe. Grams are an institution's; the rest of a reversal is owed in the asset."""

    sub: str
    number: int = 0
    points: int = 0
    grams: int = 0
    till: int = 0
    held: int = 0
    debt: int = 0
    reversed: int = 0
    recovered: int = 0
    closed: bool = False
    account: str = ""

    def gain(self, asset: str, amount: int) -> None:
        """What comes repays first."""
        repaid = min(amount, self.debt)
        self.debt -= repaid
        self.recovered += repaid
        setattr(self, asset, getattr(self, asset) + amount - repaid)


class Life(RuleBasedStateMachine):
    """Two persons and a merchant with a mall of its own, a shelf, reductions of its own; a model beside them."""

    trips, orders, holds = Bundle("trips"), Bundle("orders"), Bundle("holds")

    @initialize()
    def open(self) -> None:
        self.stack = ExitStack()
        self.world: World = self.stack.enter_context(quick_world())
        for code in SCENARIOS:
            self.world.scenario(code, grams_per_unit="1", unit="m")
        self.standing: Counter[str] = Counter()  # grams of reductions that were not reversed, by scenario
        self.purses = {who: Purse(who, number) for number, who in enumerate(EVERYBODY)}
        self.purses["shop"].account = self.merchant = consents.mall(self.world)
        for who in PEOPLE:
            self.purses[who].account = self.world.person(who, identity_number(self.purses[who].number))
        self.grant = self.consented("alice")
        self.offer = self.world.offer(points=PRICE, stock=1000)
        self.states: dict[str, str] = {}
        self.sent = 0
        self.campaign = self.approved_campaign()

    def approved_campaign(self) -> str:
        body = {"title": "马拉松", "purpose": "event", "description": "赛事", "target_grams": 10**9}
        body |= {"ends_at": "2999-01-01T00:00:00Z"}
        proposed = self.post("/v1/campaigns", body, "institution", "shop")
        assert proposed.status == 201, proposed
        id = str(proposed.body["id"])
        approved = self.post(f"/v1/campaigns/{id}/approve", {}, "exchange", "exchange")
        assert approved.status == 200, approved
        return id

    def consented(self, sub: str) -> str:
        body = consents.spend(self.merchant, points_max_order=10**9, points_max_day=10**12)
        offered = consents.consent(self.world, body, sub=sub)
        assert offered.status == 201, offered
        assert consents.redeem(self.world, offered.body["code"], **consents.SHOP).status == 200
        return str(offered.body["id"])

    def post(self, path: str, body: Any, role: str, sub: str) -> Answer:
        answer = self.world.post(path, body, role=role, sub=sub)
        assert answer.status < 500, answer
        assert answer.code != "contended", answer
        self.sent += 1
        return answer

    @rule(target=trips, who=st.sampled_from(EVERYBODY), grams=amounts, scenario=st.sampled_from(SCENARIOS))
    def earn(self, who: str, grams: int, scenario: str) -> Any:
        purse = self.purses[who]
        answer = self.world.report(purse.account, str(grams), scenario=scenario)
        if purse.closed:
            assert answer.refused == (422, "invalid_request")
            return multiple()
        assert answer.status == 201, answer
        purse.gain("grams" if who == "shop" else "points", grams)
        self.standing[scenario] += grams
        return answer.body["id"], who, grams, scenario

    @rule(trip=trips)
    def reverse(self, trip: Any) -> None:
        id, who, grams, scenario = trip
        purse, asset = self.purses[who], "grams" if who == "shop" else "points"
        body = {"reason": "no such trip", "evidence_sha256": "0" * 64}
        answer = self.post(f"/v1/reductions/{id}/reverse", body, "bureau", "bureau")
        if self.states.get(id) == "reversed":
            assert answer.refused == (409, "invalid_state")
            return
        self.states[id] = "reversed"
        has = getattr(purse, asset)
        recovered = min(has, grams)
        assert answer.status == 200, answer
        assert answer.body[f"{asset}_recovered"] == recovered
        assert answer.body[f"{asset}_outstanding"] == grams - recovered
        setattr(purse, asset, has - recovered)
        self.standing[scenario] -= grams
        purse.reversed += grams
        purse.recovered += recovered
        purse.debt += grams - recovered

    @rule(target=orders, who=st.sampled_from(PEOPLE), count=st.integers(1, 4))
    def redeem(self, who: str, count: int) -> Any:
        purse, points = self.purses[who], count * PRICE
        body = {"offer": self.offer, "quantity": count, "points": points}
        answer = self.post("/v1/redemptions", body, "individual", purse.sub)
        if not self.paid(answer, purse, points):
            return multiple()
        self.purses["shop"].till += points
        return answer.body["id"], who, points

    @staticmethod
    def paid(answer: Answer, purse: Purse, points: int) -> bool:
        """Whether the purse could pay, as the answer must say."""
        possible = not purse.closed and purse.points >= points
        assert (answer.status == 201) == possible, answer
        assert possible or answer.code in {"insufficient_points", "account_closed", "grant_inactive"}
        purse.points -= points if possible else 0
        return possible

    @rule(order=orders)
    def refund(self, order: Any) -> None:
        id, who, points = order
        shop = self.purses["shop"]
        answer = self.post(f"/v1/redemptions/{id}/refund", {}, "institution", "shop")
        if self.states.get(id) == "refunded":
            assert answer.refused == (409, "already_refunded")
        elif shop.till + shop.points + shop.grams < points:
            assert answer.refused == (409, "insufficient_points")
        else:
            assert answer.status == 200, answer
            self.states[id] = "refunded"
            from_till = min(points, shop.till)
            shop.till -= from_till
            self.give_back(who, points, points - from_till)

    def give_back(self, who: str, points: int, own: int) -> None:
        """``points`` come back, ``own`` of them out of the shop's account: points, then grams."""
        shop = self.purses["shop"]
        of_points = min(own, shop.points)
        shop.points -= of_points
        shop.grams -= own - of_points
        self.purses[who].gain("points", points)

    @rule(who=st.sampled_from(PEOPLE), points=amounts)
    def cancel(self, who: str, points: int) -> None:
        purse = self.purses[who]
        body = {"points": points, "purpose": "trip"}
        self.paid(self.post("/v1/cancellations", body, "individual", purse.sub), purse, points)

    @rule(who=st.sampled_from(PEOPLE), points=amounts)
    def donate(self, who: str, points: int) -> None:
        purse = self.purses[who]
        body = {"campaign": self.campaign, "points": points}
        self.paid(self.post("/v1/donations", body, "individual", purse.sub), purse, points)

    @rule(by=st.sampled_from([("institution", "shop"), ("exchange", "exchange")]))
    def close_the_campaign(self, by: tuple[str, str]) -> None:
        """What was given is retired; the next campaign begins."""
        answer = self.post(f"/v1/campaigns/{self.campaign}/close", {}, *by)
        assert (answer.status, answer.body["status"]) == (200, "closed"), answer
        self.campaign = self.approved_campaign()

    @rule(target=holds, points=amounts)
    def hold(self, points: int) -> Any:
        alice = self.purses["alice"]
        body = consents.order(self.grant, points=points, order_reference=f"o-{self.sent}")
        answer = self.post("/v1/holds", body, "institution", "shop")
        if not self.paid(answer, alice, points):
            return multiple()
        alice.held += points
        return answer.body["id"], points

    @rule(hold=holds, step=st.sampled_from(["capture", "release", "refund"]))
    def move_on(self, hold: Any, step: str) -> None:
        """Half is captured, or all is released; what was captured is refunded."""
        id, points = hold
        some, alice, shop = (points + 1) // 2, self.purses["alice"], self.purses["shop"]
        body = {"capture": {"points": some}, "release": {}, "refund": {"points": some, "reason": "broken"}}[step]
        answer = self.post(f"/v1/holds/{id}/{step}", body, "institution", "shop")
        if answer.status != 200:
            assert self.states.get(id, "held") != ("captured" if step == "refund" else "held") or (
                step == "refund" and shop.points + shop.grams < some
            ), answer
            return
        self.states[id] = {"capture": "captured", "release": "released", "refund": "refunded"}[step]
        if step == "refund":
            self.give_back("alice", some, some)
            return
        alice.held -= points
        shop.points += some if step == "capture" else 0
        alice.gain("points", points - some if step == "capture" else points)

    @rule()
    def buy_back(self) -> None:
        self.world.sweep()
        shop, run = self.purses["shop"], f"run-{self.sent}"
        self.sent += 1
        shop.points, shop.till = shop.points + shop.till, 0
        lane = {"merchants": 0, "points": 0, "tonnes": 0, "parts": 0, "status": "running"}
        commit([put(keys.run_lane(run, each), lane) for each in range(LANES)])
        pay(run, self.merchant)
        pay(run, self.merchant)
        bought = shop.points // TONNE * TONNE
        shop.points -= bought
        shop.gain("grams", bought)

    @rule(grams=amounts)
    def retire(self, grams: int) -> None:
        shop = self.purses["shop"]
        body = {"grams": grams, "purpose": "neutrality", "beneficiary": "马拉松"}
        answer = self.post("/v1/retirements", body, "institution", "shop")
        assert (answer.status == 201) == (shop.grams >= grams), answer
        shop.grams -= grams if answer.status == 201 else 0

    @rule(who=st.sampled_from(PEOPLE))
    def close_or_open_again(self, who: str) -> None:
        purse = self.purses[who]
        if purse.closed:
            assert self.world.person(purse.sub, identity_number(purse.number)) == purse.account
            purse.closed = False
        else:
            answer = self.world.close(purse.sub)
            assert answer.status == 200 or purse.points or purse.held or purse.debt or answer.code == "invalid_state"
            purse.closed = answer.status == 200

    @rule(who=st.sampled_from(PEOPLE))
    def rebind(self, who: str) -> None:
        """Another login of the same person, if nothing is pending: points and debts come along, grants do not."""
        purse, new = self.purses[who], f"{who}-{self.sent}"
        self.sent += 1
        proposed = officials.propose(self.world, "rebind", purse.account, new_sub=new)
        if proposed.status != 201:
            assert purse.closed or proposed.code == "invalid_state", proposed
            return
        assert officials.approve(self.world, proposed.body["id"]).status == 200
        purse.sub, purse.account = new, self.world.me(new)["id"]
        if who == "alice":
            self.grant = self.consented(new)

    @invariant()
    def each_asset_is_conserved(self) -> None:
        """Nothing appears or vanishes, nothing falls below zero, and each balance is what the Records say."""
        if hasattr(self, "world"):
            books.check(self.world)

    @invariant()
    def every_point_is_backed_and_every_gram_is_somewhere(self) -> None:
        """``grams_backing = points_circulating``; ``grams_confirmed = grams_backing + grams_held + grams_retired``."""
        if not hasattr(self, "world"):
            return
        sums = books.ledger(self.world)
        held = sum(balances.get("grams", 0) for balances in books.held(self.world).values())
        backing, retired = sums[keys.POOL, "grams"], sums[keys.RETIRED, "grams"]
        assert backing == -sums[keys.POOL, "points"]
        assert -sums[keys.ISSUED, "grams"] == backing + held + retired

    @invariant()
    def each_purse_is_the_models(self) -> None:
        if not hasattr(self, "world"):
            return
        balances = books.held(self.world)
        for purse in self.purses.values():
            found = Counter(balances[keys.holder(purse.account)])
            assert (found["points"], found["grams"]) == (purse.points, purse.grams), purse
            assert found["debt_points"] + found["debt_grams"] == purse.debt, purse

    @invariant()
    def debts_and_what_was_recovered_are_what_was_reversed(self) -> None:
        """Of each purse, and in sum: what is owed is what stands uncovered, and that is never below zero."""
        if not hasattr(self, "world"):
            return
        assert all(purse.debt + purse.recovered == purse.reversed for purse in self.purses.values())
        uncovered = self.uncovered()
        assert 0 <= uncovered == sum(purse.debt for purse in self.purses.values())

    @invariant()
    def colours_are_conserved(self) -> None:
        """Each scenario's grams are those of its reductions that stand; what is uncovered has no colour; and together
        they are what was confirmed.
        """
        if not hasattr(self, "world"):
            return
        issued: Counter[str] = Counter()
        for record in self.world.records():
            for colour, grams in flows(load(Record, record)):
                issued[colour.scenario] += grams
        assert {each: issued[each] for each in SCENARIOS} == {each: self.standing[each] for each in SCENARIOS}
        assert issued[NONE.scenario] == self.uncovered()
        assert issued.total() == -books.ledger(self.world)[keys.ISSUED, "grams"]

    def uncovered(self) -> int:
        sums = books.ledger(self.world)
        return -sums[keys.UNCOVERED, "debt_points"] - sums[keys.UNCOVERED, "debt_grams"]

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        with self.stack:
            self.world.stream()
            self.world.stream(self.world.items()[::-1])
            supply = self.world.get("/v1/supply").body
            books.check(self.world)
            books.check_projected(self.world, supply)
            assert supply["grams_uncovered"] == sum(purse.debt for purse in self.purses.values())
            self.the_stream_has_the_same_colours()

    def the_stream_has_the_same_colours(self) -> None:
        """What was confirmed and not reversed is what the scheme's colours say, and each account's its own."""
        issued, earned = 0, 0
        for item in map(decode, self.world.items()):
            assert item
            if item.get("scenario") and ("issued" in item or "reversed" in item):  # what a debt leaves open has none
                issued += item.get("issued", 0) - item.get("reversed", 0)
            elif item["sk"].startswith("earned:"):
                earned += item.get("grams", 0)
            elif item["sk"] == "account":
                earned += sum(grams for name, grams in item.items() if name.startswith("earned:"))
        sums = books.ledger(self.world)
        uncovered = sums[keys.UNCOVERED, "debt_points"] + sums[keys.UNCOVERED, "debt_grams"]
        assert issued == earned == -sums[keys.ISSUED, "grams"] + uncovered


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=15, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)  # fmt: skip
