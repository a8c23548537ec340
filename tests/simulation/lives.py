"""What must hold of each thing's life: states never skip, limits hold, what ends does so once."""

import json
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib.reductions.model import day
from tests.simulation.books import Violation, amount
from tests.simulation.endings import Endings
from tests.simulation.files import lives as files
from tests.simulation.life.lives import Life
from tests.simulation.onboarding import lives as onboarding
from tests.simulation.table import Change, Place, Raw

if TYPE_CHECKING:
    from tests.simulation.run import Simulation

TONNE = 1_000_000
DISPUTE_ENDS = ("upheld", "dismissed", "withdrawn", "resolved")
# Written by hand, so that a fault in the platform's own tables shows. None: there was no item.
STATES: dict[str, set[tuple[str | None, str]]] = {
    "order": {(None, "fulfilled"), (None, "refunded"), ("fulfilled", "refunded")},
    "hold": {(None, "held"), ("held", "captured"), ("held", "released"), ("held", "expired")},
    "reduction": {
        (None, "reported"),
        (None, "confirmed"),
        ("reported", "confirmed"),
        ("reported", "rejected"),
        ("confirmed", "reversed"),
    },
    "campaign": {
        (None, "proposed"),
        ("proposed", "approved"),
        ("proposed", "rejected"),
        ("approved", "ended"),
        ("ended", "closed"),
    },
    "run": {(None, "planning"), ("planning", "running"), ("running", "finished")},
    "part": {(None, "planned"), ("planned", "done")},
    "grant": {(None, "offered"), ("offered", "active"), ("active", "withdrawn"), ("offered", "withdrawn")},
    "account": {
        (None, "active"),
        ("active", "frozen"),
        ("frozen", "active"),
        ("active", "closed"),
        ("closed", "active"),
        (None, "frozen"),  # rebound while it was frozen
        ("frozen", "closed"),
    },
    "entry": {(None, "entered"), ("entered", "won"), ("entered", "lost")},
    "draw": {(None, "open"), ("open", "closed"), ("closed", "drawn"), ("drawn", "settled")},
    "dispute": {
        (None, "awaiting_answer"),
        ("awaiting_answer", "awaiting_ruling"),
        *((status, end) for status in ("awaiting_answer", "awaiting_ruling") for end in DISPUTE_ENDS),
    },
    "departure": {(None, "leaving"), ("leaving", "left"), ("left", "leaving")},
    "procedure": {(None, "proposed"), ("proposed", "approved"), ("proposed", "rejected")},
    **files.STATES,
    **onboarding.STATES,
}


def _kind(place: Place) -> str | None:
    pk, sk = place
    if sk == "account":
        return {"account": "account", "hold": "hold", "draw-entry": "entry"}.get(pk.partition(":")[0])
    if sk in STATES:
        return sk
    return {"part": "part", "document": "document"}.get(sk.partition(":")[0])


