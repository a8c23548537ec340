"""When everything has been delivered, what the stream made agrees with the Records."""

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chalicelib.kernel.fields import stamp
from chalicelib.kernel.record import Record
from chalicelib.ledger.lines import copy
from chalicelib.ledger.model import Entry
from chalicelib.provenance.model import credited
from chalicelib.table.row import load
from chalicelib.table.write import decode
from tests.simulation.books import Violation, amount

if TYPE_CHECKING:
    from tests.simulation.run import Simulation


def check_projections(sim: "Simulation") -> None:
    """Supply, statements, stock, totals; and nothing is left undone."""
    _supply(sim)
    lines: dict[str, Counter[str]] = {}
    for (pk, sk), item in sim.table.items.items():
        _copy(sim, pk, sk, item)
        if sk.startswith("entry:"):
            lines.setdefault(pk, Counter()).update({"lines": 1, "points": amount(item, "points")})
        if sk == "account" and "unfiled" in item:
            raise Violation("statements are filed once", f"{pk} waits for {item['unfiled']}")
        _ended(sim, pk, sk, item)
    for name, records in sim.books.by_account.items():
        _statement(sim, name, records, lines.get(name, Counter()))
    _reserved(sim)
    _colours(sim)
    for (kind, object), dispute in sim.lives.disputed.items():
        if sim.lives.given_back(kind, object):
            raise Violation("a dispute about nothing ends", f"{dispute} is open, and all of {kind} {object} came back")
    for offer in sim.city.offers:
        left = sum(
            v for (name, asset), v in sim.books.sums.items() if name.startswith(f"offer:{offer}/") and ":" in asset
        )
        stock = sim.world.get(f"/v1/offers/{offer}").body["stock"]
        if stock != left:
            raise Violation("the shelf shows the stock", f"{stock} of {offer}, {left} are left")
        _minutes(sim, offer, left)


def _reserved(sim: "Simulation") -> None:
    """What was held as of any instant ends with what is."""
    noted: Counter[str] = Counter()
    for (pk, _), item in sim.table.items.items():
        noted[pk.removeprefix("checkpoints:")] += amount(item, "reserved")
    for (pk, sk), item in sim.table.items.items():
        if sk == "account" and pk.startswith("account:") and amount(item, "held") != noted[pk]:
            raise Violation("what is held was noted", f"{noted[pk]} of {pk}, {amount(item, 'held')} are held")


def _colours(sim: "Simulation") -> None:
    """Grams by colour stand once, wherever they stand: on the account, on its pages, or beside it."""
    expected, found = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for (pk, sk), raw in sim.table.items.items():
        item = decode(raw) or {}
        if sk == "record" and (came := credited(load(Record, item))):
            expected[came.account, ":".join(came.colour)] += came.grams
        if sk == "account" or "colours" in item:
            named = {name: grams for name, grams in item.get("colours", item).items() if name.startswith("earned:")}
            found.update({(pk, name.removeprefix("earned:")): grams for name, grams in named.items()})
        elif sk.startswith("earned:"):
            found[pk, sk.removeprefix("earned:")] += item["grams"]
    if wrong := {key for key in expected.keys() | found.keys() if expected[key] != found[key]}:
        raise Violation("grams by colour are the Records'", f"{sorted(wrong)[:3]}")


def _minutes(sim: "Simulation", offer: str, left: int) -> None:
    """By day and by minute alike."""
    for sums in ("day:", "minute:"):
        there = (item for (pk, sk), item in sim.table.items.items() if pk == f"offer:{offer}" and sk.startswith(sums))
        if (kept := sum(amount(item, "units") for item in there)) != left:
            raise Violation("the shelf shows the stock", f"{kept} of {offer} by {sums}, {left} are left")


