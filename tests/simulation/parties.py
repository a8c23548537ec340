"""What callers do about each other: draws, disputes and their rulings, departures, and what two officials decide."""

from typing import TYPE_CHECKING, Any

from chalicelib.settings import account_key
from chalicelib.table import keys
from tests.simulation.setting import PRICE
from tests.world import Answer

if TYPE_CHECKING:
    from tests.simulation.run import Simulation

HASH = "0" * 64


class Parties:
    """A part of a Client."""

    sim: "Simulation"
    role: str
    party: str

    @property
    def sub(self) -> str:
        raise NotImplementedError

    def ask(self, path: str, body: Any = None) -> Answer | None:
        raise NotImplementedError

    def rival(self, path: str, body: Any = None) -> None:
        raise NotImplementedError

    def some(self, things: list[Any]) -> Any:
        raise NotImplementedError

    # a person

    def enter(self, _: int) -> None:
        """Into a draw, again and again: she has one entry."""
        city, rng = self.sim.city, self.sim.rng
        event = rng.choice(list(city.events))
        offer, quantity = rng.choice(city.events[event]), rng.choice((1, 1, 2))
        body = {"offer": offer, "quantity": quantity, "points": city.offers[offer]["points"] * quantity}
        answer = self.ask(f"/v1/events/{event}/entries", body)
        if answer and answer.code in ("entered_already", "entries_closed"):
            twice = answer.code == "entered_already"
            self.sim.seen["a person entered a draw twice" if twice else "an entry came too late"] += 1

    def dispute(self, _: int) -> None:
        kind = self.sim.rng.choice(("redemption", "hold", "reduction"))
        if not (object := self.some(self._own(kind))):
            return
        answer = self.ask("/v1/disputes", {"kind": kind, "object": object, "reason": "other", "text": "不对"})
        if answer and answer.status == 201:
            self.sim.city.disputes.append({**answer.body, "by": self.party})
        elif answer and answer.code == "dispute_open":
            self.sim.seen["an object was disputed already"] += 1

    def _own(self, kind: str) -> list[str]:
        city = self.sim.city
        if kind == "redemption":
            return [each["id"] for each in city.orders[-200:] if each["buyer"] == self.party]
        if kind == "hold":
            some = self.sim.rng.choice((city.holds, city.captured))
            return [each["id"] for each in some[-200:] if each["buyer"] == self.party]
        root = city.persons[city.accounts[self.party]]
        return [each["id"] for each in city.trips[-200:] if city.persons.get(each["account"]) == root]

    def withdraw_dispute(self, _: int) -> None:
        if found := self.some([each for each in self.sim.city.disputes if each["by"] == self.party]):
            self.ask(f"/v1/disputes/{found['id']}/withdraw")

    # the other party

    def answer_dispute(self, _: int) -> None:
        merchant = self.sim.city.accounts.get(self.party)
        if found := self.some([each for each in self.sim.city.disputes if each["merchant"] == merchant]):
            if found["kind"] == "redemption":
                self.rival(f"/v1/redemptions/{found['object']}/refund")
            self.ask(f"/v1/disputes/{found['id']}/answer", {"text": "对的"})

    def leave(self, _: int) -> None:
        self.ask(f"/v1/merchants/{self.sim.city.accounts[self.party]}/leave", {"reason": "歇业"})

    def new_offer(self, _: int) -> None:
        """A merchant that came back has nothing on its shelf."""
        city = self.sim.city
        if sum(each["sub"] == self.party and each.get("sold", True) for each in city.offers.values()) >= 2:
            return
        body = {"title": "票", "description": "一张", "category": "transport", "points": PRICE, "stock": 20}
        answer = self.ask("/v1/offers", body | {"fulfilment": "voucher", "fulfil_within_days": 1})
        if answer and answer.status == 201:
            city.offers[answer.body["id"]] = {"sub": self.party, "points": PRICE}
            city.names[answer.body["id"]] = f"offer {len(city.offers)}"

    # officials

    def rule(self, _: int) -> None:
        """Uphold or dismiss; what a ruling carries out depends on what is disputed."""
        rng = self.sim.rng
        mine = [each for each in self.sim.city.disputes if (each["kind"] == "reduction") == (self.role == "bureau")]
        if rng.random() < 0.9:
            mine = [each for each in mine if each["id"] in self.sim.lives.disputed.values()]
        if not (found := self.some(mine)):
            return
        body: dict[str, Any] = {"outcome": rng.choice(("uphold", "uphold", "dismiss")), "text": "如裁定"}
        if body["outcome"] == "uphold" and found["kind"] == "reduction":
            body["step"] = rng.choice(("confirm", "reject", "reverse", "reverse", "none"))
            body |= {"evidence_sha256": HASH} if body["step"] == "reverse" else {}
        if body["outcome"] == "uphold" and found["kind"] == "hold" and rng.random() < 0.3:
            body["points"] = rng.randint(1, 50_000)
        self.rival(f"/v1/disputes/{found['id']}/rule", body | {"text": "另裁"})
        self.ask(f"/v1/disputes/{found['id']}/rule", body)

    def rebind(self, _: int) -> None:
        """A person lost her login. Who has something pending is refused, so most are asked who have not."""
        sim, city = self.sim, self.sim.city
        person = self._idle()
        new_sub = f"{person}/{next(sim.key_numbers)}"
        city.new_logins[keys.account_id(new_sub, account_key())] = new_sub
        body = {"kind": "rebind", "account": city.accounts[person], "new_sub": new_sub}
        answer = self.ask("/v1/procedures", body | {"reason": "遗失", "evidence_sha256": HASH})
        if answer and answer.status == 201:
            city.procedures.append(answer.body["id"])

    def _idle(self) -> str:
        """A person about whom nothing is pending, as a rule; often one who owes, or whose order was served."""
        sim, city = self.sim, self.sim.city
        living = [each for each in city.people if city.accounts[each] not in city.ended]
        idle = [each for each in living if not self._pending(city.accounts[each])]
        if idle and sim.rng.random() < 0.3:
            served = {each["buyer"] for each in city.orders if self._served(each["id"])}
            idle = [each for each in idle if each in served] or idle
        elif idle and sim.rng.random() < 0.6:
            idle = [each for each in idle if self._number(city.accounts[each], "debt_points")] or idle
        return str(sim.rng.choice(idle if idle and sim.rng.random() < 0.9 else city.people))

    def _served(self, order: str) -> bool:
        item = self.sim.table.items.get((f"order:{order}", "order"), {})
        return bool(item.get("status") == {"S": "fulfilled"})

    def _number(self, account: str, name: str) -> int:
        return int(self.sim.table.items[f"account:{account}", "account"].get(name, {}).get("N", "0"))

    def _pending(self, account: str) -> bool:
        return any(self._number(account, name) for name in ("pending", "held"))

    def decide(self, _: int) -> None:
        """Who proposed it may try as well: it takes two."""
        recent, items = self.sim.city.procedures[-5:], self.sim.table.items
        if self.sim.rng.random() < 0.9:
            recent = [id for id in recent if items[f"procedure:{id}", "procedure"]["status"] == {"S": "proposed"}]
        if procedure := self.some(recent):
            rejects = self.sim.rng.random() < 0.1
            step, body = ("reject", {"reason": "不足"}) if rejects else ("approve", {})
            answer = self.ask(f"/v1/procedures/{procedure}/{step}", body)
            if answer and answer.code == "same_official":
                self.sim.seen["an official tried to decide alone"] += 1

    def terminate(self, _: int) -> None:
        if stall := self.some(self.sim.city.stalls):
            self.ask(f"/v1/merchants/{self.sim.city.accounts[stall]}/terminate", {"reason": "违约"})

    def admit(self, _: int) -> None:
        """A merchant that left comes back."""
        if stall := self.some(self.sim.city.stalls):
            body = {"account": self.sim.city.accounts[stall], "mode": "third_party_mall", "reason": "复业"}
            answer = self.ask("/v1/merchants", body)
            if answer and answer.status == 201:
                self.sim.seen["a merchant came back"] += 1