class Lives(Endings, files.Files, onboarding.Onboarding, Life):
    """Counts what Records say of each thing."""

    def __init__(self, sim: "Simulation") -> None:
        super().__init__()
        self.sim = sim
        self.once: Counter[tuple[str, str]] = Counter()  # what happens once to a thing
        self.held: Counter[tuple[str, str]] = Counter()  # units by person and offer
        self.credited: Counter[tuple[str, str, str]] = Counter()  # grams by person, scenario and day
        self.reserved: Counter[tuple[str, str]] = Counter()  # points by grant and day
        self.refunds: Counter[str] = Counter()  # points by hold
        self.lots: Counter[str] = Counter()  # points by run
        self.ends: dict[str, str] = {}  # until when a hold may be captured
        self.changes: dict[str, tuple[str, int]] = {}  # which offer a Record changed, and to which version

    def committed(self, changes: dict[Place, Change]) -> None:
        for place, (old, new) in changes.items():
            if (kind := _kind(place)) and new is not None:
                before, after = ((each or {}).get("status", {}).get("S") for each in (old, new))
                made = kind == "application" and not self.sim.storm  # by the setting, at its end
                if before != after and (before, str(after)) not in STATES[kind] and not made:
                    raise Violation("states never skip", f"{place[0]} went from {before} to {after}")
            if place[0].startswith("offer:") and place[1] == "account":
                self._till(place, old, new)
            gains = place[1] == "account" and amount(new, "points") > amount(old, "points")
            if gains and place[0] in self.left:
                raise Violation("a merchant that left keeps nothing", f"{place[0]} gained points")
            owes = place[1] == "account" and old is not None and new is not None and amount(new, "debt_points")
            if owes and amount(new, "points") > amount(old, "points"):
                raise Violation("a debt is repaid first", f"{place[0]} gained points and owes still")
        self.moved(changes)
        self.onboarded(changes)
        self.numbered(changes)

    def record(self, record: dict[str, Any]) -> None:
        """One new Record."""
        if any(each[3].startswith("debt_") and each[1] == "system:uncovered" for each in record.get("postings", ())):
            self.sim.seen["a debt was repaid"] += 1
        if record.get("line") is not None and record["kind"] != "reduction_refused":
            self.line(record, json.loads(record["answer"]))
        if look := getattr(self, f"_{record['kind']}", None):
            look(record, json.loads(record["answer"]))

    def _only(self, what: str, thing: str) -> None:
        self.once[what, thing] += 1
        if self.once[what, thing] > 1:
            raise Violation("it happens once", f"{what} {thing} for the second time")

    def _redemption(self, record: dict[str, Any], order: dict[str, Any]) -> None:
        tills = [each for each in record.get("postings", ()) if each[3] == "points" and each[1].startswith("offer:")]
        paid = sum(each[2] for each in tills)
        given = sum(each[2] for each in record.get("postings", ()) if each[3].startswith("units:"))
        if paid != order["points"] or given != order["quantity"]:
            raise Violation("an answer is what was committed", f"order {order['id']} paid {paid} for {given}")
        self.open_orders[order["id"]] = order["merchant"]
        if order["status"] == "fulfilled":
            self.open_orders.pop(order["id"])
        if record.get("payer"):
            self.awarded(record, order)
        prices = {amount(self.sim.table.items[each[1], "account"], "price") for each in tills}
        if prices != {order["unit_points"]}:
            raise Violation("a price is the till's", f"order {order['id']} paid {order['unit_points']}, not {prices}")
        if len(tills) > 1:
            self.sim.seen["an order took from several tills"] += 1
        if record.get("limited"):
            self._count(order, order["quantity"])

    def _till(self, place: Place, old: Raw | None, new: Raw | None) -> None:
        if amount(new, "version") < amount(old, "version"):
            raise Violation("a till never goes back to earlier terms", f"{place[0]} has {amount(new, 'version')}")
        if old is not None and amount(new, "version") > amount(old, "version"):
            self.sim.seen["a till followed its offer"] += 1

    def _tills_added(self, record: dict[str, Any], answer: dict[str, Any]) -> None:
        self._only("number of tills", f"{answer['offer']} {answer['tills']}")
        self.sim.seen["an offer got more tills"] += 1

    def _units_moved(self, record: dict[str, Any], answer: dict[str, Any]) -> None:
        self.sim.seen["units went from till to till"] += 1
        if record.get("postings"):
            raise Violation("what stays within an offer moves no stock", f"{record['id']} is projected")

    def _offer_changed(self, record: dict[str, Any], offer: dict[str, Any]) -> None:
        item = self.sim.table.items[f"offer:{offer['id']}", "offer"]
        self.changes[record["id"]] = offer["id"], amount(item, "version")

    def answered(self, record: str) -> None:
        """What changed an offer was answered: no till sells at the terms of before any more."""
        offer, version = self.changes.get(record, ("", 0))
        for (pk, sk), item in self.sim.table.items.items() if version else ():
            if pk.startswith(f"offer:{offer}/") and sk == "account" and amount(item, "version") < version:
                raise Violation("what is answered is so at every till", f"{pk} has {amount(item, 'version')}")

    def _count(self, order: dict[str, Any], quantity: int) -> None:
        person = self.sim.person_of(order["account"])
        self.held[person, order["offer"]] += quantity
        limit = int(self.sim.table.items[f"offer:{order['offer']}", "offer"]["per_account_limit"]["N"])
        if self.held[person, order["offer"]] > limit:
            raise Violation("limits are by person", f"{person} has {self.held[person, order['offer']]} of {limit}")
        counted = self.sim.table.items.get((f"account:{person}", f"purchases:{order['offer']}"))
        if amount(counted, "units") != self.held[person, order["offer"]]:
            raise Violation("limits are by person", f"{person} is counted {amount(counted, 'units')}")

    def _redemption_refunded(self, record: dict[str, Any], order: dict[str, Any]) -> None:
        self._only("refund", order["id"])
        self.open_orders.pop(order["id"], None)
        sold = self.sim.books.records[order["id"]]
        back = self.returned(record, order["account"])
        units = sum(each[2] for each in record.get("postings", ()) if each[3].startswith("units:"))
        if (back, units) != (order["points"], order["quantity"]):
            raise Violation("a refund gives everything back", f"{back} points and {units} units of {order['id']}")
        if sold.get("limited"):
            self._count(order, -order["quantity"])
        self.sim.seen[self._way(record, sold)] += 1
        if record["role"] == "system":
            left = self.leaving(order["merchant"])
            self.sim.seen["an order of a merchant that left was refunded" if left else "an order expired"] += 1

    def _way(self, record: dict[str, Any], sold: dict[str, Any]) -> str:
        if any(each[3] == "grams" for each in record.get("postings", ())):
            return "an order was refunded in grams"
        givers = {each[0] for each in record.get("postings", ()) if each[3] == "points"}
        return f"an order was refunded {'after the sweep' if sold['holder'] in givers else 'from its till'}"

    def _redemption_fulfilled(self, record: dict[str, Any], order: dict[str, Any]) -> None:
        self._only("fulfilment", order["id"])
        self.open_orders.pop(order["id"], None)

    def _reduction_reported(self, record: dict[str, Any], reduction: dict[str, Any]) -> None:
        self._only("report", f"{reduction['scenario']}/{reduction['record_id']}")
        self._cap(reduction, 1)

    def _reduction_confirmed(self, record: dict[str, Any], reduction: dict[str, Any]) -> None:
        if record["id"] == reduction["id"]:
            self._reduction_reported(record, reduction)
        else:
            self.sim.seen["a reduction was confirmed by hand"] += 1
        self._only("confirmation", reduction["id"])
        got = sum(
            each[2] for each in record.get("postings", ()) if each[1].startswith("account:") and each[3] == "points"
        )
        if got != reduction["grams"]:
            raise Violation("1 gram is 1 point", f"{got} points for {reduction['grams']} grams")

    def _reduction_rejected(self, record: dict[str, Any], reduction: dict[str, Any]) -> None:
        self._only("rejection", reduction["id"])
        self.sim.seen["a reduction was rejected"] += 1
        self._cap(reduction, -1)

    def _reduction_reversed(self, record: dict[str, Any], reduction: dict[str, Any]) -> None:
        self._only("reversal", reduction["id"])
        self._cap(reduction, -1)
        person, postings = self.sim.person_of(reduction["account"]), record.get("postings", ())
        hers = {name for each in postings for name in each[:2] if self.is_of(name, person)}
        back = sum(each[2] for each in postings if each[0] in hers and each[3] == "points")
        owed = sum(each[2] for each in postings if each[1] in hers and each[3] == "debt_points")
        if back + owed != reduction["grams"]:
            raise Violation("a reversal takes everything back", f"{back} + {owed} of {reduction['grams']} grams")
        self.sim.seen["a reversal left a debt" if owed else "a reduction was reversed in full"] += 1

    def _cap(self, reduction: dict[str, Any], sign: int) -> None:
        cap = self.sim.caps.get(reduction["scenario"])
        if cap is None:
            return
        person = self.sim.person_of(reduction["account"])
        on = day(datetime.fromisoformat(reduction["occurred_at"]))
        self.credited[person, reduction["scenario"], on] += sign * reduction["grams"]
        if self.credited[person, reduction["scenario"], on] > cap:
            raise Violation("a day's cap is by person", f"{person} has more than {cap} g on {on}")

    def _hold_placed(self, record: dict[str, Any], hold: dict[str, Any]) -> None:
        self._only("hold", hold["id"])
        self.ends[hold["id"]] = hold["expires_at"]
        grant = self.sim.table.items[f"grant:{hold['grant']}", "grant"]
        on = day(datetime.fromisoformat(hold["at"]))
        self.reserved[hold["grant"], on] += hold["points"]
        if hold["points"] > amount(grant, "points_max_order"):
            raise Violation("a grant bounds an order", f"{hold['points']} points in hold {hold['id']}")
        if self.reserved[hold["grant"], on] > amount(grant, "points_max_day"):
            raise Violation("a grant bounds a day", f"{self.reserved[hold['grant'], on]} points on {on}")

    def _ended(self, record: dict[str, Any], hold: dict[str, Any]) -> None:
        self._only("end of hold", hold["id"])
        left = amount(self.sim.table.items[f"hold:{hold['id']}", "account"], "points")
        if left:
            raise Violation("a hold that ended keeps nothing", f"{left} points in {hold['id']}")

    def _hold_captured(self, record: dict[str, Any], hold: dict[str, Any]) -> None:
        self._ended(record, hold)
        name = f"account:{hold['merchant']}"
        got = sum(each[2] for each in record.get("postings", ()) if each[1] == name)
        if got != hold["captured_points"] or got > hold["points"]:
            raise Violation("an answer is what was committed", f"hold {hold['id']} gave {got}")
        if record["at"] >= self.ends[hold["id"]]:
            raise Violation("nothing is captured after its time", f"hold {hold['id']} at {record['at']}")
        part = " in part" if got < hold["points"] else ""
        self.sim.seen[f"a hold was captured{part}"] += 1

    def _hold_released(self, record: dict[str, Any], hold: dict[str, Any]) -> None:
        self._ended(record, hold)
        self.sim.seen["a hold was released"] += 1

    def _hold_expired(self, record: dict[str, Any], hold: dict[str, Any]) -> None:
        self._ended(record, hold)
        if record["at"] < self.ends[hold["id"]]:
            raise Violation("nothing expires before its time", f"hold {hold['id']} at {record['at']}")
        self.sim.seen["a hold expired"] += 1

    def _hold_refunded(self, record: dict[str, Any], hold: dict[str, Any]) -> None:
        back = sum(
            each[2] for each in record.get("postings", ()) if each[3] == "points" and each[1].startswith("account:")
        )
        self.refunds[hold["id"]] += back
        if self.refunds[hold["id"]] > hold["captured_points"]:
            raise Violation("a hold gives back what was captured", f"{self.refunds[hold['id']]} of hold {hold['id']}")
        self.sim.seen["a hold was refunded"] += 1

    def _buy_back(self, record: dict[str, Any], lot: dict[str, Any]) -> None:
        merchant = next(each[0] for each in record.get("postings", ()) if each[3] == "points")
        self._only("lot", f"{lot['run']} {merchant}")
        points = sum(each[2] for each in record.get("postings", ()) if each[3] == "points")
        grams = sum(each[2] for each in record.get("postings", ()) if each[3] == "grams" and each[1] == merchant)
        if points % TONNE or points != grams or points != lot["tonnes"] * TONNE:
            raise Violation("a lot is whole tonnes", f"{points} points for {grams} grams")
        if amount(self.sim.table.items[merchant, "account"], "points") >= TONNE:
            raise Violation("a lot is every whole tonne", f"{merchant} kept a tonne")
        self.lots[lot["run"]] += points
        self.sim.seen["a merchant was bought back"] += 1

    def _buy_back_run_finished(self, record: dict[str, Any], run: dict[str, Any]) -> None:
        self._only("end of run", run["id"])
        if run["points"] != self.lots[run["id"]]:
            raise Violation("a run is the sum of its lots", f"{run['points']} in {run['id']}")
        self.sim.seen["a run finished"] += 1

    def _campaign_closed(self, record: dict[str, Any], campaign: dict[str, Any]) -> None:
        self._only("closing", campaign["id"])
        left = sum(
            amount(self.sim.table.items.get((f"campaign:{campaign['id']}/{stripe}", "account")), "points")
            for stripe in range(8)
        )
        if left:
            raise Violation("a closed campaign keeps nothing", f"{left} points in {campaign['id']}")
        if record.get("postings"):
            self.sim.seen["a campaign was closed with donations"] += 1

    def _retirement(self, record: dict[str, Any], answer: dict[str, Any]) -> None:
        self.sim.seen["a merchant retired grams"] += 1

    def _cancellation(self, record: dict[str, Any], answer: dict[str, Any]) -> None:
        paid = sum(each[2] for each in record.get("postings", ()) if each[3] == "points")
        retired = sum(each[2] for each in record.get("postings", ()) if each[1] == "system:retired")
        if not paid == retired == answer["points"]:
            raise Violation("an answer is what was committed", f"{paid} points, {retired} grams, {answer['points']}")