def _copy(sim: "Simulation", pk: str, sk: str, item: dict[str, Any]) -> None:
    """A line of a rare kind has a copy that says the same, and a copy has its line."""
    if sk.startswith("entry:") and (write := copy(pk, load(Entry, decode(item) or {}))):
        other = sim.table.items.get((write.key.pk, write.key.sk))
    elif pk.startswith("lines:account:"):
        other = sim.table.items.get((pk.removeprefix("lines:").rpartition(":")[0], f"entry:{sk}"))
    else:
        return
    if other is None or content(other) != content(item):
        raise Violation("each line is filed in its kind", f"{sk} of {pk}")


def content(item: dict[str, Any]) -> dict[str, Any]:
    """All but its keys."""
    return {name: value for name, value in item.items() if name not in ("pk", "sk")}


def _supply(sim: "Simulation") -> None:
    sums, supply = sim.books.sums, sim.world.get("/v1/supply").body
    expected = {
        "grams_confirmed": -sums["system:issued", "grams"],
        "grams_backing": sums["system:pool", "grams"],
        "points_circulating": -sums["system:pool", "points"],
        "grams_retired": sums["system:retired", "grams"],
    }
    for name, value in expected.items():
        if supply[name] != value:
            raise Violation("the supply is what the Records say", f"{name} {supply[name]}, Records say {value}")


def _statement(sim: "Simulation", name: str, records: list[str], lines: Counter[str]) -> None:
    if name.removeprefix("account:") not in sim.city.persons:  # a merchant's shows what its tills earned
        tills = sum(
            v
            for (till, asset), v in sim.books.sums.items()
            if asset == "points" and till.startswith("offer:") and _merchant(sim, till) == name
        )
        if lines["points"] != sim.books.sums[name, "points"] + tills:
            raise Violation("a statement adds up", f"{lines['points']} for {name}")
        return
    if lines["lines"] != len(records):
        raise Violation("each movement has one line", f"{name} has {lines['lines']} lines, {len(records)} Records")
    if lines["points"] != sim.books.sums[name, "points"]:
        raise Violation("a statement adds up", f"{lines['points']} for {name}")
    _totals(sim, name, records)


def _merchant(sim: "Simulation", till: str) -> str:
    sub = sim.city.offers[till.removeprefix("offer:").rpartition("/")[0]]["sub"]
    return f"account:{sim.city.accounts[sub]}"


def _totals(sim: "Simulation", name: str, records: list[str]) -> None:
    """What she earned, recomputed: everything that a confirmed reduction brought, less what was taken back."""
    earned = 0
    for id in records:
        record = sim.books.records[id]
        if record["movement"] in ("conversion", "reversal"):
            for source, destination, value, asset in record["postings"]:
                if asset == "points":
                    earned += value * (destination == name) - value * (source == name)
                elif asset == "debt_points" and record["movement"] == "conversion":
                    continue
    item = sim.table.items[name, "account"]
    repaid = sum(
        value
        for id in records
        for source, _, value, asset in sim.books.records[id]["postings"]
        if asset == "debt_points"
        and source == name
        and sim.books.records[id]["movement"] not in ("conversion", "account_transfer")
    )
    if amount(item, "earned") != earned - repaid:
        raise Violation("totals are projected once", f"{name} earned {earned - repaid}, shows {amount(item, 'earned')}")


def _ended(sim: "Simulation", pk: str, sk: str, item: dict[str, Any]) -> None:
    """What has its time is over."""
    long_ago = stamp(datetime.fromtimestamp(sim.calmed_at - 60, UTC))
    if pk.startswith("hold:") and item.get("status") == {"S": "held"} and item["expires_at"]["S"] < long_ago:
        raise Violation("every hold ends", f"{pk} is held since {item['placed_at']['S']}")
    if sk == "draw" and item["status"]["S"] != "settled" and item["draws_at"]["S"] < long_ago:
        raise Violation("every draw is settled", f"{pk} is {item['status']['S']}")
    if sk == "run" and item["status"]["S"] != "finished":
        raise Violation("every run ends", f"{pk} is {item['status']['S']}")
