"""Hundreds of callers who do what callers do: ask, hear nothing, ask again, change their minds."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.simulation.answers import AGAIN, Asked
from tests.simulation.baton import Death
from tests.simulation.books import Violation
from tests.simulation.files.clients import Senders
from tests.simulation.front import SECONDS
from tests.simulation.life import clients as life
from tests.simulation.onboarding.clients import Applicants
from tests.simulation.parties import Parties
from tests.simulation.setting import PRICE
from tests.world import Answer

if TYPE_CHECKING:
    from tests.simulation.run import Simulation

TRIES = 5
OFFICE = 2  # threads for each party that is not a person


class Client(Parties, Senders, Applicants, life.Kin):
    """One caller. ``does`` names its operations, with a weight each."""

    def __init__(self, sim: "Simulation", role: str, sub: str, does: dict[str, int]) -> None:
        self.sim, self.role, self.party = sim, role, sub
        wanted = sim.config.operations
        weights = {name: weight * sim.swarm.operation(name) for name, weight in does.items()}
        self.does = {name: weight for name, weight in weights.items() if weight and (wanted is None or name in wanted)}
        self.pause = sim.swarm.pause(self.does)

    @property
    def sub(self) -> str:
        """The login by now: two officials may have given a person's account another one."""
        return self.sim.city.logins.get(self.party, self.party)

    def run(self, number: int) -> None:
        sim = self.sim
        sim.alive += 1
        try:
            while not sim.calm:
                sim.rest(sim.rng.random() * self.pause)
                if sim.calm or not self.does:
                    continue
                name = sim.rng.choices(list(self.does), list(self.does.values()))[0]
                getattr(self, name)(number)
        finally:
            sim.alive -= 1

    # asking

    def ask(self, path: str, body: Any = None, *, method: str = "POST", key: str = "", role: str = "") -> Answer | None:
        """Ask until there is an answer, or patience ends. None: nothing is known."""
        sim = self.sim
        number = f"{self.role}-{self.sub}-{next(_numbers(sim))}"
        asked = Asked(method, path, {} if body is None else body, role or self.role, self.sub, key or number)
        for attempt in range(TRIES):
            if sim.happens("twin"):
                sim.send_again(asked, sim.rng.choice((0, 0, 0.02, 1, 400)))
            answer = once(sim, asked, again=attempt > 0)
            if answer is not None and answer.code not in AGAIN:
                return answer
            if sim.rng.random() < 0.1:
                return None
            sim.baton.sleep(sim.rng.random() * 2**attempt)
        return None

    def rival(self, path: str, body: Any = None) -> None:
        """Somebody else of the same party wants something of the same thing, at the same moment."""
        if self.sim.happens("rival"):
            key = f"rival-{next(_numbers(self.sim))}"
            self.sim.send_again(Asked("POST", path, {} if body is None else body, self.role, self.sub, key), 0)

    def read(self, path: str, **params: Any) -> Answer | None:
        sim = self.sim
        try:
            with sim.function(SECONDS):
                answer = sim.world.get(path, role=self.role, sub=self.sub, **params)
        except Death:
            return None
        if answer.status >= 500 and answer.status != 503:
            raise Violation("no request fails by its input", f"GET {path} got {answer.status}")
        return answer if answer.status == 200 else None

    def some(self, things: list[Any]) -> Any:
        return self.sim.rng.choice(things[-60:]) if things else None

    # a person

    def redeem(self, _: int) -> None:
        city, rng = self.sim.city, self.sim.rng
        offer = rng.choice([id for id, each in city.offers.items() if each.get("sold", True)])
        quantity = rng.choice((1, 1, 2, 3))
        points = city.offers[offer]["points"] * quantity
        answer = self.ask("/v1/redemptions", {"offer": offer, "quantity": quantity, "points": points})
        if answer and answer.status == 201:
            city.orders.append({"id": answer.body["id"], "offer": offer, "buyer": self.party})
        elif answer and answer.code == "price_changed":
            city.offers[offer]["points"] = answer.body["price"]

    def cancel_order(self, _: int) -> None:
        order = self.some([each for each in self.sim.city.orders[-100:] if each["buyer"] == self.party])
        if order and (answer := self.ask(f"/v1/redemptions/{order['id']}/cancel")) and answer.status == 200:
            self.sim.seen["an order was cancelled by its buyer"] += 1

    def cancel_points(self, _: int) -> None:
        self.ask("/v1/cancellations", {"points": self.sim.rng.randint(1, PRICE), "purpose": "trip"})

    def donate(self, _: int) -> None:
        campaign = self.some(self.sim.city.campaigns)
        self.ask("/v1/donations", {"campaign": campaign, "points": self.sim.rng.randint(1, PRICE)})

    def look(self, _: int) -> None:
        """The balance is one that the account had, and the statement has every movement that was committed before."""
        sim, name = self.sim, f"account:{self.sim.city.accounts[self.party]}"
        since = sim.now
        me = self.read("/v1/accounts/me")
        if me and me.body["balances"]["points"] not in sim.books.points_within(name, since):
            raise Violation("a balance is what was committed", f"{self.sub} saw {me.body['balances']}")
        since, before = sim.now, list(sim.books.by_account.get(name, ()))
        page = self.read("/v1/accounts/me/entries", limit=100)
        if page is None or name != f"account:{sim.city.accounts[self.party]}":  # she got another account meanwhile
            return
        ids, after = [each["id"] for each in page.body["items"]], sim.books.by_account.get(name, [])
        if len(after) > len(before):
            sim.seen["a statement was read while it changed"] += 1
        if len(set(ids)) < len(ids) or not set(ids) <= set(after):
            raise Violation("a statement shows what happened", f"{self.sub} saw a line twice, or of nothing")
        if page.body["next_cursor"] is None and not set(before) <= set(ids):
            missing = sorted(set(before) - set(ids))
            raise Violation("a statement is complete at once", f"{self.sub} misses {missing}")

    def supply(self, _: int) -> None:
        if answer := self.read("/v1/supply"):
            supply = answer.body
            if supply["grams_backing"] != supply["points_circulating"]:
                raise Violation("the supply is balanced", str(supply))

    def close(self, _: int) -> None:
        """Give up everything, close, and come back."""
        sim, name = self.sim, f"account:{self.sim.city.accounts[self.party]}"
        points = sim.books.sums[name, "points"]
        if points:
            self.ask("/v1/cancellations", {"points": points, "purpose": "farewell"})
        if (answer := self.ask("/v1/accounts/me/close")) and answer.status == 200:
            sim.rest(5)
            body = {"kind": "individual", "name": "密小明", "identity_number": sim.city.number(self.party)}
            while not sim.calm:
                back = self.ask("/v1/accounts", body)
                if back is not None and back.status == 201:
                    sim.seen["an account was closed and opened again"] += 1
                if back is not None and back.code in ("", "account_ended", "account_exists"):
                    return

    # a merchant

    def _order(self) -> Any:
        """One of its own; where its buyer has died, that one first, often."""
        city = self.sim.city
        mine = [each for each in city.orders[-200:] if city.offers[each["offer"]]["sub"] == self.sub]
        late = [each for each in mine if city.accounts[each["buyer"]] in city.ended]
        return self.some(late if late and self.sim.rng.random() < 0.5 else mine)

    def fulfil(self, _: int) -> None:
        if order := self._order():
            self.ask(f"/v1/redemptions/{order['id']}/fulfil", {"voucher": "SH-1", "note": None})

    def refund(self, _: int) -> None:
        if order := self._order():
            self.rival(f"/v1/redemptions/{order['id']}/refund")
            self.ask(f"/v1/redemptions/{order['id']}/refund", {})

    def change_offer(self, _: int) -> None:
        rng, city = self.sim.rng, self.sim.city
        mine = [id for id, each in city.offers.items() if each["sub"] == self.sub and each.get("sold", True)]
        if not mine:
            return
        points = PRICE + rng.choice((-1000, 0, 1000))
        body = rng.choice(
            ({"points": points}, {"stock_added": 3}, {"title": "票 " + str(rng.randint(1, 9))}, {"status": "off_shelf"})
        )
        offer = rng.choice(mine)
        self.ask(f"/v1/offers/{offer}", body, method="PATCH")
        if "status" in body:
            self.sim.rest(3)
            self.ask(f"/v1/offers/{offer}", {"status": "on_shelf"}, method="PATCH")

    def hold(self, _: int) -> None:
        sim, rng = self.sim, self.sim.rng
        buyer, grant = rng.choice(sim.city.grants[self.sub])
        body = {
            "grant": grant, "points": rng.randint(1, PRICE), "order_reference": f"o-{rng.randint(1, 10**6)}",
            "title": "茶", "expires_in_seconds": rng.choice((60, 120, 900, 40_000)),
        }  # fmt: skip
        answer = self.ask("/v1/holds", body)
        if answer and answer.status == 201:
            sim.city.holds.append(answer.body | {"shop": self.sub, "buyer": buyer})

    def _hold(self) -> Any:
        """One that may still be held, often the oldest."""
        mine = [each for each in self.sim.city.holds if each["shop"] == self.sub]
        return mine[0] if mine and self.sim.rng.random() < 0.5 else self.some(mine)

    def _over(self, hold: Any, answer: Answer | None) -> None:
        holds = self.sim.city.holds
        if answer and answer.code not in AGAIN and hold in holds:
            holds.remove(hold)
            if answer.status == 200 and answer.body["status"] == "captured":
                self.sim.city.captured.append(hold)

    def capture(self, _: int) -> None:
        if hold := self._hold():
            points = self.sim.rng.choice((hold["points"], hold["points"], max(1, hold["points"] // 2)))
            self.rival(f"/v1/holds/{hold['id']}/release")
            answer = self.ask(f"/v1/holds/{hold['id']}/capture", {"points": points})
            if answer and answer.code == "invalid_state" and answer.body.get("state") == "expired":
                self.sim.seen["a hold was due while it was captured"] += 1
            self._over(hold, answer)

    def release(self, _: int) -> None:
        if hold := self._hold():
            self._over(hold, self.ask(f"/v1/holds/{hold['id']}/release"))

    def refund_hold(self, _: int) -> None:
        if hold := self.some([each for each in self.sim.city.captured if each["shop"] == self.sub]):
            self.ask(
                f"/v1/holds/{hold['id']}/refund", {"points": self.sim.rng.randint(1, hold["points"]), "reason": "x"}
            )

    def retire(self, _: int) -> None:
        self.ask("/v1/retirements", {"grams": 500_000, "purpose": "neutrality", "beneficiary": "马拉松"})

    def propose(self, _: int) -> None:
        ends = datetime.fromtimestamp(self.sim.now + self.sim.rng.choice((600, 4000, 40_000)), UTC).isoformat()
        body = {"title": "树", "purpose": "event", "description": "树", "target_grams": PRICE, "ends_at": ends}
        body |= {"close_at_target": self.sim.rng.random() < 0.5}
        if (answer := self.ask("/v1/campaigns", body)) and answer.status == 201:
            self.sim.city.campaigns.append(answer.body["id"])

    def close_campaign(self, _: int) -> None:
        self.ask(f"/v1/campaigns/{self.some(self.sim.city.campaigns)}/close")

    # an operator, the bureau, the exchange

    def report(self, _: int) -> None:
        rng, city = self.sim.rng, self.sim.city
        at = datetime.fromtimestamp(self.sim.now - rng.choice((60, 60, 86_400)), UTC).isoformat()
        body = {
            "record_id": f"t-{rng.randint(1, 10**6)}", "account": city.accounts[rng.choice(city.people)],
            "scenario": rng.choice(("walk", "bus", "survey")), "quantity": str(rng.randint(1, 2 * PRICE)),
            "occurred_at": at,
        }  # fmt: skip
        answer = self.ask("/v1/reductions", body)
        if answer and answer.status == 201:
            city.trips.append(answer.body)
        if rng.random() < 0.1:
            self.ask("/v1/reductions", body)  # the same trip under another key

    def judge(self, _: int) -> None:
        if trip := self.some([each for each in self.sim.city.trips[-100:] if each["status"] == "reported"]):
            action = self.sim.rng.choice(("confirm", "confirm", "reject"))
            self.ask(f"/v1/reductions/{trip['id']}/{action}", {"reason": "no"} if action == "reject" else {})

    def reverse(self, _: int) -> None:
        if trip := self.some(self.sim.city.trips):
            self.rival(f"/v1/reductions/{trip['id']}/reverse", {"reason": "nor this", "evidence_sha256": "1" * 64})
            self.ask(f"/v1/reductions/{trip['id']}/reverse", {"reason": "no such trip", "evidence_sha256": "0" * 64})

    def freeze(self, _: int) -> None:
        city, rng = self.sim.city, self.sim.rng
        account = city.accounts[rng.choice(rng.choice((city.people, [*city.people, *city.shops, *city.applicants])))]
        if (answer := self.ask(f"/v1/accounts/{account}/freeze", {"reason": "court"})) and answer.status == 200:
            self.sim.seen["an account was frozen with work under way"] += 1
            self.sim.rest(rng.random() * 30)
        while not self.sim.calm:
            answer = self.ask(f"/v1/accounts/{account}/unfreeze", {"reason": "court"})
            if answer and answer.status < 500:
                return

    def order_refund(self, _: int) -> None:
        if order := self.some(self.sim.city.orders):
            self.ask(f"/v1/redemptions/{order['id']}/refund", {"reason": "complaint"})

    def start_run(self, _: int) -> None:
        self.ask("/v1/buy-back-runs")

    def judge_campaign(self, _: int) -> None:
        self.ask(f"/v1/campaigns/{self.some(self.sim.city.campaigns)}/approve")


PERSON = {"redeem": 10, "cancel_order": 2, "cancel_points": 2, "donate": 2, "look": 4, "supply": 1, "close": 1}
PERSON |= {"enter": 2, "dispute": 3, "withdraw_dispute": 1}
SHOP = {"fulfil": 4, "refund": 3, "change_offer": 2, "hold": 12, "capture": 8, "release": 2, "refund_hold": 3}
SHOP |= {"retire": 1, "propose": 1, "close_campaign": 1, "answer_dispute": 3}
APPLICANT = {
    "apply": 4,
    "complete": 3,
    "onward": 10,
    "document": 1,
    "submit": 1,
    "agree": 1,
    "integrate": 1,
    "endorse": 3,
}
APPLICANT |= {"edit": 1, "withdraw_application": 1}
OWNER = {"claim": 1}
FAIR = {"fulfil": 2, "refund": 1, "answer_dispute": 1}  # what an event's merchant does after the draw
STALL = SHOP | {"leave": 1, "new_offer": 2}
OFFICES: dict[str, tuple[str, dict[str, int]]] = {
    "operator": ("scenario_operator", {"report": 6, "answer_dispute": 1, "send_file": 2, "look_file": 1}),
    "bureau": ("bureau", {"judge": 3, "reverse": 2, "rule": 2, "decide": 2, "judge_file": 2, "acknowledge": 3}),
    "exchange": (
        "exchange",
        {"freeze": 1, "order_refund": 2, "start_run": 1, "judge_campaign": 3, "close_campaign": 1}
        | {"rule": 4, "rebind": 2, "decide": 1, "terminate": 1, "admit": 2}
        | {"review": 4, "opinion": 3, "renew": 2, "suspend": 1, "inherit": 2, "free": 1},
    ),
}


def _numbers(sim: "Simulation") -> Any:
    return sim.key_numbers


def once(sim: "Simulation", asked: Asked, *, again: bool) -> Answer | None:
    """One request. None: no answer came."""
    since, stood = sim.now, asked.record in sim.books.records
    sim.tell(f"sends {asked}" + (" again" if again else ""))
    if asked.record in sim.asking:
        sim.seen["a twin came while its request was under way"] += 1
    sim.asking.add(asked.record)
    try:
        with sim.function(SECONDS):
            answer = sim.world.call(asked.method, asked.path, asked.body, role=asked.role, sub=asked.sub, key=asked.key)
    except Death:
        return None
    finally:
        sim.asking.discard(asked.record)
    sim.tell(f"gets {answer.status} {answer.code} for key {asked.key}")
    sim.answers.look(asked, answer, since=since, stood=stood)
    if sim.happens("lost request"):
        sim.tell(f"does not hear the answer for key {asked.key}")
        return None
    return answer


def twins(sim: "Simulation") -> None:
    """Send requests that were sent already, at once or much later."""
    sim.alive += 1
    while not sim.calm:
        due = [each for each in sim.city_twins if each[0] <= sim.now]
        if not due:
            sim.rest(0.3 if sim.city_twins else 5)
            continue
        sim.city_twins.remove(due[0])
        once(sim, due[0][1], again=True)
    sim.alive -= 1


def weather(sim: "Simulation") -> None:
    """Services go away for a while, time leaps, requests that were late arrive."""
    leap = sim.now + 40
    while not sim.quiet():
        sim.rest(2)
        sim.wire.deliver_late()
        if sim.happens("outage"):
            service = sim.rng.choice(("table", "queue", "bucket"))
            sim.away.add(service)
            sim.tell(f"the {service} is away")
            sim.rest(sim.rng.choice((1, 10, 40) if service != "bucket" else (1, 40, 300)))
            sim.away.discard(service)
        if sim.now > leap and not sim.calm:
            sim.baton.now += sim.rng.choice(sim.swarm.leaps)
            leap = sim.now + sim.rng.choice((40, 100, 200) if sim.swarm.focus else (20, 60, 100))
        elif sim.swarm.focus and not sim.calm and sim.rng.random() < 0.2:
            _to_the_brink(sim)


def _to_the_brink(sim: "Simulation") -> None:
    """A moment before the next hold expires, its merchant is awake."""
    ends = sorted((datetime.fromisoformat(each["expires_at"]).timestamp(), each["shop"]) for each in sim.city.holds)
    if due := next((each for each in ends if each[0] > sim.now), None):
        sim.baton.now = max(sim.now, due[0] - sim.rng.random() * 2)
        sim.rush(due[1], sim.rng.random())


def add(sim: "Simulation") -> None:
    """All callers, as tasks."""
    sim.key_numbers = itertools.count()
    sim.city_twins, sim.asking = [], set()
    callers = [Client(sim, "individual", sub, PERSON) for sub in sim.city.people]
    if sim.wants(*life.OPERATIONS):
        callers += [Client(sim, "individual", sub, OWNER) for sub in life.OWNERS]
    shops = {**dict.fromkeys(sim.city.shops, SHOP), **dict.fromkeys(sim.city.stalls, STALL)}
    callers += [Client(sim, "institution", sub, does) for sub, does in shops.items() for _ in range(3 * OFFICE)]
    callers += [Client(sim, "institution", sub, FAIR) for sub in sim.city.fairs]
    callers += [Client(sim, "institution", sub, APPLICANT) for sub in sim.city.applicants for _ in range(OFFICE)]
    for sub, (role, does) in OFFICES.items():
        callers += [Client(sim, role, sub, does) for _ in range(2 * OFFICE)]
    for number, caller in enumerate(callers):
        sim.baton.add(
            caller.party if caller.role == "individual" else f"{caller.party} {number}", partial(caller.run, number)
        )
    for number in (1, 2):
        sim.baton.add(f"twin {number}", partial(twins, sim))
    sim.baton.add("the weather", partial(weather, sim))


Operation = Callable[[int], None]
