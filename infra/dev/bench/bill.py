"""What a month costs, computed from measured request units."""

import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from infra.dev.bench import prices, units
from infra.dev.bench.platform import Platform
from infra.dev.bench.prices import DAYS, PEAK, PRICES, Quota
from infra.dev.bench.setting import Setting, sub
from infra.dev.local.stack import LocalStack
from infra.ops.refile import change

_CHUNK = 16  # Records that the consumer projects in one transaction


class Kind(NamedTuple):
    """A movement, measured: its write units, the consumers' for it, strongly consistent reads, bytes that stay."""

    write: float
    projected: float
    reads: float
    bytes: float


def measure() -> dict[str, Kind]:
    """Each movement sixteen times, then what the consumers do about all sixteen."""
    with tempfile.TemporaryDirectory() as folder, LocalStack(Path(folder)) as stack:
        platform = Platform(stack)
        setting = Setting.make(platform)
        setting.grow(100)
        stack.freeze("pumps")  # what the stream brings is measured here, not done there
        run = str(time.time_ns())
        setting.redeem(99)  # terms are read once a process
        setting.report(99, f"warm{run}")
        orders: list[str] = []
        cancellation = {"points": 10, "purpose": "抵消我的一次航班"}
        voucher = {"voucher": "SH-1", "note": None}
        acts = {
            "trip": lambda n: setting.report(n, f"{run}{n}"),
            "redemption": lambda n: orders.append(setting.redeem(n)["id"]),
            "fulfilment": lambda n: platform.call(
                "POST", "/v1/redemptions/{id}/fulfil", voucher, "institution", "bench-shop", id=orders[n]
            ),
            "cancellation": lambda n: platform.call("POST", "/v1/cancellations", cancellation, "individual", sub(n)),
        }
        return {name: _kind(platform, act) for name, act in acts.items()}


def _kind(platform: Platform, act: Any) -> Kind:
    import app

    spent, reads = 0, 0
    with platform.watching() as requests:
        for number in range(_CHUNK):
            costs, read = platform.units(lambda number=number: act(number))  # type: ignore[misc]
            spent, reads = spent + sum(each for _, each in costs), reads + read
    puts = [
        item["Put"]["Item"]
        for each in requests
        if each["operation"] == "TransactWriteItems"
        for item in each["params"]["TransactItems"]
        if "Put" in item
    ]
    records = [item for item in puts if item["sk"] == {"S": "record"} and "movement" in item]
    event = {"Records": [change(item) for item in records]}
    with platform.watching() as followed:
        costs, _ = platform.units(lambda: (app.project(event, None), app.react(event, None))) if records else ([], 0)
    projected = [
        item["Put"]["Item"]
        for each in followed
        if each["operation"] == "TransactWriteItems"
        for item in each["params"]["TransactItems"]
        if "Put" in item
    ]
    kept = sum(100 + units.size(item) for item in [*puts, *projected])  # DynamoDB adds 100 bytes an item
    return Kind(spent / _CHUNK, sum(each for _, each in costs) / _CHUNK, reads / _CHUNK, kept / _CHUNK)


class Month(NamedTuple):
    """Dollars by what they are paid for."""

    rows: dict[str, float]

    @property
    def total(self) -> float:
        return sum(self.rows.values())


