"""The books of a World, recomputed from its Records alone."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from chalicelib.supervision.audit.books import of
from chalicelib.supervision.audit.verdict import Verdict, verdict
from tests.world import World

ASSETS = ("points", "grams", "units", "debt_points", "debt_grams")


def ledger(world: World) -> Counter[tuple[str, str]]:
    """What every account got of every asset, by ``(name, asset)``; system accounts included."""
    sums: Counter[tuple[str, str]] = Counter()
    for record in world.records():
        for source, destination, amount, asset in [*record.get("postings", ()), *record.get("stocked", ())]:
            sums[source, asset] -= amount
            sums[destination, asset] += amount
    return sums


def held(world: World) -> dict[str, dict[str, int]]:
    """What the item of every account holds."""
    accounts = [item for item in world.items() if item["sk"] == {"S": "account"}]
    return {item["pk"]["S"]: {asset: int(item[asset]["N"]) for asset in ASSETS if asset in item} for item in accounts}


def check(world: World) -> None:
    """Nothing appears or vanishes, nothing is below zero, and every balance is what the Records say."""
    sums = ledger(world)
    for asset in {asset for _, asset in sums}:
        assert sum(amount for (_, each), amount in sums.items() if each == asset) == 0, asset
    for name, balances in held(world).items():
        assert all(amount >= 0 for amount in balances.values()), (name, balances)
        for asset in ("points", "grams", "debt_points", "debt_grams"):
            assert balances.get(asset, 0) == sums[name, asset], (name, asset)
    assert sums["system:pool", "grams"] == -sums["system:pool", "points"]  # every point is backed by a gram


def check_projected(world: World, supply: dict[str, Any]) -> None:
    """What the stream made agrees with the Records too. Everything must have been delivered."""
    sums = ledger(world)
    assert supply["points_circulating"] == supply["grams_backing"] == sums["system:pool", "grams"]
    assert supply["grams_confirmed"] == -sums["system:issued", "grams"]
    assert supply["grams_confirmed"] == supply["grams_backing"] + supply["grams_held"] + supply["grams_retired"]
    assert supply["grams_retired"] == sums["system:retired", "grams"]
    assert (
        supply["grams_uncovered"] == -sums["system:uncovered", "debt_points"] - sums["system:uncovered", "debt_grams"]
    )


def audited(items: Iterable[dict[str, Any]]) -> Verdict:
    """What the auditor says of items in DynamoDB JSON, read at one instant."""
    return verdict(of(items))


def differing(items: Iterable[dict[str, Any]]) -> list[str]:
    """What differs, in words."""
    return [str(each) for each in audited(items).findings.named]
