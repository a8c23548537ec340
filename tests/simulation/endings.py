"""What must hold of draws, disputes, departures and procedures. A part of Lives."""

import hashlib
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.simulation.books import Violation, amount

if TYPE_CHECKING:
    from tests.simulation.run import Simulation

EFFECTS = {  # what a ruling did: how it is looked at, what it says of the object, and how often it was seen
    "redemption_refunded": ("redemption", "a ruling refunded an order"),
    "hold_released": ("hold", "a ruling released a hold"),
    "hold_refunded": ("hold", "a ruling refunded a hold"),
    "reduction_confirmed": ("reduction", "a ruling confirmed a reduction"),
    "reduction_rejected": ("reduction", "a ruling rejected a reduction"),
    "reduction_reversed": ("reduction", "a ruling reversed a reduction"),
}


class Endings:
    """Counts what Records say of each."""

    sim: "Simulation"

    def __init__(self) -> None:
        super().__init__()
        self.open_orders: dict[str, str] = {}  # orders to serve: their merchant
        self.left: set[str] = set()  # accounts of merchants that left
        self.closed: set[str] = set()  # draws whose list is closed
        self.entries: dict[str, dict[str, dict[str, Any]]] = {}  # by event
        self.winners: dict[str, dict[str, int]] = {}  # units by event and entry, computed again
        self.disputed: dict[tuple[str, str], str] = {}  # the open dispute of each object

    def _only(self, what: str, thing: str) -> None:
        raise NotImplementedError

    # persons who have got another account

    def is_of(self, name: str, person: str) -> bool:
        return name.startswith("account:") and self.sim.person_of(name.removeprefix("account:")) == person

    def returned(self, record: dict[str, Any], account: str) -> int:
        """Points that came back to the person of an account, whichever she has by now, or to her heirs. What an account
        that was freed would get is given up: it counts where it went.
        """
        persons, postings = self.payees(self.sim.person_of(account)), record.get("postings", ())
        back: int = sum(
            each[2] for each in postings if each[3] == "points" and any(self.is_of(each[1], p) for p in persons)
        )
        self.sim.seen["something came back to an heir"] += bool(back and len(persons) > 1)
        if self.sim.city.freed.isdisjoint(
            each for each in self.sim.city.persons if self.sim.person_of(each) in persons
        ):
            return back
        given_up = (each for each in postings if each[3] == "points" and each[1] == "system:pool")
        back += sum(each[2] for each in given_up if not any(self.is_of(each[0], p) for p in persons))
        return back

    def payees(self, person: str) -> list[str]:
        """A person, her heir, the heir of that one, and so on."""
        found = [person]
        while heir := self.sim.city.heirs.get(found[-1]):
            found.append(heir)
        return found

    def _account_rebound(self, record: dict[str, Any], step: dict[str, Any]) -> None:
        procedure = self.sim.table.items[f"procedure:{step['id']}", "procedure"]
        old, new = procedure["account"]["S"], procedure["other"]["S"]
        self._only("rebinding", old)
        if record["caller"] == procedure["proposed_by"]["S"]:
            raise Violation("two officials decide", f"{record['caller']} decided alone about {old}")
        for asset in ("points", "grams", "debt_points", "debt_grams"):
            if left := amount(self.sim.table.items[f"account:{old}", "account"], asset):
                raise Violation("a rebinding moves everything", f"{left} {asset} stay in {old}")
        if any(each[1] not in (f"account:{new}", "system:pool") for each in record.get("postings", ())):
            raise Violation("a rebinding moves everything", f"{record['postings']} to another account than {new}")
        owes = any(each[3] == "debt_points" for each in record.get("postings", ()))
        self.sim.seen["an account was rebound with a debt" if owes else "an account was rebound"] += 1
        self.sim.city.rebound(old, new)

    # draws

    def _draw_entered(self, record: dict[str, Any], entry: dict[str, Any]) -> None:
        event, person = entry["event"], self.sim.person_of(record["postings"][0][0].removeprefix("account:"))
        self._only("entry", f"{event} {person}")
        if event in self.closed:
            raise Violation("a closed list takes no entry", f"{entry['id']} entered {event}")
        self.entries.setdefault(event, {})[entry["id"]] = entry

    def _draw_closed(self, record: dict[str, Any], step: dict[str, Any]) -> None:
        self._only("closing of draw", step["event"])
        self.closed.add(step["event"])

    def _draw_published(self, record: dict[str, Any], step: dict[str, Any]) -> None:
        """The winners, computed from the list as anyone can (docs/events.md)."""
        event, entries = step["event"], self.entries.get(step["event"], {})
        self._only("drawing", event)
        if hashlib.sha256(step["seed"].encode()).hexdigest() != step["commitment"]:
            raise Violation("a draw is what was committed to", f"{event} has the seed {step['seed']}")
        lines = [f"{id} {entries[id]['offer']} {entries[id]['quantity']}\n" for id in sorted(entries)]
        digest = hashlib.sha256("".join(lines).encode()).hexdigest()
        if (digest, len(entries)) != (step["list_digest"], step["entries"]):
            raise Violation("a draw counts every entry", f"{step['entries']} of {len(entries)} in {event}")
        left = {each["offer"]: each["stock"] for each in step["offers"]}
        if left != {offer: self.units(offer) for offer in self.sim.city.events[event]}:
            raise Violation("a draw gives out the stock", f"{left} in {event}")
        won = self.winners.setdefault(event, {})
        for id in sorted(entries, key=lambda id: hashlib.sha256(f"{step['seed']}|{digest}|{id}".encode()).digest()):
            offer = entries[id]["offer"]
            won[id] = min(left[offer], entries[id]["quantity"])
            left[offer] -= won[id]

    def units(self, offer: str) -> int:
        sums = self.sim.books.sums
        return sum(v for (name, asset), v in sums.items() if asset == f"units:{offer}" and name.startswith("offer:"))

    def awarded(self, record: dict[str, Any], order: dict[str, Any]) -> None:
        self._settled(record["reference"], order["quantity"])

    def _draw_lost(self, record: dict[str, Any], entry: dict[str, Any]) -> None:
        self._settled(entry["id"], 0)

    def _settled(self, id: str, units: int) -> None:
        self._only("settlement", id)
        item = self.sim.table.items[f"draw-entry:{id}", "account"]
        event = item["event"]["S"]
        if self.winners[event][id] != units:
            raise Violation("a draw is what anyone computes", f"{id} got {units}, not {self.winners[event][id]}")
        if left := amount(item, "points"):
            raise Violation("an entry that is settled keeps nothing", f"{left} points in {id}")
        self.sim.seen["an entry won a draw" if units else "an entry lost a draw"] += 1
        if 0 < units < amount(item, "quantity"):
            self.sim.seen["an order of a draw was made in part"] += 1
        if units:
            buyer = next(sub for sub, each in self.sim.city.accounts.items() if self._same(each, item["account"]["S"]))
            self.sim.city.orders.append({"id": item["order"]["S"], "offer": item["offer"]["S"], "buyer": buyer})

    def _same(self, one: str, other: str) -> bool:
        return self.sim.person_of(one) == self.sim.person_of(other)

    # disputes

    def _dispute_opened(self, record: dict[str, Any], dispute: dict[str, Any]) -> None:
        object = dispute["kind"], dispute["object"]
        if object in self.disputed:
            raise Violation("one dispute at a time", f"{object} is disputed in {self.disputed[object]}")
        self.disputed[object] = dispute["id"]

    def _dispute_ended(self, record: dict[str, Any], dispute: dict[str, Any]) -> None:
        self._only("end of dispute", dispute["id"])
        self.disputed.pop((dispute["kind"], dispute["object"]), None)

    def _dispute_withdrawn(self, record: dict[str, Any], dispute: dict[str, Any]) -> None:
        self._dispute_ended(record, dispute)
        self.sim.seen["a dispute was withdrawn"] += 1

    def _dispute_resolved(self, record: dict[str, Any], dispute: dict[str, Any]) -> None:
        self._dispute_ended(record, dispute)
        self.sim.seen["a dispute was resolved before its ruling"] += 1
        if not self.given_back(dispute["kind"], dispute["object"]):
            raise Violation("a dispute is resolved where all came back", f"{dispute['kind']} {dispute['object']}")

    def _dispute_ruled(self, record: dict[str, Any], ruled: dict[str, Any]) -> None:
        """What a ruling carried out keeps every rule that it would keep without a dispute."""
        self._dispute_ended(record, ruled)
        if ruled["effect"] is None:
            if record.get("postings") or (ruled["status"] == "upheld" and ruled["kind"] != "reduction"):
                raise Violation("a ruling does what it says", f"{ruled['status']} {ruled['id']} did nothing")
            self.sim.seen["a dispute was dismissed"] += ruled["status"] == "dismissed"
            return
        name, seen = EFFECTS[ruled["effect"]]
        getattr(self, f"_{ruled['effect']}")(record, ruled[name])
        self.sim.seen[seen] += 1
        if name != "reduction" and ruled["refunded_points"] != (back := self.back(record)):
            raise Violation("a ruling does what it says", f"{ruled['refunded_points']} points, {back} moved")

    def back(self, record: dict[str, Any]) -> int:
        persons = self.sim.city.persons
        ends = (each for each in record.get("postings", ()) if each[3] == "points")
        return sum(each[2] for each in ends if each[1].removeprefix("account:") in persons)

    def given_back(self, kind: str, object: str) -> bool:
        """Whether nothing of an order or a hold is left with the merchant."""
        items = self.sim.table.items
        if kind == "redemption":
            return bool(items.get((f"order:{object}", "order"), {}).get("status") == {"S": "refunded"})
        if kind == "hold":
            hold = items[f"hold:{object}", "account"]
            ended = hold["status"]["S"] in ("released", "expired")
            spent = hold["status"]["S"] == "captured" and amount(hold, "captured_points") == amount(
                hold, "refunded_points"
            )
            return ended or spent
        return False

    # departures

    def leaving(self, merchant: str) -> bool:
        return (f"departure:{merchant}", "departure") in self.sim.table.items

    def _merchant_leaving(self, record: dict[str, Any], departure: dict[str, Any]) -> None:
        self._only("departure", departure["id"])
        self.sim.seen["a merchant began to leave"] += 1

    def _merchant_left(self, record: dict[str, Any], settlement: dict[str, Any]) -> None:
        merchant = f"account:{settlement['merchant']}"
        departure = self.sim.table.items[f"departure:{settlement['merchant']}", "departure"]
        self._only("settlement of departure", departure["id"]["S"])
        kept = amount(self.sim.table.items[merchant, "account"], "points")
        sub = next(sub for sub, each in self.sim.city.accounts.items() if each == settlement["merchant"])
        mine = [id for id, each in self.sim.city.offers.items() if each["sub"] == sub]
        tills = {n: v for (n, a), v in self.sim.books.sums.items() if a == "points" and n.startswith("offer:") and v}
        if kept or any(till.removeprefix("offer:").rpartition("/")[0] in mine for till in tills):
            raise Violation("a merchant that left keeps nothing", f"{kept} points, and {tills}")
        moved: Counter[str] = Counter()
        for _, destination, value, asset in record.get("postings", ()):
            moved[asset] += value if (destination == merchant) == (asset == "grams") else 0
        if not moved["points"] == moved["grams"] == settlement["points"]:
            raise Violation("a final buy-back is 1 gram for 1 point", json.dumps(moved))
        if waiting := [id for id, other in self.open_orders.items() if other == settlement["merchant"]]:
            raise Violation("a merchant that left owes nothing", f"orders {waiting} of {sub}")
        holds = (item for (pk, sk), item in self.sim.table.items.items() if pk.startswith("hold:") and sk == "account")
        held = [h for h in holds if h["status"]["S"] == "held" and h["merchant"]["S"] == settlement["merchant"]]
        if held:
            raise Violation("a merchant that left owes nothing", f"holds of {sub}")
        self.left.add(merchant)
        for id in mine:
            self.sim.city.offers[id]["sold"] = False
        self.sim.seen["a merchant left with points" if settlement["points"] else "a merchant left"] += 1

    def _merchant_admitted(self, record: dict[str, Any], merchant: dict[str, Any]) -> None:
        self.left.discard(f"account:{merchant['id']}")