def month(kinds: dict[str, Kind], *, batched: bool) -> Month:
    """The first month's bill; storage grows by its row every month, for Records are kept for ever."""
    amounts = _a_day(kinds)
    requests = sum(count for name, count in amounts.items() if not (batched and name == "trip")) + prices.READS_A_DAY
    written = sum(count * (kinds[name].write + kinds[name].projected) for name, count in amounts.items())
    read = sum(count * kinds[name].reads for name, count in amounts.items() if not (batched and name == "trip"))
    moved = sum(count for name, count in amounts.items() if kinds[name].projected)
    seconds = _seconds(requests, moved, batched=batched)
    held = prices.ACCOUNTS * 600 / 1e9
    stored = grown(kinds) + held
    return Month(
        {
            "DynamoDB writes": written * DAYS * PRICES["write unit"],
            "DynamoDB reads": (read + 2 * prices.READS_A_DAY) * DAYS * PRICES["read unit"],
            f"DynamoDB storage, {stored:,.0f} GB more each month": stored * PRICES["table GB-month"],
            "point-in-time recovery of it": stored * PRICES["backup GB-month"],
            **reconciled(held + grown(kinds) / 2).rows,
            "stream (read by Lambda: free)": 0.0,
            "Lambda": DAYS
            * (seconds * PRICES["Lambda GB-second"] + (requests + 2 * moved / 100) * PRICES["Lambda request"]),
            "Lambda's initialisation": DAYS * initialised(requests, 2 * moved / 100) * PRICES["Lambda GB-second"],
            "API Gateway": requests * DAYS * PRICES["API request"],
            "S3": (prices.TRIPS_A_DAY * 150 * DAYS / 1e9 if batched else 0) * PRICES["S3 GB-month"]
            + 100 * DAYS * PRICES["S3 put"],
            "SQS": 100_000 * DAYS * PRICES["SQS request"],
            "logs": requests * DAYS * prices.LOG_BYTES / 1e9 * PRICES["log GB"] + prices.METRICS * PRICES["metric"],
            "KMS and secrets": prices.CERTIFICATES_A_DAY * DAYS * PRICES["KMS signature"]
            + 3 * PRICES["KMS key"]
            + PRICES["secret"],
        }
    )


def _seconds(requests: float, moved: float, *, batched: bool) -> float:
    """GB-seconds of a day's functions."""
    lines = prices.TRIPS_A_DAY * prices.BATCH_LINE_SECONDS * prices.REQUEST_GB if batched else 0
    consumed = moved / _CHUNK * prices.CHUNK_SECONDS * prices.CONSUMER_GB
    return requests * prices.REQUEST_SECONDS * prices.REQUEST_GB + consumed + lines


def grown(kinds: dict[str, Kind]) -> float:
    """Gigabytes that a month adds to the table."""
    return sum(count * kinds[name].bytes for name, count in _a_day(kinds).items()) * DAYS / 1e9


def reconciled(gigabytes: float) -> Month:
    """A month of daily reconciliations of a table that has so many gigabytes on the average."""
    seconds = gigabytes * 1e9 / prices.ITEM_BYTES * prices.ITEM_SECONDS * prices.REQUEST_GB
    kept = gigabytes * prices.PACKED_SHARE * prices.EXPORTS_KEPT
    return Month(
        {
            f"daily export of the table, {gigabytes:,.0f} GB on the average": gigabytes * DAYS * PRICES["export GB"],
            "a week of exports in S3": kept * PRICES["S3 GB-month"],
            "Lambda that counts them": seconds * DAYS * PRICES["Lambda GB-second"],
        }
    )


def initialised(requests: float, batches: float) -> float:
    """GB-seconds of cold starts among so many ``requests`` to the API and ``batches`` of the consumers."""
    return (requests * prices.REQUEST_GB + batches * prices.CONSUMER_GB) * prices.COLD_SHARE * prices.INIT_SECONDS


def _a_day(kinds: dict[str, Kind]) -> dict[str, int]:
    sold = prices.REDEMPTIONS_A_DAY
    amounts = {"trip": prices.TRIPS_A_DAY, "redemption": sold, "fulfilment": sold}
    amounts["cancellation"] = prices.CERTIFICATES_A_DAY
    return {name: amounts[name] for name in kinds}


def quotas(kinds: dict[str, Kind]) -> list[tuple[Quota, float]]:
    """What the busiest second takes of each, trips reported singly; the fullest first."""
    a_second = {name: count / 86_400 * PEAK for name, count in _a_day(kinds).items()}
    requests = sum(a_second.values()) + prices.READS_A_DAY / 86_400 * PEAK
    moved = sum(rate for name, rate in a_second.items() if kinds[name].projected)
    used = [
        (prices.TABLE, sum(rate * (kinds[name].write + kinds[name].projected) for name, rate in a_second.items())),
        (prices.GATEWAY, requests),
        (prices.LAMBDA, requests * prices.REQUEST_SECONDS),
        (prices.LANES, moved / _CHUNK),
        (prices.SIGNER, a_second["cancellation"]),
    ]
    return sorted(used, key=lambda each: each[1] / each[0].most, reverse=True)
